//! The servers as they are now, as the API describes them.

use super::refusal::Refusal;
use super::{Room, connections};
use axum::Json;
use serde_json::Value;

/// An answer, or why there is none.
pub(super) type Answer = Result<Json<Value>, Refusal>;

/// The number of a server in a path.
pub(super) fn number(text: &str) -> Result<usize, Refusal> {
    text.parse().map_err(|_| Refusal::no_server(text))
}

/// One server, as it is now.
pub(super) async fn described(room: &Room, number: usize) -> Answer {
    let sights = connections::sights(room).await?;
    let open = sights.iter().filter(|sight| sight.server == number).count();
    room.desks.look(number, |desk| desk.describe(number, open)).map(Json)
}

/// All servers, as they are now.
pub(super) async fn all_described(room: &Room) -> Result<Vec<Value>, Refusal> {
    let sights = connections::sights(room).await?;
    (0..room.desks.names().len())
        .map(|number| {
            let open = sights.iter().filter(|sight| sight.server == number).count();
            room.desks.look(number, |desk| desk.describe(number, open))
        })
        .collect()
}
