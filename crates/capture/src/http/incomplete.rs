//! What becomes of messages that are not read to their end: bytes are missing, the connection ends, the capture ends, or
//! nobody asked for the body.

use super::parser::{Body, Speaker, State};
use super::{Conversation, head};
use crate::model::{Exchange, Shortfall};

impl Conversation {
    /// A final response to a request that waits for `100 Continue`: the body that was announced may never come.
    pub(super) fn excuse_unasked_body(&mut self, client: usize, exchange: Option<usize>) {
        let Some(answered) = exchange.and_then(|at| self.exchanges.get(at)) else {
            return;
        };
        let asked = answered.interim.iter().any(|(status, _)| *status == 100);
        if let Some(request) = answered.request.as_ref()
            && self.talks[client].exchange == exchange
            && matches!(self.talks[client].state, State::Body(_))
            && request.body_bytes == 0
            && !asked
            && request.head.lists("expect", "100-continue")
        {
            self.talks[client].unasked = true;
        }
    }

    pub(super) fn give_up_message(&mut self, from: usize, why: Shortfall) {
        if let Some(at) = self.talks[from].exchange.take()
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

    pub(super) fn missing(&mut self, from: usize, count: u64) {
        let talk = &mut self.talks[from];
        let goes_on = match &mut talk.state {
            State::Body(Body::Length(left)) if count <= *left => {
                *left -= count;
                true
            }
            State::Body(Body::Close) | State::Tunnel => true,
            State::Body(Body::Chunks(chunks)) => chunks.skip(count),
            _ => false,
        };
        if !goes_on {
            talk.interrupted = true;
            talk.state = State::Lost;
            self.give_up_message(from, Shortfall::CaptureEnds);
            return;
        }
        let speaker = self.speaker(from);
        if let Some(message) = self.message(from, speaker) {
            message.body_bytes += count;
            message.unseen_bytes += count;
            message.next_seq = message.next_seq.wrapping_add(count as u32);
        }
        if matches!(self.talks[from].state, State::Body(Body::Length(0))) {
            self.complete(from, speaker);
        }
    }

    /// An end has sent FIN, and all that it sent before has come.
    pub(crate) fn close(&mut self, from: usize) {
        if std::mem::replace(&mut self.talks[from].closed, true) {
            return;
        }
        let speaker = self.speaker(from);
        match std::mem::replace(&mut self.talks[from].state, State::Lost) {
            State::Body(Body::Close) => self.complete(from, speaker),
            State::Head(bytes) => {
                self.partial_head(from, speaker, &bytes);
                self.give_up_message(from, Shortfall::CutShort);
            }
            State::Body(_) if self.talks[from].unasked => self.complete(from, speaker),
            State::Body(_) => self.give_up_message(from, Shortfall::CutShort),
            state => self.talks[from].state = state,
        }
    }

    /// The connection is broken off.
    pub(crate) fn reset(&mut self) {
        for from in [0, 1] {
            let speaker = self.speaker(from);
            match std::mem::replace(&mut self.talks[from].state, State::Lost) {
                State::Head(bytes) => {
                    self.partial_head(from, speaker, &bytes);
                    self.give_up_message(from, Shortfall::Reset);
                }
                State::Body(_) if self.talks[from].unasked => self.complete(from, speaker),
                State::Body(_) => self.give_up_message(from, Shortfall::Reset),
                state => self.talks[from].state = state,
            }
        }
    }

    /// What there is of a head that is not complete.
    fn partial_head(&mut self, from: usize, speaker: Speaker, bytes: &[u8]) {
        if let Some(message) = self.message(from, speaker) {
            message.head = head::text(&bytes[..bytes.len().min(4096)]);
        }
    }

    /// The exchanges, and how many more there were.
    pub(crate) fn finish(&mut self) -> (Vec<Exchange>, u64) {
        for from in [0, 1] {
            let speaker = self.speaker(from);
            match std::mem::take(&mut self.talks[from].state) {
                State::Head(bytes) => self.partial_head(from, speaker, &bytes),
                State::Body(_) if self.talks[from].unasked => self.complete(from, speaker),
                _ => {}
            }
        }
        (std::mem::take(&mut self.exchanges), self.left_out)
    }
}
