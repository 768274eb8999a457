//! What there is to say of a capture as a whole.

use super::Side;
use crate::messages::Msg;
use serde::{Serialize, Serializer};

/// A statement with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What was found.
    pub kind: FindingKind,
    /// What its sentence needs.
    pub args: Args,
    /// The streams it is about.
    pub streams: Vec<u32>,
    /// The frames that prove it, at most 24.
    pub frames: Vec<u64>,
}

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// One connection carried several exchanges.
    OneConnectionKept,
    /// Every response says close: a connection for each exchange.
    CloseEveryTime,
    /// Kept alive, announced how long, and timed out by the server then.
    TimedOutAsAnnounced,
    /// Timed out by the server, and not announced.
    TimedOutUnannounced,
    /// Timed out by the server, at another time than announced.
    TimedOutOtherwise,
    /// Announced a timeout, and did not act on it.
    AnnouncedNotEnforced,
    /// Announced nothing, and nobody closes.
    SilentAndOpen,
    /// Announced keep-alive without a time, and nobody closes.
    KeptWithoutTime,
    /// A connection opened on speculation and never used.
    SpeculativeConnection,
    /// The same, still open when the capture ended.
    SpeculativeConnectionOpen,
    /// Exchanges on several connections at the same time.
    ParallelConnections,
    /// Everything is 304: the cache revalidated.
    AllNotModified,
    /// Some are 304.
    SomeNotModified,
    /// A request crossed the server's idle close, and was lost.
    LostRace,
    /// Connections refused with RST.
    ResetsRefused,
    /// RSTs that broke off data.
    ResetsAbort,
    /// RSTs that refused data after a close.
    ResetsLateData,
    /// RSTs in answer to FIN.
    ResetsAnswerFin,
    /// RSTs after both FINs.
    ResetsHarmless,
    /// RSTs on idle connections.
    ResetsIdle,
    /// A response was cut short.
    CutShort,
    /// Closed on one side for long.
    LongHalfClosed,
    /// Responses leave in bursts of one size.
    SentInPieces,
    /// Requests were pipelined.
    Pipelined,
    /// A range was asked for.
    Ranges,
    /// Connections were refused or not answered.
    NotOpened,
    /// Segments were sent again.
    Retransmissions,
    /// A receiver could take no more.
    ZeroWindows,
    /// TCP keep-alive probes.
    KeepAliveProbes,
}

/// Named values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args(pub Vec<(&'static str, Arg)>);

impl Args {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, arg)| arg)
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, name: &'static str, arg: impl Into<Arg>) -> Args {
        self.0.push((name, arg.into()));
        self
    }
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, arg)| (name, arg)))
    }
}

/// A value in a sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Arg {
    /// A number.
    Count(u64),
    /// A time in nanoseconds.
    Nanoseconds {
        /// The time.
        ns: i64,
    },
    /// Several numbers.
    List(Vec<u64>),
    /// Several names of ours.
    Names(Vec<String>),
    /// A side.
    Side(Side),
    /// Text from the wire, or a name.
    Text(String),
    /// A message in place of a value.
    #[serde(skip)]
    Message(Msg),
}

impl Arg {
    /// A time in nanoseconds.
    pub fn ns(ns: impl TryInto<i64>) -> Arg {
        Arg::Nanoseconds {
            ns: ns.try_into().unwrap_or(i64::MAX),
        }
    }
}

impl From<Side> for Arg {
    fn from(side: Side) -> Arg {
        Arg::Side(side)
    }
}
impl From<u64> for Arg {
    fn from(n: u64) -> Arg {
        Arg::Count(n)
    }
}
impl From<usize> for Arg {
    fn from(n: usize) -> Arg {
        Arg::Count(n as u64)
    }
}
impl From<u32> for Arg {
    fn from(n: u32) -> Arg {
        Arg::Count(n.into())
    }
}
impl From<Vec<String>> for Arg {
    fn from(names: Vec<String>) -> Arg {
        Arg::Names(names)
    }
}
impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }
}
impl From<String> for Arg {
    fn from(text: String) -> Arg {
        Arg::Text(text)
    }
}
impl From<Vec<u64>> for Arg {
    fn from(numbers: Vec<u64>) -> Arg {
        Arg::List(numbers)
    }
}
