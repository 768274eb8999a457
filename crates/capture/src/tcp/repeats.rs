//! Segments below the highest sequence number: retransmissions of several kinds, or late ones. The rules and the times
//! are those of Wireshark 4.0's sequence analysis.

use super::direction::Direction;
use super::frames::side;
use crate::model::{AnalysisFlag, Retransmission, RetransmissionCause};
use crate::reassembly::Payload;

/// A fast retransmission follows the last duplicate ACK within this time.
const FAST_NS: u64 = 20_000_000;
/// Without a captured handshake: a segment that is at most this late was overtaken.
const LATE_NS: u64 = 3_000_000;
/// Retransmission timers are longer than this: the least value is 200 ms on Linux, and less on no common system.
const LEAST_TIMER_NS: u64 = 100_000_000;
/// How many retransmissions of a connection are listed.
const LISTED: usize = 64;

/// A retransmission whose sender is an endpoint.
#[derive(Debug)]
struct SeenRetransmission {
    from: usize,
    frame: u64,
    ns: i64,
    cause: RetransmissionCause,
    waited_ns: u64,
}

/// The retransmissions of a connection.
#[derive(Debug, Default)]
pub(super) struct Retransmissions(Vec<SeenRetransmission>);

impl Retransmissions {
    /// Classifies a payload of endpoint `from` that begins below the highest sequence number. `is_new` says whether none
    /// of its bytes was captured before, and `round_trip_ns` is that of the handshake.
    pub(super) fn classify(
        &mut self,
        from: usize,
        [sender, receiver]: [&Direction; 2],
        payload: &Payload<&[u8]>,
        is_new: bool,
        round_trip_ns: Option<u64>,
    ) -> AnalysisFlag {
        let waited_ns = elapsed(sender.next_ns, payload.ns);
        let is_fast = receiver.duplicate_acks >= 2
            && sender.last_acked == payload.at
            && elapsed(receiver.last_ack_ns, payload.ns) < FAST_NS;
        let is_late = is_new && waited_ns < round_trip_ns.unwrap_or(LATE_NS) && payload.end() != sender.next;
        let (flag, cause) = match () {
            () if is_fast => (AnalysisFlag::FastRetransmission, RetransmissionCause::DuplicateAcks),
            () if is_late => return AnalysisFlag::OutOfOrder,
            () if payload.end() <= sender.acked => {
                (AnalysisFlag::SpuriousRetransmission, RetransmissionCause::Needless)
            }
            () if waited_ns >= LEAST_TIMER_NS => (AnalysisFlag::Retransmission, RetransmissionCause::Timeout),
            () => (AnalysisFlag::Retransmission, RetransmissionCause::Other),
        };
        if self.0.len() < LISTED {
            self.0.push(SeenRetransmission {
                from,
                frame: payload.frame,
                ns: payload.ns,
                cause,
                waited_ns,
            });
        }
        flag
    }

    pub(super) fn list(&self, client: usize) -> Vec<Retransmission> {
        let list = self.0.iter().map(|seen| Retransmission {
            by: side(seen.from, client),
            frame: seen.frame,
            ns: seen.ns,
            cause: seen.cause,
            waited_ns: seen.waited_ns,
        });
        list.collect()
    }
}

/// Nanoseconds between two times; 0 if the clock went backwards.
fn elapsed(from_ns: i64, to_ns: i64) -> u64 {
    u64::try_from(to_ns.saturating_sub(from_ns)).unwrap_or(0)
}
