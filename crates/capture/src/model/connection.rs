//! A TCP connection: its handshake, its frames, what it carried.

use super::{
    AnalysisFlag, Carried, ConnectionEnd, Exchange, Frame, IdlePeriod, Note, Retransmission, RoundTrips, Side,
    WindowStalls, address,
};
use serde::Serialize;
use std::net::SocketAddr;

/// A TCP connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Connection {
    /// Wireshark's `tcp.stream`.
    pub stream: u32,
    /// Address of the endpoint that opened the connection.
    #[serde(serialize_with = "address")]
    pub client: SocketAddr,
    /// Address of the endpoint that accepted it.
    #[serde(serialize_with = "address")]
    pub server: SocketAddr,
    /// What shows which endpoint is the client.
    pub role: RoleEvidence,
    /// Number of the first frame.
    pub first_frame: u64,
    /// Number of the last frame.
    pub last_frame: u64,
    /// Time of the first frame, in nanoseconds since 1970.
    pub first_ns: i64,
    /// Time of the last frame, in nanoseconds since 1970.
    pub last_ns: i64,
    /// How much of the connection was captured.
    pub completeness: Completeness,
    /// What the connection was used for.
    pub usage: Usage,
    /// How the connection was opened.
    pub handshake: Handshake,
    /// What it carries besides HTTP/1.x: another protocol, or one after an upgrade or CONNECT.
    pub carried: Option<Carried>,
    /// Requests and their responses, in order.
    pub exchanges: Vec<Exchange>,
    /// Number of further exchanges that are not listed.
    pub exchanges_left_out: u64,
    /// Periods in which no exchange was in progress.
    pub idle_periods: Vec<IdlePeriod>,
    /// How the connection ended.
    pub end: ConnectionEnd,
    /// The states of both sides, as far as the capture shows them (RFC 9293 section 3.3.2).
    pub states: Vec<StateChange>,
    /// What the client sent.
    pub client_sent: Traffic,
    /// What the server sent.
    pub server_sent: Traffic,
    /// Segments with [`AnalysisFlag`]s, grouped by flag and sender.
    pub tcp_issues: Vec<TcpIssue>,
    /// Segments that were sent again, at most 64.
    pub retransmissions: Vec<Retransmission>,
    /// The round trips of the segments of each side; empty if the capture has holes or lacks a side.
    pub round_trips: Vec<RoundTrips>,
    /// How long windows were shut or full; empty if the capture has holes or lacks a side.
    pub window_stalls: Vec<WindowStalls>,
    /// What could not be read of this connection.
    pub notes: Vec<Note>,
    /// The frames: of more than 2040, the first 2000 and the last 40.
    pub frames: Vec<Frame>,
    /// Number of frames that are not listed.
    pub frames_left_out: u64,
}

impl Connection {
    /// Number of exchanges, including those that are not listed.
    pub fn exchanges_in_all(&self) -> u64 {
        self.exchanges.len() as u64 + self.exchanges_left_out
    }

    /// Number of requests that got a response. Exchanges that are not listed count as answered.
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

/// How much of a connection was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Completeness {
    /// A SYN or SYN/ACK was captured.
    pub opening: bool,
    /// Frames of both endpoints were captured, or only one endpoint sent any.
    pub both_sides: bool,
    /// Every byte that was acknowledged was captured, or at least its length.
    pub every_byte: bool,
    /// The snap length cut no payload.
    pub whole_payloads: bool,
}

/// What shows which endpoint is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RoleEvidence {
    /// The client sent the SYN.
    Syn,
    /// The SYN was not captured; the client sent a request, or received a response.
    Http,
    /// A guess by port numbers: the server has the port that was asked for, or the lower one.
    Port,
}

/// What a connection was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Usage {
    /// It carried HTTP/1.x.
    Http,
    /// It was opened, and no byte was sent in either direction.
    Unused,
    /// It was not opened.
    NotOpened,
    /// The capture ended while its SYN could still be answered.
    Opening,
    /// It was open before the capture began, or only one side was captured, and no byte was captured.
    NotCaptured,
    /// It carried bytes that are not HTTP/1.x, or whose beginning was not captured.
    Other,
}

/// The handshake of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Handshake {
    /// Result of the handshake.
    pub outcome: HandshakeOutcome,
    /// Frame of the SYN, if it was captured.
    pub syn: Option<u64>,
    /// Frame of the first SYN/ACK, if one was captured.
    pub syn_ack: Option<u64>,
    /// Frame of the ACK that completes the handshake, if it was captured.
    pub ack: Option<u64>,
    /// Time from the first SYN to the ACK, in nanoseconds.
    pub took_ns: Option<u64>,
    /// The round trip between client and server, in nanoseconds: the time of the handshake, if none of its segments was
    /// sent again or is missing.
    pub round_trip_ns: Option<u64>,
    /// The part of the round trip between the capture point and the server, in nanoseconds.
    pub server_round_trip_ns: Option<u64>,
    /// Frames of retransmitted SYNs, at most 16.
    pub syn_retries: Vec<u64>,
    /// Frame of the RST that refused the connection.
    pub refusal: Option<u64>,
    /// The first ICMP error that answers a SYN.
    pub icmp_error: Option<IcmpError>,
    /// TCP options that the client offered.
    pub client: Option<SynOptions>,
    /// TCP options that the server offered.
    pub server: Option<SynOptions>,
}

/// An ICMP error that quotes a segment: the segment did not arrive (RFC 792, RFC 4443 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IcmpError {
    /// Frame number.
    pub frame: u64,
    /// Type and code, such as `Destination unreachable (host unreachable)`.
    pub name: &'static str,
}

/// Result of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HandshakeOutcome {
    /// SYN, SYN/ACK and ACK.
    Complete,
    /// The SYN was answered with RST.
    Refused,
    /// The SYN was answered with an ICMP error.
    IcmpError,
    /// The SYN was not answered.
    Unanswered,
    /// The SYN was sent so shortly before the end of the capture that no answer could be captured.
    CaptureEnds,
    /// A frame of the handshake is missing in the capture, although more was sent.
    Unfinished,
    /// The connection was open before the capture began.
    NotCaptured,
}

/// A side enters a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateChange {
    /// The side.
    pub side: Side,
    /// The state.
    pub state: TcpState,
    /// The frame that it sent or received.
    pub frame: u64,
}

/// A state of a TCP connection (RFC 9293 section 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum TcpState {
    SynSent,
    SynReceived,
    Established,
    #[serde(rename = "FIN-WAIT-1")]
    FinWait1,
    #[serde(rename = "FIN-WAIT-2")]
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
    Closed,
}

impl TcpState {
    /// The name that the RFC gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
        }
    }
}

/// The TCP options of a SYN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SynOptions {
    /// Initial sequence number (ISN) as it is in the header, not relative.
    pub isn: u32,
    /// Maximum segment size in bytes.
    pub mss: Option<u16>,
    /// Window scale, as a power of two.
    pub window_scale: Option<u8>,
    /// Whether selective acknowledgements are permitted.
    pub sack: bool,
    /// Whether timestamps are sent.
    pub timestamps: bool,
    /// Receive window in bytes. The window of a SYN is not scaled (RFC 7323 section 2.2).
    pub window: u16,
}

/// What one side sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Traffic {
    /// Number of frames.
    pub frames: u64,
    /// Payload in bytes, without retransmissions.
    pub bytes: u64,
    /// Payload in bytes that was retransmitted.
    pub repeated_bytes: u64,
    /// Relative sequence number after the last byte. The FIN is not counted.
    pub next_seq: u64,
}

/// Segments of one sender that have the same [`AnalysisFlag`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TcpIssue {
    /// The flag.
    pub flag: AnalysisFlag,
    /// The sender.
    pub by: Side,
    /// Number of segments.
    pub count: u64,
    /// Frames of the first 8.
    pub frames: Vec<u64>,
}
