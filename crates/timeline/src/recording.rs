//! What has happened, for programs: the summary, and waiting for an event.

use super::AppState;
use super::describe::Answer;
use super::json::Json;
use super::query::query;
use super::refusal::Refusal;
use axum::extract::State;
use axum::http::Uri;
use labserve_core::profile::units::Span;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A wait. It returns the number of the connection on which the event happened.
pub type Waiting = Pin<Box<dyn Future<Output = u64> + Send>>;

/// What has happened on the servers since they started.
pub trait Recording: fmt::Debug + Send + Sync {
    /// The summary, in the form that docs/testing.md describes.
    fn summary(&self) -> Value;

    /// The connections that have ended, as in the summary.
    fn ended(&self) -> Vec<Value>;

    /// Waits for the event that these filters describe. Events are recorded as they happen, so none can be missed.
    ///
    /// # Errors
    /// A filter is unknown or contradicts another. The message says what is expected.
    fn wait(self: Arc<Self>, filters: &BTreeMap<String, String>) -> Result<Waiting, String>;

    /// Forgets everything except the open connections.
    fn reset(&self);
}

type Timeline = State<Arc<AppState>>;

/// The duration of a wait if the query does not specify one, and the maximum.
const WITHIN: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(600);

/// `GET summary`.
pub(super) async fn summary(State(state): Timeline) -> Answer {
    Ok(Json(recording(&state)?.summary()))
}

/// `GET wait`: responds as soon as the event has happened.
pub(super) async fn wait(State(state): Timeline, uri: Uri) -> Answer {
    let mut filters = query(&uri)?;
    let within = match filters.remove("within").as_deref().map(Span::parse) {
        None => WITHIN,
        Some(Ok(Span(Some(time)))) => time.min(LONGEST),
        Some(Ok(Span(None))) => LONGEST,
        Some(Err(why)) => return Err(Refusal::bad_query(format!("within: {why}"))),
    };
    let recording = recording(&state)?;
    let waiting = Arc::clone(&recording).wait(&filters).map_err(Refusal::bad_query)?;
    match timeout(within, waiting).await {
        Ok(connection) => Ok(Json(json!({"connection": connection}))),
        Err(_) => Err(Refusal::not_in_time(within)),
    }
}

fn recording(state: &AppState) -> Result<Arc<dyn Recording>, Refusal> {
    state.servers.recording().ok_or_else(Refusal::not_recorded)
}
