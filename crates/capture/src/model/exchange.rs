//! A request and its response.

use super::Timing;
use serde::{Serialize, Serializer};

/// A request and its response; one of them may be missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    /// Number of the exchange on its connection, from 1.
    pub number: u64,
    /// The request.
    pub request: Option<Message>,
    /// The final response.
    pub response: Option<Message>,
    /// Interim responses (1xx) before the final one: status and frame of each.
    pub interim: Vec<(u16, u64)>,
    /// Time from the last byte of the request to the first byte of the response, in nanoseconds. Negative if the
    /// response started first.
    pub first_byte_ns: Option<i64>,
    /// Where the time went; `None` if the capture does not show it.
    pub timing: Option<Timing>,
    /// Whether the client sent the request before it had received the whole response to the request before.
    pub pipelined: bool,
    /// Whether the request is absent because the capture may not hold it. If it is `false` and there is no request, the
    /// client sent none, or bytes that are none.
    pub request_lost: bool,
    /// Whether the response is absent because the capture does not hold it. If it is `false` and there is no response,
    /// none was sent.
    pub response_lost: bool,
    /// Whether later bytes of the absent response were captured, but not its start.
    pub response_start_lost: bool,
    /// Whether the capture does not show which request the response belongs to.
    pub unpaired: bool,
    /// For a 304: the validator that the client sent.
    pub validator: Option<Validator>,
}

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// The head; empty if it was not kept because of [`Limits::head_bytes`](crate::Limits::head_bytes).
    pub head: Head,
    /// Length of the head in bytes, including the empty line.
    pub head_bytes: u64,
    /// Whether the head was captured to its end.
    pub head_complete: bool,
    /// Length of the body on the wire in bytes, including chunk sizes and trailers.
    pub body_bytes: u64,
    /// What delimits the body.
    pub body_end: BodyEnd,
    /// Value of Content-Length.
    pub content_length: Option<u64>,
    /// Why the message is incomplete; `None` if it is complete.
    pub shortfall: Option<Shortfall>,
    /// Number of its bytes that were not captured.
    pub unseen_bytes: u64,
    /// Relative sequence number of the first byte.
    pub seq: u32,
    /// Relative sequence number after the last byte: Wireshark's Seq of the sender's next segment.
    pub next_seq: u32,
    /// First and last frame.
    pub frames: FrameSpan,
    /// Time of the first byte, in nanoseconds since 1970.
    pub begun_ns: i64,
    /// Time of the earliest segment of the message. It is before `begun_ns` if the captured copy of the first byte is a
    /// retransmission.
    #[serde(skip)]
    pub earliest_ns: i64,
    /// Time of the last byte, in nanoseconds since 1970.
    pub ended_ns: i64,
    /// Throughput from the first byte to the last, in bits per second. Only for a complete message of at least 10,000
    /// bytes that took 1 ms or more.
    pub bits_per_second: Option<u64>,
    /// The bursts that the message was sent in, at most 64.
    pub bursts: Vec<Burst>,
    /// Number of further bursts that are not listed.
    pub bursts_left_out: u64,
}

impl Message {
    /// Length of head and body in bytes.
    pub fn bytes(&self) -> u64 {
        self.head_bytes + self.body_bytes
    }

    /// Whether the bursts show how the sender sent the message: all segments were captured in order.
    pub(crate) fn bursts_show_sending(&self) -> bool {
        self.bursts.iter().all(|burst| burst.in_order)
    }
}

/// The first and the last frame of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FrameSpan {
    /// The first frame.
    pub first: u64,
    /// The last frame.
    pub last: u64,
}

/// The head of a message as text, with `\n` as line end and without the empty line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head(pub(crate) String);

impl Head {
    /// The whole head.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The request line or status line.
    pub fn first_line(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    /// Names and values of the fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().skip(1).filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name, value.trim()))
        })
    }

    /// The value of the first field with this name. Names are compared without regard to case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields();
        fields
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether a field with this name has `token` in its comma-separated list.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.fields()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .flat_map(|(_, value)| value.split(','))
            .any(|member| member.trim().eq_ignore_ascii_case(token))
    }

    /// The method of a request.
    pub fn method(&self) -> &str {
        self.first_line().split(' ').next().unwrap_or_default()
    }

    /// The target of a request.
    pub fn target(&self) -> &str {
        self.first_line().split(' ').nth(1).unwrap_or_default()
    }

    /// The status code of a response; 0 if the head is not a response.
    pub fn status(&self) -> u16 {
        let mut words = self.first_line().split(' ');
        let version = words.next().unwrap_or_default();
        match version.starts_with("HTTP/") {
            true => words.next().and_then(|word| word.parse().ok()).unwrap_or(0),
            false => 0,
        }
    }

    /// The version, such as `HTTP/1.1`; empty for HTTP/0.9.
    pub fn version(&self) -> &str {
        self.first_line()
            .split(' ')
            .find(|word| word.starts_with("HTTP/"))
            .unwrap_or_default()
    }
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.lines())
    }
}

/// What delimits a body (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BodyEnd {
    /// The message has no body.
    NoBody,
    /// Content-Length.
    Length,
    /// The last chunk.
    Chunks,
    /// The end of the connection.
    Close,
    /// Unknown: the snap length cut off what says so. The body goes up to the next message.
    Unknown,
    /// Nothing: the bytes that follow are another protocol, after an upgrade or CONNECT.
    Tunnel,
}

/// Why a message is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Shortfall {
    /// Its sender sent FIN before the end of the message.
    CutShort,
    /// The connection was reset before the end of the message.
    Reset,
    /// The capture ends before the message, or lacks some of its bytes.
    CaptureEnds,
}

/// Segments that were sent together: up to and including one with PSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Burst {
    /// Bytes of this message.
    pub bytes: u64,
    /// Bytes of each segment, at most 16 segments.
    pub segments: Vec<u32>,
    /// Number of segments.
    pub count: u64,
    /// First and last frame.
    pub frames: FrameSpan,
    /// Time of the earliest segment, in nanoseconds since 1970.
    #[serde(skip)]
    pub(crate) begun_ns: i64,
    /// Whether its segments were captured in the order of their bytes, and after those of earlier bursts. Otherwise some
    /// are retransmissions, or were reordered on the way.
    #[serde(skip)]
    pub(crate) in_order: bool,
    /// Time of the last segment, in nanoseconds since 1970.
    pub ns: i64,
    /// Whether the burst ends with PSH. It does not if the message ends first.
    pub pushed: bool,
}

/// Segments that are at least this far apart were not sent together, even if no PSH separates them.
const BURST_NS: i64 = 100_000_000;

impl Burst {
    /// Whether its segments are so far apart that they were not sent together, because the sender waited for something.
    pub(crate) fn is_spread(&self) -> bool {
        self.ns.saturating_sub(self.begun_ns) >= BURST_NS
    }
}

/// The validator that allowed a 304 (RFC 9110 section 13.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Validator {
    /// If-None-Match.
    Etag {
        /// The entity tag that matched.
        sent: String,
    },
    /// If-Modified-Since.
    Date {
        /// The date.
        sent: String,
    },
    /// The request had no condition.
    None,
}
