//! One direction of a connection: where its sequence numbers stand, and what each segment is by them.

use crate::decode::Segment;
use crate::model::{AnalysisFlag, AnalysisFlags, Traffic};
use crate::reassembly::{News, Order};

/// Positions begin here, so that what came before the first segment has a place too.
pub(super) const ORIGIN: u64 = 1 << 32;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Direction {
    pub(super) started: bool,
    pub(super) order: Order,
    /// The position behind everything that was sent, SYN and FIN counted.
    pub(super) next: u64,
    /// The position of the FIN.
    pub(super) fin: Option<u64>,
    /// The highest position of this direction that the other end has acknowledged.
    pub(super) acked: u64,
    /// How many frames have come since that covered a gap.
    pub(super) gap_acked: u32,
    pub(super) traffic: Traffic,
    /// The last window of its sender, not scaled.
    window: Option<u16>,
    last_ack: Option<u32>,
    was_keep_alive: bool,
}

/// The position of a relative number near another position.
pub(super) fn position(near: u64, number: u32) -> u64 {
    let distance = number.wrapping_sub(near as u32) as i32;
    near.saturating_add_signed(distance.into())
}

impl Direction {
    /// The position of a segment's first byte.
    pub(super) fn begin(&mut self, segment: &Segment<'_>, seq: u32) -> u64 {
        let syn = u64::from(segment.flags.syn());
        if !self.started {
            let at = position(ORIGIN, seq);
            self.started = true;
            self.order = Order::starting_at(at + syn);
            self.next = at + syn;
            return at + syn;
        }
        // A SYN/ACK may move the base; nothing has been sent then.
        if syn == 1 && self.traffic.bytes == 0 && !self.order.is_waiting() {
            let at = position(ORIGIN, seq);
            self.order = Order::starting_at(at + 1);
            self.next = at + 1;
            return at + 1;
        }
        position(self.next, seq) + syn
    }

    /// What a segment is by its numbers alone, before its payload is looked at.
    pub(super) fn marks(
        &self,
        other: &Direction,
        segment: &Segment<'_>,
        begin: u64,
        ack: u32,
        first: bool,
    ) -> AnalysisFlags {
        let mut marks = AnalysisFlags::default();
        let flags = segment.flags;
        let len = segment.len.unwrap_or(0);
        if segment.reassembled {
            marks.add(AnalysisFlag::Reassembled);
        }
        if segment.payload.len() < len as usize {
            marks.add(AnalysisFlag::Cut);
        }
        if other.started && flags.ack() && position(other.next, ack) > other.next {
            marks.add(AnalysisFlag::AckedUnseen);
        }
        if flags.syn() || flags.fin() || flags.rst() {
            if !first && flags.fin() && self.fin == Some(begin + u64::from(len)) {
                marks.add(AnalysisFlag::Retransmission);
            }
            return marks;
        }
        if segment.window == 0 {
            marks.add(AnalysisFlag::ZeroWindow);
        }
        if !first && len <= 1 && begin + 1 == self.next {
            marks.add(AnalysisFlag::KeepAlive);
        } else if len == 1 && begin == self.next && other.window == Some(0) {
            marks.add(AnalysisFlag::WindowProbe);
        }
        let repeats = self.last_ack == Some(ack) && self.window == Some(segment.window);
        if len == 0 && begin == self.next && repeats && other.was_keep_alive {
            marks.add(AnalysisFlag::KeepAliveAck);
        }
        marks
    }

    /// Notes what a segment's payload brought.
    pub(super) fn brought(&mut self, news: News, new: u64, len: u64, marks: &mut AnalysisFlags) {
        self.traffic.bytes += new;
        if marks.has(AnalysisFlag::KeepAlive) {
            return;
        }
        self.traffic.repeated_bytes += len - new.min(len);
        match news {
            News::Next => {}
            News::AheadOfGap => marks.add(AnalysisFlag::Gap),
            News::FillsGap => marks.add(AnalysisFlag::OutOfOrder),
            News::Partly => marks.add(AnalysisFlag::Overlap),
            News::Nothing => marks.add(AnalysisFlag::Retransmission),
        }
    }

    /// Remembers a segment for the ones that follow.
    pub(super) fn remember(&mut self, segment: &Segment<'_>, begin: u64, ack: u32, marks: AnalysisFlags) {
        let len = u64::from(segment.len.unwrap_or(0));
        if segment.flags.fin() {
            self.fin.get_or_insert(begin + len);
        }
        let end = begin + len + u64::from(segment.flags.fin());
        if !segment.flags.rst() {
            self.next = self.next.max(end);
        }
        self.window = Some(segment.window);
        self.last_ack = segment.flags.ack().then_some(ack);
        self.was_keep_alive = marks.has(AnalysisFlag::KeepAlive);
        self.traffic.frames += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_near_another() {
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
