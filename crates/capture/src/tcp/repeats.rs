//! Retransmitted segments: what caused each, and how long it took until it was sent again.

use super::frames::side;
use crate::decode::Segment;
use crate::model::{AnalysisFlag, AnalysisFlags, Retransmission, RetransmissionCause};

/// Retransmission timers are longer than this: the minimum is 200 ms on Linux, and no common system has a shorter one.
const LEAST_TIMER_NS: u64 = 100_000_000;
/// How many retransmissions of a connection are listed.
const LISTED: usize = 64;

/// What the other endpoint did before a segment was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// It asked for the segment with duplicate ACKs.
    DuplicateAcks,
    /// It did, but longer ago than a duplicate ACK usually takes to the sender.
    LateDuplicateAcks,
    /// It did not ask for it.
    Silence,
    /// What it did is not known.
    Unseen,
}

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
    /// Lists a segment of endpoint `from`, if it has a flag of a retransmission. `next_ns` is the time of the sender's
    /// latest new segment.
    pub(super) fn add(
        &mut self,
        from: usize,
        segment: &Segment<'_>,
        analysis: AnalysisFlags,
        next_ns: i64,
        occasion: Occasion,
    ) {
        let waited_ns = u64::try_from(segment.ns.saturating_sub(next_ns)).unwrap_or(0);
        let again = [AnalysisFlag::Retransmission, AnalysisFlag::FastRetransmission];
        let cause = match () {
            () if analysis.has(AnalysisFlag::SpuriousRetransmission) => RetransmissionCause::Needless,
            () if !again.iter().any(|flag| analysis.has(*flag)) => return,
            () if occasion == Occasion::DuplicateAcks => RetransmissionCause::DuplicateAcks,
            // After this time, the timer may have expired as well.
            () if waited_ns < LEAST_TIMER_NS && occasion == Occasion::LateDuplicateAcks => {
                RetransmissionCause::DuplicateAcks
            }
            () if waited_ns >= LEAST_TIMER_NS && occasion == Occasion::Silence => RetransmissionCause::Timeout,
            // Nothing but the timer makes a client send its SYN again, whether the server was captured or not.
            () if waited_ns >= LEAST_TIMER_NS && segment.flags.syn() && !segment.flags.ack() => {
                RetransmissionCause::Timeout
            }
            () => RetransmissionCause::Other,
        };
        if self.0.len() < LISTED {
            self.0.push(SeenRetransmission {
                from,
                frame: segment.frame,
                ns: segment.ns,
                cause,
                waited_ns,
            });
        }
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
