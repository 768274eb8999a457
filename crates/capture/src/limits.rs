//! How much of a capture is kept in memory. What exceeds a limit is counted and reported in a note.

/// The most that is kept of a capture, of all connections together.
///
/// ```
/// use labserve_capture::{Limits, Options};
///
/// let options = Options {
///     limits: Limits { connections: 100, ..Limits::default() },
///     ..Options::default()
/// };
/// # assert_eq!(options.limits.connections, 100);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TCP streams that are tracked, shown or not.
    pub streams: usize,
    /// Connections that are analyzed.
    pub connections: usize,
    /// Exchanges that are listed.
    pub exchanges: usize,
    /// Frames that are listed.
    pub frames: usize,
    /// Bytes of message heads that are kept.
    pub head_bytes: usize,
    /// Bytes that arrived out of order and wait for the bytes before them.
    pub buffered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams: 400_000,
            connections: 20_000,
            exchanges: 50_000,
            frames: 250_000,
            head_bytes: 24 << 20,
            buffered: 16 << 20,
        }
    }
}

/// What is left of the limits, and how much exceeded them.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) left: Limits,
    pub(super) streams_over: u64,
    pub(super) connections_over: u64,
    pub(super) exchanges_over: u64,
    pub(super) heads_over: u64,
    pub(super) buffered_over: u64,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            left: limits,
            streams_over: 0,
            connections_over: 0,
            exchanges_over: 0,
            heads_over: 0,
            buffered_over: 0,
        }
    }
}

/// Subtracts `count` from what is left; false, and no change, if less is left.
pub(super) fn take(left: &mut usize, count: usize) -> bool {
    let enough = *left >= count;
    if enough {
        *left -= count;
    }
    enough
}
