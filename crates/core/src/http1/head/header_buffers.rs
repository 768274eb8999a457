//! Models the buffers of a server that reads a head into several of them: tracks their free space line by line.

use super::policy::Buffers;

/// The state of the buffers after the lines so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderBuffers {
    /// The size of the current buffer in bytes.
    size: usize,
    /// The bytes of the current buffer that complete lines occupy.
    used: usize,
    /// The number of buffers that are still unused.
    unused: usize,
}

impl HeaderBuffers {
    /// The state before the first line.
    pub(super) fn new(buffers: Option<&Buffers>) -> Self {
        Self {
            size: buffers.map_or(0, |buffers| buffers.first),
            used: 0,
            unused: buffers.map_or(0, |buffers| buffers.count),
        }
    }

    /// Accounts for `len` bytes of empty lines before the request line. The buffer is reused each time they have filled
    /// it.
    pub(super) fn add_empty_lines(&mut self, len: usize) {
        self.used = len.checked_rem(self.size).unwrap_or(0);
    }

    /// Accounts for a line of `line` bytes so far. Returns false if it does not fit into the remaining buffers.
    pub(super) fn add_line(&mut self, line: usize, complete: bool, buffers: &Buffers) -> bool {
        // An incomplete line that fills its buffer needs another one.
        let needed = line + usize::from(!complete);
        while self.used + needed > self.size {
            let moved = self.size - self.used;
            if moved >= buffers.size || self.unused == 0 {
                return false;
            }
            // The part of the line that is already in the old buffer moves to the new one.
            *self = Self {
                size: buffers.size,
                used: 0,
                unused: self.unused - 1,
            };
        }
        if complete {
            self.used += line;
        }
        true
    }
}
