//! What a capture shows, as plain data: the one thing that the readers make and every renderer reads.
//!
//! Numbers are the ones that Wireshark shows: frame numbers, stream index, relative Seq/Ack, TCP payload lengths. Times
//! are nanoseconds. Nothing here knows how it was found out, or how it is said.

mod connection;
mod end;
mod exchange;
mod finding;
mod fingerprint;
mod note;

pub use connection::{
    AnalysisFlag, AnalysisFlags, Connection, Flags, Frame, Handshake, HandshakeOutcome, Role, SynOptions, TcpIssue,
    Traffic, Usage,
};
pub use end::{End, EndReason, Fin, IdleEnd, IdlePeriod, Reset, ResetClass, Teardown, TeardownStart};
pub use exchange::{BodyEnd, Burst, Exchange, FrameSpan, Head, Message, Shortfall, Validator};
pub use finding::{Arg, Args, Finding, FindingKind};
pub use fingerprint::{Aspect, AspectScore, FingerprintMatch, Score, Verdict};
pub use note::{Note, NoteKind};

use serde::{Serialize, Serializer};
use std::net::SocketAddr;

/// The version of the JSON form; it grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// Everything that a capture shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capture {
    /// The version of this form.
    pub version: u32,
    /// What kind of file it was.
    pub file: File,
    /// The connections that carry HTTP/1.x, and those that carry nothing, by stream index.
    pub connections: Vec<Connection>,
    /// What there is to say of the capture as a whole, the most telling first.
    pub findings: Vec<Finding>,
    /// Which built-in profile each server looks like.
    pub looks_like: Vec<FingerprintMatch>,
    /// What could not be read, and which limits were met.
    pub notes: Vec<Note>,
}

impl Capture {
    /// The connection of this stream index.
    pub fn connection(&self, stream: u32) -> Option<&Connection> {
        self.connections.iter().find(|c| c.stream == stream)
    }
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct File {
    /// Its format.
    pub format: Format,
    /// Whether it was compressed.
    pub gzip: bool,
    /// The interfaces, in the order of the file.
    pub interfaces: Vec<Interface>,
    /// How many frames it holds.
    pub frames: u64,
    /// How many of them are TCP segments.
    pub tcp_frames: u64,
    /// How many TCP streams there are, shown or not.
    pub streams: u32,
    /// The first frame's time, in nanoseconds since 1970.
    pub first_ns: i64,
    /// The last frame's time.
    pub last_ns: i64,
}

/// A file format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// pcapng.
    #[default]
    Pcapng,
    /// pcap with microseconds.
    Pcap,
    /// pcap with nanoseconds.
    PcapNanoseconds,
}

/// An interface that was captured on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// Its name, where the file tells.
    pub name: Option<String>,
    /// Its link type, by its number in the registry (1 Ethernet, 0 NULL, 101 RAW, 113 SLL, 276 SLL2 ...).
    pub link_type: u32,
    /// How many bytes of a frame were kept; 0 for all of them.
    pub snap_length: u32,
}

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The one that opens it and asks.
    Client,
    /// The one that answers.
    Server,
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// An address as text.
pub(super) fn address<S: Serializer>(address: &SocketAddr, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}
