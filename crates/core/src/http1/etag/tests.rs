use super::Comparison::{Strong, Weak};
use super::ListSyntax::{Bare, Commas, Prefix, Quoted, Rfc9110, Substring};
use super::*;

#[test]
fn tags_compare_as_in_rfc_9110_section_8_8_3_2() {
    for (left, right, strong, weak) in [
        (r#"W/"1""#, r#"W/"1""#, false, true),
        (r#"W/"1""#, r#"W/"2""#, false, false),
        (r#"W/"1""#, r#""1""#, false, true),
        (r#""1""#, r#""1""#, true, true),
    ] {
        for syntax in [Rfc9110, Quoted, Prefix, Bare] {
            for (left, right) in [(left, right), (right, left)] {
                // A strong comparison by prefix assumes that the file's own tag is strong.
                if syntax != Prefix && !(syntax == Bare && right.starts_with('W')) {
                    let found = matches(left.as_bytes(), Some(right.as_bytes()), Strong, syntax);
                    assert_eq!(found, strong, "{left} {right} {syntax:?}");
                }
                let found = matches(left.as_bytes(), Some(right.as_bytes()), Weak, syntax);
                assert_eq!(found, weak, "{left} {right} {syntax:?}");
            }
        }
    }
}

/// A list, and whether it contains `"a"` by weak comparison, in the order rfc9110, quoted, commas, prefix, bare,
/// substring.
const LISTS: &[(&str, [bool; 6])] = &[
    (r#""a""#, [true, true, true, true, true, true]),
    (r#""b", "a""#, [true, true, true, true, true, true]),
    (r#""b","a""#, [true, true, true, true, true, true]),
    (r#""b" , , "a" "#, [true, true, true, true, false, true]),
    (r#", "a""#, [true, true, true, true, true, true]),
    (r#"W/"a""#, [true, true, true, true, true, true]),
    (r#"W/"b", W/"a""#, [true, true, true, true, true, true]),
    (r#"w/"a""#, [false, false, false, false, true, true]),
    (r#"W/W/"a""#, [false, false, false, false, false, true]),
    ("a", [false, false, false, false, true, false]),
    ("b, a, c", [false, false, false, false, true, false]),
    (r#"b, "a""#, [false, false, true, true, true, true]),
    (r#""b, "a""#, [false, false, true, true, false, true]),
    (r#""x,"a",y""#, [false, false, true, true, false, true]),
    (r#""a"x"#, [false, false, false, false, false, true]),
    (r#""a""b""#, [false, false, false, false, false, true]),
    (r#""\"", "a""#, [false, true, true, true, true, true]),
    (r#""a" "b""#, [false, false, false, false, false, true]),
    ("*", [true, true, true, true, true, true]),
    ("*x", [false, true, false, false, false, true]),
    (r#""b", *"#, [false, false, false, false, true, false]),
    (r#""*""#, [false, false, false, false, false, false]),
    (r#""A""#, [false, false, false, false, false, false]),
    ("", [false, false, false, false, false, false]),
    (",", [false, false, false, false, false, false]),
    (r#""""#, [false, false, false, false, false, false]),
    (r#"""#, [false, false, false, false, false, false]),
];

#[test]
fn each_syntax_splits_a_list_by_its_own_rules() {
    for (field, expected) in LISTS {
        let got = [Rfc9110, Quoted, Commas, Prefix, Bare, Substring]
            .map(|syntax| matches(field.as_bytes(), Some(br#""a""#), Weak, syntax));
        assert_eq!(got, *expected, "{field}");
    }
}

#[test]
fn commas_allows_one_additional_weakness_mark_on_either_side() {
    let weak = |field: &str, etag: &str| matches(field.as_bytes(), Some(etag.as_bytes()), Weak, Commas);
    assert!(weak(r#"W/"a""#, r#""a""#) && weak(r#""a""#, r#"W/"a""#) && weak(r#"W/W/"a""#, r#"W/"a""#));
    assert!(!weak(r#"W/W/"a""#, r#""a""#) && !weak("a", r#""a""#));
}

#[test]
fn a_bare_star_matches_only_weakly() {
    assert!(!matches(b"*", Some(br#""a""#), Strong, Bare));
    assert!(matches(b"*", Some(br#""a""#), Weak, Bare));
}

#[test]
fn without_a_tag_only_the_star_matches() {
    for syntax in [Rfc9110, Quoted, Commas, Prefix, Bare, Substring] {
        assert!(matches(b"*", None, Weak, syntax), "{syntax:?}");
        for field in [&b"\"a\""[..], b"", b"\"\"", b"W/", b"W/\"\"", b"a"] {
            assert!(!matches(field, None, Weak, syntax), "{syntax:?} {field:?}");
        }
    }
}

#[test]
fn adversarial_lists_end_soon_and_without_a_panic() {
    let long = [br#""x", "#.repeat(10_000), b"\"a\"".to_vec()].concat();
    for syntax in [Rfc9110, Quoted, Commas, Prefix, Bare, Substring] {
        assert!(matches(&long, Some(br#""a""#), Weak, syntax), "{syntax:?}");
        for piece in [&b"\""[..], b"\"\"", b"W/", b"\\", b",", b" ", b"\" ", b"W/\"", b"\xff"] {
            for comparison in [Strong, Weak] {
                matches(&piece.repeat(20_000), Some(br#""a""#), comparison, syntax);
                matches(&piece.repeat(20_000), None, comparison, syntax);
            }
        }
    }
}
