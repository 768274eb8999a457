//! The lines that a page which is opened now still sees: the latest batches, as many as fit into a stated number of bytes.
//!
//! Readers have a place in it and no queue of their own: one that is slow misses what the ring has gone past, and is told
//! how much that was. So what a thousand readers hold is what one holds.

use bytes::Bytes;
use std::collections::VecDeque;

/// How many bytes of lines are kept.
pub const LIMIT: usize = 8 << 20;

/// The latest lines.
#[derive(Debug)]
pub(super) struct Ring {
    batches: VecDeque<Batch>,
    /// The number of the first batch that is kept.
    first: u64,
    bytes: usize,
    /// How many lines there have been.
    lines: u64,
    limit: usize,
}

#[derive(Clone, Debug)]
struct Batch {
    text: Bytes,
    /// How many lines there had been before.
    before: u64,
}

/// A reader's place: the number of the next batch, and how many lines there had been before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) batch: u64,
    lines: Option<u64>,
}

/// What a reader has not seen yet.
#[derive(Debug)]
pub(super) struct News {
    /// Lines, batch by batch.
    pub(super) batches: Vec<Bytes>,
    /// How many lines it has missed before them.
    pub(super) missed: u64,
}

impl Ring {
    pub(super) fn new(limit: usize) -> Ring {
        Ring {
            batches: VecDeque::new(),
            first: 0,
            bytes: 0,
            lines: 0,
            limit,
        }
    }

    /// Adds a batch of whole lines, and forgets the oldest if it must.
    pub(super) fn push(&mut self, text: Vec<u8>) {
        let lines = memchr::memchr_iter(b'\n', &text).count() as u64;
        self.bytes += text.len();
        self.batches.push_back(Batch {
            text: text.into_boxed_slice().into(),
            before: self.lines,
        });
        self.lines += lines;
        while self.bytes > self.limit
            && let Some(oldest) = self.batches.pop_front()
        {
            self.bytes -= oldest.text.len();
            self.first += 1;
        }
    }

    /// The number of the next batch.
    pub(super) fn next(&self) -> u64 {
        self.first + self.batches.len() as u64
    }

    /// The place before the oldest batch that is kept.
    pub(super) fn oldest(&self) -> Place {
        self.place(self.first)
    }

    /// The place behind the newest.
    pub(super) fn newest(&self) -> Place {
        self.place(self.next())
    }

    /// The place before a batch; one that is to come yet counts as behind the newest.
    pub(super) fn place(&self, batch: u64) -> Place {
        let batch = batch.min(self.next());
        let lines = if batch == self.next() {
            Some(self.lines)
        } else {
            batch
                .checked_sub(self.first)
                .and_then(|at| self.batches.get(usize::try_from(at).ok()?))
                .map(|kept| kept.before)
        };
        Place { batch, lines }
    }

    /// What came behind `place`, up to about `most` bytes, which is moved on.
    pub(super) fn read(&self, place: &mut Place, most: usize) -> News {
        let from = place.batch.max(self.first);
        let skip = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        let mut batches = Vec::new();
        let mut bytes = 0;
        let mut kept = self.batches.iter().skip(skip).peekable();
        let begins = kept.peek().map_or(self.lines, |batch| batch.before);
        for batch in kept {
            if bytes > 0 && bytes + batch.text.len() > most {
                break;
            }
            bytes += batch.text.len();
            batches.push(batch.text.clone());
        }
        // A place from an earlier connection does not say how many lines there had been: that something is missing is known
        // all the same.
        let missed = match place.lines {
            Some(lines) => begins.saturating_sub(lines),
            None => u64::from(place.batch < self.first),
        };
        *place = self.place(from + batches.len() as u64);
        News { batches, missed }
    }

    /// How many bytes it holds now, and how many it may.
    pub(super) fn bytes(&self) -> (usize, usize) {
        (self.bytes, self.limit)
    }

    /// The number of the first batch that is kept, how many lines are, and the number of the next batch.
    pub(super) fn numbers(&self) -> (u64, u64, u64) {
        let before = self.batches.front().map_or(self.lines, |batch| batch.before);
        (self.first, self.lines - before, self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(news: &News) -> Vec<&str> {
        news.batches
            .iter()
            .map(|batch| std::str::from_utf8(batch).expect("text"))
            .collect()
    }

    #[test]
    fn it_never_holds_more_than_it_may_and_says_what_a_slow_reader_has_missed() {
        let mut ring = Ring::new(12);
        let mut slow = ring.oldest();
        for text in ["a\nb\n", "c\n", "d\ne\n"] {
            ring.push(text.into());
        }
        let mut quick = slow;
        let news = ring.read(&mut quick, 1000);
        assert_eq!((texts(&news), news.missed), (vec!["a\nb\n", "c\n", "d\ne\n"], 0));
        ring.push("f\ng\n".into());
        assert!(ring.bytes().0 <= 12);
        let news = ring.read(&mut slow, 1000);
        assert_eq!((texts(&news), news.missed), (vec!["c\n", "d\ne\n", "f\ng\n"], 2));
        let news = ring.read(&mut quick, 1000);
        assert_eq!((texts(&news), news.missed), (vec!["f\ng\n"], 0));
        assert_eq!(texts(&ring.read(&mut quick, 1000)).len(), 0);
        assert_eq!(ring.numbers(), (1, 5, 4));
    }

    #[test]
    fn a_reader_that_comes_back_goes_on_where_it_was() {
        let mut ring = Ring::new(8);
        for text in ["a\n", "b\n", "c\n", "d\n", "e\n"] {
            ring.push(text.into());
        }
        for (batch, want, missed) in [
            (3, vec!["d\n", "e\n"], 0),
            (0, vec!["b\n", "c\n", "d\n", "e\n"], 1),
            (9, vec![], 0),
        ] {
            let mut place = ring.place(batch);
            let news = ring.read(&mut place, 1000);
            assert_eq!((texts(&news), news.missed), (want, missed), "{batch}");
            assert_eq!(place, ring.newest());
        }
    }

    #[test]
    fn much_is_read_in_parts() {
        let mut ring = Ring::new(100);
        ring.push("aaaa\n".into());
        ring.push("bb\n".into());
        ring.push("c\n".into());
        let mut place = ring.oldest();
        assert_eq!(texts(&ring.read(&mut place, 4)), ["aaaa\n"], "a batch is never cut");
        assert_eq!(texts(&ring.read(&mut place, 5)), ["bb\n", "c\n"]);
    }
}
