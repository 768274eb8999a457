//! Writes a reply: renders it, corks the socket around it where that matters, logs it, and says whether the connection
//! ends with it.
//!
//! What is written has been decided; how the bytes leave is [`wire`]'s.

use super::decide::Answer;
use super::end::End;
use super::exchange::Exchange;
use super::{finish, wire};
use crate::events::{self, Cuts, Event};
use labserve_core::close_reason::CloseReason;
use labserve_core::connection::{Fate, fate};
use labserve_core::http1::head::Http09;
use labserve_core::http1::range::ByteRange;
use labserve_core::http1::{Framing, Request, ResponseId, Version, status};
use labserve_core::profile::Entity;
use labserve_core::render::{Body, ConnectionContext, Reply};

impl Exchange<'_> {
    /// Writes a response that needs no file. The connection ends for `reason`, unless the response keeps it.
    pub(super) async fn write_plain(
        &self,
        request: &Request<'_>,
        id: ResponseId,
        reason: CloseReason,
        sent: &mut u64,
    ) -> Option<End> {
        let reply = Reply::plain(self.profile(), id, request.method());
        self.write(request, &reply.into(), Some(reason), sent).await
    }

    /// Renders a reply, writes it and logs it. `ending` is a reason for the connection to end that is known already.
    /// Says how the connection ends, if it does.
    pub(super) async fn write(
        &self,
        request: &Request<'_>,
        answer: &Answer<'_>,
        ending: Option<CloseReason>,
        sent: &mut u64,
    ) -> Option<End> {
        let (profile, reply) = (self.profile(), &answer.reply);
        let response = reply.response;
        self.counts_more.set(response.counts.saturating_sub(1));
        let number = self.number + self.counts_more.get();
        let ending = ending.or_else(|| self.ending(request, reply));
        let fate = fate(profile, Some(request), response, number, self.age, ending);
        let (mut head, mut page) = (self.worker.buffer(), self.worker.buffer());
        self.render(request, reply, (&fate, number), &mut head, &mut page);
        let before = *sent;
        let mut cuts = self.worker.sink.wants_detail().then(Cuts::default);
        let written = {
            let body = if self.has_body(request, reply) {
                pieces(reply, &page)
            } else {
                Vec::new()
            };
            finish::delay(profile.writes.delay).await;
            self.cork(request, (head.len(), &body), fate.end.is_some());
            wire::send(
                self.stream,
                &head,
                &body,
                answer.resource.as_deref(),
                (&profile.writes, response.split_head.as_deref()),
                (sent, cuts.as_mut()),
            )
            .await
        };
        let sent_now = *sent - before;
        let head_bytes = sent_now.min(head.len() as u64);
        let detail = cuts
            .as_ref()
            .map(|cuts| self.detail(request, reply, ending, &head[..head_bytes as usize], cuts));
        self.emit(
            *sent,
            &Event::Reply(events::Reply {
                request: self.number,
                method: request.method(),
                target: request.target(),
                status: response.status,
                head_bytes,
                body_bytes: sent_now - head_bytes,
                complete: written.is_ok(),
                detail: detail.as_ref(),
            }),
        );
        self.worker.give_back(head);
        self.worker.give_back(page);
        match written {
            Ok(()) => fate.end.map(|reason| End {
                reason,
                style: response.close_with,
            }),
            Err(error) => Some(wire::end_of(&error)),
        }
    }

    /// A reason for the connection to end with this reply, whatever it says and was asked for.
    fn ending(&self, request: &Request<'_>, reply: &Reply<'_>) -> Option<CloseReason> {
        let unknown_length = matches!(&reply.body, Body::Ranges(parts) if parts.unknown_length);
        if self.worker.stopping.get() {
            Some(CloseReason::Shutdown)
        } else if unknown_length && request.version() < Version::Http11 {
            Some(CloseReason::Http10)
        } else {
            None
        }
    }

    /// Renders the reply to the connection's `number`th request.
    fn render(
        &self,
        request: &Request<'_>,
        reply: &Reply<'_>,
        (fate, number): (&Fate<'_>, u64),
        head: &mut Vec<u8>,
        page: &mut Vec<u8>,
    ) {
        let (profile, response) = (self.profile(), reply.response);
        let connection = ConnectionContext {
            local: self.meta.local,
            remaining: profile.connection.max_requests.map(|most| most.saturating_sub(number)),
            connection_fields: fate.connection_fields,
            chunked: response.chunked
                && request.version() == Version::Http11
                && !(response.chunked_if_kept && fate.end.is_some()),
            render: self.worker.render_context(),
        };
        reply.render(Some(request), &connection, head, page);
        if request.version() == Version::Http09 && !request.line().is_empty() {
            head.clear();
        }
        if connection.chunked {
            *page = in_chunks(page);
        }
    }

    /// Whether a body is sent behind the reply's head.
    fn has_body(&self, request: &Request<'_>, reply: &Reply<'_>) -> bool {
        let is_head = request.method() == b"HEAD"
            && !(request.version() == Version::Http09 && self.profile().head.http09 == Http09::Body)
            && !reply.response.body_for_head;
        !is_head && !status::is_bodiless(reply.response.status)
    }

    /// Holds back the last segment of a reply with a head of so many bytes, where the profile does and it can be told.
    /// Without a cork the same leaves where one segment holds the reply, nothing of the request is behind it, and no FIN
    /// follows, which would ride on the last segment.
    fn cork(&self, request: &Request<'_>, (head, body): (usize, &[wire::Piece<'_>]), ends: bool) {
        let profile = self.profile();
        let of_file = |piece: &wire::Piece<'_>| match piece {
            wire::Piece::File(range) => range.length(),
            wire::Piece::Bytes(_) => 0,
        };
        let content: u64 = body.iter().map(of_file).sum();
        let matters = || {
            body.len() > 1
                || ends
                || head as u64 + content > u64::from(self.segment())
                || request.framing(&profile.head.body) != Framing::None
        };
        if profile.writes.cork && content > 0 && matters() {
            crate::sys::cork(self.stream, true);
            self.corked.set(true);
        }
    }

    /// How many bytes a segment of the connection holds; the system is asked once.
    fn segment(&self) -> u32 {
        if self.segment.get() == 0 {
            self.segment.set(crate::sys::segment(self.stream));
        }
        self.segment.get()
    }

    /// Lets go what is held back of a reply; at the end of a connection that is left to FIN.
    pub(super) fn uncork(&self, end: Option<End>) {
        if end.is_none() && self.corked.get() {
            crate::sys::cork(self.stream, false);
        }
    }
}

/// The body of a reply: its page, or what it sends of its file.
fn pieces<'b>(reply: &'b Reply<'_>, page: &'b [u8]) -> Vec<wire::Piece<'b>> {
    if !page.is_empty() {
        return vec![wire::Piece::Bytes(page)];
    }
    let Some(file) = reply.file.as_ref().filter(|_| reply.response.entity == Entity::File) else {
        return Vec::new();
    };
    match &reply.body {
        Body::Range(range) => vec![wire::Piece::File(*range)],
        Body::Ranges(parts) => {
            let mut pieces = Vec::with_capacity(2 * parts.parts.len() + 1);
            for (head, range) in &parts.parts {
                pieces.push(wire::Piece::Bytes(head));
                pieces.push(wire::Piece::File(*range));
            }
            pieces.push(wire::Piece::Bytes(&parts.end));
            pieces
        }
        _ if file.size() == 0 => Vec::new(),
        _ => vec![wire::Piece::File(ByteRange {
            first: 0,
            last: file.size() - 1,
        })],
    }
}

/// A page as one chunk and the last (RFC 9112 section 7.1).
fn in_chunks(page: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(page.len() + 16);
    if !page.is_empty() {
        labserve_core::http1::text::hexadecimal(page.len() as u64, &mut out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(page);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}
