//! If-Range: when it is an entity tag, how it is compared, and what it affects besides the ranges.

use super::*;

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
            let text = format!("if_range_etag = \"verbatim\"\nif_range_date = \"never\"\nif_range_tag_if = {kind:?}");
            let got = verdict("GET", &[("range", ""), ("ir", field)], Some(field), &policy(&text));
            assert_eq!(got == RANGE, is_tag, "{kind} {field}");
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
            let text = format!("if_range_etag = {way:?}\netag_list = \"bare\"\nif_range_tag_if = \"quote-anywhere\"");
            let got = verdict("GET", &[("range", ""), ("ir", field)], Some(etag), &policy(&text));
            assert_eq!(got == RANGE, expected, "{way} {etag} {field}");
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
        let got = [BEFORE, SAME, AFTER, long].map(|date| verdict("GET", &[("range", ""), ("ir", date)], None, &policy));
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
