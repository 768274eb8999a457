//! One exchange: a request is refused or decided on, and answered.
//!
//! This is the order of things. What is answered is decided in [`super::decide`], how a body is read in
//! [`super::body`], and how a reply is written in [`super::writing`]; what has become of the connection before and
//! becomes of it after is the driver's.

use super::decide::Answer;
use super::end::End;
use super::local_server::LocalServer;
use super::{Site, wire};
use crate::events::{ConnectionMeta, Event, Traffic};
use crate::files::Arrival;
use hyper::body::Incoming;
use labserve_core::close_reason::CloseReason;
use labserve_core::connection::ends_by_both;
use labserve_core::http1::chunks::Chunks;
use labserve_core::http1::request::{BodyRules, Delimiter};
use labserve_core::http1::{Fault, Framing, Head, Request, ResponseId, Treatment, Version};
use labserve_core::profile::{Continue, Profile, ReadBody};
use labserve_core::render::Reply;
use std::cell::Cell;
use std::time::Duration;
use tokio::net::TcpStream;

/// One request on a connection, and everything that it takes to answer it.
pub(super) struct Exchange<'c> {
    pub(super) stream: &'c TcpStream,
    pub(super) site: &'c Site,
    pub(super) worker: &'c LocalServer,
    /// The connection, and what had gone each way on it before this request was answered.
    pub(super) meta: &'c ConnectionMeta,
    pub(super) before: Traffic,
    /// The bytes that have arrived: the head, and what came behind it.
    pub(super) input: &'c [u8],
    pub(super) head: &'c Head,
    /// When the last of them arrived.
    pub(super) arrival: Arrival,
    /// The request's number on its connection.
    pub(super) number: u64,
    /// How old the connection is.
    pub(super) age: Duration,
    /// Whether the reply's last segment may be held back as yet.
    pub(super) corked: Cell<bool>,
    /// How many bytes a segment holds at most; 0 until that is known.
    pub(super) segment: &'c Cell<u32>,
    /// How many bytes of the request's body were read from the socket.
    pub(super) received: Cell<u64>,
    /// How many bytes of content the request's body has had so far.
    pub(super) content: Cell<u64>,
    /// How far the body's chunks have been followed.
    pub(super) chunks: Cell<Chunks>,
    /// How many requests the reply counts for, beyond the one.
    pub(super) counts_more: Cell<u64>,
}

/// Why a request is refused before it is looked at as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A fault of its head.
    Fault(Fault),
    /// Something that gets this response.
    Response(ResponseId),
}

/// What an exchange left behind.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) end: Option<End>,
    pub(super) sent: u64,
    /// How many requests the reply counts for, beyond the one.
    pub(super) counts_more: u64,
    /// How many bytes of the body were read from the socket.
    pub(super) received: u64,
    pub(super) left: Left,
}

impl Outcome {
    /// Of a request of which no body was read, and whose reply counts for it alone.
    pub(super) fn without_body(end: Option<End>, sent: u64, left: usize) -> Outcome {
        Outcome {
            end,
            sent,
            counts_more: 0,
            received: 0,
            left: Left::From(left),
        }
    }
}

/// The bytes behind a request.
#[derive(Debug)]
pub(super) enum Left {
    /// The input from there on.
    From(usize),
    /// These.
    Bytes(Vec<u8>),
}

/// What is done with a request.
enum Course {
    /// It is answered, with this response if there is one, and its body is read.
    Serve(Framing, Option<ResponseId>),
    /// It is answered with this response, and nothing behind its head is read.
    Refuse(ResponseId),
    /// It is not answered.
    Silent(Option<CloseReason>),
}

impl Exchange<'_> {
    pub(super) fn profile(&self) -> &Profile {
        &self.site.profile
    }

    /// Tells of an event, after so many bytes of this exchange have been sent.
    pub(super) fn emit(&self, sent: u64, event: &Event<'_>) {
        let traffic = Traffic {
            received: self.before.received + self.received.get(),
            sent: self.before.sent + sent,
        };
        self.worker.emit(self.meta, traffic, event);
    }

    /// Serves the request, or refuses it for `refusal`.
    ///
    /// Room for an exchange is allocated for every request: whatever most requests do not need is on the heap by itself
    /// while it lasts.
    pub(super) async fn run(&self, refusal: Option<Refusal>) -> Outcome {
        let request = Request::new(self.input, self.head);
        match self.course(&request, refusal) {
            Course::Serve(framing, refusal) => self.serve(&request, framing, refusal).await,
            Course::Refuse(id) => Box::pin(self.refuse(&request, id)).await,
            Course::Silent(end) => Outcome::without_body(end.map(End::from), 0, self.head_end()),
        }
    }

    /// Where the request's head ends in the input; one that was given up in the middle takes all of it.
    fn head_end(&self) -> usize {
        if self.head.len > 0 {
            self.head.len
        } else {
            self.input.len()
        }
    }

    fn course(&self, request: &Request<'_>, refusal: Option<Refusal>) -> Course {
        let policy = &self.profile().head;
        let Some(refusal) = refusal.or_else(|| request.fault(policy).map(Refusal::Fault)) else {
            return Course::Serve(request.framing(&policy.body), None);
        };
        let treatment = match refusal {
            Refusal::Fault(fault) => policy.faults.of(fault),
            Refusal::Response(id) => Treatment::Respond(id),
        };
        let body = self.length_behind(request, refusal);
        match treatment {
            Treatment::Respond(id) if body != Framing::None => Course::Serve(body, Some(id)),
            // Nothing is wrong with the body's framing where this is the first fault that was found.
            Treatment::Respond(id)
                if matches!(refusal, Refusal::Fault(fault) if fault.is_of_expect()) && self.reads_body(id) =>
            {
                Course::Serve(request.framing(&policy.body), Some(id))
            }
            Treatment::Ignore if self.head.len > 0 => Course::Silent(None),
            Treatment::Respond(id) => Course::Refuse(id),
            _ => Course::Silent(Some(CloseReason::BadRequest)),
        }
    }

    /// Whether a refusal leaves the connection, or waits, so that the request's body has to be read.
    fn reads_body(&self, id: ResponseId) -> bool {
        let response = self.profile().responses.get(id);
        response.close == Some(false) || response.read_body == Some(ReadBody::First)
    }

    /// Answers a request, or refuses it with `refusal` once its body is read.
    async fn serve(&self, request: &Request<'_>, framing: Framing, refusal: Option<ResponseId>) -> Outcome {
        if framing == Framing::None {
            let mut sent = 0;
            let (end, _) = self.answer(request, refusal, None, &mut sent).await;
            self.uncork(end);
            return Outcome {
                counts_more: self.counts_more.get(),
                ..Outcome::without_body(end, sent, self.head.len)
            };
        }
        // On the heap, so that an exchange without a body does not hold the room that hyper needs.
        Box::pin(self.serve_through_hyper(request, framing, refusal)).await
    }

    /// What is read behind the reply to a refused request: the body that its length announces, if it is its coding that
    /// is refused and the profile reads bodies before an end.
    fn length_behind(&self, request: &Request<'_>, refusal: Refusal) -> Framing {
        let of_coding = matches!(
            refusal,
            Refusal::Fault(
                Fault::CodingNotChunked
                    | Fault::CodingEmpty
                    | Fault::CodingTwice
                    | Fault::CodingUnknown
                    | Fault::CodingOld
                    | Fault::LengthAndCoding
            )
        );
        if of_coding && self.profile().request_body.before_end {
            request.framing(&BodyRules {
                delimiter: Delimiter::LengthOnly,
                ..self.profile().head.body
            })
        } else {
            Framing::None
        }
    }

    /// Sends a response to no request; the connection ends for `reason`.
    pub(super) async fn say(&self, id: ResponseId, reason: CloseReason) -> Outcome {
        let request = Request::new(self.input, self.head);
        let mut sent = 0;
        let end = self.write_plain(&request, id, reason, &mut sent).await;
        Outcome::without_body(Some(end.unwrap_or(reason.into())), sent, 0)
    }

    async fn refuse(&self, request: &Request<'_>, id: ResponseId) -> Outcome {
        let mut sent = 0;
        let end = self.write_plain(request, id, CloseReason::BadRequest, &mut sent).await;
        // A head that was given up in the middle has not been read to its end.
        let left = if end.is_some() && self.head.len == 0 {
            0
        } else {
            self.head_end()
        };
        Outcome::without_body(end, sent, left)
    }

    /// Answers the request, with `refusal` if there is one. Says how the connection ends, if it does, and whether the
    /// body was read to its end.
    pub(super) async fn answer(
        &self,
        request: &Request<'_>,
        refusal: Option<ResponseId>,
        mut body: Option<(Framing, Incoming)>,
        sent: &mut u64,
    ) -> (Option<End>, bool) {
        let profile = self.profile();
        let answer = self.reply_to(request, refusal, body.is_some());
        let reply = &answer.reply;
        let when = if ends_by_both(profile, request) {
            ReadBody::Never
        } else {
            reply.response.read_body.unwrap_or(profile.request_body.read)
        };
        if let Some((framing, incoming)) = &mut body
            && let Some(id) = self.over_limit(*framing)
            && when != ReadBody::Never
            && refusal.is_none()
        {
            let refused = self.write_plain(request, id, CloseReason::BadRequest, sent);
            let end = Box::pin(refused).await;
            return Box::pin(self.body_behind(request, incoming, end, sent)).await;
        }
        if body.is_some() && request.expects_continue(&profile.head.body) && !reply.response.continues {
            let ending = Some(CloseReason::ContinueUnsent);
            return (self.write(request, &answer, ending, sent).await, false);
        }
        if refusal.is_none()
            && let times @ 1.. = self.continues(request, reply, when)
            && let Some(end) = Box::pin(self.go_on(times, sent)).await
        {
            return (Some(end), false);
        }
        let refused = refusal.map(|_| CloseReason::BadRequest);
        match body {
            None => (self.write(request, &answer, refused, sent).await, true),
            Some((_, mut incoming)) => {
                Box::pin(self.answer_with_body(request, &answer, refused, (when, &mut incoming), sent)).await
            }
        }
    }

    fn reply_to(&self, request: &Request<'_>, refusal: Option<ResponseId>, has_body: bool) -> Answer<'_> {
        let profile = self.profile();
        let answer = match refusal {
            Some(id) => Reply::plain(profile, id, request.method()).into(),
            None => self.decide(request),
        };
        match answer.reply.response.with_body {
            Some(id) if has_body => Reply::plain(profile, id, request.method()).into(),
            _ => answer,
        }
    }

    /// How many times the client is told to go on, before the reply, with a body that is read `when`.
    fn continues(&self, request: &Request<'_>, reply: &Reply<'_>, when: ReadBody) -> u8 {
        match self.profile().request_body.continues {
            Continue::AtOnce => self.continues_at_once(request),
            Continue::WhenRead if when == ReadBody::First => self.asked_to_continue(request),
            Continue::WithFile if reply.file.is_some() => self.asked_to_continue(request),
            Continue::WhenRead | Continue::WithFile | Continue::Never => 0,
        }
    }

    /// The same, as soon as the head has come and whatever the reply is.
    pub(super) fn continues_at_once(&self, request: &Request<'_>) -> u8 {
        match self.profile().request_body.continues {
            Continue::AtOnce => self.asked_to_continue(request),
            Continue::WhenRead | Continue::WithFile | Continue::Never => 0,
        }
    }

    /// How many times a client is told to go on that asks for it.
    fn asked_to_continue(&self, request: &Request<'_>) -> u8 {
        let (policy, rules) = (&self.profile().request_body, &self.profile().head.body);
        match request.version() {
            _ if !request.asks_to_continue(rules) => 0,
            _ if !policy.continue_without_body && request.framing(rules) == Framing::None => 0,
            Version::Http11 => policy.continue_times,
            Version::Http10 | Version::Http09 => policy.continue_times_old,
        }
    }

    /// Tells the client to go on, so many times. Says how the connection ends, if it does.
    pub(super) async fn go_on(&self, times: u8, sent: &mut u64) -> Option<End> {
        for _ in 0..times {
            let told = wire::send_bytes(
                self.stream,
                b"HTTP/1.1 100 Continue\r\n\r\n",
                &self.profile().writes,
                sent,
            );
            if let Err(error) = told.await {
                return Some(wire::reason_of(&error).into());
            }
        }
        None
    }
}
