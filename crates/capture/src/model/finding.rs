//! Statements about a capture as a whole.

use super::Side;
use serde::{Serialize, Serializer};

/// A statement with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What the statement is about.
    pub kind: FindingKind,
    /// Values that its sentence needs.
    pub args: Args,
    /// Streams that it concerns.
    pub streams: Vec<u32>,
    /// Frames that prove it, at most 24.
    pub frames: Vec<u64>,
    /// Number of further such frames.
    pub frames_left_out: u64,
}

/// Kind of a [`Finding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// One connection carried several exchanges.
    OneConnectionKept,
    /// Every response has `Connection: close`, so each exchange has a connection of its own.
    CloseEveryTime,
    /// The server closed an idle connection after the timeout that it had announced.
    TimedOutAsAnnounced,
    /// The server closed an idle connection and had not announced a timeout.
    TimedOutUnannounced,
    /// The server closed an idle connection at another time than announced.
    TimedOutOtherwise,
    /// The server announced a timeout and did not close after it.
    AnnouncedNotEnforced,
    /// The server announced nothing, and neither side closed.
    SilentAndOpen,
    /// The server announced keep-alive without a timeout, and neither side closed.
    KeptWithoutTime,
    /// A speculative connection that was closed without being used.
    SpeculativeConnection,
    /// A speculative connection that was unused and still open when the capture ended.
    SpeculativeConnectionOpen,
    /// Exchanges on several connections overlap in time.
    ParallelConnections,
    /// Every response is 304: the client revalidated its cache.
    AllNotModified,
    /// Some responses are 304.
    SomeNotModified,
    /// A proxy passed exchanges on to another server.
    Forwarded,
    /// A request crossed the server's FIN and was not answered.
    LostRace,
    /// A RST refused a connection.
    ResetsRefused,
    /// A RST aborted a transfer.
    ResetsAbort,
    /// A RST refused data that arrived after its sender had closed.
    ResetsLateData,
    /// RSTs that say that there is no such connection.
    ResetsNoConnection,
    /// A RST responded to a FIN.
    ResetsAnswerFin,
    /// A RST followed a FIN from each side.
    ResetsHarmless,
    /// A RST ended an idle connection.
    ResetsIdle,
    /// The server closed before the end of a response.
    CutShort,
    /// A connection was half-closed for at least 1 s.
    LongHalfClosed,
    /// The server sends large responses in pieces of one size.
    SentInPieces,
    /// Requests were pipelined.
    Pipelined,
    /// Requests have a Range field.
    Ranges,
    /// Connection attempts failed.
    NotOpened,
    /// A client opened another connection from a port that it had used before.
    PortReused,
    /// Segments were retransmitted.
    Retransmissions,
    /// A receiver announced a window of 0.
    ZeroWindows,
    /// TCP keep-alive probes were sent.
    KeepAliveProbes,
    /// Responses with a status of 4xx.
    ClientErrors,
    /// Responses with a status of 5xx.
    ServerErrors,
    /// A server or a proxy asked for credentials (401, 407).
    Credentials,
    /// The server took long to answer.
    SlowServer,
    /// The server paused within a response.
    SlowServerPause,
    /// The client waited before its first request.
    SlowClient,
    /// Sending the request took long.
    SlowRequest,
    /// Sending the response took long.
    SlowResponse,
    /// The client waited for 100 Continue, which did not come.
    SlowExpect,
    /// A small segment waited for a delayed acknowledgement.
    SlowDelayedAck,
    /// The sender waited until what it had sent was acknowledged.
    SlowWindow,
    /// A receiver with a full buffer stalled the sender.
    SlowZeroWindow,
    /// A lost segment was waited for.
    SlowRetransmission,
    /// The SYN was lost and sent again.
    SlowSyn,
    /// A response waited for the response before it.
    SlowHeadOfLine,
    /// The round trip is most of the time.
    SlowRoundTrip,
}

/// Values by name, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args(Vec<(&'static str, Arg)>);

impl Args {
    /// The value with this name.
    pub fn get(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, arg)| arg)
    }

    /// Names and values, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Arg)> {
        self.0.iter().map(|(name, arg)| (*name, arg))
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, arg: impl Into<Arg>) -> Self {
        self.0.push((name, arg.into()));
        self
    }
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, arg)| (name, arg)))
    }
}

/// A value that a sentence needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Arg {
    /// A number.
    Count(u64),
    /// A duration.
    Nanoseconds {
        /// The duration in nanoseconds.
        ns: i64,
    },
    /// Several numbers.
    List(Vec<u64>),
    /// A side.
    Side(Side),
    /// Text from the wire, or a name.
    Text(String),
}

impl Arg {
    /// A duration in nanoseconds. A value that is out of range becomes the maximum.
    pub(crate) fn ns(ns: impl TryInto<i64>) -> Self {
        Self::Nanoseconds {
            ns: ns.try_into().unwrap_or(i64::MAX),
        }
    }
}

impl From<Side> for Arg {
    fn from(side: Side) -> Self {
        Self::Side(side)
    }
}
impl From<u64> for Arg {
    fn from(n: u64) -> Self {
        Self::Count(n)
    }
}
impl From<usize> for Arg {
    fn from(n: usize) -> Self {
        Self::Count(n as u64)
    }
}
impl From<u32> for Arg {
    fn from(n: u32) -> Self {
        Self::Count(n.into())
    }
}
impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<Vec<u64>> for Arg {
    fn from(numbers: Vec<u64>) -> Self {
        Self::List(numbers)
    }
}
