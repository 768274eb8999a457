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
mod tests {
    use super::*;

    /// The default with no key set.
    const BOOK: &str = "";

    /// Reads much, merges all, and gives up where several remain.
    const MERGED: &str = r#"
        unit = "exact"
        empty_list = "unsatisfiable"
        numbers = "leading"
        bad_member = "drop"
        empty_member = "bad"
        reversed = "unsatisfiable"
        long_suffix = "unsatisfiable"
        several = "whole"
        merge = "all"
        max_ranges = 0
        max_overlaps = 0
        max_reversals = 0
    "#;

    /// One range or none.
    const SINGLE: &str = r#"
        unit = "any-case-spaced"
        other_unit = "unsatisfiable"
        empty_list = "unsatisfiable"
        numbers = "trimmed"
        bad_member = "unsatisfiable"
        empty_member = "bad"
        suffix_zero = "everything"
        long_suffix = "unsatisfiable"
        empty_file = "whole"
        several = "unsatisfiable"
        several_counts = "asked"
        larger_than_file = true
        max_ranges = 0
        max_overlaps = 0
        max_reversals = 0
    "#;

    /// Any number of ranges with spaces in them, nothing bad.
    const SPACED: &str = r#"
        numbers = "spaced"
        largest_number = "signed64"
        bad_member = "unsatisfiable"
        empty_member = "bad"
        reversed = "unsatisfiable"
        empty_file = "whole-from-zero"
        max_ranges = 0
        max_overlaps = 0
        max_reversals = 0
    "#;

    /// No space, neighbours merged, limits.
    const TIGHT: &str = r#"
        numbers = "tight"
        largest_number = "signed64"
        empty_member = "end-if-first"
        suffix_zero = "bad"
        empty_file = "whole"
        open_from_zero = "everything"
        merge = "neighbours"
        max_ranges = 200
        max_overlaps = 20
        max_reversals = 20
    "#;

    /// As before there were limits: what stands before a bad member counts, any comma makes it several.
    const OPEN: &str = r#"
        empty_list = "unsatisfiable"
        numbers = "signed"
        largest_number = "signed64"
        bad_member = "end"
        empty_member = "end-if-first"
        reversed = "unsatisfiable"
        empty_file = "whole"
        several_counts = "asked"
        larger_than_file = true
        max_ranges = 0
        max_overlaps = 0
        max_reversals = 0
    "#;

    fn policy(text: &str) -> RangePolicy {
        toml::from_str(text).expect("a policy")
    }

    /// "200", "416", "0-9" for a single range, "0-9,20-29" for several, "(0-9)" for several that are one.
    fn told(field: &str, size: u64, policy: &RangePolicy) -> String {
        let range = |range: &ByteRange| format!("{}-{}", range.first, range.last);
        match select(field.as_bytes(), size, policy) {
            Selection::Whole => "200".to_owned(),
            Selection::Unsatisfiable => "416".to_owned(),
            Selection::Single(one) => range(&one),
            Selection::Several(one) if one.len() == 1 => format!("({})", range(&one[0])),
            Selection::Several(ranges) => ranges.iter().map(range).collect::<Vec<_>>().join(","),
        }
    }

    /// A file of 666 bytes under BOOK, MERGED, SINGLE, SPACED and TIGHT. The columns but the first were compared, row
    /// by row, with servers that do so.
    const FIELDS: &[(&str, &str)] = &[
        ("bytes=0-9", "0-9 0-9 0-9 0-9 0-9"),
        ("bytes=0-", "0-665 0-665 0-665 0-665 0-665"),
        ("bytes=0-0", "0-0 0-0 0-0 0-0 0-0"),
        ("bytes=665-", "665-665 665-665 665-665 665-665 665-665"),
        ("bytes=666-", "416 416 416 416 416"),
        ("bytes=666-700", "416 416 416 416 416"),
        ("bytes=660-9999", "660-665 660-665 660-665 660-665 660-665"),
        ("bytes=-1", "665-665 665-665 665-665 665-665 665-665"),
        ("bytes=-666", "0-665 0-665 0-665 0-665 0-665"),
        ("bytes=-667", "0-665 416 416 0-665 0-665"),
        ("bytes=-0", "416 416 0-665 416 200"),
        ("bytes=-", "200 416 416 416 200"),
        ("bytes=5-2", "200 416 416 416 200"),
        ("bytes=a-b", "200 416 416 416 200"),
        ("bytes=", "200 416 416 200 200"),
        ("bytes", "200 200 416 200 200"),
        ("bytes=5", "200 5-665 416 416 200"),
        ("bytes=,", "200 416 416 416 200"),
        ("bytes=0-1,", "0-1 0-1 416 416 0-1"),
        ("bytes=,0-1", "0-1 0-1 416 416 200"),
        ("bytes=0-1,,2-3", "0-1,2-3 0-3 416 416 0-3"),
        ("bytes=0-1,5-6", "0-1,5-6 200 416 0-1,5-6 0-1,5-6"),
        ("bytes=5-6,0-1", "5-6,0-1 200 416 5-6,0-1 5-6,0-1"),
        ("bytes=0-1, 5-6", "0-1,5-6 200 416 0-1,5-6 200"),
        ("bytes=0-1 ,5-6", "0-1,5-6 200 416 0-1,5-6 200"),
        ("bytes= 0-1", "0-1 0-1 0-1 0-1 200"),
        ("bytes=0 - 1", "200 0-1 0-1 0-1 200"),
        ("bytes=0- 1", "200 0-1 0-1 0-1 200"),
        ("bytes=0 -1", "200 0-1 0-1 0-1 200"),
        ("bytes=- 1", "200 665-665 416 416 200"),
        ("bytes =0-1", "200 200 0-1 200 200"),
        ("bytes=0-1;q=1", "200 0-1 416 416 200"),
        ("BYTES=0-1", "0-1 200 0-1 0-1 0-1"),
        ("Bytes=0-1", "0-1 200 0-1 0-1 0-1"),
        ("items=0-1", "200 200 416 200 200"),
        ("none", "200 200 416 200 200"),
        ("x=0-1", "200 200 416 200 200"),
        ("bytes=0-1,a", "200 0-1 416 416 200"),
        ("bytes=a,0-1", "200 0-1 416 416 200"),
        ("bytes=0-1,5-2", "200 0-1 416 0-1 200"),
        ("bytes=5-2,0-1", "200 0-1 416 0-1 200"),
        ("bytes=0-1,700-", "0-1 0-1 416 0-1 0-1"),
        ("bytes=700-,0-1", "0-1 0-1 416 0-1 0-1"),
        ("bytes=700-,800-", "416 416 416 416 416"),
        ("bytes=0-1,-0", "0-1 0-1 416 0-1 200"),
        ("bytes=-0,0-1", "0-1 0-1 416 0-1 200"),
        ("bytes=0-9,5-14", "0-9,5-14 0-14 416 0-9,5-14 0-14"),
        ("bytes=0-9,10-19", "0-9,10-19 0-19 416 0-9,10-19 0-19"),
        ("bytes=10-19,0-9", "10-19,0-9 0-19 416 10-19,0-9 0-19"),
        ("bytes=0-9,11-19", "0-9,11-19 200 416 0-9,11-19 0-9,11-19"),
        ("bytes=0-9,0-9", "0-9,0-9 0-9 416 0-9,0-9 0-9"),
        ("bytes=0-,0-", "200 0-665 416 200 0-665"),
        ("bytes=0-,-5", "200 0-665 416 200 0-665"),
        ("bytes=0-1,0-", "200 0-665 416 200 0-665"),
        ("bytes=1-,1-", "200 1-665 416 200 1-665"),
        ("bytes=0-665", "0-665 0-665 0-665 0-665 0-665"),
        ("bytes=0-665,0-0", "200 0-665 416 200 0-665"),
        ("bytes=0-400,300-665", "200 0-665 416 200 0-665"),
        (
            "bytes=0-332,334-665",
            "0-332,334-665 200 416 0-332,334-665 0-332,334-665",
        ),
        ("bytes=18446744073709551615-", "416 416 416 416 200"),
        ("bytes=0-18446744073709551615", "0-665 0-665 0-665 416 200"),
        ("bytes=0-18446744073709551616", "0-665 0-665 0-665 416 200"),
        ("bytes=9223372036854775807-", "416 416 416 416 416"),
        ("bytes=0-9223372036854775807", "0-665 0-665 0-665 0-665 0-665"),
        ("bytes=0-9223372036854775808", "0-665 0-665 0-665 416 200"),
        ("bytes=9223372036854775808-", "416 416 416 416 200"),
        ("bytes=-9223372036854775807", "0-665 416 416 0-665 0-665"),
        ("bytes=-9223372036854775808", "0-665 416 416 416 200"),
        (
            "bytes=0-99999999999999999999999999999999999999999999",
            "0-665 0-665 0-665 416 200",
        ),
        ("bytes=00-09", "0-9 0-9 0-9 0-9 0-9"),
        ("bytes=+0-9", "200 0-9 416 416 200"),
        ("bytes=0-+9", "200 0-9 416 416 200"),
        ("bytes=0--9", "200 0-665 416 416 200"),
        ("bytes=--9", "200 416 416 416 200"),
        ("bytes=0--0", "200 0-665 0-0 416 200"),
        ("bytes=0-9-5", "200 0-9 416 416 200"),
        ("bytes=0-9-", "200 0-9 416 416 200"),
        ("bytes=0x0-9", "200 0-9 416 416 200"),
        ("bytes=1e1-20", "200 1-20 416 416 200"),
        ("bytes=1.5-3", "200 1-3 416 416 200"),
        ("bytes==0-1", "200 665-665 416 416 200"),
        ("bytes=0-1=2", "200 0-1 416 416 200"),
        ("bytes=0-1", "0-1 0-1 0-1 0-1 0-1"),
        ("bytes=\t0-1", "0-1 0-1 0-1 416 200"),
        ("bytes:0-1", "200 200 416 200 200"),
        (
            "bytes=0-4,10-14,3-6",
            "0-4,10-14,3-6 200 416 0-4,10-14,3-6 0-4,10-14,3-6",
        ),
        (
            "bytes=10-14,0-4,3-12",
            "10-14,0-4,3-12 0-14 416 10-14,0-4,3-12 10-14,0-12",
        ),
        (
            "bytes=0-1,3-4,6-7,9-10",
            "0-1,3-4,6-7,9-10 200 416 0-1,3-4,6-7,9-10 0-1,3-4,6-7,9-10",
        ),
        ("bytes=-5,-3", "661-665,663-665 661-665 416 661-665,663-665 661-665"),
        ("bytes=660-,-3", "660-665,663-665 660-665 416 660-665,663-665 660-665"),
        ("bytes=700-,a", "200 416 416 416 200"),
        ("bytes=a,700-", "200 416 416 416 200"),
        ("bytes=0-1,-700", "200 0-1 416 200 0-665"),
        ("bytes=-700,0-1", "200 0-1 416 200 0-665"),
        ("bytes=5-,0-1", "5-665,0-1 200 416 5-665,0-1 5-665,0-1"),
        ("bytes=1-2,bytes=3-4", "200 200 416 416 200"),
        ("bytes=0-1 5-6", "200 0-1 416 416 200"),
        ("bytes=abc-5", "200 661-665 416 416 200"),
        ("bytes=5-abc", "200 5-665 416 416 200"),
    ];

    #[test]
    fn every_policy_reads_a_field_in_its_own_way() {
        let policies = [BOOK, MERGED, SINGLE, SPACED, TIGHT].map(policy);
        for (field, row) in FIELDS {
            let got = policies.each_ref().map(|policy| told(field, 666, policy)).join(" ");
            assert_eq!(got, *row, "{field}");
        }
    }

    #[test]
    fn the_default_is_rfc_9110_section_14() {
        assert_eq!(policy(BOOK), RangePolicy::default());
        for (field, expected) in [
            ("bytes=0-499", "0-499"),
            ("bytes=500-999", "500-999"),
            ("bytes=-500", "9500-9999"),
            ("bytes=9500-", "9500-9999"),
            ("bytes=0-0,-1", "0-0,9999-9999"),
            ("bytes= 0-0 , -1", "0-0,9999-9999"),
            ("bytes= 0-999, 4500-5499, -1000", "0-999,4500-5499,9000-9999"),
            ("bytes=500-600,601-999", "500-600,601-999"),
            ("bytes=500-700,601-999", "500-700,601-999"),
            ("bytes=10000-", "416"),
            ("bytes=-0", "416"),
            ("bytes=-20000", "0-9999"),
            ("bytes=999-500", "200"),
            ("lines=1-2", "200"),
        ] {
            assert_eq!(told(field, 10_000, &RangePolicy::default()), expected, "{field}");
        }
    }

    #[test]
    fn an_empty_file_has_no_range() {
        for (field, row) in [
            ("bytes=0-", "416 416 200 200 200"),
            ("bytes=0-0", "416 416 200 200 200"),
            ("bytes=5-9", "416 416 200 416 200"),
            ("bytes=-5", "200 416 200 200 200"),
            ("bytes=-0", "416 416 200 200 200"),
            ("bytes=5-9,0-", "416 416 200 200 200"),
            ("bytes=a", "200 416 200 416 200"),
            ("items=0-", "200 200 200 200 200"),
        ] {
            let got = [BOOK, MERGED, SINGLE, SPACED, TIGHT]
                .map(|text| told(field, 0, &policy(text)))
                .join(" ");
            assert_eq!(got, row, "{field}");
        }
    }

    #[test]
    fn what_stands_before_a_bad_member_can_count_and_a_comma_can_make_several() {
        for (field, expected) in [
            ("bytes=0-1", "0-1"),
            ("bytes=0-1,", "(0-1)"),
            ("bytes=0-1,a,5-6", "(0-1)"),
            ("bytes=0-1,700-", "(0-1)"),
            ("bytes=0-1,,5-6", "0-1,5-6"),
            ("bytes=,0-1", "416"),
            ("bytes=a,0-1", "416"),
            ("bytes=0-,0-,-5", "0-665,0-665,661-665"),
            ("bytes=-1000", "0-665"),
            ("bytes=-", "416"),
            ("bytes= 0- 9", "0-9"),
            ("bytes=+0-+9", "0-9"),
            ("bytes=0-9 ", "416"),
            ("bytes=0--5", "416"),
            ("bytes=5-2", "416"),
            ("bytes=", "416"),
            ("BYTES=0-1", "0-1"),
            ("bytes", "200"),
        ] {
            assert_eq!(told(field, 666, &policy(OPEN)), expected, "{field}");
        }
    }

    #[test]
    fn limits_lead_to_the_whole_file() {
        let list = |count: u64, first: fn(u64) -> u64, width: u64| {
            let members: Vec<String> = (0..count)
                .map(|i| format!("{}-{}", first(i), first(i) + width))
                .collect();
            format!("bytes={}", members.join(","))
        };
        let parts = |field: &str, text: &str| match select(field.as_bytes(), 10_000, &policy(text)) {
            Selection::Several(ranges) => ranges.len(),
            Selection::Single(_) => 1,
            _ => 0,
        };
        let apart: fn(u64) -> u64 = |i| i * 3;
        let overlapping: fn(u64) -> u64 = |i| i * 2;
        let backwards: fn(u64) -> u64 = |i| 5000 - i * 2;
        assert_eq!(parts(&list(100, apart, 0), BOOK), 100);
        assert_eq!(parts(&list(101, apart, 0), BOOK), 0);
        assert_eq!(parts(&list(200, apart, 0), TIGHT), 200);
        assert_eq!(parts(&list(201, apart, 0), TIGHT), 0);
        assert_eq!(parts(&list(222, apart, 0), SPACED), 222);
        assert_eq!(parts(&list(3, overlapping, 5), BOOK), 3);
        assert_eq!(parts(&list(4, overlapping, 5), BOOK), 0);
        assert_eq!(parts(&list(21, overlapping, 5), TIGHT), 1);
        assert_eq!(parts(&list(22, overlapping, 5), TIGHT), 0);
        assert_eq!(parts(&list(21, backwards, 5), TIGHT), 1);
        assert_eq!(parts(&list(22, backwards, 5), TIGHT), 0);
        assert_eq!(parts(&list(4, backwards, 5), "max_overlaps = 0\nmax_reversals = 2"), 0);
        assert_eq!(parts(&list(4, backwards, 5), "max_overlaps = 0\nmax_reversals = 3"), 4);
        let refused = policy("max_ranges = 1\nover_limit = \"unsatisfiable\"");
        assert_eq!(told("bytes=0-0,2-2", 10, &refused), "416");
    }

    #[test]
    fn merged_ranges_stand_where_the_first_of_them_was_asked_for() {
        for (merge, field, expected) in [
            ("never", "bytes=50-59,0-9,5-20", "50-59,0-9,5-20"),
            ("neighbours", "bytes=50-59,0-9,5-20", "50-59,0-20"),
            ("neighbours", "bytes=0-9,50-59,5-20", "0-9,50-59,5-20"),
            ("all", "bytes=0-9,50-59,5-20", "0-20,50-59"),
            ("all", "bytes=50-59,5-20,0-9", "50-59,0-20"),
            ("all", "bytes=0-9,10-19", "0-19"),
        ] {
            let policy = policy(&format!("merge = {merge:?}"));
            assert_eq!(told(field, 100, &policy), expected, "{merge} {field}");
        }
        let apart = policy("merge = \"all\"\nmerge_adjacent = false\norder = \"sorted\"");
        assert_eq!(told("bytes=50-59,10-19,0-9,15-20", 100, &apart), "0-9,10-20,50-59");
    }

    #[test]
    fn several_ranges_can_be_refused_or_cut_to_the_first() {
        let with = |several: &str| told("bytes=5-6,0-1", 10, &policy(&format!("several = {several:?}")));
        assert_eq!(
            ["multipart", "first", "whole", "unsatisfiable"].map(with),
            ["5-6,0-1", "5-6", "200", "416"]
        );
        assert_eq!(told("bytes=0-0", 10, &policy("enabled = false")), "200");
    }

    #[test]
    fn the_largest_files_and_numbers_do_not_overflow() {
        for text in [BOOK, MERGED, SINGLE, SPACED, TIGHT, OPEN] {
            let policy = policy(text);
            for size in [0, 1, u64::MAX - 1, u64::MAX] {
                for number in [
                    "0",
                    "1",
                    "18446744073709551614",
                    "18446744073709551615",
                    "99999999999999999999999999",
                ] {
                    for field in [
                        format!("bytes={number}-"),
                        format!("bytes=-{number}"),
                        format!("bytes=0-{number}"),
                    ] {
                        let twice = format!("{field},{},{number}-{number}", &field[6..]);
                        for field in [field, twice, format!("bytes=0-{}", "9".repeat(10_000))] {
                            if let Selection::Single(range) = select(field.as_bytes(), size, &policy) {
                                assert!(range.first <= range.last && range.last < size, "{field} {size}");
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(
            ByteRange {
                first: 0,
                last: u64::MAX
            }
            .length(),
            u64::MAX
        );
    }

    #[test]
    fn hostile_lists_end_soon() {
        for text in [
            BOOK,
            MERGED,
            SINGLE,
            SPACED,
            TIGHT,
            OPEN,
            "merge = \"all\"\nmax_ranges = 0\nmax_overlaps = 0",
        ] {
            let policy = policy(text);
            for member in [
                "0-,", "1-1,", ",", "-,", "5-2,", " ,", "-1,", "a,", "9-9,1-1,", "\u{ff}", "--", "=",
            ] {
                let field = format!("bytes={}", member.repeat(10_000));
                select(field.as_bytes(), 10, &policy);
            }
        }
    }

    #[test]
    fn a_policy_can_be_printed_and_read_again() {
        for text in [BOOK, MERGED, SINGLE, SPACED, TIGHT, OPEN] {
            let one = policy(text);
            assert_eq!(policy(&toml::to_string(&one).expect("toml")), one);
        }
        assert!(toml::from_str::<RangePolicy>("suffix = 1").is_err());
        assert!(toml::from_str::<RangePolicy>("merge = \"some\"").is_err());
    }
}
