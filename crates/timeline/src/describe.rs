//! The servers as they are now, as the API describes them.

use super::refusal::Refusal;
use super::{AppState, connections};
use axum::Json;
use serde_json::Value;

/// An answer, or why there is none.
pub(super) type Answer = Result<Json<Value>, Refusal>;

/// The number of a server in a path.
pub(super) fn number(text: &str) -> Result<usize, Refusal> {
    text.parse().map_err(|_| Refusal::no_server(text))
}

/// One server, as it is now.
pub(super) async fn described(state: &AppState, number: usize) -> Answer {
    let open_connections = connections::open_connections(state).await?;
    let open = open_connections
        .iter()
        .filter(|connection| connection.server == number)
        .count();
    state
        .servers
        .look(number, |server| server.describe(number, open))
        .map(Json)
}

/// All servers, as they are now.
pub(super) async fn all_described(state: &AppState) -> Result<Vec<Value>, Refusal> {
    let open_connections = connections::open_connections(state).await?;
    (0..state.servers.names().len())
        .map(|number| {
            let open = open_connections
                .iter()
                .filter(|connection| connection.server == number)
                .count();
            state.servers.look(number, |server| server.describe(number, open))
        })
        .collect()
}
