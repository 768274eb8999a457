//! A request's body: before or behind the reply, in what time, and what is answered where it is not read to its end.
//!
//! Its bytes come from hyper (see [`super::through_hyper`]) and are thrown away.

use super::decide::Answer;
use super::end::End;
use super::exchange::Exchange;
use super::finish;
use crate::events::Event;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming};
use labserve_core::close_reason::CloseReason;
use labserve_core::connection::{BodyEnd, due};
use labserve_core::http1::chunks::Place;
use labserve_core::http1::{Fault, Framing, Request, ResponseId, Scan, Treatment, head};
use labserve_core::profile::{ReadBody, Timer};
use std::cell::Cell;
use std::task::Poll;
use tokio::time::timeout_at;

/// What an error of hyper's says about the body.
fn end_of(error: &hyper::Error) -> BodyEnd {
    use std::error::Error;
    let cause = error
        .source()
        .and_then(|source| source.downcast_ref::<std::io::Error>());
    if error.is_incomplete_message()
        || error.is_closed()
        || cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::UnexpectedEof)
    {
        return BodyEnd::ClientFin;
    }
    tracing::debug!("request body: {error}");
    BodyEnd::Broken
}

/// Takes in as much of a body as is at hand, without waiting for more, and adds it to `content`. Says how it ended, if it
/// did.
async fn look(body: &mut Incoming, content: &Cell<u64>) -> Option<BodyEnd> {
    // hyper reads on whenever this task is polled; twice without anything new means that nothing is there.
    let mut quiet = 0;
    std::future::poll_fn(|cx| {
        loop {
            match std::pin::Pin::new(&mut *body).poll_frame(cx) {
                Poll::Ready(None) => return Poll::Ready(Some(BodyEnd::Complete)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(end_of(&error))),
                Poll::Ready(Some(Ok(frame))) => {
                    content.set(content.get() + length(&frame));
                    quiet = 0;
                }
                Poll::Pending if quiet >= 2 => return Poll::Ready(None),
                Poll::Pending => {
                    quiet += 1;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    })
    .await
}

fn length(frame: &Frame<Bytes>) -> u64 {
    frame.data_ref().map_or(0, |data| data.len() as u64)
}

impl Exchange<'_> {
    /// The response to a body that is longer than the profile allows.
    pub(super) fn over_limit(&self, framing: Framing) -> Option<ResponseId> {
        match (framing, self.profile().request_body.limit) {
            (Framing::Length(length), Some((limit, id))) if length > limit => Some(id),
            _ => None,
        }
    }

    /// Writes the reply and reads the body, in the order that `when` says. `ending` is why the connection ends with a
    /// reply that comes behind the body. Says how the connection ends, if it does, and whether the body was read to its
    /// end.
    pub(super) async fn answer_with_body(
        &self,
        request: &Request<'_>,
        answer: &Answer<'_>,
        ending: Option<CloseReason>,
        (when, body): (ReadBody, &mut Incoming),
        sent: &mut u64,
    ) -> (Option<End>, bool) {
        let profile = self.profile();
        match when {
            ReadBody::Never => {
                let end = self.write(request, answer, None, sent).await;
                (end.or(Some(CloseReason::BodyUnread.into())), false)
            }
            ReadBody::First => match self.read_body(body, None, *sent).await {
                BodyEnd::Complete => {
                    if profile.pipelined_fault_discards
                        && let Some(id) = self.fault_behind().await
                    {
                        let end = self.write_plain(request, id, CloseReason::BadRequest, sent).await;
                        return (end, false);
                    }
                    (self.write(request, answer, ending, sent).await, true)
                }
                failed => (Some(self.body_failed(request, failed, sent).await), false),
            },
            ReadBody::After => {
                let broken =
                    profile.request_body.look_first && look(body, &self.content).await == Some(BodyEnd::Broken);
                if broken && answer.reply.file.is_some() {
                    let end = self.body_failed(request, BodyEnd::Broken, sent).await;
                    return (Some(end), false);
                }
                let ending = broken.then_some(CloseReason::BadRequest);
                let end = self.write(request, answer, ending, sent).await;
                self.body_behind(request, body, end, sent).await
            }
        }
    }

    /// Reads the body behind the reply, if there is anybody to read it for.
    pub(super) async fn body_behind(
        &self,
        request: &Request<'_>,
        body: &mut Incoming,
        end: Option<End>,
        sent: &mut u64,
    ) -> (Option<End>, bool) {
        let profile = self.profile();
        match end {
            None => match self.rest_of_body(body, *sent).await {
                BodyEnd::Complete => (None, true),
                BodyEnd::Silent => (Some(CloseReason::Idle.into()), false),
                BodyEnd::Broken if profile.request_body.look_first => (Some(CloseReason::BadRequest.into()), false),
                failed => (Some(self.body_failed(request, failed, sent).await), false),
            },
            Some(end) if !profile.request_body.before_end => (Some(end), false),
            Some(end) => match self.read_body(body, None, *sent).await {
                BodyEnd::Complete => (
                    Some(End {
                        style: end.style.or(profile.connection.close.after_body),
                        ..end
                    }),
                    true,
                ),
                BodyEnd::Late | BodyEnd::Silent => (Some(CloseReason::BodyTimeout.into()), false),
                BodyEnd::Broken | BodyEnd::ClientFin => (Some(end), false),
            },
        }
    }

    /// What is answered to the bytes that wait behind a body, if they are no request.
    async fn fault_behind(&self) -> Option<ResponseId> {
        let waiting = finish::unread(self.stream, self.profile().read).await;
        match head::scan(&waiting, &self.profile().head) {
            Scan::Refused(fault, _) => match self.profile().head.faults.of(fault) {
                Treatment::Respond(id) => {
                    // They have been read: the end of the connection must not take them for unread.
                    let mut read = vec![0; waiting.len()];
                    let _ = self.stream.try_read(&mut read);
                    Some(id)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads what is left of a body behind the reply to its request.
    async fn rest_of_body(&self, body: &mut Incoming, sent: u64) -> BodyEnd {
        let silence = self.profile().connection.timers.body_after_reply.as_ref();
        // What had come before the reply does not break the silence behind it.
        if silence.is_some()
            && let Some(end) = look(body, &self.content).await
        {
            self.tell_body(end, sent);
            return end;
        }
        self.read_body(body, silence, sent).await
    }

    /// Reads the body to its end, within the profile's time, after `sent` bytes of this exchange. `silence` holds until a
    /// part of it has come.
    async fn read_body(&self, body: &mut Incoming, silence: Option<&Timer>, sent: u64) -> BodyEnd {
        let how = self.read_content(body, silence).await;
        self.tell_body(how, sent);
        how
    }

    fn tell_body(&self, how: BodyEnd, sent: u64) {
        let event = Event::Body {
            request: self.number,
            bytes: self.content.get(),
            how,
        };
        self.emit(sent, &event);
    }

    async fn read_content(&self, body: &mut Incoming, silence: Option<&Timer>) -> BodyEnd {
        let usual = &self.profile().connection.timers.body;
        let begun = self.worker.now();
        let (mut last, mut received) = (begun, 0u64);
        loop {
            let silence = silence.filter(|_| received == 0);
            let frame = match due(silence.unwrap_or(usual), begun, last, received) {
                Some(at) => match timeout_at(self.worker.shared.started + at, body.frame()).await {
                    Ok(frame) => frame,
                    Err(_) if silence.is_some() => return BodyEnd::Silent,
                    Err(_) => return BodyEnd::Late,
                },
                None => body.frame().await,
            };
            match frame {
                None => return BodyEnd::Complete,
                Some(Ok(frame)) => {
                    received += length(&frame);
                    self.content.set(self.content.get() + length(&frame));
                    last = self.worker.now();
                }
                Some(Err(error)) => return end_of(&error),
            }
        }
    }

    /// What is said and done when a body was not read to its end.
    async fn body_failed(&self, request: &Request<'_>, end: BodyEnd, sent: &mut u64) -> End {
        let profile = self.profile();
        let (say, reason) = match end {
            BodyEnd::Late | BodyEnd::Silent => (profile.connection.timers.body.say, CloseReason::BodyTimeout),
            BodyEnd::Broken => match profile.head.faults.of(self.fault_of_chunks()) {
                Treatment::Respond(id) => (Some(id), CloseReason::BadRequest),
                _ => (None, CloseReason::BadRequest),
            },
            BodyEnd::ClientFin | BodyEnd::Complete => {
                (profile.connection.client_fin.in_body, CloseReason::ClientFinInBody)
            }
        };
        match say {
            Some(id) => self
                .write_plain(request, id, reason, sent)
                .await
                .unwrap_or(reason.into()),
            None => reason.into(),
        }
    }

    fn fault_of_chunks(&self) -> Fault {
        let chunks = self.chunks.get();
        if chunks.too_large() {
            Fault::ChunkTooLarge
        } else if chunks.place() == Place::Trailer {
            Fault::ChunkTrailer
        } else {
            Fault::ChunkInvalid
        }
    }
}
