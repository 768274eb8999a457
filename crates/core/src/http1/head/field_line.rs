//! Parses one field line: its name, its value, and the white space around them (RFC 9112 section 5).
//!
//! It also checks what some servers check while they read the line: repeated names, Content-Length and Host.

use super::policy::FramingJudgedBy;
use super::scanner::Scanner;
use super::{FieldLine, Span, Version};
use crate::http1::fault::Fault;
use crate::http1::field::{self, Name};

impl Scanner<'_> {
    /// Parses the field line between `start` and `end`, and adds it to the head unless a fault drops it.
    pub(super) fn field_line(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        self.folds_into = false;
        let text = &self.bytes[start..end];
        if text.starts_with(b"From ") && !self.drop_or(Fault::FieldEnvelope)? {
            return Ok(());
        }
        let crs = text.iter().rev().take_while(|b| **b == b'\r').count();
        if crs > 0 {
            self.check(Fault::FieldEndCr)?;
        }
        let text = &text[..text.len() - crs];
        let colon = match memchr::memchr(b':', text) {
            Some(colon) => colon,
            None if self.drop_or(Fault::FieldNoColon)? => text.len(),
            None => return Ok(()),
        };
        let name_end = text[..colon]
            .iter()
            .rposition(|b| !matches!(b, b' ' | b'\t'))
            .map_or(0, |i| i + 1);
        if colon == 0 && !self.drop_or(Fault::FieldNameEmpty)? {
            return Ok(());
        }
        let name = &text[..name_end];
        let known = Name::of(name);
        let after_colon = text.get(colon + 1..).unwrap_or_default();
        if !self.keeps_name(&text[..colon], name, known)? {
            // A byte-wise parser has checked the value before it drops the line.
            return if self.policy.by_byte {
                self.value_chars(after_colon)
            } else {
                Ok(())
            };
        }
        let is_space = |b: &u8| *b == b' ' || (self.policy.trim_tabs && *b == b'\t');
        let from = after_colon
            .iter()
            .position(|b| !is_space(b))
            .unwrap_or(after_colon.len());
        let to = after_colon
            .iter()
            .rposition(|b| !is_space(b))
            .map_or(from, |last| last + 1);
        let value = after_colon.get(from..to).unwrap_or_default();
        self.check_value(after_colon, value, known)?;
        let is_other = self.policy.name_space_is_part && name_end < colon;
        // White space after the value counts, white space before it does not.
        let counted = if value.is_empty() { 0 } else { after_colon.len() - from };
        self.count(name_end + counted)?;
        if self.is_repeated(name) {
            self.check(Fault::FieldRepeated)?;
        }
        let value_start = (start + colon + 1 + from).min(start + text.len());
        self.head.fields.push(FieldLine {
            name: Span::new(start, start + if is_other { colon } else { name_end }),
            value: Span::new(value_start, value_start + value.len()),
            sent: Span::new(value_start, end.max(value_start)),
            known: known.filter(|_| !is_other),
        });
        self.folds_into = true;
        match known.filter(|_| self.policy.by_byte && !is_other) {
            Some(Name::Host) => self.check_host(value),
            Some(name @ (Name::ContentLength | Name::TransferEncoding)) => {
                // The line ends with CRLF or LF.
                let next = end + if self.bytes.get(end) == Some(&b'\r') { 2 } else { 1 };
                self.framing_field(name, after_colon, next)
            }
            _ => Ok(()),
        }
    }

    /// Checks a field name. Returns whether to keep the line. `to_colon` is the name with its trailing white space.
    fn keeps_name(&mut self, to_colon: &[u8], name: &[u8], known: Option<Name>) -> Result<bool, Fault> {
        if name.len() < to_colon.len() {
            let fault = match known {
                Some(name) if name.is_framing() => Fault::FramingNameSpace,
                _ => Fault::FieldNameSpace,
            };
            if !self.drop_or(fault)? {
                return Ok(false);
            }
        }
        // The names of known fields are tokens.
        if name.len() == to_colon.len() && (known.is_some() || name.iter().all(|b| field::is_token(*b))) {
            return Ok(true);
        }
        let is_control = |b: &u8| *b <= b' ' || *b == 0x7f;
        // A tab counts as a control character, even where trailing white space belongs to the name.
        let name_and_tabs = if self.policy.name_space_is_part { to_colon } else { name };
        if name_and_tabs.iter().any(|b| is_control(b) && *b != b' ') && !self.drop_or(Fault::FieldNameControl)? {
            return Ok(false);
        }
        if name.contains(&b' ') && !self.drop_or(Fault::FieldNameInnerSpace)? {
            return Ok(false);
        }
        if !name.is_ascii() && !self.drop_or(Fault::FieldNameHigh)? {
            return Ok(false);
        }
        let is_mark = |b: &u8| b.is_ascii_graphic() && !field::is_token(*b);
        Ok(!name.iter().any(is_mark) || self.drop_or(Fault::FieldNameChar)?)
    }

    /// Checks a value. `after_colon` is the value with the white space around it.
    fn check_value(&self, after_colon: &[u8], value: &[u8], known: Option<Name>) -> Result<(), Fault> {
        let is_text = after_colon.iter().fold(true, |is, b| is & is_value_text(*b));
        if !is_text {
            self.value_chars(value)?;
        }
        if self.policy.by_byte {
            // A byte-wise parser checks the white space around the value, too.
            if !is_text {
                let line_end = after_colon.iter().rev().take_while(|b| **b == b'\r').count();
                self.value_chars(&after_colon[..after_colon.len() - line_end])?;
            }
            if let Some(name @ Name::ContentLength) = known {
                match self.policy.framing_judged_by {
                    FramingJudgedBy::Head => self.length_digits(value)?,
                    FramingJudgedBy::Value | FramingJudgedBy::Name => self.framing_value(name, after_colon)?,
                }
            }
        }
        if known == Some(Name::TransferEncoding) && !value.is_empty() && after_colon.ends_with(b"\t") {
            self.check(Fault::CodingTab)?;
        }
        Ok(())
    }

    /// Checks the characters of a value, which may be incomplete.
    pub(super) fn value_chars(&self, value: &[u8]) -> Result<(), Fault> {
        for byte in value {
            match byte {
                _ if is_value_text(*byte) => {}
                0 => self.check(Fault::FieldValueNul)?,
                b'\r' => self.check(Fault::BareCr)?,
                _ => self.check(Fault::FieldValueControl)?,
            }
        }
        Ok(())
    }

    /// Checks that a Content-Length, which may be incomplete, contains only digits.
    pub(super) fn length_digits(&self, value: &[u8]) -> Result<(), Fault> {
        if value.trim_ascii().iter().all(u8::is_ascii_digit) {
            Ok(())
        } else {
            self.check(Fault::LengthChar)
        }
    }

    /// Checks a Host field when its line is complete, as a byte-wise parser does.
    fn check_host(&self, host: &[u8]) -> Result<(), Fault> {
        match (host.is_empty(), self.head.version) {
            (true, Version::Http11) => self.check(Fault::HostEmpty),
            (true, _) => self.check(Fault::HostEmptyOld),
            (false, _) if self.policy.host.accepts(host) => Ok(()),
            (false, _) => self.check(Fault::HostInvalid),
        }
    }

    /// Whether a field of this name may occur only once and has occurred before.
    fn is_repeated(&self, name: &[u8]) -> bool {
        let once = &self.policy.once;
        once.iter().any(|once| once.as_bytes().eq_ignore_ascii_case(name))
            && self
                .head
                .fields
                .iter()
                .any(|earlier| earlier.name.of(self.bytes).eq_ignore_ascii_case(name))
    }
}

/// Whether a byte is allowed in a field value (RFC 9110 section 5.5).
fn is_value_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}
