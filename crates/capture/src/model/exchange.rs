//! A request and its response.

use serde::{Serialize, Serializer};

/// A request and its response; one of them may be missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    /// Its number on the connection, from 1.
    pub number: u64,
    /// The request.
    pub request: Option<Message>,
    /// The final response.
    pub response: Option<Message>,
    /// The statuses of interim responses (1xx) before it, each with its frame.
    pub interim: Vec<(u16, u64)>,
    /// From the request's last byte to the response's first, in nanoseconds; negative if the response came first.
    pub first_byte_ns: Option<i64>,
    /// Whether the request was sent before the response to the one before was complete.
    pub pipelined: bool,
    /// For a 304, which validator the client had sent.
    pub validator: Option<Validator>,
}

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Its head; empty if it was not kept (a note says so).
    pub head: Head,
    /// Bytes of the head, with the empty line.
    pub head_bytes: u64,
    /// Whether the head was seen to its end.
    pub head_complete: bool,
    /// Bytes of the body on the wire, chunk sizes and trailers included.
    pub body_bytes: u64,
    /// How the body's end was known.
    pub body_end: BodyEnd,
    /// What Content-Length said.
    pub content_length: Option<u64>,
    /// Whether all of it was seen, and if not, why.
    pub shortfall: Option<Shortfall>,
    /// How many of its bytes the capture does not hold.
    pub unseen_bytes: u64,
    /// The relative sequence number of its first byte.
    pub seq: u32,
    /// The one behind its last byte: Wireshark's Seq of what its sender sends next.
    pub next_seq: u32,
    /// Its frames.
    pub frames: FrameSpan,
    /// Its first byte's time, in nanoseconds since 1970.
    pub begun_ns: i64,
    /// Its last byte's time.
    pub ended_ns: i64,
    /// How it was cut: runs of segments, each ended by PSH.
    pub bursts: Vec<Burst>,
    /// How many more bursts there were than are listed.
    pub bursts_left_out: u64,
}

impl Message {
    /// Head and body.
    pub fn bytes(&self) -> u64 {
        self.head_bytes + self.body_bytes
    }
}

/// The first and the last frame of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FrameSpan {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// The head of a message as text, line ends as `\n`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head(pub String);

impl Head {
    /// The request line or status line.
    pub fn first_line(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    /// The fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().skip(1).filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name, value.trim()))
        })
    }

    /// The value of the first field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields();
        fields
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether a field of this name lists `token`.
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

    /// The status of a response; 0 if it is none.
    pub fn status(&self) -> u16 {
        let mut words = self.first_line().split(' ');
        let version = words.next().unwrap_or_default();
        match version.starts_with("HTTP/") {
            true => words.next().and_then(|word| word.parse().ok()).unwrap_or(0),
            false => 0,
        }
    }

    /// The version: `HTTP/1.1`.
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

/// How a body's end is known (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyEnd {
    /// There is none.
    NoBody,
    /// Content-Length.
    Length,
    /// The last chunk.
    Chunks,
    /// The end of the connection.
    Close,
    /// What follows is another protocol: an upgrade, or a tunnel.
    Tunnel,
}

/// Why a message is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortfall {
    /// Its sender ended the connection in the middle of it.
    CutShort,
    /// It was reset in the middle of it.
    Reset,
    /// The capture ends first.
    CaptureEnds,
}

/// Segments that left together: up to and with one that has PSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Burst {
    /// Its bytes of this message.
    pub bytes: u64,
    /// The bytes of its segments, in order; the first ones of very many.
    pub segments: Vec<u32>,
    /// How many segments there were.
    pub count: u64,
    /// Its frames.
    pub frames: FrameSpan,
    /// Its last segment's time, in nanoseconds since 1970.
    pub ns: i64,
    /// Whether PSH ended it; the end of the message may have come first.
    pub pushed: bool,
}

/// Why a response could be 304.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Validator {
    /// The request's If-None-Match holds the response's ETag.
    Etag {
        /// What was sent.
        sent: String,
    },
    /// The request's If-Modified-Since is not before the response's Last-Modified.
    Date {
        /// What was sent.
        sent: String,
    },
    /// The request had no condition.
    None,
}
