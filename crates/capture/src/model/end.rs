//! Rests, and the end of a connection.

use super::Side;
use serde::Serialize;

/// A time in which no exchange was under way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IdlePeriod {
    /// After the exchange of this number; 0 for the time before the first request.
    pub after: u64,
    /// Its beginning: the frame of the last byte before it.
    pub from_frame: u64,
    /// What ended it: that frame. The last frame of the capture if nothing did.
    pub to_frame: u64,
    /// How long it was, in nanoseconds.
    pub ns: u64,
    /// What the last response had announced with `Keep-Alive: timeout=`, in seconds.
    pub announced_s: Option<u64>,
    /// What ended it.
    pub ended_by: IdleEnd,
}

/// What ends a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdleEnd {
    /// The next request.
    Request,
    /// The server's FIN.
    ServerFin,
    /// The client's FIN.
    ClientFin,
    /// RST.
    Reset,
    /// Nothing: the capture ends.
    CaptureEnds,
}

/// The end of a connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct End {
    /// How it ended.
    pub goodbye: Teardown,
    /// Who ended it: whose FIN or RST came first.
    pub by: Option<Side>,
    /// Why, as far as the capture tells.
    pub reason: EndReason,
    /// The first FIN.
    pub first_fin: Option<Fin>,
    /// The other side's FIN.
    pub second_fin: Option<Fin>,
    /// The frames that acknowledge the two FINs.
    pub acks: Vec<u64>,
    /// From the first FIN to the other side's, in nanoseconds; without the latter to the end of the capture.
    pub half_closed_ns: Option<u64>,
    /// From the last byte of either side to the end of the capture, in nanoseconds, if it was still open then.
    pub quiet_ns: Option<u64>,
    /// Every RST, at most 16.
    pub resets: Vec<Reset>,
    /// The frames of the end in order: FINs, their ACKs, RSTs.
    pub frames: Vec<u64>,
}

impl End {
    /// What began the end: the first FIN, or a RST before it.
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
        fin.into_iter().chain(reset).min_by_key(|farewell| farewell.frame)
    }
}

/// A FIN, or a RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeardownStart {
    /// Who sent it.
    pub by: Side,
    /// Its frame.
    pub frame: u64,
    /// Its time, in nanoseconds since 1970.
    pub ns: i64,
    /// From the last byte of either side to it, in nanoseconds; `None` if none was sent.
    pub after_last_byte_ns: Option<u64>,
    /// Whether it is a RST.
    pub is_reset: bool,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Teardown {
    /// FIN, ACK, FIN, ACK.
    FourFrames,
    /// FIN, FIN with ACK, ACK.
    ThreeFrames,
    /// Both FINs, and not every ACK was captured.
    BothFins,
    /// One side's FIN; the other side's was not seen.
    HalfClosed,
    /// RST without a FIN before it.
    Reset,
    /// RST after a FIN.
    FinThenReset,
    /// It was refused, or nobody answered.
    NeverOpened,
    /// It was open when the capture ended.
    StillOpen,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// The last response said `Connection: close`.
    ResponseSaidClose,
    /// The request had asked for it.
    RequestSaidClose,
    /// An HTTP/1.0 exchange without keep-alive.
    Http10,
    /// The body's end is the connection's.
    BodyEndsWithClose,
    /// The server's idle time was over, as it had announced.
    IdleAsAnnounced,
    /// The server ended the rest, without or other than announced.
    IdleUnannounced,
    /// The server ended it directly behind a response.
    AfterResponse,
    /// The client needed it no longer.
    ClientDone,
    /// The client closed its side behind its last request, and waited for the response.
    ClientSentAll,
    /// It was never used and its side gave it up.
    Unused,
    /// It was broken off in the middle of an exchange.
    InExchange,
    /// The server refused the request and ended the connection.
    ErrorResponse,
    /// What the client had sent is no request, and the server ended it.
    NoRequest,
    /// RST on an idle connection.
    ResetWhileIdle,
    /// It was never opened.
    NotOpened,
    /// It is not known: still open, or the capture does not show it.
    Unknown,
}

/// A FIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fin {
    /// Who sent it.
    pub by: Side,
    /// Its frame.
    pub frame: u64,
    /// Its time, in nanoseconds since 1970.
    pub ns: i64,
    /// Its relative sequence number: that of the FIN, behind what its frame carries.
    pub seq: u32,
    /// The frame that acknowledges it.
    pub acked: Option<u64>,
    /// From the last byte of either side to it, in nanoseconds; `None` if none was sent.
    pub after_last_byte_ns: Option<u64>,
    /// From the connection's first frame to it, in nanoseconds.
    pub since_opening_ns: u64,
}

/// A RST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reset {
    /// Who sent it.
    pub by: Side,
    /// Its frame.
    pub frame: u64,
    /// Its time, in nanoseconds since 1970.
    pub ns: i64,
    /// What it is.
    pub class: ResetClass,
    /// The frame that it answers, if it answers one.
    pub answers: Option<u64>,
    /// From the last byte of either side to it, in nanoseconds.
    pub after_last_byte_ns: Option<u64>,
}

/// What a RST is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetClass {
    /// It refuses a connection.
    Refused,
    /// It breaks off data that was under way, or throws unread data away.
    AbortsData,
    /// It refuses data that came after its sender had closed.
    RefusesLateData,
    /// It answers the other side's FIN on a connection that nothing is under way on.
    AnswersFin,
    /// Both had sent FIN: nothing is lost.
    HarmlessAfterFin,
    /// It ends an idle connection.
    Idle,
}
