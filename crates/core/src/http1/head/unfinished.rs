//! Checks lines that have not ended yet, for profiles of servers that parse byte by byte. Such a server refuses a bad
//! byte before the rest of the line has arrived.
//!
//! Only the method and the span of the fault are stored. A complete line is parsed again as a whole.

use super::Span;
use super::policy::FramingJudgedBy;
use super::scanner::Scanner;
use super::target::{begins_a_target, has_empty_authority};
use crate::http1::fault::{Fault, Treatment};
use crate::http1::field::{self, Name};

impl Scanner<'_> {
    /// Checks an incomplete request line.
    pub(super) fn check_unfinished_line(&mut self, start: usize) -> Result<(), Fault> {
        // Bytes beyond the maximum length are not examined: the line is refused for its length.
        let longest = self.policy.buffers.map_or(self.policy.line, |buffers| buffers.size);
        let end = self.bytes.len().min(start + longest);
        let rest = &self.bytes[start..end];
        let word_end = rest
            .iter()
            .position(|b| matches!(b, b' ' | b'\r' | b'\n'))
            .unwrap_or(rest.len());
        let (word, ended) = (&rest[..word_end], word_end < rest.len());
        self.head.at_fault = Span::new(start, start + word_end);
        if word.is_empty() && ended {
            return self.check(Fault::LeadingSpace);
        }
        if ended {
            self.head.method = self.head.at_fault;
        }
        self.method_chars(word)?;
        let known = |method: &String| {
            if ended {
                method.as_bytes() == word
            } else {
                method.as_bytes().starts_with(word)
            }
        };
        let foreign = || self.policy.protocols.iter().flat_map(|protocol| &protocol.own);
        if !self.policy.methods.iter().any(known) && !foreign().any(known) {
            self.check(Fault::MethodUnknown)?;
        }
        match rest.get(word_end) {
            Some(b' ') => self.check_unfinished_target(start, start + word_end, end),
            _ => Ok(()),
        }
    }

    /// Checks an incomplete target and version. `line` is the offset of the line, `after_method` that of the white
    /// space.
    fn check_unfinished_target(&mut self, line: usize, after_method: usize, end: usize) -> Result<(), Fault> {
        let bytes = self.bytes;
        let rest = &bytes[after_method..end];
        let line_end = rest
            .iter()
            .position(|b| matches!(b, b'\r' | b'\n'))
            .unwrap_or(rest.len());
        let broken_end = is_cr_inside(&rest[line_end..]) || rest[line_end..].starts_with(b"\r\r");
        let line_ended = line_end < rest.len();
        let rest = &rest[..line_end];
        let spaces = rest.iter().take_while(|b| **b == b' ').count();
        let target = &rest[spaces..];
        let target_end = target.iter().position(|b| *b == b' ').unwrap_or(target.len());
        let (target, after_target) = target.split_at(target_end);
        self.head.at_fault = Span::new(after_method + spaces, after_method + spaces + target_end);
        self.check_counted(target.len())?;
        if spaces > 1 {
            self.check(Fault::ExtraSpace)?;
        }
        let method = &bytes[line..after_method];
        match target {
            [b'*', ..] if method == b"OPTIONS" => self.check(Fault::OptionsAsterisk)?,
            [b'*', ..] => self.check(Fault::TargetAsterisk)?,
            _ if begins_a_target(target, self.policy.faults.accepts(Fault::TargetScheme)) => {
                self.unfinished_authority(target, method)?;
            }
            _ if method == b"CONNECT" => self.check(Fault::ConnectAuthority)?,
            _ => self.check(Fault::TargetForm)?,
        }
        for byte in target {
            self.target_char(*byte)?;
        }
        // An empty authority is found when the host is examined, once the line is complete.
        if !target.is_empty() && (line_ended || !after_target.is_empty()) && !has_empty_authority(target) {
            self.target_form(target, method)?;
        }
        let spaces = after_target.iter().take_while(|b| **b == b' ').count();
        self.version_prefix(&after_target[spaces..])?;
        if broken_end { self.check(Fault::BareCr) } else { Ok(()) }
    }

    /// Checks an incomplete field line.
    pub(super) fn check_unfinished_field(&mut self, start: usize) -> Result<(), Fault> {
        let text = &self.bytes[start..];
        let name = memchr::memchr2(b':', b'\r', text).map_or(text, |end| &text[..end]);
        self.head.at_fault = Span::new(start, self.bytes.len());
        match name.first() {
            Some(b'\t') if self.head.fields.is_empty() => return self.drop_or(Fault::FieldTabFirst).map(drop),
            // Else the space belongs to the name of the first field.
            Some(b' ')
                if self.head.fields.is_empty()
                    && !(self.drop_or(Fault::FieldFoldFirst)? && self.policy.name_space_is_part) =>
            {
                return Ok(());
            }
            Some(b' ') if self.head.fields.is_empty() => {}
            Some(b' ' | b'\t') => return self.check_unfinished_fold(text),
            None if text.starts_with(b":") => return self.drop_or(Fault::FieldNameEmpty).map(drop),
            _ => {}
        }
        self.check_unfinished_name(name)?;
        if !name.is_empty() && text.get(name.len()) == Some(&b'\r') {
            if self.refuses(Fault::FieldNoColon) {
                return Err(Fault::FieldNoColon);
            }
            if is_cr_inside(&text[name.len()..]) {
                return self.check(Fault::BareCr);
            }
        }
        let value = text.get(name.len() + 1..).unwrap_or_default();
        let begun = value
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t'))
            .unwrap_or(value.len());
        self.check_counted(name.len() + value.len() - begun)?;
        // A CR may still turn out to be part of the line end.
        let end = memchr::memchr(b'\r', value).unwrap_or(value.len());
        match Name::of(name) {
            Some(Name::ContentLength) if self.policy.framing_judged_by == FramingJudgedBy::Head => {
                self.length_digits(value)?;
            }
            Some(known) if text.get(name.len()) == Some(&b':') => self.framing_value(known, &value[..end])?,
            _ => {}
        }
        self.check_unfinished_value(value, end)
    }

    /// Checks an incomplete folded line.
    fn check_unfinished_fold(&mut self, text: &[u8]) -> Result<(), Fault> {
        self.check_counted(text.len())?;
        let no_value = self.folds_into && self.head.fields.last().is_some_and(|last| last.value.is_empty());
        if no_value && self.refuses(Fault::FieldFoldNoValue) {
            return Err(Fault::FieldFoldNoValue);
        }
        if !self.drop_or(self.fold_fault())? {
            return Ok(());
        }
        self.check_unfinished_value(text, memchr::memchr(b'\r', text).unwrap_or(text.len()))
    }

    /// Checks the characters of an incomplete value, whose first CR is at `end`.
    fn check_unfinished_value(&self, value: &[u8], end: usize) -> Result<(), Fault> {
        self.value_chars(&value[..end])?;
        if value[end..].starts_with(b"\r\r") && self.refuses(Fault::FieldEndCr) {
            return Err(Fault::FieldEndCr);
        }
        if is_cr_inside(&value[end..]) {
            self.check(Fault::BareCr)?;
        }
        Ok(())
    }

    /// Checks an incomplete field name.
    fn check_unfinished_name(&self, name: &[u8]) -> Result<(), Fault> {
        if let Some(space) = memchr::memchr(b' ', name)
            && Name::of(&name[..space]).is_some_and(Name::is_framing)
            && self.refuses(Fault::FramingNameSpace)
        {
            return Err(Fault::FramingNameSpace);
        }
        for byte in name {
            match byte {
                // The tab is a fault both inside the name and at its end.
                b'\t' if self.policy.name_space_is_part => self.check(Fault::FieldNameControl)?,
                b' ' | b'\t' if self.refuses(Fault::FieldNameSpace) && self.refuses(Fault::FieldNameInnerSpace) => {
                    return Err(Fault::FieldNameControl);
                }
                b' ' | b'\t' => {}
                0..=0x1f | 0x7f if self.refuses(Fault::FieldNameControl) => return Err(Fault::FieldNameControl),
                _ if !field::is_token(*byte) && self.refuses(Fault::FieldNameChar) => return Err(Fault::FieldNameChar),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the fault refuses the head: the profile neither accepts it nor drops the line.
    fn refuses(&self, fault: Fault) -> bool {
        !matches!(self.policy.faults.of(fault), Treatment::Accept | Treatment::Drop)
    }
}

/// Whether `text` begins with CRs that are followed by a byte other than LF.
fn is_cr_inside(text: &[u8]) -> bool {
    text.iter().find(|b| **b != b'\r').is_some_and(|b| *b != b'\n') && text.starts_with(b"\r")
}
