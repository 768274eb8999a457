//! Parses the protocol version (RFC 9112 section 2.3).

use super::policy::{Http09, Protocol};
use super::scanner::Scanner;
use super::{Span, Version};
use crate::http1::fault::Fault;

impl Scanner<'_> {
    /// Parses the version of a complete request line.
    pub(super) fn version(&mut self, text: &[u8]) -> Result<Version, Fault> {
        if let Some(as_http) = self.in_http(text)? {
            return self.numbered_version(&as_http);
        }
        if !matches!(text, b"HTTP/1.1" | b"HTTP/1.0") && text.starts_with(b"HTTP/") && version_numbers(text).is_some() {
            // The span excludes `HTTP/`, unless the word is not a version.
            self.head.version_text = Span {
                start: self.head.version_text.start + 5,
                ..self.head.version_text
            };
        }
        self.numbered_version(text)
    }

    /// Checks a version that may be incomplete.
    pub(super) fn version_prefix(&self, text: &[u8]) -> Result<(), Fault> {
        let begins = |name: &[u8]| !text.is_empty() && text.len() < name.len() && name.starts_with(text);
        if self
            .policy
            .protocols
            .iter()
            .any(|protocol| begins(protocol.name.as_bytes()))
        {
            return Ok(());
        }
        if let Some(as_http) = self.in_http(text)? {
            return self.http_version_prefix(&as_http);
        }
        self.http_version_prefix(text)
    }

    fn http_version_prefix(&self, text: &[u8]) -> Result<(), Fault> {
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
                // No valid version is longer, so the word can be checked as a whole before it ends.
                let word = text.iter().position(|b| *b == b' ').unwrap_or(text.len());
                let rest = &text[word..];
                self.numbered_version(&text[..word])?;
                match rest.iter().any(|b| *b != b' ') {
                    true => self.check(Fault::TargetSpace),
                    false if rest.is_empty() => Ok(()),
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

    /// The version of another protocol as one of HTTP; `None` for HTTP. The method must belong to the protocol.
    fn in_http(&self, text: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let method = self.head.method.of(self.bytes);
        if text.starts_with(b"HTTP/") {
            return match self.is_foreign(method) {
                true => self.check(Fault::BadVersion).map(|()| None),
                false => Ok(None),
            };
        }
        let is_named = |protocol: &&Protocol| text.starts_with(protocol.name.as_bytes());
        let Some(protocol) = self.policy.protocols.iter().find(is_named) else {
            return Ok(None);
        };
        let mut methods = protocol.shared.iter().chain(&protocol.own);
        if !methods.any(|known| known.as_bytes() == method) {
            self.check(Fault::BadVersion)?;
        }
        Ok(Some([b"HTTP/", &text[protocol.name.len()..]].concat()))
    }

    /// Whether a method belongs to another protocol and not to HTTP.
    pub(super) fn is_foreign(&self, method: &[u8]) -> bool {
        let mut foreign = self.policy.protocols.iter().flat_map(|protocol| &protocol.own);
        foreign.any(|known| known.as_bytes() == method)
    }

    /// Parses a complete version.
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

    /// The version that the profile uses for HTTP/2.0 and above.
    fn http2(&self) -> Version {
        if self.policy.http2_as_http10 {
            Version::Http10
        } else {
            Version::Http11
        }
    }
}

/// Major and minor number of `HTTP/major.minor`. The name may be in any case.
fn version_numbers(text: &[u8]) -> Option<(u64, u64)> {
    let (name, numbers) = text.split_at_checked(5)?;
    if !name.eq_ignore_ascii_case(b"HTTP/") {
        return None;
    }
    let dot = memchr::memchr(b'.', numbers)?;
    Some((number(&numbers[..dot])?, number(&numbers[dot + 1..])?))
}

/// Parses up to ten decimal digits.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 10 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}
