//! A buffer over a stream of bytes. It grows, up to a limit, when a single record needs more space.

use std::io::{self, ErrorKind, Read};

/// Initial size of the buffer.
const INITIAL_SIZE: usize = 1 << 20;
/// Size of the largest record that is read: 64 MiB.
pub(super) const MAX_RECORD: usize = 1 << 26;

/// The bytes of a stream from the current position on, as far as they were read.
pub(super) struct ReadBuffer<R> {
    reader: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    position: u64,
    exhausted: bool,
}

impl<R: Read> ReadBuffer<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            bytes: vec![0; INITIAL_SIZE],
            start: 0,
            end: 0,
            position: 0,
            exhausted: false,
        }
    }

    /// The bytes that were read and not consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The last `count` bytes that were consumed, and what follows them. Valid until the next [`ReadBuffer::more`].
    pub(super) fn consumed(&self, count: usize) -> &[u8] {
        &self.bytes[self.start.saturating_sub(count)..self.end]
    }

    /// Position in the stream: the number of bytes that were consumed.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Consumes bytes.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.position += count as u64;
    }

    /// Reads more bytes; false at the end of the stream, and if the buffer has reached its limit.
    pub(super) fn more(&mut self) -> io::Result<bool> {
        if self.exhausted {
            return Ok(false);
        }
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.bytes.len() {
            if self.bytes.len() >= MAX_RECORD {
                return Ok(false);
            }
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        loop {
            match self.reader.read(&mut self.bytes[self.end..]) {
                Ok(0) => {
                    self.exhausted = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads until `count` bytes are available; false if the stream has fewer.
    pub(super) fn at_least(&mut self, count: usize) -> io::Result<bool> {
        while self.end - self.start < count {
            if !self.more()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
