//! Segments that were sent again, and how long it took until they were.

use super::Side;
use serde::Serialize;

/// A segment that was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Retransmission {
    /// The sender.
    pub by: Side,
    /// Frame number.
    pub frame: u64,
    /// Time in nanoseconds since 1970.
    pub ns: i64,
    /// What caused it.
    pub cause: RetransmissionCause,
    /// Time since the sender's latest new segment, in nanoseconds.
    pub waited_ns: u64,
}

/// What causes a retransmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RetransmissionCause {
    /// The retransmission timer: no acknowledgement came (RFC 6298).
    Timeout,
    /// Duplicate ACKs (RFC 5681 section 3.2).
    DuplicateAcks,
    /// Neither: it follows another retransmission, or is a probe for a lost tail.
    Other,
    /// None: the bytes had been acknowledged.
    Needless,
}
