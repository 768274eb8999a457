use super::*;
use crate::case::Step;
use crate::compare::compare;
use crate::recording::{Answer, End, Heard, Outcome, Recording};

fn recording(cases: &[(&str, &str)]) -> Recording {
    let mut recording = Recording::new("127.0.0.1:18081");
    for (name, text) in cases {
        let heard = vec![Heard {
            text: (*text).to_owned(),
            at_s: None,
        }];
        let outcome = Outcome {
            heard,
            end: End::Open,
            after_s: None,
        };
        recording.cases.insert((*name).to_owned(), Answer::Stable(outcome));
    }
    recording
}

fn with_subject(test: impl Fn(&Subject<'_>)) {
    let first = recording(&[("range-a", "HTTP/1.1 200 OK\r\n\r\n"), ("line-a", "x")]);
    let second = recording(&[("range-a", "HTTP/1.1 206 <b>\r\n\r\n"), ("line-a", "x")]);
    let send = Step::Send {
        text: "GET / HTTP/1.1\r\n\r\n".to_owned(),
        times: 1,
    };
    let cases = [Case {
        name: "range-a".to_owned(),
        steps: vec![send],
        slow: false,
        ordinary_user: false,
    }];
    let comparison = compare(&first, &second);
    test(&Subject {
        first: "one",
        second: "other",
        cases: &cases,
        comparison: &comparison,
    });
}

#[test]
fn text_has_the_numbers_and_the_case_in_words() {
    with_subject(|subject| {
        let text = text(subject, 10);
        assert!(
            text.contains("line        1       0        0         0    100.00 %"),
            "{text}"
        );
        assert!(
            text.contains("range       0       1        0         0      0.00 %"),
            "{text}"
        );
        assert!(text.contains("  | sends GET / HTTP/1.1␍␊ ␍␊"), "{text}");
        assert!(
            text.contains("  read 1, line 1: `HTTP/1.1 200 OK` there, `HTTP/1.1 206 <b>` here"),
            "{text}"
        );
        assert!(super::text(subject, 0).contains("and 1 more that differ"));
    });
}

#[test]
fn what_many_cases_differ_in_is_said_once() {
    let sent =
        |server: &str, status: u16| format!("HTTP/1.1 {status} X\r\nServer: {server}\r\nA: b\r\n\r\nbody: {server}");
    let names = ["a-1", "a-2", "a-3"];
    let one: Vec<_> = names.map(|name| (name, sent("one", 200))).into();
    let other: Vec<_> = names
        .map(|name| (name, sent("other", if name == "a-3" { 400 } else { 200 })))
        .into();
    let of = |cases: &[(&str, String)]| {
        let cases: Vec<_> = cases.iter().map(|(name, text)| (*name, text.as_str())).collect();
        recording(&cases)
    };
    let comparison = compare(&of(&one), &of(&other));
    let subject = Subject {
        first: "one",
        second: "other",
        cases: &[],
        comparison: &comparison,
    };
    let json = json(&subject);
    assert_eq!(
        json["frequent"],
        serde_json::json!([{"first": "Server: one", "second": "Server: other", "cases": 3, "alone": 2, "example": "a-1"}])
    );
    assert!(text(&subject, 0).contains("    3  Server: one there, Server: other here; nothing else in 2"));
    let first = text(&subject, 1);
    assert!(
        first.contains("\na-3\n"),
        "the case that differs in more comes first: {first}"
    );
    let page = html(&subject);
    assert!(
        page.contains("HTTP/1.1 200 X → HTTP/1.1 400 X"),
        "the most telling line stands beside the case: {page}"
    );
}

#[test]
fn json_has_what_both_sent() {
    with_subject(|subject| {
        let json = json(subject);
        assert_eq!(json["total"]["percent"], 50.0);
        assert_eq!(json["differing"][0]["case"], "range-a");
        assert_eq!(
            json["differing"][0]["differences"][0]["second"],
            "HTTP/1.1 206 <b>\r\n\r\n"
        );
    });
}

#[test]
fn the_page_escapes_what_a_server_sent() {
    with_subject(|subject| {
        let page = html(subject);
        assert!(
            page.contains("HTTP/1.1 206 &lt;b&gt;") && !page.contains("206 <b>"),
            "{page}"
        );
    });
}

#[test]
fn junit_counts_failures() {
    with_subject(|subject| {
        let xml = junit(subject).expect("XML");
        assert!(xml.contains("tests=\"2\"") && xml.contains("failures=\"1\""), "{xml}");
    });
}
