//! The end of a connection, frame by frame: FINs, their acknowledgements, RSTs and what they are.

use super::frames::side;
use crate::model::{End, EndReason, Fin, Reset, ResetClass, Teardown};
use crate::tcp::Moment;

/// How many RSTs are kept.
const RESETS: usize = 16;

/// A FIN as it was seen.
#[derive(Clone, Copy, Debug)]
struct SeenFin {
    from: usize,
    moment: Moment,
    seq: u32,
    acked: Option<u64>,
    last_byte: Option<Moment>,
}

/// A RST as it was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenReset {
    pub(super) from: usize,
    pub(super) moment: Moment,
    pub(super) class: ResetClass,
    /// The frame that it answers.
    pub(super) answers: Option<u64>,
    pub(super) last_byte: Option<Moment>,
}

/// What is known when a RST comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Situation {
    /// SYN was sent and not answered.
    pub(super) not_open: bool,
    /// Its sender has sent FIN.
    pub(super) own_fin: bool,
    /// The other end has sent FIN.
    pub(super) other_fin: bool,
    /// The other end sent payload after its sender's FIN.
    pub(super) late_data: bool,
    /// An exchange is under way, or bytes have not been acknowledged.
    pub(super) under_way: bool,
}

/// What a RST is.
pub(super) fn class(situation: Situation) -> ResetClass {
    let Situation {
        not_open,
        own_fin,
        other_fin,
        late_data,
        under_way,
    } = situation;
    match (own_fin, other_fin) {
        _ if not_open => ResetClass::Refused,
        (true, _) if late_data => ResetClass::RefusesLateData,
        (true, true) => ResetClass::HarmlessAfterFin,
        _ if under_way => ResetClass::AbortsData,
        (false, true) => ResetClass::AnswersFin,
        (_, false) => ResetClass::Idle,
    }
}

/// What has been seen of an end.
#[derive(Debug, Default)]
pub(super) struct Ending {
    fins: Vec<SeenFin>,
    resets: Vec<SeenReset>,
    frames: Vec<u64>,
    opened_ns: i64,
}

impl Ending {
    pub(super) fn opened_at(ns: i64) -> Ending {
        Ending {
            opened_ns: ns,
            ..Ending::default()
        }
    }

    /// The frame of this end's FIN.
    pub(super) fn fin_of(&self, from: usize) -> Option<u64> {
        self.fins
            .iter()
            .find(|fin| fin.from == from)
            .map(|fin| fin.moment.frame)
    }

    /// A FIN; one that is sent again changes nothing.
    pub(super) fn fin(&mut self, from: usize, moment: Moment, seq: u32, last_byte: Option<Moment>) {
        if self.fin_of(from).is_some() {
            return;
        }
        self.note(moment.frame);
        self.fins.push(SeenFin {
            from,
            moment,
            seq,
            acked: None,
            last_byte,
        });
    }

    /// The other end's FIN is acknowledged.
    pub(super) fn acknowledged(&mut self, from: usize, frame: u64) {
        if let Some(fin) = self.fins.iter_mut().find(|fin| fin.from != from && fin.acked.is_none()) {
            fin.acked = Some(frame);
            self.note(frame);
        }
    }

    /// A RST.
    pub(super) fn reset(&mut self, reset: SeenReset) {
        if self.resets.len() < RESETS {
            self.note(reset.moment.frame);
            self.resets.push(reset);
        }
    }

    fn note(&mut self, frame: u64) {
        if self.frames.last() != Some(&frame) {
            self.frames.push(frame);
        }
    }

    /// The end, without the reason for it.
    pub(super) fn finish(&self, client: usize, last_byte: Option<Moment>, capture_end_ns: i64, opened: bool) -> End {
        let since = |from: i64, to: i64| u64::try_from(to.saturating_sub(from)).unwrap_or(0);
        let fin = |seen: &SeenFin| Fin {
            by: side(seen.from, client),
            frame: seen.moment.frame,
            ns: seen.moment.ns,
            seq: seen.seq,
            acked: seen.acked,
            after_last_byte_ns: seen.last_byte.map(|last| since(last.ns, seen.moment.ns)),
            since_opening_ns: since(self.opened_ns, seen.moment.ns),
        };
        let resets = self.resets.iter().map(|seen| Reset {
            by: side(seen.from, client),
            frame: seen.moment.frame,
            ns: seen.moment.ns,
            class: seen.class,
            answers: seen.answers,
            after_last_byte_ns: seen.last_byte.map(|last| since(last.ns, seen.moment.ns)),
        });
        let resets: Vec<Reset> = resets.collect();
        let (first_fin, second_fin) = (self.fins.first().map(fin), self.fins.get(1).map(fin));
        let goodbye = goodbye(first_fin.as_ref(), second_fin.as_ref(), resets.first(), opened);
        let half_closed_ns = first_fin.as_ref().map(|first| match (&second_fin, resets.first()) {
            (Some(second), _) => since(first.ns, second.ns),
            (None, Some(reset)) => since(first.ns, reset.ns),
            (None, None) => since(first.ns, capture_end_ns),
        });
        let mut end = End {
            goodbye,
            by: None,
            reason: EndReason::Unknown,
            acks: self.fins.iter().filter_map(|fin| fin.acked).collect(),
            half_closed_ns,
            quiet_ns: match goodbye {
                Teardown::StillOpen => last_byte.map(|last| since(last.ns, capture_end_ns)),
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

fn goodbye(first: Option<&Fin>, second: Option<&Fin>, reset: Option<&Reset>, opened: bool) -> Teardown {
    match (first, second, reset) {
        (_, _, Some(reset)) if reset.class == ResetClass::Refused => Teardown::NeverOpened,
        (None, _, Some(_)) => Teardown::Reset,
        (None, _, None) if !opened => Teardown::NeverOpened,
        (None, _, None) => Teardown::StillOpen,
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
    fn what_a_reset_is() {
        let situation = |bits: &str| Situation {
            not_open: bits.contains('n'),
            own_fin: bits.contains('o'),
            other_fin: bits.contains('f'),
            late_data: bits.contains('l'),
            under_way: bits.contains('u'),
        };
        for (bits, want) in [
            ("n", ResetClass::Refused),
            ("", ResetClass::Idle),
            ("u", ResetClass::AbortsData),
            ("f", ResetClass::AnswersFin),
            ("fu", ResetClass::AbortsData),
            ("o", ResetClass::Idle),
            ("ol", ResetClass::RefusesLateData),
            ("olu", ResetClass::RefusesLateData),
            ("ou", ResetClass::AbortsData),
            ("of", ResetClass::HarmlessAfterFin),
            ("ofl", ResetClass::RefusesLateData),
        ] {
            assert_eq!(class(situation(bits)), want, "{bits}");
        }
    }
}
