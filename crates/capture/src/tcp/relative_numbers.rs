//! Relative sequence numbers, and when a port pair is reused: the rules of Wireshark 4.0's TCP dissector.

use crate::decode::Segment;

/// The numbers that the relative ones of a stream count from, one for each endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RelativeNumbers {
    base: [Option<u32>; 2],
}

impl RelativeNumbers {
    /// Whether a segment from this endpoint starts another connection between the same ports: a SYN with another
    /// sequence number.
    pub(super) fn is_port_reuse(&self, from: usize, segment: &Segment<'_>) -> bool {
        let is_syn = segment.flags.syn() && !segment.flags.ack();
        is_syn && self.base[from].is_some_and(|base| base != segment.seq)
    }

    /// The relative sequence and acknowledgement number of a segment from this endpoint.
    ///
    /// - Without a SYN, they start at 1.
    /// - The base of an endpoint that has not sent anything is derived from what the other endpoint acknowledges.
    /// - A SYN/ACK with another number moves the base.
    /// - The numbers stay absolute if the header is incomplete. So does the acknowledgement number without ACK.
    pub(super) fn update(&mut self, from: usize, segment: &Segment<'_>) -> (u32, u32) {
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
    use crate::model::TcpFlags;

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
            flags: TcpFlags(flags),
            window: 1,
            options: &[],
            payload: &[],
            len: Some(0),
            reassembled: false,
            ip_id: None,
        }
    }

    #[test]
    fn numbers_as_wireshark_shows_them() {
        // Each row: endpoint, flags, seq, ack, and the relative numbers that Wireshark shows.
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
                "without a handshake",
                &[(0, ACK, 1000, 5000, (1, 1)), (1, ACK, 5000, 1010, (1, 11))],
            ),
            (
                "numbers that wrap",
                &[(0, SYN, u32::MAX, 0, (0, 0)), (0, ACK, 9, 1, (10, 1))],
            ),
            (
                "a SYN/ACK after other segments",
                &[
                    (0, SYN, 1000, 0, (0, 0)),
                    (1, ACK, 7000, 1001, (1, 1)),
                    (1, SYN | ACK, 5000, 1001, (0, 1)),
                ],
            ),
            ("refused", &[(0, SYN, 1000, 0, (0, 0)), (1, RST | ACK, 0, 1001, (1, 1))]),
            (
                "a number before the base",
                &[(0, ACK, 1000, 1, (1, 1)), (0, ACK, 998, 1, (u32::MAX, 1))],
            ),
        ];
        for (name, rows) in cases {
            let mut numbers = RelativeNumbers::default();
            for (i, (from, flags, seq, ack, want)) in rows.iter().enumerate() {
                assert_eq!(
                    numbers.update(*from, &segment(*flags, *seq, *ack)),
                    *want,
                    "{name}, row {i}"
                );
            }
        }
    }

    #[test]
    fn a_syn_with_another_number_starts_another_stream() {
        let mut numbers = RelativeNumbers::default();
        assert!(!numbers.is_port_reuse(0, &segment(SYN, 1000, 0)), "the first one");
        numbers.update(0, &segment(SYN, 1000, 0));
        assert!(!numbers.is_port_reuse(0, &segment(SYN, 1000, 0)), "retransmitted");
        assert!(numbers.is_port_reuse(0, &segment(SYN, 1001, 0)), "another number");
        assert!(
            !numbers.is_port_reuse(1, &segment(SYN, 7, 0)),
            "from an endpoint that has not sent anything"
        );
        assert!(!numbers.is_port_reuse(0, &segment(SYN | ACK, 7, 0)), "a SYN/ACK");
    }
}
