//! What a capture shows, as plain data. The analysis produces it, every renderer reads it, and serde writes it as JSON.
//!
//! Numbers are the ones that Wireshark shows: frame numbers, stream index, relative Seq/Ack, TCP payload lengths. Times
//! are nanoseconds. The model does not record how a fact was derived, and it holds no sentences.

mod carried;
mod connection;
mod exchange;
mod finding;
mod fingerprint;
mod frame;
mod group;
mod idle;
mod measures;
mod note;
mod retransmission;
mod teardown;
mod timing;

pub use carried::{
    Carried, OtherStream, Tls, TlsAlert, TlsRecord, WebSocket, WebSocketClose, WebSocketCount, WebSocketOpcode,
};
pub use connection::{
    Completeness, Connection, Handshake, HandshakeOutcome, IcmpError, RoleEvidence, StateChange, SynOptions, TcpIssue,
    TcpState, Traffic, Usage,
};
pub use exchange::{BodyEnd, Burst, Exchange, FrameSpan, Head, Message, Shortfall, Validator};
pub use finding::{Arg, Args, Finding, FindingKind};
pub use fingerprint::{Aspect, AspectScore, FingerprintMatch, ProfileScore, Verdict};
pub use frame::{AnalysisFlag, AnalysisFlags, Frame, TcpFlags};
pub use group::Group;
pub use idle::{IdleEnd, IdlePeriod};
pub use measures::{RoundTrips, StallCause, WindowStalls};
pub use note::{Note, NoteKind};
pub use retransmission::{Retransmission, RetransmissionCause};
pub use teardown::{ConnectionEnd, EndReason, Fin, Reset, ResetClass, Teardown, TeardownStart};
pub use timing::{TimePart, TimeSpent, Timing};

use serde::{Serialize, Serializer};
use std::net::SocketAddr;

/// Version of the JSON form. It is raised when a field changes its meaning or is removed; new fields do not raise it.
pub const VERSION: u32 = 2;

/// The whole capture.
///
/// Created by [`explain`](crate::explain) and its variants.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Capture {
    /// [`VERSION`] of the JSON form.
    pub version: u32,
    /// The capture file itself.
    pub file: File,
    /// Connections in order of stream index: those that carry HTTP/1.x, and the unused ones to the same servers. With
    /// a [`Filter`](crate::Filter), every connection that it selects.
    pub connections: Vec<Connection>,
    /// The connections in groups of those that are alike, the largest first.
    pub groups: Vec<Group>,
    /// The streams that text, Markdown and HTML describe one by one. With few connections, or with
    /// [`Detail::All`](crate::Detail), these are all; otherwise one of each group and the outliers.
    pub described: Vec<u32>,
    /// Streams that carry another protocol and are not shown, at most 100.
    pub others: Vec<OtherStream>,
    /// Number of further streams that are not listed.
    pub others_left_out: u64,
    /// Statements about the capture as a whole, the most important first.
    pub findings: Vec<Finding>,
    /// For each server, how closely it matches each profile.
    pub fingerprints: Vec<FingerprintMatch>,
    /// What could not be read, and which limits were reached.
    pub notes: Vec<Note>,
}

impl Capture {
    /// The connection with this stream index.
    pub fn connection(&self, stream: u32) -> Option<&Connection> {
        self.connections.iter().find(|c| c.stream == stream)
    }

    /// The connections that are described one by one.
    pub(crate) fn described(&self) -> impl Iterator<Item = &Connection> {
        let is_described = |connection: &&Connection| self.described.binary_search(&connection.stream).is_ok();
        self.connections.iter().filter(is_described)
    }

    /// Whether findings are shown: there are some, or at least one connection that is shown carries no other protocol.
    pub(crate) fn is_judged(&self) -> bool {
        let is_other = |connection: &Connection| connection.usage == Usage::Other;
        !self.findings.is_empty() || !self.connections.iter().all(is_other)
    }

    /// Whether only some of the connections are described.
    pub(crate) fn is_summarized(&self) -> bool {
        self.described.len() < self.connections.len()
    }
}

/// The capture file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct File {
    /// Names of the files, if the caller knows them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// File format.
    pub format: Format,
    /// Whether the file was compressed with gzip.
    pub gzip: bool,
    /// Whether it was compressed with zstd.
    pub zstd: bool,
    /// Number of files that were read as one.
    pub files: u64,
    /// Interfaces in the order in which the file describes them.
    pub interfaces: Vec<Interface>,
    /// Number of frames in the file.
    pub frames: u64,
    /// Number of frames that hold a TCP segment.
    pub tcp_frames: u64,
    /// Number of TCP streams, including those that are not shown.
    pub streams: u32,
    /// Time of the first frame, in nanoseconds since 1970.
    pub first_ns: i64,
    /// Latest time of any frame, in nanoseconds since 1970.
    pub last_ns: i64,
}

/// Format of a capture file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// pcapng.
    #[default]
    Pcapng,
    /// pcap with timestamps in microseconds.
    Pcap,
    /// pcap with timestamps in nanoseconds.
    PcapNanoseconds,
}

/// An interface that frames were captured on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Interface {
    /// Name, if the file has one.
    pub name: Option<String>,
    /// Link type, as in the registry of the pcap formats: 1 Ethernet, 0 NULL, 101 RAW, 113 SLL, 276 SLL2 and so on.
    pub link_type: u32,
    /// Maximum number of bytes that were kept of a frame; 0 means no limit.
    pub snap_length: u32,
}

/// One of the two endpoints of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The endpoint that opens the connection and sends requests.
    Client,
    /// The endpoint that accepts the connection and sends responses.
    Server,
}

impl Side {
    /// The other endpoint.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Serializes a socket address as text, `127.0.0.1:80` or `[::1]:80`.
fn address<S: Serializer>(address: &SocketAddr, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}
