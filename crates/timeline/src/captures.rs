//! Captures that are dropped onto the page: the program explains them, and the resulting pages are kept for a while.
//!
//! Reading a capture is the job of the program ([`Explainer`]).

use super::describe::Answer;
use super::json::Json;
use super::query::query;
use super::refusal::Refusal;
use super::{AppState, Token, body};
use axum::extract::{Path, Request, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use labserve_core::locale::Lang;
use labserve_server::events::timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Semaphore;

/// The path below which the pages are. Their names are as hard to guess as a token, so reading them needs no token.
pub(super) const PAGES: &str = "/explained/";

/// The largest capture that is accepted, in bytes.
const LARGEST: usize = 64 << 20;

/// How long a capture may take to arrive.
const TIME: Duration = Duration::from_secs(60);

/// How many pages are kept. The oldest is removed first.
const KEPT: usize = 4;

/// The Content-Security-Policy of a page: no script, nothing loaded, and only in a frame of the timeline.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'self'; sandbox allow-popups";

/// Explains captures.
pub trait Explainer: fmt::Debug + Send + Sync {
    /// Explains a capture from a file with this `name`.
    ///
    /// # Errors
    /// It is not a capture. The message says what was expected.
    fn explain(&self, capture: Vec<u8>, name: &str, lang: Lang) -> Result<Explained, String>;
}

/// An explained capture.
#[derive(Clone, Debug)]
pub struct Explained {
    /// A self-contained page. The element of a connection, if there is one, has the id `s` followed by its stream
    /// number.
    pub page: String,
    /// The connections in it.
    pub connections: Vec<CapturedConnection>,
}

/// A connection in a capture.
#[derive(Clone, Copy, Debug)]
pub struct CapturedConnection {
    /// Wireshark's `tcp.stream`.
    pub stream: u32,
    /// The address of the client.
    pub client: SocketAddr,
    /// The address of the server.
    pub server: SocketAddr,
    /// The time of its first frame.
    pub first: SystemTime,
    /// Whether the page has an element for it.
    pub described: bool,
}

/// The explainer, and the pages of the latest captures.
#[derive(Debug)]
pub(super) struct Captures {
    explainer: Option<Arc<dyn Explainer>>,
    pages: Mutex<VecDeque<(String, String)>>,
    /// One capture at a time: each may take much memory.
    turn: Semaphore,
}

impl Captures {
    pub(super) fn new(explainer: Option<Arc<dyn Explainer>>) -> Self {
        Self {
            explainer,
            pages: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }

    fn pages(&self) -> MutexGuard<'_, VecDeque<(String, String)>> {
        // Nothing panics while it holds this lock.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a page and returns its path.
    fn keep(&self, page: String) -> Result<String, Refusal> {
        let name = Token::new().map_err(|_| Refusal::internal())?.text().to_owned();
        let path = format!("{PAGES}{name}");
        let mut pages = self.pages();
        pages.truncate(KEPT - 1);
        pages.push_front((name, page));
        Ok(path)
    }
}

type Timeline = State<Arc<AppState>>;

/// `POST explain`: explains the capture in the body. The response contains the path of its page, and its connections.
pub(super) async fn explain(State(state): Timeline, uri: Uri, request: Request) -> Answer {
    let query = query(&uri)?;
    let lang = match query.get("lang") {
        None => Lang::En,
        Some(tag) => { Lang::ALL.into_iter() }
            .find(|lang| lang.tag() == tag)
            .ok_or_else(|| Refusal::bad_query(format!("lang: got {tag:?}; expected en or zh, such as lang=zh")))?,
    };
    let captures = &state.captures;
    let explainer = captures.explainer.clone().ok_or_else(Refusal::not_found)?;
    let name: String = query
        .get("name")
        .map_or("capture", String::as_str)
        .chars()
        .take(200)
        .collect();
    let _turn = captures.turn.acquire().await.map_err(|_| Refusal::internal())?;
    let capture = body::bytes(request, LARGEST, TIME).await?;
    let explained = tokio::task::spawn_blocking(move || explainer.explain(capture, &name, lang))
        .await
        .map_err(|_| Refusal::internal())?
        .map_err(Refusal::not_a_capture)?;
    let connections: Vec<Value> = { explained.connections.iter() }
        .map(|one| {
            json!({
                "stream": one.stream,
                "client": one.client.to_string(),
                "server": one.server.to_string(),
                "first": timestamp(one.first),
                "described": one.described,
            })
        })
        .collect();
    let path = captures.keep(explained.page)?;
    Ok(Json(json!({"page": path, "connections": connections})))
}

/// The page of a capture that was explained.
pub(super) async fn page(State(state): Timeline, Path(name): Path<String>) -> Result<Response, Refusal> {
    let pages = state.captures.pages();
    let (_, page) = { pages.iter() }
        .find(|(kept, _)| *kept == name)
        .ok_or_else(Refusal::not_kept)?;
    let fields = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    Ok((fields, page.clone()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_pages_are_kept() {
        let captures = Captures::new(None);
        let paths: Vec<String> = (0..KEPT + 2)
            .map(|number| captures.keep(number.to_string()).expect("random bytes"))
            .collect();
        let kept: Vec<String> = { captures.pages() }
            .iter()
            .map(|(name, page)| format!("{PAGES}{name} {page}"))
            .collect();
        assert_eq!(kept, [5, 4, 3, 2].map(|at: usize| format!("{} {at}", paths[at])));
    }
}
