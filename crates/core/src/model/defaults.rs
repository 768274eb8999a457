//! A profile without any key follows RFC 9110 and RFC 9112.

use super::{End, MemorySite, Outcome, Script, Setting, Step};
use crate::http1::status;
use crate::profile::Profile;
use crate::profile::layers::{Layer, Stack};
use std::time::Duration;

fn profile(text: &str) -> Profile {
    let layer = Layer::parse("minimal", text).expect("a profile");
    Stack::of("minimal", layer).build().expect("a profile")
}

pub(super) fn ask(text: &str, request: &str) -> Outcome {
    let profile = profile(text);
    let site = MemorySite::new(&profile)
        .with_file("a.txt", b"0123456789")
        .with_file("sub/index.html", b"index\n")
        .with_directory("empty");
    let steps = [
        Step::Send(request.as_bytes().to_vec()),
        Step::End {
            within: Duration::from_secs(10),
        },
    ];
    Script::new(&steps).run(&profile, &site, &Setting::default())
}

/// What the client received.
pub(super) fn heard(outcome: &Outcome) -> String {
    let bytes: Vec<u8> = outcome.heard.iter().flat_map(|heard| heard.text()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn field(response: &str, name: &str) -> Option<String> {
    let head = response.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| {
        let (field, value) = line.split_once(": ")?;
        field.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

#[test]
fn a_profile_that_has_only_a_title_has_no_mistakes() {
    let layer = Layer::parse("minimal", "format = 1\ntitle = \"Mine\"\n").expect("a profile");
    let report = Stack::of("minimal", layer).report();
    assert_eq!((report.mistakes, report.warnings), (vec![], vec![]));
}

/// A request line and fields after the Host field, and the status of the response.
#[test]
fn requests_get_the_status_that_the_rfcs_ask_for() {
    for (line, fields, status) in [
        ("GET /a.txt HTTP/1.1", "", 200),
        ("HEAD /a.txt HTTP/1.1", "", 200),
        ("GET /sub/ HTTP/1.1", "", 200),
        ("GET /sub HTTP/1.1", "", 301),
        ("GET /missing HTTP/1.1", "", 404),
        // RFC 9110 sections 9.1 and 15.5.6: a known method that the resource does not support.
        ("POST /a.txt HTTP/1.1", "Content-Length: 0\r\n", 405),
        ("POST /a.txt HTTP/1.1", "Content-Length: 3\r\n\r\nabc", 405),
        (
            "POST /a.txt HTTP/1.1",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
            405,
        ),
        ("PUT /a.txt HTTP/1.1", "Content-Length: 0\r\n", 405),
        ("PUT /new HTTP/1.1", "Content-Length: 3\r\n\r\nabc", 405),
        ("DELETE /a.txt HTTP/1.1", "", 405),
        // Section 15.6.2: an unknown one. Methods are case-sensitive.
        ("BREW /a.txt HTTP/1.1", "", 501),
        ("get /a.txt HTTP/1.1", "", 501),
        // Section 2.5: a later minor version is treated as 1.1; section 15.6.6.
        ("GET /a.txt HTTP/1.2", "", 200),
        ("GET /a.txt HTTP/2.0", "", 505),
        // Section 13.
        ("GET /a.txt HTTP/1.1", "If-None-Match: *\r\n", 304),
        ("GET /a.txt HTTP/1.1", "If-Match: \"other\"\r\n", 412),
        (
            "GET /a.txt HTTP/1.1",
            "If-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT\r\n",
            304,
        ),
        // Section 14.
        ("GET /a.txt HTTP/1.1", "Range: bytes=0-3\r\n", 206),
        ("GET /a.txt HTTP/1.1", "Range: bytes=10-\r\n", 416),
        ("GET /a.txt HTTP/1.1", "Range: pages=1-2\r\n", 200),
        // Section 10.1.1.
        ("GET /a.txt HTTP/1.1", "Expect: something\r\n", 417),
        // RFC 9112 sections 3, 3.2.2, 5.1, 5.2, 6.1 and 6.3.
        ("GET http://b/a.txt HTTP/1.1", "", 200),
        ("GET /a.txt", "", 400),
        ("GET /a b HTTP/1.1", "", 400),
        ("GET /a.txt HTTP/1.1", "Name : value\r\n", 400),
        ("GET /a.txt HTTP/1.1", "Name: a\r\n b\r\n", 400),
        ("GET /a.txt HTTP/1.1", "Host: b\r\n", 400),
        ("POST /a.txt HTTP/1.1", "Transfer-Encoding: brew, chunked\r\n", 501),
        ("POST /a.txt HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n", 501),
        ("POST /a.txt HTTP/1.1", "Transfer-Encoding: chunked, gzip\r\n", 400),
        ("POST /a.txt HTTP/1.1", "Content-Length: 1, 2\r\n", 400),
        ("POST /a.txt HTTP/1.1", "Content-Length: -1\r\n", 400),
        ("POST /a.txt HTTP/1.1", "Content-Length: x\r\n", 400),
        (
            "POST /a.txt HTTP/1.1",
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            400,
        ),
    ] {
        let response = heard(&ask("", &format!("{line}\r\nHost: a\r\n{fields}\r\n")));
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} {}\r\n", status::reason(status))),
            "{line} {fields}\n{response}"
        );
        let allow = (status == 405).then(|| "GET, HEAD".to_owned());
        assert_eq!(field(&response, "Allow"), allow, "{line} {fields}\n{response}");
        // After a request that could not be parsed, the following bytes are not a request that can be trusted (RFC 9112
        // section 2.2).
        let close = (status == 400).then(|| "close".to_owned());
        if matches!(status, 200 | 304 | 400 | 404) {
            assert_eq!(field(&response, "Connection"), close, "{line} {fields}\n{response}");
        }
        let has_length = field(&response, "Content-Length").is_some() || status == 304;
        assert!(
            has_length && field(&response, "Date").is_some(),
            "{line} {fields}\n{response}"
        );
    }
}

#[test]
fn limits_have_their_own_status() {
    let long = "x".repeat(9000);
    let many = "A: b\r\n".repeat(200);
    for (request, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 414),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nA: {long}\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"), 431),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
    ] {
        let response = heard(&ask("", &request));
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{status}\n{response}"
        );
    }
}

/// RFC 9110 sections 8.8.2, 9.3.2, 15.3.7, 15.4.2, 15.5.6 and 15.5.17.
#[test]
fn responses_have_the_fields_that_the_rfcs_ask_for() {
    let get = |fields: &str| heard(&ask("", &format!("GET /a.txt HTTP/1.1\r\nHost: a\r\n{fields}\r\n")));
    let whole = get("");
    assert!(whole.ends_with("\r\n\r\n0123456789"), "{whole}");
    for name in ["Last-Modified", "Accept-Ranges"] {
        assert!(field(&whole, name).is_some(), "{name}\n{whole}");
    }
    let page = heard(&ask("", "GET /sub/ HTTP/1.1\r\nHost: a\r\n\r\n"));
    for (response, media_type) in [(&whole, "text/plain"), (&page, "text/html")] {
        let is_so = field(response, "Content-Type").is_some_and(|value| value.starts_with(media_type));
        assert!(is_so, "{media_type}\n{response}");
    }
    let head = heard(&ask("", "HEAD /a.txt HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(head, whole[..whole.len() - 10]);
    let part = get("Range: bytes=2-4\r\n");
    assert_eq!(field(&part, "Content-Range").as_deref(), Some("bytes 2-4/10"));
    assert!(part.ends_with("\r\n\r\n234"), "{part}");
    assert_eq!(
        field(&get("Range: bytes=20-\r\n"), "Content-Range").as_deref(),
        Some("bytes */10")
    );
    let post = heard(&ask("", "POST /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
    assert_eq!(field(&post, "Allow").as_deref(), Some("GET, HEAD"));
    let directory = heard(&ask("", "GET /sub?q HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(field(&directory, "Location").as_deref(), Some("/sub/?q"));
    let unchanged = get("If-None-Match: *\r\n");
    assert_eq!(unchanged.matches("\r\n\r\n").count(), 1, "{unchanged}");
}

/// RFC 9112 section 9.
#[test]
fn connections_persist_and_their_close_is_announced() {
    let get = |version: &str, fields: &str| ask("", &format!("GET /a.txt HTTP/{version}\r\nHost: a\r\n{fields}\r\n"));
    for (version, fields, announced, end) in [
        ("1.1", "", None, End::Open),
        ("1.1", "Connection: close\r\n", Some("close"), End::Fin),
        ("1.0", "", Some("close"), End::Fin),
        ("1.0", "Connection: keep-alive\r\n", Some("keep-alive"), End::Open),
    ] {
        let outcome = get(version, fields);
        let response = heard(&outcome);
        assert_eq!(
            field(&response, "Connection").as_deref(),
            announced,
            "{version} {fields}\n{response}"
        );
        assert_eq!(outcome.end, end, "{version} {fields}");
    }
    let refused = ask("", "GET / HTTP/1.1\r\n\r\n");
    assert_eq!(
        (field(&heard(&refused), "Connection").as_deref(), refused.end),
        (Some("close"), End::Fin)
    );
    let pipelined = "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3);
    assert_eq!(heard(&ask("", &pipelined)).matches("HTTP/1.1 200").count(), 3);
}

/// RFC 9110 section 10.1.1.
#[test]
fn a_client_that_waits_gets_a_response() {
    let outcome = ask(
        "",
        "POST /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
    );
    let response = heard(&outcome);
    assert!(
        response.starts_with("HTTP/1.1 100 ") || response.starts_with("HTTP/1.1 405 "),
        "{response}"
    );
}

/// Errors that a profile does not define use the page of its 404.
#[test]
fn a_page_of_a_profile_is_used_for_the_errors_that_it_does_not_define() {
    let text = "[response.404]\nhead = \"Content-Length: {content_length}\"\nbody = \"<h1>{status}</h1>\"";
    let response = heard(&ask(text, "GET / HTTP/1.1\r\n\r\n"));
    assert!(response.ends_with("<h1>400</h1>"), "{response}");
}
