//! Which bytes of a file does a Range field ask for? A policy says how the field is read and how far it is obeyed.
//!
//! Whether the field counts at all (method, If-Range, a 304 first) is `http1::precondition`'s business.

mod policy;

pub use policy::{
    BadMember, EmptyFile, EmptyMember, Impossible, Instead, Largest, LongSuffix, Merge, Numbers, OpenFromZero, Order,
    RangePolicy, Several, SeveralCounts, SuffixZero, Unit,
};

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The whole file with 200, as if there were no Range field.
    Whole,
    /// One range: 206 with Content-Range.
    Single(ByteRange),
    /// A `multipart/byteranges` body; of a single part, where the policy says so.
    Several(Vec<ByteRange>),
    /// 416.
    Unsatisfiable,
}

/// Two offsets, both included. Never empty, never past the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte.
    pub last: u64,
}

impl ByteRange {
    /// How many bytes; never 0.
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

/// What `field`, the text of a Range field, asks for of a file of `size` bytes.
pub fn select(field: &[u8], size: u64, policy: &RangePolicy) -> Selection {
    if !policy.enabled || (size == 0 && policy.empty_file == EmptyFile::Whole) {
        return Selection::Whole;
    }
    let Some(list) = behind_unit(field, policy.unit) else {
        return policy.other_unit.into();
    };
    if list.is_empty() {
        return policy.empty_list.into();
    }
    let asked = list.iter().filter(|byte| **byte == b',').count() + 1;
    if asked == 1 {
        // The common case needs no list.
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

/// The list behind `bytes=`.
fn behind_unit(field: &[u8], unit: Unit) -> Option<&[u8]> {
    let equals = field.iter().position(|byte| *byte == b'=')?;
    let (name, list) = (&field[..equals], &field[equals + 1..]);
    let known = match unit {
        Unit::Exact => name == b"bytes",
        Unit::AnyCase => name.eq_ignore_ascii_case(b"bytes"),
        Unit::AnyCaseSpaced => name.trim_ascii().eq_ignore_ascii_case(b"bytes"),
    };
    known.then_some(list)
}

/// The ranges that lie in the file, in the order asked for; empty only where the list is.
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

/// Merges, counts, and decides what becomes of one range or several.
fn limit(ranges: Vec<ByteRange>, asked: usize, size: u64, policy: &RangePolicy) -> Selection {
    let (ranges, overlaps, reversals) = merge(ranges, policy);
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

/// The ranges to send, and how many of those asked for overlap the one before, and do so backwards.
fn merge(asked: Vec<ByteRange>, policy: &RangePolicy) -> (Vec<ByteRange>, usize, usize) {
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
    (ranges, overlaps, reversals)
}

/// Merges whatever overlaps. Each result stands where the first of its parts stood.
fn merge_all(ranges: Vec<ByteRange>, adjacent: bool) -> Vec<ByteRange> {
    let mut places: Vec<(usize, ByteRange)> = ranges.into_iter().enumerate().collect();
    places.sort_by_key(|(_, range)| range.first);
    let mut merged: Vec<(usize, ByteRange)> = Vec::with_capacity(places.len());
    for (place, range) in places {
        match merged.last_mut() {
            Some((first_place, last)) if last.touches(range, adjacent) => {
                (*first_place, *last) = (place.min(*first_place), last.union(range));
            }
            _ => merged.push((place, range)),
        }
    }
    merged.sort_by_key(|(place, _)| *place);
    merged.into_iter().map(|(_, range)| range).collect()
}

/// One member of the list, held against the file.
enum Member {
    Range(ByteRange),
    /// The whole file, and no other member counts.
    Everything(ByteRange),
    /// A range, but not of this file.
    Outside,
    /// A range of no bytes of an empty file: the whole file.
    Nothing,
    Empty,
    Bad,
}

/// One member as written.
enum Asked {
    From(i128),
    Between(i128, i128),
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
        Some(Asked::From(first)) if first > largest => return Member::Bad,
        Some(Asked::Between(first, last)) if first > largest || last > largest => {
            return Member::Bad;
        }
        Some(Asked::Last(length)) if length > largest => return Member::Bad,
        Some(Asked::From(0)) if size > 0 && policy.open_from_zero == OpenFromZero::Everything => {
            return Member::Everything(ByteRange {
                first: 0,
                last: size - 1,
            });
        }
        Some(Asked::From(first)) => (first, bytes - 1),
        Some(Asked::Between(first, last)) if first > last => {
            return if policy.reversed == Impossible::Bad {
                Member::Bad
            } else {
                Member::Outside
            };
        }
        Some(Asked::Between(first, last)) => (first, last.min(bytes - 1)),
        Some(Asked::Last(0)) => match policy.suffix_zero {
            SuffixZero::Bad => return Member::Bad,
            SuffixZero::Unsatisfiable => (bytes, bytes - 1),
            SuffixZero::Everything => (0, bytes - 1),
        },
        Some(Asked::Last(length)) if length > bytes && policy.long_suffix == LongSuffix::Unsatisfiable => {
            return Member::Outside;
        }
        // A suffix of an empty file can be satisfied, but not written as a Content-Range.
        Some(Asked::Last(length)) if length > 0 && size == 0 => return Member::Nothing,
        Some(Asked::Last(length)) => (bytes.saturating_sub(length).max(0), bytes - 1),
    };
    if size == 0 && first == 0 && policy.empty_file == EmptyFile::WholeFromZero {
        return Member::Nothing;
    }
    match (u64::try_from(first), u64::try_from(last)) {
        (Ok(first), Ok(last)) if first <= last => Member::Range(ByteRange { first, last }),
        _ => Member::Outside,
    }
}

fn read(text: &[u8], numbers: Numbers) -> Option<Asked> {
    if numbers == Numbers::Leading {
        // Numbers stand before and behind the first hyphen; a second one ends what is looked at.
        let mut parts = text.split(|byte| *byte == b'-');
        let (first, last) = (parts.next().and_then(leading), parts.next().and_then(leading));
        return Some(match (first, last) {
            (Some(first), Some(last)) => Asked::Between(first, last),
            (Some(first), None) => Asked::From(first),
            (None, Some(last)) => Asked::Last(last),
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
        .map(Asked::Last);
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
        return Some(Asked::From(first));
    }
    if let (Numbers::Trimmed, [b'-', size @ ..]) = (numbers, last) {
        return digits(size).map(|size| Asked::Between(first, -size));
    }
    number(last).map(|last| Asked::Between(first, last))
}

fn trim_spaces(mut text: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = text {
        text = rest;
    }
    text
}

/// Nothing but digits, at least one. More than any file has stays more than any file has.
fn digits(text: &[u8]) -> Option<i128> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_i128, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum.saturating_mul(10).saturating_add(i128::from(byte - b'0')))
    })
}

/// The digits in front, behind space and a plus.
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

/// Space, a sign, digits; no text at all is 0.
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
