//! Parses the field lines of a head up to the empty line: obs-fold, the number of lines, and the total length of the
//! values of one name (RFC 9112 section 5).

use super::scanner::Scanner;
use super::{FieldLine, Fields, Span};
use crate::http1::fault::{Fault, Treatment};
use crate::http1::field::{self, Name};
use std::ops::Range;

/// A field line whose checks wait until the next line shows that no folded line follows.
struct Waiting {
    line: Range<usize>,
    /// The folded lines that continue it.
    folds: Vec<Range<usize>>,
    /// The length in bytes of all these lines, joined with single spaces.
    joined: usize,
}

impl Scanner<'_> {
    /// Parses the field lines from offset `at`. Returns whether the empty line that ends the head has arrived.
    pub(super) fn field_lines(&mut self, mut at: usize) -> Result<bool, Fault> {
        // A browser sends about fifteen fields.
        self.head.fields = Fields::with_capacity(16);
        let mut count = 0;
        let mut waiting: Option<Waiting> = None;
        loop {
            let lf = self.line_feed(at);
            if self.policy.by_byte && self.bytes.get(at) == Some(&b'\r') && self.cr_ends_head(at)? {
                return self.value_lengths().map(|()| true);
            }
            if lf.is_none() && self.policy.by_byte && at < self.bytes.len() {
                self.check_unfinished_field(at)?;
            }
            let Some(line) = self.line(at, lf, self.policy.field, Fault::FieldTooLong, Fault::BareLf)? else {
                return self.check_waiting(waiting.as_ref(), at).map(|()| false);
            };
            let folded = line.end > at && matches!(self.bytes[at], b' ' | b'\t');
            if self.policy.cr_ends_field && line.end > at {
                count += 1;
                self.field_count(count)?;
                self.lines_between_crs(at, line.end)?;
                at = line.next;
                continue;
            }
            if let (Some(complete), false) = (&waiting, folded) {
                count += 1;
                self.counted_line(complete.line.clone(), count)?;
                for fold in &complete.folds {
                    self.folded_line(fold.start, fold.end)?;
                }
                waiting = None;
            }
            if line.end == at {
                self.field_count(count + usize::from(self.policy.count_ends))?;
                self.head.len = line.next;
                return self.value_lengths().map(|()| true);
            }
            match (folded, &mut waiting) {
                (true, Some(waiting)) => {
                    self.folded_text(at, line.end)?;
                    waiting.folds.push(at..line.end);
                    waiting.joined += 1 + self.bytes[at..line.end].trim_ascii().len();
                    // Servers that join lines reserve two bytes of their buffer.
                    self.value_length(waiting.joined + 2)?;
                }
                (true, None) => self.folded_line(at, line.end)?,
                (false, _) if self.policy.fields_by_next_line => {
                    waiting = Some(Waiting {
                        line: at..line.end,
                        folds: Vec::new(),
                        joined: line.end - at,
                    });
                }
                (false, _) => {
                    count += 1;
                    self.counted_line(at..line.end, count)?;
                }
            }
            at = line.next;
        }
    }

    /// Checks a CR at the start of a field line or of the empty line. Returns whether it ends the head, together with
    /// the byte after it, which is not LF.
    fn cr_ends_head(&mut self, at: usize) -> Result<bool, Fault> {
        if self.bytes.get(at + 1).is_none_or(|next| *next == b'\n') {
            return Ok(false);
        }
        self.head.at_fault = Span::new(at, at + 2);
        self.check(Fault::HeadEndCr)?;
        self.head.len = at + 2;
        Ok(true)
    }

    /// Checks complete lines whose other checks wait for the next line. Servers that join lines refuse a NUL, or a first
    /// line without a colon, when they read it. `end` is the end of the last of these lines.
    fn check_waiting(&mut self, waiting: Option<&Waiting>, end: usize) -> Result<(), Fault> {
        let Some(waiting) = waiting else { return Ok(()) };
        let is_at_fault = match self.policy.at_once {
            Fault::FieldNoColon => !self.bytes[waiting.line.clone()].contains(&b':'),
            _ => memchr::memchr(0, &self.bytes[waiting.line.start..end]).is_some(),
        };
        if is_at_fault {
            self.head.at_fault = Span::new(waiting.line.start, waiting.line.end);
            self.check(self.policy.at_once)?;
        }
        Ok(())
    }

    /// Parses the field line with number `count`, counted from 1.
    fn counted_line(&mut self, line: Range<usize>, count: usize) -> Result<(), Fault> {
        self.head.at_fault = Span::new(line.start, line.end);
        self.field_count(count)?;
        if self.stopped {
            return Ok(());
        }
        self.field_line(line.start, line.end)
    }

    /// Parses a line in which each CR ends a field line. An empty one ends the field lines, but not the head.
    fn lines_between_crs(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        let mut at = start;
        for piece in self.bytes[start..end].split(|b| *b == b'\r') {
            let piece_end = at + piece.len();
            self.has_faults
                .set(self.has_faults.get() || at > start || piece.is_empty());
            self.stopped |= piece.is_empty();
            if self.stopped {
                return Ok(());
            }
            self.head.at_fault = Span::new(at, piece_end);
            if matches!(self.bytes[at], b' ' | b'\t') {
                self.folded_line(at, piece_end)?;
            } else {
                self.field_line(at, piece_end)?;
            }
            at = piece_end + 1;
        }
        Ok(())
    }

    /// Parses a folded line: it begins with white space and continues the previous field (RFC 9112 section 5.2).
    fn folded_line(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        self.head.folded = true;
        let text = &self.bytes[start..end];
        let fault = self.fold_fault();
        if self.head.fields.is_empty()
            && self.policy.name_space_is_part
            && text.starts_with(b" ")
            && self.policy.faults.accepts(Fault::FieldFoldFirst)
        {
            // The space belongs to the name of the first field.
            self.has_faults.set(true);
            return self.field_line(start, end);
        }
        self.count(text.len())?;
        if self.head.fields.last().is_some_and(|last| last.value.is_empty())
            && !self.policy.faults.accepts(Fault::FieldFoldNoValue)
            && self.folds_into
        {
            return self.drop_or(Fault::FieldFoldNoValue).map(drop);
        }
        if self
            .head
            .fields
            .last()
            .is_some_and(|last| last.known == Some(Name::TransferEncoding))
        {
            self.framing_fold();
        }
        let Some(last) = self.head.fields.last_mut() else {
            let fault = if text.starts_with(b"\t") {
                Fault::FieldTabFirst
            } else {
                Fault::FieldFoldFirst
            };
            return self.drop_or(fault).map(drop);
        };
        if !self.folds_into {
            // It continues a line that was dropped. A byte-wise parser has still checked it.
            return if self.policy.by_byte {
                self.drop_or(fault).map(drop)
            } else {
                Ok(())
            };
        }
        if self.policy.faults.of(fault) == Treatment::Accept {
            self.has_faults.set(true);
            last.sent.end = end as u32;
            let value = text.trim_ascii();
            if !value.is_empty() {
                if last.value.is_empty() {
                    last.value.start = (end - text.trim_ascii_start().len()) as u32;
                }
                last.value.end = (start + text.trim_ascii_end().len()) as u32;
            }
            self.folded_text(start, end)?;
            if text.ends_with(b"\r") {
                self.check(Fault::FieldEndCr)?;
            }
            return self.value_chars(value);
        }
        self.drop_or(fault).map(drop)
    }

    /// Checks the text of a folded line.
    fn folded_text(&self, start: usize, end: usize) -> Result<(), Fault> {
        let text = &self.bytes[start..end];
        if text.iter().all(|b| matches!(b, b' ' | b'\t')) {
            self.check(Fault::FieldFoldEmpty)?;
        }
        Ok(())
    }

    /// The fault of folding the last field.
    pub(super) fn fold_fault(&self) -> Fault {
        match self.head.fields.last().and_then(|field| field.known) {
            Some(Name::ContentLength) => Fault::LengthFold,
            Some(name) if name.is_framing() => Fault::FramingFold,
            _ => Fault::FieldFold,
        }
    }

    /// Checks the number of field lines.
    fn field_count(&self, count: usize) -> Result<(), Fault> {
        if count > self.policy.fields {
            Err(Fault::FieldsTooMany)
        } else {
            Ok(())
        }
    }

    /// Checks the length of a value in bytes.
    fn value_length(&self, length: usize) -> Result<(), Fault> {
        if self.policy.value.is_some_and(|most| length > most) {
            Err(Fault::FieldValueTooLong)
        } else {
            Ok(())
        }
    }

    /// Checks the total length of the values of each name, joined with a comma and a space.
    fn value_lengths(&self) -> Result<(), Fault> {
        if self.policy.value.is_none() {
            return Ok(());
        }
        let length = |field: &FieldLine| (field.value.end - field.value.start) as usize;
        // The common case: all values together are short enough.
        let all: usize = self.head.fields.iter().map(|field| length(field) + 2).sum();
        if self.value_length(all).is_ok() {
            return Ok(());
        }
        let mut lengths = std::collections::HashMap::new();
        for field in &self.head.fields {
            let name = field.name.of(self.bytes).to_ascii_lowercase();
            let sum: &mut usize = lengths.entry(name).or_default();
            let mut value = Vec::new();
            field::unfold(field.value.of(self.bytes), &mut value);
            *sum += value.len() + if *sum > 0 { 2 } else { 0 };
            self.value_length(*sum)?;
        }
        Ok(())
    }
}
