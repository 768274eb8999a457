//! Measurements of one connection: round trips by segment, delayed ACKs, and how long windows were shut or full.

use super::{FrameSpan, Side};
use serde::Serialize;

/// The times after which the segments of one side were acknowledged, as the capture point sees them.
///
/// Only segments that were sent once are measured (Karn's algorithm, RFC 6298 section 3), and only among the frames that
/// are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RoundTrips {
    /// The sender of the segments.
    pub by: Side,
    /// How many were measured.
    pub count: u64,
    /// The shortest, in nanoseconds: the round trip between the capture point and the other side.
    pub shortest_ns: u64,
    /// The mean, in nanoseconds.
    pub mean_ns: u64,
    /// The longest, in nanoseconds.
    pub longest_ns: u64,
    /// The segment with the longest round trip, and its ACK.
    pub longest: FrameSpan,
    /// How many ACKs the other side delayed (RFC 9293 section 3.8.6.3).
    pub delayed_acks: u64,
    /// The longest of these delays in nanoseconds, beyond the shortest round trip; 0 if there are none.
    pub longest_delay_ns: u64,
}

/// What stops a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StallCause {
    /// A window of 0.
    ZeroWindow,
    /// A window that is filled with bytes under way.
    WindowFull,
}

/// How long the receive window of one side stopped the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WindowStalls {
    /// The side whose window it is.
    pub by: Side,
    /// What stopped the sender.
    pub cause: StallCause,
    /// How often it stopped the sender.
    pub count: u64,
    /// Total time, in nanoseconds.
    pub ns: u64,
    /// First and last frame of the longest stall.
    pub longest: FrameSpan,
}
