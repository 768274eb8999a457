//! Messages that are not read to their end: bytes are missing, the connection ends, the capture ends, or the client
//! omits a body that it announced.

use super::parser::{BodyState, ParserState};
use super::{Conversation, head};
use crate::model::{BodyEnd, Exchange, Shortfall, Side};

/// How many bytes of an incomplete head are kept.
const PARTIAL_HEAD: usize = 4096;

impl Conversation {
    /// Allows the client to omit its body, if it waited for `100 Continue` and got a final response instead (RFC 9110
    /// section 10.1.1).
    pub(super) fn allow_omitted_body(&mut self, client: usize, exchange: Option<usize>) {
        let Some(answered) = exchange.and_then(|at| self.exchanges.get(at)) else {
            return;
        };
        let continued = answered.interim.iter().any(|(status, _)| *status == 100);
        if let Some(request) = answered.request.as_ref()
            && self.parsers[client].exchange == exchange
            && matches!(self.parsers[client].state, ParserState::Body(_))
            && request.body_bytes == 0
            && !continued
            && request.head.lists("expect", "100-continue")
        {
            self.parsers[client].body_optional = true;
        }
    }

    /// Ends the current message of an endpoint before its end.
    pub(super) fn abandon_message(&mut self, from: usize, why: Shortfall) {
        if let Some(at) = self.parsers[from].exchange.take()
            && let Some(exchange) = self.exchanges.get_mut(at)
        {
            let is_client = Some(from) == self.client;
            let message = if is_client {
                exchange.request.as_mut()
            } else {
                exchange.response.as_mut()
            };
            if let Some(message) = message.filter(|message| message.shortfall.is_some()) {
                message.shortfall = Some(why);
            }
            if !is_client {
                self.awaited = self.awaited.max(at + 1);
            }
        }
    }

    /// Skips bytes that were not captured. The message goes on if they belong to its body.
    pub(super) fn missing(&mut self, from: usize, count: u64) {
        self.other.missing(from, count);
        let parser = &mut self.parsers[from];
        let continues = match &mut parser.state {
            ParserState::Body(BodyState::Length(left)) if count <= *left => {
                *left -= count;
                true
            }
            ParserState::Body(BodyState::Close | BodyState::Unmeasured) | ParserState::Tunnel => {
                self.has_hole = true;
                true
            }
            ParserState::Body(BodyState::Chunked(body)) => body.skip(count),
            _ => false,
        };
        if !continues {
            self.has_hole = true;
            parser.interrupted = true;
            parser.state = ParserState::Lost;
            self.abandon_message(from, Shortfall::CaptureEnds);
            self.parsers[from].after_missing = true;
            return;
        }
        let side = self.side(from);
        if let Some(message) = self.message(from, side) {
            message.body_bytes += count;
            message.unseen_bytes += count;
            message.next_seq = message.next_seq.wrapping_add(count as u32);
        }
        if matches!(self.parsers[from].state, ParserState::Body(BodyState::Length(0))) {
            self.complete(from, side);
        }
    }

    /// Records that the end of an endpoint's message is not known: the bytes that follow may hold other messages.
    pub(super) fn lose_measure(&mut self, from: usize, side: Side) {
        if let Some(message) = self.message(from, side) {
            message.body_end = BodyEnd::Unknown;
        }
        self.parsers[from].interrupted = true;
        self.has_hole = true;
        self.unpaired = true;
    }

    /// Processes the FIN of an endpoint. All bytes before it were received.
    pub(crate) fn close(&mut self, from: usize) {
        if std::mem::replace(&mut self.parsers[from].closed, true) {
            return;
        }
        match std::mem::replace(&mut self.parsers[from].state, ParserState::Lost) {
            ParserState::Body(BodyState::Close | BodyState::Unmeasured) => self.complete(from, self.side(from)),
            state => self.end_message(from, state, Shortfall::CutShort),
        }
    }

    /// Ends the messages whose length is not known: nothing says that they are incomplete.
    pub(crate) fn complete_unmeasured(&mut self) {
        for from in [0, 1] {
            if matches!(self.parsers[from].state, ParserState::Body(BodyState::Unmeasured)) {
                self.complete(from, self.side(from));
            }
        }
    }

    /// Processes a RST, which ends both directions.
    pub(crate) fn reset(&mut self) {
        for from in [0, 1] {
            let state = std::mem::replace(&mut self.parsers[from].state, ParserState::Lost);
            self.end_message(from, state, Shortfall::Reset);
        }
    }

    /// Ends the message of an endpoint that was in `state`, if there is one.
    fn end_message(&mut self, from: usize, state: ParserState, why: Shortfall) {
        let side = self.side(from);
        match state {
            ParserState::Head(bytes) => {
                self.keep_partial_head(from, side, &bytes);
                self.abandon_message(from, why);
            }
            ParserState::Body(_) if self.parsers[from].body_optional => self.complete(from, side),
            ParserState::Body(_) => self.abandon_message(from, why),
            state => self.parsers[from].state = state,
        }
    }

    /// Keeps what was captured of a head: its whole lines.
    pub(super) fn keep_partial_head(&mut self, from: usize, side: Side, bytes: &[u8]) {
        if let Some(message) = self.message(from, side) {
            let kept = &bytes[..bytes.len().min(PARTIAL_HEAD)];
            // A truncated field value would be mistaken for the whole value.
            let end = memchr::memrchr(b'\n', kept).map_or(kept.len(), |at| at + 1);
            message.head = head::text(&kept[..end]);
        }
    }

    /// The exchanges at the end of the capture, and the number of those that are not listed.
    pub(crate) fn finish(&mut self) -> (Vec<Exchange>, u64) {
        self.complete_unmeasured();
        for from in [0, 1] {
            let side = self.side(from);
            match std::mem::take(&mut self.parsers[from].state) {
                ParserState::Head(bytes) => self.keep_partial_head(from, side, &bytes),
                ParserState::Body(_) if self.parsers[from].body_optional => self.complete(from, side),
                _ => {}
            }
        }
        self.number_exchanges();
        (std::mem::take(&mut self.exchanges), self.left_out)
    }
}
