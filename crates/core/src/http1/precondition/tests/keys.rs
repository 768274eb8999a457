//! Tests each key of `[conditions]` separately.

use super::*;

#[test]
fn each_key_has_its_effect() {
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
        "if_none_match = \"never\"",
        tag,
        &[
            ("GET", &[("inm", "*")], PROCEED),
            ("GET", &[("inm", r#""a""#), ("ims", SAME)], PROCEED),
            ("GET", &[("ims", SAME)], SAME_304),
        ],
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
        "if_none_match_other = \"off\"",
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
