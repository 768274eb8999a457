use super::*;
use crate::case;

fn file(size: usize) -> OrdinaryFile {
    OrdinaryFile {
        path: "/docs/a".to_owned(),
        content: vec![b'x'; size],
        // Wed, 01 Jul 2026 00:00:00 GMT
        modified: Some(1_782_864_000),
        directory: None,
        is_index: false,
    }
}

fn sends(text: &str) -> Case {
    Case {
        name: "a".to_owned(),
        steps: vec![Step::Send {
            text: text.to_owned(),
            times: 1,
        }],
        slow: false,
        ordinary_user: false,
    }
}

fn adapted_text(file: &OrdinaryFile, text: &str) -> Option<String> {
    let case = file.adapt(&sends(text))?;
    let Step::Send { text, .. } = &case.steps[0] else {
        panic!("a send")
    };
    Some(text.clone())
}

#[test]
fn what_names_an_ordinary_file_names_this_one() {
    let table = [
        ("GET /types/a.txt HTTP/1.1", Some("GET /docs/a HTTP/1.1")),
        ("GET / HTTP/1.1\r\n\r\nGET /?q", None),
        ("GET / HTTP/1.1\r\nA: /", Some("GET /docs/a HTTP/1.1\r\nA: /")),
        ("If-Match: {{etag:/}}", Some("If-Match: {{etag:/docs/a}}")),
        ("GET //static/style1.css", Some("GET //docs/a")),
        ("GET /nope HTTP/1.1", Some("GET /nope HTTP/1.1")),
        ("GET /static HTTP/1.1", None),
        ("GET /%74ypes/a.txt HTTP/1.1", None),
        ("GET /a/.. HTTP/1.1", None),
        ("GET http://a HTTP/1.1", None),
        ("GET /TYPES HTTP/1.1", None),
        ("OPTIONS * HTTP/1.1", Some("OPTIONS * HTTP/1.1")),
    ];
    for (text, want) in table {
        assert_eq!(adapted_text(&file(1000), text).as_deref(), want, "{text}");
    }
    let known = OrdinaryFile {
        directory: Some("/docs".to_owned()),
        is_index: true,
        ..file(1000)
    };
    let table = [
        ("GET /static?x HTTP/1.1", Some("GET /docs?x HTTP/1.1")),
        ("GET /static/ HTTP/1.1", None),
        ("GET http://a HTTP/1.1", Some("GET http://a HTTP/1.1")),
        ("GET / HTTP/1.1", Some("GET / HTTP/1.1")),
    ];
    for (text, want) in table {
        assert_eq!(adapted_text(&known, text).as_deref(), want, "{text}");
    }
}

#[test]
fn positions_follow_the_size() {
    let table = [
        (5000, "0-9,20-29", "0-9,20-29"),
        (5000, "665-665", "4999-4999"),
        (5000, "666-700", "5000-5034"),
        (5000, "600-,-667", "4934-,-5001"),
        (5000, "99999-", "104333-"),
        (5000, "0-332,333-665", "0-332,333-4999"),
        (500, "665-,99999-", "499-,99999-"),
        (5000, "000-0009", "000-0009"),
        (
            5000,
            "5-18446744073709551616,-99999999",
            "5-18446744073709551616,-99999999",
        ),
    ];
    for (size, before, after) in table {
        let text = format!("GET /static/style1.css HTTP/1.1\r\nRange: bytes={before}\r\nA: 666\r\n\r\n");
        let want = format!("GET /docs/a HTTP/1.1\r\nRange: bytes={after}\r\nA: 666\r\n\r\n");
        assert_eq!(adapted_text(&file(size), &text), Some(want), "{before}");
    }
}

#[test]
fn dates_follow_the_modification_time() {
    let table = [
        ("Tue, 31 Oct 2023 15:31:16 GMT", "Wed, 01 Jul 2026 00:00:00 GMT"),
        ("Tue, 31 Oct 2023 15:31:17 GMT", "Wed, 01 Jul 2026 00:00:01 GMT"),
        ("Mon, 30 Oct 2023 00:00:00 GMT", "Tue, 30 Jun 2026 00:00:00 GMT"),
        ("Wed, 1 Nov 2023 00:00:00 GMT", "Thu, 2 Jul 2026 00:00:00 GMT"),
        ("tue, 31 oct 2023 15:31:16 gmt", "wed, 01 jul 2026 00:00:00 gmt"),
        ("2023-10-31T15:31:16Z", "2026-07-01T00:00:00Z"),
        ("Sun, 01 Jan 2040 00:00:00 GMT", "Sun, 01 Jan 2040 00:00:00 GMT"),
        ("Mon Oct 30 00:00:00 2023", "Tue Jun 30 00:00:00 2026"),
    ];
    for (before, after) in table {
        let text = adapted_text(&file(1000), &format!("If-Modified-Since: {before}\r\n"));
        assert_eq!(text, Some(format!("If-Modified-Since: {after}\r\n")));
    }
    let unknown = OrdinaryFile {
        modified: None,
        ..file(1000)
    };
    let text = "If-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT";
    assert_eq!(adapted_text(&unknown, text).as_deref(), Some(text));
}

#[test]
fn most_cases_can_be_put_to_a_strangers_file() {
    let cases = case::built_in();
    let known = OrdinaryFile {
        directory: Some("/docs".to_owned()),
        is_index: true,
        ..file(1000)
    };
    // The share in the whole set depends on how many cases request directories.
    for group in [
        "range",
        "ims",
        "body",
        "chunked",
        "length",
        "limit",
        "version",
        "connection",
    ] {
        let of_group: Vec<_> = cases.iter().filter(|case| case.group() == group).cloned().collect();
        let asked = adapted(&of_group, Some(&file(1000))).len() as f64 / of_group.len() as f64;
        assert!(asked >= 0.9, "{asked:.3} of the cases of {group}");
    }
    for (file, least) in [(file(1000), 0.6), (known, 0.85)] {
        let asked = adapted(&cases, Some(&file)).len() as f64 / cases.len() as f64;
        assert!(asked >= least, "{asked:.3} of the cases");
    }
}
