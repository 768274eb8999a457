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
mod tests {
    use super::*;

    const MTIME: i64 = 1_698_766_276;
    const BEFORE: &str = "Tue, 31 Oct 2023 15:31:15 GMT";
    const SAME: &str = "Tue, 31 Oct 2023 15:31:16 GMT";
    const AFTER: &str = "Tue, 31 Oct 2023 15:31:17 GMT";
    const FUTURE: &str = "Mon, 01 Jan 2035 00:00:00 GMT";

    const PROCEED: &str = "proceed";
    const RANGE: &str = "range";
    const SAME_304: &str = "304";
    const FAILED: &str = "412";

    fn policy(text: &str) -> ConditionPolicy {
        toml::from_str(text).expect("a policy")
    }

    /// A request as text: a method, then "im", "inm", "ims", "ius", "ir" or "cc" with a value each, or "range".
    fn told(request: &str, fields: &[(&str, &str)], etag: Option<&str>, policy: &ConditionPolicy) -> &'static str {
        let method = match request {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            _ => Method::Other,
        };
        let mut conditional = Conditional::none(method);
        for (name, value) in fields {
            let value = Some(value.as_bytes());
            match *name {
                "im" => conditional.if_match = value,
                "inm" => conditional.if_none_match = value,
                "ims" => conditional.if_modified_since = value,
                "ius" => conditional.if_unmodified_since = value,
                "ir" => conditional.if_range = value,
                "cc" => conditional.cache_control = value,
                "range" => {
                    conditional.range = if value == Some(b"whole") {
                        Ranged::Whole
                    } else {
                        Ranged::Part
                    }
                }
                other => unreachable!("{other}"),
            }
        }
        let resource = Validators {
            etag: etag.map(str::as_bytes),
            mtime_secs: MTIME,
            now_secs: MTIME + 86_400 * 365,
        };
        match evaluate(policy, &conditional, &resource) {
            Verdict::Proceed { honour_range: false } => PROCEED,
            Verdict::Proceed { honour_range: true } => RANGE,
            Verdict::NotModified => SAME_304,
            Verdict::PreconditionFailed => FAILED,
        }
    }

    type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);

    fn check(text: &str, etag: Option<&str>, rows: &[Row]) {
        let policy = policy(text);
        for (method, fields, expected) in rows {
            assert_eq!(
                told(method, fields, etag, &policy),
                *expected,
                "{text} {method} {fields:?} {etag:?}"
            );
        }
    }

    #[test]
    fn the_default_takes_the_steps_of_rfc_9110_section_13_2_2() {
        assert_eq!(policy(""), ConditionPolicy::default());
        check(
            "",
            Some(r#""a""#),
            &[
                ("GET", &[], PROCEED),
                // 1. If-Match
                ("GET", &[("im", r#""a""#)], PROCEED),
                ("PUT", &[("im", r#""b", "a""#)], PROCEED),
                ("GET", &[("im", "*")], PROCEED),
                ("GET", &[("im", r#""b""#)], FAILED),
                ("GET", &[("im", r#"W/"a""#)], FAILED),
                ("GET", &[("im", "")], FAILED),
                ("PUT", &[("im", r#""b""#)], FAILED),
                // 2. If-Unmodified-Since, only without If-Match
                ("GET", &[("ius", BEFORE)], FAILED),
                ("GET", &[("ius", SAME)], PROCEED),
                ("PUT", &[("ius", AFTER)], PROCEED),
                ("GET", &[("ius", "soon")], PROCEED),
                ("GET", &[("im", r#""a""#), ("ius", BEFORE)], PROCEED),
                ("GET", &[("im", r#""b""#), ("ius", AFTER)], FAILED),
                // 3. If-None-Match
                ("GET", &[("inm", r#""a""#)], SAME_304),
                ("HEAD", &[("inm", r#"W/"a""#)], SAME_304),
                ("GET", &[("inm", "*")], SAME_304),
                ("GET", &[("inm", r#""b""#)], PROCEED),
                ("PUT", &[("inm", r#""a""#)], FAILED),
                ("PUT", &[("inm", "*")], FAILED),
                ("PUT", &[("inm", r#""b""#)], PROCEED),
                ("GET", &[("im", r#""b""#), ("inm", r#""a""#)], FAILED),
                ("GET", &[("im", r#""a""#), ("inm", r#""a""#)], SAME_304),
                ("GET", &[("ius", BEFORE), ("inm", r#""a""#)], FAILED),
                // 4. If-Modified-Since, only without If-None-Match
                ("GET", &[("ims", BEFORE)], PROCEED),
                ("GET", &[("ims", SAME)], SAME_304),
                ("HEAD", &[("ims", AFTER)], SAME_304),
                ("GET", &[("ims", FUTURE)], SAME_304),
                ("GET", &[("ims", "today")], PROCEED),
                ("PUT", &[("ims", SAME)], PROCEED),
                ("GET", &[("inm", r#""a""#), ("ims", BEFORE)], SAME_304),
                ("GET", &[("inm", r#""b""#), ("ims", SAME)], PROCEED),
                ("GET", &[("ims", SAME), ("cc", "no-cache")], SAME_304),
                // 5. If-Range
                ("GET", &[("range", "")], RANGE),
                ("HEAD", &[("range", "")], PROCEED),
                ("PUT", &[("range", "")], PROCEED),
                ("GET", &[("range", ""), ("ir", r#""a""#)], RANGE),
                ("GET", &[("range", ""), ("ir", r#"W/"a""#)], PROCEED),
                ("GET", &[("range", ""), ("ir", r#""b""#)], PROCEED),
                ("GET", &[("range", ""), ("ir", r#""a", "b""#)], PROCEED),
                ("GET", &[("range", ""), ("ir", SAME)], RANGE),
                ("GET", &[("range", ""), ("ir", AFTER)], PROCEED),
                ("GET", &[("range", ""), ("ir", "a")], PROCEED),
                ("GET", &[("ir", r#""b""#)], PROCEED),
                // Conditions come before ranges.
                ("GET", &[("range", ""), ("inm", r#""a""#)], SAME_304),
                ("GET", &[("range", ""), ("inm", r#""b""#)], RANGE),
                ("GET", &[("range", ""), ("im", r#""b""#)], FAILED),
            ],
        );
    }

    #[test]
    fn a_weak_tag_never_passes_a_strong_comparison() {
        check(
            "",
            Some(r#"W/"a""#),
            &[
                ("GET", &[("im", r#"W/"a""#)], FAILED),
                ("GET", &[("im", "*")], PROCEED),
                ("GET", &[("inm", r#""a""#)], SAME_304),
                ("GET", &[("range", ""), ("ir", r#"W/"a""#)], PROCEED),
            ],
        );
    }

    #[test]
    fn without_a_tag_only_the_star_names_the_file() {
        check(
            "",
            None,
            &[
                ("GET", &[("im", "*")], PROCEED),
                ("GET", &[("im", r#""a""#)], FAILED),
                ("GET", &[("inm", "*")], SAME_304),
                ("GET", &[("inm", r#""a""#)], PROCEED),
                ("GET", &[("inm", r#""a""#), ("ims", SAME)], PROCEED),
                ("GET", &[("range", ""), ("ir", r#""a""#)], PROCEED),
            ],
        );
    }

    #[test]
    fn a_time_identifies_only_a_file_that_has_rested() {
        let rested = |age: i64, text: &str| {
            let request = Conditional {
                if_range: Some(SAME.as_bytes()),
                range: Ranged::Part,
                ..Conditional::none(Method::Get)
            };
            let resource = Validators {
                etag: None,
                mtime_secs: MTIME,
                now_secs: MTIME + age,
            };
            evaluate(&policy(text), &request, &resource) == Verdict::Proceed { honour_range: true }
        };
        assert!(!rested(0, "") && rested(1, ""));
        assert!(rested(0, "if_range_date_age = 0") && !rested(-1, "if_range_date_age = 0"));
        assert!(!rested(59, "if_range_date_age = 60") && rested(60, "if_range_date_age = 60"));
    }

    #[test]
    fn dates_and_tags_must_agree_where_both_count() {
        check(
            "if_modified_since = \"also\"\nif_unmodified_since = \"also\"",
            Some(r#""a""#),
            &[
                ("GET", &[("inm", r#""a""#), ("ims", SAME)], SAME_304),
                ("GET", &[("inm", r#""a""#), ("ims", BEFORE)], PROCEED),
                ("GET", &[("inm", r#""b""#), ("ims", SAME)], PROCEED),
                ("GET", &[("inm", r#""a""#), ("ims", "today")], PROCEED),
                ("GET", &[("inm", r#""a""#)], SAME_304),
                ("GET", &[("ims", SAME)], SAME_304),
                ("GET", &[("im", r#""a""#), ("ius", BEFORE)], FAILED),
                ("GET", &[("im", r#""b""#), ("ius", AFTER)], FAILED),
                ("GET", &[("im", r#""a""#), ("ius", AFTER)], PROCEED),
            ],
        );
    }

    #[test]
    fn a_field_can_be_ignored() {
        check(
            "if_match = \"ignored\"\nif_unmodified_since = \"ignored\"\nif_none_match = \"ignored\"\nif_range = false",
            Some(r#""a""#),
            &[
                ("GET", &[("im", r#""b""#)], PROCEED),
                ("GET", &[("ius", BEFORE)], PROCEED),
                ("GET", &[("inm", r#""a""#)], PROCEED),
                ("GET", &[("inm", r#""b""#), ("ims", SAME)], SAME_304),
                ("GET", &[("range", ""), ("ir", r#""b""#)], RANGE),
            ],
        );
        check(
            "if_modified_since = \"ignored\"",
            None,
            &[("GET", &[("ims", SAME)], PROCEED)],
        );
    }

    #[test]
    fn each_key_changes_what_it_says() {
        let tag = Some(r#""a""#);
        check("if_match = \"weak\"", tag, &[("GET", &[("im", r#"W/"a""#)], PROCEED)]);
        check(
            "if_match_held = \"no304\"",
            tag,
            &[("GET", &[("im", r#""a""#), ("inm", r#""a""#)], PROCEED)],
        );
        check(
            "if_unmodified_since_bad = \"fails\"",
            tag,
            &[("GET", &[("ius", "soon")], FAILED)],
        );
        check(
            "if_unmodified_since_held = \"no304\"",
            tag,
            &[
                ("GET", &[("ius", AFTER), ("inm", r#""a""#)], PROCEED),
                ("GET", &[("ius", "soon"), ("inm", r#""a""#)], PROCEED),
                ("PUT", &[("ius", AFTER), ("inm", r#""a""#)], FAILED),
                ("GET", &[("inm", r#""a""#)], SAME_304),
            ],
        );
        check(
            "if_none_match = \"strong\"",
            tag,
            &[("GET", &[("inm", r#"W/"a""#)], PROCEED)],
        );
        check(
            "if_none_match = \"weak-for-whole\"",
            tag,
            &[
                ("GET", &[("inm", r#"W/"a""#)], SAME_304),
                ("GET", &[("inm", r#"W/"a""#), ("range", "whole")], RANGE),
                ("GET", &[("inm", r#""a""#), ("range", "")], SAME_304),
                ("POST", &[("inm", r#"W/"a""#)], PROCEED),
                ("POST", &[("inm", r#""a""#)], FAILED),
            ],
        );
        check(
            "if_none_match_other = \"not-modified\"",
            tag,
            &[("POST", &[("inm", r#""a""#)], SAME_304)],
        );
        check(
            "if_none_match_other = \"ignored\"",
            tag,
            &[("POST", &[("inm", r#""a""#)], PROCEED)],
        );
        check(
            "if_modified_since_match = \"exact\"",
            tag,
            &[("GET", &[("ims", SAME)], SAME_304), ("GET", &[("ims", AFTER)], PROCEED)],
        );
        check(
            "if_modified_since_match = \"verbatim\"\ndates = \"mail\"",
            tag,
            &[
                ("GET", &[("ims", SAME)], SAME_304),
                ("GET", &[("ims", "Tuesday, 31-Oct-23 15:31:16 GMT")], PROCEED),
            ],
        );
        check(
            "if_modified_since_future = false",
            tag,
            &[
                ("GET", &[("ims", FUTURE)], PROCEED),
                ("GET", &[("ims", AFTER)], SAME_304),
            ],
        );
        check(
            "if_modified_since_methods = \"any\"",
            tag,
            &[("POST", &[("ims", SAME)], SAME_304)],
        );
        check(
            "if_modified_since_methods = \"get\"",
            tag,
            &[("HEAD", &[("ims", SAME)], PROCEED), ("GET", &[("ims", SAME)], SAME_304)],
        );
        check(
            "request_no_cache = true",
            tag,
            &[
                ("GET", &[("inm", r#""a""#), ("cc", "no-cache")], PROCEED),
                ("GET", &[("inm", r#""a""#), ("cc", "max-age=0, no-cache ,x")], PROCEED),
                ("GET", &[("inm", r#""a""#), ("cc", "No-Cache")], SAME_304),
                ("GET", &[("inm", r#""a""#), ("cc", "no-cache=x")], SAME_304),
                ("GET", &[("im", r#""b""#), ("cc", "no-cache")], FAILED),
            ],
        );
        check(
            "range_methods = \"get-head\"",
            tag,
            &[("HEAD", &[("range", "")], RANGE)],
        );
        check("range_methods = \"any\"", tag, &[("POST", &[("range", "")], RANGE)]);
        check(
            "empty_field = \"absent\"",
            tag,
            &[
                ("GET", &[("im", "")], PROCEED),
                ("GET", &[("inm", ""), ("ims", SAME)], SAME_304),
                ("GET", &[("range", ""), ("ir", "")], RANGE),
            ],
        );
    }

    #[test]
    fn a_range_can_come_before_every_condition() {
        check(
            "range_turn = \"first\"",
            Some(r#""a""#),
            &[
                ("GET", &[("range", ""), ("inm", r#""a""#)], RANGE),
                ("GET", &[("range", ""), ("im", r#""b""#)], RANGE),
                ("GET", &[("range", "whole"), ("inm", r#""a""#)], SAME_304),
                ("GET", &[("range", ""), ("ir", r#""b""#), ("inm", r#""a""#)], SAME_304),
                ("HEAD", &[("range", ""), ("inm", r#""a""#)], SAME_304),
            ],
        );
    }

    #[test]
    fn an_if_range_is_a_tag_or_a_date_by_one_of_five_signs() {
        let kinds = [
            "quote-near-start",
            "quote-first",
            "quote-last",
            "quote-anywhere",
            "no-date",
        ];
        for (field, tags) in [
            (r#""a""#, [true, true, true, true, true]),
            (r#"W/"a""#, [true, false, true, true, true]),
            (r#"xxx"a""#, [false, false, true, true, true]),
            (r#""a"x"#, [true, true, false, true, true]),
            ("a", [false, false, false, false, true]),
            (SAME, [false, false, false, false, false]),
            ("\"", [true, true, false, true, true]),
        ] {
            for (kind, is_tag) in kinds.iter().zip(tags) {
                // A tag of this field's text is the file's; a date never is.
                let text =
                    format!("if_range_etag = \"verbatim\"\nif_range_date = \"never\"\nif_range_tag_if = {kind:?}");
                let verdict = told("GET", &[("range", ""), ("ir", field)], Some(field), &policy(&text));
                assert_eq!(verdict == RANGE, is_tag, "{kind} {field}");
            }
        }
    }

    #[test]
    fn an_if_range_tag_is_compared_in_one_of_six_ways() {
        let ways = ["strong", "weak", "verbatim", "contains", "unquoted", "never"];
        for (etag, field, names) in [
            (r#""a""#, r#""a""#, [true, true, true, true, true, false]),
            (r#""a""#, r#"W/"a""#, [false, true, false, true, true, false]),
            (r#"W/"a""#, r#"W/"a""#, [false, true, true, true, true, false]),
            (r#"W/"a""#, r#""a""#, [false, true, false, false, true, false]),
            (r#""a""#, r#""b", "a""#, [false, false, false, true, false, false]),
            (r#""a""#, r#""b""#, [false, false, false, false, false, false]),
            (r#""a""#, r#""*""#, [false, false, false, false, true, false]),
        ] {
            for (way, expected) in ways.iter().zip(names) {
                let text =
                    format!("if_range_etag = {way:?}\netag_list = \"bare\"\nif_range_tag_if = \"quote-anywhere\"");
                let verdict = told("GET", &[("range", ""), ("ir", field)], Some(etag), &policy(&text));
                assert_eq!(verdict == RANGE, expected, "{way} {etag} {field}");
            }
        }
    }

    #[test]
    fn an_if_range_date_is_compared_in_one_of_four_ways() {
        let long = "Tuesday, 31-Oct-23 15:31:16 GMT";
        for (way, expected) in [
            ("exact", [false, true, false, true]),
            ("not-before", [false, true, true, true]),
            ("verbatim", [false, true, false, false]),
            ("never", [false, false, false, false]),
        ] {
            let policy = policy(&format!("if_range_date = {way:?}"));
            let got =
                [BEFORE, SAME, AFTER, long].map(|date| told("GET", &[("range", ""), ("ir", date)], None, &policy));
            assert_eq!(got.map(|verdict| verdict == RANGE), expected, "{way}");
        }
    }

    #[test]
    fn an_if_range_can_take_the_place_of_a_304_or_be_overruled() {
        let tag = Some(r#""a""#);
        check(
            "if_range_scope = \"replaces304\"",
            tag,
            &[
                ("GET", &[("range", ""), ("ir", r#""a""#), ("inm", r#""a""#)], RANGE),
                ("GET", &[("range", ""), ("ir", r#""b""#), ("inm", r#""a""#)], PROCEED),
                ("GET", &[("ir", r#""b""#), ("inm", r#""a""#)], SAME_304),
            ],
        );
        check(
            "if_range_scope = \"overruled\"\nrange_turn = \"first\"\nempty_field = \"absent\"",
            tag,
            &[
                ("GET", &[("range", ""), ("ir", SAME)], RANGE),
                ("GET", &[("range", ""), ("ir", SAME), ("inm", r#""b""#)], PROCEED),
                ("GET", &[("range", ""), ("ir", BEFORE), ("inm", r#""a""#)], RANGE),
                ("GET", &[("range", ""), ("ir", BEFORE), ("im", r#""b""#)], RANGE),
                ("GET", &[("range", ""), ("ir", r#""a""#), ("inm", r#""b""#)], RANGE),
                ("GET", &[("range", ""), ("ir", "")], PROCEED),
                ("GET", &[("range", ""), ("ir", ""), ("ims", SAME)], RANGE),
            ],
        );
    }

    #[test]
    fn hostile_fields_are_judged_without_a_panic() {
        let pieces = [
            "\"",
            "W/",
            "*",
            ",",
            " ",
            "\"a\"",
            "\\",
            "(",
            "9",
            ":",
            "GMT",
            "\u{ff}",
            "31 Oct 2023 ",
        ];
        let lists = ["rfc9110", "quoted", "commas", "prefix", "bare", "substring"];
        let dates = ["rfc9110", "patterns", "masks", "positions", "mail", "free-form"];
        for (list, dates) in lists.iter().zip(dates) {
            for scope in ["ranges", "replaces304", "overruled"] {
                for kind in ["strong", "weak", "verbatim", "contains", "unquoted"] {
                    let policy = policy(&format!(
                        "etag_list = {list:?}\ndates = {dates:?}\nif_range_scope = {scope:?}\nif_range_etag = {kind:?}"
                    ));
                    for piece in pieces {
                        for text in [String::new(), piece.to_owned(), piece.repeat(300)] {
                            let fields = ["im", "inm", "ims", "ius", "ir", "cc", "range"].map(|name| (name, &*text));
                            told("GET", &fields, Some("\"a\""), &policy);
                            told("GET", &fields[1..], None, &policy);
                            told("GET", &fields[4..], Some(""), &policy);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_policy_can_be_printed_and_read_again() {
        let policy = policy("dates = \"free-form\"\nif_match_held = \"no304\"\nrange_turn = \"first\"");
        let printed = toml::to_string(&policy).expect("toml");
        assert_eq!(toml::from_str::<ConditionPolicy>(&printed).expect("the same"), policy);
        assert!(toml::from_str::<ConditionPolicy>("if_much = 1").is_err());
    }
}
