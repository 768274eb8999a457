//! Are a request's conditions met? A pure function of the conditional fields, the file's validators and a policy.
//!
//! It neither reads a Range field (`http::range`) nor writes an answer: the verdict says 304, 412, or go on with or
//! without ranges. A file that is not there has no conditions here.

mod policy;

use crate::http1::date;
use crate::http1::etag::{self, Comparison};
use crate::http1::range::Selection;

pub use policy::{
    BadDate, ConditionPolicy, DateField, DateMatch, EmptyField, Held, IfMatch, IfNoneMatch, IfRangeEtag, IfRangeScope,
    Methods, OtherMethods, RangeTurn, TagIf,
};

/// The kind of a request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// Any other that the file answers to.
    Other,
}

/// What the Range field would lead to, if it is obeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranged {
    /// There is no Range field.
    #[default]
    Absent,
    /// The whole file all the same: `Selection::Whole`.
    Whole,
    /// A 206 or a 416.
    Part,
}

impl Ranged {
    /// From what `range::select` makes of the field, if there is one.
    pub fn of(selection: Option<&Selection>) -> Self {
        match selection {
            None => Self::Absent,
            Some(Selection::Whole) => Self::Whole,
            Some(_) => Self::Part,
        }
    }
}

/// The conditional part of a request: each field's text, without space around it.
#[derive(Clone, Copy, Debug)]
pub struct Conditional<'a> {
    /// The method's kind.
    pub method: Method,
    /// If-Match
    pub if_match: Option<&'a [u8]>,
    /// If-None-Match
    pub if_none_match: Option<&'a [u8]>,
    /// If-Modified-Since
    pub if_modified_since: Option<&'a [u8]>,
    /// If-Unmodified-Since
    pub if_unmodified_since: Option<&'a [u8]>,
    /// If-Range
    pub if_range: Option<&'a [u8]>,
    /// Cache-Control
    pub cache_control: Option<&'a [u8]>,
    /// What the Range field would lead to.
    pub range: Ranged,
}

impl Conditional<'_> {
    /// A request without any condition.
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

/// What conditions are held against.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// The file's entity tag, as it is sent.
    pub etag: Option<&'a [u8]>,
    /// The file's time of modification, in whole seconds since the epoch.
    pub mtime_secs: i64,
    /// The time of the request, likewise.
    pub now_secs: i64,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answer the method.
    Proceed {
        /// Whether the Range field, if there is one, is obeyed.
        honour_range: bool,
    },
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
}

/// Decides in the order of RFC 9110 section 13.2.2; in brackets what a policy may say instead.
///
/// 0. [A Range field that would lead to 206 or 416, with an If-Range that holds or none: proceed. `range_turn`]
/// 1. If-Match: none of its tags is the file's: 412. [`if_match`; one is: `if_match_held`]
/// 2. Without If-Match, If-Unmodified-Since: the file is newer: 412.
///    [In any case or never: `if_unmodified_since`; no date: `..._bad`; it is not newer: `..._held`]
/// 3. If-None-Match: one of its tags is the file's: 304 for GET and HEAD, 412 for others.
///    [`if_none_match`, `if_none_match_other`; never a 304 from here on: `request_no_cache`]
/// 4. GET or HEAD without If-None-Match, If-Modified-Since: the file is not newer: 304.
///    [In any case, so that both must agree, or never: `if_modified_since`; which dates: `..._match`, `..._future`]
/// 5. GET with Range and If-Range: obey Range if the validator is the file's, strongly.
///    [`range_methods`, `if_range_etag`, `if_range_date`; it forbids a 304: `if_range_scope`]
/// 6. Otherwise answer the method.
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

/// What each condition says by itself; `None` where its field does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// If-Match holds.
    pub if_match: Option<bool>,
    /// If-Unmodified-Since holds.
    pub if_unmodified_since: Option<bool>,
    /// If-None-Match holds a tag of the file's.
    pub if_none_match: Option<bool>,
    /// If-Modified-Since says that the client has this version.
    pub if_modified_since: Option<bool>,
    /// If-Range lets the Range field count.
    pub if_range: bool,
}

/// Judges each condition by itself, by the functions that [`evaluate`] asks.
pub fn judge(policy: &ConditionPolicy, request: &Conditional<'_>, resource: &Validators<'_>) -> Judged {
    let case = Case {
        policy,
        request,
        resource,
    };
    let (if_match, if_none_match) = (case.if_match(), case.if_none_match());
    Judged {
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

    /// If-Match, unless it is ignored, and whether it names the file's tag.
    fn if_match(&self) -> Option<bool> {
        let field = self
            .given(self.request.if_match)
            .filter(|_| applies(self.policy.if_match_methods, self.request.method))?;
        match self.policy.if_match {
            IfMatch::Ignored => None,
            IfMatch::Strong => Some(self.names_etag(field, Comparison::Strong)),
            IfMatch::Weak => Some(self.names_etag(field, Comparison::Weak)),
        }
    }

    /// If-Unmodified-Since, unless it is ignored, and whether it holds; a bad date that is ignored holds.
    fn if_unmodified_since(&self, etag_counts: bool) -> Option<bool> {
        let counts = match self.policy.if_unmodified_since {
            DateField::Ignored => false,
            DateField::WithoutEtag => !etag_counts,
            DateField::Also => true,
        };
        let field = self.given(self.request.if_unmodified_since).filter(|_| counts)?;
        Some(match self.date(field) {
            Some(since) => self.resource.mtime_secs <= since,
            None => self.policy.if_unmodified_since_bad == BadDate::Ignored,
        })
    }

    /// Steps 1 and 2.
    fn fails(&self) -> bool {
        let if_match = self.if_match();
        if_match == Some(false) || self.if_unmodified_since(if_match.is_some()) == Some(false)
    }

    /// If-None-Match, unless it is ignored, and whether it names the file's tag.
    fn if_none_match(&self) -> Option<bool> {
        let field = self.given(self.request.if_none_match)?;
        let comparison = match self.policy.if_none_match {
            IfNoneMatch::Ignored => return None,
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

    /// If-Modified-Since, unless it is ignored, and whether it says that the file is the client's.
    fn if_modified_since(&self, etag_counts: bool) -> Option<bool> {
        let counts = match self.policy.if_modified_since {
            DateField::Ignored => false,
            DateField::WithoutEtag => !etag_counts,
            DateField::Also => true,
        };
        let counts = counts && applies(self.policy.if_modified_since_methods, self.request.method);
        let field = self.given(self.request.if_modified_since).filter(|_| counts)?;
        Some(
            self.date_matches(field, self.policy.if_modified_since_match)
                && (self.policy.if_modified_since_future
                    || self.date(field).is_none_or(|since| since <= self.resource.now_secs)),
        )
    }

    fn date_matches(&self, field: &[u8], rule: DateMatch) -> bool {
        let mtime = self.resource.mtime_secs;
        match rule {
            DateMatch::Exact => self.date(field) == Some(mtime),
            DateMatch::NotBefore => self.date(field).is_some_and(|since| mtime <= since),
            DateMatch::Verbatim => field == date::text(mtime),
            DateMatch::Never => false,
        }
    }

    /// Steps 3 and 4: 304, or 412 for a method that 304 is not for.
    fn not_modified(&self) -> Option<Verdict> {
        let policy = self.policy;
        let etag = self.if_none_match();
        let date = self.if_modified_since(etag.is_some());
        if etag == Some(true) && self.request.method == Method::Other {
            match policy.if_none_match_other {
                OtherMethods::Fail => return Some(Verdict::PreconditionFailed),
                OtherMethods::Ignored => return None,
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
        let age = self.resource.now_secs.saturating_sub(self.resource.mtime_secs);
        self.date_matches(field, policy.if_range_date) && age >= i64::from(policy.if_range_date_age)
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

/// `no-cache` alone between commas and spaces; `no-cache="x"` and `No-Cache` are something else to those who look.
fn says_no_cache(cache_control: &[u8]) -> bool {
    cache_control
        .split(|byte| *byte == b',')
        .any(|part| part.trim_ascii() == b"no-cache")
}

#[cfg(test)]
mod tests;
