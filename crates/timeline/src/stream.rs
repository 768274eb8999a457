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

/// How many bytes are sent at a time. A single batch that is larger is sent completely.
const PORTION: usize = 64 << 10;

/// How many readers are served at a time. A reader that does not read holds two portions and what hyper buffers, about
/// 1 MiB together (measured). The ring holds the other lines, once for all readers.
pub(super) const READERS: usize = 64;

/// The lines that a reader has requested.
#[derive(Clone, Copy, Debug)]
struct Selection {
    from: Place,
    until: Until,
}

/// Where a selection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// After the newest line.
    Newest,
    /// Before the batch with this number.
    Batch(u64),
    /// When labserve stops. Until then, new lines are sent too.
    Stop,
}

/// Lines that are sent together.
#[derive(Debug)]
struct Portion {
    lines: Bytes,
    /// The number of the batch that follows them.
    next: u64,
}

/// `GET events`: the lines as server-sent events, past lines first. With `last`, only the newest of the past lines are
/// sent, and the first event contains the place at which they begin.
pub(super) fn events(
    state: Arc<AppState>,
    headers: &HeaderMap,
    query: &BTreeMap<String, String>,
) -> Result<Response, Refusal> {
    // A reconnecting EventSource sends the last id that it received.
    let since = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .or(query.get("since").map(String::as_str));
    let last = query.get("last").filter(|_| since.is_none());
    let from = match last {
        Some(lines) => newest(&state, lines)?,
        None => place(&state, "since", since)?,
    };
    let run = state.run.clone();
    let event = move |kind: &str, batch: u64| {
        Event::default()
            .event(kind)
            .id(format!("{run}-{batch}"))
            .retry(RECONNECT)
    };
    let earlier = state.ring().earlier(from);
    let begin = last.map(|_| event("begin", from.batch).data(format!("{{\"earlier\":{earlier}}}")));
    let until = Until::Stop;
    let lines = portions(state, Selection { from, until })?.map(move |Portion { lines, next }| {
        let text = String::from_utf8_lossy(&lines);
        event("lines", next).data(text.trim_end_matches('\n'))
    });
    let stream = tokio_stream::iter(begin).chain(lines).map(Ok::<Event, Infallible>);
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(stream).keep_alive(keep_alive).into_response())
}

/// `GET events.jsonl`: the lines unchanged, past lines first. With `follow=true`, new lines follow. With `until`, only
/// those before an event are sent.
pub(super) fn lines(state: Arc<AppState>, query: &BTreeMap<String, String>) -> Result<Response, Refusal> {
    let from = place(&state, "since", query.get("since").map(String::as_str))?;
    let follows = match query.get("follow").map(String::as_str) {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            return Err(Refusal::bad_query(format!(
                "follow: expected true or false, got `{other}`"
            )));
        }
    };
    let until = match query.get("until") {
        None if follows => Until::Stop,
        None => Until::Newest,
        Some(_) if follows => {
            return Err(Refusal::bad_query(
                "until: expected no follow=true beside it, since it ends the lines",
            ));
        }
        Some(id) => Until::Batch(place(&state, "until", Some(id))?.batch),
    };
    let stream = portions(state, Selection { from, until })?.map(|portion| Ok::<Bytes, Infallible>(portion.lines));
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(stream)).into_response())
}

/// The place that the parameter `name` specifies: absent for the oldest line, `now` for the newest, or the id of an
/// event. An id of an earlier run means the oldest line, because its numbers do not apply to this run.
fn place(state: &AppState, name: &str, since: Option<&str>) -> Result<Place, Refusal> {
    let ring = state.ring();
    match since {
        None | Some("") => Ok(ring.oldest()),
        Some("now") => Ok(ring.newest()),
        Some(id) => {
            let (run, number) = id
                .rsplit_once('-')
                .and_then(|(run, number)| Some((run, number.parse().ok()?)))
                .ok_or_else(|| Refusal::bad_query(format!("{name}: expected now or the id of an event, got `{id}`")))?;
            Ok(if run == state.run {
                ring.place(number)
            } else {
                ring.oldest()
            })
        }
    }
}

/// The place before the newest lines, at least this number of them.
fn newest(state: &AppState, lines: &str) -> Result<Place, Refusal> {
    let number = lines
        .parse()
        .map_err(|_| Refusal::bad_query(format!("last: expected a number of lines, got `{lines}`")))?;
    Ok(state.ring().latest(number))
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
    // While a client watches, the workers send more lines and more detail.
    let _watching = (selection.until == Until::Stop).then(|| state.watchers.watch());
    let until = match selection.until {
        Until::Batch(batch) => batch,
        Until::Newest | Until::Stop => u64::MAX,
    };
    let mut grown = state.grown.subscribe();
    let mut place = selection.from;
    loop {
        grown.mark_unchanged();
        let unread = state.ring().read(place, until, PORTION);
        place = unread.next;
        if unread.batches.is_empty() {
            if selection.until != Until::Stop {
                return;
            }
            tokio::select! {
                changed = grown.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
            // Other workers are about to send lines too.
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

/// The unread lines in one piece. If lines were missed, a `dropped` line comes first.
fn joined(unread: &Unread) -> Bytes {
    let mut text = Vec::with_capacity(unread.batches.iter().map(Bytes::len).sum::<usize>() + 64);
    if unread.missed > 0 {
        text.extend_from_slice(format!("{{\"event\":\"dropped\",\"lines\":{}}}\n", unread.missed).as_bytes());
    }
    unread.batches.iter().for_each(|batch| text.extend_from_slice(batch));
    text.into()
}
