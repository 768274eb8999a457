//! The field lines of a head, up to the empty line: which of them go on with one before, how many there may be, and how long
//! the values of one name may be together.
//!
//! What a single line says is `field_line`'s.

use super::scanner::Scanner;
use super::{FieldLine, Span};
use crate::http1::fault::{Fault, Treatment};
use crate::http1::field;

/// A field line that is judged with the lines that go on with it.
struct Waiting {
    /// Where it begins and ends.
    line: (usize, usize),
    /// The same of the lines that go on with it.
    folds: Vec<(usize, usize)>,
    /// The length of all of them, joined with single spaces.
    joined: usize,
}

impl Scanner<'_> {
    /// Reads the field lines from `at` on; true if the empty line behind them has come.
    pub(super) fn field_lines(&mut self, mut at: usize) -> Result<bool, Fault> {
        // A browser sends about fifteen.
        self.head.fields.reserve(16);
        let mut count = 0;
        let mut waiting: Option<Waiting> = None;
        loop {
            let lf = self.line_feed(at);
            if lf.is_none() && self.policy.by_byte && at < self.bytes.len() {
                self.check_unfinished_field(at)?;
            }
            let Some(line) = self.line(at, lf, self.policy.field, Fault::FieldTooLong, Fault::BareLf)? else {
                return Ok(false);
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
                self.counted_line(complete.line, count)?;
                for (start, end) in &complete.folds {
                    self.folded_line(*start, *end)?;
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
                    waiting.folds.push((at, line.end));
                    waiting.joined += 1 + self.bytes[at..line.end].trim_ascii().len();
                    // The real servers that join lines keep two bytes of their room to themselves.
                    self.value_length(waiting.joined + 2)?;
                }
                (true, None) => self.folded_line(at, line.end)?,
                (false, _) if self.policy.fields_by_next_line => {
                    waiting = Some(Waiting {
                        line: (at, line.end),
                        folds: Vec::new(),
                        joined: line.end - at,
                    });
                }
                (false, _) => {
                    count += 1;
                    self.counted_line((at, line.end), count)?;
                }
            }
            at = line.next;
        }
    }

    /// Judges a field line that is the `count`-th.
    fn counted_line(&mut self, (start, end): (usize, usize), count: usize) -> Result<(), Fault> {
        self.head.at_fault = Span::new(start, end);
        self.field_count(count)?;
        if self.stopped {
            return Ok(());
        }
        self.field_line(start, end)
    }

    /// A line in which a CR ends a line as LF does. An empty one among them ends the field lines, but not the head.
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

    /// A line that begins with white space: the value of the field before goes on (RFC 9112 section 5.2).
    fn folded_line(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        self.head.folded = true;
        let text = &self.bytes[start..end];
        self.count(text.len())?;
        let fault = self.fold_fault();
        let Some(last) = self.head.fields.last_mut() else {
            let fault = if text.starts_with(b"\t") {
                Fault::FieldTabFirst
            } else {
                Fault::FieldFoldFirst
            };
            return self.drop_or(fault).map(drop);
        };
        if !self.folds_into {
            // It goes on with a line that was left out. Where bytes are judged as they come, it has been judged by itself.
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
            return self.value_chars(value);
        }
        self.drop_or(fault).map(drop)
    }

    /// Judges the text of a line that goes on with a field's value.
    fn folded_text(&self, start: usize, end: usize) -> Result<(), Fault> {
        let text = &self.bytes[start..end];
        if text.trim_ascii().is_empty() {
            self.check(Fault::FieldFoldEmpty)?;
        }
        Ok(())
    }

    /// Which fault it is that the last field goes on on the next line.
    pub(super) fn fold_fault(&self) -> Fault {
        match self.head.fields.last().and_then(|field| field.known) {
            Some(name) if name.is_framing() => Fault::FramingFold,
            _ => Fault::FieldFold,
        }
    }

    /// Refuses more field lines than the profile takes.
    fn field_count(&self, count: usize) -> Result<(), Fault> {
        if count > self.policy.fields {
            Err(Fault::FieldsTooMany)
        } else {
            Ok(())
        }
    }

    /// Refuses a value that is longer than the profile takes.
    fn value_length(&self, length: usize) -> Result<(), Fault> {
        if self.policy.value.is_some_and(|most| length > most) {
            Err(Fault::FieldValueTooLong)
        } else {
            Ok(())
        }
    }

    /// Refuses fields of one name whose values, joined with a comma and a space, are too long together.
    fn value_lengths(&self) -> Result<(), Fault> {
        if self.policy.value.is_none() {
            return Ok(());
        }
        let length = |field: &FieldLine| (field.value.end - field.value.start) as usize;
        // No set of fields can be too long if the head is not.
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
