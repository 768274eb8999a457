//! The effect of each conditional field: the keys of a profile's `[conditions]` table.

use crate::units::Span;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::http1::date::DateSyntax;
use crate::http1::etag::ListSyntax;

/// The effect of each conditional field. The default is RFC 9110 section 13, strictly.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ConditionPolicy {
    /// `rfc9110`, `patterns`, `masks`, `positions`, `mail` or `free-form`: how dates are parsed.
    pub dates: DateSyntax,
    /// `rfc9110`, `quoted`, `commas`, `prefix`, `bare` or `substring`: how If-Match and If-None-Match are parsed.
    pub etag_list: ListSyntax,
    /// `present` or `absent`: how an empty conditional field counts.
    pub empty_field: EmptyField,
    /// `off`, `strong` or `weak`: how If-Match is compared. Without a match the response is 412.
    pub if_match: IfMatch,
    /// `get`, `get-head` or `any`: the methods for which If-Match counts.
    pub if_match_methods: Methods,
    /// `go-on` or `no304`: the effect of an If-Match that matches on the later conditions.
    pub if_match_held: Held,
    /// `off`, `without-etag` (only without If-Match) or `also`: when If-Unmodified-Since counts.
    pub if_unmodified_since: DateField,
    /// `ignored` or `fails` (412): the effect of an If-Unmodified-Since that is not a date.
    pub if_unmodified_since_bad: BadDate,
    /// `go-on` or `no304`: the effect of an If-Unmodified-Since that holds, or is ignored because it is not a date, on
    /// the later conditions.
    pub if_unmodified_since_held: Held,
    /// `off`, `never`, `strong`, `weak` or `weak-for-whole`: how If-None-Match is compared. With a match the
    /// response is 304.
    pub if_none_match: IfNoneMatch,
    /// `fail`, `not-modified` or `off`: the effect of a match on a request that is neither GET nor HEAD.
    pub if_none_match_other: OtherMethods,
    /// `off`, `without-etag` (only if no If-None-Match counts) or `also` (a 304 needs both): when If-Modified-Since
    /// counts. If it is not a date, the response is the file.
    pub if_modified_since: DateField,
    /// `exact`, `not-before`, `verbatim` or `never`: which date means that the client has the current version.
    pub if_modified_since_match: DateMatch,
    /// Whether a date in the future is valid in If-Modified-Since.
    pub if_modified_since_future: bool,
    /// Whether a value that is not a date counts as 1970-01-01 00:00:00 in If-Modified-Since and If-Range.
    pub bad_date_is_epoch: bool,
    /// The minimum age of a file for the dates of If-Modified-Since and If-Unmodified-Since to count in a
    /// request with a Range field.
    pub min_age_with_range: Span,
    /// `get`, `get-head` or `any`: the methods for which If-Modified-Since counts.
    pub if_modified_since_methods: Methods,
    /// Whether `Cache-Control: no-cache` in the request prevents a 304.
    pub request_no_cache: bool,
    /// `get`, `get-head` or `any`: the methods for which Range counts.
    pub range_methods: Methods,
    /// `last` or `first`: whether 206 and 416 are decided after or before 304 and 412.
    pub range_turn: RangeTurn,
    /// Whether If-Range counts. If `false`, ranges are sent whatever its value is.
    pub if_range: bool,
    /// `quote-near-start`, `quote-first`, `quote-last`, `quote-anywhere` or `no-date`: when If-Range is an
    /// entity tag.
    pub if_range_tag_if: TagIf,
    /// `strong`, `weak`, `verbatim`, `contains`, `unquoted` or `never`: when the entity tag of If-Range matches.
    pub if_range_etag: IfRangeEtag,
    /// `exact`, `not-before`, `verbatim` or `never`: when the date of If-Range matches.
    pub if_range_date: DateMatch,
    /// The minimum age of a file for its modification time to be a valid validator in If-Range.
    pub if_range_min_age: Span,
    /// `ranges`, `replaces304` or `overruled`: what If-Range affects besides the ranges.
    pub if_range_scope: IfRangeScope,
}

impl Default for ConditionPolicy {
    fn default() -> Self {
        Self {
            dates: DateSyntax::Rfc9110,
            etag_list: ListSyntax::Rfc9110,
            empty_field: EmptyField::Present,
            if_match: IfMatch::Strong,
            if_match_methods: Methods::Any,
            if_match_held: Held::GoOn,
            if_unmodified_since: DateField::WithoutEtag,
            if_unmodified_since_bad: BadDate::Ignored,
            if_unmodified_since_held: Held::GoOn,
            if_none_match: IfNoneMatch::Weak,
            if_none_match_other: OtherMethods::Fail,
            if_modified_since: DateField::WithoutEtag,
            if_modified_since_match: DateMatch::NotBefore,
            if_modified_since_future: true,
            bad_date_is_epoch: false,
            min_age_with_range: Span(None),
            if_modified_since_methods: Methods::GetHead,
            request_no_cache: false,
            range_methods: Methods::Get,
            range_turn: RangeTurn::Last,
            if_range: true,
            if_range_tag_if: TagIf::QuoteNearStart,
            if_range_etag: IfRangeEtag::Strong,
            if_range_date: DateMatch::Exact,
            // RFC 9110 section 8.8.2.2: a file may change twice in one second, so its time is a strong validator only
            // later.
            if_range_min_age: Span(Some(Duration::from_secs(1))),
            if_range_scope: IfRangeScope::Ranges,
        }
    }
}

/// How If-Match is compared.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IfMatch {
    /// The field is ignored.
    Off,
    /// Strongly.
    Strong,
    /// Weakly.
    Weak,
}

/// How If-None-Match is compared.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IfNoneMatch {
    /// The field is ignored.
    Off,
    /// Nothing matches, not even `*`. But the field counts as present for If-Modified-Since.
    Never,
    /// Strongly.
    Strong,
    /// Weakly.
    Weak,
    /// Weakly; but strongly if the request has a Range field, or is neither GET nor HEAD.
    WeakForWhole,
}

/// The effect of a condition that holds on the later conditions.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// None.
    GoOn,
    /// They can still lead to a 412, but not to a 304.
    No304,
}

/// When a date counts besides an entity tag.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DateField {
    /// Never.
    Off,
    /// Only if the field with entity tags is absent.
    WithoutEtag,
    /// Always; both must agree.
    Also,
}

/// The methods for which a field counts.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Methods {
    /// GET only.
    Get,
    /// GET and HEAD.
    GetHead,
    /// Any method.
    Any,
}

/// The effect of an If-None-Match that contains the file's tag on a request that is neither GET nor HEAD.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OtherMethods {
    /// 412.
    Fail,
    /// 304.
    NotModified,
    /// None.
    Off,
}

/// Which dates match the file's modification time.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DateMatch {
    /// The same second.
    Exact,
    /// The same second or a later one.
    NotBefore,
    /// The exact text of Last-Modified.
    Verbatim,
    /// No date.
    Never,
}

/// The effect of a value that is not a date.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BadDate {
    /// The field is ignored.
    Ignored,
    /// The field's condition does not hold.
    Fails,
    /// It counts as 1969-12-31 23:59:59.
    BeforeEpoch,
}

/// How an empty field counts.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EmptyField {
    /// As present, without an entity tag and without a date.
    Present,
    /// As absent.
    Absent,
}

/// When an If-Range field is an entity tag instead of a date.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TagIf {
    /// A quote is among its first three bytes (RFC 9110 section 13.1.5).
    QuoteNearStart,
    /// It begins with a quote.
    QuoteFirst,
    /// It ends with a quote that is not its first byte.
    QuoteLast,
    /// It contains a quote.
    QuoteAnywhere,
    /// It is not a date.
    NoDate,
}

/// When the entity tag of an If-Range field matches the file's.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IfRangeEtag {
    /// By strong comparison.
    Strong,
    /// By weak comparison.
    Weak,
    /// If all bytes are equal, even if the tag is weak.
    Verbatim,
    /// If the file's tag, as it is sent, occurs in the field.
    Contains,
    /// If the field, without `W/` and quotes, is a list (`etag_list`) that contains the file's tag or `*`.
    Unquoted,
    /// Never.
    Never,
}

/// What If-Range affects besides the ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IfRangeScope {
    /// Nothing.
    Ranges,
    /// With a Range field it prevents a 304, whether it holds or not.
    Replaces304,
    /// Nothing. If it is not an entity tag, If-Match overrules it, or else If-None-Match: the range is sent where these
    /// fields alone would prevent the file from being sent.
    Overruled,
}

/// When a Range field is evaluated.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RangeTurn {
    /// After all conditions.
    Last,
    /// Before all conditions except If-Range: a 206 or 416 precludes a 304 or 412.
    First,
}
