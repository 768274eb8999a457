//! How a Range field is parsed and which ranges are served: the keys of a profile's `[range]` table.

use crate::units::Count;
use serde::{Deserialize, Serialize};

/// How a Range field is parsed and which ranges are served. The default is RFC 9110 section 14 with multipart bodies,
/// and with the limits that its section 14.2 recommends.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RangePolicy {
    /// Whether Range fields count at all.
    pub enabled: bool,
    /// `exact`, `any-case` or `any-case-spaced`: the spelling of `bytes=`.
    pub unit: Unit,
    /// `whole` or `unsatisfiable`: the response to another unit, or to none.
    pub other_unit: Instead,
    /// `whole` or `unsatisfiable`: the response to a list without members.
    pub empty_list: Instead,
    /// `rfc9110`, `tight`, `spaced`, `trimmed`, `leading` or `signed`: the syntax of a member.
    pub numbers: Numbers,
    /// `off` or `signed64`: the largest valid number.
    pub largest_number: Largest,
    /// `whole`, `unsatisfiable`, `drop` or `end`: the effect of a malformed member.
    pub bad_member: BadMember,
    /// `skip`, `bad` or `end-if-first`: the effect of an empty member, such as between two commas.
    pub empty_member: EmptyMember,
    /// `bad` or `unsatisfiable`: how `5-2` counts.
    pub reversed: Impossible,
    /// `bad`, `unsatisfiable` or `everything`: how `-0` counts.
    pub suffix_zero: SuffixZero,
    /// `clamp` or `unsatisfiable`: how `-100` counts for a file of 10 bytes.
    pub long_suffix: LongSuffix,
    /// `ordinary`, `whole` or `whole-from-zero`: how ranges of an empty file count.
    pub empty_file: EmptyFile,
    /// `ordinary` or `everything`: how `0-` counts among several members.
    pub open_from_zero: OpenFromZero,
    /// `multipart`, `first`, `whole` or `unsatisfiable`: the response to several ranges.
    pub several: Several,
    /// `left` or `asked`: whether a single range that remains of several still counts as several.
    pub several_counts: SeveralCounts,
    /// `off`, `neighbours` or `all`: which overlapping ranges are merged.
    pub merge: Merge,
    /// Whether adjacent ranges count as overlapping, for merging and for `max_overlaps`.
    pub merge_adjacent: bool,
    /// `asked` or `sorted`: the order of several ranges.
    pub order: Order,
    /// Whether ranges that are larger than the file in total are served. If `false`, the response is 200 with the whole
    /// file.
    pub larger_than_file: bool,
    /// The maximum number of ranges after merging.
    pub max_ranges: Count,
    /// The maximum number of ranges that overlap the one before.
    pub max_overlaps: Count,
    /// The maximum number of ranges that overlap the one before and begin earlier.
    pub max_reversals: Count,
    /// `whole` or `unsatisfiable`: the response above any of these three limits.
    pub over_limit: Instead,
}

impl Default for RangePolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            unit: Unit::AnyCase,
            other_unit: Instead::Whole,
            empty_list: Instead::Whole,
            numbers: Numbers::Rfc9110,
            largest_number: Largest::Off,
            bad_member: BadMember::Whole,
            empty_member: EmptyMember::Skip,
            reversed: Impossible::Bad,
            suffix_zero: SuffixZero::Unsatisfiable,
            long_suffix: LongSuffix::Clamp,
            empty_file: EmptyFile::Ordinary,
            open_from_zero: OpenFromZero::Ordinary,
            several: Several::Multipart,
            several_counts: SeveralCounts::Left,
            merge: Merge::Off,
            merge_adjacent: true,
            order: Order::Asked,
            larger_than_file: false,
            max_ranges: Count::of(100),
            max_overlaps: Count::of(2),
            max_reversals: Count::of(20),
            over_limit: Instead::Whole,
        }
    }
}

/// The response in place of ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// 200 with the whole file.
    Whole,
    /// 416.
    Unsatisfiable,
}

/// The spelling of the unit before the list.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// `bytes=` in lower case.
    Exact,
    /// `bytes=` in any case.
    AnyCase,
    /// `bytes` in any case, with optional white space of Latin-1 around it.
    AnyCaseSpaced,
}

/// The syntax of a member of the list.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Digits and a hyphen, with optional space around the member (RFC 9110 section 14.1.2).
    Rfc9110,
    /// Digits and a hyphen, without any space.
    Tight,
    /// Optional spaces around each number, but not before the number of a suffix.
    Spaced,
    /// Optional white space of Latin-1 around the member and around its hyphen, but not in a suffix. The last number
    /// may have a minus sign.
    Trimmed,
    /// The leading digits, after optional space and a plus sign. Text after them is ignored. A number without digits
    /// counts as absent: `a-5` is `-5`; `5-b` and `5` are `5-`.
    Leading,
    /// Optional space and sign before each number. A suffix without a number is `-0`.
    Signed,
}

/// The largest valid number.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Largest {
    /// Every number is valid.
    Off,
    /// 2^63 - 1. A larger number makes the member malformed.
    Signed64,
}

/// The effect of a malformed member.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BadMember {
    /// The field is ignored: 200.
    Whole,
    /// 416, whatever the other members are.
    Unsatisfiable,
    /// The member is ignored; 416 if no other remains.
    Drop,
    /// The list ends before the member; 416 if nothing precedes it.
    End,
}

/// The effect of a member without text.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EmptyMember {
    /// It is ignored.
    Skip,
    /// It counts as a malformed member: see `bad_member`.
    Bad,
    /// It is ignored, unless it is the first member: then it ends the list.
    EndIfFirst,
}

/// How a member with its first position after its last one counts.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Impossible {
    /// As a malformed member: see `bad_member`.
    Bad,
    /// As a range outside the file: it is ignored; 416 if no other remains.
    Unsatisfiable,
}

/// How `-0` counts.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SuffixZero {
    /// As a malformed member: see `bad_member`.
    Bad,
    /// As a range outside the file: it is ignored; 416 if no other remains.
    Unsatisfiable,
    /// As the whole file, with 206.
    Everything,
}

/// How a suffix that is longer than the file counts.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LongSuffix {
    /// As the whole file, with 206.
    Clamp,
    /// As a range outside the file: it is ignored; 416 if no other remains.
    Unsatisfiable,
}

/// How ranges of an empty file count.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EmptyFile {
    /// Every range is outside the file, except a clamped suffix: that is the whole file, 200.
    Ordinary,
    /// 200; the field is not parsed.
    Whole,
    /// As `ordinary`, but a range from byte 0 is the whole file, too: 200.
    WholeFromZero,
}

/// How `0-` counts among several members.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OpenFromZero {
    /// It is a range like any other.
    Ordinary,
    /// It is the only range that counts.
    Everything,
}

/// The response to several ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Several {
    /// 206 with a `multipart/byteranges` body.
    Multipart,
    /// 206 with the first range.
    First,
    /// 200 with the whole file.
    Whole,
    /// 416.
    Unsatisfiable,
}

/// Which requests count as requests for several ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SeveralCounts {
    /// Those of which several ranges remain, after ignored members and merging.
    Left,
    /// Those with a comma.
    Asked,
}

/// Which overlapping ranges are merged.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Merge {
    /// None of them.
    Off,
    /// A range that overlaps the one before it in the list, or the result of merging that one.
    Neighbours,
    /// All ranges that overlap.
    All,
}

/// The order in which several ranges are sent.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// In the order of the request. A merged range takes the position of its earliest part.
    Asked,
    /// By offset.
    Sorted,
}
