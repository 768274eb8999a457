//! The protocol version: which one a word names, and what is wrong with the word.
//!
//! Does not know what a version changes; that is decided about each reply.

use super::policy::Http09;
use super::scanner::Scanner;
use super::{Span, Version};
use crate::http1::fault::Fault;

impl Scanner<'_> {
    /// Reads the version of a complete request line.
    pub(super) fn version(&mut self, text: &[u8]) -> Result<Version, Fault> {
        if !matches!(text, b"HTTP/1.1" | b"HTTP/1.0") && text.starts_with(b"HTTP/") && version_numbers(text).is_some() {
            // What stands behind the slash is the version; where it is none, the whole word is.
            self.head.version_text = Span {
                start: self.head.version_text.start + 5,
                ..self.head.version_text
            };
        }
        self.numbered_version(text)
    }

    /// Looks at as much of a version as has come.
    pub(super) fn version_prefix(&self, text: &[u8]) -> Result<(), Fault> {
        const NAME: &[u8] = b"HTTP/";
        let named = text.len().min(NAME.len());
        if !text[..named].eq_ignore_ascii_case(&NAME[..named]) {
            return self.check(Fault::BadVersion);
        }
        if text[..named] != NAME[..named] {
            self.check(Fault::LowerVersion)?;
        }
        match text.get(NAME.len()..).unwrap_or_default() {
            numbers if numbers.len() >= b"1.1".len() && !self.policy.faults.accepts(Fault::OddVersion) => {
                // There are no longer ones: the word is complete, whether it has ended or not.
                let word = text.iter().position(|b| *b == b' ').unwrap_or(text.len());
                let behind = &text[word..];
                self.numbered_version(&text[..word])?;
                match behind.iter().any(|b| *b != b' ') {
                    true => self.check(Fault::TargetSpace),
                    false if behind.is_empty() => Ok(()),
                    false => self.check(Fault::TrailingSpace),
                }
            }
            [major, dot, ..]
                if major.is_ascii_digit() && *dot != b'.' && !self.policy.faults.accepts(Fault::OddVersion) =>
            {
                self.check(Fault::BadVersion)
            }
            [] | [b'1'] => Ok(()),
            [b'0', ..] => self.check(Fault::OldVersion),
            [b'2'..=b'9', ..] | [b'1', b'0'..=b'9', ..] => self.check(Fault::MajorVersion),
            [b'1', b'.', minor @ ..] => {
                let digits = minor.iter().take_while(|b| b.is_ascii_digit()).count();
                match minor[digits..].iter().find(|b| **b != b' ') {
                    Some(b'\t') => self.check(Fault::TabSpace),
                    Some(_) => self.check(Fault::BadVersion),
                    None => Ok(()),
                }
            }
            _ => self.check(Fault::BadVersion),
        }
    }

    /// The version that a whole word names.
    fn numbered_version(&self, text: &[u8]) -> Result<Version, Fault> {
        match text {
            b"HTTP/1.1" => return Ok(Version::Http11),
            b"HTTP/1.0" => return Ok(Version::Http10),
            _ => {}
        }
        let Some((major, minor)) = version_numbers(text) else {
            self.check(Fault::BadVersion)?;
            return Ok(Version::Http10);
        };
        if !text.starts_with(b"HTTP/") {
            self.check(Fault::LowerVersion)?;
        }
        if text.len() != b"HTTP/1.1".len() {
            self.check(Fault::OddVersion)?;
        }
        match (major, minor) {
            (0, 9) => self.check(Fault::OldVersion).map(|()| match self.policy.http09 {
                Http09::LateBody if text == b"HTTP/0.9" => Version::Http09,
                _ => Version::Http10,
            }),
            (0, _) => self.check(Fault::FirstVersion).map(|()| Version::Http10),
            (1, 0) => Ok(Version::Http10),
            (1, 1) => Ok(Version::Http11),
            (1, _) => self.check(Fault::MinorVersion).map(|()| Version::Http11),
            (2, 0) => self.check(Fault::MajorVersion).map(|()| self.http2()),
            _ => self.check(Fault::FarVersion).map(|()| self.http2()),
        }
    }

    /// What a version beyond HTTP/1 is taken for.
    fn http2(&self) -> Version {
        if self.policy.http2_as_http10 {
            Version::Http10
        } else {
            Version::Http11
        }
    }
}

/// The numbers of `HTTP/major.minor`, whatever the case of the name.
fn version_numbers(text: &[u8]) -> Option<(u64, u64)> {
    let (name, numbers) = text.split_at_checked(5)?;
    if !name.eq_ignore_ascii_case(b"HTTP/") {
        return None;
    }
    let dot = memchr::memchr(b'.', numbers)?;
    Some((number(&numbers[..dot])?, number(&numbers[dot + 1..])?))
}

/// A number of up to ten digits.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 10 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}
