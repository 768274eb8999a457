//! The teardown of a connection, frame by frame: FINs, their acknowledgements, RSTs and what they do.

use super::frames::side;
use super::tracker::FrameTime;
use crate::model::{ConnectionEnd, EndReason, Fin, Reset, ResetClass, Teardown};

/// How many RSTs are kept.
const RESETS: usize = 16;

/// A FIN whose sender is an endpoint, because it is not known yet which endpoint is the client.
#[derive(Clone, Copy, Debug)]
struct SeenFin {
    from: usize,
    at: FrameTime,
    seq: u32,
    ack: u32,
    /// Position that it acknowledges.
    received: u64,
    /// Whether it acknowledges more than was captured: another FIN, or a byte.
    acks_unseen: bool,
    acked: Option<u64>,
    last_byte: Option<FrameTime>,
}

/// A RST whose sender is an endpoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenReset {
    pub(super) from: usize,
    pub(super) at: FrameTime,
    pub(super) class: ResetClass,
    /// The frame that it responds to.
    pub(super) answers: Option<u64>,
    pub(super) last_byte: Option<FrameTime>,
}

/// State of the connection when a RST is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ResetContext {
    /// The SYN was not answered.
    pub(super) not_open: bool,
    /// The sender of the RST has sent a FIN.
    pub(super) own_fin: bool,
    /// The other endpoint has sent a FIN.
    pub(super) other_fin: bool,
    /// The other endpoint sent payload that the sender of the RST had not received when it sent its FIN.
    pub(super) late_data: bool,
    /// The RST has no ACK: it responds to a segment that belongs to no connection of its sender (RFC 9293 section
    /// 3.10.7.1).
    pub(super) without_ack: bool,
    /// An exchange is in progress, or bytes were not acknowledged.
    pub(super) in_progress: bool,
    /// A RST was sent before.
    pub(super) already_reset: bool,
    /// What was sent before is not known: bytes, the beginning or one side were not captured.
    pub(super) unseen: bool,
}

/// What a RST does.
pub(super) fn classify(context: ResetContext) -> ResetClass {
    let ResetContext {
        not_open,
        own_fin,
        other_fin,
        late_data,
        without_ack,
        in_progress,
        already_reset,
        unseen,
    } = context;
    match (own_fin, other_fin) {
        _ if not_open => ResetClass::Refused,
        (true, _) if late_data => ResetClass::RefusesLateData,
        (false, _) if already_reset => ResetClass::AfterReset,
        (true, true) => ResetClass::HarmlessAfterFin,
        (false, false) if without_ack => ResetClass::NoConnection,
        // It refuses a segment that was recorded later, or not at all.
        (true, false) if without_ack => ResetClass::Unexplained,
        _ if unseen => ResetClass::Unexplained,
        (false, true) if without_ack && in_progress => ResetClass::NoConnection,
        _ if in_progress => ResetClass::AbortsData,
        (false, true) => ResetClass::AnswersFin,
        (_, false) => ResetClass::Idle,
    }
}

/// What was captured of a teardown.
#[derive(Debug, Default)]
pub(super) struct TeardownTracker {
    fins: Vec<SeenFin>,
    resets: Vec<SeenReset>,
    frames: Vec<u64>,
    /// Time of the first frame of the connection.
    opened_ns: i64,
}

impl TeardownTracker {
    pub(super) fn opened_at(ns: i64) -> Self {
        Self {
            opened_ns: ns,
            ..Self::default()
        }
    }

    /// Whether a RST was sent.
    pub(super) fn is_reset(&self) -> bool {
        !self.resets.is_empty()
    }

    /// Frame of the FIN of an endpoint.
    pub(super) fn fin_of(&self, from: usize) -> Option<u64> {
        self.fins.iter().find(|fin| fin.from == from).map(|fin| fin.at.frame)
    }

    /// The endpoint that sent the first FIN or RST, and whether a FIN acknowledges more than was captured.
    pub(super) fn first(&self) -> Option<(usize, bool)> {
        match (self.fins.first(), self.resets.first()) {
            (Some(fin), reset) if reset.is_none_or(|reset| fin.at.frame < reset.at.frame) => {
                Some((fin.from, fin.acks_unseen))
            }
            (_, Some(reset)) => Some((reset.from, false)),
            _ => None,
        }
    }

    /// Whether this frame has a FIN that is the first end of the connection.
    pub(super) fn is_fin(&self, frame: u64) -> bool {
        self.resets.is_empty() && self.fins.first().is_some_and(|fin| fin.at.frame == frame)
    }

    /// Position up to which an endpoint had received bytes when it sent its FIN.
    pub(super) fn acked_by_fin(&self, from: usize) -> Option<u64> {
        self.fins.iter().find(|fin| fin.from == from).map(|fin| fin.received)
    }

    /// Adds a FIN with its sequence and acknowledgement number. A retransmitted FIN is ignored.
    /// `received` is the position that it acknowledges, of those up to `sent` that were captured.
    pub(super) fn fin(
        &mut self,
        from: usize,
        at: FrameTime,
        [seq, ack]: [u32; 2],
        [received, sent]: [u64; 2],
        last_byte: Option<FrameTime>,
    ) {
        if self.fin_of(from).is_some() {
            return;
        }
        self.add_frame(at.frame);
        self.fins.push(SeenFin {
            from,
            at,
            seq,
            ack,
            received,
            acks_unseen: received > sent,
            acked: None,
            last_byte,
        });
    }

    /// Notes that endpoint `from` acknowledges the FIN of the other endpoint.
    pub(super) fn acknowledged(&mut self, from: usize, frame: u64) {
        if let Some(fin) = self.fins.iter_mut().find(|fin| fin.from != from && fin.acked.is_none()) {
            fin.acked = Some(frame);
            self.add_frame(frame);
        }
    }

    /// Adds a RST.
    pub(super) fn reset(&mut self, reset: SeenReset) {
        if self.resets.len() < RESETS {
            self.add_frame(reset.at.frame);
            self.resets.push(reset);
        }
    }

    fn add_frame(&mut self, frame: u64) {
        if self.frames.last() != Some(&frame) {
            self.frames.push(frame);
        }
    }

    /// The end of the connection. `analyze` determines the reason; here it is left unknown.
    pub(super) fn finish(
        &self,
        client: usize,
        last_byte: Option<FrameTime>,
        capture_end_ns: i64,
        opened: bool,
    ) -> ConnectionEnd {
        // They may be captured in another order.
        let mut fins = self.fins.clone();
        fins.sort_by_key(|fin| fin.at.ns);
        let fin = |seen: &SeenFin| Fin {
            by: side(seen.from, client),
            frame: seen.at.frame,
            ns: seen.at.ns,
            seq: seen.seq,
            ack: seen.ack,
            acked: seen.acked,
            after_last_byte_ns: seen.last_byte.map(|last| elapsed(last.ns, seen.at.ns)),
            since_opening_ns: elapsed(self.opened_ns, seen.at.ns),
        };
        let resets = self.resets.iter().map(|seen| Reset {
            by: side(seen.from, client),
            frame: seen.at.frame,
            ns: seen.at.ns,
            class: seen.class,
            answers: seen.answers,
            after_last_byte_ns: seen.last_byte.map(|last| elapsed(last.ns, seen.at.ns)),
        });
        let resets: Vec<Reset> = resets.collect();
        let (first_fin, second_fin) = (fins.first().map(fin), fins.get(1).map(fin));
        let teardown = teardown(first_fin.as_ref(), second_fin.as_ref(), resets.first(), opened);
        // FINs that cross leave no side half-closed.
        let half_closed_by = first_fin.as_ref().filter(|_| teardown != Teardown::Simultaneous);
        let half_closed_ns = half_closed_by.map(|first| match (&second_fin, resets.first()) {
            (Some(second), _) => elapsed(first.ns, second.ns),
            (None, Some(reset)) => elapsed(first.ns, reset.ns),
            (None, None) => elapsed(first.ns, capture_end_ns),
        });
        let mut end = ConnectionEnd {
            teardown,
            by: None,
            reason: EndReason::Unknown,
            replaced_by: None,
            acks: self.fins.iter().filter_map(|fin| fin.acked).collect(),
            half_closed_ns,
            quiet_ns: match teardown {
                Teardown::StillOpen => last_byte.map(|last| elapsed(last.ns, capture_end_ns)),
                _ => None,
            },
            first_fin,
            second_fin,
            resets,
            frames: self.frames.clone(),
        };
        end.by = end.first().map(|first| first.by);
        end
    }
}

/// Nanoseconds between two times; 0 if the clock went backwards.
fn elapsed(from_ns: i64, to_ns: i64) -> u64 {
    u64::try_from(to_ns.saturating_sub(from_ns)).unwrap_or(0)
}

fn teardown(first: Option<&Fin>, second: Option<&Fin>, reset: Option<&Reset>, opened: bool) -> Teardown {
    match (first, second, reset) {
        (_, _, Some(reset)) if reset.class == ResetClass::Refused => Teardown::NeverOpened,
        (None, _, Some(_)) => Teardown::Reset,
        (None, _, None) if !opened => Teardown::NeverOpened,
        (None, _, None) => Teardown::StillOpen,
        // Neither side had received the other's FIN when it sent its own.
        (Some(first), Some(second), _) if second.ack.wrapping_sub(first.seq) as i32 <= 0 => Teardown::Simultaneous,
        (Some(first), Some(second), reset) => match (first.acked, second.acked) {
            (Some(acked), Some(_)) if acked == second.frame => Teardown::ThreeFrames,
            (Some(_), Some(_)) => Teardown::FourFrames,
            _ if reset.is_some_and(|reset| reset.class != ResetClass::HarmlessAfterFin) => Teardown::FinThenReset,
            _ => Teardown::BothFins,
        },
        (Some(_), None, Some(_)) => Teardown::FinThenReset,
        (Some(_), None, None) => Teardown::HalfClosed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_classified_by_their_context() {
        let context = |bits: &str| ResetContext {
            not_open: bits.contains('n'),
            own_fin: bits.contains('o'),
            other_fin: bits.contains('f'),
            late_data: bits.contains('l'),
            without_ack: bits.contains('a'),
            in_progress: bits.contains('u'),
            already_reset: bits.contains('r'),
            unseen: bits.contains('m'),
        };
        for (bits, want) in [
            ("n", ResetClass::Refused),
            ("", ResetClass::Idle),
            ("u", ResetClass::AbortsData),
            ("a", ResetClass::NoConnection),
            ("au", ResetClass::NoConnection),
            ("af", ResetClass::AnswersFin),
            ("aol", ResetClass::RefusesLateData),
            ("an", ResetClass::Refused),
            ("f", ResetClass::AnswersFin),
            ("fu", ResetClass::AbortsData),
            ("afu", ResetClass::NoConnection),
            ("amfu", ResetClass::Unexplained),
            ("ao", ResetClass::Unexplained),
            ("r", ResetClass::AfterReset),
            ("ar", ResetClass::AfterReset),
            ("mr", ResetClass::AfterReset),
            ("afru", ResetClass::AfterReset),
            ("olr", ResetClass::RefusesLateData),
            ("o", ResetClass::Idle),
            ("ol", ResetClass::RefusesLateData),
            ("olu", ResetClass::RefusesLateData),
            ("ou", ResetClass::AbortsData),
            ("of", ResetClass::HarmlessAfterFin),
            ("ofl", ResetClass::RefusesLateData),
            ("m", ResetClass::Unexplained),
            ("mu", ResetClass::Unexplained),
            ("mf", ResetClass::Unexplained),
            ("mof", ResetClass::HarmlessAfterFin),
            ("mn", ResetClass::Refused),
        ] {
            assert_eq!(classify(context(bits)), want, "{bits}");
        }
    }
}
