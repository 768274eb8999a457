//! Range requests (RFC 9110 section 14): the bytes of a file that a Range field selects.
//!
//! A policy says how the field is parsed and which ranges are served. Whether the field counts at all, which depends on
//! the method, If-Range and other conditions, is decided in [`super::precondition`].

mod member;
mod policy;

pub use policy::{
    BadMember, EmptyFile, EmptyMember, Impossible, Instead, Largest, LongSuffix, Merge, Numbers, OpenFromZero, Order,
    RangePolicy, Several, SeveralCounts, SuffixZero, Unit,
};

use super::ResponseId;
use member::{Member, member, trim_latin1};

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
    /// Another response of the policy.
    Respond(ResponseId),
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
            Instead::Respond(id) => Self::Respond(id),
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
            Member::Bad => match policy.bad_member {
                BadMember::Whole => Selection::Whole,
                BadMember::Unsatisfiable | BadMember::Drop | BadMember::End => Selection::Unsatisfiable,
                BadMember::Respond(id) => Selection::Respond(id),
            },
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
        Unit::AnyCaseSpaced => trim_latin1(name).eq_ignore_ascii_case(b"bytes"),
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
                BadMember::Respond(id) => return Err(Instead::Respond(id)),
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
    if policy.max_ranges.is_below(ranges.len())
        || policy.max_overlaps.is_below(overlaps)
        || policy.max_reversals.is_below(reversals)
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

#[cfg(test)]
mod tests;
