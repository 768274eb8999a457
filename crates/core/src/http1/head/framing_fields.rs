//! Checks Content-Length and Transfer-Encoding as they arrive, for profiles of servers whose parser interprets these
//! fields itself (RFC 9112 section 6). Other profiles check them when the head is complete, in [`crate::http1::framing`].

use super::policy::FramingJudgedBy;
use super::scanner::Scanner;
use crate::http1::fault::Fault;
use crate::http1::field::Name;
use crate::http1::framing::is_chunked_by_line;

/// The framing fields of the head so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FramingSoFar {
    /// Whether there was a Content-Length with a value.
    length: bool,
    /// Whether there was a Transfer-Encoding with a value.
    coding: bool,
    /// Whether the last coding is `chunked`.
    chunked: bool,
}

impl Scanner<'_> {
    /// Checks a framing field whose value may be incomplete. `after_colon` is the part that has arrived, without the
    /// line end.
    pub(super) fn framing_value(&self, name: Name, after_colon: &[u8]) -> Result<(), Fault> {
        let seen = self.framing;
        let by_name = match self.policy.framing_judged_by {
            FramingJudgedBy::Head => return Ok(()),
            FramingJudgedBy::Value => false,
            FramingJudgedBy::Name => true,
        };
        let value = without_leading_space(after_colon);
        match name {
            Name::ContentLength if by_name && seen.coding => self.check(Fault::LengthAndCoding),
            Name::TransferEncoding if by_name && seen.length => self.check(Fault::LengthAndCoding),
            _ if value.is_empty() => Ok(()),
            Name::ContentLength if seen.length => self.check(Fault::LengthRepeated),
            Name::ContentLength => self.length_value(value),
            Name::TransferEncoding if seen.chunked => self.check(Fault::CodingTwice),
            Name::TransferEncoding => match memchr::memrchr(b',', value) {
                Some(comma) if value[..comma].split(|b| *b == b',').any(is_chunked_by_line) => {
                    self.check(Fault::CodingTwice)
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Checks a Content-Length: digits, then spaces.
    fn length_value(&self, value: &[u8]) -> Result<(), Fault> {
        let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
        let number = value[..digits].iter().try_fold(0_u64, |n, digit| {
            n.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        });
        if number.is_none_or(|number| number > self.policy.body.largest) {
            self.check(Fault::LengthInvalid)?;
        }
        if value[digits..].iter().any(|b| *b != b' ') {
            self.check(Fault::LengthChar)?;
        }
        Ok(())
    }

    /// Records a complete framing field. `next` is the offset of the line after it.
    pub(super) fn framing_field(&mut self, name: Name, after_colon: &[u8], next: usize) -> Result<(), Fault> {
        if self.policy.framing_judged_by == FramingJudgedBy::Head {
            return Ok(());
        }
        self.framing_value(name, after_colon)?;
        let value = without_leading_space(after_colon);
        match name {
            // A folded line may still add a value.
            Name::ContentLength if value.is_empty() && self.bytes.len() > next => self.check(Fault::LengthInvalid)?,
            Name::ContentLength => self.framing.length |= !value.is_empty(),
            Name::TransferEncoding if !value.is_empty() => {
                self.framing.coding = true;
                self.framing.chunked = value.rsplit(|b| *b == b',').next().is_some_and(is_chunked_by_line);
            }
            _ => {}
        }
        Ok(())
    }

    /// Records a folded line of a Transfer-Encoding. Whatever it contains, the body is not chunked.
    pub(super) fn framing_fold(&mut self) {
        self.framing.chunked = false;
    }
}

fn without_leading_space(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|b| !matches!(b, b' ' | b'\t'));
    &value[start.unwrap_or(value.len())..]
}
