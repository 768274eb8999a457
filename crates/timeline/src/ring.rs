//! A ring of the latest lines: complete batches, up to a limit in bytes. It lets a page that is opened late show the
//! past.
//!
//! A reader keeps a [`Place`] in the ring and does not have a queue. A reader that is too slow misses the lines that
//! the ring has dropped, and learns how many they were. Memory therefore does not grow with the number of readers.
//!
//! The newest batches are not compressed, for readers that follow. Older ones are compressed, several in a [`Block`].

mod block;
#[cfg(test)]
mod tests;

use block::{BLOCK, Block};
use bytes::Bytes;
use std::collections::VecDeque;

/// How many bytes are kept, of compressed and uncompressed lines together.
pub const LIMIT: usize = 8 << 20;

/// The part of the limit that is for uncompressed lines: one of this many parts.
const PLAIN_PART: usize = 8;

/// How large the lines may be before compression, as a multiple of the limit: a page keeps 96 MiB of them.
const TEXT_FACTOR: usize = 12;

/// The latest lines.
#[derive(Debug)]
pub(super) struct Ring {
    /// The older batches, oldest first.
    blocks: VecDeque<Block>,
    /// The newer batches, oldest first.
    plain: VecDeque<Batch>,
    plain_bytes: usize,
    /// How many bytes are kept, in blocks and batches together.
    bytes: usize,
    /// How many bytes all kept lines have before compression.
    text_bytes: usize,
    /// The number of the next batch.
    next: u64,
    /// How many lines were pushed in total.
    lines: u64,
    limit: usize,
}

/// Lines that were pushed together.
#[derive(Clone, Debug)]
struct Batch {
    text: Bytes,
    /// How many lines were pushed before this batch.
    before: u64,
    /// How many lines the batch has.
    lines: u64,
}

/// A reader's place in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the next batch to read.
    pub(super) batch: u64,
    /// How many lines were pushed before that batch; `None` if the ring no longer knows.
    lines: Option<u64>,
}

/// The lines that follow a place.
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
            blocks: VecDeque::new(),
            plain: VecDeque::new(),
            plain_bytes: 0,
            bytes: 0,
            text_bytes: 0,
            next: 0,
            lines: 0,
            limit,
        }
    }

    /// Adds a batch of complete lines, and drops the oldest batches until the limit is met.
    pub(super) fn push(&mut self, text: Vec<u8>) {
        let lines = memchr::memchr_iter(b'\n', &text).count() as u64;
        self.plain_bytes += text.len();
        self.bytes += text.len();
        self.text_bytes += text.len();
        self.plain.push_back(Batch {
            text: text.into_boxed_slice().into(),
            before: self.lines,
            lines,
        });
        self.next += 1;
        self.lines += lines;
        while self.plain_bytes >= self.limit / PLAIN_PART + BLOCK && self.pack() {}
        let most_text = self.limit * TEXT_FACTOR;
        while (self.bytes > self.limit || self.text_bytes > most_text) && self.drop_oldest() {}
    }

    /// Compresses the oldest uncompressed batches: at least one, and not more than fit into a block. Returns false if a
    /// batch is too large for that.
    fn pack(&mut self) -> bool {
        let mut bytes = 0;
        let fitting = self.plain.iter().take_while(|batch| {
            let is_first = bytes == 0;
            bytes += batch.text.len();
            is_first || bytes <= BLOCK
        });
        let count = fitting.count();
        let Some(block) = Block::pack(self.first_plain(), self.plain.range(..count)) else {
            return false;
        };
        let packed: usize = self.plain.drain(..count).map(|batch| batch.text.len()).sum();
        self.plain_bytes -= packed;
        self.bytes = self.bytes - packed + block.size();
        self.blocks.push_back(block);
        true
    }

    /// Drops the oldest batch, or block of batches. Returns false if nothing is left.
    fn drop_oldest(&mut self) -> bool {
        let block = self.blocks.pop_front();
        if let Some(block) = &block {
            self.bytes -= block.size();
            self.text_bytes -= block.text_bytes();
            return true;
        }
        let batch = self.plain.pop_front();
        let bytes = batch.as_ref().map_or(0, |batch| batch.text.len());
        self.plain_bytes -= bytes;
        self.bytes -= bytes;
        self.text_bytes -= bytes;
        batch.is_some()
    }

    /// The number of the oldest uncompressed batch.
    fn first_plain(&self) -> u64 {
        self.next - self.plain.len() as u64
    }

    /// The number of the oldest batch.
    fn first(&self) -> u64 {
        self.blocks.front().map_or(self.first_plain(), Block::first)
    }

    /// The block with this batch.
    fn block(&self, batch: u64) -> Option<&Block> {
        let after = self.blocks.partition_point(|block| block.first() <= batch);
        let block = self.blocks.get(after.checked_sub(1)?)?;
        (batch < block.end()).then_some(block)
    }

    /// The uncompressed batches, starting with the one with this number.
    fn plain_from(&self, batch: u64) -> impl Iterator<Item = &Batch> {
        let skip = usize::try_from(batch.saturating_sub(self.first_plain())).unwrap_or(usize::MAX);
        self.plain.iter().skip(skip)
    }

    /// How many lines were pushed before this batch; `None` if it is not kept.
    fn lines_before(&self, batch: u64) -> Option<u64> {
        if batch < self.first() {
            None
        } else if let Some(block) = self.block(batch) {
            Some(block.lines_before(batch))
        } else {
            Some(self.plain_from(batch).next().map_or(self.lines, |batch| batch.before))
        }
    }

    /// The place before the oldest batch that is kept.
    pub(super) fn oldest(&self) -> Place {
        self.place(self.first())
    }

    /// The place after the newest batch.
    pub(super) fn newest(&self) -> Place {
        self.place(self.next)
    }

    /// The newest place after which at least this number of lines follow, accurate to one block; the oldest place if
    /// fewer are kept.
    pub(super) fn latest(&self, lines: u64) -> Place {
        let before = self.lines.saturating_sub(lines);
        let plain = self.plain.partition_point(|batch| batch.before <= before) as u64;
        if plain > 0 {
            return self.place(self.first_plain() + plain - 1);
        }
        let blocks = self
            .blocks
            .partition_point(|block| block.lines_before(block.first()) <= before);
        let block = blocks.checked_sub(1).and_then(|at| self.blocks.get(at));
        block.map_or(self.oldest(), |block| self.place(block.first()))
    }

    /// How many lines are kept before a place.
    pub(super) fn earlier(&self, place: Place) -> u64 {
        place.lines.unwrap_or(0).saturating_sub(self.dropped())
    }

    /// How many lines were pushed before the oldest batch that is kept.
    fn dropped(&self) -> u64 {
        self.lines_before(self.first()).unwrap_or(self.lines)
    }

    /// The place before the batch with this number. A number in the future means the place after the newest batch.
    pub(super) fn place(&self, batch: u64) -> Place {
        let batch = batch.min(self.next);
        Place {
            batch,
            lines: self.lines_before(batch),
        }
    }

    /// The lines after `place`, up to the batch with the number `until`: as many batches as fit into `limit` bytes, but
    /// at least one, or the rest of a block.
    pub(super) fn read(&self, place: Place, until: u64, limit: usize) -> Unread {
        let from = place.batch.max(self.first());
        let batches: Vec<Bytes> = if from >= until {
            Vec::new()
        } else if let Some(block) = self.block(from) {
            block.unpack(from..until)
        } else {
            let mut bytes = 0;
            let wanted = usize::try_from(until - from).unwrap_or(usize::MAX);
            let fitting = self.plain_from(from).take(wanted).take_while(|batch| {
                let is_first = bytes == 0;
                bytes += batch.text.len();
                is_first || bytes <= limit
            });
            fitting.map(|batch| batch.text.clone()).collect()
        };
        // If the batch of a place was dropped before the reader came back, its line count is unknown. One missed line
        // is reported then, so that the reader learns of the gap.
        let missed = match place.lines {
            Some(lines) => self.lines_before(from).unwrap_or(lines).saturating_sub(lines),
            None => u64::from(place.batch < self.first()),
        };
        let next = self.place(from + batches.len() as u64);
        Unread { batches, missed, next }
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            bytes: self.bytes,
            limit: self.limit,
            lines: self.lines - self.dropped(),
            first: self.first(),
            next: self.next,
        }
    }
}
