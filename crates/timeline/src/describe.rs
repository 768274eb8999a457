//! The servers in the form in which the API describes them.

use super::json::Json;
use super::refusal::Refusal;
use super::{AppState, connections};
use serde_json::Value;

/// A JSON response, or a refusal.
pub(super) type Answer = Result<Json, Refusal>;

/// The server number in a path.
pub(super) fn number(text: &str) -> Result<usize, Refusal> {
    text.parse().map_err(|_| Refusal::no_server(text))
}

/// The current state of one server.
pub(super) async fn described(state: &AppState, number: usize) -> Answer {
    let open_connections = connections::open_connections(state).await?;
    let open = open_connections
        .iter()
        .filter(|connection| connection.server == number)
        .count();
    state
        .servers
        .with(number, |server| server.describe(number, open))
        .map(Json)
}

/// The current state of all servers.
pub(super) async fn all_described(state: &AppState) -> Result<Vec<Value>, Refusal> {
    let open_connections = connections::open_connections(state).await?;
    (0..state.servers.names().len())
        .map(|number| {
            let open = open_connections
                .iter()
                .filter(|connection| connection.server == number)
                .count();
            state.servers.with(number, |server| server.describe(number, open))
        })
        .collect()
}
