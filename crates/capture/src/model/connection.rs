//! A TCP connection: its opening, its frames, what went over it.

use super::{End, Exchange, IdlePeriod, Note, Side, address};
use serde::{Serialize, Serializer};
use std::net::SocketAddr;

/// A TCP connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Connection {
    /// Wireshark's `tcp.stream`.
    pub stream: u32,
    /// Who opened it.
    #[serde(serialize_with = "address")]
    pub client: SocketAddr,
    /// Who answered.
    #[serde(serialize_with = "address")]
    pub server: SocketAddr,
    /// How it is known which is which.
    pub role: Role,
    /// Its first frame.
    pub first_frame: u64,
    /// Its last frame.
    pub last_frame: u64,
    /// The first frame's time, in nanoseconds since 1970.
    pub first_ns: i64,
    /// The last frame's time.
    pub last_ns: i64,
    /// What it was used for.
    #[serde(rename = "use")]
    pub usage: Usage,
    /// How it was opened.
    pub handshake: Handshake,
    /// Requests and their responses, in order.
    pub exchanges: Vec<Exchange>,
    /// How many more exchanges there were than are listed.
    pub exchanges_left_out: u64,
    /// The times in which nothing was under way.
    pub rests: Vec<IdlePeriod>,
    /// How it ended.
    pub end: End,
    /// What each side sent.
    pub client_sent: Traffic,
    /// What each side sent.
    pub server_sent: Traffic,
    /// What went wrong below HTTP.
    pub troubles: Vec<TcpIssue>,
    /// What could not be read of it.
    pub notes: Vec<Note>,
    /// Its frames.
    pub frames: Vec<Frame>,
    /// How many frames are not listed, of those before the last 40.
    pub frames_left_out: u64,
}

impl Connection {
    /// How many exchanges it carried, listed or not.
    pub fn exchanges_in_all(&self) -> u64 {
        self.exchanges.len() as u64 + self.exchanges_left_out
    }

    /// How many requests were answered on it.
    pub fn answered(&self) -> u64 {
        let answered = self.exchanges.iter().filter(|exchange| exchange.response.is_some());
        answered.count() as u64 + self.exchanges_left_out
    }

    /// The address of one side.
    pub fn address(&self, side: Side) -> SocketAddr {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// What one side sent.
    pub fn sent(&self, side: Side) -> &Traffic {
        match side {
            Side::Client => &self.client_sent,
            Side::Server => &self.server_sent,
        }
    }
}

/// How it is known who is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It sent SYN.
    Syn,
    /// It sent a request, or was sent a response.
    Http,
    /// The other one has the port that was asked for, or the lower one: a guess.
    Port,
}

/// What a connection was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usage {
    /// HTTP/1.x.
    Http,
    /// Nothing: no byte was sent either way.
    Unused,
    /// It was never opened.
    NotOpened,
    /// Bytes that are not HTTP/1.x, or whose beginning the capture does not hold.
    Other,
}

/// The opening of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Handshake {
    /// How it went.
    pub outcome: HandshakeOutcome,
    /// The frames of SYN, SYN/ACK and ACK, as far as they were captured; of repeated ones the last.
    pub syn: Option<u64>,
    /// See `syn`.
    pub syn_ack: Option<u64>,
    /// See `syn`.
    pub ack: Option<u64>,
    /// From the first SYN to the ACK, in nanoseconds.
    pub took_ns: Option<u64>,
    /// The frames of SYNs that were sent again.
    pub syn_retries: Vec<u64>,
    /// The frame that refused it.
    pub refusal: Option<u64>,
    /// What the client offered.
    pub client: Option<SynOptions>,
    /// What the server offered.
    pub server: Option<SynOptions>,
}

/// How an opening went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandshakeOutcome {
    /// Three frames.
    Complete,
    /// SYN was answered with RST.
    Refused,
    /// Nobody answered.
    Unanswered,
    /// SYN/ACK came and no ACK.
    Unfinished,
    /// It began before the capture.
    NotCaptured,
}

/// The options of a SYN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SynOptions {
    /// The maximum segment size in bytes.
    pub mss: Option<u16>,
    /// The window's scale, as a power of two.
    pub window_scale: Option<u8>,
    /// Whether selective acknowledgements are permitted.
    pub sack: bool,
    /// Whether timestamps are sent.
    pub timestamps: bool,
    /// The window in bytes; that of a SYN is not scaled.
    pub window: u16,
}

/// What a side sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Frames.
    pub frames: u64,
    /// Bytes of payload, each counted once.
    pub bytes: u64,
    /// Bytes of payload that were sent again.
    pub repeated_bytes: u64,
    /// The relative sequence number behind its last byte (FIN not counted).
    pub next_seq: u64,
}

/// Frames of one kind of trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TcpIssue {
    /// The kind.
    pub mark: AnalysisFlag,
    /// Who sent them.
    pub by: Side,
    /// How many there were.
    pub count: u64,
    /// The first of them.
    pub frames: Vec<u64>,
}

/// What is special about a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnalysisFlag {
    /// All of its bytes had been seen before.
    Retransmission,
    /// Some of its bytes had been seen before.
    Overlap,
    /// It fills a gap that later segments had left.
    OutOfOrder,
    /// Bytes before it are missing, at least for now.
    Gap,
    /// A probe that asks whether the other side is still there.
    KeepAlive,
    /// The answer to one.
    KeepAliveAck,
    /// Its sender cannot take any more bytes.
    ZeroWindow,
    /// A probe that asks whether the window has opened.
    WindowProbe,
    /// The snap length has cut its payload.
    Cut,
    /// It acknowledges bytes that the capture does not hold.
    AckedUnseen,
    /// It came in fragments of IP, and is shown where it was complete.
    Reassembled,
}

impl AnalysisFlag {
    /// Every mark.
    pub const ALL: [AnalysisFlag; 11] = [
        AnalysisFlag::Retransmission,
        AnalysisFlag::Overlap,
        AnalysisFlag::OutOfOrder,
        AnalysisFlag::Gap,
        AnalysisFlag::KeepAlive,
        AnalysisFlag::KeepAliveAck,
        AnalysisFlag::ZeroWindow,
        AnalysisFlag::WindowProbe,
        AnalysisFlag::Cut,
        AnalysisFlag::AckedUnseen,
        AnalysisFlag::Reassembled,
    ];
}

/// A TCP segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Its number.
    pub number: u64,
    /// Its time, in nanoseconds since 1970.
    pub ns: i64,
    /// Who sent it.
    pub from: Side,
    /// Wireshark's relative sequence number.
    pub seq: u32,
    /// Wireshark's relative acknowledgement number; without ACK what stands in the header.
    pub ack: u32,
    /// Bytes of payload.
    pub len: u32,
    /// Its flags.
    pub flags: Flags,
    /// The window in bytes, scaled where the scale is known.
    pub window: u32,
    /// What is special about it.
    pub marks: AnalysisFlags,
}

/// The flags of a TCP segment, as in its header's 14th byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
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

    /// No more bytes will come.
    pub fn fin(self) -> bool {
        self.0 & 0x01 != 0
    }
    /// A connection begins.
    pub fn syn(self) -> bool {
        self.0 & 0x02 != 0
    }
    /// The connection is broken off.
    pub fn rst(self) -> bool {
        self.0 & 0x04 != 0
    }
    /// A write of the sender's ends here.
    pub fn psh(self) -> bool {
        self.0 & 0x08 != 0
    }
    /// The acknowledgement number counts.
    pub fn ack(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// The names of those that are set, as Wireshark writes them: `SYN, ACK`.
    pub fn names(self) -> String {
        let set = Flags::NAMES.iter().filter(|(bit, _)| self.0 & bit != 0);
        set.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            Flags::NAMES
                .iter()
                .filter(|(bit, _)| self.0 & bit != 0)
                .map(|(_, name)| name),
        )
    }
}

/// A set of [`AnalysisFlag`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnalysisFlags(u16);

impl AnalysisFlags {
    /// Adds one.
    pub fn add(&mut self, mark: AnalysisFlag) {
        self.0 |= 1 << mark as u16;
    }

    /// Whether it is in the set.
    pub fn has(self, mark: AnalysisFlag) -> bool {
        self.0 & (1 << mark as u16) != 0
    }

    /// Those in the set.
    pub fn iter(self) -> impl Iterator<Item = AnalysisFlag> {
        AnalysisFlag::ALL.into_iter().filter(move |mark| self.has(*mark))
    }
}

impl Serialize for AnalysisFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
