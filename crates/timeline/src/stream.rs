//! The event lines as a stream: server-sent events for pages, JSON lines for scripts.

use super::AppState;
use super::refusal::Refusal;
use super::ring::{Place, Unread};
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

/// How long to collect lines before sending them together.
pub(super) const GATHER: Duration = Duration::from_millis(40);

/// How long an EventSource waits before it reconnects.
const RECONNECT: Duration = Duration::from_secs(1);

/// How many bytes are sent at a time. A single larger batch is sent whole.
const PORTION: usize = 64 << 10;

/// How many readers are served at a time. A reader that takes nothing holds two portions and what hyper buffers, about
/// 1 MiB together (measured). The ring holds the rest, once for all readers.
pub(super) const READERS: usize = 64;

/// What a reader has asked for.
#[derive(Clone, Copy, Debug)]
struct Selection {
    from: Place,
    /// Whether to go on with new lines after the past ones.
    follow: bool,
}

/// Lines that are sent together.
#[derive(Debug)]
struct Portion {
    lines: Bytes,
    /// The number of the batch that follows them.
    next: u64,
}

/// `GET events`: the lines as server-sent events, past lines first.
pub(super) fn events(
    state: Arc<AppState>,
    headers: &HeaderMap,
    query: &BTreeMap<String, String>,
) -> Result<Response, Refusal> {
    // A reconnecting EventSource sends the last id that it saw.
    let since = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .or(query.get("since").map(String::as_str));
    let from = place(&state, since)?;
    let run = state.run.clone();
    let stream = portions(state, Selection { from, follow: true })?.map(move |Portion { lines, next }| {
        let text = String::from_utf8_lossy(&lines);
        Ok::<Event, Infallible>(
            Event::default()
                .event("lines")
                .id(format!("{run}-{next}"))
                .retry(RECONNECT)
                .data(text.trim_end_matches('\n')),
        )
    });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(stream).keep_alive(keep_alive).into_response())
}

/// `GET events.jsonl`: the lines as they are, past lines first; new lines too with `follow=true`.
pub(super) fn lines(state: Arc<AppState>, query: &BTreeMap<String, String>) -> Result<Response, Refusal> {
    let from = place(&state, query.get("since").map(String::as_str))?;
    let follow = match query.get("follow").map(String::as_str) {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            return Err(Refusal::bad_query(format!(
                "follow: expected true or false, got `{other}`"
            )));
        }
    };
    let stream = portions(state, Selection { from, follow })?.map(|portion| Ok::<Bytes, Infallible>(portion.lines));
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(stream)).into_response())
}

/// The place that `since` names: nothing for the oldest line, `now` for the newest, or the id of an event. An id of an
/// earlier run means the oldest line: its numbers do not apply to this run.
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

/// A stream of portions, until the selection is exhausted or the reader disconnects.
fn portions(state: Arc<AppState>, selection: Selection) -> Result<ReceiverStream<Portion>, Refusal> {
    let permit = Arc::clone(&state.readers)
        .try_acquire_owned()
        .map_err(|_| Refusal::too_many_readers(READERS))?;
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        send_portions(state, selection, sender).await;
        drop(permit);
    });
    Ok(ReceiverStream::new(receiver))
}

async fn send_portions(state: Arc<AppState>, selection: Selection, sender: Sender<Portion>) {
    // While somebody watches, the workers send more lines and more detail.
    let _watching = selection.follow.then(|| state.watchers.watch());
    let mut grown = state.grown.subscribe();
    let mut place = selection.from;
    loop {
        grown.mark_unchanged();
        let unread = state.ring().read(place, PORTION);
        place = unread.next;
        if unread.batches.is_empty() {
            if !selection.follow {
                return;
            }
            tokio::select! {
                changed = grown.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
            // Other workers are about to send their lines too.
            tokio::time::sleep(GATHER).await;
        } else {
            let portion = Portion {
                lines: joined(&unread),
                next: place.batch,
            };
            if sender.send(portion).await.is_err() {
                return;
            }
        }
    }
}

/// The unread lines in one piece. A `dropped` line comes first if lines were missed.
fn joined(unread: &Unread) -> Bytes {
    let mut text = Vec::with_capacity(unread.batches.iter().map(Bytes::len).sum::<usize>() + 64);
    if unread.missed > 0 {
        text.extend_from_slice(format!("{{\"event\":\"dropped\",\"lines\":{}}}\n", unread.missed).as_bytes());
    }
    unread.batches.iter().for_each(|batch| text.extend_from_slice(batch));
    text.into()
}
