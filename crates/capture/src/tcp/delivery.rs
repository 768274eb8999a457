//! How the bytes of a connection reach the conversation: in order within each direction, and a response not before the
//! request that it acknowledges.

use super::tracker::{ConnectionTracker, FrameTime, frame_time};
use crate::decode::Segment;
use crate::limits::Budget;
use crate::model::{AnalysisFlag, AnalysisFlags};
use crate::reassembly::{Delivery, Payload, Reassembly};

/// How many bytes of one direction may wait for the bytes before them.
const MAX_WAITING: usize = 4 << 20;
/// How many acknowledgements that cover a gap are awaited before its bytes count as missing. Packets may be captured
/// slightly out of order. The receiver has acknowledged the bytes, so the capture lost them, not the network.
const GAP_PATIENCE: u32 = 3;

impl ConnectionTracker {
    /// Adds the payload of a segment at position `begin`.
    pub(super) fn add_payload(
        &mut self,
        segment: &Segment<'_>,
        from: usize,
        begin: u64,
        ack: u32,
        analysis: &mut AnalysisFlags,
        budget: &mut Budget,
    ) {
        let len = u64::from(segment.len.unwrap_or(0));
        let bytes = &segment.payload[..segment.payload.len().min(len as usize)];
        self.cut += u64::from(analysis.has(AnalysisFlag::Cut));
        let payload = Payload {
            at: begin,
            bytes,
            len,
            frame: segment.frame,
            ns: segment.ns,
            pushed: segment.flags.psh(),
            ack: match segment.flags.ack() {
                true => self.directions[1 - from].position_of(ack),
                false => 0,
            },
        };
        if analysis.has(AnalysisFlag::WindowProbe) {
            // A probe may also repeat the last byte that was sent.
            if payload.end() > self.directions[from].next {
                self.directions[from].probe = Some(payload.to_owned());
            }
            return;
        }
        self.directions[from].probe = None;
        let held = self.directions[from].reassembly.held();
        let (arrival, new) = self.deliver(from, budget, |reassembly, deliver| reassembly.add(&payload, deliver));
        let direction = &mut self.directions[from];
        direction.count_payload(arrival, new, &payload, analysis);
        budget.left.buffered = (budget.left.buffered + held).saturating_sub(direction.reassembly.held());
        if new > 0 {
            self.directions[from].tail_missing = false;
            // Frames may be recorded in another order than they were sent.
            let last = self.last_byte.filter(|last| last.ns > segment.ns);
            self.last_byte = last.or(Some(frame_time(segment)));
            self.last_payload[from] = Some(segment.frame);
        }
        if self.directions[from].reassembly.held() > MAX_WAITING || budget.left.buffered == 0 {
            budget.buffered_over += self.skip_gaps(from, u64::MAX, budget);
        }
    }

    /// Applies `change` to the reassembly of a direction, and passes on what it delivers. Bytes that respond to bytes
    /// not captured so far are held back. The client's bytes are never held back, because responses are paired with the
    /// requests that came before.
    fn deliver<R>(
        &mut self,
        from: usize,
        budget: &mut Budget,
        change: impl FnOnce(&mut Reassembly, &mut dyn FnMut(Delivery<'_>)) -> R,
    ) -> R {
        let may_wait = !self.conversation.is_client(from);
        let reached = self.passed_on(1 - from);
        let (direction, held) = (&mut self.directions[from], &mut self.held[from]);
        let conversation = &mut self.conversation;
        change(&mut direction.reassembly, &mut |delivery| {
            if may_wait && held.holds(&delivery, reached) {
                held.push(&delivery);
            } else {
                conversation.receive(from, &delivery, budget);
            }
        })
    }

    /// Position up to which the bytes of a direction are known and passed on.
    fn passed_on(&self, from: usize) -> u64 {
        self.directions[from].reached().min(self.held[from].begin())
    }

    /// Passes on the bytes that waited for the segment of endpoint `from`, and those that have waited for too long.
    /// `ack` is the acknowledgement number of the segment.
    pub(super) fn release(&mut self, from: usize, ack: Option<u32>, budget: &mut Budget) {
        let acked = ack.map(|ack| self.directions[1 - from].position_of(ack));
        self.held[1 - from].count_frame(acked);
        self.held[from].count_frame(None);
        // Bytes that are released in one direction may be those that the other direction waits for.
        while self.release_of(0, budget) || self.release_of(1, budget) {}
    }

    /// Passes on the first delivery that was held back in a direction, if what it waits for was delivered or is
    /// overdue. Returns whether it was passed on.
    fn release_of(&mut self, from: usize, budget: &mut Budget) -> bool {
        let Some(awaits) = self.held[from].awaits() else {
            return false;
        };
        if awaits > self.passed_on(1 - from) {
            if !self.held[from].is_overdue() {
                return false;
            }
            self.give_up_on(1 - from, awaits, budget);
        }
        let conversation = &mut self.conversation;
        self.held[from].release_first(&mut |delivery| conversation.receive(from, delivery, budget));
        self.close_if_complete(from);
        true
    }

    /// Gives up on the bytes of a direction up to a position that the other endpoint has acknowledged.
    fn give_up_on(&mut self, from: usize, to: u64, budget: &mut Budget) {
        self.skip_gaps(from, to, budget);
        if !self.directions[from].reassembly.is_waiting() {
            self.skip_tail(from, to, budget);
        }
    }

    /// Passes on everything that was held back, because what it waits for will not come any more.
    pub(super) fn release_all(&mut self, budget: &mut Budget) {
        for from in [0, 1] {
            while !self.held[from].is_empty() {
                let conversation = &mut self.conversation;
                self.held[from].release_first(&mut |delivery| conversation.receive(from, delivery, budget));
            }
        }
    }

    /// Gives up on the missing bytes of a direction, up to a position. Returns their number.
    fn skip_gaps(&mut self, from: usize, limit: u64, budget: &mut Budget) -> u64 {
        let held = self.directions[from].reassembly.held();
        let missing = self.deliver(from, budget, |reassembly, deliver| reassembly.skip_gaps(limit, deliver));
        budget.left.buffered += held - self.directions[from].reassembly.held();
        self.missing += missing;
        missing
    }

    /// Gives up on the missing bytes of both directions that were acknowledged, because a RST ends the connection.
    pub(super) fn give_up_on_acked(&mut self, budget: &mut Budget) {
        for from in [0, 1] {
            self.give_up_up_to(from, self.directions[from].acked, budget);
        }
    }

    /// Gives up on the missing bytes of a direction before a position.
    pub(super) fn give_up_up_to(&mut self, from: usize, position: u64, budget: &mut Budget) {
        self.skip_gaps(from, position, budget);
        let direction = &self.directions[from];
        let end = position.min(direction.fin.unwrap_or(u64::MAX));
        // The last number may be that of a FIN which was not captured.
        if direction.started && !direction.reassembly.is_waiting() && end > direction.reassembly.next() + 1 {
            self.skip_tail(from, end, budget);
        }
    }

    /// Gives up on the missing bytes at the end of a direction, up to a position.
    fn skip_tail(&mut self, from: usize, to: u64, budget: &mut Budget) {
        let missing = self.deliver(from, budget, |reassembly, deliver| reassembly.skip_to(to, deliver));
        self.missing += missing;
        self.directions[from].tail_missing |= missing > 0;
    }

    /// Processes an acknowledgement from endpoint `from`.
    pub(super) fn acknowledge(&mut self, from: usize, ack: u32, now: FrameTime, budget: &mut Budget) {
        let other = 1 - from;
        let sent = &mut self.directions[other];
        let acked = sent.position_of(ack);
        if !sent.started {
            sent.expected = sent.expected.max(Some(acked));
            return;
        }
        sent.pass_over_probe(acked);
        sent.acked = sent.acked.max(acked);
        if sent.fin.is_some_and(|fin| acked > fin) {
            self.teardown.acknowledged(from, now.frame);
        }
        if let Some(probe) = sent.probe.take_if(|probe| acked >= probe.end()) {
            sent.next = sent.next.max(probe.end());
            sent.traffic.bytes += probe.len;
            self.deliver(other, budget, |reassembly, deliver| {
                reassembly.add(&probe.borrowed(), deliver)
            });
        }
        let sent = &mut self.directions[other];
        if sent.reassembly.gap_end().is_some_and(|end| sent.acked >= end) {
            sent.gap_acked += 1;
            if sent.gap_acked > GAP_PATIENCE {
                sent.gap_acked = 0;
                let limit = sent.acked;
                self.skip_gaps(other, limit, budget);
                self.close_if_complete(other);
            }
        }
    }

    /// Closes a direction of the conversation after its FIN, once all bytes before the FIN were delivered.
    pub(super) fn close_if_complete(&mut self, from: usize) {
        let direction = &self.directions[from];
        if self.held[from].is_empty() && direction.fin.is_some_and(|fin| direction.reassembly.next() >= fin) {
            self.conversation.close(from);
        }
    }

    /// Ends the connection at the end of the capture: missing bytes will not arrive any more.
    pub(super) fn finish(&mut self, budget: &mut Budget) {
        for from in [0, 1] {
            self.skip_gaps(from, u64::MAX, budget);
            self.give_up_up_to(from, self.directions[from].acked, budget);
        }
        self.release_all(budget);
        for from in [0, 1] {
            self.close_if_complete(from);
        }
    }
}
