//! Requests and responses in the bytes of a connection, and which response belongs to which request.
//!
//! Bytes arrive in order, with a report of those that are missing. This module reads HTTP/1.x; `analyze` determines why
//! something was sent.

mod head;
mod incomplete;
mod message;
mod pairing;
mod parser;

use super::limits::{Budget, take};
use super::model::{BodyEnd, Carried, Exchange, Head, Message, Shortfall, Side};
use super::protocol::ProtocolReader;
use super::reassembly::{Delivery, Payload};
use labserve_core::http1::chunked::ChunkDecoder;
use message::SegmentRef;
use pairing::Positions;
use parser::{BodyState, Input, MessageParser, ParseStep, ParserState};

/// How many interim responses of an exchange are listed.
const INTERIM_RESPONSES: usize = 16;

/// A position in a payload.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    /// The sender, as an endpoint.
    from: usize,
    /// The sender, as a side.
    side: Side,
    offset: u64,
    payload: &'a Payload<&'a [u8]>,
}

impl Cursor<'_> {
    /// The segment of the next `count` bytes.
    fn segment(&self, count: u64) -> SegmentRef {
        SegmentRef::of(self.payload, self.offset, count)
    }

    /// The captured bytes from here on.
    fn captured(&self) -> &[u8] {
        self.payload.bytes.get(self.offset as usize..).unwrap_or_default()
    }
}

/// The messages on a connection. `from` is the endpoint that sent the bytes.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The endpoint that sends requests.
    client: Option<usize>,
    /// Whether the beginning of the connection was captured.
    opened: bool,
    /// Whether bytes are missing that may have held messages, or were not read as messages.
    has_hole: bool,
    /// Whether the content of the messages shows which endpoint is the client.
    client_shown: bool,
    parsers: [MessageParser; 2],
    exchanges: Vec<Exchange>,
    /// Where the messages of each exchange are in the two directions.
    positions: Vec<Positions>,
    /// Index of the first exchange whose final response is not complete.
    awaited: usize,
    /// Bytes that are not HTTP/1.x.
    other: ProtocolReader,
    /// Whether an upgrade or CONNECT handed the connection over to another protocol.
    tunnel: bool,
    /// Whether it is not known which request a response belongs to.
    unpaired: bool,
    /// Position of the latest bytes of the server that belong to no known request, and what they acknowledge.
    orphan: Option<(u64, u64)>,
    /// Number of exchanges that are not listed.
    left_out: u64,
}

impl Conversation {
    /// Sets the client, which the handshake shows.
    pub(super) fn set_client(&mut self, client: usize) {
        self.client = Some(client);
        self.opened = true;
    }

    /// The client, if the content of the messages shows it.
    pub(super) fn client(&self) -> Option<usize> {
        self.client
            .filter(|_| self.client_shown)
            .or_else(|| self.other.client())
    }

    /// Whether an endpoint is known to be the client.
    pub(super) fn is_client(&self, from: usize) -> bool {
        self.client == Some(from)
    }

    fn side(&self, from: usize) -> Side {
        if Some(from) == self.client {
            Side::Client
        } else {
            Side::Server
        }
    }

    /// Receives the next bytes of an endpoint, or a report of missing ones.
    pub(super) fn receive(&mut self, from: usize, delivery: &Delivery<'_>, budget: &mut Budget) {
        match delivery {
            Delivery::Bytes(payload) => {
                self.read(from, payload, budget);
                self.parsers[from].last_ack = Some(payload.ack);
            }
            Delivery::Missing { len, .. } => {
                self.missing(from, *len);
                self.parsers[from].last_ack = None;
            }
        }
    }

    fn read(&mut self, from: usize, payload: &Payload<&[u8]>, budget: &mut Budget) {
        if self.client.is_none() {
            self.client = match payload.bytes {
                bytes if head::surely_begins_request(bytes) => Some(from),
                bytes if bytes.starts_with(b"HTTP/1.") && head::begins_response(bytes) => Some(1 - from),
                _ => None,
            };
            self.client_shown = self.client.is_some();
        }
        if self.client.is_none() {
            self.other.receive(from, payload, 0);
            let foreign = payload.len - parser::leading_line_ends(payload.bytes);
            self.parsers[from].foreign += foreign;
            self.parsers[from].interrupted |= foreign > 0;
            self.has_hole |= foreign > 0;
            return;
        }
        if !self.opened {
            self.parsers[from].begin_midway();
        }
        let side = self.side(from);
        let mut cursor = Cursor {
            from,
            side,
            offset: 0,
            payload,
        };
        while cursor.offset < payload.len {
            let input = Input {
                captured: cursor.captured(),
                len: payload.len - cursor.offset,
                starts_segment: cursor.offset == 0,
                side,
                http09: side == Side::Server && self.awaits_http09(),
            };
            let step = self.parsers[from].step(input);
            cursor.offset += self.apply(step, &cursor, budget);
        }
        if side == Side::Client {
            self.note_acked(payload.ack);
        }
    }

    /// Carries out a step, and returns the number of bytes that it consumes.
    fn apply(&mut self, step: ParseStep, cursor: &Cursor<'_>, budget: &mut Budget) -> u64 {
        let Cursor { from, side, .. } = *cursor;
        match step {
            ParseStep::Between(count) => count,
            ParseStep::Foreign(count) => {
                self.parsers[from].foreign += count;
                self.has_hole = true;
                self.other.receive(from, cursor.payload, cursor.offset);
                self.parsers[from].interrupted = true;
                self.abandon_message(from, Shortfall::CaptureEnds);
                if side == Side::Server {
                    self.orphan = Some((cursor.payload.at + cursor.offset, cursor.payload.ack));
                    if self.parsers[from].after_missing {
                        self.note_response_without_start(cursor.payload.ack);
                    }
                }
                count
            }
            ParseStep::MessageStart => {
                self.start_message(cursor, budget);
                self.parsers[from].state = ParserState::Head(Vec::new());
                0
            }
            ParseStep::Http09Start => {
                self.start_message(cursor, budget);
                if let Some(message) = self.message(from, side) {
                    message.body_end = BodyEnd::Close;
                    message.head_complete = true;
                }
                self.parsers[from].state = ParserState::Body(BodyState::Close);
                0
            }
            ParseStep::HeadPart(count) => {
                self.count_head(cursor, count);
                count
            }
            ParseStep::HeadEnd { len, head } => {
                self.count_head(cursor, len);
                self.head_complete(from, side, &head, budget);
                len
            }
            ParseStep::HeadCut(head) => {
                self.keep_partial_head(from, side, &head);
                self.parsers[from].state = ParserState::Body(BodyState::Unmeasured);
                self.lose_measure(from, side);
                0
            }
            ParseStep::Body { len, ends } => {
                let unseen = len - len.min((cursor.payload.bytes.len() as u64).saturating_sub(cursor.offset));
                if let Some(message) = self.message(from, side) {
                    message.body_bytes += len;
                    message.unseen_bytes += unseen;
                    message::count(message, len, cursor.segment(len));
                }
                let is_measured = !matches!(self.parsers[from].state, ParserState::Body(BodyState::Unmeasured));
                if !is_measured && !ends {
                    self.lose_measure(from, side);
                }
                if ends {
                    self.complete(from, side);
                }
                len
            }
        }
    }

    fn count_head(&mut self, cursor: &Cursor<'_>, count: u64) {
        if let Some(message) = self.message(cursor.from, cursor.side) {
            message.head_bytes += count;
            message::count(message, count, cursor.segment(count));
        }
    }

    /// Whether the next response belongs to a request of HTTP/0.9 and so has no head.
    fn awaits_http09(&self) -> bool {
        let awaited = self.exchanges.get(self.awaited);
        awaited
            .and_then(|exchange| exchange.request.as_ref())
            .is_some_and(|request| head::is_http09(&request.head))
    }

    /// The message that an endpoint is sending.
    fn message(&mut self, from: usize, side: Side) -> Option<&mut Message> {
        let exchange = self.exchanges.get_mut(self.parsers[from].exchange?)?;
        match side {
            Side::Client => exchange.request.as_mut(),
            Side::Server => exchange.response.as_mut(),
        }
    }

    fn head_complete(&mut self, from: usize, side: Side, bytes: &[u8], budget: &mut Budget) {
        let head = head::text(bytes);
        let (status, http09) = (head.status(), head::is_http09(&head));
        let upgrade = head.field("upgrade").unwrap_or_default().to_owned();
        let (body_end, length) = match side {
            Side::Client => head::request_body(&head),
            Side::Server => head::response_body(&head, &self.awaited_method()),
        };
        self.client_shown |= !head.version().is_empty();
        if side == Side::Server && (100..200).contains(&status) && status != 101 {
            return self.interim_response(from, status);
        }
        // A server may send a 408 without a request, to report that none came in time (RFC 9110 section 15.5.9).
        if side == Side::Server && status != 408 {
            self.shift_if_excess(from);
        }
        let kept = take(&mut budget.left.head_bytes, head.0.len());
        budget.heads_over += u64::from(!kept);
        if let Some(message) = self.message(from, side) {
            message.head = if kept { head } else { Head::default() };
            message.head_complete = true;
            message.body_end = body_end;
            message.content_length = length;
        }
        self.parsers[from].state = match body_end {
            BodyEnd::Length => ParserState::Body(BodyState::Length(length.unwrap_or(0))),
            BodyEnd::Chunks => ParserState::Body(BodyState::Chunked(ChunkDecoder::default())),
            BodyEnd::Close => ParserState::Body(BodyState::Close),
            BodyEnd::NoBody | BodyEnd::Tunnel | BodyEnd::Unknown => {
                return self.complete_without_body(from, side, body_end, http09, &upgrade);
            }
        };
    }

    fn complete_without_body(&mut self, from: usize, side: Side, body_end: BodyEnd, http09: bool, upgrade: &str) {
        self.complete(from, side);
        if body_end == BodyEnd::Tunnel {
            self.tunnel = true;
            self.other.upgrade(upgrade);
            self.parsers[0].state = ParserState::Tunnel;
            self.parsers[1].state = ParserState::Tunnel;
        }
        // A request of HTTP/0.9 is the last one of its connection.
        if http09 && side == Side::Client {
            self.parsers[from].state = ParserState::Lost;
        }
    }

    /// A 1xx is not the final response: the next head belongs to the same request (RFC 9110 section 15.2).
    fn interim_response(&mut self, from: usize, status: u16) {
        if let Some(exchange) = self.parsers[from].exchange.and_then(|at| self.exchanges.get_mut(at))
            && let Some(response) = exchange.response.take()
            && exchange.interim.len() < INTERIM_RESPONSES
        {
            exchange.interim.push((status, response.frames.last));
        }
        self.parsers[from].exchange = None;
        self.parsers[from].state = ParserState::Start;
    }

    /// The method of the request that the next response belongs to.
    fn awaited_method(&self) -> String {
        let request = self
            .exchanges
            .get(self.awaited)
            .and_then(|exchange| exchange.request.as_ref());
        request.map_or(String::new(), |request| request.head.method().to_owned())
    }

    fn complete(&mut self, from: usize, side: Side) {
        if let Some(message) = self.message(from, side) {
            message.shortfall = None;
        }
        let exchange = self.parsers[from].exchange.take();
        self.parsers[from].state = ParserState::Start;
        self.parsers[from].body_optional = false;
        if side == Side::Server && exchange.is_some() {
            self.awaited += 1;
            self.allow_omitted_body(1 - from, exchange);
        }
    }

    /// Whether a message is incomplete, or a request has no response.
    pub(super) fn is_in_progress(&self) -> bool {
        let sending = |parser: &MessageParser| parser.exchange.is_some() && !parser.body_optional;
        self.awaited < self.exchanges.len() || self.parsers.iter().any(sending)
    }

    /// Whether the capture does not show where the last response ends.
    pub(super) fn has_unknown_end(&self) -> bool {
        let last = self.exchanges.last().and_then(|exchange| exchange.response.as_ref());
        last.is_some_and(|response| response.body_end == BodyEnd::Unknown)
    }

    /// Whether it is not known which request a response belongs to.
    pub(super) fn is_unpaired(&self) -> bool {
        self.unpaired
    }

    /// Whether the connection carries HTTP/1.x.
    pub(super) fn is_http(&self) -> bool {
        let has_version = |message: &Option<Message>| {
            message
                .as_ref()
                .is_some_and(|message| !message.head.version().is_empty())
        };
        self.client_shown
            || self.left_out > 0
            || self
                .exchanges
                .iter()
                .any(|exchange| has_version(&exchange.request) || has_version(&exchange.response))
    }

    /// What the connection carries besides HTTP/1.x: the protocol of a tunnel, or of a connection without HTTP/1.x.
    pub(super) fn carried(&self, client: usize) -> Option<Carried> {
        self.other.finish(client).filter(|_| self.tunnel || !self.is_http())
    }

    /// Whether nothing was sent except empty lines.
    pub(super) fn is_blank(&self) -> bool {
        let is_blank = |parser: &MessageParser| parser.foreign == 0 && !parser.interrupted;
        self.exchanges.is_empty() && self.left_out == 0 && self.parsers.iter().all(is_blank)
    }

    /// Number of bytes of an endpoint that do not belong to a message. Those of a tunnel are not counted.
    pub(super) fn foreign_bytes(&self, from: usize) -> u64 {
        match self.parsers[from].state {
            ParserState::Tunnel => 0,
            _ => self.parsers[from].foreign,
        }
    }
}
