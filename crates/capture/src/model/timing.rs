//! Where the time of an exchange went.

use super::FrameSpan;
use serde::Serialize;

/// The time of an exchange, split by what it was spent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Timing {
    /// From the first byte of the request to the last byte of the response, in nanoseconds. For the first exchange of a
    /// connection whose opening was captured: from the SYN on.
    pub total_ns: u64,
    /// What the time was spent on, the longest first.
    pub parts: Vec<TimePart>,
}

impl Timing {
    /// The time that was spent on one thing, in nanoseconds.
    pub fn spent_on(&self, on: TimeSpent) -> u64 {
        self.parts.iter().find(|part| part.on == on).map_or(0, |part| part.ns)
    }
}

/// A part of the time of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TimePart {
    /// What it was spent on.
    pub on: TimeSpent,
    /// Time in nanoseconds.
    pub ns: u64,
    /// The frames at the beginning and at the end of its longest stretch.
    pub frames: FrameSpan,
}

/// What the time of an exchange is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TimeSpent {
    /// SYNs that were not answered, until the one that was.
    SynRetransmission,
    /// The handshake.
    SetUp,
    /// The client had the connection and did not send its first request yet.
    ClientWait,
    /// The request: from its first to its last byte.
    RequestSending,
    /// The client waited for `100 Continue`, which did not come.
    ExpectUnanswered,
    /// The previous response on the connection, which has to be sent first.
    HeadOfLine,
    /// The round trip to the server.
    RoundTrip,
    /// The server, until it sent the first byte of the response.
    ServerThink,
    /// The server and the round trip to it: without the handshake, the capture does not distinguish them.
    ServerAndRoundTrip,
    /// The response: from its first to its last byte, without a longer pause.
    ResponseSending,
    /// The server paused within the response, although it could have sent.
    ServerPause,
    /// The sender paused although it had more to send and nothing stopped it. The capture does not show why. A segment
    /// that was lost before the capture point looks like this.
    UnexplainedPause,
    /// The receive window of the other side was 0.
    ZeroWindow,
    /// The sender had sent full segments and waited for their acknowledgement: its congestion window, or the window of
    /// the receiver.
    WindowWait,
    /// The sender held a small segment back until the previous one was acknowledged (Nagle, RFC 9293 section 3.7.4), and
    /// the receiver delayed that acknowledgement (RFC 9293 section 3.8.6.3).
    DelayedAck,
    /// Segments that were lost, until they were sent again.
    Retransmission,
}
