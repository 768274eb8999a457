//! Requests and responses in the bytes of a connection, and which belongs to which.
//!
//! Bytes come in order, with word of those that are missing. Knows HTTP/1.x; knows nothing of sequence numbers beyond
//! the positions that it is handed, and draws no conclusions.

mod chunks;
mod head;
mod incomplete;
mod message;
mod parser;

use super::limits::{Budget, take};
use super::model::{BodyEnd, Exchange, Head, Message, Shortfall};
use super::reassembly::{Out, Piece};
use chunks::Chunks;
use message::Source;
use parser::{Body, Speaker, State, Step, Talk};

/// Where in the bytes of which end one is.
#[derive(Clone, Copy)]
struct Place<'a> {
    from: usize,
    speaker: Speaker,
    offset: u64,
    piece: &'a Piece<&'a [u8]>,
}

impl Place<'_> {
    fn source(&self, count: u64) -> Source {
        Source::of(self.piece, self.offset, count)
    }
}

/// What was said on a connection.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The end that asks.
    client: Option<usize>,
    /// Whether what was said tells that.
    told: bool,
    talks: [Talk; 2],
    exchanges: Vec<Exchange>,
    /// The first exchange whose final response is not complete.
    awaited: usize,
    left_out: u64,
}

impl Conversation {
    /// The end that asks is known.
    pub(super) fn set_client(&mut self, client: usize) {
        self.client = Some(client);
    }

    /// The end that asks, if what was said tells.
    pub(super) fn client(&self) -> Option<usize> {
        self.client.filter(|_| self.told)
    }

    fn speaker(&self, from: usize) -> Speaker {
        if Some(from) == self.client {
            Speaker::Client
        } else {
            Speaker::Server
        }
    }

    /// Takes the next bytes of an end, or word of missing ones.
    pub(super) fn take(&mut self, from: usize, out: &Out<'_>, budget: &mut Budget) {
        match out {
            Out::Piece(piece) => self.piece(from, piece, budget),
            Out::Missing(_, count) => self.missing(from, *count),
        }
    }

    fn piece(&mut self, from: usize, piece: &Piece<&[u8]>, budget: &mut Budget) {
        if self.client.is_none() {
            self.client = match piece.bytes {
                bytes if head::begins_request(bytes) => Some(from),
                bytes if bytes.starts_with(b"HTTP/1.") && head::begins_response(bytes) => Some(1 - from),
                _ => None,
            };
            self.told = self.client.is_some();
        }
        if self.client.is_none() {
            self.talks[from].foreign += piece.len - parser::blank(piece.bytes);
            return;
        }
        let speaker = self.speaker(from);
        let mut place = Place {
            from,
            speaker,
            offset: 0,
            piece,
        };
        while place.offset < piece.len {
            let seen = piece.bytes.get(place.offset as usize..).unwrap_or_default();
            let old = speaker == Speaker::Server && self.awaits_old();
            let step = self.talks[from].step(seen, piece.len - place.offset, place.offset == 0, speaker, old);
            place.offset += self.follow(step, &place, budget);
        }
    }

    /// Does what a step calls for; how many bytes it was.
    fn follow(&mut self, step: Step, place: &Place<'_>, budget: &mut Budget) -> u64 {
        let Place { from, speaker, .. } = *place;
        match step {
            Step::Between(count) => count,
            Step::Foreign(count) => {
                self.talks[from].foreign += count;
                self.give_up_message(from, Shortfall::CaptureEnds);
                count
            }
            Step::Begins => {
                self.begin(place, budget);
                self.talks[from].state = State::Head(Vec::new());
                0
            }
            Step::BeginsOld => {
                self.begin(place, budget);
                if let Some(message) = self.message(from, speaker) {
                    message.body_end = BodyEnd::Close;
                    message.head_complete = true;
                }
                self.talks[from].state = State::Body(Body::Close);
                0
            }
            Step::HeadPart(count) => {
                self.count_head(place, count);
                count
            }
            Step::HeadEnds(count, head) => {
                self.count_head(place, count);
                self.head_complete(from, speaker, &head, budget);
                count
            }
            Step::BodyPart(count, ends) => {
                let unseen = count - count.min((place.piece.bytes.len() as u64).saturating_sub(place.offset));
                if let Some(message) = self.message(from, speaker) {
                    message.body_bytes += count;
                    message.unseen_bytes += unseen;
                    message::count(message, count, place.source(count));
                }
                if ends {
                    self.complete(from, speaker);
                }
                count
            }
        }
    }

    fn count_head(&mut self, place: &Place<'_>, count: u64) {
        if let Some(message) = self.message(place.from, place.speaker) {
            message.head_bytes += count;
            message::count(message, count, place.source(count));
        }
    }

    /// Whether the response that comes next has no head.
    fn awaits_old(&self) -> bool {
        let awaited = self.exchanges.get(self.awaited);
        awaited
            .and_then(|exchange| exchange.request.as_ref())
            .is_some_and(|request| head::is_old(&request.head))
    }

    fn message(&mut self, from: usize, speaker: Speaker) -> Option<&mut Message> {
        let exchange = self.exchanges.get_mut(self.talks[from].exchange?)?;
        match speaker {
            Speaker::Client => exchange.request.as_mut(),
            Speaker::Server => exchange.response.as_mut(),
        }
    }

    /// A message begins: a request makes a new exchange, a response belongs to the first one that awaits it.
    fn begin(&mut self, place: &Place<'_>, budget: &mut Budget) {
        let Place { from, speaker, .. } = *place;
        let message = message::begun(place.piece.at + place.offset, place.source(0));
        let interrupted = std::mem::take(&mut self.talks[from].interrupted);
        if speaker == Speaker::Client {
            let pipelined = self.awaited < self.exchanges.len();
            let exchange = self.open(budget);
            if let Some(exchange) = exchange.and_then(|at| self.exchanges.get_mut(at)) {
                exchange.request = Some(message);
                exchange.pipelined = pipelined;
            }
            self.talks[from].exchange = exchange;
            return;
        }
        if interrupted {
            // What was missing may have held responses: this one belongs to the latest request.
            self.awaited = self.awaited.max(self.exchanges.len().saturating_sub(1));
        }
        if self.awaited >= self.exchanges.len() && self.left_out == 0 {
            self.open(budget);
        }
        let awaited = self
            .exchanges
            .get_mut(self.awaited)
            .filter(|exchange| exchange.response.is_none());
        self.talks[from].exchange = awaited.is_some().then_some(self.awaited);
        if let Some(exchange) = awaited {
            exchange.response = Some(message);
        }
    }

    /// Opens an exchange; `None` if there are too many.
    fn open(&mut self, budget: &mut Budget) -> Option<usize> {
        if self.left_out > 0 || !take(&mut budget.left.exchanges, 1) {
            self.left_out += 1;
            budget.exchanges_over += 1;
            return None;
        }
        self.exchanges.push(Exchange {
            number: self.exchanges.len() as u64 + 1,
            request: None,
            response: None,
            interim: Vec::new(),
            first_byte_ns: None,
            pipelined: false,
            validator: None,
        });
        Some(self.exchanges.len() - 1)
    }

    fn head_complete(&mut self, from: usize, speaker: Speaker, bytes: &[u8], budget: &mut Budget) {
        let head = head::text(bytes);
        let (status, old) = (head.status(), head::is_old(&head));
        let (body_end, length) = match speaker {
            Speaker::Client => head::request_body(&head),
            Speaker::Server => head::response_body(&head, &self.method_awaited()),
        };
        self.told |= !head.version().is_empty();
        if speaker == Speaker::Server && (100..200).contains(&status) && status != 101 {
            return self.interim(from, status);
        }
        let kept = take(&mut budget.left.head_bytes, head.0.len());
        budget.heads_over += u64::from(!kept);
        if let Some(message) = self.message(from, speaker) {
            message.head = if kept { head } else { Head::default() };
            message.head_complete = true;
            message.body_end = body_end;
            message.content_length = length;
        }
        self.talks[from].state = match body_end {
            BodyEnd::Length => State::Body(Body::Length(length.unwrap_or(0))),
            BodyEnd::Chunks => State::Body(Body::Chunks(Chunks::new())),
            BodyEnd::Close => State::Body(Body::Close),
            BodyEnd::NoBody | BodyEnd::Tunnel => return self.without_body(from, speaker, body_end, old),
        };
    }

    fn without_body(&mut self, from: usize, speaker: Speaker, body_end: BodyEnd, old: bool) {
        self.complete(from, speaker);
        if body_end == BodyEnd::Tunnel {
            self.talks[0].state = State::Tunnel;
            self.talks[1].state = State::Tunnel;
        }
        // Behind a request of HTTP/0.9 there is no other.
        if old && speaker == Speaker::Client {
            self.talks[from].state = State::Lost;
        }
    }

    /// A 1xx is no final response: the next head belongs to the same request.
    fn interim(&mut self, from: usize, status: u16) {
        if let Some(exchange) = self.talks[from].exchange.and_then(|at| self.exchanges.get_mut(at))
            && let Some(response) = exchange.response.take()
            && exchange.interim.len() < 16
        {
            exchange.interim.push((status, response.frames.last));
        }
        self.talks[from].exchange = None;
        self.talks[from].state = State::Start;
    }

    fn method_awaited(&self) -> String {
        let request = self
            .exchanges
            .get(self.awaited)
            .and_then(|exchange| exchange.request.as_ref());
        request.map_or(String::new(), |request| request.head.method().to_owned())
    }

    fn complete(&mut self, from: usize, speaker: Speaker) {
        if let Some(message) = self.message(from, speaker) {
            message.shortfall = None;
        }
        let exchange = self.talks[from].exchange.take();
        self.talks[from].state = State::Start;
        self.talks[from].unasked = false;
        if speaker == Speaker::Server && exchange.is_some() {
            self.awaited += 1;
            self.excuse_unasked_body(1 - from, exchange);
        }
    }

    /// Whether a message is not complete, or a request not answered.
    pub(super) fn is_under_way(&self) -> bool {
        self.awaited < self.exchanges.len() || self.talks.iter().any(|talk| talk.exchange.is_some() && !talk.unasked)
    }

    /// Whether HTTP/1.x was said.
    pub(super) fn is_http(&self) -> bool {
        let says = |message: &Option<Message>| {
            message
                .as_ref()
                .is_some_and(|message| !message.head.version().is_empty())
        };
        self.told
            || self.left_out > 0
            || self
                .exchanges
                .iter()
                .any(|exchange| says(&exchange.request) || says(&exchange.response))
    }

    /// Whether nothing but empty lines was said.
    pub(super) fn is_blank(&self) -> bool {
        let nothing_else = |talk: &Talk| talk.foreign == 0 && !talk.interrupted;
        self.exchanges.is_empty() && self.left_out == 0 && self.talks.iter().all(nothing_else)
    }

    /// Bytes of an end that belong to no message; those of a tunnel do not count.
    pub(super) fn foreign(&self, from: usize) -> u64 {
        match self.talks[from].state {
            State::Tunnel => 0,
            _ => self.talks[from].foreign,
        }
    }
}
