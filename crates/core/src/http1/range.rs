//! Range requests (RFC 9110 section 14): the bytes of a file that a Range field selects.
//!
//! A policy says how the field is parsed and which ranges are served. Whether the field counts at all, which depends on the
//! method, If-Range and other conditions, is decided in [`super::precondition`].

mod policy;

pub use policy::{
    BadMember, EmptyFile, EmptyMember, Impossible, Instead, Largest, LongSuffix, Merge, Numbers, OpenFromZero, Order,
    RangePolicy, Several, SeveralCounts, SuffixZero, Unit,
};

/// The part of the file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// 200 with the whole file, as if there were no Range field.
    Whole,
    /// 206 with one range and Content-Range.
    Single(ByteRange),
    /// 206 with a `multipart/byteranges` body. Some policies use it for a single range, too.
    Several(Vec<ByteRange>),
    /// 416.
    Unsatisfiable,
}

/// A range of bytes within a file. Both offsets are inclusive, so it is never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The offset of the first byte.
    pub first: u64,
    /// The offset of the last byte.
    pub last: u64,
}

impl ByteRange {
    /// The number of bytes, at least 1.
    pub fn length(self) -> u64 {
        (self.last - self.first).saturating_add(1)
    }

    fn touches(self, other: Self, adjacent: bool) -> bool {
        let reach = u64::from(adjacent);
        self.first <= other.last.saturating_add(reach) && other.first <= self.last.saturating_add(reach)
    }

    fn union(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

impl From<Instead> for Selection {
    fn from(instead: Instead) -> Self {
        match instead {
            Instead::Whole => Self::Whole,
            Instead::Unsatisfiable => Self::Unsatisfiable,
        }
    }
}

/// Evaluates `field`, the value of a Range field, for a file of `size` bytes.
///
/// ```
/// use labserve_core::http1::range::{ByteRange, RangePolicy, Selection, select};
///
/// let policy = RangePolicy::default();
/// let last_ten = ByteRange { first: 90, last: 99 };
/// assert_eq!(select(b"bytes=90-", 100, &policy), Selection::Single(last_ten));
/// assert_eq!(select(b"bytes=-10", 100, &policy), Selection::Single(last_ten));
/// assert_eq!(select(b"bytes=100-", 100, &policy), Selection::Unsatisfiable);
/// // RFC 9110 section 14.2: a field that cannot be parsed is ignored.
/// assert_eq!(select(b"lines=1-2", 100, &policy), Selection::Whole);
/// ```
pub fn select(field: &[u8], size: u64, policy: &RangePolicy) -> Selection {
    if !policy.enabled || (size == 0 && policy.empty_file == EmptyFile::Whole) {
        return Selection::Whole;
    }
    let Some(list) = after_unit(field, policy.unit) else {
        return policy.other_unit.into();
    };
    if list.is_empty() {
        return policy.empty_list.into();
    }
    let asked = list.iter().filter(|byte| **byte == b',').count() + 1;
    if asked == 1 {
        // The common case, which needs no allocation.
        return match member(list, size, policy) {
            Member::Range(range) | Member::Everything(range) => Selection::Single(range),
            Member::Outside => Selection::Unsatisfiable,
            Member::Nothing => Selection::Whole,
            Member::Empty => policy.empty_list.into(),
            Member::Bad if policy.bad_member == BadMember::Whole => Selection::Whole,
            Member::Bad => Selection::Unsatisfiable,
        };
    }
    match collect(list, size, policy) {
        Ok(ranges) if ranges.is_empty() => policy.empty_list.into(),
        Ok(ranges) => limit(ranges, asked, size, policy),
        Err(instead) => instead.into(),
    }
}

/// The list after `bytes=`; `None` for another unit.
fn after_unit(field: &[u8], unit: Unit) -> Option<&[u8]> {
    let equals = field.iter().position(|byte| *byte == b'=')?;
    let (name, list) = (&field[..equals], &field[equals + 1..]);
    let known = match unit {
        Unit::Exact => name == b"bytes",
        Unit::AnyCase => name.eq_ignore_ascii_case(b"bytes"),
        Unit::AnyCaseSpaced => name.trim_ascii().eq_ignore_ascii_case(b"bytes"),
    };
    known.then_some(list)
}

/// The satisfiable ranges in the order of the request. Empty only if the list has no members.
fn collect(list: &[u8], size: u64, policy: &RangePolicy) -> Result<Vec<ByteRange>, Instead> {
    let mut ranges = Vec::new();
    let mut passed_over = false;
    for (index, text) in list.split(|byte| *byte == b',').enumerate() {
        match member(text, size, policy) {
            Member::Range(range) => ranges.push(range),
            Member::Everything(range) => return Ok(vec![range]),
            Member::Outside => passed_over = true,
            Member::Nothing => return Err(Instead::Whole),
            Member::Empty if index == 0 && policy.empty_member == EmptyMember::EndIfFirst => break,
            Member::Empty => {}
            Member::Bad => match policy.bad_member {
                BadMember::Whole => return Err(Instead::Whole),
                BadMember::Unsatisfiable => return Err(Instead::Unsatisfiable),
                BadMember::Drop => passed_over = true,
                BadMember::End => {
                    passed_over = true;
                    break;
                }
            },
        }
    }
    if ranges.is_empty() && passed_over {
        Err(Instead::Unsatisfiable)
    } else {
        Ok(ranges)
    }
}

/// Merges the ranges, applies the limits, and decides how to send what remains.
fn limit(ranges: Vec<ByteRange>, asked: usize, size: u64, policy: &RangePolicy) -> Selection {
    let Merged {
        ranges,
        overlaps,
        reversals,
    } = merge(ranges, policy);
    let over = |count: usize, most: u32| most > 0 && count > most as usize;
    if over(ranges.len(), policy.max_ranges)
        || over(overlaps, policy.max_overlaps)
        || over(reversals, policy.max_reversals)
    {
        return policy.over_limit.into();
    }
    let sum = ranges
        .iter()
        .fold(0_u64, |sum, range| sum.saturating_add(range.length()));
    if sum > size && !policy.larger_than_file {
        return Selection::Whole;
    }
    let several = match policy.several_counts {
        SeveralCounts::Left => ranges.len() > 1,
        SeveralCounts::Asked => asked > 1,
    };
    match policy.several {
        Several::Multipart if several => Selection::Several(ranges),
        Several::Whole if several => Selection::Whole,
        Several::Unsatisfiable if several => Selection::Unsatisfiable,
        _ => ranges
            .first()
            .map_or(Selection::Whole, |range| Selection::Single(*range)),
    }
}

/// Merged ranges, and the counts that the policy limits.
struct Merged {
    ranges: Vec<ByteRange>,
    /// The number of requested ranges that overlap the one before.
    overlaps: usize,
    /// The number of those that also begin before it.
    reversals: usize,
}

/// Merges overlapping ranges as the policy says.
fn merge(asked: Vec<ByteRange>, policy: &RangePolicy) -> Merged {
    let (mut overlaps, mut reversals) = (0, 0);
    let mut ranges: Vec<ByteRange> = Vec::with_capacity(asked.len());
    let mut before: Option<ByteRange> = None;
    for range in asked {
        let touching = before.filter(|before| before.touches(range, policy.merge_adjacent));
        overlaps += usize::from(touching.is_some());
        reversals += usize::from(touching.is_some_and(|before| range.first < before.first));
        match (ranges.last_mut(), touching) {
            (Some(last), Some(_)) if policy.merge == Merge::Neighbours => *last = last.union(range),
            _ => ranges.push(range),
        }
        before = if policy.merge == Merge::Neighbours {
            ranges.last().copied()
        } else {
            Some(range)
        };
    }
    if policy.merge == Merge::All {
        ranges = merge_all(ranges, policy.merge_adjacent);
    }
    if policy.order == Order::Sorted {
        ranges.sort_by_key(|range| range.first);
    }
    Merged {
        ranges,
        overlaps,
        reversals,
    }
}

/// Merges all ranges that overlap. Each merged range takes the position of its earliest part in the request.
fn merge_all(ranges: Vec<ByteRange>, adjacent: bool) -> Vec<ByteRange> {
    let mut by_offset: Vec<(usize, ByteRange)> = ranges.into_iter().enumerate().collect();
    by_offset.sort_by_key(|(_, range)| range.first);
    let mut merged: Vec<(usize, ByteRange)> = Vec::with_capacity(by_offset.len());
    for (position, range) in by_offset {
        match merged.last_mut() {
            Some((earliest, last)) if last.touches(range, adjacent) => {
                (*earliest, *last) = (position.min(*earliest), last.union(range));
            }
            _ => merged.push((position, range)),
        }
    }
    merged.sort_by_key(|(position, _)| *position);
    merged.into_iter().map(|(_, range)| range).collect()
}

/// One member of the list, evaluated for a file.
enum Member {
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

fn member(text: &[u8], size: u64, policy: &RangePolicy) -> Member {
    let exact = matches!(policy.numbers, Numbers::Tight | Numbers::Signed);
    if policy.empty_member != EmptyMember::Bad && (if exact { text } else { text.trim_ascii() }).is_empty() {
        return Member::Empty;
    }
    let largest = match policy.largest_number {
        Largest::Signed64 => i128::from(i64::MAX),
        Largest::Unlimited => i128::MAX,
    };
    let bytes = i128::from(size);
    let (first, last) = match read(text, policy.numbers) {
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

fn read(text: &[u8], numbers: Numbers) -> Option<RangeSpec> {
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
        Numbers::Rfc9110 | Numbers::Trimmed => text.trim_ascii(),
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
        Numbers::Trimmed => (first, last) = (first.trim_ascii(), last.trim_ascii()),
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

#[cfg(test)]
mod tests;
