//! What each conditional field does: the keys of a profile's `[conditions]` table.

use serde::{Deserialize, Serialize};

use crate::http1::date::DateSyntax;
use crate::http1::etag::ListSyntax;

/// What each conditional field does. The default is RFC 9110 section 13 to the letter.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct ConditionPolicy {
    /// `rfc9110`, `patterns`, `masks`, `positions`, `mail` or `free-form`: how the text of a date is read.
    pub dates: DateSyntax,
    /// `rfc9110`, `quoted`, `commas`, `prefix`, `bare` or `substring`: how If-Match and If-None-Match are read.
    pub etag_list: ListSyntax,
    /// `present` or `absent`: what a conditional field without text is.
    pub empty_field: EmptyField,
    /// `ignored`, `strong` or `weak`: what If-Match does. Where it does not match: 412.
    pub if_match: IfMatch,
    /// `get`, `get-head` or `any`: which methods If-Match is for.
    pub if_match_methods: Methods,
    /// `go-on` or `no304`: what an If-Match that matches means for the conditions behind it.
    pub if_match_held: Held,
    /// `ignored`, `without-etag` (only where there is no If-Match) or `also`: when If-Unmodified-Since counts.
    pub if_unmodified_since: DateField,
    /// `ignored` or `fails` (412): what an If-Unmodified-Since that is no date does.
    pub if_unmodified_since_bad: BadDate,
    /// `go-on` or `no304`: what an If-Unmodified-Since that holds, or is ignored for being no date, means for the
    /// conditions behind it.
    pub if_unmodified_since_held: Held,
    /// `ignored`, `strong`, `weak` or `weak-for-whole`: what If-None-Match does. Where it matches: 304.
    pub if_none_match: IfNoneMatch,
    /// `fail`, `not-modified` or `ignored`: what a match does to a request that is neither GET nor HEAD.
    pub if_none_match_other: OtherMethods,
    /// `ignored`, `without-etag` (only where there is no If-None-Match that counts) or `also` (a 304 needs both):
    /// when If-Modified-Since counts. One that is no date calls for the file.
    pub if_modified_since: DateField,
    /// `exact`, `not-before`, `verbatim` or `never`: which date says that the file is the client's.
    pub if_modified_since_match: DateMatch,
    /// Whether a time later than the request's is a date for If-Modified-Since.
    pub if_modified_since_future: bool,
    /// `get`, `get-head` or `any`: which methods If-Modified-Since is for.
    pub if_modified_since_methods: Methods,
    /// Whether `Cache-Control: no-cache` in the request calls for the file, whatever the conditions for a 304.
    pub request_no_cache: bool,
    /// `get`, `get-head` or `any`: which methods a Range field is for.
    pub range_methods: Methods,
    /// `last` or `first`: whether a 206 or 416 comes behind or before 304 and 412.
    pub range_turn: RangeTurn,
    /// Whether If-Range is looked at; `false`: ranges are sent whatever it says.
    pub if_range: bool,
    /// `quote-near-start`, `quote-first`, `quote-last`, `quote-anywhere` or `no-date`: when If-Range is an entity tag.
    pub if_range_tag_if: TagIf,
    /// `strong`, `weak`, `verbatim`, `contains`, `unquoted` or `never`: when its entity tag is the file's.
    pub if_range_etag: IfRangeEtag,
    /// `exact`, `not-before`, `verbatim` or `never`: when its date is the file's.
    pub if_range_date: DateMatch,
    /// How many seconds ago a file must have been modified for its time to identify it in If-Range.
    pub if_range_date_age: u32,
    /// `ranges`, `replaces304` or `overruled`: what If-Range decides beside the ranges.
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
            if_modified_since_methods: Methods::GetHead,
            request_no_cache: false,
            range_methods: Methods::Get,
            range_turn: RangeTurn::Last,
            if_range: true,
            if_range_tag_if: TagIf::QuoteNearStart,
            if_range_etag: IfRangeEtag::Strong,
            if_range_date: DateMatch::Exact,
            // Section 8.8.2.2: a time identifies a file that was not modified in the second of the request.
            if_range_date_age: 1,
            if_range_scope: IfRangeScope::Ranges,
        }
    }
}

/// What If-Match does.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IfMatch {
    /// Nothing.
    Ignored,
    /// Compares strongly.
    Strong,
    /// Compares weakly.
    Weak,
}

/// What If-None-Match does.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IfNoneMatch {
    /// Nothing.
    Ignored,
    /// Compares strongly.
    Strong,
    /// Compares weakly.
    Weak,
    /// Compares weakly; strongly if the request has a Range field, or is neither GET nor HEAD.
    WeakForWhole,
}

/// What a condition that holds means for the conditions behind it.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// Nothing; they count.
    GoOn,
    /// They can still fail the request, but a 304 is out of the question.
    No304,
}

/// What a date does beside an entity tag.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum DateField {
    /// It is never looked at.
    Ignored,
    /// It is looked at where the entity tag's field is missing.
    WithoutEtag,
    /// It is looked at in any case, and both must agree.
    Also,
}

/// Which methods a field is for.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Methods {
    /// GET alone.
    Get,
    /// GET and HEAD.
    GetHead,
    /// All of them.
    Any,
}

/// What If-None-Match does to a request that is neither GET nor HEAD and names the file's entity tag.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum OtherMethods {
    /// 412.
    Fail,
    /// 304.
    NotModified,
    /// Nothing.
    Ignored,
}

/// Which dates stand for the file's time of modification.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum DateMatch {
    /// Just this second.
    Exact,
    /// This second or any later one.
    NotBefore,
    /// Just the text of Last-Modified.
    Verbatim,
    /// None.
    Never,
}

/// What is made of a date that is none.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum BadDate {
    /// The field is ignored.
    Ignored,
    /// The field's condition does not hold.
    Fails,
}

/// What a field without text is.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyField {
    /// A field: it names no entity tag and no date.
    Present,
    /// No field.
    Absent,
}

/// What an If-Range field looks like if it is an entity tag and no date.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum TagIf {
    /// A quote is among its first three bytes (RFC 9110 section 13.1.5).
    QuoteNearStart,
    /// It begins with a quote.
    QuoteFirst,
    /// It ends with a quote that is not its first byte.
    QuoteLast,
    /// There is a quote in it.
    QuoteAnywhere,
    /// It is no date.
    NoDate,
}

/// When an If-Range field's entity tag is the file's.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IfRangeEtag {
    /// By strong comparison.
    Strong,
    /// By weak comparison.
    Weak,
    /// Byte for byte, weak or not.
    Verbatim,
    /// Where the file's tag, as it is sent, occurs in the field.
    Contains,
    /// Where the field, without `W/` and quotes, is a list (`etag_list`) that names the file's tag, or `*`.
    Unquoted,
    /// Never.
    Never,
}

/// What If-Range decides beside the ranges.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IfRangeScope {
    /// Nothing.
    Ranges,
    /// With a Range field it takes the place of a 304, whether it holds or not.
    Replaces304,
    /// Nothing, but where it is no entity tag it is itself overruled: If-Match decides, or else If-None-Match; the
    /// range is sent where these fields alone would keep the file from being sent.
    Overruled,
}

/// When a Range field is looked at.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RangeTurn {
    /// Behind all conditions.
    Last,
    /// Before all of them but If-Range: a 206 or 416 leaves no room for a 304 or 412.
    First,
}
