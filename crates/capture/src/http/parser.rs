//! What one end says: a message behind the other, found in bytes that come in order.

use super::chunks::Chunks;
use super::head;

/// Where in its messages an end is.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Before a message.
    #[default]
    Start,
    /// In a head; its bytes so far.
    Head(Vec<u8>),
    /// In a body.
    Body(Body),
    /// Behind the last message: another protocol.
    Tunnel,
    /// In bytes that are no HTTP/1.x, or whose beginning is missing.
    Lost,
}

/// How a body goes on.
#[derive(Debug)]
pub(super) enum Body {
    /// So many bytes are left.
    Length(u64),
    Chunks(Chunks),
    /// Up to the end of the connection.
    Close,
}

/// Which end it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    Client,
    Server,
}

/// One end.
#[derive(Debug, Default)]
pub(super) struct Talk {
    pub(super) state: State,
    /// The exchange whose message is being read.
    pub(super) exchange: Option<usize>,
    /// Bytes that belong to no message.
    pub(super) foreign: u64,
    /// Whether bytes are missing since the last message.
    pub(super) interrupted: bool,
    pub(super) closed: bool,
    /// The body that was announced need not come: nobody asked for it.
    pub(super) unasked: bool,
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes between messages.
    Between(u64),
    /// A message begins here.
    Begins,
    /// The body of a response without a head begins here.
    BeginsOld,
    /// So many bytes of the head, which goes on.
    HeadPart(u64),
    /// So many bytes up to the end of the head, and the whole head.
    HeadEnds(u64, Vec<u8>),
    /// So many bytes of the body; is that its end?
    BodyPart(u64, bool),
    /// So many bytes of something else.
    Foreign(u64),
}

/// How many bytes of line ends the bytes begin with (RFC 9112 section 2.2: a server ignores empty lines before a request).
pub(super) fn blank(bytes: &[u8]) -> u64 {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count() as u64
}

impl Talk {
    /// What the bytes at hand are: `seen` of them were captured, out of `len`. They begin a segment if `fresh`.
    pub(super) fn step(&mut self, seen: &[u8], len: u64, fresh: bool, speaker: Speaker, old: bool) -> Step {
        if self.unasked && matches!(self.state, State::Body(_)) && fresh {
            self.unasked = false;
            if head::begins_request(seen) {
                return Step::BodyPart(0, true);
            }
        }
        match &mut self.state {
            State::Start => {
                // A response without a head may begin with a line end of its own.
                let blank = blank(seen);
                if blank > 0 && !old {
                    return Step::Between(blank);
                }
                let begins = match speaker {
                    Speaker::Client => !seen.is_empty() && head::may_begin_request(seen),
                    Speaker::Server => !seen.is_empty() && head::begins_response(seen),
                };
                if begins {
                    return Step::Begins;
                }
                if old && speaker == Speaker::Server {
                    return Step::BeginsOld;
                }
                self.state = State::Lost;
                Step::Foreign(len)
            }
            State::Head(bytes) => {
                let (before, had) = (bytes.len(), bytes.len());
                bytes.extend_from_slice(&seen[..seen.len().min(head::LARGEST)]);
                if let Some(end) = head::end(bytes, before) {
                    bytes.truncate(end);
                    return Step::HeadEnds((end - had) as u64, std::mem::take(bytes));
                }
                let is_none = speaker == Speaker::Client && !head::may_begin_request(bytes);
                if seen.is_empty() || bytes.len() >= head::LARGEST || is_none {
                    self.state = State::Lost;
                    return Step::Foreign(len);
                }
                Step::HeadPart(seen.len() as u64)
            }
            State::Body(Body::Length(left)) => {
                let count = len.min(*left);
                *left -= count;
                let ends = *left == 0;
                Step::BodyPart(count, ends)
            }
            State::Body(Body::Close) => Step::BodyPart(len, false),
            State::Body(Body::Chunks(chunks)) => {
                if seen.is_empty() {
                    if !chunks.skip(len) {
                        self.state = State::Lost;
                    }
                    return Step::BodyPart(len, false);
                }
                let count = chunks.read(seen) as u64;
                match chunks {
                    Chunks::Broken => {
                        self.state = State::Lost;
                        Step::Foreign(len)
                    }
                    chunks => Step::BodyPart(count, *chunks == Chunks::Done),
                }
            }
            State::Tunnel => Step::Foreign(len),
            State::Lost => {
                // Of what the snap length has cut there may be too little to be strict.
                let cut = (seen.len() as u64) < len;
                let begins = match speaker {
                    Speaker::Client => head::begins_request(seen) || (cut && head::begins_with_method(seen)),
                    Speaker::Server => seen.starts_with(b"HTTP/") && head::begins_response(seen),
                };
                if fresh && begins {
                    self.state = State::Start;
                    return Step::Between(0);
                }
                Step::Foreign(len)
            }
        }
    }
}
