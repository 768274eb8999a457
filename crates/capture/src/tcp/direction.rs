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
    /// Highest position that the other endpoint has acknowledged.
    pub(super) acked: u64,
    /// Position that the other endpoint has acknowledged last.
    pub(super) last_acked: u64,
    /// Time of the segment that ends at `next`.
    pub(super) next_ns: i64,
    /// Number of duplicate ACKs that its latest ACK makes.
    pub(super) duplicate_acks: u32,
    /// Time of its latest ACK.
    pub(super) last_ack_ns: i64,
    /// A byte that was sent to probe a window of 0. It counts if the other endpoint acknowledges it.
    pub(super) probe: Option<Payload<Vec<u8>>>,
    /// Number of frames from the other endpoint, since it acknowledged bytes that are missing here.
    pub(super) gap_acked: u32,
    pub(super) traffic: Traffic,
    /// Last window of the sender, not scaled.
    window: Option<u16>,
    last_ack: Option<u32>,
    was_keep_alive: bool,
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
            self.midway = syn == 0;
            // A keep-alive probe may carry the byte before the next one.
            let is_probe = syn == 0 && segment.len == Some(1) && !segment.flags.psh() && !segment.flags.fin();
            self.next = at + syn + u64::from(is_probe);
            self.reassembly = Reassembly::starting_at(self.next);
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

    /// Position up to which the bytes are known; everything, if no segment was captured: then nothing is waited for. The
    /// FIN has a position too.
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

    /// Whether the sender has acknowledged anything.
    pub(super) fn acknowledges(&self) -> bool {
        self.last_ack.is_some()
    }

    /// The flags that follow from the header of a segment. `first` says whether it is the first of its direction.
    pub(super) fn analyze_header(
        &self,
        other: &Self,
        segment: &Segment<'_>,
        begin: u64,
        ack: u32,
        first: bool,
    ) -> AnalysisFlags {
        let mut analysis = AnalysisFlags::default();
        let flags = segment.flags;
        let len = segment.len.unwrap_or(0);
        if segment.reassembled {
            analysis.add(AnalysisFlag::Reassembled);
        }
        if segment.payload.len() < len as usize {
            analysis.add(AnalysisFlag::Cut);
        }
        let probed = other.probe.as_ref().map_or(other.next, Payload::end).max(other.next);
        if other.started && flags.ack() && position(other.next, ack) > probed {
            analysis.add(AnalysisFlag::AckedUnseen);
        }
        if flags.syn() || flags.fin() || flags.rst() {
            if !first && flags.fin() && self.fin == Some(begin + u64::from(len)) {
                analysis.add(AnalysisFlag::Retransmission);
            }
            return analysis;
        }
        if segment.window == 0 {
            analysis.add(AnalysisFlag::ZeroWindow);
        }
        if len == 1 && begin == self.next && other.window == Some(0) {
            analysis.add(AnalysisFlag::WindowProbe);
        } else if len <= 1 && begin + 1 == self.next {
            analysis.add(AnalysisFlag::KeepAlive);
        }
        let repeats = self.last_ack == Some(ack) && self.window == Some(segment.window);
        let is_same = len == 0 && begin == self.next && repeats;
        if is_same && other.was_keep_alive {
            analysis.add(AnalysisFlag::KeepAliveAck);
        } else if is_same && segment.window > 0 && other.next > other.acked {
            analysis.add(AnalysisFlag::DuplicateAck);
        }
        analysis
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
            // One gap has one flag: only the first segment after it.
            Arrival::AheadOfGap if payload.at > self.next => analysis.add(AnalysisFlag::Gap),
            Arrival::AheadOfGap => {}
            Arrival::PartlyNew => analysis.add(AnalysisFlag::Overlap),
            // See `repeats`.
            Arrival::FillsGap | Arrival::Duplicate => {}
        }
    }

    /// Stores what the analysis of later segments needs to know about this one.
    pub(super) fn remember(&mut self, segment: &Segment<'_>, begin: u64, ack: u32, analysis: AnalysisFlags) {
        let len = u64::from(segment.len.unwrap_or(0));
        if segment.flags.fin() {
            self.fin.get_or_insert(begin + len);
        }
        let end = begin + len + u64::from(segment.flags.fin());
        if !segment.flags.rst() && !analysis.has(AnalysisFlag::WindowProbe) && end > self.next {
            self.next = end;
            self.next_ns = segment.ns;
        }
        if segment.flags.ack() {
            let repeats = analysis.has(AnalysisFlag::DuplicateAck);
            self.duplicate_acks = if repeats { self.duplicate_acks + 1 } else { 0 };
            self.last_ack_ns = segment.ns;
        }
        self.window = Some(segment.window);
        self.last_ack = segment.flags.ack().then_some(ack);
        self.was_keep_alive = analysis.has(AnalysisFlag::KeepAlive);
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
