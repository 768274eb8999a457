//! Relative sequence numbers, and when a port is used again: the rules of Wireshark 4.0's TCP dissector.

use crate::decode::Segment;

/// The numbers that a stream's relative ones count from, one for each end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    base: [Option<u32>; 2],
}

impl Numbers {
    /// Whether a segment from this end begins another stream between the same ends: a SYN with another number.
    pub(super) fn opens_another(&self, from: usize, segment: &Segment<'_>) -> bool {
        let is_syn = segment.flags.syn() && !segment.flags.ack();
        is_syn && self.base[from].is_some_and(|base| base != segment.seq)
    }

    /// The relative numbers of a segment from this end.
    ///
    /// Without a SYN they begin at 1. An end that has not been heard yet counts from what the other one acknowledges.
    /// A SYN/ACK with another number moves the base. Where there is no room for the header nothing is made relative,
    /// nor is an acknowledgement number that does not count.
    pub(super) fn see(&mut self, from: usize, segment: &Segment<'_>) -> (u32, u32) {
        let flags = segment.flags;
        if flags.syn() && flags.ack() && self.base[from].is_some() {
            self.base[from] = Some(segment.seq);
        }
        if segment.len.is_none() {
            return (segment.seq, segment.ack);
        }
        let begin = if flags.syn() {
            segment.seq
        } else {
            segment.seq.wrapping_sub(1)
        };
        let base = *self.base[from].get_or_insert(begin);
        let seq = segment.seq.wrapping_sub(base);
        if !flags.ack() {
            return (seq, segment.ack);
        }
        let other = *self.base[1 - from].get_or_insert(segment.ack.wrapping_sub(1));
        (seq, segment.ack.wrapping_sub(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flags;

    const SYN: u8 = 0x02;
    const ACK: u8 = 0x10;
    const RST: u8 = 0x04;

    fn segment(flags: u8, seq: u32, ack: u32) -> Segment<'static> {
        let nobody = "127.0.0.1:1".parse().expect("an address");
        Segment {
            frame: 1,
            ns: 0,
            source: nobody,
            destination: nobody,
            seq,
            ack,
            flags: Flags(flags),
            window: 1,
            options: &[],
            payload: &[],
            len: Some(0),
            reassembled: false,
        }
    }

    #[test]
    fn numbers_as_wireshark_shows_them() {
        // Each case: from which end, flags, seq, ack, and what is shown.
        type Row = (usize, u8, u32, u32, (u32, u32));
        let cases: [(&str, &[Row]); 6] = [
            (
                "a handshake",
                &[
                    (0, SYN, 1000, 0, (0, 0)),
                    (1, SYN | ACK, 5000, 1001, (0, 1)),
                    (0, ACK, 1001, 5001, (1, 1)),
                ],
            ),
            (
                "begun midway",
                &[(0, ACK, 1000, 5000, (1, 1)), (1, ACK, 5000, 1010, (1, 11))],
            ),
            ("across zero", &[(0, SYN, u32::MAX, 0, (0, 0)), (0, ACK, 9, 1, (10, 1))]),
            (
                "a SYN/ACK that was not expected",
                &[
                    (0, SYN, 1000, 0, (0, 0)),
                    (1, ACK, 7000, 1001, (1, 1)),
                    (1, SYN | ACK, 5000, 1001, (0, 1)),
                ],
            ),
            ("refused", &[(0, SYN, 1000, 0, (0, 0)), (1, RST | ACK, 0, 1001, (1, 1))]),
            (
                "an old number before the base",
                &[(0, ACK, 1000, 1, (1, 1)), (0, ACK, 998, 1, (u32::MAX, 1))],
            ),
        ];
        for (name, rows) in cases {
            let mut numbers = Numbers::default();
            for (i, (from, flags, seq, ack, want)) in rows.iter().enumerate() {
                assert_eq!(
                    numbers.see(*from, &segment(*flags, *seq, *ack)),
                    *want,
                    "{name}, row {i}"
                );
            }
        }
    }

    #[test]
    fn a_syn_with_another_number_begins_another_stream() {
        let mut numbers = Numbers::default();
        assert!(!numbers.opens_another(0, &segment(SYN, 1000, 0)), "the first one");
        numbers.see(0, &segment(SYN, 1000, 0));
        assert!(!numbers.opens_another(0, &segment(SYN, 1000, 0)), "sent again");
        assert!(numbers.opens_another(0, &segment(SYN, 1001, 0)), "another one");
        assert!(
            !numbers.opens_another(1, &segment(SYN, 7, 0)),
            "of an end that was not heard"
        );
        assert!(!numbers.opens_another(0, &segment(SYN | ACK, 7, 0)), "a SYN/ACK");
    }
}
