//! A ring of the latest lines: whole batches, up to a limit in bytes. It lets a page that is opened late show the past.
//!
//! A reader keeps a [`Place`] in the ring and has no queue of its own. A reader that is too slow misses what the ring has
//! dropped, and learns how many lines that were. Memory therefore does not grow with the number of readers.

use bytes::Bytes;
use std::collections::VecDeque;

/// How many bytes of lines are kept.
pub const LIMIT: usize = 8 << 20;

/// The latest lines.
#[derive(Debug)]
pub(super) struct Ring {
    batches: VecDeque<Batch>,
    /// The number of the oldest batch that is kept.
    first: u64,
    bytes: usize,
    /// How many lines were pushed in total.
    lines: u64,
    limit: usize,
}

#[derive(Clone, Debug)]
struct Batch {
    text: Bytes,
    /// How many lines were pushed before this batch.
    before: u64,
}

/// A reader's place in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the next batch to read.
    pub(super) batch: u64,
    /// How many lines were pushed before that batch; `None` if the ring no longer knows.
    lines: Option<u64>,
}

/// What follows a place.
#[derive(Debug)]
pub(super) struct Unread {
    /// The lines, batch by batch.
    pub(super) batches: Vec<Bytes>,
    /// How many lines before them were dropped unread.
    pub(super) missed: u64,
    /// The place after the batches.
    pub(super) next: Place,
}

/// Sizes and counts, for the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stats {
    /// How many bytes are kept.
    pub(super) bytes: usize,
    /// How many bytes are kept at most.
    pub(super) limit: usize,
    /// How many lines are kept.
    pub(super) lines: u64,
    /// The number of the oldest batch that is kept.
    pub(super) first: u64,
    /// The number of the next batch.
    pub(super) next: u64,
}

impl Ring {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            batches: VecDeque::new(),
            first: 0,
            bytes: 0,
            lines: 0,
            limit,
        }
    }

    /// Adds a batch of whole lines, and drops the oldest batches until the limit holds.
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
    fn next(&self) -> u64 {
        self.first + self.batches.len() as u64
    }

    /// The place before the oldest batch that is kept.
    pub(super) fn oldest(&self) -> Place {
        self.place(self.first)
    }

    /// The place after the newest batch.
    pub(super) fn newest(&self) -> Place {
        self.place(self.next())
    }

    /// The place before the batch with this number. A number in the future means the place after the newest batch.
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

    /// What follows `place`: as many batches as fit into `limit` bytes, but at least one.
    pub(super) fn read(&self, place: Place, limit: usize) -> Unread {
        let from = place.batch.max(self.first);
        let skip = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        let mut batches = Vec::new();
        let mut bytes = 0;
        let mut kept = self.batches.iter().skip(skip).peekable();
        let begins = kept.peek().map_or(self.lines, |batch| batch.before);
        for batch in kept {
            if bytes > 0 && bytes + batch.text.len() > limit {
                break;
            }
            bytes += batch.text.len();
            batches.push(batch.text.clone());
        }
        // A place whose batch was dropped before the reader came back does not know its line count. Report one missed line
        // then, so that the reader learns of the gap.
        let missed = match place.lines {
            Some(lines) => begins.saturating_sub(lines),
            None => u64::from(place.batch < self.first),
        };
        let next = self.place(from + batches.len() as u64);
        Unread { batches, missed, next }
    }

    pub(super) fn stats(&self) -> Stats {
        let dropped = self.batches.front().map_or(self.lines, |batch| batch.before);
        Stats {
            bytes: self.bytes,
            limit: self.limit,
            lines: self.lines - dropped,
            first: self.first,
            next: self.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(unread: &Unread) -> Vec<&str> {
        unread
            .batches
            .iter()
            .map(|batch| std::str::from_utf8(batch).expect("text"))
            .collect()
    }

    #[test]
    fn it_keeps_its_limit_and_a_slow_reader_learns_what_it_missed() {
        let mut ring = Ring::new(12);
        let start = ring.oldest();
        for text in ["a\nb\n", "c\n", "d\ne\n"] {
            ring.push(text.into());
        }
        let quick = ring.read(start, 1000);
        assert_eq!((texts(&quick), quick.missed), (vec!["a\nb\n", "c\n", "d\ne\n"], 0));
        ring.push("f\ng\n".into());
        assert!(ring.stats().bytes <= 12);
        let slow = ring.read(start, 1000);
        assert_eq!((texts(&slow), slow.missed), (vec!["c\n", "d\ne\n", "f\ng\n"], 2));
        let quick = ring.read(quick.next, 1000);
        assert_eq!((texts(&quick), quick.missed), (vec!["f\ng\n"], 0));
        assert_eq!(texts(&ring.read(quick.next, 1000)).len(), 0);
        let stats = ring.stats();
        assert_eq!((stats.first, stats.lines, stats.next), (1, 5, 4));
    }

    #[test]
    fn a_reader_that_comes_back_continues_where_it_was() {
        let mut ring = Ring::new(8);
        for text in ["a\n", "b\n", "c\n", "d\n", "e\n"] {
            ring.push(text.into());
        }
        for (batch, want, missed) in [
            (3, vec!["d\n", "e\n"], 0),
            (0, vec!["b\n", "c\n", "d\n", "e\n"], 1),
            (9, vec![], 0),
        ] {
            let unread = ring.read(ring.place(batch), 1000);
            assert_eq!((texts(&unread), unread.missed), (want, missed), "{batch}");
            assert_eq!(unread.next, ring.newest());
        }
    }

    #[test]
    fn much_is_read_in_parts() {
        let mut ring = Ring::new(100);
        ring.push("aaaa\n".into());
        ring.push("bb\n".into());
        ring.push("c\n".into());
        let first = ring.read(ring.oldest(), 4);
        assert_eq!(texts(&first), ["aaaa\n"], "a batch is never cut");
        assert_eq!(texts(&ring.read(first.next, 5)), ["bb\n", "c\n"]);
    }
}
