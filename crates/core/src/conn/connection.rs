//! One connection: what outlives a request, and what is to be done next.

use super::lookahead::{self, Lookahead};
use super::{
    Close, Closing, Context, Deadline, Exchange, ExchangeOutcome, Leftover, Life, Next, Opened, Purpose, Refusal,
    Settle, Standing, State, Traffic, Transition, Unsent, WakeReason, body_plan,
};
use crate::close_reason::CloseReason;
use crate::http1::{Head, Request, ResponseId, Scan, head};
use crate::profile::{EofInHead, Profile};
use ready::{ready, refused_target};
use std::time::Duration;

/// One connection.
#[derive(Debug)]
pub struct Conn {
    life: Life,
    /// Bytes that have arrived and belong to no finished request.
    input: Vec<u8>,
    /// The bytes of the input, from its beginning, in which no request was found that keeps another from being answered.
    /// Without this, each of many pipelined requests would have all that follow it judged again.
    judged: usize,
    traffic: Traffic,
    /// Responses that wait for the next one.
    unsent: Unsent,
    /// Whether the client's FIN has been seen. It is met again at each read.
    client_fin: bool,
    parsing: Parsing,
}

/// How faults of the next head are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parsing {
    /// They are refused.
    Usual,
    /// The last request asked for an upgrade: what is wrong with the next head, a FIN inside it too, is not answered.
    AfterUpgrade,
    /// Such a head was wrong. Nothing that follows is parsed.
    Stopped,
}

impl Conn {
    /// A connection that is accepted at `now`.
    pub fn new(now: Duration) -> Self {
        Self {
            life: Life::new(now),
            input: Vec::new(),
            judged: 0,
            traffic: Traffic::default(),
            unsent: Unsent::default(),
            client_fin: false,
            parsing: Parsing::Usual,
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
        if self.input.is_empty() {
            return match cx.stopping {
                true => Next::Close(CloseReason::Shutdown.into()),
                false => Next::Wait,
            };
        }
        let scan = self.scan(cx);
        if self.parsing == Parsing::AfterUpgrade && matches!(scan, Scan::Refused(..)) {
            self.parsing = Parsing::Stopped;
        }
        if self.parsing == Parsing::Stopped {
            // One byte stands for a head that will not be complete.
            self.input.truncate(1);
            return match cx.stopping {
                true => Next::Close(CloseReason::Shutdown.into()),
                false => Next::Wait,
            };
        }
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
    pub fn on(&mut self, woken: WakeReason, cx: &Context<'_>) -> Next {
        match woken {
            WakeReason::Received(count) => {
                let event = self.partial(cx, self.life.state() == State::Head);
                self.life.on(event, cx.now, count);
                self.next(cx)
            }
            WakeReason::Fin => self.on_fin(cx),
            WakeReason::Broken(reason) => Next::Close(reason.into()),
            WakeReason::Expired(Deadline {
                reason, say: Some(id), ..
            }) => self.unasked(id, reason, cx),
            WakeReason::Expired(deadline) => Next::Close(deadline.reason.into()),
            WakeReason::Stop => Next::Close(CloseReason::Shutdown.into()),
        }
    }

    /// The client's FIN, where the connection waits.
    fn on_fin(&mut self, cx: &Context<'_>) -> Next {
        let policy = &cx.profile.connection.client_fin;
        let meaning = match self.life.state() {
            _ if self.parsing != Parsing::Usual => EofInHead::Silent,
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
        let is_judged = !fin && self.judged >= self.input.len();
        let lookahead = if is_judged {
            Lookahead::Nothing
        } else {
            lookahead::judge(&self.input, &opened.head, fin, cx)
        };
        match lookahead {
            Lookahead::Nothing => {}
            Lookahead::NothingInInput => self.judged = self.input.len(),
            Lookahead::CloseAfter => opened.close_after = Some(CloseReason::BadRequest),
            Lookahead::Instead(at, head, fault) => {
                let request = Request::new(&self.input, &opened.head);
                opened.interim = body_plan::interim_at_once(cx.profile, &request);
                opened.head = head;
                opened.purpose = Purpose::Request(fault.map(Refusal::Fault));
                self.input.drain(..at);
                self.judged = 0;
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

    /// Hands responses that stay unsent to an exchange. [`Conn::finished`] takes them back.
    pub fn take_unsent(&mut self) -> Unsent {
        std::mem::take(&mut self.unsent)
    }

    /// The bytes of responses that stayed unsent and are to be sent now, before the next wait: all of them if nothing of
    /// a next request has arrived, if they are too many, or if the connection `closes`.
    pub fn take_due(&mut self, closes: bool, cx: &Context<'_>) -> Option<Vec<u8>> {
        let unsent = &self.unsent;
        if unsent.bytes.is_empty() {
            return None;
        }
        let is_full = cx
            .profile
            .writes
            .hold
            .is_none_or(|hold| unsent.responses >= hold.responses || unsent.bytes.len() >= hold.bytes);
        (closes || is_full || self.input.is_empty()).then(|| self.take_unsent().bytes)
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
        self.unsent = outcome.unsent;
        if matches!(opened.purpose, Purpose::Unasked(..)) {
            self.input = input;
            return outcome.close;
        }
        let swallows = cx.profile.connection.upgrade_swallows && Request::new(&input, &opened.head).asks_to_upgrade();
        self.parsing = if swallows {
            Parsing::AfterUpgrade
        } else {
            Parsing::Usual
        };
        self.input = input;
        match outcome.left {
            Leftover::From(at) if at < self.input.len() && !swallows => {
                self.drop_input(at);
            }
            Leftover::Bytes(bytes) if !swallows => {
                self.input = bytes;
                self.judged = 0;
            }
            Leftover::From(_) | Leftover::Bytes(_) => {
                self.input.clear();
                self.judged = 0;
            }
        }
        let mut close = outcome.close.or(opened.close_after.map(Close::from));
        if close.is_none() && !self.input.is_empty() && !self.drop_empty_lines(cx) {
            close = Some(CloseReason::BadRequest.into());
        }
        if close.is_none() {
            self.life.on(Transition::Kept, cx.now, 0);
            if cx.stopping {
                return Some(CloseReason::Shutdown.into());
            }
        }
        close
    }

    /// Drops the empty lines at the beginning of the input, where the profile does. False if there are too many.
    fn drop_empty_lines(&mut self, cx: &Context<'_>) -> bool {
        let Some(most) = cx.profile.head.empty_lines_after else {
            return true;
        };
        let (mut at, mut count) = (0, 0);
        loop {
            at += match &self.input[at..] {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => break,
            };
            count += 1;
        }
        self.drop_input(at);
        count <= most
    }

    /// Drops bytes from the beginning of the input.
    fn drop_input(&mut self, count: usize) {
        self.input.drain(..count);
        self.judged = self.judged.saturating_sub(count);
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

mod ready;
#[cfg(test)]
mod tests;
