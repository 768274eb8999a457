//! Resolves the table `[connection]`, and combines all tables about connections.

use super::close::{client_fin, close_policy};
use super::names::Names;
use super::timers::timers;
use super::{Mistake, mistake};
use crate::profile::ConnectionPolicy;
use crate::profile::raw::Raw;
use crate::profile::template::Template;
use crate::profile::units::Word;

/// How long connections persist, what responses announce about it, and how connections are closed.
pub(super) fn connection_policy(raw: &Raw, names: &Names) -> Result<ConnectionPolicy, Mistake> {
    let connection = &raw.connection;
    for (key, lines) in [("keep", &connection.fields.keep), ("close", &connection.fields.close)] {
        let is_field = |line: &&Template| line.source().contains(':');
        if let Some(line) = lines.iter().find(|line| !is_field(line)) {
            return Err(mistake(
                &["connection", "fields", key],
                format!(
                    "got `{}`; expected a field line, such as `{key} = [\"Connection: close\"]`",
                    line.source()
                ),
            ));
        }
    }
    Ok(ConnectionPolicy {
        persistent: connection.persistent,
        http10_keep_alive: connection.http10.keep_alive,
        http10_needs_length: connection.http10.needs_length,
        http10_keep_wins: connection.http10.keep_alive_wins,
        proxy_connection: connection.proxy_connection,
        upgrade_swallows: connection.discard_after_upgrade,
        search: connection.token_search,
        repeated: connection.repeated_field,
        not_kept: connection.close_after.clone(),
        max_requests: connection.max_requests.0,
        max_age: connection.max_age.0,
        max_connections: connection.max_connections.0,
        served_at_once: connection.served_at_once.0,
        backlog: connection.backlog,
        full: match &connection.too_many {
            Some(word) => names.answer(&["connection", "too_many"], word)?,
            None => names.answer(&["connection", "too_many"], &Word("503".to_owned()))?,
        },
        announce: connection.announce,
        announce_close: connection.announce_close,
        keep_fields: connection.fields.keep.clone(),
        close_fields: connection.fields.close.clone(),
        timers: timers(raw, names)?,
        close: close_policy(raw)?,
        client_fin: client_fin(raw, names)?,
    })
}
