//! How reading a request's body ended.

use crate::http1::chunked::ChunkFault;

/// How reading a request's body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// It is complete.
    Complete,
    /// It is complete, and its trailers say that no request follows.
    CompleteLast,
    /// Its end did not arrive in time.
    Late,
    /// After the response, none of it arrived in time.
    Silent,
    /// Its framing is invalid (RFC 9112 section 7).
    Broken(ChunkFault),
    /// The client sent FIN or RST before its end.
    ClientFin,
}

impl BodyEnd {
    /// Its name in the event log.
    pub fn key(self) -> &'static str {
        match self {
            Self::Complete | Self::CompleteLast => "complete",
            Self::Late => "late",
            Self::Silent => "silent",
            Self::Broken(_) => "broken",
            Self::ClientFin => "client-fin",
        }
    }
}
