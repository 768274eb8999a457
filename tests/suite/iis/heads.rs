//! Response heads, methods and error pages.

use super::{DATE, JPEG, SOON, start, text};
use crate::support::recording::End;
use crate::support::talk::Talk;

const LAST_MODIFIED: &str = "Last-Modified: Tue, 31 Oct 2023 09:39:48 GMT";
const ETAG: &str = "ETag: \"b0f17130debda1:0\"";
const SERVER: &str = "Server: Microsoft-IIS/10.0";
const RANGES: &str = "Accept-Ranges: bytes";

#[test]
fn heads_have_the_captured_lines_in_the_captured_order() {
    let (_site, server) = start("iis");
    let page = |length| {
        ["Content-Type: text/html", SERVER, DATE, length]
            .map(String::from)
            .to_vec()
    };
    let file = |kind: &str| {
        [kind, LAST_MODIFIED, RANGES, ETAG, SERVER, DATE]
            .map(String::from)
            .to_vec()
    };
    let with = |mut lines: Vec<String>, last: &str| {
        lines.push(last.into());
        lines
    };
    let before = |first: &str, mut lines: Vec<String>| {
        lines.insert(0, first.into());
        lines
    };
    let jpeg = || file("Content-Type: image/jpeg");
    let cached = "If-None-Match: \"b0f17130debda1:0\"\r\n";
    let since = "If-Modified-Since: Tue, 31 Oct 2023 09:39:48 GMT\r\n";
    let cases = [
        ("GET", JPEG, "", "200 OK", with(jpeg(), "Content-Length: 28936")),
        ("HEAD", JPEG, "", "200 OK", before("Content-Length: 28936", jpeg())),
        ("GET", JPEG, cached, "304 Not Modified", jpeg()[2..].to_vec()),
        ("GET", JPEG, since, "304 Not Modified", jpeg()[2..].to_vec()),
        (
            "GET",
            JPEG,
            "Range: bytes=0-9\r\n",
            "206 Partial Content",
            with(with(jpeg(), "Content-Length: 10"), "Content-Range: bytes 0-9/28936"),
        ),
        (
            "GET",
            JPEG,
            "Range: bytes=28936-\r\n",
            "416 Requested Range Not Satisfiable",
            with(
                with(file("Content-Type: text/html"), "Content-Length: 362"),
                "Content-Range: bytes */28936",
            ),
        ),
        ("GET", "/favicon.ico", "", "404 Not Found", page("Content-Length: 1245")),
        ("GET", "/empty/", "", "403 Forbidden", page("Content-Length: 1233")),
        (
            "POST",
            JPEG,
            "Content-Length: 0\r\n",
            "405 Method Not Allowed",
            before("Allow: GET, HEAD, OPTIONS, TRACE", page("Content-Length: 1293")),
        ),
        (
            "GET",
            "/static",
            "",
            "301 Moved Permanently",
            [
                "Content-Type: text/html; charset=UTF-8",
                "Location: http://lab.test/static/",
                SERVER,
                DATE,
                "Content-Length: 146",
            ]
            .map(String::from)
            .to_vec(),
        ),
    ];
    let mut talk = Talk::to(&server);
    for (method, target, fields, status, lines) in cases {
        let reply = talk.ask(method, target, fields);
        let want = before(&format!("HTTP/1.1 {status}"), lines);
        assert_eq!(reply.lines(), want, "{method} {target} {fields}");
    }
}

#[test]
fn methods_are_refused_only_where_there_is_a_file() {
    let (_site, server) = start("iis");
    let mut talk = Talk::to(&server);
    for (method, target, status, length) in [
        ("DELETE", JPEG, 405, "1293"),
        ("FOO", JPEG, 405, "1293"),
        ("DELETE", "/nope", 404, "1245"),
        ("HEAD", "/nope", 404, "1245"),
        ("OPTIONS", JPEG, 200, "0"),
        ("OPTIONS", "*", 200, "0"),
    ] {
        let reply = talk.ask(method, target, "");
        let got = (reply.status(), reply.field("Content-Length"));
        assert_eq!(got, (status, Some(length)), "{method} {target}");
    }
    let head = talk.ask("HEAD", "/nope", "");
    assert_eq!(head.lines()[1], "Content-Length: 1245", "for HEAD it comes first");
    assert_eq!(
        Talk::to(&server).ask("OPTIONS", "/%00", "").status(),
        400,
        "http.sys checks the URL first"
    );
}

#[test]
fn several_ranges_have_a_boundary_in_angle_brackets() {
    let (_site, server) = start("iis");
    let reply = Talk::to(&server).ask("GET", "/", "Range: bytes=0-1,4-5\r\n");
    let boundary = "<q1w2e3r4t5y6u7i8o9p0zaxscdvfbgnhmjklkl>";
    let kind = format!("multipart/byteranges; boundary={boundary}");
    assert_eq!(
        (reply.status(), reply.field("Content-Type")),
        (206, Some(kind.as_str()))
    );
    assert_eq!(text(&reply.body).matches(&format!("--{boundary}\r\n")).count(), 2);
}

#[test]
fn bad_requests_get_the_error_pages_of_http_sys_and_a_fin() {
    let (_site, server) = start("iis");
    let long = |n: usize| "x".repeat(n);
    let host = "Host: lab.test\r\n";
    let cases = [
        (format!("get / HTTP/1.1\r\n{host}\r\n"), 326, "Invalid Verb"),
        (
            format!("\x16\x03\x01\x02 / HTTP/1.1\r\n{host}\r\n"),
            326,
            "Invalid Verb",
        ),
        (format!("GET /%00 HTTP/1.1\r\n{host}\r\n"), 324, "Invalid URL"),
        (format!("GET /%zz HTTP/1.1\r\n{host}\r\n"), 324, "Invalid URL"),
        (format!("GET /%0d HTTP/1.1\r\n{host}\r\n"), 324, "Invalid URL"),
        (format!("GET /../x HTTP/1.1\r\n{host}\r\n"), 324, "Invalid URL"),
        (format!("GET /{} HTTP/1.1\r\n{host}\r\n", long(261)), 324, "Invalid URL"),
        ("GET / HTTP/1.1\r\n\r\n".into(), 334, "Invalid Hostname"),
        (format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), 334, "Invalid Hostname"),
        (format!("GET / HTTP/1.1\r\n{host}a b: c\r\n\r\n"), 339, "Invalid Header"),
        (format!("GET / HTTP/1.1\r\n{host}a : c\r\n\r\n"), 339, "Invalid Header"),
        (
            format!("GET / HTTP/1.1\r\n{host}a: {}\r\n\r\n", long(16_384)),
            346,
            "Request Too Long",
        ),
    ];
    for (request, length, kind) in cases {
        let mut talk = Talk::to(&server);
        talk.send(&request);
        let reply = talk.reply(false);
        let request = &request[..request.len().min(60)];
        let want = [
            "HTTP/1.1 400 Bad Request",
            "Content-Type: text/html; charset=us-ascii",
            "Server: Microsoft-HTTPAPI/2.0",
            DATE,
            "Connection: close",
            &format!("Content-Length: {length}"),
        ];
        assert_eq!(reply.lines(), want, "{request:?}");
        let page = text(&reply.body);
        assert!(
            page.contains(&format!("<h2>Bad Request - {kind}</h2>\r\n<hr>")),
            "{request:?}: {page}"
        );
        assert_eq!(talk.end(SOON), End::Fin, "{request:?}");
    }
}

#[test]
fn a_body_must_have_a_length() {
    let (_site, server) = start("iis");
    let reply = Talk::to(&server).ask("POST", JPEG, "");
    assert_eq!((reply.status(), reply.body.len()), (411, 344));
}

#[test]
fn pages_have_crlf_line_ends_and_three_lines_with_a_trailing_space() {
    let (_site, server) = start("iis");
    for target in ["/nope", "/empty/", "/%00"] {
        let reply = Talk::to(&server).ask("GET", target, "");
        let page = text(&reply.body);
        assert_eq!(page.matches('\n').count(), page.matches("\r\n").count(), "{target}");
        assert!(page.ends_with("L>\r\n") || page.ends_with("l>\r\n"), "{target}");
        let blanks: Vec<&str> = page
            .split("\r\n")
            .filter(|line| line.ends_with(' '))
            .map(|line| &line[..2])
            .collect();
        assert_eq!(
            blanks.join(" "),
            if target == "/%00" { "" } else { "fi h2 h3" },
            "{target}"
        );
    }
}
