//! One direction of a connection: the state of its sequence numbers, and the analysis flags that follow from them.

use crate::decode::Segment;
use crate::model::{AnalysisFlag, AnalysisFlags, Traffic};
use crate::reassembly::{Arrival, Payload, Reassembly};

/// The position of relative sequence number 0. It is above 0 so that bytes before the first captured segment have a
/// position too.
pub(super) const ORIGIN: u64 = 1 << 32;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Direction {
    pub(super) started: bool,
    /// Whether its first captured segment has no SYN.
    midway: bool,
    pub(super) reassembly: Reassembly,
    /// Position after everything that was sent. SYN and FIN count.
    pub(super) next: u64,
    /// Position of the FIN.
    pub(super) fin: Option<u64>,
    /// Whether the captured FIN is a retransmission: later sequence numbers were captured before it.
    pub(super) fin_again: bool,
    /// Highest position that the other endpoint has acknowledged.
    pub(super) acked: u64,
    /// The position that the other endpoint expected next, before any segment of this direction was captured.
    pub(super) expected: Option<u64>,
    /// Time of the segment that ends at `next`.
    pub(super) next_ns: i64,
    /// A byte that was sent to probe a window of 0. It is counted when the other endpoint acknowledges it.
    pub(super) probe: Option<Payload<Vec<u8>>>,
    /// Number of frames from the other endpoint, since it acknowledged bytes that are missing here.
    pub(super) gap_acked: u32,
    /// Whether its last sequence numbers were acknowledged but not captured. One of them may be that of a FIN.
    pub(super) tail_missing: bool,
    pub(super) traffic: Traffic,
    /// Whether the sender has acknowledged anything.
    pub(super) acknowledges: bool,
}

/// Extends a relative sequence number to the position that is nearest to another position.
pub(super) fn position(near: u64, number: u32) -> u64 {
    let distance = number.wrapping_sub(near as u32) as i32;
    near.saturating_add_signed(distance.into())
}

impl Direction {
    /// Position of the first payload byte of a segment.
    pub(super) fn begin(&mut self, segment: &Segment<'_>, seq: u32) -> u64 {
        let syn = u64::from(segment.flags.syn());
        if !self.started {
            let at = position(ORIGIN, seq);
            self.started = true;
            self.next_ns = segment.ns;
            self.midway = syn == 0;
            // A keep-alive probe may carry the byte before the next one.
            let is_probe = syn == 0 && segment.len == Some(1) && !segment.flags.psh() && !segment.flags.fin();
            self.next = at + syn + u64::from(is_probe);
            // If the capture starts with a FIN, the bytes before it that were not acknowledged may have been captured
            // after it.
            let expected = self.expected.filter(|expected| *expected < at && segment.flags.fin());
            self.reassembly = Reassembly::starting_at(expected.unwrap_or(self.next));
            return at + syn;
        }
        // A SYN/ACK may move the base of the relative numbers, as long as no payload was sent.
        if syn == 1 && self.traffic.bytes == 0 && !self.reassembly.is_waiting() {
            let at = position(ORIGIN, seq);
            self.reassembly = Reassembly::starting_at(at + 1);
            self.next = at + 1;
            return at + 1;
        }
        let at = position(self.next, seq) + syn;
        if at == self.next + 1 {
            self.pass_over_probe(at);
        }
        at
    }

    /// Position of a relative number of this direction.
    pub(super) fn position_of(&self, number: u32) -> u64 {
        position(if self.started { self.next } else { ORIGIN }, number)
    }

    /// Whether the other endpoint has acknowledged more than was captured: a FIN, or a byte.
    pub(super) fn has_unseen_end(&self) -> bool {
        self.started && self.fin.is_none() && self.acked > self.next
    }

    /// Position after the last byte, without the FIN.
    pub(super) fn payload_end(&self) -> u64 {
        self.fin.map_or(self.next, |fin| fin.min(self.next))
    }

    /// Position up to which the bytes are known. A FIN takes one position. If no segment was captured, the maximum, so
    /// that nothing waits for this direction.
    pub(super) fn reached(&self) -> u64 {
        match self.fin {
            _ if !self.started => u64::MAX,
            Some(fin) if self.reassembly.next() >= fin => fin + 1,
            _ => self.reassembly.next(),
        }
    }

    /// Moves the beginning past a keep-alive probe, if the capture begins with one: a probe has the number of a byte
    /// that was acknowledged before (RFC 9293 section 3.8.4). `acked` is what the other endpoint acknowledges.
    pub(super) fn pass_over_probe(&mut self, acked: u64) {
        let is_probe = self.midway && self.traffic.bytes == 0 && acked == self.next + 1;
        if is_probe && !self.reassembly.is_waiting() && self.fin.is_none() {
            self.next = acked;
            self.reassembly = Reassembly::starting_at(acked);
        }
    }

    /// Counts the payload of a segment, and adds the flags that follow from it. `new` of its bytes are new.
    pub(super) fn count_payload(
        &mut self,
        arrival: Arrival,
        new: u64,
        payload: &Payload<&[u8]>,
        analysis: &mut AnalysisFlags,
    ) {
        let len = payload.len;
        self.traffic.bytes += new;
        if analysis.has(AnalysisFlag::KeepAlive) {
            return;
        }
        self.traffic.repeated_bytes += len - new.min(len);
        match arrival {
            Arrival::InOrder => {}
            Arrival::PartlyNew => analysis.add(AnalysisFlag::Overlap),
            Arrival::AheadOfGap | Arrival::FillsGap | Arrival::Duplicate => {}
        }
    }

    /// Stores what the analysis of later segments needs to know about this one.
    pub(super) fn remember(&mut self, segment: &Segment<'_>, begin: u64, analysis: AnalysisFlags) {
        let len = u64::from(segment.len.unwrap_or(0));
        if segment.flags.fin() && self.fin.is_none() {
            self.fin = Some(begin + len);
            self.fin_again = self.next > begin + len;
        }
        let end = begin + len + u64::from(segment.flags.fin());
        if !segment.flags.rst() && !analysis.has(AnalysisFlag::WindowProbe) && end > self.next {
            self.next = end;
            self.next_ns = segment.ns;
        }
        self.acknowledges |= segment.flags.ack();
        self.traffic.frames += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_extended_near_another() {
        for (near, number, want) in [
            (ORIGIN, 0, ORIGIN),
            (ORIGIN, 5, ORIGIN + 5),
            (ORIGIN, u32::MAX, ORIGIN - 1),
            (ORIGIN + 0xffff_fff0, 0x10, 2 * ORIGIN + 0x10),
            (2 * ORIGIN, 0xffff_ffff, 2 * ORIGIN - 1),
        ] {
            assert_eq!(position(near, number), want, "{near} {number}");
        }
    }
}
