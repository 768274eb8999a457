//! How a Range field is read and obeyed: the keys of a profile's `[range]` table.

use serde::{Deserialize, Serialize};

/// How a Range field is read and obeyed. The default is RFC 9110 section 14 with multipart bodies, and with the
/// limits that its section 14.2 recommends.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RangePolicy {
    /// `false`: a Range field is never looked at.
    pub enabled: bool,
    /// `exact`, `any-case` or `any-case-spaced`: how `bytes=` must be written.
    pub unit: Unit,
    /// `whole` or `unsatisfiable`: what any other unit, or none, leads to.
    pub other_unit: Instead,
    /// `whole` or `unsatisfiable`: what a list without members leads to.
    pub empty_list: Instead,
    /// `rfc9110`, `tight`, `spaced`, `trimmed`, `leading` or `signed`: what a member may look like.
    pub numbers: Numbers,
    /// `unlimited` or `signed64`: the largest number that is one.
    pub largest_number: Largest,
    /// `whole`, `unsatisfiable`, `drop` or `end`: what a bad member leads to.
    pub bad_member: BadMember,
    /// `skip`, `bad` or `end-if-first`: what two commas in a row, or one at an end, mean.
    pub empty_member: EmptyMember,
    /// `bad` or `unsatisfiable`: what `5-2` is.
    pub reversed: Impossible,
    /// `bad`, `unsatisfiable` or `everything`: what `-0` is.
    pub suffix_zero: SuffixZero,
    /// `clamp` or `unsatisfiable`: what `-100` is for a file of 10 bytes.
    pub long_suffix: LongSuffix,
    /// `ordinary`, `whole` or `whole-from-zero`: what an empty file makes of a range.
    pub empty_file: EmptyFile,
    /// `ordinary` or `everything`: what `0-` among others does.
    pub open_from_zero: OpenFromZero,
    /// `multipart`, `first`, `whole` or `unsatisfiable`: what several ranges lead to.
    pub several: Several,
    /// `left` or `asked`: whether one range that remains of several is still "several".
    pub several_counts: SeveralCounts,
    /// `never`, `neighbours` or `all`: which overlapping ranges become one.
    pub merge: Merge,
    /// Whether ranges without a gap between them overlap, for merging and for counting overlaps.
    pub merge_adjacent: bool,
    /// `asked` or `sorted`: the order of several ranges.
    pub order: Order,
    /// Whether ranges that are together larger than the file are sent; `false`: 200 with the whole file.
    pub larger_than_file: bool,
    /// Most ranges, after merging, that are obeyed; 0 for no limit.
    pub max_ranges: u32,
    /// Most ranges that overlap the one before them; 0 for no limit.
    pub max_overlaps: u32,
    /// Most ranges that overlap the one before them and begin earlier; 0 for no limit.
    pub max_reversals: u32,
    /// `whole` or `unsatisfiable`: what follows beyond one of these three limits.
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
            largest_number: Largest::Unlimited,
            bad_member: BadMember::Whole,
            empty_member: EmptyMember::Skip,
            reversed: Impossible::Bad,
            suffix_zero: SuffixZero::Unsatisfiable,
            long_suffix: LongSuffix::Clamp,
            empty_file: EmptyFile::Ordinary,
            open_from_zero: OpenFromZero::Ordinary,
            several: Several::Multipart,
            several_counts: SeveralCounts::Left,
            merge: Merge::Never,
            merge_adjacent: true,
            order: Order::Asked,
            larger_than_file: false,
            max_ranges: 100,
            max_overlaps: 2,
            max_reversals: 20,
            over_limit: Instead::Whole,
        }
    }
}

/// What is done instead of sending ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// 200 with the whole file.
    Whole,
    /// 416.
    Unsatisfiable,
}

/// How the unit before the list must be written.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// `bytes=` in lower case.
    Exact,
    /// `bytes=` in any case.
    AnyCase,
    /// `bytes` in any case, with spaces around it if the client likes.
    AnyCaseSpaced,
}

/// What a member of the list may look like.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// RFC 9110 section 14.1.2: digits and a hyphen, space only around the whole member.
    Rfc9110,
    /// Digits and a hyphen, no space anywhere.
    Tight,
    /// Spaces around each number, but none before the number of a suffix.
    Spaced,
    /// Spaces around the member and around its hyphen, but not in a suffix; the last number may carry a minus.
    Trimmed,
    /// As many digits as lead, behind space and a plus; text behind them is not looked at; no digits count as no
    /// number (`a-5` is `-5`, `5-b` and even `5` is `5-`).
    Leading,
    /// Space and a sign before each number; a suffix without a number is `-0`.
    Signed,
}

/// The largest number that is one.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Largest {
    /// There is none.
    Unlimited,
    /// 2^63 - 1; a larger one makes the member bad.
    Signed64,
}

/// What follows from a member that is no range at all.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum BadMember {
    /// The field is ignored: 200.
    Whole,
    /// 416, whatever else is asked for.
    Unsatisfiable,
    /// The member is passed over; 416 if none is left.
    Drop,
    /// The list ends here; 416 if nothing came before.
    End,
}

/// What follows from a member without any text.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyMember {
    /// Nothing.
    Skip,
    /// It is a bad member.
    Bad,
    /// Nothing; but as the first of all it ends the list.
    EndIfFirst,
}

/// What an impossible member is taken for.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Impossible {
    /// A bad member: see `bad_member`.
    Bad,
    /// A range outside the file: it is passed over; 416 if none is left.
    Unsatisfiable,
}

/// What `-0` is.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum SuffixZero {
    /// A bad member: see `bad_member`.
    Bad,
    /// A range outside the file: it is passed over; 416 if none is left.
    Unsatisfiable,
    /// The whole file, as a 206.
    Everything,
}

/// What a suffix longer than the file is.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum LongSuffix {
    /// The whole file, as a 206.
    Clamp,
    /// A range outside the file: it is passed over; 416 if none is left.
    Unsatisfiable,
}

/// What an empty file makes of a Range field.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyFile {
    /// No byte is there, so every range is outside; but a clamped suffix of nothing is the whole file: 200.
    Ordinary,
    /// 200; the field is not even read.
    Whole,
    /// As `ordinary`, but a range from byte 0 is the whole file: 200.
    WholeFromZero,
}

/// What `0-` is.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum OpenFromZero {
    /// A range like any other.
    Ordinary,
    /// All that is asked for, whatever stands before and behind it.
    Everything,
}

/// What follows from several ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Several {
    /// 206 with a `multipart/byteranges` body.
    Multipart,
    /// 206 with the first of them.
    First,
    /// 200 with the whole file.
    Whole,
    /// 416.
    Unsatisfiable,
}

/// When there are several ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum SeveralCounts {
    /// When more than one is left after passing over and merging.
    Left,
    /// When there is a comma.
    Asked,
}

/// Which ranges are merged into one.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Merge {
    /// None.
    Never,
    /// One that overlaps the one before it in the list, or what that has been merged into.
    Neighbours,
    /// Any that overlap.
    All,
}

/// The order in which several ranges are sent.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As asked for; merged ones where the first of them stood.
    Asked,
    /// By offset.
    Sorted,
}
