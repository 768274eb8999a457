//! The core of the scanner: finds lines, skips empty lines before the first, enforces limits, and applies the treatment
//! of faults. The sibling modules add the methods that parse a line.

use super::fast_path::FastLine;
use super::framing_fields::FramingSoFar;
use super::header_buffers::HeaderBuffers;
use super::policy::{HeadPolicy, Http09};
use super::{Head, Span, Version};
use crate::http1::fault::{Fault, Treatment};
use std::cell::Cell;

/// The maximum length in bytes of a head whose profile counts only parts of it. It bounds the memory of a connection.
const MOST_BYTES: usize = 256 << 10;

/// One pass over the bytes of a head.
pub(super) struct Scanner<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) policy: &'b HeadPolicy,
    pub(super) head: Head,
    buffers: HeaderBuffers,
    /// The bytes of target, field names and field values so far.
    counted: usize,
    /// Whether any fault was found, accepted or not.
    pub(super) has_faults: Cell<bool>,
    /// The framing fields so far, for profiles that check them as they arrive.
    pub(super) framing: FramingSoFar,
    /// Whether the last field line was kept, so that a folded line continues it.
    pub(super) folds_into: bool,
    /// Whether further field lines are ignored, after a fault with [`Treatment::Stop`].
    pub(super) stopped: bool,
    /// Whether the fast path is disabled, for tests.
    pub(super) slow_path_only: bool,
}

/// A complete line of the head.
pub(super) struct Line {
    /// The offset of its line end.
    pub(super) end: usize,
    /// The offset of the next line.
    pub(super) next: usize,
}

impl<'b> Scanner<'b> {
    pub(super) fn new(bytes: &'b [u8], policy: &'b HeadPolicy) -> Self {
        Scanner {
            bytes,
            policy,
            head: Head::default(),
            buffers: HeaderBuffers::new(policy.buffers.as_ref()),
            counted: 0,
            has_faults: Cell::new(false),
            framing: FramingSoFar::default(),
            folds_into: false,
            stopped: false,
            slow_path_only: false,
        }
    }

    /// Scans the head. Returns whether it is complete.
    pub(super) fn run(&mut self) -> Result<bool, Fault> {
        let start = self.skip_empty_lines()?;
        if start == self.bytes.len() {
            return Ok(false);
        }
        self.buffers.add_empty_lines(start);
        let fast = FastLine::of(self.bytes, start, self.policy).filter(|_| !self.slow_path_only);
        match &fast {
            Some(line) if self.policy.by_byte => self.unfinished_fast_line(line)?,
            None if self.policy.by_byte => self.check_unfinished_line(start)?,
            _ => {}
        }
        let lf = self.line_feed(start);
        let bare_lf = match lf {
            Some(lf) if fast.is_none() && !self.has_version(start, start + lf) => Fault::BareLfNoVersion,
            _ => Fault::BareLfLine,
        };
        let Some(line) = self.line(start, lf, self.policy.line, Fault::LineTooLong, bare_lf)? else {
            return Ok(false);
        };
        match &fast {
            Some(line) => self.fast_line(start, line)?,
            None => self.request_line(start, line.end)?,
        }
        self.head.fields_start = line.next;
        if self.head.version == Version::Http09 && self.policy.http09 == Http09::Body {
            self.head.len = line.next;
            return Ok(true);
        }
        self.field_lines(line.next)
    }

    /// Skips empty lines before the request line (RFC 9112 section 2.2). Returns the offset of the request line.
    fn skip_empty_lines(&self) -> Result<usize, Fault> {
        let (mut at, mut count) = (0, 0);
        loop {
            let len = match &self.bytes[at..] {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => {
                    self.check(Fault::EmptyLineLf)?;
                    1
                }
                // Wait for the LF.
                [b'\r'] => return Ok(self.bytes.len()),
                // A parser that reads whole lines treats the CR as the start of the request line.
                [b'\r', ..] if !self.policy.by_byte => return Ok(at),
                [b'\r', ..] => {
                    self.check(Fault::EmptyLineCr)?;
                    1
                }
                _ => return Ok(at),
            };
            self.check(Fault::EmptyLine)?;
            count += 1;
            if self.policy.empty_lines.is_some_and(|most| count > most) {
                return Err(Fault::EmptyLines);
            }
            at += len;
            self.within_size(at)?;
        }
    }

    /// The distance from `start` to the next LF, if it has arrived.
    pub(super) fn line_feed(&self, start: usize) -> Option<usize> {
        memchr::memchr(b'\n', &self.bytes[start..])
    }

    /// The line that begins at `start`, or `None` if it is incomplete. `lf` is the result of [`Scanner::line_feed`].
    pub(super) fn line(
        &mut self,
        start: usize,
        lf: Option<usize>,
        limit: usize,
        too_long: Fault,
        bare_lf: Fault,
    ) -> Result<Option<Line>, Fault> {
        let rest = &self.bytes[start..];
        let Some(lf) = lf else {
            if rest.len() > limit {
                self.head.at_fault = Span::new(start, start + limit);
                return Err(too_long);
            }
            if let Some(buffers) = &self.policy.buffers
                && !self.buffers.add_line(rest.len(), false, buffers)
            {
                self.head.at_fault = Span::new(start, self.bytes.len());
                return Err(too_long);
            }
            return self.within_size(self.bytes.len()).map(|()| None);
        };
        let next = start + lf + 1;
        let end = if lf > 0 && rest[lf - 1] == b'\r' {
            next - 2
        } else {
            next - 1
        };
        self.head.at_fault = Span::new(start, end);
        let counted = if self.policy.count_ends { next } else { end };
        if counted - start > limit {
            return Err(too_long);
        }
        if let Some(buffers) = &self.policy.buffers
            && !self.buffers.add_line(next - start, true, buffers)
        {
            return Err(too_long);
        }
        self.within_size(next)?;
        if next - end == 1 {
            self.check(if end == start { Fault::BareLfEnd } else { bare_lf })?;
        }
        Ok(Some(Line { end, next }))
    }

    /// Records a fault. Returns it as an error unless the profile accepts it.
    pub(super) fn check(&self, fault: Fault) -> Result<(), Fault> {
        self.has_faults.set(true);
        if self.policy.faults.accepts(fault) {
            Ok(())
        } else {
            Err(fault)
        }
    }

    /// Records a fault of a field line. Returns whether to continue with the line (true) or to ignore it (false).
    pub(super) fn drop_or(&mut self, fault: Fault) -> Result<bool, Fault> {
        self.has_faults.set(true);
        match self.policy.faults.of(fault) {
            Treatment::Accept => Ok(true),
            Treatment::Drop => Ok(false),
            Treatment::Stop => {
                self.stopped = true;
                Ok(false)
            }
            _ => Err(fault),
        }
    }

    /// Adds `len` bytes to the parts that count towards the maximum size.
    pub(super) fn count(&mut self, len: usize) -> Result<(), Fault> {
        self.check_counted(len)?;
        self.counted += len;
        Ok(())
    }

    /// Checks whether a part of `len` bytes fits into the maximum size, if only parts count.
    pub(super) fn check_counted(&self, len: usize) -> Result<(), Fault> {
        if self.policy.counts_parts && self.counted + len > self.policy.size {
            Err(Fault::HeadTooLarge)
        } else {
            Ok(())
        }
    }

    /// Checks whether a head of `len` bytes fits into the maximum size.
    fn within_size(&self, len: usize) -> Result<(), Fault> {
        let most = if self.policy.counts_parts {
            MOST_BYTES
        } else {
            self.policy.size
        };
        if len > most { Err(Fault::HeadTooLarge) } else { Ok(()) }
    }
}
