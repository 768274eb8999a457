//! One exchange without I/O: a request is refused or decided on, answered, and its body read, in the order of the plan.
//!
//! ```text
//!  Begun ──> interim responses ──> Lookup ──> plan ──> interim ──> body before ──> SendReply ──> body after ──> Finished
//! ```
//!
//! [`Exchange::on`] takes what happened and returns what is to be done; a step that the plan does not have is left out.

use super::body_plan::{AfterReply, BeforeReply, BodyPlan, body_plan};
use super::{Close, Context, Opened, Patience, Purpose, Refusal};
use crate::close_reason::CloseReason;
use crate::connection::{BodyEnd, Fate, fate};
use crate::decide::{self, Refused, Route, Step};
use crate::facts::Found;
use crate::http1::chunked::ChunkFault;
use crate::http1::field::Name;
use crate::http1::head::{self, Http09};
use crate::http1::range::ByteRange;
use crate::http1::request::{BodyRules, Delimiter};
use crate::http1::text::hexadecimal;
use crate::http1::{Fault, Framing, Request, ResponseId, Scan, Treatment, Version, status};
use crate::path::Located;
use crate::profile::{Entity, MethodRule, Precompressed, Profile, ReadBody, Style};
use crate::render::{Body, Moment, Reply, Surroundings, Why};
use core::net::SocketAddr;
use std::time::Duration;

/// What is to be done for an exchange.
#[derive(Debug)]
pub enum Action {
    /// Send this many `100 Continue` responses, then tell [`Happened::Sent`].
    SendContinue(u8),
    /// Look up [`Exchange::query`], then tell [`Happened::Found`].
    Lookup,
    /// Take in what has arrived of the body, without waiting for more, then tell [`Happened::BodyPeeked`].
    PeekBody,
    /// Read the body to its end, then tell [`Happened::BodyRead`].
    ReadBody(Patience),
    /// Look at the bytes that the socket has, without reading them, then tell [`Happened::Unread`].
    PeekSocket,
    /// Read this many of these bytes and throw them away, then tell [`Happened::Discarded`].
    Discard(usize),
    /// Render and send [`Exchange::reply`], then tell [`Happened::Sent`].
    SendReply,
    /// Nothing: the exchange is finished.
    Finish(Finish),
}

/// What happened in an exchange.
#[derive(Debug)]
pub enum Happened<'e> {
    /// Nothing yet: it begins.
    Begun,
    /// What was to be sent has been sent, or not.
    Sent(Result<(), SendFailure>),
    /// This lies at the path that was looked up.
    Found {
        /// What was found.
        found: Found,
        /// The first name of the path that is not a directory's, where [`PathQuery::first_missing`] asked for it.
        first_missing: Option<&'e str>,
        /// The time and the numbers that the decision may use.
        moment: &'e Moment,
    },
    /// What has arrived of the body has been taken in; how it ended, if it did.
    BodyPeeked(Option<BodyEnd>),
    /// The body has been read, to its end or not.
    BodyRead(BodyEnd),
    /// The bytes that the socket has.
    Unread(&'e [u8]),
    /// They have been thrown away.
    Discarded,
}

/// Why a response was not sent to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendFailure {
    /// The client has reset the connection.
    Reset,
    /// Writing failed.
    Io,
    /// The client took too little in time.
    SlowReader,
    /// The file changed while it was sent. Less than was announced has been sent, unless all of it had been handed over
    /// before that was noticed.
    FileChanged {
        /// Whether all bytes had been handed over.
        all_sent: bool,
    },
}

impl SendFailure {
    /// How the connection closes. Where all of a response has been handed over that may mix two versions of a file, RST
    /// takes back what is still on its way.
    pub fn close(self) -> Close {
        match self {
            SendFailure::Reset => CloseReason::ClientReset.into(),
            SendFailure::Io => CloseReason::IoError.into(),
            SendFailure::SlowReader => CloseReason::SlowReader.into(),
            SendFailure::FileChanged { all_sent } => Close {
                reason: CloseReason::FileChanged,
                style: all_sent.then_some(Style::Rst),
            },
        }
    }
}

/// The result of an exchange, as far as the exchange itself knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    /// How the connection closes, if it does.
    pub close: Option<Close>,
    /// The requests that the response counts for beyond the one.
    pub also_counted: u64,
}

/// The result of an exchange with what the caller counted.
#[derive(Debug)]
pub struct ExchangeOutcome {
    /// How the connection closes, if it does.
    pub close: Option<Close>,
    /// The requests that the response counts for beyond the one.
    pub also_counted: u64,
    /// The bytes that were read from the socket for the body.
    pub received: u64,
    /// The bytes that were sent.
    pub sent: u64,
    /// The bytes that follow the request.
    pub left: Leftover,
}

/// The bytes that follow a request.
#[derive(Debug)]
pub enum Leftover {
    /// The input from this offset.
    From(usize),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// What is to be looked up for a request.
#[derive(Clone, Debug)]
pub struct PathQuery {
    /// The path.
    pub located: Located,
    /// The content codings that the client accepts, the best first.
    pub accepted: Vec<Precompressed>,
    /// Whether the first name of the path that is not a directory's is wanted too.
    pub first_missing: bool,
}

/// A stretch of a response body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// These bytes of the file.
    File(ByteRange),
}

/// A response that is ready to be sent, beside its rendered head and page.
#[derive(Debug)]
pub struct Rendered<'a> {
    /// The body.
    pub body: Vec<Piece<'a>>,
    /// Whether the connection closes after it.
    pub closes: bool,
    /// The cuts of its head, if they are not the profile's.
    pub split_head: Option<&'a [usize]>,
}

/// What is done with a request.
#[derive(Clone, Copy, Debug)]
enum Course {
    /// A response is sent that no request asked for; the connection closes for this reason.
    Unasked(ResponseId, CloseReason),
    /// It is answered, with this response if there is one, and its body is read.
    Serve(Framing, Option<ResponseId>),
    /// It is answered with this response, and nothing after its head is read.
    Refuse(ResponseId),
    /// It is not answered.
    Silent(Option<CloseReason>),
}

/// What an exchange waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// To begin.
    Begin,
    /// The interim responses to an earlier request.
    EarlierInterim,
    /// The lookup.
    Lookup,
    /// The interim responses of the plan.
    Interim,
    /// A look at the body.
    PeekBody,
    /// The body, before the response.
    BodyBefore,
    /// The bytes that follow the body.
    Following,
    /// The bytes that follow the body to be thrown away; then this is the response.
    Discard(ResponseId),
    /// The response.
    Reply(Then),
    /// A look at the body before it is read after the response.
    PeekAfter,
    /// The body, after a response that closes the connection like this, or keeps it.
    BodyAfter(Option<Close>),
    /// Nothing.
    Finished,
}

/// What follows the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The end of the exchange. The body has been read, or there is none.
    Finish,
    /// The end of the exchange. The body has not been read to its end, so the connection closes.
    FinishUnread,
    /// The body.
    ReadBody,
    /// The end of the exchange: the connection closes for this reason, unless the response has its own.
    Fail(CloseReason),
}

/// One request on a connection, and its response.
#[derive(Debug)]
pub struct Exchange<'c> {
    profile: &'c Profile,
    root: &'c [String],
    opened: &'c Opened,
    input: &'c [u8],
    request: Request<'c>,
    /// The number of the request on its connection.
    number: u64,
    /// The age of the connection.
    age: Duration,
    course: Course,
    query: Option<PathQuery>,
    plan: BodyPlan,
    reply: Option<Reply<'c>>,
    /// The reason for the connection to close with the response, as far as it is known before it is rendered.
    ending: Option<CloseReason>,
    /// How the connection closes after the response, once it is rendered.
    close: Option<Close>,
    also_counted: u64,
    stage: Stage,
}

impl<'c> Exchange<'c> {
    pub(super) fn new(
        opened: &'c Opened,
        input: &'c [u8],
        number: u64,
        age: Duration,
        cx: &Context<'c>,
    ) -> Exchange<'c> {
        let mut exchange = Exchange {
            profile: cx.profile,
            root: cx.root,
            opened,
            input,
            request: Request::new(input, &opened.head),
            number,
            age,
            course: Course::Silent(None),
            query: None,
            plan: BodyPlan::reply_only(None),
            reply: None,
            ending: None,
            close: None,
            also_counted: 0,
            stage: Stage::Begin,
        };
        exchange.course = match opened.purpose {
            Purpose::Request(refusal) => exchange.course(refusal),
            Purpose::Unasked(id, reason) => Course::Unasked(id, reason),
        };
        exchange
    }

    /// The request.
    pub fn request(&self) -> &Request<'c> {
        &self.request
    }

    /// The number of the request on its connection, from 1; 0 if there was none.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How the request's body is delimited; [`Framing::None`] if none is read.
    pub fn framing(&self) -> Framing {
        match self.course {
            Course::Serve(framing, _) => framing,
            Course::Refuse(_) | Course::Silent(_) | Course::Unasked(..) => Framing::None,
        }
    }

    /// The response that was decided on.
    ///
    /// `None` before the first [`Action::SendReply`].
    pub fn reply(&self) -> Option<&Reply<'c>> {
        self.reply.as_ref()
    }

    /// What is to be looked up. `None` before [`Action::Lookup`].
    pub fn query(&self) -> Option<&PathQuery> {
        self.query.as_ref()
    }

    /// The offset of the input at which the next request begins, if the body is not read.
    pub fn leftover(&self) -> Leftover {
        let head = &self.opened.head;
        Leftover::From(match self.course {
            Course::Unasked(..) => 0,
            // A head that was given up in the middle has not been read to its end.
            Course::Refuse(_) if head.len == 0 && self.close.is_some() => 0,
            _ if head.len == 0 => self.input.len(),
            _ => head.len,
        })
    }

    /// Whether the response is a multipart one, which takes a number of its own.
    pub fn is_multipart(&self) -> bool {
        matches!(&self.reply, Some(reply) if matches!(reply.body, Body::Ranges(_)))
    }

    /// What is to be done, after this has happened.
    pub fn on(&mut self, happened: Happened<'_>) -> Action {
        match (self.stage, happened) {
            (Stage::Begin, Happened::Begun) => self.begin(),
            (Stage::EarlierInterim | Stage::Interim | Stage::Reply(_), Happened::Sent(Err(failure))) => {
                self.close = Some(failure.close());
                match self.stage {
                    // The body may still be read before the end.
                    Stage::Reply(Then::ReadBody) => self.body_after(),
                    _ => self.finish(),
                }
            }
            (Stage::EarlierInterim, Happened::Sent(Ok(()))) => self.answer(),
            (
                Stage::Lookup,
                Happened::Found {
                    found,
                    first_missing,
                    moment,
                },
            ) => {
                let reply = decide::file_reply(self.profile, &self.request, found, first_missing, moment);
                self.decided(reply)
            }
            (Stage::Interim, Happened::Sent(Ok(()))) => self.body_before(),
            (Stage::PeekBody, Happened::BodyPeeked(end)) => self.peeked(end),
            (Stage::BodyBefore, Happened::BodyRead(BodyEnd::Complete)) if self.profile.fault_discards => {
                self.stage = Stage::Following;
                Action::PeekSocket
            }
            (Stage::BodyBefore, Happened::BodyRead(BodyEnd::Complete)) => {
                self.send(self.plan.ending, Then::Finish)
            }
            (Stage::BodyBefore, Happened::BodyRead(end)) => self.body_failed(end),
            (Stage::Following, Happened::Unread(bytes)) => self.following(bytes),
            (Stage::Discard(id), Happened::Discarded) => {
                self.plain(id);
                self.send(Some(CloseReason::BadRequest), Then::FinishUnread)
            }
            (Stage::Reply(then), Happened::Sent(Ok(()))) => self.replied(then),
            (Stage::PeekAfter, Happened::BodyPeeked(Some(end))) => self.body_read_after(None, end),
            (Stage::PeekAfter, Happened::BodyPeeked(None)) => {
                self.stage = Stage::BodyAfter(None);
                Action::ReadBody(Patience::AfterReply)
            }
            (Stage::BodyAfter(close), Happened::BodyRead(end)) => self.body_read_after(close, end),
            // A caller that tells what was not asked for gets the end of the exchange.
            _ => self.finish(),
        }
    }

    fn begin(&mut self) -> Action {
        match self.opened.interim {
            0 => self.answer(),
            times => {
                self.stage = Stage::EarlierInterim;
                Action::SendContinue(times)
            }
        }
    }

    fn answer(&mut self) -> Action {
        match self.course {
            Course::Unasked(id, reason) => {
                self.plain(id);
                self.send(Some(reason), Then::Fail(reason))
            }
            Course::Serve(_, Some(id)) => {
                let reply = self.plain_reply(id);
                self.decided(reply)
            }
            Course::Serve(_, None) => self.decide(),
            Course::Refuse(id) => {
                self.plain(id);
                self.send(Some(CloseReason::BadRequest), Then::Finish)
            }
            Course::Silent(reason) => {
                self.close = reason.map(Close::from);
                self.finish()
            }
        }
    }

    fn course(&self, refusal: Option<Refusal>) -> Course {
        let policy = &self.profile.head;
        let Some(refusal) = refusal.or_else(|| self.request.fault(policy).map(Refusal::Fault)) else {
            return Course::Serve(self.request.framing(&policy.body), None);
        };
        let treatment = match refusal {
            Refusal::Fault(fault) => policy.faults.of(fault),
            Refusal::Response(id) => Treatment::Answer(id),
        };
        let body = self.length_after_refused_coding(refusal);
        match treatment {
            Treatment::Answer(id) if body != Framing::None => Course::Serve(body, Some(id)),
            // Nothing is wrong with the body's framing where this is the first fault that was found.
            Treatment::Answer(id)
                if matches!(refusal, Refusal::Fault(fault) if fault.is_of_expect()) && self.reads_body(id) =>
            {
                Course::Serve(self.request.framing(&policy.body), Some(id))
            }
            Treatment::Ignore if self.opened.head.len > 0 => Course::Silent(None),
            Treatment::Answer(id) => Course::Refuse(id),
            _ => Course::Silent(Some(CloseReason::BadRequest)),
        }
    }

    /// Whether a refusal keeps the connection, or waits, so that the request's body has to be read.
    fn reads_body(&self, id: ResponseId) -> bool {
        let response = self.profile.responses.get(id);
        response.ends == Some(false) || response.read_body == Some(ReadBody::First)
    }

    /// The body that is read after a request whose coding is refused: the one that its length announces, if the profile
    /// reads bodies before it closes.
    fn length_after_refused_coding(&self, refusal: Refusal) -> Framing {
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
        if of_coding && self.profile.request_body.before_end {
            self.request.framing(&BodyRules {
                delimiter: Delimiter::LengthOnly,
                ..self.profile.head.body
            })
        } else {
            Framing::None
        }
    }

    /// Decides on a request that is not refused; asks for what lies at its path if it needs that.
    fn decide(&mut self) -> Action {
        match decide::route(self.profile, &self.request, self.root) {
            Route::Answer(id) => {
                let reply = self.plain_reply(id).because(Why::Route);
                self.decided(reply)
            }
            Route::Lookup(located) => {
                let known = &self.profile.files.precompressed;
                let accepts = !known.is_empty() && self.request.get(Name::AcceptEncoding).is_some();
                self.query = Some(PathQuery {
                    located,
                    accepted: if accepts {
                        decide::accepted_codings(&self.request, known)
                    } else {
                        Vec::new()
                    },
                    first_missing: matches!(
                        self.profile.methods.rule(self.request.method()),
                        MethodRule::Resolved(_)
                    ),
                });
                self.stage = Stage::Lookup;
                Action::Lookup
            }
        }
    }

    /// A response has been decided on: makes the plan for the body and begins to carry it out.
    fn decided(&mut self, reply: Reply<'c>) -> Action {
        let reply = match reply.response.with_body {
            Some(id) if self.framing() != Framing::None => self.plain_reply(id),
            _ => reply,
        };
        self.plan = body_plan(
            self.profile,
            &self.request,
            self.framing(),
            &reply,
            matches!(self.course, Course::Serve(_, Some(_))),
        );
        self.reply = Some(match self.plan.instead {
            Some(id) => self.plain_reply(id),
            None => reply,
        });
        match self.plan.interim {
            0 => self.body_before(),
            times => {
                self.stage = Stage::Interim;
                Action::SendContinue(times)
            }
        }
    }

    fn body_before(&mut self) -> Action {
        match self.plan.before {
            BeforeReply::Nothing => self.send_planned(),
            BeforeReply::Peek => {
                self.stage = Stage::PeekBody;
                Action::PeekBody
            }
            BeforeReply::Read => {
                self.stage = Stage::BodyBefore;
                Action::ReadBody(Patience::Usual)
            }
        }
    }

    fn peeked(&mut self, end: Option<BodyEnd>) -> Action {
        let Some(broken @ BodyEnd::Broken(_)) = end else {
            return self.send_planned();
        };
        if self.reply.as_ref().is_some_and(|reply| reply.file.is_some()) {
            return self.body_failed(broken);
        }
        self.plan.ending = Some(CloseReason::BadRequest);
        self.send_planned()
    }

    fn send_planned(&mut self) -> Action {
        let then = match self.plan.after {
            AfterReply::Nothing => Then::Finish,
            AfterReply::LeaveUnread => Then::FinishUnread,
            AfterReply::Read => Then::ReadBody,
        };
        self.send(self.plan.ending, then)
    }

    /// Bytes that follow the body: a request whose head is refused takes the response away.
    fn following(&mut self, bytes: &[u8]) -> Action {
        let answer = match head::scan(bytes, &self.profile.head) {
            Scan::Refused(fault, _) => match self.profile.head.faults.of(fault) {
                Treatment::Answer(id) => Some(id),
                _ => None,
            },
            _ => None,
        };
        match answer {
            // They count as read: the end of the connection must not take them for unread.
            Some(id) => {
                self.stage = Stage::Discard(id);
                Action::Discard(bytes.len())
            }
            None => self.send(self.plan.ending, Then::Finish),
        }
    }

    fn replied(&mut self, then: Then) -> Action {
        match then {
            Then::Finish => self.finish(),
            Then::FinishUnread => {
                self.close.get_or_insert(CloseReason::BodyUnread.into());
                self.finish()
            }
            Then::Fail(reason) => {
                self.close.get_or_insert(reason.into());
                self.finish()
            }
            Then::ReadBody => self.body_after(),
        }
    }

    /// Reads the body after the response, if somebody still needs it read.
    fn body_after(&mut self) -> Action {
        let policy = &self.profile.request_body;
        match self.close {
            None => {
                // What had come before the response does not break the silence after it.
                if self.profile.connection.timers.body_behind.is_some() {
                    self.stage = Stage::PeekAfter;
                    return Action::PeekBody;
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

    fn body_read_after(&mut self, close: Option<Close>, end: BodyEnd) -> Action {
        match (close, end) {
            (None, BodyEnd::Complete) => {}
            (None, BodyEnd::Silent) => self.close = Some(CloseReason::Idle.into()),
            (None, BodyEnd::Broken(_)) if self.profile.request_body.look_first => {
                self.close = Some(CloseReason::BadRequest.into());
            }
            (None, _) => return self.body_failed(end),
            (Some(close), BodyEnd::Complete) => {
                self.close = Some(Close {
                    style: close.style.or(self.profile.connection.ends.after_body),
                    ..close
                });
            }
            (Some(_), BodyEnd::Late | BodyEnd::Silent) => self.close = Some(CloseReason::BodyTimeout.into()),
            (Some(close), BodyEnd::Broken(_) | BodyEnd::ClientFin) => self.close = Some(close),
        }
        self.finish()
    }

    /// What follows a body that was not read to its end.
    fn body_failed(&mut self, end: BodyEnd) -> Action {
        let profile = self.profile;
        let (say, reason) = match end {
            BodyEnd::Late | BodyEnd::Silent => (profile.connection.timers.body.say, CloseReason::BodyTimeout),
            BodyEnd::Broken(fault) => match profile.head.faults.of(fault_of(fault)) {
                Treatment::Answer(id) => (Some(id), CloseReason::BadRequest),
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

    fn plain_reply(&self, id: ResponseId) -> Reply<'c> {
        Reply::plain(self.profile, id, self.request.method())
    }

    fn plain(&mut self, id: ResponseId) {
        self.reply = Some(self.plain_reply(id));
    }

    fn send(&mut self, ending: Option<CloseReason>, then: Then) -> Action {
        self.ending = ending;
        self.stage = Stage::Reply(then);
        Action::SendReply
    }

    fn finish(&mut self) -> Action {
        self.stage = Stage::Finished;
        Action::Finish(Finish {
            close: self.close,
            also_counted: self.also_counted,
        })
    }
}

fn fault_of(fault: ChunkFault) -> Fault {
    match fault {
        ChunkFault::TooLarge => Fault::ChunkTooLarge,
        ChunkFault::Trailer => Fault::ChunkTrailer,
        ChunkFault::Syntax => Fault::ChunkInvalid,
    }
}

/// The place and the moment in which a response is rendered.
#[derive(Clone, Copy, Debug)]
pub struct ReplyContext<'a> {
    /// The address that the connection came in on.
    pub local: SocketAddr,
    /// Whether the server is stopping.
    pub stopping: bool,
    /// The time and the numbers.
    pub moment: &'a Moment,
}

impl<'c> Exchange<'c> {
    /// Renders the response into `head` and `page`, and decides whether the connection persists after it.
    ///
    /// Must be called once for each [`Action::SendReply`].
    pub fn render<'a>(
        &'a mut self,
        around: &ReplyContext<'_>,
        head: &mut Vec<u8>,
        page: &'a mut Vec<u8>,
    ) -> Rendered<'a> {
        let Some(reply) = &self.reply else {
            return Rendered {
                body: Vec::new(),
                closes: true,
                split_head: None,
            };
        };
        let (profile, request, response) = (self.profile, &self.request, reply.response);
        self.also_counted = response.counts.saturating_sub(1);
        let number = self.number + self.also_counted;
        self.ending = self.ending.or_else(|| ending(request, reply, around.stopping));
        let Fate { end: close, says } =
            fate(profile, Some(request), response, number, self.age, self.ending);
        self.close = close.map(|reason| Close {
            reason,
            style: response.style,
        });
        let chunked = response.chunked
            && request.version() == Version::Http11
            && !(response.chunked_if_kept && close.is_some());
        reply.render(
            Some(request),
            &Surroundings {
                local: around.local,
                remaining: profile.connection.max_requests.map(|most| most.saturating_sub(number)),
                says,
                chunked,
                moment: *around.moment,
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
        Rendered {
            body: if has_body(profile, request, reply) {
                pieces(reply, page)
            } else {
                Vec::new()
            },
            closes: close.is_some(),
            split_head: response.head_apart.as_deref(),
        }
    }

    /// How the response came about, step by step.
    pub fn trace(&self, moment: &Moment) -> Vec<Step> {
        let Some(reply) = &self.reply else {
            return Vec::new();
        };
        let refused = match reply.why {
            Why::Unsaid => self.refused(),
            _ => None,
        };
        decide::explain(self.profile, &self.request, reply, refused, moment)
    }

    /// Why the request was refused: its first fault, or what ended the wait for it.
    fn refused(&self) -> Option<Refused> {
        let policy = &self.profile.head;
        let of_ending = self.ending.map(Refused::Ending);
        if !matches!(self.ending, None | Some(CloseReason::BadRequest)) {
            return of_ending;
        }
        match head::scan(self.input, policy) {
            Scan::Refused(fault, _) => Some(Refused::Fault(fault)),
            _ => self.request.fault(policy).map(Refused::Fault).or(of_ending),
        }
    }
}

/// A reason for the connection to close with a response, whatever the response says and the client asked for.
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

/// The body of a response: its page, or what it sends of its file.
fn pieces<'b>(reply: &'b Reply<'_>, page: &'b [u8]) -> Vec<Piece<'b>> {
    if !page.is_empty() {
        return vec![Piece::Bytes(page)];
    }
    let Some(facts) = reply
        .file
        .as_ref()
        .filter(|_| reply.response.entity == Entity::File)
    else {
        return Vec::new();
    };
    match &reply.body {
        Body::Range(range) => vec![Piece::File(*range)],
        Body::Ranges(parts) => {
            let mut pieces = Vec::with_capacity(2 * parts.parts.len() + 1);
            for (head, range) in &parts.parts {
                pieces.push(Piece::Bytes(head));
                pieces.push(Piece::File(*range));
            }
            pieces.push(Piece::Bytes(&parts.end));
            pieces
        }
        _ if facts.size() == 0 => Vec::new(),
        _ => vec![Piece::File(ByteRange {
            first: 0,
            last: facts.size() - 1,
        })],
    }
}

/// A page as one chunk and the last (RFC 9112 section 7.1).
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
