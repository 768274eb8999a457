//! The lines of the live tape, as server-sent events and as JSON lines.

use super::AppState;
use super::refusal::Refusal;
use super::ring::{News, Place};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

/// How long lines are gathered before they are sent on together.
pub(super) const GATHER: Duration = Duration::from_millis(40);

/// How long a page waits before it comes back.
const RETRY: Duration = Duration::from_secs(1);

/// How many bytes are sent at a time, about.
const PORTION: usize = 64 << 10;

/// How many may read at a time. One that takes nothing holds two portions and what hyper collects before it waits, about 1 MiB
/// together (measured); the ring holds the rest for all of them.
pub(super) const READERS: usize = 64;

/// What a reader has asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    from: Place,
    /// Whether it wants what is to come, too.
    follows: bool,
}

/// A portion of lines, and the number of the batch that follows it.
type Portion = (Bytes, u64);

/// The lines as server-sent events, those of the past first.
pub(super) fn events(
    state: Arc<AppState>,
    headers: &HeaderMap,
    query: &BTreeMap<String, String>,
) -> Result<Response, Refusal> {
    let since = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .or(query.get("since").map(String::as_str));
    let from = place(&state, since)?;
    let run = state.run.clone();
    let stream = portions(state, Asked { from, follows: true })?.map(move |(lines, next)| {
        let text = String::from_utf8_lossy(&lines);
        Ok::<Event, Infallible>(
            Event::default()
                .event("lines")
                .id(format!("{run}-{next}"))
                .retry(RETRY)
                .data(text.trim_end_matches('\n')),
        )
    });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(stream).keep_alive(keep_alive).into_response())
}

/// The lines as they are, those of the past first.
pub(super) fn lines(state: Arc<AppState>, query: &BTreeMap<String, String>) -> Result<Response, Refusal> {
    let from = place(&state, query.get("since").map(String::as_str))?;
    let follows = match query.get("follow").map(String::as_str) {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            return Err(Refusal::bad_query(format!(
                "follow: expected true or false, got `{other}`"
            )));
        }
    };
    let stream = portions(state, Asked { from, follows })?.map(|(lines, _)| Ok::<Bytes, Infallible>(lines));
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(stream)).into_response())
}

/// The place that `since` names: `now`, or the id of an event. One of another run has no place in this one's lines.
fn place(state: &AppState, since: Option<&str>) -> Result<Place, Refusal> {
    let ring = state.ring();
    match since {
        None | Some("") => Ok(ring.oldest()),
        Some("now") => Ok(ring.newest()),
        Some(id) => {
            let (run, number) = id
                .rsplit_once('-')
                .and_then(|(run, number)| Some((run, number.parse().ok()?)))
                .ok_or_else(|| Refusal::bad_query(format!("since: expected now or the id of an event, got `{id}`")))?;
            Ok(if run == state.run {
                ring.place(number)
            } else {
                ring.oldest()
            })
        }
    }
}

/// Portions of lines, for as long as somebody takes them.
fn portions(state: Arc<AppState>, asked: Asked) -> Result<ReceiverStream<Portion>, Refusal> {
    let seat = Arc::clone(&state.seats)
        .try_acquire_owned()
        .map_err(|_| Refusal::too_many_readers(READERS))?;
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        read_on(state, asked, sender).await;
        drop(seat);
    });
    Ok(ReceiverStream::new(receiver))
}

async fn read_on(state: Arc<AppState>, asked: Asked, sender: Sender<Portion>) {
    let _watching = asked.follows.then(|| state.watchers.watch());
    let mut grown = state.grown.subscribe();
    let mut place = asked.from;
    loop {
        grown.mark_unchanged();
        let news = state.ring().read(&mut place, PORTION);
        if news.batches.is_empty() {
            if !asked.follows {
                return;
            }
            tokio::select! {
                changed = grown.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
            // More of it comes within a moment, from other workers.
            tokio::time::sleep(GATHER).await;
        } else if sender.send((whole(&news), place.batch)).await.is_err() {
            return;
        }
    }
}

/// The lines of the news, with one that says what is missing before them.
fn whole(news: &News) -> Bytes {
    let mut text = Vec::with_capacity(news.batches.iter().map(Bytes::len).sum::<usize>() + 64);
    if news.missed > 0 {
        text.extend_from_slice(format!("{{\"event\":\"dropped\",\"lines\":{}}}\n", news.missed).as_bytes());
    }
    news.batches.iter().for_each(|batch| text.extend_from_slice(batch));
    text.into()
}
