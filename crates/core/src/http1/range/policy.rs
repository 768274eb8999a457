//! How a Range field is parsed and which ranges are served: the keys of a profile's `[range]` table.

use crate::http1::ResponseId;
use crate::units::Count;
use serde::{Deserialize, Serialize};

/// How a Range field is parsed and which ranges are served. The default is RFC 9110 section 14 with multipart bodies,
/// and with the limits that its section 14.2 recommends.
///
/// `I` and `B` are the types of what is sent in place of ranges: words before the names of responses are resolved.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(
        rename = "RangePolicy",
        bound = "RangePolicy<I, B>: Default, I: schemars::JsonSchema + Serialize, B: schemars::JsonSchema + Serialize"
    )
)]
#[serde(
    default,
    deny_unknown_fields,
    bound(deserialize = "RangePolicy<I, B>: Default, I: Deserialize<'de>, B: Deserialize<'de>")
)]
pub struct RangePolicy<I = Instead, B = BadMember> {
    /// Whether Range fields count at all.
    /// Example: `bytes=0-4`: `true` 206 of 0-4; `false` 200.
    pub enabled: bool,
    /// `exact`, `any-case` or `any-case-spaced`: the spelling of `bytes=`.
    /// Example: `BYTES=0-4`: `exact` 200; `any-case` 206 of 0-4; `any-case-spaced` 206 of 0-4.
    /// Example: `bytes =0-4`: `exact` 200; `any-case` 200; `any-case-spaced` 206 of 0-4.
    pub unit: Unit,
    /// Another unit, or none: `whole` (200 with the whole file), `unsatisfiable` (416), or a response.
    /// Example: `pages=1-2`: `whole` 200; `unsatisfiable` 416.
    pub other_unit: I,
    /// A list without members: `whole` (200 with the whole file), `unsatisfiable` (416), or a response.
    /// Example: `bytes=,`: `whole` 200; `unsatisfiable` 416.
    pub empty_list: I,
    /// `rfc9110`, `tight`, `spaced`, `trimmed`, `leading` or `signed`: the syntax of a member.
    /// Example: `bytes= 0-4`: `rfc9110` 206 of 0-4; `tight` 200; `spaced` 206 of 0-4; `trimmed` 206 of 0-4; `leading`
    /// 206 of 0-4; `signed` 206 of 0-4.
    /// Example: `bytes=0 - 4`: `rfc9110` 200; `tight` 200; `spaced` 206 of 0-4; `trimmed` 206 of 0-4; `leading` 206 of
    /// 0-4; `signed` 200.
    /// Example: `bytes=+0-4`: `rfc9110` 200; `tight` 200; `spaced` 200; `trimmed` 200; `leading` 206 of 0-4; `signed`
    /// 206 of 0-4.
    /// Example: `bytes=5-b`: `rfc9110` 200; `tight` 200; `spaced` 200; `trimmed` 200; `leading` 206 of 5-9; `signed`
    /// 200.
    pub numbers: Numbers,
    /// `off` or `signed64`: the largest valid number.
    /// Example: `bytes=0-9223372036854775808`: `off` 206 of 0-9; `signed64` 200.
    pub largest_number: Largest,
    /// A malformed member: the `whole` file is sent (200), the list is `unsatisfiable` whatever the other members are
    /// (416), the member is ignored (`drop`: 416 if no other remains), the list ends before it (`end`: 416 if nothing
    /// precedes it), or a response.
    /// Example: `bytes=0-1,x,3-4`: `whole` 200; `unsatisfiable` 416; `drop` 206 of 0-1 and 3-4, in parts; `end` 206 of
    /// 0-1.
    pub bad_member: B,
    /// `skip`, `bad` or `end-if-first`: the effect of an empty member, such as between two commas.
    /// Example: `bytes=,0-1`: `skip` 206 of 0-1; `bad` 200; `end-if-first` 200.
    pub empty_member: EmptyMember,
    /// `bad` or `unsatisfiable`: how `5-2` counts.
    /// Example: `bytes=5-2,0-1`: `bad` 200; `unsatisfiable` 206 of 0-1.
    pub reversed: Impossible,
    /// `bad`, `unsatisfiable` or `everything`: how `-0` counts.
    /// Example: `bytes=-0`: `bad` 200; `unsatisfiable` 416; `everything` 206 of 0-9.
    pub suffix_zero: SuffixZero,
    /// `clamp` or `unsatisfiable`: how `-100` counts for a file of 10 bytes.
    /// Example: `bytes=-100`: `clamp` 206 of 0-9; `unsatisfiable` 416.
    pub long_suffix: LongSuffix,
    /// `ordinary`, `whole` or `whole-from-zero`: how ranges of an empty file count.
    /// Example: `bytes=0-`: `ordinary` 416; `whole` 200; `whole-from-zero` 200.
    /// Example: `bytes=-1`: `ordinary` 200; `whole` 200; `whole-from-zero` 200.
    pub empty_file: EmptyFile,
    /// `ordinary` or `everything`: how `0-` counts among several members.
    /// Example: `bytes=5-6,0-`: `ordinary` 200; `everything` 206 of 0-9.
    pub open_from_zero: OpenFromZero,
    /// `multipart`, `first`, `whole` or `unsatisfiable`: the response to several ranges.
    /// Example: `bytes=0-1,4-5`: `multipart` 206 of 0-1 and 4-5, in parts; `first` 206 of 0-1; `whole` 200;
    /// `unsatisfiable` 416.
    pub several: Several,
    /// `left` or `asked`: whether a single range that remains of several still counts as several.
    /// Example: `bytes=0-1,20-30`: `left` 206 of 0-1; `asked` 206 of 0-1, in parts.
    pub several_counts: SeveralCounts,
    /// `off`, `neighbours` or `all`: which overlapping ranges are merged.
    /// Example: `bytes=0-3,2-5,8-9`: `off` 206 of 0-3 and 2-5 and 8-9, in parts; `neighbours` 206 of 0-5 and 8-9, in
    /// parts; `all` 206 of 0-5 and 8-9, in parts.
    /// Example: `bytes=0-3,6-7,2-4`: `off` 206 of 0-3 and 6-7 and 2-4, in parts; `neighbours` 206 of 0-3 and 6-7 and
    /// 2-4, in parts; `all` 206 of 0-4 and 6-7, in parts.
    pub merge: Merge,
    /// Whether adjacent ranges count as overlapping, for merging and for `max_overlaps`.
    pub merge_adjacent: bool,
    /// `asked` or `sorted`: the order of several ranges.
    /// Example: `bytes=5-6,0-1`: `asked` 206 of 5-6 and 0-1, in parts; `sorted` 206 of 0-1 and 5-6, in parts.
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
    /// Above any of these three limits: `whole` (200 with the whole file), `unsatisfiable` (416), or a response.
    /// Example: `bytes=0-1,0-1,0-1,0-1`: `whole` 200; `unsatisfiable` 416.
    pub over_limit: I,
}

impl Default for RangePolicy {
    fn default() -> Self {
        Self::rfc9110(&Instead::Whole, BadMember::Whole)
    }
}

impl<I: Clone, B> RangePolicy<I, B> {
    /// The default. `whole` and `whole_file` stand for 200 with the whole file.
    pub fn rfc9110(whole: &I, whole_file: B) -> Self {
        Self {
            enabled: true,
            unit: Unit::AnyCase,
            other_unit: whole.clone(),
            empty_list: whole.clone(),
            numbers: Numbers::Rfc9110,
            largest_number: Largest::Off,
            bad_member: whole_file,
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
            over_limit: whole.clone(),
        }
    }
}

impl<I, B> RangePolicy<I, B> {
    /// The same policy with each key that may be a response resolved by name.
    ///
    /// # Errors
    /// What `instead` or `bad_member` return.
    pub fn resolved<E>(
        &self,
        instead: impl Fn(&'static str, &I) -> Result<Instead, E>,
        bad_member: impl Fn(&'static str, &B) -> Result<BadMember, E>,
    ) -> Result<RangePolicy, E> {
        Ok(RangePolicy {
            enabled: self.enabled,
            unit: self.unit,
            other_unit: instead("other_unit", &self.other_unit)?,
            empty_list: instead("empty_list", &self.empty_list)?,
            numbers: self.numbers,
            largest_number: self.largest_number,
            bad_member: bad_member("bad_member", &self.bad_member)?,
            empty_member: self.empty_member,
            reversed: self.reversed,
            suffix_zero: self.suffix_zero,
            long_suffix: self.long_suffix,
            empty_file: self.empty_file,
            open_from_zero: self.open_from_zero,
            several: self.several,
            several_counts: self.several_counts,
            merge: self.merge,
            merge_adjacent: self.merge_adjacent,
            order: self.order,
            larger_than_file: self.larger_than_file,
            max_ranges: self.max_ranges,
            max_overlaps: self.max_overlaps,
            max_reversals: self.max_reversals,
            over_limit: instead("over_limit", &self.over_limit)?,
        })
    }
}

/// The response in place of ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// 200 with the whole file.
    Whole,
    /// 416.
    Unsatisfiable,
    /// This response.
    #[serde(skip)]
    Respond(ResponseId),
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
    /// This response, whatever the other members are.
    #[serde(skip)]
    Respond(ResponseId),
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
