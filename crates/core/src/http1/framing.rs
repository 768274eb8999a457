//! Message framing: how the body of a request is delimited (RFC 9112 section 6), and whether the client waits for
//! `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
//!
//! This module interprets Content-Length, Transfer-Encoding and Expect together. It does not read the body.

use super::chunked::ChunkPolicy;
use super::fault::Fault;
use super::field::Name;
use super::head::{HeadPolicy, Version};
use super::request::Request;

/// How the body of a request is delimited (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// No body.
    None,
    /// A body of this many bytes.
    Length(u64),
    /// A body in chunks.
    Chunked,
}

/// How a server interprets the fields about a body; part of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyRules {
    /// Which of Content-Length and Transfer-Encoding delimits the body.
    pub delimiter: Delimiter,
    /// Whether only spaces may follow a coding, and a folded Transfer-Encoding is never `chunked`.
    pub coding_by_line: bool,
    /// Whether only spaces, not tabs, may stand between a comma and the coding after it.
    pub coding_after_spaces: bool,
    /// The syntax of Content-Length.
    pub length: LengthSyntax,
    /// Which Expect fields ask for `100 Continue`.
    pub expect: Expect,
    /// Whether an unknown expectation is a fault in HTTP/1.0, too.
    pub expect_http10: bool,
    /// Whether the Expect field of a CONNECT request counts.
    pub expect_connect: bool,
    /// Whether versions are compared as text to decide who may get `100 Continue`.
    pub expect_version_as_text: bool,
    /// The largest valid Content-Length in bytes.
    pub largest: u64,
    /// The largest Content-Length of a body that is read.
    pub readable: u64,
    /// What a chunked body must look like.
    pub chunks: ChunkPolicy,
}

impl Default for BodyRules {
    fn default() -> Self {
        Self {
            delimiter: Delimiter::default(),
            coding_by_line: false,
            coding_after_spaces: false,
            length: LengthSyntax::default(),
            expect: Expect::default(),
            expect_http10: true,
            expect_connect: true,
            expect_version_as_text: false,
            largest: i64::MAX.unsigned_abs(),
            readable: u64::MAX,
            chunks: ChunkPolicy::default(),
        }
    }
}

/// Which of Content-Length and Transfer-Encoding delimits the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Delimiter {
    /// Transfer-Encoding if present, else Content-Length (RFC 9112 section 6.3).
    #[default]
    Coding,
    /// Content-Length if present, else Transfer-Encoding.
    Length,
    /// Content-Length only; the server does not know Transfer-Encoding.
    LengthOnly,
    /// Neither; no request has a body.
    Off,
}

/// The syntax of Content-Length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LengthSyntax {
    /// Decimal digits (RFC 9110 section 8.6).
    #[default]
    Digits,
    /// Decimal digits with optional single underscores between them, an optional leading plus sign, and optional white
    /// space around the number.
    Integer,
}

impl LengthSyntax {
    /// Parses `value`. Above `largest`, [`LengthSyntax::Digits`] is invalid and [`LengthSyntax::Integer`] counts as
    /// `largest`. Returns `None` for an invalid value.
    pub fn read(self, value: &[u8], largest: u64) -> Option<u64> {
        match self {
            Self::Digits => length(value, largest),
            Self::Integer => {
                let text = value.trim_ascii();
                let text = text.strip_prefix(b"+").unwrap_or(text);
                let digits: Vec<u8> = text.iter().filter(|b| **b != b'_').copied().collect();
                let lone = !text.starts_with(b"_") && !text.ends_with(b"_") && !text.windows(2).any(|two| two == b"__");
                if !lone || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                    return None;
                }
                let add = |n: u64, d: &u8| n.saturating_mul(10).saturating_add(u64::from(d - b'0')).min(largest);
                Some(digits.iter().fold(0, add))
            }
        }
    }
}

/// Which Expect fields ask for `100 Continue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// The value `100-continue`, in any case.
    #[default]
    Exact,
    /// As `exact`, if the request has only one Expect field. Several fields are joined, and the result never matches.
    Sole,
    /// As `exact`, without trailing white space. Of several fields the first counts.
    Verbatim,
    /// Any value that contains `100-continue` as a word.
    Word,
}

impl<'a> Request<'a> {
    /// How the body is delimited. Meaningful only if [`Request::fault`] returned `None`.
    pub fn framing(&self, rules: &BodyRules) -> Framing {
        let length = self
            .get(Name::ContentLength)
            .and_then(|value| rules.length.read(value, rules.largest));
        let chunked = self.last_coding(rules).is_some_and(|coding| is_chunked(coding, rules));
        match (rules.delimiter, length, chunked) {
            (Delimiter::Off, _, _) => Framing::None,
            (Delimiter::Coding, _, true) | (Delimiter::Length, None, true) => Framing::Chunked,
            (_, None | Some(0), _) => Framing::None,
            (_, Some(length), _) if length > rules.readable => Framing::None,
            (_, Some(length), _) => Framing::Length(length),
        }
    }

    /// Whether the request has both Content-Length and Transfer-Encoding, a sign of request smuggling (RFC 9112 section
    /// 6.3).
    pub fn has_length_and_coding(&self) -> bool {
        self.get(Name::ContentLength).is_some() && self.get(Name::TransferEncoding).is_some()
    }

    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    pub fn expects_continue(&self, rules: &BodyRules) -> bool {
        self.may_continue(rules) && self.asks_to_continue(rules)
    }

    /// Whether the HTTP version of the request allows `100 Continue`.
    pub fn may_continue(&self, rules: &BodyRules) -> bool {
        self.version() == Version::Http11 && !(rules.expect_version_as_text && self.version_text() < b"1.1".as_slice())
    }

    /// Whether white space follows the value of the first Expect field.
    pub fn has_padded_expect(&self) -> bool {
        self.all_as(Name::Expect, true)
            .next()
            .is_some_and(|value| value.last().is_some_and(u8::is_ascii_whitespace))
    }

    /// Whether the Expect field asks for `100 Continue`, regardless of the HTTP version.
    pub fn asks_to_continue(&self, rules: &BodyRules) -> bool {
        if self.method() == b"CONNECT" && !rules.expect_connect {
            return false;
        }
        match rules.expect {
            Expect::Sole if self.all(Name::Expect).nth(1).is_some() => false,
            Expect::Exact | Expect::Sole | Expect::Verbatim => self
                .all_as(Name::Expect, rules.expect == Expect::Verbatim)
                .next()
                .is_some_and(|expect| expect.eq_ignore_ascii_case(b"100-continue")),
            Expect::Word => self.all(Name::Expect).any(|expect| has_word(expect, b"100-continue")),
        }
    }

    /// The first fault of Content-Length and Transfer-Encoding that the profile refuses.
    pub(super) fn framing_fault(
        &self,
        policy: &HeadPolicy,
        refused: &impl Fn(Fault) -> Option<Fault>,
    ) -> Option<Fault> {
        let mut lengths = self.all(Name::ContentLength);
        let first = lengths.next();
        if let Some(first) = first {
            if length(first, policy.body.largest).is_none() {
                return refused(Fault::LengthInvalid);
            }
            for other in lengths {
                let fault = if other == first {
                    Fault::LengthRepeated
                } else {
                    Fault::LengthConflict
                };
                if let Some(fault) = refused(fault) {
                    return Some(fault);
                }
            }
        }
        let Some(coding) = self.last_coding(&policy.body) else {
            let must_have = matches!(self.method(), b"POST" | b"PUT");
            return (must_have && first.is_none())
                .then(|| refused(Fault::LengthMissing))
                .flatten();
        };
        let tab = !policy.trim_tabs && self.all(Name::TransferEncoding).any(|value| value.contains(&b'\t'));
        let is_empty = self.all(Name::TransferEncoding).all(<[u8]>::is_empty);
        if is_empty && policy.body.coding_by_line {
            // The parser finds no coding.
            return None;
        }
        let unusual = if is_empty {
            Some(Fault::CodingEmpty)
        } else if tab || !is_chunked(coding, &policy.body) {
            Some(Fault::CodingNotChunked)
        } else if self.codings().filter(|c| is_chunked(c, &policy.body)).count() > 1 {
            Some(Fault::CodingTwice)
        } else if self.codings().count() > 1 {
            Some(Fault::CodingUnknown)
        } else {
            None
        };
        if self.version() < Version::Http11
            && let Some(fault) = refused(Fault::CodingOld)
        {
            return Some(fault);
        }
        if let Some(fault) = unusual.and_then(refused) {
            return Some(fault);
        }
        first.and_then(|_| refused(Fault::LengthAndCoding))
    }

    /// The first fault of Expect that the profile refuses.
    pub(super) fn expect_fault(&self, rules: &BodyRules, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        let expect = self.get(Name::Expect)?;
        let is_old = self.version() < Version::Http11;
        if is_old && !rules.expect_http10 || self.method() == b"CONNECT" && !rules.expect_connect {
            return None;
        }
        let repeated = self
            .all(Name::Expect)
            .nth(1)
            .and_then(|_| refused(Fault::ExpectRepeated));
        if repeated.is_some() {
            return repeated;
        }
        if self.asks_to_continue(rules) {
            None
        } else if expect.is_empty() {
            refused(Fault::ExpectEmpty)
        } else {
            refused(Fault::ExpectUnknown)
        }
    }

    /// The codings of all Transfer-Encoding fields, in order.
    fn codings(&self) -> impl Iterator<Item = &'a [u8]> {
        self.all(Name::TransferEncoding)
            .flat_map(|value| value.split(|b| *b == b','))
    }

    /// The coding that was applied last. It delimits the body.
    fn last_coding(&self, rules: &BodyRules) -> Option<&'a [u8]> {
        let values = self.all_as(Name::TransferEncoding, rules.coding_by_line);
        let last = values
            .filter(|value| !rules.coding_by_line || !value.is_empty())
            .last()?;
        if rules.coding_by_line && last.contains(&b'\n') {
            // In a folded field there is no valid coding.
            return Some(last);
        }
        last.rsplit(|b| *b == b',').next()
    }
}

/// Whether a coding, with the white space around it, is `chunked`.
fn is_chunked(coding: &[u8], rules: &BodyRules) -> bool {
    if rules.coding_by_line {
        return is_chunked_by_line(coding);
    }
    let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    // White space before the first coding of a field is not part of its value.
    let is_before = |b: &u8| is_space(b) && !(rules.coding_after_spaces && *b == b'\t');
    let start = coding.iter().position(|b| !is_before(b)).unwrap_or(coding.len());
    let end = coding.iter().rposition(|b| !is_space(b)).map_or(start, |at| at + 1);
    coding[start..end.max(start)].eq_ignore_ascii_case(b"chunked")
}

/// The same where only spaces may follow a coding ([`BodyRules::coding_by_line`]).
pub(in crate::http1) fn is_chunked_by_line(coding: &[u8]) -> bool {
    let start = coding
        .iter()
        .position(|b| !matches!(b, b' ' | b'\t'))
        .unwrap_or(coding.len());
    let end = coding.iter().rposition(|b| *b != b' ').map_or(start, |at| at + 1);
    coding
        .get(start..end)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"chunked"))
}

/// Parses decimal digits. Returns `None` for anything else and for a number above `largest`.
fn length(value: &[u8], largest: u64) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let more = |n: u64, d: &u8| n.checked_mul(10)?.checked_add(u64::from(d - b'0'));
    value.iter().try_fold(0, more).filter(|n| *n <= largest)
}

/// Whether `text` contains `word` in any case, with no letter, digit or `_` on either side.
fn has_word(text: &[u8], word: &[u8]) -> bool {
    let of_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    (0..text.len()).any(|at| {
        text[at..].len() >= word.len()
            && text[at..at + word.len()].eq_ignore_ascii_case(word)
            && !(at > 0 && of_word(text.get(at - 1)))
            && !of_word(text.get(at + word.len()))
    })
}
