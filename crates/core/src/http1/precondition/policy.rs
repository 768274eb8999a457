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
    /// Example: `If-Modified-Since: Sat, 22 Jul 2023 04:26:40 GMT`: `rfc9110` 304; `patterns` 304; `masks` 304;
    /// `positions` 304; `mail` 304; `free-form` 304.
    /// Example: `If-Modified-Since: Sat, 22 jul 2023 04:26:40 GMT`: `rfc9110` 200; `patterns` 304; `masks` 200;
    /// `positions` 200; `mail` 304; `free-form` 304.
    /// Example: `If-Modified-Since: 22 Jul 2023 04:26:40 +0000`: `rfc9110` 200; `patterns` 200; `masks` 200;
    /// `positions` 200; `mail` 304; `free-form` 304.
    /// Example: `If-Modified-Since: 2023-07-22T04:26:40Z`: `rfc9110` 200; `patterns` 200; `masks` 200; `positions` 200;
    /// `mail` 200; `free-form` 304.
    pub dates: DateSyntax,
    /// `rfc9110`, `quoted`, `commas`, `prefix`, `bare` or `substring`: how If-Match and If-None-Match are parsed.
    /// Example: `If-None-Match: a`: `rfc9110` 200; `quoted` 200; `commas` 200; `prefix` 200; `bare` 304; `substring`
    /// 200.
    /// Example: `If-None-Match: "b" "a"`: `rfc9110` 200; `quoted` 200; `commas` 200; `prefix` 200; `bare` 200;
    /// `substring` 304.
    /// Example: `If-None-Match: *, "b"`: `rfc9110` 200; `quoted` 304; `commas` 200; `prefix` 200; `bare` 304;
    /// `substring` 304.
    pub etag_list: ListSyntax,
    /// `present` or `absent`: how an empty conditional field counts.
    /// Example: `If-Match: `: `present` 412; `absent` 200.
    pub empty_field: EmptyField,
    /// `off`, `strong` or `weak`: how If-Match is compared. Without a match the response is 412.
    /// Example: `If-Match: W/"a"`: `off` 200; `strong` 412; `weak` 200.
    /// Example: `If-Match: "b"`: `off` 200; `strong` 412; `weak` 412.
    pub if_match: IfMatch,
    /// `get`, `get-head` or `any`: the methods for which If-Match counts.
    /// Example: `HEAD + If-Match: "b"`: `get` 200; `get-head` 412; `any` 412.
    /// Example: `POST + If-Match: "b"`: `get` 200; `get-head` 200; `any` 412.
    pub if_match_methods: Methods,
    /// `go-on` or `no304`: the effect of an If-Match that matches on the later conditions.
    /// Example: `If-Match: "a" + If-None-Match: "a"`: `go-on` 304; `no304` 200.
    pub if_match_held: Held,
    /// `off`, `without-etag` (only without If-Match) or `also`: when If-Unmodified-Since counts.
    /// Example: `If-Match: "a" + If-Unmodified-Since: Fri, 21 Jul 2023 04:26:40 GMT`: `off` 200; `without-etag` 200;
    /// `also` 412.
    /// Example: `If-Unmodified-Since: Fri, 21 Jul 2023 04:26:40 GMT`: `off` 200; `without-etag` 412; `also` 412.
    pub if_unmodified_since: DateField,
    /// `ignored` or `fails` (412): the effect of an If-Unmodified-Since that is not a date.
    /// Example: `If-Unmodified-Since: soon`: `ignored` 200; `fails` 412; `before-epoch` 412.
    pub if_unmodified_since_bad: BadDate,
    /// `go-on` or `no304`: the effect of an If-Unmodified-Since that holds, or is ignored because it is not a date, on
    /// the later conditions.
    /// Example: `If-Unmodified-Since: Sat, 22 Jul 2023 04:26:40 GMT + If-None-Match: "a"`: `go-on` 304; `no304` 200.
    pub if_unmodified_since_held: Held,
    /// `off`, `never`, `strong`, `weak` or `weak-for-whole`: how If-None-Match is compared. With a match the
    /// response is 304.
    /// Example: `If-None-Match: W/"a"`: `off` 200; `never` 200; `strong` 200; `weak` 304; `weak-for-whole` 304.
    /// Example: `If-None-Match: W/"a" + Range: bytes=0-1`: `off` 206 of 0-1; `never` 206 of 0-1; `strong` 206 of 0-1;
    /// `weak` 304; `weak-for-whole` 206 of 0-1.
    pub if_none_match: IfNoneMatch,
    /// `fail`, `not-modified` or `off`: the effect of a match on a request that is neither GET nor HEAD.
    /// Example: `POST + If-None-Match: "a"`: `fail` 412; `not-modified` 304; `off` 200.
    pub if_none_match_other: OtherMethods,
    /// `off`, `without-etag` (only if no If-None-Match counts) or `also` (a 304 needs both): when If-Modified-Since
    /// counts. If it is not a date, the response is the file.
    /// Example: `If-None-Match: "b" + If-Modified-Since: Sat, 22 Jul 2023 04:26:40 GMT`: `off` 200; `without-etag` 200;
    /// `also` 200.
    /// Example: `If-None-Match: "a" + If-Modified-Since: Fri, 21 Jul 2023 04:26:40 GMT`: `off` 304; `without-etag` 304;
    /// `also` 200.
    pub if_modified_since: DateField,
    /// `exact`, `not-before`, `verbatim` or `never`: which date means that the client has the current version.
    /// Example: `If-Modified-Since: Sat, 22 Jul 2023 04:26:40 GMT`: `exact` 304; `not-before` 304; `verbatim` 304;
    /// `never` 200.
    /// Example: `If-Modified-Since: Sun, 23 Jul 2023 04:26:40 GMT`: `exact` 200; `not-before` 304; `verbatim` 200;
    /// `never` 200.
    pub if_modified_since_match: DateMatch,
    /// Whether a date in the future is valid in If-Modified-Since.
    pub if_modified_since_future: bool,
    /// Whether a value that is not a date counts as 1970-01-01 00:00:00 in If-Modified-Since and If-Range.
    pub bad_date_is_epoch: bool,
    /// The minimum age of a file for the dates of If-Modified-Since and If-Unmodified-Since to count in a
    /// request with a Range field.
    pub min_age_with_range: Span,
    /// `get`, `get-head` or `any`: the methods for which If-Modified-Since counts.
    /// Example: `HEAD + If-Modified-Since: Sat, 22 Jul 2023 04:26:40 GMT`: `get` 200; `get-head` 304; `any` 304.
    /// Example: `POST + If-Modified-Since: Sat, 22 Jul 2023 04:26:40 GMT`: `get` 200; `get-head` 200; `any` 304.
    pub if_modified_since_methods: Methods,
    /// Whether `Cache-Control: no-cache` in the request prevents a 304.
    pub request_no_cache: bool,
    /// `get`, `get-head` or `any`: the methods for which Range counts.
    /// Example: `HEAD + Range: bytes=0-1`: `get` 200; `get-head` 206 of 0-1; `any` 206 of 0-1.
    /// Example: `POST + Range: bytes=0-1`: `get` 200; `get-head` 200; `any` 206 of 0-1.
    pub range_methods: Methods,
    /// `last` or `first`: whether 206 and 416 are decided after or before 304 and 412.
    /// Example: `If-None-Match: "a" + Range: bytes=0-1`: `last` 304; `first` 206 of 0-1.
    pub range_turn: RangeTurn,
    /// Whether If-Range counts. If `false`, ranges are sent whatever its value is.
    pub if_range: bool,
    /// `quote-near-start`, `quote-first`, `quote-last`, `quote-anywhere` or `no-date`: when If-Range is an
    /// entity tag.
    /// Example: `Range: bytes=0-1 + If-Range: "a"`: `quote-near-start` 206 of 0-1; `quote-first` 206 of 0-1;
    /// `quote-last` 206 of 0-1; `quote-anywhere` 206 of 0-1; `no-date` 206 of 0-1.
    /// Example: `Range: bytes=0-1 + If-Range: Sat, 22 Jul 2023 04:26:40 GMT`: `quote-near-start` 206 of 0-1;
    /// `quote-first` 206 of 0-1; `quote-last` 206 of 0-1; `quote-anywhere` 206 of 0-1; `no-date` 206 of 0-1.
    pub if_range_tag_if: TagIf,
    /// `strong`, `weak`, `verbatim`, `contains`, `unquoted` or `never`: when the entity tag of If-Range matches.
    /// Example: `Range: bytes=0-1 + If-Range: "a"`: `strong` 206 of 0-1; `weak` 206 of 0-1; `verbatim` 206 of 0-1;
    /// `contains` 206 of 0-1; `unquoted` 200; `never` 200.
    /// Example: `Range: bytes=0-1 + If-Range: W/"a"`: `strong` 200; `weak` 206 of 0-1; `verbatim` 200; `contains` 206
    /// of 0-1; `unquoted` 200; `never` 200.
    /// Example: `Range: bytes=0-1 + If-Range: "b", "a"`: `strong` 200; `weak` 200; `verbatim` 200; `contains` 206 of
    /// 0-1; `unquoted` 200; `never` 200.
    pub if_range_etag: IfRangeEtag,
    /// `exact`, `not-before`, `verbatim` or `never`: when the date of If-Range matches.
    /// Example: `Range: bytes=0-1 + If-Range: Sat, 22 Jul 2023 04:26:40 GMT`: `exact` 206 of 0-1; `not-before` 206 of
    /// 0-1; `verbatim` 206 of 0-1; `never` 200.
    /// Example: `Range: bytes=0-1 + If-Range: Sun, 23 Jul 2023 04:26:40 GMT`: `exact` 200; `not-before` 206 of 0-1;
    /// `verbatim` 200; `never` 200.
    pub if_range_date: DateMatch,
    /// The minimum age of a file for its modification time to be a valid validator in If-Range.
    pub if_range_min_age: Span,
    /// `ranges`, `replaces304` or `overruled`: what If-Range affects besides the ranges.
    /// Example: `If-None-Match: "a" + Range: bytes=0-1 + If-Range: "a"`: `ranges` 304; `replaces304` 206 of 0-1;
    /// `overruled` 304.
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
