//! Renders the response of an exchange: its head, the parts of its body, and whether the connection persists after it.

use super::action::{Piece, Pieces, Rendered};
use super::exchange::Exchange;
use super::persistence::leaves_continue_unsent;
use super::{Close, Persistence, persistence};
use crate::close_reason::CloseReason;
use crate::decide::{self, Refused, Step};
use crate::http1::head::{self, Http09};
use crate::http1::range::ByteRange;
use crate::http1::text::hexadecimal;
use crate::http1::{Request, Scan, Version, status};
use crate::profile::{Entity, Profile};
use crate::render::{Body, ConnectionContext, Decision, RenderContext, Reply};
use core::net::SocketAddr;

/// Where and when a response is rendered.
#[derive(Clone, Copy, Debug)]
pub struct ReplyContext<'a> {
    /// The address that the connection came in on.
    pub local: SocketAddr,
    /// The current time, counters and random numbers.
    pub render: &'a RenderContext,
}

impl Exchange<'_> {
    /// Decides whether the connection persists after the response, and what the response announces about it.
    ///
    /// Must be called once for each [`super::Action::SendReply`], before [`Exchange::render`]. `stopping`: the server
    /// is stopping, so connections close.
    pub fn decide_persistence(&mut self, stopping: bool) {
        let Some(reply) = &self.reply else { return };
        let (request, response) = (&self.request, reply.response);
        self.also_counted = response.counts.saturating_sub(1);
        self.ending = self.ending.or_else(|| ending(request, reply, stopping));
        let Persistence {
            close,
            connection_fields,
        } = persistence(
            self.profile,
            Some(request),
            response,
            self.number + self.also_counted,
            self.age,
            self.ending,
        );
        self.close = close.map(|reason| Close {
            reason,
            style: response.close_with,
        });
        self.connection_fields = connection_fields;
    }

    /// Renders the response into `head` and `page`.
    pub fn render<'a>(&'a self, context: &ReplyContext<'_>, head: &mut Vec<u8>, page: &'a mut Vec<u8>) -> Rendered<'a> {
        let Some(reply) = &self.reply else {
            return Rendered {
                body: Pieces::None,
                closes: true,
                may_wait: false,
                split_head: None,
            };
        };
        let (profile, request, response) = (self.profile, &self.request, reply.response);
        let number = self.number + self.also_counted;
        let closes = self.close.is_some();
        let chunked = response.chunked
            && request.version() == Version::Http11
            && !(response.chunked_if_kept && closes || leaves_continue_unsent(profile, request));
        reply.render(
            Some(request),
            &ConnectionContext {
                local: context.local,
                remaining: profile.connection.max_requests.map(|most| most.saturating_sub(number)),
                connection_fields: self.connection_fields,
                chunked,
                render: *context.render,
            },
            head,
            page,
        );
        if request.version() == Version::Http09 && !request.line().is_empty() {
            head.clear();
        }
        if chunked {
            *page = in_chunks(page);
        }
        let body = if has_body(profile, request, reply) {
            pieces(reply, page)
        } else {
            Pieces::None
        };
        let has_file = || body.iter().any(|piece| matches!(piece, Piece::File(_)));
        Rendered {
            may_wait: profile.writes.hold.is_some() && !closes && !has_file(),
            body,
            closes,
            split_head: response.split_head.as_deref(),
        }
    }

    /// Whether a body follows the head of the response.
    pub(super) fn sends_body(&self) -> bool {
        self.reply
            .as_ref()
            .is_some_and(|reply| has_body(self.profile, &self.request, reply))
    }

    /// The steps of the decision that led to the response.
    pub fn trace(&self, render: &RenderContext) -> Vec<Step> {
        let Some(reply) = &self.reply else {
            return Vec::new();
        };
        let refused = match reply.decision {
            Decision::Unspecified => self.refused(),
            _ => None,
        };
        decide::trace(self.profile, &self.request, reply, refused, render)
    }

    /// Why the request was refused: its first fault, or the timer or FIN that ended the wait for it.
    fn refused(&self) -> Option<Refused> {
        let policy = &self.profile.head;
        let of_ending = self.ending.map(Refused::Ending);
        if !matches!(self.ending, None | Some(CloseReason::BadRequest)) {
            return of_ending;
        }
        match head::scan(self.input(), policy) {
            Scan::Refused(fault, _) => Some(Refused::Fault(fault)),
            _ => self.request.fault(policy).map(Refused::Fault).or(of_ending),
        }
    }
}

/// A reason to close the connection that depends neither on the profile nor on the Connection field: the server is
/// stopping, or only the close can end a body of unknown length.
fn ending(request: &Request<'_>, reply: &Reply<'_>, stopping: bool) -> Option<CloseReason> {
    let unknown_length = matches!(&reply.body, Body::Ranges(parts) if parts.unknown_length);
    if stopping {
        Some(CloseReason::Shutdown)
    } else if unknown_length && request.version() < Version::Http11 {
        Some(CloseReason::Http10)
    } else {
        None
    }
}

/// Whether a body is sent after the response's head.
fn has_body(profile: &Profile, request: &Request<'_>, reply: &Reply<'_>) -> bool {
    let is_head = request.method() == b"HEAD"
        && !(request.version() == Version::Http09 && profile.head.http09 == Http09::Body)
        && !reply.response.body_for_head;
    !is_head && !status::is_bodiless(reply.response.status)
}

/// The body of a response: its page, or the parts of its file.
fn pieces<'b>(reply: &'b Reply<'_>, page: &'b [u8]) -> Pieces<'b> {
    if !page.is_empty() {
        return Pieces::One(Piece::Bytes(page));
    }
    let Some(facts) = reply.file.as_ref().filter(|_| reply.response.entity == Entity::File) else {
        return Pieces::None;
    };
    match &reply.body {
        Body::Range(range) => Pieces::One(Piece::File(*range)),
        Body::Ranges(parts) => {
            let mut pieces = Vec::with_capacity(2 * parts.parts.len() + 1);
            for (head, range) in &parts.parts {
                pieces.push(Piece::Bytes(head));
                pieces.push(Piece::File(*range));
            }
            pieces.push(Piece::Bytes(&parts.end));
            Pieces::Several(pieces)
        }
        _ if facts.size() == 0 => Pieces::None,
        _ => Pieces::One(Piece::File(ByteRange {
            first: 0,
            last: facts.size() - 1,
        })),
    }
}

/// A page as a chunked body: one chunk and the last one (RFC 9112 section 7.1).
fn in_chunks(page: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(page.len() + 16);
    if !page.is_empty() {
        hexadecimal(page.len() as u64, &mut out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(page);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}
