//! How much of a capture is kept in memory: what is beyond is counted, and said.

/// The most that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TCP streams that are told apart, shown or not.
    pub streams: usize,
    /// Connections that are looked into.
    pub connections: usize,
    /// Exchanges, of all connections together.
    pub exchanges: usize,
    /// Frames that are listed, of all connections together.
    pub frames: usize,
    /// Bytes of heads, of all connections together.
    pub head_bytes: usize,
    /// Bytes that wait for others before them, of all connections together.
    pub buffered: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            streams: 400_000,
            connections: 20_000,
            exchanges: 50_000,
            frames: 250_000,
            head_bytes: 24 << 20,
            buffered: 16 << 20,
        }
    }
}

/// What is left of the limits, and what did not fit.
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
    pub(super) fn new(limits: Limits) -> Budget {
        Budget {
            left: limits,
            streams_over: 0,
            connections_over: 0,
            exchanges_over: 0,
            heads_over: 0,
            buffered_over: 0,
        }
    }
}

/// Takes `count` from what is left; false if there is not so much.
pub(super) fn take(left: &mut usize, count: usize) -> bool {
    let enough = *left >= count;
    if enough {
        *left -= count;
    }
    enough
}
