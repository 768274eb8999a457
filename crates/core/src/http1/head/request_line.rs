//! Parses the request line: splits it into words, and checks the method and the white space (RFC 9112 section 3).

use super::policy::{Http09, Separators};
use super::scanner::Scanner;
use super::{Span, Version};
use crate::http1::fault::Fault;
use crate::http1::field;
use std::ops::Range;

/// The words of a request line, as offsets into the line.
struct Words {
    method: Range<usize>,
    /// Empty if there is only one word.
    target: Range<usize>,
    /// The start of the version, which extends to `end`.
    version: Option<usize>,
    /// The end of the last word.
    end: usize,
}

impl Words {
    /// Splits `text` into words. The first is the method, the last of three or more is the version, and everything in
    /// between is the target, which may contain white space. Two words are an HTTP/0.9 request.
    fn of(text: &[u8], is_space: impl Fn(&u8) -> bool) -> Self {
        let first = text.iter().position(|b| !is_space(b)).unwrap_or(text.len());
        let end = text.iter().rposition(|b| !is_space(b)).map_or(first, |i| i + 1);
        let after_method = text[first..end].iter().position(&is_space).map_or(end, |i| first + i);
        let target_start = after_method + text[after_method..end].iter().position(|b| !is_space(b)).unwrap_or(0);
        let version = text[target_start..end]
            .iter()
            .rposition(&is_space)
            .map(|i| target_start + i + 1);
        let target_end = match version {
            Some(at) => text[..at]
                .iter()
                .rposition(|b| !is_space(b))
                .map_or(target_start, |i| i + 1),
            None => end,
        };
        Self {
            method: first..after_method,
            target: target_start..target_end,
            version,
            end,
        }
    }
}

impl Scanner<'_> {
    /// Parses the request line between `start` and `end`.
    pub(super) fn request_line(&mut self, start: usize, mut end: usize) -> Result<(), Fault> {
        let separators = self.policy.separators;
        if separators == Separators::WhiteSpace {
            // Several CRs before the LF belong to the line end.
            let text = &self.bytes[start..end];
            end = start + text.iter().rposition(|b| *b != b'\r').map_or(0, |i| i + 1);
        }
        self.head.line = Span::new(start, end);
        let text = &self.bytes[start..end];
        let tab_is_text = self.policy.tab_is_text;
        let is_space = |b: &u8| separators.holds(*b) && !(tab_is_text && *b == b'\t');
        let words = Words::of(text, is_space);
        let method = &text[words.method.clone()];
        if words.method.start == text.len() && separators == Separators::WhiteSpace {
            self.check(Fault::EmptyLine)?;
        }
        // The method after the white space decides what a refusal looks like: the response to HEAD has no content.
        let is_white = |b: &u8| matches!(b, b' ' | 0x09..=0x0d);
        let first = text.iter().position(|b| !is_white(b)).unwrap_or(text.len());
        let length = text[first..].iter().take_while(|b| !is_white(b)).count();
        self.head.method = Span::new(start + first, start + first + length);
        if words.method.start > 0 {
            self.check(Fault::LeadingSpace)?;
        }
        self.method_chars(method)?;
        self.head.method = Span::new(start + words.method.start, start + words.method.end);
        let is_known = self.policy.methods.iter().any(|known| known.as_bytes() == method) || self.is_foreign(method);
        if !is_known {
            self.check(Fault::MethodUnknown)?;
        }
        if words.method.end == words.end {
            return Err(Fault::OneWord);
        }
        self.spaces(&text[words.method.end..words.target.start])?;
        if let Some(at) = words.version {
            self.spaces(&text[words.target.end..at])?;
        }
        let sent = &text[words.target.clone()];
        let dropped = match self.policy.drop_leading_controls {
            true => sent.iter().take_while(|b| **b <= b' ').count(),
            false => 0,
        };
        self.head.target = Span::new(start + words.target.start + dropped, start + words.target.end);
        match (&text[words.end..], words.version) {
            ([], _) => {}
            (white, Some(_)) => {
                if white.contains(&b'\t') {
                    self.check(Fault::TabSpace)?;
                }
                self.check(Fault::TrailingSpace)?;
            }
            (_, None) => self.check(Fault::NoVersionSpace)?,
        }
        let Some(at) = words.version else {
            self.no_version(method)?;
            return self.target_chars();
        };
        self.head.version_text = Span::new(start + at, start + words.end);
        self.head.version = self.version(&text[at..words.end])?;
        if separators == Separators::WhiteSpace && text[words.target].iter().any(is_space) {
            self.check(Fault::TargetSpace)?;
        }
        self.target_chars()
    }

    /// Whether the request line between `start` and `end` has a version.
    pub(super) fn has_version(&self, start: usize, end: usize) -> bool {
        let separators = self.policy.separators;
        Words::of(&self.bytes[start..end], |b| separators.holds(*b) || *b == b'\r')
            .version
            .is_some()
    }

    /// Handles a request line without a version.
    fn no_version(&mut self, method: &[u8]) -> Result<(), Fault> {
        self.check(Fault::NoVersion)?;
        if method != b"GET" {
            // A refusal of this method has no head either.
            self.head.version = Version::Http09;
            self.check(Fault::NoVersionMethod)?;
        }
        self.head.version = if self.policy.http09 == Http09::Full {
            Version::Http10
        } else {
            Version::Http09
        };
        Ok(())
    }

    /// Checks the characters of a method, which may be incomplete.
    pub(super) fn method_chars(&self, method: &[u8]) -> Result<(), Fault> {
        for byte in method {
            match byte {
                b'A'..=b'Z' | b'_' | b'-' => {}
                b'a'..=b'z' => self.check(Fault::MethodCase)?,
                _ if field::is_token(*byte) => self.check(Fault::MethodChar)?,
                _ => {
                    // The specific fault comes first. A profile that does not set it treats it as the general one.
                    self.check(Fault::MethodNoToken)?;
                    self.check(Fault::MethodChar)?;
                }
            }
        }
        Ok(())
    }

    /// Checks the white space between two words, which should be a single space.
    fn spaces(&self, white: &[u8]) -> Result<(), Fault> {
        if white.contains(&b'\t') {
            self.check(Fault::TabSpace)?;
        }
        if white.len() > 1 {
            self.check(Fault::ExtraSpace)?;
        }
        Ok(())
    }
}
