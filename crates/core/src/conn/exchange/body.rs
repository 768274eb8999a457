//! The steps of an exchange that concern the request body.

use super::{Action, Exchange, Stage, Then};
use crate::close_reason::CloseReason;
use crate::conn::action::Peek;
use crate::conn::{BodyEnd, Close, Patience, is_last};
use crate::http1::chunked::ChunkFault;
use crate::http1::{Fault, Scan, Treatment, head};

impl Exchange<'_> {
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

    /// Checks the bytes after the body. If they are a request whose head is refused, its response replaces the decided
    /// one.
    pub(super) fn following(&mut self, bytes: &[u8]) -> Action {
        let policy = &self.profile.head;
        let fault = if is_last(&self.request, &self.profile.connection) {
            // The server parses nothing after the last request of a connection.
            let has_more = bytes.iter().any(|b| !matches!(b, b'\r' | b'\n'));
            has_more.then_some(Fault::AfterLast)
        } else {
            match head::scan(bytes, policy) {
                Scan::Refused(fault, _) => Some(fault),
                Scan::Complete(_) | Scan::Partial(_) => None,
            }
        };
        let answer = match fault.map(|fault| policy.faults.of(fault)) {
            Some(Treatment::Respond(id)) => Some(id),
            _ => None,
        };
        match answer {
            // The refused request counts as read, so that it does not make the close a reset.
            Some(id) => {
                self.stage = Stage::Discard(id);
                Action::Discard(bytes.len())
            }
            None => self.send(self.plan.ending, Then::Finish),
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
            (None, BodyEnd::Complete) => {}
            (None, BodyEnd::Silent) => self.close = Some(CloseReason::Idle.into()),
            (None, BodyEnd::Broken(_)) if self.profile.request_body.look_first => {
                self.close = Some(CloseReason::BadRequest.into());
            }
            (None, _) => return self.body_failed(end),
            (Some(close), BodyEnd::Complete) => {
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

    /// The next step after a body that was not read completely.
    pub(super) fn body_failed(&mut self, end: BodyEnd) -> Action {
        let profile = self.profile;
        let (say, reason) = match end {
            BodyEnd::Late | BodyEnd::Silent => (profile.connection.timers.body.say, CloseReason::BodyTimeout),
            BodyEnd::Broken(fault) => match profile.head.faults.of(fault.fault()) {
                Treatment::Respond(id) => {
                    let own = self.reply.as_ref().and_then(|reply| reply.response.with_broken_body);
                    // Other faults have their own responses, such as 413.
                    let usual = fault == ChunkFault::Syntax;
                    (own.filter(|_| usual).or(Some(id)), CloseReason::BadRequest)
                }
                _ => (None, CloseReason::BadRequest),
            },
            BodyEnd::ClientFin | BodyEnd::Complete => {
                (profile.connection.client_fin.in_body, CloseReason::ClientFinInBody)
            }
        };
        match say {
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
