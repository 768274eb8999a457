//! One member of the list in a Range field (RFC 9110 section 14.1.2).

use super::policy::{EmptyFile, EmptyMember, Impossible, Largest, LongSuffix, Numbers, OpenFromZero, SuffixZero};
use super::{ByteRange, RangePolicy};

/// One member of the list, evaluated for a file.
pub(super) enum Member {
    /// A range within the file.
    Range(ByteRange),
    /// The whole file. No other member counts.
    Everything(ByteRange),
    /// A range outside the file.
    Outside,
    /// A range of an empty file, to which the response is 200 with no content.
    Nothing,
    /// A member without text.
    Empty,
    /// A member that is not a range.
    Bad,
}

/// One member as written (RFC 9110 section 14.1.2).
enum RangeSpec {
    /// `5-`
    From(i128),
    /// `5-9`
    Between(i128, i128),
    /// `-5`: the last bytes of the file.
    Last(i128),
}

/// Parses one member and evaluates it for a file of `size` bytes.
pub(super) fn member(text: &[u8], size: u64, policy: &RangePolicy) -> Member {
    let exact = matches!(policy.numbers, Numbers::Tight | Numbers::Signed);
    if policy.empty_member != EmptyMember::Bad && (if exact { text } else { text.trim_ascii() }).is_empty() {
        return Member::Empty;
    }
    let largest = match policy.largest_number {
        Largest::Signed64 => i128::from(i64::MAX),
        Largest::Off => i128::MAX,
    };
    let bytes = i128::from(size);
    let (first, last) = match parse(text, policy.numbers) {
        None => return Member::Bad,
        Some(RangeSpec::From(first)) if first > largest => return Member::Bad,
        Some(RangeSpec::Between(first, last)) if first > largest || last > largest => {
            return Member::Bad;
        }
        Some(RangeSpec::Last(length)) if length > largest => return Member::Bad,
        Some(RangeSpec::From(0)) if size > 0 && policy.open_from_zero == OpenFromZero::Everything => {
            return Member::Everything(ByteRange {
                first: 0,
                last: size - 1,
            });
        }
        Some(RangeSpec::From(first)) => (first, bytes - 1),
        Some(RangeSpec::Between(first, last)) if first > last => {
            return if policy.reversed == Impossible::Bad {
                Member::Bad
            } else {
                Member::Outside
            };
        }
        Some(RangeSpec::Between(first, last)) => (first, last.min(bytes - 1)),
        Some(RangeSpec::Last(0)) => match policy.suffix_zero {
            SuffixZero::Bad => return Member::Bad,
            SuffixZero::Unsatisfiable => (bytes, bytes - 1),
            SuffixZero::Everything => (0, bytes - 1),
        },
        Some(RangeSpec::Last(length)) if length > bytes && policy.long_suffix == LongSuffix::Unsatisfiable => {
            return Member::Outside;
        }
        // RFC 9110 calls a suffix of an empty file satisfiable, but Content-Range cannot express the result.
        Some(RangeSpec::Last(length)) if length > 0 && size == 0 => return Member::Nothing,
        Some(RangeSpec::Last(length)) => (bytes.saturating_sub(length).max(0), bytes - 1),
    };
    if size == 0 && first == 0 && policy.empty_file == EmptyFile::WholeFromZero {
        return Member::Nothing;
    }
    match (u64::try_from(first), u64::try_from(last)) {
        (Ok(first), Ok(last)) if first <= last => Member::Range(ByteRange { first, last }),
        _ => Member::Outside,
    }
}

/// Parses one member. `None` if it is malformed.
fn parse(text: &[u8], numbers: Numbers) -> Option<RangeSpec> {
    if numbers == Numbers::Leading {
        // One number before and one after the first hyphen. Text after a second hyphen is ignored.
        let mut parts = text.split(|byte| *byte == b'-');
        let (first, last) = (parts.next().and_then(leading), parts.next().and_then(leading));
        return Some(match (first, last) {
            (Some(first), Some(last)) => RangeSpec::Between(first, last),
            (Some(first), None) => RangeSpec::From(first),
            (None, Some(last)) => RangeSpec::Last(last),
            (None, None) => return None,
        });
    }
    let text = match numbers {
        Numbers::Rfc9110 => text.trim_ascii(),
        Numbers::Trimmed => trim_latin1(text),
        Numbers::Spaced => trim_spaces(text),
        _ => text,
    };
    let hyphen = text.iter().position(|byte| *byte == b'-')?;
    let (mut first, mut last) = (&text[..hyphen], &text[hyphen + 1..]);
    if first.is_empty() {
        return if numbers == Numbers::Signed {
            signed(last)
        } else {
            digits(last)
        }
        .map(RangeSpec::Last);
    }
    match numbers {
        Numbers::Spaced => (first, last) = (trim_spaces(first), trim_spaces(last)),
        Numbers::Trimmed => (first, last) = (trim_latin1(first), trim_latin1(last)),
        _ => {}
    }
    let number = |text| match numbers {
        Numbers::Signed => signed(text),
        _ => digits(text),
    };
    let first = number(first)?;
    if last.is_empty() {
        return Some(RangeSpec::From(first));
    }
    if let (Numbers::Trimmed, [b'-', size @ ..]) = (numbers, last) {
        return digits(size).map(|size| RangeSpec::Between(first, -size));
    }
    number(last).map(|last| RangeSpec::Between(first, last))
}

/// Trims the white space of Latin-1, as Unicode defines it, and the separators U+001C to U+001F from both ends.
pub(super) fn trim_latin1(mut text: &[u8]) -> &[u8] {
    while let [b'\t'..=b'\r' | 0x1c..=b' ' | 0x85 | 0xa0, rest @ ..]
    | [rest @ .., b'\t'..=b'\r' | 0x1c..=b' ' | 0x85 | 0xa0] = text
    {
        text = rest;
    }
    text
}

fn trim_spaces(mut text: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = text {
        text = rest;
    }
    text
}

/// Parses decimal digits, at least one. Large numbers saturate above any file size.
fn digits(text: &[u8]) -> Option<i128> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_i128, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum.saturating_mul(10).saturating_add(i128::from(byte - b'0')))
    })
}

/// Parses the leading digits, after optional white space and a plus sign.
fn leading(text: &[u8]) -> Option<i128> {
    let is_space = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ' | 0xa0);
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let text = text[start..].strip_prefix(b"+").unwrap_or(&text[start..]);
    digits(
        &text[..text
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(text.len())],
    )
}

/// Parses optional white space, an optional sign, and digits. An empty text is 0.
fn signed(text: &[u8]) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let text = text.trim_ascii_start();
    match text.split_first()? {
        (b'-', rest) => digits(rest).map(|number| -number),
        (b'+', rest) => digits(rest),
        _ => digits(text),
    }
}
