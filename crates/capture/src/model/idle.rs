//! Idle periods of a connection.

use serde::Serialize;

/// A period of at least 0.1 s in which no exchange was in progress.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IdlePeriod {
    /// Number of the exchange before the period; 0 if it precedes the first request.
    pub after: u64,
    /// Frame of the last byte before the period.
    pub from_frame: u64,
    /// Frame that ended the period; the last frame of the capture if nothing did.
    pub to_frame: u64,
    /// Duration in nanoseconds.
    pub ns: u64,
    /// Timeout in seconds that the last response announced with `Keep-Alive: timeout=`.
    pub announced_s: Option<u64>,
    /// Whether the head of the last response was captured whole: without an announcement in it, none was made.
    pub head_captured: bool,
    /// What ended the period.
    pub ended_by: IdleEnd,
}

/// What ends an idle period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum IdleEnd {
    /// The next request.
    Request,
    /// A response without a valid request, such as a 408 before the server closes.
    Response,
    /// A FIN from the server.
    ServerFin,
    /// A FIN from the client.
    ClientFin,
    /// A RST from either side.
    Reset,
    /// Nothing: the capture ends first.
    CaptureEnds,
}
