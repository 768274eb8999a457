//! A window that moves over a stream of bytes, and grows up to a limit where one record needs it.
//!
//! Knows nothing of what the bytes mean.

use std::io::{self, ErrorKind, Read};

/// The window's usual size.
const SIZE: usize = 1 << 20;
/// The largest record that is read.
pub(super) const LARGEST: usize = 1 << 26;

/// What is left of a stream, from the position that has been read to.
pub(super) struct Window<R> {
    reader: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    consumed: u64,
    exhausted: bool,
}

impl<R: Read> Window<R> {
    pub(super) fn new(reader: R) -> Window<R> {
        Window {
            reader,
            bytes: vec![0; SIZE],
            start: 0,
            end: 0,
            consumed: 0,
            exhausted: false,
        }
    }

    /// The bytes that are here.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The bytes from `count` before the window on; they must have been consumed since the last [`Window::more`].
    pub(super) fn before(&self, count: usize) -> &[u8] {
        &self.bytes[self.start.saturating_sub(count)..self.end]
    }

    /// How many bytes lie before the window.
    pub(super) fn position(&self) -> u64 {
        self.consumed
    }

    /// Moves on.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.consumed += count as u64;
    }

    /// Reads more; false if there is none, or no room for it.
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
            if self.bytes.len() >= LARGEST {
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

    /// Reads until `count` bytes are here; false if there are not so many.
    pub(super) fn at_least(&mut self, count: usize) -> io::Result<bool> {
        while self.end - self.start < count {
            if !self.more()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
