//! Frames that were recorded twice: by two interfaces, by a mirror port, by a bridge, by the driver.
//!
//! A copy is the same datagram a moment later. A retransmission is another datagram, so it has another IP
//! identification, and it comes later.

use crate::decode::Segment;
use crate::model::TcpFlags;
use std::collections::VecDeque;
use std::net::SocketAddr;

/// How many segments of the whole capture are remembered.
const REMEMBERED: usize = 64;
/// Copies with the same IP identification are at most this far apart.
const SAME_DATAGRAM_NS: u64 = 5_000_000;
/// The same limit for datagrams whose identification says nothing: IPv6 has none, and some systems always send 0. No
/// retransmission comes this early.
const SAME_SEGMENT_NS: u64 = 100_000;

/// The properties by which a copy of a segment is recognized.
#[derive(Debug, PartialEq, Eq)]
struct Trace {
    source: SocketAddr,
    destination: SocketAddr,
    seq: u32,
    ack: u32,
    flags: TcpFlags,
    len: Option<u32>,
    window: u16,
    /// IPv4 identification; `None` also for 0.
    ip_id: Option<u16>,
}

/// The latest segments of a capture.
#[derive(Debug, Default)]
pub(super) struct Copies {
    latest: VecDeque<(Trace, i64)>,
}

impl Copies {
    /// Whether a segment is a copy of one shortly before. If it is not, it is remembered.
    pub(super) fn is_copy(&mut self, segment: &Segment<'_>) -> bool {
        let trace = Trace {
            source: segment.source,
            destination: segment.destination,
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags,
            len: segment.len,
            window: segment.window,
            ip_id: segment.ip_id.filter(|id| *id != 0),
        };
        // Acknowledgements without payload are repeated on purpose: a duplicate ACK is not a copy.
        let is_bare = segment.len == Some(0) && !segment.flags.syn() && !segment.flags.fin();
        let within = match trace.ip_id {
            Some(_) => SAME_DATAGRAM_NS,
            None if is_bare => 0,
            None => SAME_SEGMENT_NS,
        };
        let mut latest = self.latest.iter().rev();
        let is_copy = within > 0 && latest.any(|(of, ns)| *of == trace && ns.abs_diff(segment.ns) <= within);
        if !is_copy {
            if self.latest.len() == REMEMBERED {
                self.latest.pop_front();
            }
            self.latest.push_back((trace, segment.ns));
        }
        is_copy
    }
}
