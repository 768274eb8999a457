//! The state of one connection across its requests, and the next step for it.

use super::lookahead::{self, Lookahead};
use super::{
    Close, Closing, Context, Deadline, Exchange, ExchangeOutcome, Leftover, Life, Next, Opened, Purpose, Refusal,
    Settle, Standing, State, Traffic, Transition, Unsent, WakeReason, body_plan,
};
use crate::close_reason::CloseReason;
use crate::http1::{Head, Request, ResponseId, Scan, head};
use crate::profile::{EofInHead, Profile};
use parsing::Parsing;
use ready::{ready, refused_target};
use std::time::Duration;
use unanswered::Begins;

mod parsing;
mod rules;
mod unanswered;

pub use rules::{DueRule, Stage};

/// One connection.
#[derive(Debug)]
pub struct Conn {
    life: Life,
    /// Received bytes that do not belong to a finished request.
    input: Vec<u8>,
    /// The number of bytes at the start of the input in which the look-ahead has found nothing that prevents a
    /// response. Without it, the bytes after each of many pipelined requests would be scanned again for each of them.
    judged: usize,
    traffic: Traffic,
    /// Responses that are held back until the next one.
    unsent: Unsent,
    /// Whether the client's FIN has been seen. Every later read returns it again.
    client_fin: bool,
    /// What the input begins with.
    begins: Begins,
    parsing: Parsing,
    pending: rules::Pending,
    /// Whether the last request was a POST, and no byte of the next one was parsed yet.
    after_post: bool,
}

impl Conn {
    /// A connection that was accepted at `now`.
    pub fn new(now: Duration) -> Self {
        Self {
            life: Life::new(now),
            input: Vec::new(),
            judged: 0,
            traffic: Traffic::default(),
            unsent: Unsent::default(),
            client_fin: false,
            begins: Begins::Next,
            parsing: Parsing::Usual,
            pending: rules::Pending::default(),
            after_post: false,
        }
    }

    /// The state and the counters, for observers.
    pub fn standing(&self) -> Standing {
        Standing {
            state: self.life.state(),
            requests: self.life.requests(),
            traffic: self.traffic,
        }
    }

    /// The input that has not been parsed.
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// When the last byte arrived, or when the last response was sent if no byte has arrived since.
    pub fn last_byte(&self) -> Duration {
        self.life.last_byte()
    }

    /// The deadline of the current wait, if it has one.
    pub fn deadline(&self, profile: &Profile) -> Option<Deadline> {
        self.life.deadline(&profile.connection.timers)
    }

    /// Appends received bytes to the input. `spare` supplies a buffer if the connection has none.
    pub fn receive(&mut self, bytes: &[u8], spare: impl FnOnce() -> Vec<u8>) {
        if self.input.capacity() == 0 {
            self.input = spare();
        }
        self.input.extend_from_slice(bytes);
        self.traffic.received += bytes.len() as u64;
    }

    /// Records the client's FIN. Returns whether this is the first time.
    pub fn receive_fin(&mut self) -> bool {
        !std::mem::replace(&mut self.client_fin, true)
    }

    /// Whether the client's FIN has been seen.
    pub fn has_client_fin(&self) -> bool {
        self.client_fin
    }

    /// Counts bytes that were read and discarded.
    pub fn discarded(&mut self, bytes: u64) {
        self.traffic.received += bytes;
    }

    /// The next step for the input that has already arrived.
    pub fn next(&mut self, cx: &Context<'_>) -> Next {
        if !self.begin_parsing(cx.profile) {
            return match cx.stopping {
                true => Next::Close(CloseReason::Shutdown.into()),
                false => Next::Wait,
            };
        }
        let scan = self.scan(cx);
        let Some(scan) = self.parsing.of(scan, &self.input, &cx.profile.head) else {
            // Keep one byte, which stands for a head that is never completed.
            self.input.truncate(1);
            return match cx.stopping {
                true => Next::Close(CloseReason::Shutdown.into()),
                false => Next::Wait,
            };
        };
        match refused_target(&self.input, &scan, cx).or_else(|| ready(scan)) {
            Some((head, refusal)) => self.open(head, refusal, cx),
            None if cx.stopping => Next::Close(CloseReason::Shutdown.into()),
            None => Next::Wait,
        }
    }

    /// Refuses the connection, because too many are open.
    pub fn refuse(&mut self, cx: &Context<'_>) -> Next {
        self.unasked(cx.profile.connection.full, CloseReason::TooMany, cx)
    }

    /// The next step after a wait.
    pub fn on(&mut self, reason: WakeReason, cx: &Context<'_>) -> Next {
        match reason {
            WakeReason::Received(_) if !self.is_new() && self.is_too_short(cx.profile) => Next::Wait,
            WakeReason::Received(count) => {
                let event = self.partial(cx, self.life.state() == State::Head);
                self.life.on(event, cx.now, count);
                self.next(cx)
            }
            WakeReason::Fin => self.on_fin(cx),
            WakeReason::Broken(reason) => Next::Close(reason.into()),
            WakeReason::Expired(Deadline {
                reason,
                response: Some(id),
                ..
            }) => self.unasked(id, reason, cx),
            WakeReason::Expired(deadline) => Next::Close(deadline.reason.into()),
            WakeReason::Stop => Next::Close(CloseReason::Shutdown.into()),
        }
    }

    /// The next step after the client's FIN, if the connection was waiting.
    fn on_fin(&mut self, cx: &Context<'_>) -> Next {
        if let Some(next) = self.end_first_read(cx) {
            return next;
        }
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

    /// Treats a head that the client's FIN has cut short as complete.
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

    /// Sends a response without a request, then closes.
    fn unasked(&self, id: ResponseId, reason: CloseReason, cx: &Context<'_>) -> Next {
        let head = match head::scan(&self.input, &cx.profile.head) {
            Scan::Refused(_, head) | Scan::Complete(head) => head,
            // Once the request line is complete, the response depends on its method (no body for HEAD).
            Scan::Partial(head) if head.fields_start > 0 => head,
            Scan::Partial(_) => Head::default(),
        };
        Next::Serve(Opened::new(head, Purpose::Unasked(id, reason)))
    }

    /// Starts an exchange: a request head is complete or refused.
    fn open(&mut self, head: Head, refusal: Option<Refusal>, cx: &Context<'_>) -> Next {
        self.life.on(Transition::HeadComplete, cx.now, 0);
        self.begins = Begins::Latest;
        if refusal.is_some() {
            return Next::Serve(Opened::new(head, Purpose::Request(refusal)));
        }
        let policy = &cx.profile.connection.client_fin;
        let settle = if policy.drops_request || cx.profile.pipelined_fault_discards {
            Settle::Within(policy.drop_within)
        } else {
            Settle::TakeTurns
        };
        Next::Settle(head, settle)
    }

    /// The next step once the bytes after the head have settled ([`Settle`]). `fin`: the client's FIN has arrived.
    pub fn settled(&mut self, head: Head, fin: bool, cx: &Context<'_>) -> Next {
        let mut opened = Opened::new(head, Purpose::Request(None));
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
                opened.displaced = self.input.drain(..at).collect();
                self.judged = 0;
            }
            Lookahead::Drop => return Next::Close(CloseReason::RequestDropped.into()),
            Lookahead::Respond(id) => return self.unasked(id, CloseReason::ClientFinInHead, cx),
        }
        Next::Serve(opened)
    }

    /// Moves the input to an exchange. [`Conn::finished`] takes it back.
    pub fn take_input(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.input)
    }

    /// Moves the responses that are held back to an exchange. [`Conn::finished`] takes them back.
    pub fn take_unsent(&mut self) -> Unsent {
        std::mem::take(&mut self.unsent)
    }

    /// Takes the bytes of the held-back responses that must be sent before the next wait: all of them if no byte of a
    /// next request has arrived, if they reach a limit of the profile, or if the connection closes (`closes`).
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

    /// Starts an exchange over the input that was taken.
    pub fn exchange<'c>(&self, opened: &'c Opened, input: &'c [u8], cx: &Context<'c>) -> Exchange<'c> {
        let age = cx.now.saturating_sub(self.life.accepted());
        Exchange::new(opened, input, self.life.requests(), age, cx)
    }

    /// Ends an exchange. `input` is the input that it was started with. Returns how the connection closes, if it does.
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
        self.begins = Begins::after(&outcome);
        self.unsent = outcome.unsent;
        if matches!(opened.purpose, Purpose::Unasked(..)) {
            self.input = input;
            self.begins = Begins::Spent;
            return outcome.close;
        }
        let swallows = cx.profile.connection.upgrade_swallows && Request::new(&input, &opened.head).asks_to_upgrade();
        self.parsing = Parsing::after(outcome.is_last, swallows);
        self.after_post = cx.profile.blank_after_post > 0 && opened.head.method.of(&input) == b"POST";
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

    /// Drops empty lines at the start of the input, if the profile does so. Returns false if there are too many.
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

    /// Drops `count` bytes from the start of the input.
    fn drop_input(&mut self, count: usize) {
        self.input.drain(..count);
        self.judged = self.judged.saturating_sub(count);
    }

    /// Takes the buffer of the input if it is empty, so that an idle connection holds none.
    pub fn take_spare(&mut self) -> Option<Vec<u8>> {
        (self.input.is_empty() && self.input.capacity() > 0).then(|| std::mem::take(&mut self.input))
    }

    /// Starts to close the connection.
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

    /// The transition for an incomplete head.
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
