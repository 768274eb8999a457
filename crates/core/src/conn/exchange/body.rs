//! The steps of an exchange that concern the request body.

use super::{Action, Course, Exchange, Stage, Then, Verdict};
use crate::close_reason::CloseReason;
use crate::conn::action::{Happened, Peek};
use crate::conn::{BodyEnd, Close, Opened, Patience, is_last, persistence};
use crate::http1::chunked::ChunkFault;
use crate::http1::pipeline::{self, Pipelined};
use crate::http1::{Fault, Framing, Request, Treatment};
use crate::profile::{BrokenBody, Profile, ReadBody};
use crate::render::Reply;
use std::cell::Cell;

/// The maximum number of body bytes that are kept until the end of an exchange.
const MUCH: usize = 4 << 10;

impl Exchange<'_> {
    /// Whether more than 4 KiB of a body have arrived with the head in `input`, and the body goes on after them. Then the
    /// head alone is enough for the exchange, and the rest can be freed as it is read.
    pub fn has_long_body(opened: &Opened, input: &[u8], profile: &Profile) -> bool {
        let arrived = input.len().saturating_sub(opened.head.len);
        arrived > MUCH
            && match Course::of(opened, &Request::new(input, &opened.head), profile) {
                Course::Serve(Framing::Chunked, _) => true,
                Course::Serve(Framing::Length(length), _) => length > arrived as u64,
                _ => false,
            }
    }

    /// Records the end of the body. The later steps do not depend on the trailers, so [`BodyEnd::CompleteLast`] becomes
    /// [`BodyEnd::Complete`].
    pub(super) fn noted<'h>(&mut self, happened: Happened<'h>) -> Happened<'h> {
        let (Happened::BodyRead(end) | Happened::BodyPeeked(Some(end))) = happened else {
            return happened;
        };
        self.is_last |= end == BodyEnd::CompleteLast;
        if !matches!(end, BodyEnd::Complete | BodyEnd::CompleteLast) {
            return happened;
        }
        self.body_complete = true;
        match happened {
            Happened::BodyPeeked(_) => Happened::BodyPeeked(Some(BodyEnd::Complete)),
            _ => Happened::BodyRead(BodyEnd::Complete),
        }
    }

    pub(super) fn peeked(&mut self, end: Option<BodyEnd>) -> Action {
        let Some(broken @ BodyEnd::Broken(_)) = end else {
            return self.send_planned();
        };
        if self.reply.as_ref().is_some_and(|reply| reply.file.is_some()) {
            return self.body_failed(broken);
        }
        self.plan.ending = Some(CloseReason::BadRequest);
        self.send_planned()
    }

    /// Checks the bytes that arrived with the end of the body. A fault in them discards the response.
    pub(super) fn following(&mut self, bytes: &[u8]) -> Action {
        match self.verdict(bytes) {
            // Discard them: unread bytes would turn the close into a reset.
            Some(verdict) => {
                self.stage = Stage::Discard(verdict);
                Action::Discard(bytes.len())
            }
            None => self.send(self.plan.ending, Then::Finish),
        }
    }

    /// What is sent in place of the response because of the bytes after the body; `None` if the response is sent.
    fn verdict(&self, bytes: &[u8]) -> Option<Verdict> {
        let connection = &self.profile.connection;
        let has_more = bytes.iter().any(|b| !matches!(b, b'\r' | b'\n'));
        let content_passed = Cell::new(false);
        let fault = if self.is_last || is_last(&self.request, connection) {
            // The server parses nothing after the last request of a connection.
            has_more.then_some(Fault::AfterLast)
        } else {
            let is_last = |request: &Request<'_>| {
                let framing = request.framing(&self.profile.head.body);
                content_passed.set(content_passed.get() || framing != Framing::None);
                is_last(request, connection)
            };
            match pipeline::look(bytes, &self.profile.head, is_last) {
                Pipelined::Fault(_, fault, _) => Some(fault),
                Pipelined::Connect(..) => return Some(Verdict::Nothing),
                Pipelined::Whole | Pipelined::Partial => None,
            }
        };
        match fault.map(|fault| self.profile.head.faults.of(fault)) {
            // The server sends the response before it looks at the content of a later request.
            Some(Treatment::Respond(id)) if !content_passed.get() => Some(Verdict::Refusal(id)),
            _ => None,
        }
    }

    pub(super) fn discarded(&mut self, verdict: Verdict) -> Action {
        let reason = CloseReason::BadRequest;
        match verdict {
            Verdict::Refusal(id) => {
                self.plain(id);
                self.send(Some(reason), Then::FinishUnread)
            }
            Verdict::Nothing => {
                self.close = Some(reason.into());
                self.finish()
            }
        }
    }

    /// Reads the body after the response, if the connection still needs that.
    pub(super) fn body_after(&mut self) -> Action {
        let policy = &self.profile.request_body;
        match self.close {
            None => {
                // Bytes that arrived before the response do not count for the timer after it.
                if self.profile.connection.timers.body_after_reply.is_some() {
                    self.stage = Stage::PeekAfter;
                    return Action::PeekBody(Peek::AfterReply);
                }
                self.stage = Stage::BodyAfter(None);
                Action::ReadBody(Patience::AfterReply)
            }
            Some(_) if !policy.before_end => self.finish(),
            close @ Some(_) => {
                self.stage = Stage::BodyAfter(close);
                Action::ReadBody(Patience::Usual)
            }
        }
    }

    pub(super) fn body_read_after(&mut self, close: Option<Close>, end: BodyEnd) -> Action {
        match (close, end) {
            (None, BodyEnd::Complete | BodyEnd::CompleteLast) => {}
            (None, BodyEnd::Silent) => self.close = Some(CloseReason::Idle.into()),
            (None, BodyEnd::Broken(_)) if self.profile.request_body.look_first => {
                self.close = Some(CloseReason::BadRequest.into());
            }
            // The look-ahead found a fault before the response, and no second response is sent.
            (None, BodyEnd::Broken(_)) if self.opened.close_after.is_some() => {
                self.close = Some(CloseReason::BadRequest.into());
            }
            (None, _) => return self.body_failed(end),
            (Some(close), BodyEnd::Complete | BodyEnd::CompleteLast) => {
                self.close = Some(Close {
                    style: close.style.or(self.profile.connection.close.after_body),
                    ..close
                });
            }
            (Some(_), BodyEnd::Late | BodyEnd::Silent) => self.close = Some(CloseReason::BodyTimeout.into()),
            (Some(close), BodyEnd::Broken(_) | BodyEnd::ClientFin) => self.close = Some(close),
        }
        self.finish()
    }

    /// Whether the connection closes after this response. Always false unless the profile's decision when to read the
    /// body depends on that.
    pub(super) fn closes_after(&self, reply: &Reply<'_>) -> bool {
        self.profile.request_body.read == ReadBody::FirstIfKept
            && persistence(
                self.profile,
                Some(&self.request),
                reply.response,
                self.number,
                self.age,
                None,
            )
            .close
            .is_some()
    }

    /// The next step after a body that was not read completely.
    pub(super) fn body_failed(&mut self, end: BodyEnd) -> Action {
        if self.profile.request_body.broken == BrokenBody::Ignored {
            let reason = match end {
                BodyEnd::Late | BodyEnd::Silent => CloseReason::BodyTimeout,
                BodyEnd::Broken(_) => CloseReason::BadRequest,
                BodyEnd::ClientFin | BodyEnd::Complete | BodyEnd::CompleteLast => CloseReason::ClientFinInBody,
            };
            if self.stage == Stage::BodyBefore {
                return self.send(Some(reason), Then::Fail(reason));
            }
            self.close.get_or_insert(reason.into());
            return self.finish();
        }
        let profile = self.profile;
        let instead = self.reply.as_ref().map(|reply| reply.response);
        let (response, reason) = match end {
            BodyEnd::Late | BodyEnd::Silent => (profile.connection.timers.body.response, CloseReason::BodyTimeout),
            BodyEnd::Broken(fault) => match profile.head.faults.of(fault.fault()) {
                Treatment::Respond(id) => {
                    let own = instead.and_then(|response| match fault {
                        ChunkFault::Syntax => response.with_broken_body,
                        ChunkFault::Trailer(_) => response.with_broken_trailers,
                        ChunkFault::TooLarge | ChunkFault::ExtensionTooLong => response.with_large_chunk,
                    });
                    (own.or(Some(id)), CloseReason::BadRequest)
                }
                _ => (None, CloseReason::BadRequest),
            },
            BodyEnd::ClientFin | BodyEnd::Complete | BodyEnd::CompleteLast => {
                let usual = profile.connection.client_fin.in_body;
                let own = usual.and_then(|_| instead?.with_broken_body);
                (own.or(usual), CloseReason::ClientFinInBody)
            }
        };
        match response {
            Some(id) => {
                self.plain(id);
                self.send(Some(reason), Then::Fail(reason))
            }
            None => {
                self.close = Some(reason.into());
                self.finish()
            }
        }
    }
}
