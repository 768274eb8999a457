//! How reading a request's body ended.

use crate::http1::chunked::ChunkFault;

/// How reading a request's body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// It is complete.
    Complete,
    /// It was not complete in time.
    Late,
    /// No part of it arrived in the time that holds after a response.
    Silent,
    /// Its framing is wrong (RFC 9112 section 7).
    Broken(ChunkFault),
    /// The client ended its side or reset the connection before it was complete.
    ClientFin,
}

impl BodyEnd {
    /// The word for it in the event log.
    pub fn key(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Late => "late",
            Self::Silent => "silent",
            Self::Broken(_) => "broken",
            Self::ClientFin => "client-fin",
        }
    }
}
