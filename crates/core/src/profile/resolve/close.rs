//! Resolves the tables `[close]` and `[client_fin]`.

use super::names::Names;
use super::{Mistake, did_you_mean, mistake};
use crate::close_reason::CloseReason;
use crate::profile::raw::{CloseStyle, FinAfterRequest, Raw};
use crate::profile::units::Word;
use crate::profile::{ClientFinPolicy, ClosePolicy, EofInHead, OnInput};
use std::time::Duration;

/// How connections are closed, by reason.
pub(super) fn close_policy(raw: &Raw) -> Result<ClosePolicy, Mistake> {
    let close = &raw.close;
    let mut styles: Vec<CloseStyle> = vec![close.default; CloseReason::ALL.len()];
    let mut unread: Vec<Option<CloseStyle>> = vec![close.unread; CloseReason::ALL.len()];
    for (key, style) in &close.by_reason {
        let Some(reason) = CloseReason::ALL.iter().find(|r| r.key() == key) else {
            let meant = did_you_mean(key, CloseReason::ALL.iter().map(|r| r.key()));
            return Err(mistake(
                &["close", key],
                format!("there is no such reason to close a connection{meant}"),
            ));
        };
        styles[*reason as usize] = *style;
        unread[*reason as usize] = None;
    }
    Ok(ClosePolicy {
        styles,
        unread,
        after_body: close.after_body,
        linger_quiet: close.linger_quiet.0.unwrap_or(Duration::MAX),
        linger_total: close.linger_total.0.unwrap_or(Duration::MAX),
        pause: close.pause.0,
        pause_holds: close.pause_holds,
    })
}

/// What the client's FIN means.
pub(super) fn client_fin(raw: &Raw, names: &Names) -> Result<ClientFinPolicy, Mistake> {
    let eof = |key: &str, word: &Word| -> Result<EofInHead, Mistake> {
        Ok(
            match names.on_input(
                &["client_fin", key],
                word,
                &[("close", EofInHead::Silent), ("complete", EofInHead::Complete)],
            )? {
                OnInput::Accept(eof) => eof,
                OnInput::Respond(id) => EofInHead::Respond(id),
            },
        )
    };
    Ok(ClientFinPolicy {
        in_line: eof("in_line", &raw.client_fin.in_line)?,
        in_head: eof("in_head", &raw.client_fin.in_head)?,
        in_body: match names.on_input(&["client_fin", "in_body"], &raw.client_fin.in_body, &[("close", ())])? {
            OnInput::Accept(()) => None,
            OnInput::Respond(id) => Some(id),
        },
        drops_request: raw.client_fin.after_request == FinAfterRequest::Drop,
        drop_within: raw.client_fin.drop_within.0.unwrap_or_default(),
    })
}
