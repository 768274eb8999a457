//! The buffers that a server reads a head into, and what the lines so far have left of them.
//!
//! Knows lengths only; does not see a byte.

use super::policy::Buffers;

/// What is left of the buffers.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderBuffers {
    /// The size of the buffer in use, and how much of it is taken.
    size: usize,
    taken: usize,
    /// How many more there are.
    more: usize,
}

impl HeaderBuffers {
    /// The room before the first line.
    pub(super) fn new(buffers: Option<&Buffers>) -> HeaderBuffers {
        HeaderBuffers {
            size: buffers.map_or(0, |buffers| buffers.first),
            taken: 0,
            more: buffers.map_or(0, |buffers| buffers.count),
        }
    }

    /// Takes room for so many bytes of empty lines: they are forgotten whenever they have filled the buffer.
    pub(super) fn take_empty_lines(&mut self, len: usize) {
        self.taken = len.checked_rem(self.size).unwrap_or(0);
    }

    /// Takes room for a line, or for as much of it as has come; false if there is none.
    pub(super) fn take(&mut self, line: usize, complete: bool, buffers: &Buffers) -> bool {
        // A line that fills its buffer and has not ended needs another one.
        let needed = line + usize::from(!complete);
        while self.taken + needed > self.size {
            let begun = self.size - self.taken;
            if begun >= buffers.size || self.more == 0 {
                return false;
            }
            // What has come of the line moves with it.
            *self = HeaderBuffers {
                size: buffers.size,
                taken: 0,
                more: self.more - 1,
            };
        }
        if complete {
            self.taken += line;
        }
        true
    }
}
