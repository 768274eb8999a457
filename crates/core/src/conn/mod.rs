//! One connection as a protocol without I/O: what happened goes in, what is to be done comes out.
//!
//! Time is a parameter, counted from the start of the server. Sockets, clocks and files belong to the caller: the server
//! carries out actions on real sockets, [`crate::model`] carries them out in memory with virtual time. Both run the same
//! code, so one answers exactly as the other.
//!
//! ```text
//!  caller                          conn
//!  ------                          ----
//!  bytes, FIN, timer, stop ──────> Conn::on       ──> Next: wait, settle, serve a request, close
//!  found, sent, body read  ──────> Exchange::on   ──> Action: look up, send, read the body, finish
//!  has the socket unread bytes? ─> Closing::style ──> how the connection is closed
//! ```
//!
//! - [`Conn`] holds what outlives a request: the state, the unparsed input, the counters.
//! - [`Exchange`] is one request and its response. It borrows the input, so that nothing is copied.
//! - [`body_plan`] is the order of interim responses, body and response, as a pure function.
//! - [`BodyProgress`] knows until when the next part of a body must come.
//! - [`Closing`] knows how a connection ends.

mod action;
mod body_end;
mod body_plan;
mod body_progress;
mod closing;
mod exchange;
mod life;
mod lookahead;
mod pace;
mod persistence;
mod reply;

pub use action::{Action, ExchangeOutcome, Finish, Happened, Leftover, PathQuery, Peek, Piece, Rendered, SendFailure};
pub use body_end::BodyEnd;
pub use body_plan::{AfterReply, BeforeReply, BodyPlan, body_plan};
pub use body_progress::{BodyProgress, Patience};
pub use closing::{Close, Closing, Pause};
pub use exchange::Exchange;
pub use life::{Deadline, Life, State, Transition, due, transition};
pub use pace::Pace;
pub use persistence::{Persistence, ends_by_both, is_last, persistence};
pub use reply::ReplyContext;

use crate::close_reason::CloseReason;
use crate::http1::{Fault, Head, Request, ResponseId, Scan, head};
use crate::path;
use crate::profile::{EofInHead, Profile};
use lookahead::Lookahead;
use std::time::Duration;

/// An interim response (RFC 9110 section 15.2.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a decision depends on besides the connection itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The server's behaviour.
    pub profile: &'a Profile,
    /// The path of the document root, name by name.
    pub root: &'a [String],
    /// The time since the server started.
    pub now: Duration,
    /// Whether the server is stopping: connections end as soon as they wait for their client.
    pub stopping: bool,
}

/// How many bytes have gone each way on a connection, as the server's own reads and writes count them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes from the client.
    pub received: u64,
    /// Bytes to the client.
    pub sent: u64,
}

/// Where a connection stands: what an observer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// The number of requests that have begun on it.
    pub requests: u64,
    /// The bytes that have gone each way.
    pub traffic: Traffic,
}

/// Why a request is refused before it is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A fault of its head.
    Fault(Fault),
    /// A part of it that gets this response, whatever the rest says.
    Response(ResponseId),
}

/// What an [`Exchange`] is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To answer a request, or to refuse it.
    Request(Option<Refusal>),
    /// To send a response that no request asked for, such as a 408, and then to close for this reason.
    Unasked(ResponseId, CloseReason),
}

/// A request that is ready to be answered.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The head, as offsets into the input.
    pub head: Head,
    /// What the exchange is for.
    pub purpose: Purpose,
    /// The number of `100 Continue` responses that an earlier request, which gets no other response, is sent first.
    pub interim: u8,
    /// The reason to close after the response, if what follows the request calls for it.
    close_after: Option<CloseReason>,
}

/// What happens between the end of a request head and the decision about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Other connections may read first, so that the file system is asked about a file once for all requests.
    TakeTurns,
    /// The client's next bytes and its FIN have this long to arrive, counted from its last byte. Zero: what has arrived
    /// by now is taken in.
    Within(Duration),
}

/// What is to be done next with a connection.
#[derive(Debug)]
pub enum Next {
    /// Wait for the client, for [`Conn::deadline`], or for the server to stop.
    Wait,
    /// A request head is complete. Let what follows it settle, then call [`Conn::settled`] with the head.
    Settle(Head, Settle),
    /// Run an exchange.
    Serve(Opened),
    /// Close the connection.
    Close(Close),
}

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// This many bytes were added to the input.
    Received(usize),
    /// The client has ended its side.
    Fin,
    /// The connection is broken.
    Broken(CloseReason),
    /// A timer has expired.
    Expired(Deadline),
    /// The server is stopping.
    Stop,
}

/// One connection.
#[derive(Debug)]
pub struct Conn {
    life: Life,
    /// Bytes that have arrived and belong to no finished request.
    input: Vec<u8>,
    traffic: Traffic,
    /// Whether the client's FIN has been seen. It is met again at each read.
    client_fin: bool,
}

impl Conn {
    /// A connection that is accepted at `now`.
    pub fn new(now: Duration) -> Conn {
        Conn {
            life: Life::new(now),
            input: Vec::new(),
            traffic: Traffic::default(),
            client_fin: false,
        }
    }

    /// Where the connection stands.
    pub fn standing(&self) -> Standing {
        Standing {
            state: self.life.state(),
            requests: self.life.requests(),
            traffic: self.traffic,
        }
    }

    /// The unparsed input.
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// The time of the last byte, or of the last response if none has come since.
    pub fn last_byte(&self) -> Duration {
        self.life.last_byte()
    }

    /// The deadline of the wait that the connection is in, if it has one.
    pub fn deadline(&self, profile: &Profile) -> Option<Deadline> {
        self.life.deadline(&profile.connection.timers)
    }

    /// Adds bytes to the input. `spare` supplies a buffer where the connection has none.
    pub fn receive(&mut self, bytes: &[u8], spare: impl FnOnce() -> Vec<u8>) {
        if self.input.capacity() == 0 {
            self.input = spare();
        }
        self.input.extend_from_slice(bytes);
        self.traffic.received += bytes.len() as u64;
    }

    /// Notes the client's FIN. True the first time.
    pub fn receive_fin(&mut self) -> bool {
        !std::mem::replace(&mut self.client_fin, true)
    }

    /// Counts bytes that were read and thrown away.
    pub fn discarded(&mut self, bytes: u64) {
        self.traffic.received += bytes;
    }

    /// What is to be done now, before anything further has happened.
    pub fn next(&mut self, cx: &Context<'_>) -> Next {
        let scan = self.scan(cx);
        match refused_target(&self.input, &scan, cx).or_else(|| ready(scan)) {
            Some((head, refusal)) => self.open(head, refusal, cx),
            None if cx.stopping => Next::Close(CloseReason::Shutdown.into()),
            None => Next::Wait,
        }
    }

    /// Refuses the connection: there are too many already.
    pub fn refuse(&mut self, cx: &Context<'_>) -> Next {
        self.unasked(cx.profile.connection.full, CloseReason::TooMany, cx)
    }

    /// What is to be done after a wait.
    pub fn on(&mut self, woken: Woken, cx: &Context<'_>) -> Next {
        match woken {
            Woken::Received(count) => {
                let event = self.partial(cx, self.life.state() == State::Head);
                self.life.on(event, cx.now, count);
                self.next(cx)
            }
            Woken::Fin => self.on_fin(cx),
            Woken::Broken(reason) => Next::Close(reason.into()),
            Woken::Expired(Deadline {
                reason, say: Some(id), ..
            }) => self.unasked(id, reason, cx),
            Woken::Expired(deadline) => Next::Close(deadline.reason.into()),
            Woken::Stop => Next::Close(CloseReason::Shutdown.into()),
        }
    }

    /// The client's FIN, where the connection waits.
    fn on_fin(&mut self, cx: &Context<'_>) -> Next {
        let policy = &cx.profile.connection.client_fin;
        let meaning = match self.life.state() {
            State::Line => policy.in_line,
            State::Head => policy.in_head,
            _ => EofInHead::Silent,
        };
        match meaning {
            EofInHead::Silent => Next::Close(self.fin_reason().into()),
            EofInHead::Complete => self.complete_head(cx),
            EofInHead::Respond(id) => {
                self.life.on(Transition::HeadComplete, cx.now, 0);
                self.unasked(id, CloseReason::BadRequest, cx)
            }
        }
    }

    fn fin_reason(&self) -> CloseReason {
        match self.life.state() {
            State::Unused => CloseReason::ClientFinUnused,
            State::Line | State::Head => CloseReason::ClientFinInHead,
            _ => CloseReason::ClientFin,
        }
    }

    /// Serves a head that the client's FIN has cut short as if it were complete.
    fn complete_head(&mut self, cx: &Context<'_>) -> Next {
        if !self.input.ends_with(b"\n") {
            self.input.extend_from_slice(b"\r\n");
        }
        self.input.extend_from_slice(b"\r\n");
        match ready(head::scan(&self.input, &cx.profile.head)) {
            Some((head, refusal)) => self.open(head, refusal, cx),
            None => Next::Close(CloseReason::ClientFinInHead.into()),
        }
    }

    /// A response that no request asked for, and then the end.
    fn unasked(&self, id: ResponseId, reason: CloseReason, cx: &Context<'_>) -> Next {
        let head = match head::scan(&self.input, &cx.profile.head) {
            Scan::Refused(_, head) | Scan::Complete(head) => head,
            // Once the request line is complete, the response depends on its method (no body for HEAD).
            Scan::Partial(head) if head.fields_start > 0 => head,
            Scan::Partial(_) => Head::default(),
        };
        Next::Serve(Opened {
            head,
            purpose: Purpose::Unasked(id, reason),
            interim: 0,
            close_after: None,
        })
    }

    /// A request head is complete, or refused.
    fn open(&mut self, head: Head, refusal: Option<Refusal>, cx: &Context<'_>) -> Next {
        self.life.on(Transition::HeadComplete, cx.now, 0);
        if refusal.is_some() {
            return Next::Serve(Opened {
                head,
                purpose: Purpose::Request(refusal),
                interim: 0,
                close_after: None,
            });
        }
        let policy = &cx.profile.connection.client_fin;
        let settle = if policy.drops_request || cx.profile.pipelined_fault_discards {
            Settle::Within(policy.drop_within)
        } else {
            Settle::TakeTurns
        };
        Next::Settle(head, settle)
    }

    /// What follows the request of `head` has settled. `fin`: the client's FIN has arrived.
    pub fn settled(&mut self, head: Head, fin: bool, cx: &Context<'_>) -> Next {
        let mut opened = Opened {
            purpose: Purpose::Request(None),
            head,
            interim: 0,
            close_after: None,
        };
        match lookahead::judge(&self.input, &opened.head, fin, cx) {
            Lookahead::Nothing => {}
            Lookahead::CloseAfter => opened.close_after = Some(CloseReason::BadRequest),
            Lookahead::Instead(at, head, fault) => {
                let request = Request::new(&self.input, &opened.head);
                opened.interim = body_plan::interim_at_once(cx.profile, &request);
                opened.head = head;
                opened.purpose = Purpose::Request(fault.map(Refusal::Fault));
                self.input.drain(..at);
            }
            Lookahead::Drop => return Next::Close(CloseReason::RequestDropped.into()),
            Lookahead::Respond(id) => return self.unasked(id, CloseReason::ClientFinInHead, cx),
        }
        Next::Serve(opened)
    }

    /// Hands the input to an exchange. [`Conn::finished`] takes it back.
    pub fn take_input(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.input)
    }

    /// Opens an exchange over the input that was taken.
    pub fn exchange<'c>(&self, opened: &'c Opened, input: &'c [u8], cx: &Context<'c>) -> Exchange<'c> {
        let age = cx.now.saturating_sub(self.life.accepted());
        Exchange::new(opened, input, self.life.requests(), age, cx)
    }

    /// An exchange is finished. `input` is what it was given. Returns how the connection closes, if it does.
    pub fn finished(
        &mut self,
        opened: &Opened,
        input: Vec<u8>,
        outcome: ExchangeOutcome,
        cx: &Context<'_>,
    ) -> Option<Close> {
        self.life.count(outcome.also_counted);
        self.traffic.received += outcome.received;
        self.traffic.sent += outcome.sent;
        if matches!(opened.purpose, Purpose::Unasked(..)) {
            self.input = input;
            return outcome.close;
        }
        let swallows = cx.profile.connection.upgrade_swallows && Request::new(&input, &opened.head).asks_to_upgrade();
        self.input = input;
        match outcome.left {
            _ if swallows => self.input.clear(),
            Leftover::From(at) if at >= self.input.len() => self.input.clear(),
            Leftover::From(at) => drop(self.input.drain(..at)),
            Leftover::Bytes(bytes) => self.input = bytes,
        }
        let close = outcome.close.or(opened.close_after.map(Close::from));
        if close.is_none() {
            self.life.on(Transition::Kept, cx.now, 0);
            if cx.stopping {
                return Some(CloseReason::Shutdown.into());
            }
        }
        close
    }

    /// Takes the input's buffer if it is empty, so that an idle connection holds none.
    pub fn take_spare(&mut self) -> Option<Vec<u8>> {
        (self.input.is_empty() && self.input.capacity() > 0).then(|| std::mem::take(&mut self.input))
    }

    /// Begins to close the connection.
    pub fn close(&mut self, close: Close, cx: &Context<'_>) -> Closing {
        let closing = Closing::new(
            close,
            self.life.state(),
            !self.input.is_empty(),
            &cx.profile.connection.close,
        );
        self.life.on(Transition::End, cx.now, 0);
        self.input = Vec::new();
        closing
    }

    fn scan(&mut self, cx: &Context<'_>) -> Scan {
        if self.input.is_empty() {
            return Scan::Partial(Head::default());
        }
        let scan = head::scan(&self.input, &cx.profile.head);
        if let Scan::Partial(head) = &scan {
            let event = self.partial(cx, head.fields_start > 0);
            self.life.on(event, cx.now, 0);
        }
        scan
    }

    /// The transition that an incomplete head makes.
    fn partial(&self, cx: &Context<'_>, line_complete: bool) -> Transition {
        let is_blank = || self.input.iter().all(|b| matches!(b, b'\r' | b'\n'));
        if cx.profile.connection.timers.blank.is_some() && is_blank() {
            Transition::Blank
        } else {
            Transition::Partial { line_complete }
        }
    }
}

/// A head that is ready for a response, and why it is refused; `None` if there is more to come.
fn ready(scan: Scan) -> Option<(Head, Option<Refusal>)> {
    match scan {
        Scan::Complete(head) => Some((head, None)),
        Scan::Refused(fault, head) => Some((head, Some(Refusal::Fault(fault)))),
        Scan::Partial(_) => None,
    }
}

/// The refusal that a target gets whatever the rest of its head says, from a profile that judges bytes as they come and
/// targets first; with the head as far as the request line.
fn refused_target(input: &[u8], scan: &Scan, cx: &Context<'_>) -> Option<(Head, Option<Refusal>)> {
    let profile = cx.profile;
    let (Scan::Partial(head) | Scan::Complete(head) | Scan::Refused(_, head)) = scan;
    if head.fields_start == 0 || !profile.head.by_byte || !profile.target.before_method {
        return None;
    }
    let id = path::malformed(head.target.of(input), &profile.target, &profile.files, cx.root)?;
    let line_alone = Head {
        fields: Vec::new(),
        len: 0,
        ..head.clone()
    };
    Some((line_alone, Some(Refusal::Response(id))))
}
