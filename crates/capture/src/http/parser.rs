//! The messages of one endpoint: a state machine over bytes that arrive in order.

use super::head;
use crate::model::Side;
use labserve_core::http1::chunked::{ChunkDecoder, ChunkPolicy};

/// The position of an endpoint within its messages.
#[derive(Debug, Default)]
pub(super) enum ParserState {
    /// Before a message.
    #[default]
    Start,
    /// In a head; its bytes so far.
    Head(Vec<u8>),
    /// In a body.
    Body(BodyState),
    /// After an upgrade or CONNECT: another protocol.
    Tunnel,
    /// In bytes that are not HTTP/1.x, or whose beginning was not captured.
    Lost,
}

/// How a body continues.
#[derive(Debug)]
pub(super) enum BodyState {
    /// Number of bytes left.
    Length(u64),
    Chunked(ChunkDecoder),
    /// Up to the end of the connection.
    Close,
    /// Up to the next segment that begins a message: the snap length cut off what says where the body ends.
    Unmeasured,
}

/// The messages of one endpoint.
#[derive(Debug, Default)]
pub(super) struct MessageParser {
    pub(super) state: ParserState,
    /// The exchange whose message is being read.
    pub(super) exchange: Option<usize>,
    /// Number of bytes that do not belong to a message.
    pub(super) foreign: u64,
    /// Whether bytes are missing since the last message, or were read without their heads: they may have held messages.
    pub(super) interrupted: bool,
    /// Whether bytes that were not captured may hold the start of the current message.
    pub(super) after_missing: bool,
    /// What the latest bytes acknowledge, as a position; `None` if the bytes before the next ones were not captured.
    pub(super) last_ack: Option<u64>,
    /// Whether the FIN was processed.
    pub(super) closed: bool,
    /// Whether the body of the current request may be absent: the client announced it with `Expect: 100-continue`, and
    /// the server sent a final response instead of 100 (RFC 9110 section 10.1.1).
    pub(super) body_optional: bool,
}

/// Bytes at hand.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    /// The captured bytes.
    pub(super) captured: &'a [u8],
    /// Length on the wire.
    pub(super) len: u64,
    /// Whether they are at the start of a segment.
    pub(super) starts_segment: bool,
    /// The sender.
    pub(super) side: Side,
    /// Whether the request that awaits a response is HTTP/0.9, whose response has no head.
    pub(super) http09: bool,
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ParseStep {
    /// This number of bytes between messages.
    Between(u64),
    /// A message starts here.
    MessageStart,
    /// The body of a response without a head starts here.
    Http09Start,
    /// This number of bytes of a head that is not complete.
    HeadPart(u64),
    /// The last `len` bytes of a head, and the whole head.
    HeadEnd { len: u64, head: Vec<u8> },
    /// The head goes on in bytes that the snap length cut off; what was captured of it.
    HeadCut(Vec<u8>),
    /// `len` bytes of a body, and whether the body ends with them.
    Body { len: u64, ends: bool },
    /// This number of bytes of something else.
    Foreign(u64),
}

/// Number of CR and LF at the start. A server ignores empty lines before a request (RFC 9112 section 2.2).
pub(super) fn leading_line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count() as u64
}

impl MessageParser {
    /// Prepares for bytes of a connection whose beginning was not captured: the first ones may be the rest of a message.
    pub(super) fn begin_midway(&mut self) {
        if self.last_ack.is_none() && matches!(self.state, ParserState::Start) {
            self.state = ParserState::Lost;
        }
    }

    /// Determines what the bytes at hand are. The caller consumes the number of bytes that the step names.
    pub(super) fn step(&mut self, input: Input<'_>) -> ParseStep {
        if self.body_optional && matches!(self.state, ParserState::Body(_)) && input.starts_segment {
            self.body_optional = false;
            if head::begins_request(input.captured) {
                // The body was omitted: this is the next request.
                return ParseStep::Body { len: 0, ends: true };
            }
        }
        match &mut self.state {
            ParserState::Start => self.start(input),
            ParserState::Head(_) => self.head(input),
            ParserState::Body(BodyState::Length(left)) => {
                let len = input.len.min(*left);
                *left -= len;
                let ends = *left == 0;
                ParseStep::Body { len, ends }
            }
            ParserState::Body(BodyState::Close) => ParseStep::Body {
                len: input.len,
                ends: false,
            },
            ParserState::Body(BodyState::Chunked(_)) => self.chunked_body(input),
            ParserState::Body(BodyState::Unmeasured) => match input.begins_message() {
                true => ParseStep::Body { len: 0, ends: true },
                false => ParseStep::Body {
                    len: input.len,
                    ends: false,
                },
            },
            ParserState::Tunnel => ParseStep::Foreign(input.len),
            ParserState::Lost => self.resynchronize(input),
        }
    }

    fn start(&mut self, input: Input<'_>) -> ParseStep {
        // A response to HTTP/0.9 has no head, so a line end at its start belongs to it.
        let line_ends = leading_line_ends(input.captured);
        if line_ends > 0 && !input.http09 {
            return ParseStep::Between(line_ends);
        }
        let begins = !input.captured.is_empty()
            && match input.side {
                // The preface of HTTP/2 looks like a request with the method PRI, which is reserved for it (RFC 9113
                // section 11.6).
                Side::Client => !input.captured.starts_with(b"PRI ") && head::may_begin_request(input.captured),
                Side::Server => head::begins_response(input.captured),
            };
        if begins {
            return ParseStep::MessageStart;
        }
        if input.http09 && input.side == Side::Server {
            return ParseStep::Http09Start;
        }
        self.lose(input)
    }

    fn head(&mut self, input: Input<'_>) -> ParseStep {
        let ParserState::Head(bytes) = &mut self.state else {
            return self.lose(input);
        };
        let before = bytes.len();
        if input.captured.is_empty() && before > 0 {
            return ParseStep::HeadCut(std::mem::take(bytes));
        }
        bytes.extend_from_slice(&input.captured[..input.captured.len().min(head::MAX_HEAD)]);
        if let Some(end) = head::end(bytes, before) {
            bytes.truncate(end);
            return ParseStep::HeadEnd {
                len: (end - before) as u64,
                head: std::mem::take(bytes),
            };
        }
        let is_not_request = input.side == Side::Client && !head::may_begin_request(bytes);
        if input.captured.is_empty() || bytes.len() >= head::MAX_HEAD || is_not_request {
            return self.lose(input);
        }
        ParseStep::HeadPart(input.captured.len() as u64)
    }

    fn chunked_body(&mut self, input: Input<'_>) -> ParseStep {
        let ParserState::Body(BodyState::Chunked(body)) = &mut self.state else {
            return self.lose(input);
        };
        if input.captured.is_empty() {
            if !body.skip(input.len) {
                self.state = ParserState::Body(BodyState::Unmeasured);
            }
            return ParseStep::Body {
                len: input.len,
                ends: false,
            };
        }
        let len = body.decode(input.captured, &ChunkPolicy::CAPTURE) as u64;
        if body.fault().is_some() {
            return self.lose(input);
        }
        ParseStep::Body {
            len,
            ends: body.is_complete(),
        }
    }

    fn lose(&mut self, input: Input<'_>) -> ParseStep {
        self.state = ParserState::Lost;
        ParseStep::Foreign(input.len)
    }

    /// Looks for a message at the start of a segment.
    fn resynchronize(&mut self, input: Input<'_>) -> ParseStep {
        if input.begins_message() {
            self.state = ParserState::Start;
            return ParseStep::Between(0);
        }
        ParseStep::Foreign(input.len)
    }
}

impl Input<'_> {
    /// Whether a segment starts here, and a message certainly starts with it.
    fn begins_message(&self) -> bool {
        // A request that the snap length truncated may be too short for the strict test.
        let cut = (self.captured.len() as u64) < self.len;
        self.starts_segment
            && match self.side {
                Side::Client => {
                    head::surely_begins_request(self.captured) || (cut && head::begins_with_method(self.captured))
                }
                Side::Server => self.captured.starts_with(b"HTTP/") && head::begins_response(self.captured),
            }
    }
}
