//! How a connection ends: FINs, RSTs, the reason.

use super::Side;
use serde::Serialize;

/// The end of a connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConnectionEnd {
    /// Which segments ended the connection.
    pub teardown: Teardown,
    /// The side whose FIN or RST came first.
    pub by: Option<Side>,
    /// Why the connection ended, as far as the capture shows it.
    pub reason: EndReason,
    /// The first FIN.
    pub first_fin: Option<Fin>,
    /// The FIN from the other side.
    pub second_fin: Option<Fin>,
    /// Frames that acknowledge the FINs.
    pub acks: Vec<u64>,
    /// The SYN of the next connection between the same addresses and ports, if its client does not wait for the end of
    /// this one, or if that was not captured.
    pub replaced_by: Option<u64>,
    /// Time from the first FIN to the FIN from the other side, in nanoseconds. Without a second FIN: to the first RST,
    /// or to the end of the capture; `None` if the FINs crossed, or if the other side's FIN was not captured.
    pub half_closed_ns: Option<u64>,
    /// For a connection that is still open: time from the last byte to the end of the capture, in nanoseconds.
    pub quiet_ns: Option<u64>,
    /// RSTs in order, at most 16.
    pub resets: Vec<Reset>,
    /// Frames of the teardown in order: FINs, the ACKs of FINs, RSTs.
    pub frames: Vec<u64>,
}

impl ConnectionEnd {
    /// Whether both sides have ended the connection, or a RST has.
    pub(crate) fn is_over(&self) -> bool {
        self.second_fin.is_some() || !self.resets.is_empty()
    }

    /// The segment that started the teardown: the first FIN, or a RST before it.
    pub fn first(&self) -> Option<TeardownStart> {
        let fin = self.first_fin.as_ref().map(|fin| TeardownStart {
            by: fin.by,
            frame: fin.frame,
            ns: fin.ns,
            after_last_byte_ns: fin.after_last_byte_ns,
            is_reset: false,
        });
        let reset = self.resets.first().map(|reset| TeardownStart {
            by: reset.by,
            frame: reset.frame,
            ns: reset.ns,
            after_last_byte_ns: reset.after_last_byte_ns,
            is_reset: true,
        });
        fin.into_iter().chain(reset).min_by_key(|start| start.ns)
    }
}

/// The segment that starts a teardown: a FIN or a RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TeardownStart {
    /// Its sender.
    pub by: Side,
    /// Frame number.
    pub frame: u64,
    /// Time in nanoseconds since 1970.
    pub ns: i64,
    /// Time since the last byte of either side, in nanoseconds; `None` if no byte was sent.
    pub after_last_byte_ns: Option<u64>,
    /// Whether the segment is a RST.
    pub is_reset: bool,
}

/// Which segments ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Teardown {
    /// FIN, ACK, FIN, ACK.
    FourFrames,
    /// FIN, FIN with ACK, ACK.
    ThreeFrames,
    /// FIN, FIN, ACK, ACK: both sides closed before they had received the other's FIN (RFC 9293 section 3.6, case 3).
    Simultaneous,
    /// A FIN from each side; not every ACK was captured.
    BothFins,
    /// A FIN from one side only.
    HalfClosed,
    /// A RST without a FIN before it.
    Reset,
    /// A RST after a FIN.
    FinThenReset,
    /// The connection was refused, or the SYN was not answered.
    NeverOpened,
    /// The capture ended while the SYN could still be answered.
    Opening,
    /// The connection was open when the capture ended.
    StillOpen,
    /// The client opened another connection from the same port. The end of this one was not captured.
    NotCaptured,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndReason {
    /// The last response had `Connection: close`.
    ResponseSaidClose,
    /// The last request had `Connection: close`.
    RequestSaidClose,
    /// The last request was HTTP/1.0 without `keep-alive`.
    Http10,
    /// The end of the connection delimits the body (RFC 9112 section 6.3, item 8).
    BodyEndsWithClose,
    /// The server closed after the idle timeout that it had announced.
    IdleAsAnnounced,
    /// The server closed an idle connection without an announcement, or at another time than announced.
    IdleUnannounced,
    /// The server closed directly after a response that did not announce it.
    AfterResponse,
    /// The client closed an idle connection.
    ClientDone,
    /// The client closed its sending side after its last request and waited for the response.
    ClientSentAll,
    /// The connection was closed without being used.
    Unused,
    /// The connection was closed in the middle of an exchange.
    InExchange,
    /// The server rejected the request and closed.
    ErrorResponse,
    /// The client sent bytes that are not a request, and the server closed.
    NoRequest,
    /// The protocol after an upgrade or CONNECT ended.
    TunnelEnded,
    /// A RST on an idle connection.
    ResetWhileIdle,
    /// The connection was not opened.
    NotOpened,
    /// The capture does not show a reason, or the connection is still open.
    Unknown,
}

/// A FIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fin {
    /// Its sender.
    pub by: Side,
    /// Frame number.
    pub frame: u64,
    /// Time in nanoseconds since 1970.
    pub ns: i64,
    /// Relative sequence number of the FIN itself, which follows the payload of its frame.
    pub seq: u32,
    /// Relative acknowledgement number of its segment: what its sender had received.
    pub ack: u32,
    /// The frame that acknowledges it.
    pub acked: Option<u64>,
    /// Time since the last byte of either side, in nanoseconds; `None` if no byte was sent.
    pub after_last_byte_ns: Option<u64>,
    /// Time since the first frame of the connection, in nanoseconds.
    pub since_opening_ns: u64,
}

/// A RST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reset {
    /// Its sender.
    pub by: Side,
    /// Frame number.
    pub frame: u64,
    /// Time in nanoseconds since 1970.
    pub ns: i64,
    /// What the RST does.
    pub class: ResetClass,
    /// The frame that it responds to, if there is one.
    pub answers: Option<u64>,
    /// Time since the last byte of either side, in nanoseconds; `None` if no byte was sent.
    pub after_last_byte_ns: Option<u64>,
}

/// What a RST does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ResetClass {
    /// Refuses a connection.
    Refused,
    /// Aborts a transfer in progress, or discards data that was not read.
    AbortsData,
    /// Refuses data that arrived after its sender had closed.
    RefusesLateData,
    /// Responds to a FIN while no exchange is in progress.
    AnswersFin,
    /// Says that its sender knows no such connection: the sender, or a device on the path, has forgotten it.
    NoConnection,
    /// Follows another RST: it refuses what was still on its way.
    AfterReset,
    /// Follows a FIN from each side: nothing is lost.
    HarmlessAfterFin,
    /// Ends an idle connection.
    Idle,
    /// The capture lacks the frames that would show it.
    Unexplained,
}
