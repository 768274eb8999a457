use super::*;
use crate::profile::layers::{self, Layer, Stack};

/// A target, and its path and trailing slash under the profile `rfc`; `None` if the profile refuses it.
const CASES: &[(&str, Option<(&str, bool)>)] = &[
    ("/", Some(("", true))),
    ("/a", Some(("a", false))),
    ("/a/", Some(("a", true))),
    ("/a?b#c", None),
    ("/a?b/c", Some(("a", false))),
    ("//a//b", Some(("a/b", false))),
    ("/a/./b/../c", Some(("a/c", false))),
    ("/a/..", Some(("", true))),
    ("/..", Some(("", true))),
    ("/../../etc/passwd", Some(("etc/passwd", false))),
    ("/%2e%2e/x", Some(("x", false))),
    ("/%252e%252e/x", Some(("%2e%2e/x", false))),
    ("/a%2fb", None),
    ("/a%00b", None),
    ("/a%zz", None),
    ("/%ff", None),
    ("/%c0%ae%c0%ae/x", None),
    ("/%E9%9F%B3", Some(("音", false))),
    ("http://h/a?b", Some(("a", false))),
    ("http://h", Some(("", true))),
    ("/a+b", Some(("a+b", false))),
];

#[test]
fn targets_become_paths() {
    let profile = layers::load("rfc").expect("the profile");
    for (target, want) in CASES {
        let got = locate(target.as_bytes(), &profile.target, &profile.files, &[]).ok();
        let got = got.map(|located| (located.path, located.trailing_slash));
        assert_eq!(
            got,
            want.map(|(path, slash)| (path.as_bytes().to_vec(), slash)),
            "{target}"
        );
    }
}

/// Limits, names and escapes that a profile refuses, and the nearest ones that it accepts.
#[test]
fn a_profile_may_refuse_targets() {
    let profile = layers::load("iis").expect("the profile");
    let long = |n: usize| "a".repeat(n);
    for (target, want) in [
        (format!("/{}", long(260)), true),
        (format!("/{}", long(261)), false),
        (format!("/{}", "%C3%A9".repeat(260)), true),
        (format!("/{}", ["a"; 255].join("/")), true),
        (format!("/{}", ["a"; 256].join("/")), false),
        (format!("/{}", [long(200).as_str(); 20].join("/")), true),
        (format!("/{}", [long(200).as_str(); 21].join("/")), false),
        (format!("/?{}", long(2048)), true),
        (format!("/?{}", long(2049)), false),
        ("/a%0Ab".into(), false),
        ("/a%7fb".into(), false),
        ("/a%20b".into(), true),
        ("/a+b".into(), false),
        ("/a%2Bb".into(), false),
        ("/?a+b".into(), true),
        ("/%2541".into(), false),
        ("/%25zz".into(), true),
        ("/x/BIN/y".into(), false),
        ("/x/binary".into(), true),
    ] {
        let got = locate(target.as_bytes(), &profile.target, &profile.files, &[]);
        assert_eq!(got.is_ok(), want, "{target}");
    }
}

#[test]
fn a_uri_without_a_slash_may_have_no_path() {
    let layer = Layer::parse(
        "keys",
        "[target]\nschemes = [\"http\", \"*\"]\nother_scheme = 400\nopaque = true\nend_slash = \"decoded-text\"",
    );
    let profile = Stack::of("keys", layer.expect("keys")).build().expect("a profile");
    for (target, want) in [
        ("foo:a/b", true),
        ("foo:?x", true),
        ("foo:/a", false),
        ("http://a", true),
        ("http://a/b", false),
        ("/a:b", false),
    ] {
        assert_eq!(has_no_path(target.as_bytes(), &profile.target), want, "{target}");
    }
    for (target, want) in [("/a%2f", Some(true)), ("/a/..", Some(false)), ("/", Some(true))] {
        let located = locate(target.as_bytes(), &profile.target, &profile.files, &[]);
        assert_eq!(located.ok().map(|located| located.trailing_slash), want, "{target}");
    }
}

#[test]
fn dotfiles_can_be_refused_with_exceptions() {
    let profile = layers::load("rfc").expect("the profile");
    for (target, want) in [
        ("/.git/config", false),
        ("/a/.hidden", false),
        ("/.well-known/x", true),
        ("/.well-known/.x", false),
        ("/a.b", true),
    ] {
        let got = locate(target.as_bytes(), &profile.target, &profile.files, &[]);
        assert_eq!(got.is_ok(), want, "{target}");
    }
}

#[test]
fn a_path_may_come_back_by_the_name_of_the_root() {
    let profile = layers::load("django").expect("the profile");
    let root = ["srv", "site"].map(String::from);
    for (target, want) in [
        ("/../site/a", Some("a")),
        ("/x/../../site/a/../b", Some("b")),
        ("/../../../srv/site/a", Some("a")),
        ("/../sit/a", None),
        ("/../site2/a", None),
        ("/../site/../a", None),
        ("/..", None),
    ] {
        let got = locate(target.as_bytes(), &profile.target, &profile.files, &root).ok();
        assert_eq!(
            got.map(|located| located.path).as_deref(),
            want.map(str::as_bytes),
            "{target}"
        );
    }
    assert!(locate(b"/../site/a", &profile.target, &profile.files, &[]).is_err());
}

#[test]
fn no_target_leads_above_the_root() {
    let pieces = [
        "..", "%2e%2e", ".%2e", "/", "%2f", "\\", "%5c", ".", "a", "//", "..;", "%00", "..%c0%af",
    ];
    for profile in crate::profile::builtin::names().map(|name| layers::load(name).expect(name)) {
        for i in 0..pieces.len().pow(4) {
            let target: String = std::iter::once("/")
                .chain((0..4).map(|k| pieces[i / pieces.len().pow(k) % pieces.len()]))
                .collect();
            if let Ok(located) = locate(target.as_bytes(), &profile.target, &profile.files, &[]) {
                let bad = segments(&located.path).any(|s| s == b".." || s == b".") || located.path.starts_with(b"/");
                assert!(!bad, "{target} -> {}", located.path.escape_ascii());
            }
        }
    }
}
