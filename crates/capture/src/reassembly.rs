//! Reassembly of one direction of a TCP connection: segments that arrive early wait for the bytes before them.
//!
//! Positions are relative sequence numbers, extended to 64 bits. Of bytes that were captured twice, the first copy
//! counts. The content of the bytes is not interpreted here.

use std::collections::BTreeMap;

/// The payload of a segment, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payload<B> {
    /// Position of the first byte.
    pub(crate) at: u64,
    /// The captured bytes.
    pub(crate) bytes: B,
    /// Length on the wire.
    pub(crate) len: u64,
    /// Frame number.
    pub(crate) frame: u64,
    /// Time of the frame, in nanoseconds since 1970.
    pub(crate) ns: i64,
    /// Whether it ends with PSH.
    pub(crate) pushed: bool,
    /// Position in the other direction up to which its segment acknowledges; 0 without ACK.
    pub(crate) ack: u64,
}

impl Payload<&[u8]> {
    /// The same payload with its own copy of the bytes.
    pub(crate) fn to_owned(&self) -> Payload<Vec<u8>> {
        Payload {
            at: self.at,
            bytes: self.bytes.to_vec(),
            len: self.len,
            frame: self.frame,
            ns: self.ns,
            pushed: self.pushed,
            ack: self.ack,
        }
    }
}

impl Payload<Vec<u8>> {
    /// The same payload, borrowed.
    pub(crate) fn borrowed(&self) -> Payload<&[u8]> {
        self.part(self.at, self.end())
    }
}

impl<B: AsRef<[u8]>> Payload<B> {
    /// Position after the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.at + self.len
    }

    /// The part between two positions.
    fn part(&self, from: u64, to: u64) -> Payload<&[u8]> {
        let bytes = self.bytes.as_ref();
        let clip = |position: u64| {
            usize::try_from(position - self.at)
                .unwrap_or(usize::MAX)
                .min(bytes.len())
        };
        Payload {
            at: from,
            bytes: &bytes[clip(from)..clip(to)],
            len: to - from,
            frame: self.frame,
            ns: self.ns,
            pushed: self.pushed && to == self.end(),
            ack: self.ack,
        }
    }
}

/// What is delivered, in order of position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivery<'a> {
    /// The next bytes.
    Bytes(Payload<&'a [u8]>),
    /// `len` bytes from position `at` that were not captured.
    Missing { at: u64, len: u64 },
}

/// The bytes of one direction.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    /// Position after the last byte that was delivered.
    next: u64,
    /// Payloads that wait for bytes before them, by position. They do not overlap.
    waiting: BTreeMap<u64, Payload<Vec<u8>>>,
    /// Number of bytes in `waiting`.
    held: usize,
}

/// How a payload relates to the bytes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It starts at the next position.
    InOrder,
    /// Bytes before it are missing.
    AheadOfGap,
    /// It fills a gap, completely or in part.
    FillsGap,
    /// Some of its bytes arrived before.
    PartlyNew,
    /// All of its bytes arrived before.
    Duplicate,
}

impl Reassembly {
    /// Starts at a position.
    pub(crate) fn starting_at(next: u64) -> Self {
        Self {
            next,
            ..Self::default()
        }
    }

    /// Position after the last byte that was delivered.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Whether payloads wait for bytes before them.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Number of bytes that wait.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// End of the first gap: the position of the first payload that waits.
    pub(crate) fn gap_end(&self) -> Option<u64> {
        self.waiting.keys().next().copied()
    }

    /// Adds a payload and delivers what is now in order. Returns how it arrived, and how many of its bytes are new.
    pub(crate) fn add(&mut self, payload: &Payload<&[u8]>, deliver: &mut dyn FnMut(Delivery<'_>)) -> (Arrival, u64) {
        let (begin, end) = (payload.at.max(self.next), payload.end());
        if end <= begin {
            return (Arrival::Duplicate, 0);
        }
        if begin == self.next && self.waiting.is_empty() {
            self.next = end;
            deliver(Delivery::Bytes(payload.part(begin, end)));
            let arrival = if payload.at < begin {
                Arrival::PartlyNew
            } else {
                Arrival::InOrder
            };
            return (arrival, end - begin);
        }
        let new = self.keep(payload, begin, end);
        let arrival = match new {
            0 => Arrival::Duplicate,
            _ if new < payload.len => Arrival::PartlyNew,
            _ if begin == self.next || self.waiting.keys().next_back().is_some_and(|last| *last > begin) => {
                Arrival::FillsGap
            }
            _ => Arrival::AheadOfGap,
        };
        self.deliver_waiting(deliver);
        (arrival, new)
    }

    /// Keeps the new bytes between `begin` and `end`, and returns their number.
    fn keep(&mut self, payload: &Payload<&[u8]>, begin: u64, end: u64) -> u64 {
        let mut from = begin;
        if let Some((_, before)) = self.waiting.range(..=begin).next_back() {
            from = from.max(before.end());
        }
        let mut new = 0;
        while from < end {
            let next = self.waiting.range(from..).next().map(|(at, next)| (*at, next.end()));
            let to = next.map_or(end, |(at, _)| at.min(end));
            if to > from {
                let part = payload.part(from, to);
                new += part.len;
                self.held += part.bytes.len();
                self.waiting.insert(from, part.to_owned());
            }
            from = next.map_or(end, |(_, next_end)| next_end.max(to));
        }
        new
    }

    fn deliver_waiting(&mut self, deliver: &mut dyn FnMut(Delivery<'_>)) {
        while let Some(first) = self.waiting.first_entry().filter(|first| *first.key() == self.next) {
            let payload = first.remove();
            self.held -= payload.bytes.len();
            self.next = payload.end();
            deliver(Delivery::Bytes(payload.part(payload.at, payload.end())));
        }
    }

    /// Reports the gaps that end at `limit` or before it as missing, and delivers what waits after them. Returns the
    /// number of missing bytes.
    pub(crate) fn skip_gaps(&mut self, limit: u64, deliver: &mut dyn FnMut(Delivery<'_>)) -> u64 {
        let mut skipped = 0;
        while let Some(gap_end) = self.gap_end().filter(|gap_end| *gap_end <= limit) {
            let len = gap_end - self.next;
            deliver(Delivery::Missing { at: self.next, len });
            skipped += len;
            self.next = gap_end;
            self.deliver_waiting(deliver);
        }
        skipped
    }

    /// Reports the bytes up to `to` as missing, and returns their number. Only valid if nothing waits.
    pub(crate) fn skip_to(&mut self, to: u64, deliver: &mut dyn FnMut(Delivery<'_>)) -> u64 {
        if to <= self.next {
            return 0;
        }
        let len = to - self.next;
        deliver(Delivery::Missing { at: self.next, len });
        self.next = to;
        len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(at: u64, text: &str) -> Payload<&[u8]> {
        Payload {
            at,
            bytes: text.as_bytes(),
            len: text.len() as u64,
            frame: at,
            ns: 0,
            pushed: true,
            ack: 0,
        }
    }

    /// What is delivered, as text: `.` for each missing byte, `|` for PSH.
    fn run(payloads: &[(u64, &str)]) -> (String, Vec<Arrival>) {
        let mut reassembly = Reassembly::starting_at(1);
        let mut text = String::new();
        let mut write = |delivery: Delivery<'_>| match delivery {
            Delivery::Bytes(payload) => {
                text.push_str(&String::from_utf8_lossy(payload.bytes));
                text.push_str(if payload.pushed { "|" } else { "" });
            }
            Delivery::Missing { len, .. } => text.push_str(&".".repeat(len as usize)),
        };
        let arrivals = payloads
            .iter()
            .map(|(at, text)| reassembly.add(&payload(*at, text), &mut write).0)
            .collect();
        reassembly.skip_gaps(u64::MAX, &mut write);
        assert_eq!(reassembly.held(), 0);
        (text, arrivals)
    }

    #[test]
    fn bytes_are_delivered_in_order() {
        use Arrival::*;
        type Case = (&'static [(u64, &'static str)], &'static str, &'static [Arrival]);
        let cases: [Case; 11] = [
            (&[(1, "ab"), (3, "cd")], "ab|cd|", &[InOrder, InOrder]),
            (&[(3, "cd"), (1, "ab")], "ab|cd|", &[AheadOfGap, FillsGap]),
            (&[(1, "ab"), (1, "ab")], "ab|", &[InOrder, Duplicate]),
            (&[(1, "abc"), (2, "bcd")], "abc|d|", &[InOrder, PartlyNew]),
            (
                &[(3, "cd"), (3, "XX"), (1, "ab")],
                "ab|cd|",
                &[AheadOfGap, Duplicate, FillsGap],
            ),
            (&[(3, "cd"), (1, "abXYef")], "abcd|ef|", &[AheadOfGap, PartlyNew]),
            (
                &[(5, "ef"), (3, "cd"), (1, "ab")],
                "ab|cd|ef|",
                &[AheadOfGap, FillsGap, FillsGap],
            ),
            (
                &[(2, "b"), (4, "d"), (1, "aXcX")],
                "ab|cd|",
                &[AheadOfGap, AheadOfGap, PartlyNew],
            ),
            (&[(4, "d")], "...d|", &[AheadOfGap]),
            (
                &[(1, "a"), (3, "c"), (6, "f")],
                "a|.c|..f|",
                &[InOrder, AheadOfGap, AheadOfGap],
            ),
            (&[(0, "X"), (0, "Xa")], "a|", &[Duplicate, PartlyNew]),
        ];
        for (payloads, text, arrivals) in cases {
            assert_eq!(run(payloads), (text.to_owned(), arrivals.to_vec()), "{payloads:?}");
        }
    }

    #[test]
    fn a_cut_payload_keeps_its_length() {
        let mut reassembly = Reassembly::starting_at(1);
        let mut seen = Vec::new();
        let cut = Payload {
            len: 10,
            ..payload(1, "ab")
        };
        reassembly.add(&cut, &mut |delivery| {
            if let Delivery::Bytes(payload) = delivery {
                seen.push((payload.bytes.to_vec(), payload.len));
            }
        });
        assert_eq!((seen, reassembly.next()), (vec![(b"ab".to_vec(), 10)], 11));
    }

    #[test]
    fn gaps_are_skipped_up_to_a_limit() {
        let mut reassembly = Reassembly::starting_at(1);
        let mut missing = Vec::new();
        for at in [3, 7] {
            reassembly.add(&payload(at, "xx"), &mut |_| {});
        }
        let mut note = |delivery: Delivery<'_>| {
            if let Delivery::Missing { at, len } = delivery {
                missing.push((at, len));
            }
        };
        assert_eq!(reassembly.skip_gaps(4, &mut note), 2);
        assert_eq!(reassembly.next(), 5);
        assert_eq!(reassembly.skip_to(6, &mut note), 1);
        assert_eq!(reassembly.skip_gaps(u64::MAX, &mut note), 1);
        assert_eq!(missing, [(1, 2), (5, 1), (6, 1)]);
    }
}
