//! A profile that sets nothing is RFC 9110 and RFC 9112 by itself.

use crate::model::{MemorySite, Script, Setting, Step};
use crate::profile::Profile;
use crate::profile::layers::{Layer, Stack};
use crate::render::RenderContext;

/// Saturday, 22 July 2023 04:26:40 UTC.
const MODIFIED: i64 = 1_690_000_000;

fn profile() -> Profile {
    let layer = Layer::parse("scratch.toml", "format = 1\ntitle = \"Mine\"\n").expect("a profile");
    let stack = Stack::of("scratch", layer);
    let report = stack.report();
    assert_eq!((report.mistakes, report.warnings), (vec![], vec![]));
    stack.build().expect("a profile")
}

/// What the client receives, whether or not the connection stays open.
fn answer(profile: &Profile, request: &str) -> String {
    let site = MemorySite::new(profile)
        .dated(MODIFIED, 0)
        .with_file("a.txt", b"0123456789")
        .with_file("index.html", b"<p>")
        .with_file("sub/index.html", b"<p>");
    let steps = [Step::Send(request.as_bytes().to_vec()), Step::Read { quiet: None }];
    let setting = Setting {
        render: RenderContext::at(MODIFIED + 7 * 24 * 3600),
        ..Setting::default()
    };
    let outcome = Script::new(&steps).run(profile, &site, &setting);
    let heard: Vec<u8> = outcome.heard.iter().flat_map(|heard| heard.text()).collect();
    String::from_utf8_lossy(&heard).into_owned()
}

/// The RFC's basics: a request, the status line, the lines that the answer has, and those that it has not.
#[test]
fn a_profile_from_scratch_answers_as_the_rfcs_say() {
    let profile = profile();
    let mut wrong = Vec::new();
    for (request, status, with, without) in [
        // RFC 9110 sections 9.3.1, 8.8 and 10.2.
        (
            "GET /a.txt HTTP/1.1|Host: a",
            "200 OK",
            &[
                "Content-Length: 10",
                "Last-Modified: ",
                "Content-Type: text/plain",
                "Date: ",
                "0123456789",
            ][..],
            &["Connection:"][..],
        ),
        (
            "HEAD /a.txt HTTP/1.1|Host: a",
            "200 OK",
            &["Content-Length: 10"],
            &["0123456789"],
        ),
        ("GET / HTTP/1.1|Host: a", "200 OK", &["Content-Type: text/html"], &[]),
        (
            "GET /sub HTTP/1.1|Host: a",
            "301 Moved Permanently",
            &["Location: /sub/"],
            &[],
        ),
        (
            "GET /none HTTP/1.1|Host: a",
            "404 Not Found",
            &["Content-Length: "],
            &["Allow:"],
        ),
        // Section 15.5.6: a known method that the resource does not support. Section 15.6.2: an unknown one.
        (
            "POST /a.txt HTTP/1.1|Host: a|Content-Length: 3||abc",
            "405 Method Not Allowed",
            &["Allow: GET, HEAD"],
            &[],
        ),
        (
            "POST /a.txt HTTP/1.1|Host: a|Transfer-Encoding: chunked||3|abc|0|",
            "405 Method Not Allowed",
            &["Allow: GET, HEAD"],
            &[],
        ),
        (
            "PUT /a.txt HTTP/1.1|Host: a|Content-Length: 0",
            "405 Method Not Allowed",
            &["Allow: GET, HEAD"],
            &[],
        ),
        (
            "DELETE /a.txt HTTP/1.1|Host: a",
            "405 Method Not Allowed",
            &["Allow: GET, HEAD"],
            &[],
        ),
        ("BREW /a.txt HTTP/1.1|Host: a", "501 Not Implemented", &[], &[]),
        ("get /a.txt HTTP/1.1|Host: a", "501 Not Implemented", &[], &[]),
        // Sections 13.2.2 and 14.
        (
            "GET /a.txt HTTP/1.1|Host: a|If-None-Match: *",
            "304 Not Modified",
            &["Date: "],
            &["0123456789"],
        ),
        (
            "GET /a.txt HTTP/1.1|Host: a|If-Match: \"x\"",
            "412 Precondition Failed",
            &[],
            &[],
        ),
        (
            "GET /a.txt HTTP/1.1|Host: a|If-Modified-Since: Sat, 22 Jul 2023 04:26:40 GMT",
            "304 Not Modified",
            &[],
            &[],
        ),
        (
            "GET /a.txt HTTP/1.1|Host: a|Range: bytes=0-3",
            "206 Partial Content",
            &["Content-Range: bytes 0-3/10", "0123"],
            &["01234"],
        ),
        (
            "GET /a.txt HTTP/1.1|Host: a|Range: bytes=20-",
            "416 Range Not Satisfiable",
            &["Content-Range: bytes */10"],
            &[],
        ),
        (
            "GET /a.txt HTTP/1.1|Host: a|Range: lines=1",
            "200 OK",
            &["0123456789"],
            &[],
        ),
        // Section 10.1.1: an expectation that it does not know may be refused.
        (
            "GET /a.txt HTTP/1.1|Host: a|Expect: tea",
            "417 Expectation Failed",
            &[],
            &[],
        ),
        // RFC 9112 sections 3.2, 2.3, 6.1 and 9.3.
        ("GET /a.txt HTTP/1.1", "400 Bad Request", &["Connection: close"], &[]),
        (
            "GET /a.txt HTTP/1.1|Host: a|Host: b",
            "400 Bad Request",
            &["Connection: close"],
            &[],
        ),
        ("GET http://a/a.txt HTTP/1.1|Host: b", "200 OK", &[], &[]),
        ("GET /a.txt HTTP/1.0", "200 OK", &["Connection: close"], &[]),
        (
            "GET /a.txt HTTP/1.1|Host: a|Connection: close",
            "200 OK",
            &["Connection: close"],
            &[],
        ),
        (
            "GET /a.txt HTTP/2.0|Host: a",
            "505 HTTP Version Not Supported",
            &[],
            &[],
        ),
        ("GET /a.txt HTTP/1.2|Host: a", "200 OK", &[], &[]),
        (
            "POST /a.txt HTTP/1.1|Host: a|Transfer-Encoding: gzip, chunked",
            "501 Not Implemented",
            &[],
            &[],
        ),
        (
            "POST /a.txt HTTP/1.1|Host: a|Content-Length: x",
            "400 Bad Request",
            &["Connection: close"],
            &[],
        ),
        (
            "POST /a.txt HTTP/1.1|Host: a|Content-Length: 3|Transfer-Encoding: chunked||0|",
            "400 Bad Request",
            &["Connection: close"],
            &[],
        ),
        (
            "GET /a.txt HTTP/1.1|Host : a",
            "400 Bad Request",
            &["Connection: close"],
            &[],
        ),
        ("GET /a.txt|", "400 Bad Request", &["Connection: close"], &[]),
    ] {
        let lines = if request.contains("||") || request.ends_with('|') {
            ""
        } else {
            "\r\n\r\n"
        };
        let answer = answer(&profile, &format!("{}{lines}", request.replace('|', "\r\n")));
        let first = format!("HTTP/1.1 {status}\r\n");
        let missing = with.iter().filter(|part| !answer.contains(**part));
        let surplus = without.iter().filter(|part| answer.contains(**part));
        if !answer.starts_with(&first) || missing.chain(surplus).next().is_some() {
            wrong.push(format!("{request}: expected {status}, {with:?}\n{answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}
