//! The request fields that preconditions and ranges depend on. The profile says how repeated and folded fields are
//! read.

use crate::http1::Request;
use crate::http1::date;
use crate::http1::field::Name;
use crate::http1::precondition::{ConditionPolicy, Conditional, Method, RangeTurn, Ranged};
use crate::http1::range::Selection;
use crate::profile::{Profile, Repeated};
use std::borrow::Cow;

/// The fields that make a request conditional or ask for a range. Without them, the other fields have no effect:
/// If-Range modifies Range, and Cache-Control can only prevent a 304.
pub(super) const CONDITIONS: [Name; 5] = [
    Name::Range,
    Name::IfMatch,
    Name::IfNoneMatch,
    Name::IfModifiedSince,
    Name::IfUnmodifiedSince,
];

type Value<'r> = Option<Cow<'r, [u8]>>;

/// The fields, each as one value.
pub(super) struct ConditionalFields<'r> {
    method: Method,
    pub(super) range: Value<'r>,
    if_match: Value<'r>,
    if_none_match: Value<'r>,
    if_modified_since: Value<'r>,
    if_unmodified_since: Value<'r>,
    if_range: Value<'r>,
    cache_control: Value<'r>,
}

impl<'r> ConditionalFields<'r> {
    pub(super) fn of(profile: &Profile, request: &Request<'r>) -> Self {
        let field = |name: Name| joined(profile, request, name, profile.repeated);
        let date = |name: Name| joined(profile, request, name, profile.repeated_date);
        ConditionalFields {
            method: match request.method() {
                b"GET" => Method::Get,
                b"HEAD" => Method::Head,
                _ => Method::Other,
            },
            range: field(Name::Range),
            if_match: field(Name::IfMatch),
            if_none_match: field(Name::IfNoneMatch),
            if_modified_since: date(Name::IfModifiedSince),
            if_unmodified_since: date(Name::IfUnmodifiedSince),
            if_range: field(Name::IfRange),
            cache_control: field(Name::CacheControl),
        }
    }

    /// The input of [`precondition::evaluate`](crate::http1::precondition::evaluate). `selection` is the result of the
    /// Range field.
    pub(super) fn conditional(&self, selection: Option<&Selection>) -> Conditional<'_> {
        Conditional {
            method: self.method,
            if_match: self.if_match.as_deref(),
            if_none_match: self.if_none_match.as_deref(),
            if_modified_since: self.if_modified_since.as_deref(),
            if_unmodified_since: self.if_unmodified_since.as_deref(),
            if_range: self.if_range.as_deref(),
            cache_control: self.cache_control.as_deref(),
            range: Ranged::of(selection),
        }
    }
}

/// Whether a date that would be evaluated has a number beyond 31 bits: that of If-Range if there is a Range field, or
/// that of If-Modified-Since unless a range without If-Range is evaluated first.
pub(super) fn has_date_overflow(policy: &ConditionPolicy, request: &Conditional<'_>) -> bool {
    let overflows = |field: Option<&[u8]>| field.is_some_and(|text| date::overflows(text, policy.dates));
    if request.method == Method::Other {
        return false;
    }
    match (request.range, request.if_range) {
        (Ranged::Part, None) if policy.range_turn == RangeTurn::First => false,
        (Ranged::Whole | Ranged::Part, Some(text)) if overflows(Some(text)) => true,
        _ => overflows(request.if_modified_since),
    }
}

/// The value of a field that may be repeated or folded. `None` if the request does not have it.
fn joined<'a>(profile: &Profile, request: &Request<'a>, name: Name, repeated: Repeated) -> Option<Cow<'a, [u8]>> {
    // The common case: the field is absent.
    let first = request.get_as(name, profile.trailing_space)?;
    // The next case: one field on one line. Its value needs no search for others and for line ends.
    if !request.is_repeated(name) && !request.is_folded() {
        return Some(Cow::Borrowed(first));
    }
    profile.joined(request.all_as(name, profile.trailing_space), repeated)
}
