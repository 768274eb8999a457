//! The open connections: which there are, what is known of one, and its end.

use super::Room;
use super::refusal::Refusal;
use labserve_core::profile::CloseStyle;
use labserve_server::events::state_key;
use labserve_server::serve::Sight;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// How long workers may take to answer.
const TIME: Duration = Duration::from_secs(2);

/// All of them, or those of the server that the query names.
pub(super) async fn list(room: &Room, query: &BTreeMap<String, String>) -> Result<Value, Refusal> {
    let names = room.desks.names();
    let server = match query.get("server") {
        None => None,
        Some(text) => Some(
            text.parse::<usize>()
                .ok()
                .filter(|number| *number < names.len())
                .ok_or_else(|| Refusal::no_server(text))?,
        ),
    };
    let sights = sights(room).await?;
    let chosen = sights
        .iter()
        .filter(|sight| server.is_none_or(|server| server == sight.server));
    let rows: Vec<Value> = chosen.map(|sight| row(sight, &names)).collect();
    Ok(json!({"connections": rows}))
}

/// Every open connection.
pub(super) async fn sights(room: &Room) -> Result<Vec<Sight>, Refusal> {
    timeout(TIME, room.desks.orders().connections())
        .await
        .map_err(|_| Refusal::internal())
}

/// One of them, with what the kernel knows of it.
pub(super) async fn one(room: &Room, id: u64) -> Result<Value, Refusal> {
    let (sight, kernel) = timeout(TIME, room.desks.orders().connection(id))
        .await
        .map_err(|_| Refusal::internal())?
        .ok_or_else(|| Refusal::no_connection(id))?;
    let mut row = row(&sight, &room.desks.names());
    row["kernel"] = json!(kernel);
    Ok(row)
}

/// Ends one of them.
pub(super) async fn end(room: &Room, id: u64, query: &BTreeMap<String, String>) -> Result<Value, Refusal> {
    let (how, style) = match query.get("how").map(String::as_str) {
        None | Some("fin") => ("fin", CloseStyle::Fin),
        Some("rst") => ("rst", CloseStyle::Rst),
        Some(other) => return Err(Refusal::bad_query(format!("how: expected fin or rst, got `{other}`"))),
    };
    let orders = room.desks.orders();
    let seen = timeout(TIME, async {
        let (sight, _) = orders.connection(id).await?;
        orders.end(id, style).await.then_some(sight)
    });
    let sight = seen
        .await
        .map_err(|_| Refusal::internal())?
        .ok_or_else(|| Refusal::no_connection(id))?;
    if let Some((name, _)) = room.desks.names().get(sight.server) {
        let what = json!({"what": "close", "connection": id, "how": how});
        room.desks.tell(sight.server, name, what);
    }
    Ok(json!({"connection": id, "asked": how}))
}

fn row(sight: &Sight, names: &[(String, SocketAddr)]) -> Value {
    let latest = sight.latest;
    json!({
        "connection": sight.id,
        "server": names.get(sight.server).map(|(name, _)| name),
        "number": sight.server,
        "local": sight.local.to_string(),
        "peer": sight.peer.to_string(),
        "state": state_key(latest.state),
        "requests": latest.requests,
        "received": latest.traffic.received,
        "sent": latest.traffic.sent,
        "open_ns": u64::try_from(sight.open.as_nanos()).unwrap_or(u64::MAX),
    })
}
