//! Preconditions (RFC 9110 section 13): whether the response is 304, 412 or the content.
//!
//! [`evaluate`] is a pure function of the conditional fields, the file's validators and a policy. The Range field is
//! parsed in [`super::range`]. Only existing files have preconditions here.

mod policy;

use crate::http1::date;
use crate::http1::etag::{self, Comparison};
use crate::http1::range::Selection;
use crate::units::Span;
use std::time::Duration;

pub use policy::{
    BadDate, ConditionPolicy, DateField, DateMatch, EmptyField, Held, IfMatch, IfNoneMatch, IfRangeEtag, IfRangeScope,
    Methods, OtherMethods, RangeTurn, TagIf,
};

/// The methods that preconditions distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// Any other method.
    Other,
}

/// The effect that the Range field would have, if it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranged {
    /// There is no Range field.
    #[default]
    Absent,
    /// It selects the whole file: [`Selection::Whole`].
    Whole,
    /// It leads to a 206, a 416 or a response of the profile.
    Part,
}

impl Ranged {
    /// Converts the result of [`range::select`](super::range::select); `None` if there is no Range field.
    pub fn of(selection: Option<&Selection>) -> Self {
        match selection {
            None => Self::Absent,
            Some(Selection::Whole) => Self::Whole,
            Some(_) => Self::Part,
        }
    }
}

/// The conditional fields of a request. Each value is without surrounding white space.
#[derive(Clone, Copy, Debug)]
pub struct Conditional<'a> {
    /// The method.
    pub method: Method,
    /// The value of If-Match.
    pub if_match: Option<&'a [u8]>,
    /// The value of If-None-Match.
    pub if_none_match: Option<&'a [u8]>,
    /// The value of If-Modified-Since.
    pub if_modified_since: Option<&'a [u8]>,
    /// The value of If-Unmodified-Since.
    pub if_unmodified_since: Option<&'a [u8]>,
    /// The value of If-Range.
    pub if_range: Option<&'a [u8]>,
    /// The value of Cache-Control.
    pub cache_control: Option<&'a [u8]>,
    /// The effect that the Range field would have.
    pub range: Ranged,
}

impl Conditional<'_> {
    /// A request without conditional fields.
    pub fn none(method: Method) -> Self {
        Self {
            method,
            if_match: None,
            if_none_match: None,
            if_modified_since: None,
            if_unmodified_since: None,
            if_range: None,
            cache_control: None,
            range: Ranged::Absent,
        }
    }
}

/// The validators of a file (RFC 9110 section 8.8), and the time of the request.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// The file's entity tag as it is sent, with quotes and an optional `W/`; `None` for a file without a tag.
    pub etag: Option<&'a [u8]>,
    /// The time that dates are compared with, in whole seconds since 1970-01-01 UTC; `None` if the time of the file is
    /// unknown. No date matches such a file.
    pub mtime_secs: Option<i64>,
    /// The time of the request in the same unit.
    pub now_secs: i64,
}

/// The result of [`evaluate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Perform the method.
    Proceed {
        /// Whether the Range field counts, if there is one.
        honour_range: bool,
    },
    /// Respond with 304.
    NotModified,
    /// Respond with 412.
    PreconditionFailed,
}

/// Evaluates preconditions in the order of RFC 9110 section 13.2.2. The keys of a policy that change a step are in
/// parentheses.
///
/// 0. Not in the RFC: a Range field that leads to 206 or 416 precedes all other conditions, if If-Range holds or is
///    absent (`range_turn`).
/// 1. If-Match is present: respond with 412 unless it contains the file's tag (`if_match`, `if_match_methods`,
///    `if_match_held`).
/// 2. If-Match is absent and If-Unmodified-Since is present: respond with 412 if the file is newer
///    (`if_unmodified_since`, `if_unmodified_since_bad`, `if_unmodified_since_held`).
/// 3. If-None-Match is present and contains the file's tag: respond with 304 to GET and HEAD, with 412 to other methods
///    (`if_none_match`, `if_none_match_other`; `request_no_cache` prevents a 304 here and in step 4).
/// 4. The method is GET or HEAD, If-None-Match is absent and If-Modified-Since is present: respond with 304 unless the
///    file is newer (`if_modified_since`, `if_modified_since_match`, `if_modified_since_future`,
///    `if_modified_since_methods`).
/// 5. The method is GET, Range and If-Range are present: the Range field counts if the validator matches, by strong
///    comparison (`range_methods`, `if_range`, `if_range_etag`, `if_range_date`; `if_range_scope` can prevent a 304).
/// 6. Otherwise perform the method.
///
/// ```
/// use labserve_core::http1::precondition::{ConditionPolicy, Conditional, Method, Validators, Verdict, evaluate};
///
/// let file = Validators { etag: Some(br#""a""#), mtime_secs: Some(1_700_000_000), now_secs: 1_700_000_100 };
/// let request = Conditional { if_none_match: Some(br#""a", "b""#), ..Conditional::none(Method::Get) };
/// assert_eq!(evaluate(&ConditionPolicy::default(), &request, &file), Verdict::NotModified);
///
/// let request = Conditional { if_match: Some(br#""b""#), ..Conditional::none(Method::Get) };
/// assert_eq!(evaluate(&ConditionPolicy::default(), &request, &file), Verdict::PreconditionFailed);
/// ```
pub fn evaluate(policy: &ConditionPolicy, request: &Conditional<'_>, resource: &Validators<'_>) -> Verdict {
    let case = Case {
        policy,
        request,
        resource,
    };
    let ranged = request.range != Ranged::Absent && applies(policy.range_methods, request.method);
    let honour_range = ranged && case.if_range_holds();
    if policy.range_turn == RangeTurn::First && honour_range && request.range == Ranged::Part {
        return Verdict::Proceed { honour_range };
    }
    if case.fails() {
        return Verdict::PreconditionFailed;
    }
    case.not_modified().unwrap_or(Verdict::Proceed { honour_range })
}

/// The result of each condition, evaluated separately; `None` if its field is absent or does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionResults {
    /// If-Match holds.
    pub if_match: Option<bool>,
    /// If-Unmodified-Since holds.
    pub if_unmodified_since: Option<bool>,
    /// If-None-Match contains the file's tag.
    pub if_none_match: Option<bool>,
    /// By If-Modified-Since the client has the current version.
    pub if_modified_since: Option<bool>,
    /// If-Range is absent or matches, so that the Range field counts.
    pub if_range: bool,
}

/// Evaluates each condition separately, with the functions that [`evaluate`] uses. For traces.
pub fn evaluate_each(
    policy: &ConditionPolicy,
    request: &Conditional<'_>,
    resource: &Validators<'_>,
) -> ConditionResults {
    let case = Case {
        policy,
        request,
        resource,
    };
    let (if_match, if_none_match) = (case.if_match(), case.if_none_match());
    ConditionResults {
        if_match,
        if_unmodified_since: case.if_unmodified_since(if_match.is_some()),
        if_none_match,
        if_modified_since: case.if_modified_since(if_none_match.is_some()),
        if_range: case.if_range_holds(),
    }
}

struct Case<'a> {
    policy: &'a ConditionPolicy,
    request: &'a Conditional<'a>,
    resource: &'a Validators<'a>,
}

impl Case<'_> {
    fn given<'f>(&self, field: Option<&'f [u8]>) -> Option<&'f [u8]> {
        field.filter(|text| !text.is_empty() || self.policy.empty_field == EmptyField::Present)
    }

    fn names_etag(&self, field: &[u8], comparison: Comparison) -> bool {
        etag::matches(field, self.resource.etag, comparison, self.policy.etag_list)
    }

    fn date(&self, field: &[u8]) -> Option<i64> {
        date::parse(field, self.policy.dates, self.resource.now_secs)
    }

    /// Whether If-Match contains the file's tag; `None` if the field is absent or ignored.
    fn if_match(&self) -> Option<bool> {
        let field = self
            .given(self.request.if_match)
            .filter(|_| applies(self.policy.if_match_methods, self.request.method))?;
        match self.policy.if_match {
            IfMatch::Off => None,
            IfMatch::Strong => Some(self.names_etag(field, Comparison::Strong)),
            IfMatch::Weak => Some(self.names_etag(field, Comparison::Weak)),
        }
    }

    /// Whether If-Unmodified-Since holds; `None` if the field is absent or ignored. An invalid date that is ignored
    /// counts as holding.
    fn if_unmodified_since(&self, etag_counts: bool) -> Option<bool> {
        let counts = match self.policy.if_unmodified_since {
            DateField::Off => false,
            DateField::WithoutEtag => !etag_counts,
            DateField::Also => true,
        };
        let field = self.given(self.request.if_unmodified_since).filter(|_| counts)?;
        Some(match self.date(field) {
            Some(_) if self.is_too_recent() => true,
            Some(since) => self.resource.mtime_secs.is_some_and(|mtime| mtime <= since),
            None => match self.policy.if_unmodified_since_bad {
                BadDate::Ignored => true,
                BadDate::Fails => false,
                BadDate::BeforeEpoch => self.resource.mtime_secs.is_some_and(|mtime| mtime <= -1),
            },
        })
    }

    /// Steps 1 and 2.
    fn fails(&self) -> bool {
        let if_match = self.if_match();
        if_match == Some(false) || self.if_unmodified_since(if_match.is_some()) == Some(false)
    }

    /// Whether If-None-Match contains the file's tag; `None` if the field is absent or ignored.
    fn if_none_match(&self) -> Option<bool> {
        let field = self.given(self.request.if_none_match)?;
        let comparison = match self.policy.if_none_match {
            IfNoneMatch::Off => return None,
            IfNoneMatch::Never => return Some(false),
            IfNoneMatch::Strong => Comparison::Strong,
            IfNoneMatch::WeakForWhole
                if self.request.method == Method::Other || self.request.range != Ranged::Absent =>
            {
                Comparison::Strong
            }
            IfNoneMatch::Weak | IfNoneMatch::WeakForWhole => Comparison::Weak,
        };
        Some(self.names_etag(field, comparison))
    }

    /// Whether the client has the current version by If-Modified-Since; `None` if the field is absent or ignored.
    fn if_modified_since(&self, etag_counts: bool) -> Option<bool> {
        let counts = match self.policy.if_modified_since {
            DateField::Off => false,
            DateField::WithoutEtag => !etag_counts,
            DateField::Also => true,
        };
        let counts = counts && applies(self.policy.if_modified_since_methods, self.request.method);
        let field = self.given(self.request.if_modified_since).filter(|_| counts)?;
        Some(
            !self.is_too_recent()
                && self.date_matches(field, self.policy.if_modified_since_match)
                && (self.policy.if_modified_since_future
                    || self.date(field).is_none_or(|since| since <= self.resource.now_secs)),
        )
    }

    /// Whether the file is too recent for dates to count beside a Range field.
    fn is_too_recent(&self) -> bool {
        self.request.range != Ranged::Absent && !self.has_age(self.policy.min_age_with_range)
    }

    /// Whether the file was modified at least this long ago. Times are compared in whole seconds.
    fn has_age(&self, Span(least): Span) -> bool {
        let age = |mtime: i64| u64::try_from(self.resource.now_secs.saturating_sub(mtime)).ok();
        least.is_none() || self.resource.mtime_secs.and_then(age).map(Duration::from_secs) >= least
    }

    fn date_matches(&self, field: &[u8], rule: DateMatch) -> bool {
        let Some(mtime) = self.resource.mtime_secs else {
            return false;
        };
        let date = || self.date(field).or(self.policy.bad_date_is_epoch.then_some(0));
        match rule {
            DateMatch::Exact => date() == Some(mtime),
            DateMatch::NotBefore => date().is_some_and(|since| mtime <= since),
            DateMatch::Verbatim => field == date::text(mtime),
            DateMatch::Never => false,
        }
    }

    /// Steps 3 and 4: a 304, or a 412 for methods other than GET and HEAD.
    fn not_modified(&self) -> Option<Verdict> {
        let policy = self.policy;
        let etag = self.if_none_match();
        let date = self.if_modified_since(etag.is_some());
        if etag == Some(true) && self.request.method == Method::Other {
            match policy.if_none_match_other {
                OtherMethods::Fail => return Some(Verdict::PreconditionFailed),
                OtherMethods::Off => return None,
                OtherMethods::NotModified => {}
            }
        }
        let same = (etag.is_some() || date.is_some()) && etag != Some(false) && date != Some(false);
        let if_match = self.if_match();
        let forbidden = (policy.request_no_cache && self.request.cache_control.is_some_and(says_no_cache))
            || (policy.if_match_held == Held::No304 && if_match.is_some())
            || (policy.if_unmodified_since_held == Held::No304
                && self.if_unmodified_since(if_match.is_some()).is_some())
            || (policy.if_range_scope == IfRangeScope::Replaces304
                && self.given(self.request.if_range).is_some()
                && self.request.range != Ranged::Absent);
        (same && !forbidden).then_some(Verdict::NotModified)
    }

    /// Step 5, for a request with a Range field.
    fn if_range_holds(&self) -> bool {
        let policy = self.policy;
        let Some(field) = self.request.if_range.filter(|_| policy.if_range) else {
            return true;
        };
        let overruled = policy.if_range_scope == IfRangeScope::Overruled;
        if self.given(Some(field)).is_none() && !overruled {
            return true;
        }
        let is_tag = match policy.if_range_tag_if {
            TagIf::QuoteNearStart => field.iter().take(3).any(|byte| *byte == b'"'),
            TagIf::QuoteFirst => field.first() == Some(&b'"'),
            TagIf::QuoteLast => field.len() >= 2 && field.last() == Some(&b'"'),
            TagIf::QuoteAnywhere => field.contains(&b'"'),
            TagIf::NoDate => !field.is_empty() && self.date(field).is_none(),
        };
        if is_tag {
            return self.resource.etag.is_some_and(|etag| self.if_range_names(field, etag));
        }
        if overruled {
            if let Some(unmodified) = self.if_match().map(|matched| !matched).or_else(|| self.if_none_match()) {
                return unmodified;
            }
            if field.is_empty() {
                return self.if_modified_since(false) == Some(true);
            }
        }
        self.date_matches(field, policy.if_range_date) && self.has_age(policy.if_range_min_age)
    }

    fn if_range_names(&self, field: &[u8], etag: &[u8]) -> bool {
        match self.policy.if_range_etag {
            IfRangeEtag::Strong => field == etag && etag.starts_with(b"\""),
            IfRangeEtag::Weak => etag::weakness(field).1 == etag::weakness(etag).1,
            IfRangeEtag::Verbatim => field == etag,
            IfRangeEtag::Contains => etag::contains(field, etag),
            IfRangeEtag::Unquoted => {
                let inner = etag::unquoted(field);
                let list = self.policy.etag_list;
                etag::names_any(inner, list) || etag::matches(inner, Some(etag), Comparison::Strong, list)
            }
            IfRangeEtag::Never => false,
        }
    }
}

fn applies(methods: Methods, method: Method) -> bool {
    match methods {
        Methods::Get => method == Method::Get,
        Methods::GetHead => method != Method::Other,
        Methods::Any => true,
    }
}

/// Whether a member of Cache-Control is exactly `no-cache`. The servers that examine it ignore `no-cache="x"` and
/// `No-Cache`.
fn says_no_cache(cache_control: &[u8]) -> bool {
    cache_control
        .split(|byte| *byte == b',')
        .any(|part| part.trim_ascii() == b"no-cache")
}

#[cfg(test)]
mod tests;
