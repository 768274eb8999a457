mod if_range;
mod keys;

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

/// The verdict on a request: a method, and fields named "im", "inm", "ims", "ius", "ir", "cc" and "range".
fn verdict(request: &str, fields: &[(&str, &str)], etag: Option<&str>, policy: &ConditionPolicy) -> &'static str {
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
            other => panic!("{other}"),
        }
    }
    let resource = Validators {
        etag: etag.map(str::as_bytes),
        mtime_secs: Some(MTIME),
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
            verdict(method, fields, etag, &policy),
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
fn without_a_tag_only_the_star_matches() {
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
fn a_time_is_a_validator_only_for_a_file_of_a_minimum_age() {
    let validates = |age: i64, text: &str| {
        let request = Conditional {
            if_range: Some(SAME.as_bytes()),
            range: Ranged::Part,
            ..Conditional::none(Method::Get)
        };
        let resource = Validators {
            etag: None,
            mtime_secs: Some(MTIME),
            now_secs: MTIME + age,
        };
        evaluate(&policy(text), &request, &resource) == Verdict::Proceed { honour_range: true }
    };
    assert!(!validates(0, "") && validates(1, ""));
    assert!(validates(0, "if_range_min_age = \"off\"") && validates(-1, "if_range_min_age = \"off\""));
    assert!(!validates(59, "if_range_min_age = \"60s\"") && validates(60, "if_range_min_age = \"60s\""));
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
        "if_match = \"off\"\nif_unmodified_since = \"off\"\nif_none_match = \"off\"\nif_range = false",
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
        "if_modified_since = \"off\"",
        None,
        &[("GET", &[("ims", SAME)], PROCEED)],
    );
}

/// [`crate::decide`] does not evaluate a request without conditions.
#[test]
fn without_a_condition_every_profile_performs_the_method() {
    let validators = Validators {
        etag: Some(b"\"a\""),
        mtime_secs: Some(0),
        now_secs: 1,
    };
    for name in crate::profile::builtin::names() {
        let profile = crate::profile::layers::load(name).expect("a built-in profile");
        for method in [Method::Get, Method::Head, Method::Other] {
            let request = Conditional {
                if_range: Some(b"\"b\""),
                cache_control: Some(b"no-cache"),
                ..Conditional::none(method)
            };
            let verdict = evaluate(&profile.conditions, &request, &validators);
            assert_eq!(verdict, Verdict::Proceed { honour_range: false }, "{name} {method:?}");
        }
    }
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
fn adversarial_fields_do_not_panic() {
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
                        verdict("GET", &fields, Some("\"a\""), &policy);
                        verdict("GET", &fields[1..], None, &policy);
                        verdict("GET", &fields[4..], Some(""), &policy);
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
