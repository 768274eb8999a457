//! A frame that holds a TCP segment, with its flags.

use super::Side;
use serde::{Serialize, Serializer};

/// A frame that holds a TCP segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Frame {
    /// Wireshark's frame number.
    pub number: u64,
    /// Time in nanoseconds since 1970.
    pub ns: i64,
    /// The sender.
    pub from: Side,
    /// Relative sequence number.
    pub seq: u32,
    /// Relative acknowledgement number. Without the ACK flag: the value in the header.
    pub ack: u32,
    /// Payload length in bytes.
    pub len: u32,
    /// Flags of the TCP header.
    pub flags: TcpFlags,
    /// Receive window in bytes, scaled if the scale is known.
    pub window: u32,
    /// What the sequence analysis found out about the segment.
    pub analysis: AnalysisFlags,
    /// Whether its sender had sent earlier datagrams that did not reach the capture point, as the IP identifications
    /// show.
    #[serde(skip)]
    pub after_unseen: bool,
}

/// The low eight flag bits of a TCP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags(pub(crate) u8);

impl TcpFlags {
    const NAMES: [(u8, &'static str); 8] = [
        (0x02, "SYN"),
        (0x01, "FIN"),
        (0x04, "RST"),
        (0x08, "PSH"),
        (0x10, "ACK"),
        (0x20, "URG"),
        (0x40, "ECE"),
        (0x80, "CWR"),
    ];

    /// FIN: the sender has sent its last byte.
    pub fn fin(self) -> bool {
        self.0 & 0x01 != 0
    }
    /// SYN: the sender opens the connection.
    pub fn syn(self) -> bool {
        self.0 & 0x02 != 0
    }
    /// RST: the sender aborts the connection.
    pub fn rst(self) -> bool {
        self.0 & 0x04 != 0
    }
    /// PSH: the segment holds the end of a write by the sender.
    pub fn psh(self) -> bool {
        self.0 & 0x08 != 0
    }
    /// ACK: the acknowledgement number is valid.
    pub fn ack(self) -> bool {
        self.0 & 0x10 != 0
    }

    fn set(self) -> impl Iterator<Item = &'static str> {
        let set = Self::NAMES.iter().filter(move |(bit, _)| self.0 & bit != 0);
        set.map(|(_, name)| *name)
    }

    /// Names of the flags that are set, as Wireshark writes them: `SYN, ACK`.
    pub fn names(self) -> String {
        self.set().collect::<Vec<_>>().join(", ")
    }
}

impl Serialize for TcpFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.set())
    }
}

/// A property of a segment, similar to Wireshark's TCP analysis flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AnalysisFlag {
    /// Its bytes were sent before: they were captured before, or were lost before the capture point.
    Retransmission,
    /// A retransmission after duplicate ACKs.
    FastRetransmission,
    /// A retransmission of bytes that the other side had acknowledged.
    SpuriousRetransmission,
    /// Some of its bytes were captured before.
    Overlap,
    /// It fills a gap so soon after later segments that it was overtaken, not sent again.
    OutOfOrder,
    /// The bytes before it have not been captured so far. Only the first segment after a gap has the flag.
    Gap,
    /// An ACK that repeats the one before: its sender misses bytes.
    DuplicateAck,
    /// TCP keep-alive probe.
    KeepAlive,
    /// Response to a TCP keep-alive probe.
    KeepAliveAck,
    /// Its sender announces a receive window of 0.
    ZeroWindow,
    /// Probe of one byte that tests whether the window has opened.
    WindowProbe,
    /// It fills the receive window of the other side: its sender must wait.
    WindowFull,
    /// Its payload was truncated by the snap length.
    Cut,
    /// It acknowledges bytes that were not captured before it.
    AckedUnseen,
    /// It was reassembled from IP fragments; the frame is the one that completed it.
    Reassembled,
    /// The same frame was recorded shortly before. It is listed and not counted.
    RecordedTwice,
}

impl AnalysisFlag {
    /// Every flag.
    pub const ALL: [Self; 16] = [
        Self::Retransmission,
        Self::FastRetransmission,
        Self::SpuriousRetransmission,
        Self::Overlap,
        Self::OutOfOrder,
        Self::Gap,
        Self::DuplicateAck,
        Self::KeepAlive,
        Self::KeepAliveAck,
        Self::ZeroWindow,
        Self::WindowProbe,
        Self::WindowFull,
        Self::Cut,
        Self::AckedUnseen,
        Self::Reassembled,
        Self::RecordedTwice,
    ];
}

/// A set of [`AnalysisFlag`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnalysisFlags(u32);

impl AnalysisFlags {
    /// Adds a flag.
    pub(crate) fn add(&mut self, flag: AnalysisFlag) {
        self.0 |= 1 << flag as u16;
    }

    /// Removes a flag and adds another.
    pub(crate) fn replace(&mut self, flag: AnalysisFlag, by: AnalysisFlag) {
        self.0 &= !(1 << flag as u16);
        self.add(by);
    }

    /// Whether the set contains a flag.
    pub fn has(self, flag: AnalysisFlag) -> bool {
        self.0 & (1 << flag as u16) != 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The flags in the set.
    pub fn iter(self) -> impl Iterator<Item = AnalysisFlag> {
        AnalysisFlag::ALL.into_iter().filter(move |flag| self.has(*flag))
    }
}

impl Serialize for AnalysisFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
