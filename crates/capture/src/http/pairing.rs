//! Pairs responses with requests, and determines which requests were pipelined: by acknowledgement numbers, not by the
//! order of frames.

use super::{Conversation, Cursor, message};
use crate::limits::{Budget, take};
use crate::model::{BodyEnd, Exchange, Message, Side};

/// Where the messages of an exchange are: positions in the direction of the client and in that of the server.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Positions {
    request: Option<RequestPosition>,
    /// Position of the first byte of the response.
    response: Option<u64>,
    /// Position in the direction of the client up to which the first byte of the response acknowledges.
    response_ack: u64,
}

/// Where a request is.
#[derive(Clone, Copy, Debug)]
struct RequestPosition {
    /// Position of its first byte.
    begin: u64,
    /// Position up to which the client had received the server's bytes when it sent the request: the lowest position
    /// that it acknowledged with the request or with later bytes. The captured copy may be a retransmission, which
    /// acknowledges more. 0 if unknown.
    acked: u64,
    /// Whether bytes before it were not captured.
    after_hole: bool,
    /// Whether it may have been sent together with an earlier request that was not captured.
    follows_unseen: bool,
}

impl Conversation {
    /// Starts a message. A request starts a new exchange.
    pub(super) fn start_message(&mut self, cursor: &Cursor<'_>, budget: &mut Budget) {
        let Cursor { from, side, .. } = *cursor;
        let (at, ack) = (cursor.payload.at + cursor.offset, cursor.payload.ack);
        let message = message::started(at, cursor.segment(0));
        let interrupted = std::mem::take(&mut self.parsers[from].interrupted);
        self.parsers[from].after_missing = false;
        if side == Side::Client {
            // Requests may be missing, so the next response may belong to one of them.
            self.parsers[1 - from].interrupted |= interrupted;
            let before = match cursor.offset {
                0 => self.parsers[from].last_ack,
                _ => Some(ack),
            };
            // If the client received bytes in the meantime, they answer the missing request, so the two requests were
            // not sent together.
            let follows_unseen = interrupted && before.is_none_or(|before| before >= ack);
            self.note_acked(ack);
            let answered = self.answered_before(at);
            let added = answered.or_else(|| self.add_exchange(self.exchanges.len(), budget));
            if let Some(index) = added {
                self.exchanges[index].request = Some(message);
                self.positions[index].request = Some(RequestPosition {
                    begin: at,
                    acked: ack,
                    after_hole: interrupted,
                    follows_unseen,
                });
            }
            self.parsers[from].exchange = added;
            return;
        }
        // If the last bytes of the client are missing, the response may belong to a request in them. It does not if
        // everything up to the next unanswered request was captured: then it belongs to that one.
        let awaited = self.positions.get(self.awaited).and_then(|positions| positions.request);
        let follows_unseen = awaited.is_some_and(|request| request.follows_unseen);
        let is_next = awaited.is_some_and(|request| !request.after_hole && !request.follows_unseen);
        let is_known = self.opened && !interrupted && is_next;
        let interrupted = !is_known && (interrupted || self.parsers[1 - from].interrupted || follows_unseen);
        let found = self.request_of(at, ack, interrupted);
        let may_be = |index: usize| self.had_received(index, ack);
        let is_ambiguous = interrupted && found.is_none() && (self.awaited..self.exchanges.len()).any(may_be);
        if interrupted && found.is_none() {
            // It is then also unknown which request the next response belongs to.
            self.parsers[from].interrupted = true;
            self.orphan = Some((at, ack));
            self.unpaired |= is_ambiguous;
        }
        let index = found.or_else(|| self.add_exchange(self.awaited.min(self.exchanges.len()), budget));
        let free = index.filter(|index| self.exchanges[*index].response.is_none());
        self.parsers[from].exchange = free;
        if let Some(index) = free {
            self.exchanges[index].response = Some(message);
            self.exchanges[index].unpaired = is_ambiguous;
            self.positions[index].response = Some(at);
            self.positions[index].response_ack = ack;
            self.awaited = self.awaited.max(index);
        }
    }

    /// The exchange of the first captured request, at position `at`, if the capture began between that request and its
    /// response: the request is then captured as a retransmission, after a response that acknowledges it.
    fn answered_before(&self, at: u64) -> Option<usize> {
        let is_first = !self.opened && self.positions.iter().all(|positions| positions.request.is_none());
        let last = self.positions.last().filter(|_| is_first && self.left_out == 0)?;
        (last.response.is_some() && last.response_ack > at).then_some(self.positions.len() - 1)
    }

    /// Records what the client acknowledged with bytes of the latest request, or with later bytes.
    pub(super) fn note_acked(&mut self, ack: u64) {
        let requests = self
            .positions
            .iter_mut()
            .rev()
            .filter_map(|positions| positions.request.as_mut());
        for request in requests.take_while(|request| ack > 0 && request.acked > ack) {
            request.acked = ack;
        }
    }

    /// Records that bytes of the server that acknowledge the client's bytes up to `ack` belong to a response whose start
    /// was not captured. If the server had received several requests without a response, it is not known to which one
    /// they belong.
    pub(super) fn note_response_without_start(&mut self, ack: u64) {
        let mut received = (self.awaited..self.exchanges.len())
            .filter(|index| self.exchanges[*index].request.is_some() && self.had_received(*index, ack));
        if let (Some(index), None) = (received.next(), received.next()) {
            self.exchanges[index].response_start_lost = true;
        }
    }

    /// The exchange of a response at position `at` that acknowledges the client's bytes up to `ack`.
    ///
    /// - The server had received the first byte of the request: the response acknowledges it.
    /// - Responses come in the order of the requests (RFC 9112 section 9.3.2).
    /// - If bytes are missing before it (`interrupted`), they may have held responses or requests. Then the request is
    ///   the first one that the client sent after it had received everything before the response; or it is the only
    ///   unanswered one. A request that may have been pipelined after one that was not captured is excluded.
    fn request_of(&self, at: u64, ack: u64, interrupted: bool) -> Option<usize> {
        let next = Some(self.awaited).filter(|next| *next < self.exchanges.len());
        if !interrupted || self.left_out > 0 {
            return next.filter(|index| self.had_received(*index, ack));
        }
        let mut waiting = (self.awaited..self.exchanges.len())
            .filter(|index| self.had_received(*index, ack))
            .filter_map(|index| Some((index, self.positions[index].request?)))
            .filter(|(_, request)| request.acked <= at);
        let first = waiting.next()?;
        let had_all = std::iter::once(first)
            .chain(waiting.clone())
            .find(|(_, request)| request.acked == at);
        let is_last_known = self.client.is_some_and(|client| !self.parsers[client].interrupted);
        let before_hole = |index: usize| {
            let next = self.positions.get(index + 1).and_then(|next| next.request);
            next.is_some_and(|next| next.after_hole)
        };
        let is_certain = |index: usize| is_last_known && !before_hole(index);
        let only = Some(first).filter(|(index, _)| waiting.next().is_none() && is_certain(*index));
        // Unless the server had acknowledged everything before this request with the orphaned response, and the client
        // had received that response.
        let is_next = |request: &RequestPosition| {
            let (begin, ack) = self.orphan.filter(|_| request.acked == at)?;
            (begin < request.acked && ack >= request.begin).then_some(())
        };
        let (index, request) = had_all.or(only)?;
        (!request.follows_unseen || is_next(&request).is_some()).then_some(index)
    }

    /// Moves each request to the next response, if the response of endpoint `from` has no request although the capture
    /// has no hole. In that case, a request was sent before the capture began, and its response came after the first
    /// captured request. Responses come in the order of the requests, so each request belongs to the next response.
    pub(super) fn shift_if_excess(&mut self, from: usize) {
        let Some(excess) = self.parsers[from].exchange.filter(|_| !self.opened && !self.has_hole) else {
            return;
        };
        let has_request = |exchange: &Exchange| exchange.request.is_some();
        let Some(first) = self.exchanges.iter().position(has_request) else {
            return;
        };
        let is_pair = |exchange: &Exchange| has_request(exchange) && exchange.response.is_some();
        let all_answered = first < excess && self.exchanges[first..excess].iter().all(is_pair);
        if has_request(&self.exchanges[excess]) || !all_answered {
            return;
        }
        for index in (first..excess).rev() {
            self.exchanges[index + 1].request = self.exchanges[index].request.take();
            self.positions[index + 1].request = self.positions[index].request.take();
        }
        let sending = &mut self.parsers[1 - from].exchange;
        *sending = sending.map(|of| if (first..excess).contains(&of) { of + 1 } else { of });
    }

    /// Whether the server had received the first byte of a request when it acknowledged the position `ack`.
    fn had_received(&self, index: usize, ack: u64) -> bool {
        match self.positions[index].request {
            Some(request) => ack == 0 || request.begin < ack,
            None => true,
        }
    }

    /// Adds an exchange at an index, and returns the index; `None` if there are too many.
    fn add_exchange(&mut self, index: usize, budget: &mut Budget) -> Option<usize> {
        if self.left_out > 0 || !take(&mut budget.left.exchanges, 1) {
            self.left_out += 1;
            budget.exchanges_over += 1;
            return None;
        }
        for parser in &mut self.parsers {
            parser.exchange = parser.exchange.map(|of| of + usize::from(of >= index));
        }
        self.positions.insert(index, Positions::default());
        self.exchanges.insert(
            index,
            Exchange {
                number: 0,
                request: None,
                response: None,
                interim: Vec::new(),
                first_byte_ns: None,
                timing: None,
                pipelined: false,
                request_lost: false,
                response_lost: false,
                response_start_lost: false,
                unpaired: false,
                validator: None,
            },
        );
        Some(index)
    }

    /// Numbers the exchanges, and determines which requests were pipelined: those that the client sent before it had
    /// received the response to the request before.
    pub(super) fn number_exchanges(&mut self) {
        // Position up to which the client must have received the server's bytes, so that the next request is not
        // pipelined; `None` if the capture does not show it.
        let mut complete_at = None;
        let mut acked_before = None;
        let last_response = self.exchanges.iter().rposition(|exchange| exchange.response.is_some());
        let server_interrupted = self.client.is_some_and(|client| self.parsers[1 - client].interrupted);
        for (index, exchange) in self.exchanges.iter_mut().enumerate() {
            exchange.number = index as u64 + 1;
            exchange.response_lost =
                exchange.response.is_none() && (server_interrupted || self.unpaired || Some(index) < last_response);
            exchange.response_start_lost &= exchange.response_lost;
            let positions = self.positions[index];
            let acked = positions
                .request
                .map(|request| request.acked)
                .filter(|acked| *acked > 0);
            if let Some(acked) = acked {
                exchange.pipelined = !self.unpaired
                    && match complete_at {
                        Some(complete_at) => acked < complete_at,
                        // The previous request has no response: the client had received nothing since it sent that
                        // request.
                        None => acked_before == Some(acked),
                    };
                acked_before = Some(acked);
            }
            complete_at = match (&exchange.response, positions.response) {
                (Some(response), Some(begin)) => Some(end_of(response, begin)),
                _ => None,
            };
        }
    }
}

/// Position after a response. If the response was not captured to its end, Content-Length says where it ends.
fn end_of(response: &Message, begin: u64) -> u64 {
    let body = match (response.body_end, response.content_length) {
        (BodyEnd::Length, Some(length)) if response.head_complete => length,
        _ => response.body_bytes,
    };
    begin.saturating_add(response.head_bytes).saturating_add(body)
}
