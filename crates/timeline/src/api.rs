//! The routes of the timeline and their handlers.

use super::describe::{Answer, all_described, described, number};
use super::json::Json;
use super::query::query;
use super::refusal::Refusal;
use super::{AppState, assets, body, captures, changes, connections, headers, recording, rules, stream};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use labserve_core::profile::builtin;
use labserve_core::profile::layers;
use labserve_server::events::timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::trace::TraceLayer;

type Timeline = State<Arc<AppState>>;

/// The router for the page and the API.
pub(super) fn router(state: Arc<AppState>) -> Router {
    let router = Router::new()
        .route("/", get(page))
        .route("/web/{*path}", get(file))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/api/v1/state", get(get_state))
        .route("/api/v1/profiles", get(profiles))
        .route("/api/v1/servers", get(servers))
        .route("/api/v1/servers/{number}", get(server))
        .route("/api/v1/servers/{number}/profile", put(changes::profile))
        .route(
            "/api/v1/servers/{number}/settings",
            patch(changes::settings).delete(changes::reset),
        )
        .route("/api/v1/servers/{number}/settings/{key}", delete(changes::reset_one))
        .route("/api/v1/servers/{number}/toml", get(toml))
        .route("/api/v1/servers/{number}/accepting", put(changes::accepting))
        .route("/api/v1/connections", get(list_connections))
        .route("/api/v1/connections/{id}", get(one_connection).delete(close_connection))
        .route("/api/v1/rules", get(rules::list).post(rules::add).delete(rules::remove))
        .route("/api/v1/release/{name}", post(rules::release))
        .route("/api/v1/reset", post(rules::reset))
        .route("/api/v1/summary", get(recording::summary))
        .route("/api/v1/wait", get(recording::wait))
        .route("/api/v1/explain", post(captures::explain))
        .route(&format!("{}{{name}}", captures::PAGES), get(captures::page))
        .route("/api/v1/events", get(events))
        .route("/api/v1/events.jsonl", get(lines))
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
        .with_state(Arc::clone(&state))
        .layer(from_fn_with_state(state, admit))
        // A compressor buffers its output. JSON lines must arrive as they happen, so they are not compressed.
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(NotForContentType::const_new("application/x-ndjson"))),
        )
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            tracing::error!("a request to the timeline panicked: a defect in labserve");
            Refusal::internal().into_response()
        }))
        .layer(TraceLayer::new_for_http().on_response(
            |response: &Response, took: std::time::Duration, _: &tracing::Span| {
                tracing::debug!("timeline: {} in {} us", response.status(), took.as_micros());
            },
        ));
    headers::add(router)
}

async fn admit(State(state): Timeline, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    match state.access.admit(request.method(), path, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            body::discard(request).await;
            refusal.into_response()
        }
    }
}

/// The connection id in a path.
fn connection_id(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::no_connection(text))
}

/// The page, regardless of the query. Its script reads `token` from the address and tells the user if it is not valid.
async fn page(headers: HeaderMap) -> Result<Response, Refusal> {
    assets::file("index.html", &headers).ok_or_else(Refusal::not_found)
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    assets::file(&path, &headers).ok_or_else(Refusal::not_found)
}

async fn get_state(State(state): Timeline, headers: HeaderMap) -> Answer {
    let servers = all_described(&state).await?;
    let ring = state.ring().stats();
    Ok(Json(json!({
        "labserve": env!("CARGO_PKG_VERSION"),
        "run": state.run,
        "pid": std::process::id(),
        "time": timestamp(SystemTime::now()),
        "started": state.started,
        "may_change": state.access.has_token(&headers),
        "ring": {
            "bytes": ring.bytes,
            "limit": ring.limit,
            "lines": ring.lines,
            "first": ring.first,
            "next": ring.next,
        },
        "servers": servers,
    })))
}

async fn servers(State(state): Timeline) -> Answer {
    Ok(Json(json!({"servers": all_described(&state).await?})))
}

async fn server(State(state): Timeline, Path(text): Path<String>) -> Answer {
    described(&state, number(&text)?).await
}

/// What the page shows of the built-in profiles. Loading all of them takes tens of milliseconds, in which the thread of
/// the timeline serves nobody else, so it is done once.
static PROFILES: LazyLock<Value> = LazyLock::new(|| {
    let profiles = builtin::names().filter_map(|name| layers::load(name).ok());
    let rows = profiles.map(|profile| {
        json!({
            "name": profile.name,
            "title": profile.title,
            "measured": profile.measured,
            "port": profile.port,
            "announces": profile.announces(),
            "does": profile.does(),
        })
    });
    json!({"profiles": rows.collect::<Vec<Value>>()})
});

async fn profiles() -> Answer {
    Ok(Json(PROFILES.clone()))
}

async fn toml(State(state): Timeline, Path(text): Path<String>) -> Result<Response, Refusal> {
    state.servers.with(number(&text)?, |server| {
        let name: String = server
            .name()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        let fields = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}-changed.toml\""),
            ),
        ];
        Ok((fields, server.toml()).into_response())
    })
}

async fn list_connections(State(state): Timeline, uri: Uri) -> Answer {
    connections::list(&state, &query(&uri)?).await.map(Json)
}

async fn one_connection(State(state): Timeline, Path(id): Path<String>) -> Answer {
    let id = connection_id(&id)?;
    connections::one(&state, id).await.map(Json)
}

async fn close_connection(State(state): Timeline, Path(id): Path<String>, uri: Uri) -> Answer {
    let id = connection_id(&id)?;
    connections::close(&state, id, &query(&uri)?).await.map(Json)
}

async fn events(State(state): Timeline, headers: HeaderMap, uri: Uri) -> Result<Response, Refusal> {
    stream::events(state, &headers, &query(&uri)?)
}

async fn lines(State(state): Timeline, uri: Uri) -> Result<Response, Refusal> {
    stream::lines(state, &query(&uri)?)
}
