//! The handlers for changes. Each responds with the state of the server after the change.

use super::describe::{Answer, described, number};
use super::refusal::Refusal;
use super::{AppState, body};
use axum::extract::{Path, Request, State};
use serde_json::{Map, Value};
use std::sync::Arc;

type Timeline = State<Arc<AppState>>;

/// `PUT profile`: replaces the profile, and drops changed settings.
pub(super) async fn profile(State(state): Timeline, Path(text): Path<String>, request: Request) -> Answer {
    let number = number(&text)?;
    let body = body::json(request).await?;
    let name = member(&body, "profile", "the name of a profile", Value::as_str)?;
    state.servers.change(number, |server| server.change_profile(name))?;
    described(&state, number).await
}

/// `PATCH settings`: changes several settings, all or none.
pub(super) async fn settings(State(state): Timeline, Path(text): Path<String>, request: Request) -> Answer {
    let number = number(&text)?;
    let body = body::json(request).await?;
    let values = body
        .as_object()
        .ok_or_else(|| Refusal::bad_json("expected an object of settings and their values"))?;
    state.servers.change(number, |server| server.change_settings(values))?;
    described(&state, number).await
}

/// `DELETE settings/KEY`: resets one setting to the profile's value.
pub(super) async fn reset_one(State(state): Timeline, Path((text, key)): Path<(String, String)>) -> Answer {
    let number = number(&text)?;
    let values = Map::from_iter([(key, Value::Null)]);
    state.servers.change(number, |server| server.change_settings(&values))?;
    described(&state, number).await
}

/// `DELETE settings`: resets all settings to the profile's values.
pub(super) async fn reset(State(state): Timeline, Path(text): Path<String>) -> Answer {
    let number = number(&text)?;
    state
        .servers
        .change(number, super::managed_server::ManagedServer::reset)?;
    described(&state, number).await
}

/// `PUT accepting`: accepts new connections, or leaves them in the backlog.
pub(super) async fn accepting(State(state): Timeline, Path(text): Path<String>, request: Request) -> Answer {
    let number = number(&text)?;
    let body = body::json(request).await?;
    let accepting = member(&body, "accepting", "true or false", Value::as_bool)?;
    state.servers.set_accepting(number, accepting)?;
    described(&state, number).await
}

/// A required member of a JSON body.
fn member<'b, T>(
    body: &'b Value,
    name: &str,
    expected: &str,
    read: impl FnOnce(&'b Value) -> Option<T>,
) -> Result<T, Refusal> {
    body.get(name)
        .and_then(read)
        .ok_or_else(|| Refusal::bad_json(format!("expected an object whose `{name}` is {expected}")))
}
