//! Bytes in order: what came too early waits for what is missing before it.
//!
//! Positions are 64-bit relative sequence numbers. Knows nothing of what the bytes mean. What was sent twice counts as
//! it came first.

use std::collections::BTreeMap;

/// What a segment carries, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece<B> {
    /// The position of its first byte.
    pub(crate) at: u64,
    /// What was captured of it.
    pub(crate) bytes: B,
    /// How long it was.
    pub(crate) len: u64,
    /// Its frame.
    pub(crate) frame: u64,
    /// Its frame's time.
    pub(crate) ns: i64,
    /// Whether PSH stands at its end.
    pub(crate) pushed: bool,
}

impl<B: AsRef<[u8]>> Piece<B> {
    pub(crate) fn end(&self) -> u64 {
        self.at + self.len
    }

    /// The part of it from `from` on, up to `to`.
    fn part(&self, from: u64, to: u64) -> Piece<&[u8]> {
        let bytes = self.bytes.as_ref();
        let clip = |position: u64| {
            usize::try_from(position - self.at)
                .unwrap_or(usize::MAX)
                .min(bytes.len())
        };
        Piece {
            at: from,
            bytes: &bytes[clip(from)..clip(to)],
            len: to - from,
            frame: self.frame,
            ns: self.ns,
            pushed: self.pushed && to == self.end(),
        }
    }
}

/// What comes out, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Out<'a> {
    /// The next bytes.
    Piece(Piece<&'a [u8]>),
    /// So many bytes from that position on are not in the capture.
    Missing(u64, u64),
}

/// One direction's bytes.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// Up to where everything has come out.
    next: u64,
    /// What waits, by position; the pieces do not overlap.
    waiting: BTreeMap<u64, Piece<Vec<u8>>>,
    /// How many bytes that is.
    held: usize,
}

/// What a piece brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It is the next one.
    Next,
    /// There are bytes missing before it.
    AheadOfGap,
    /// It fills a gap, as a whole or in part.
    FillsGap,
    /// Some of its bytes had come before.
    Partly,
    /// All of them had.
    Nothing,
}

impl Order {
    /// Begins at this position.
    pub(crate) fn starting_at(next: u64) -> Order {
        Order {
            next,
            ..Order::default()
        }
    }

    /// Up to where everything has come out.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Whether something waits.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many bytes wait.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Where what waits begins.
    pub(crate) fn gap_end(&self) -> Option<u64> {
        self.waiting.keys().next().copied()
    }

    /// Adds a piece; what can come out now goes to `out`. Also says how many of its bytes are new.
    pub(crate) fn add(&mut self, piece: &Piece<&[u8]>, out: &mut impl FnMut(Out<'_>)) -> (News, u64) {
        let (begin, end) = (piece.at.max(self.next), piece.end());
        if end <= begin {
            return (News::Nothing, 0);
        }
        if begin == self.next && self.waiting.is_empty() {
            self.next = end;
            out(Out::Piece(piece.part(begin, end)));
            return (if piece.at < begin { News::Partly } else { News::Next }, end - begin);
        }
        let new = self.keep(piece, begin, end);
        let news = match new {
            0 => News::Nothing,
            _ if new < piece.len => News::Partly,
            _ if begin == self.next || self.waiting.keys().next_back().is_some_and(|last| *last > begin) => {
                News::FillsGap
            }
            _ => News::AheadOfGap,
        };
        self.come_out(out);
        (news, new)
    }

    /// Keeps what is new between `begin` and `end`; how many bytes that is.
    fn keep(&mut self, piece: &Piece<&[u8]>, begin: u64, end: u64) -> u64 {
        let mut from = begin;
        if let Some((_, before)) = self.waiting.range(..=begin).next_back() {
            from = from.max(before.end());
        }
        let mut new = 0;
        while from < end {
            let behind = self.waiting.range(from..).next().map(|(at, piece)| (*at, piece.end()));
            let to = behind.map_or(end, |(at, _)| at.min(end));
            if to > from {
                let part = piece.part(from, to);
                new += part.len;
                self.held += part.bytes.len();
                let owned = Piece {
                    bytes: part.bytes.to_vec(),
                    at: part.at,
                    len: part.len,
                    frame: part.frame,
                    ns: part.ns,
                    pushed: part.pushed,
                };
                self.waiting.insert(from, owned);
            }
            from = behind.map_or(end, |(_, behind_end)| behind_end.max(to));
        }
        new
    }

    fn come_out(&mut self, out: &mut impl FnMut(Out<'_>)) {
        while let Some(first) = self.waiting.first_entry().filter(|first| *first.key() == self.next) {
            let piece = first.remove();
            self.held -= piece.bytes.len();
            self.next = piece.end();
            out(Out::Piece(piece.part(piece.at, piece.end())));
        }
    }

    /// Gives up what is missing before what waits, up to `limit` at the most; how many bytes that is.
    pub(crate) fn give_up(&mut self, limit: u64, out: &mut impl FnMut(Out<'_>)) -> u64 {
        let mut given_up = 0;
        while let Some(begin) = self.gap_end().filter(|begin| *begin <= limit) {
            let missing = begin - self.next;
            out(Out::Missing(self.next, missing));
            given_up += missing;
            self.next = begin;
            self.come_out(out);
        }
        given_up
    }

    /// Passes over what was never seen, up to `to`.
    pub(crate) fn pass(&mut self, to: u64, out: &mut impl FnMut(Out<'_>)) -> u64 {
        if to <= self.next {
            return 0;
        }
        let missing = to - self.next;
        out(Out::Missing(self.next, missing));
        self.next = to;
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(at: u64, text: &str) -> Piece<&[u8]> {
        Piece {
            at,
            bytes: text.as_bytes(),
            len: text.len() as u64,
            frame: at,
            ns: 0,
            pushed: true,
        }
    }

    /// What comes out, a `.` for each missing byte, `|` where PSH stands.
    fn run(pieces: &[(u64, &str)]) -> (String, Vec<News>) {
        let mut order = Order::starting_at(1);
        let mut text = String::new();
        let mut write = |out: Out<'_>| match out {
            Out::Piece(piece) => {
                text.push_str(&String::from_utf8_lossy(piece.bytes));
                text.push_str(if piece.pushed { "|" } else { "" });
            }
            Out::Missing(_, count) => text.push_str(&".".repeat(count as usize)),
        };
        let news = pieces
            .iter()
            .map(|(at, text)| order.add(&piece(*at, text), &mut write).0)
            .collect();
        order.give_up(u64::MAX, &mut write);
        assert_eq!(order.held(), 0);
        (text, news)
    }

    #[test]
    fn bytes_come_out_in_order() {
        use News::*;
        type Case = (&'static [(u64, &'static str)], &'static str, &'static [News]);
        let cases: [Case; 11] = [
            (&[(1, "ab"), (3, "cd")], "ab|cd|", &[Next, Next]),
            (&[(3, "cd"), (1, "ab")], "ab|cd|", &[AheadOfGap, FillsGap]),
            (&[(1, "ab"), (1, "ab")], "ab|", &[Next, Nothing]),
            (&[(1, "abc"), (2, "bcd")], "abc|d|", &[Next, Partly]),
            (
                &[(3, "cd"), (3, "XX"), (1, "ab")],
                "ab|cd|",
                &[AheadOfGap, Nothing, FillsGap],
            ),
            (&[(3, "cd"), (1, "abXYef")], "abcd|ef|", &[AheadOfGap, Partly]),
            (
                &[(5, "ef"), (3, "cd"), (1, "ab")],
                "ab|cd|ef|",
                &[AheadOfGap, FillsGap, FillsGap],
            ),
            (
                &[(2, "b"), (4, "d"), (1, "aXcX")],
                "ab|cd|",
                &[AheadOfGap, AheadOfGap, Partly],
            ),
            (&[(4, "d")], "...d|", &[AheadOfGap]),
            (
                &[(1, "a"), (3, "c"), (6, "f")],
                "a|.c|..f|",
                &[Next, AheadOfGap, AheadOfGap],
            ),
            (&[(0, "X"), (0, "Xa")], "a|", &[Nothing, Partly]),
        ];
        for (pieces, text, news) in cases {
            assert_eq!(run(pieces), (text.to_owned(), news.to_vec()), "{pieces:?}");
        }
    }

    #[test]
    fn a_cut_payload_keeps_its_length() {
        let mut order = Order::starting_at(1);
        let mut seen = Vec::new();
        let cut = Piece {
            len: 10,
            ..piece(1, "ab")
        };
        order.add(&cut, &mut |out| {
            if let Out::Piece(piece) = out {
                seen.push((piece.bytes.to_vec(), piece.len));
            }
        });
        assert_eq!((seen, order.next()), (vec![(b"ab".to_vec(), 10)], 11));
    }

    #[test]
    fn gaps_are_given_up_to_a_limit() {
        let mut order = Order::starting_at(1);
        let mut missing = Vec::new();
        for at in [3, 7] {
            order.add(&piece(at, "xx"), &mut |_| {});
        }
        let mut note = |out: Out<'_>| {
            if let Out::Missing(at, count) = out {
                missing.push((at, count));
            }
        };
        assert_eq!(order.give_up(4, &mut note), 2);
        assert_eq!(order.next(), 5);
        assert_eq!(order.pass(6, &mut note), 1);
        assert_eq!(order.give_up(u64::MAX, &mut note), 1);
        assert_eq!(missing, [(1, 2), (5, 1), (6, 1)]);
    }
}
