//! The handlers for open connections: list them, show one, close one.

use super::AppState;
use super::refusal::Refusal;
use labserve_core::profile::CloseStyle;
use labserve_server::events::state_key;
use labserve_server::server::ConnectionInfo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// How long to wait for the workers' replies.
const TIMEOUT: Duration = Duration::from_secs(2);

/// All open connections, or those of the server in the query.
pub(super) async fn list(state: &AppState, query: &BTreeMap<String, String>) -> Result<Value, Refusal> {
    let names = state.servers.names();
    let server = match query.get("server") {
        None => None,
        Some(text) => Some(
            text.parse::<usize>()
                .ok()
                .filter(|number| *number < names.len())
                .ok_or_else(|| Refusal::no_server(text))?,
        ),
    };
    if query.get("ended").is_some_and(|ended| ended == "true") {
        let recording = state.servers.recording().ok_or_else(Refusal::not_recorded)?;
        return Ok(json!({"connections": recording.ended()}));
    }
    let rows: Vec<Value> = open_connections(state)
        .await?
        .iter()
        .filter(|connection| server.is_none_or(|server| server == connection.server))
        .map(|connection| row(connection, &names))
        .collect();
    Ok(json!({"connections": rows}))
}

/// Requests the list of open connections from the workers.
pub(super) async fn open_connections(state: &AppState) -> Result<Vec<ConnectionInfo>, Refusal> {
    timeout(TIMEOUT, state.servers.control().connections())
        .await
        .map_err(|_| Refusal::internal())
}

/// One connection, with what the kernel reports about it.
pub(super) async fn one(state: &AppState, id: u64) -> Result<Value, Refusal> {
    let (connection, kernel) = timeout(TIMEOUT, state.servers.control().connection(id))
        .await
        .map_err(|_| Refusal::internal())?
        .ok_or_else(|| Refusal::no_connection(id))?;
    let mut row = row(&connection, &state.servers.names());
    row["kernel"] = json!(kernel);
    Ok(row)
}

/// Closes one connection, with FIN or RST.
pub(super) async fn close(state: &AppState, id: u64, query: &BTreeMap<String, String>) -> Result<Value, Refusal> {
    let (how, style) = match query.get("how").map(String::as_str) {
        None | Some("fin") => ("fin", CloseStyle::Fin),
        Some("rst") => ("rst", CloseStyle::Rst),
        Some(other) => return Err(Refusal::bad_query(format!("how: expected fin or rst, got `{other}`"))),
    };
    let control = state.servers.control();
    let closed = timeout(TIMEOUT, async {
        let (connection, _) = control.connection(id).await?;
        control.close(id, style).await.then_some(connection)
    });
    let connection = closed
        .await
        .map_err(|_| Refusal::internal())?
        .ok_or_else(|| Refusal::no_connection(id))?;
    if let Some((name, _)) = state.servers.names().get(connection.server) {
        let what = json!({"what": "close", "connection": id, "how": how});
        state.servers.report(connection.server, name, what);
    }
    Ok(json!({"connection": id, "asked": how}))
}

fn row(connection: &ConnectionInfo, names: &[(String, SocketAddr)]) -> Value {
    let latest = connection.latest;
    json!({
        "connection": connection.id,
        "server": names.get(connection.server).map(|(name, _)| name),
        "number": connection.server,
        "local": connection.local.to_string(),
        "peer": connection.peer.to_string(),
        "state": state_key(latest.state),
        "requests": latest.requests,
        "received": latest.traffic.received,
        "sent": latest.traffic.sent,
        "open_ns": u64::try_from(connection.open.as_nanos()).unwrap_or(u64::MAX),
    })
}
