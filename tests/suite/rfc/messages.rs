//! Methods, request heads and response heads: RFC 9110, sections 6, 8 and 9, and RFC 9112.

use super::{FILE, SOON, start, text};
use crate::support::recording::End;
use crate::support::talk::Talk;
use std::fs::File;
use std::time::{Duration, SystemTime};

/// RFC 9110, section 9; 501 is section 15.6.2.
#[test]
fn methods_are_served_not_allowed_or_not_implemented() {
    let (_site, server) = start();
    for (method, status) in [
        ("GET", 200),
        ("HEAD", 200),
        ("OPTIONS", 204),
        ("POST", 405),
        ("PUT", 405),
        ("DELETE", 405),
        ("PATCH", 405),
        ("TRACE", 405),
        ("BREW", 501),
        ("get", 501),
        ("M-SEARCH", 501),
        ("X!#$", 501),
        ("G@T", 400),
    ] {
        let reply = Talk::to(&server).ask(method, FILE, "");
        assert_eq!(reply.status(), status, "{method}");
        let allow = [204, 405].contains(&status).then_some("GET, HEAD, OPTIONS");
        assert_eq!(reply.field("Allow"), allow, "{method}");
    }
    for (method, target, status) in [("OPTIONS", "*", 204), ("GET", "*", 400), ("CONNECT", "a:443", 405)] {
        assert_eq!(
            Talk::to(&server).ask(method, target, "").status(),
            status,
            "{method} {target}"
        );
    }
}

/// A request head that RFC 9112 does not allow is refused, and the connection is closed.
#[test]
fn malformed_heads_are_refused_and_the_connection_closes() {
    let (_site, server) = start();
    let long = |n: usize| "x".repeat(n);
    let host = "Host: a\r\n";
    for (head, status) in [
        ("GET /f.txt HTTP/1.1\r\n".into(), 400),
        (format!("GET /f.txt HTTP/1.1\r\n{host}{host}"), 400),
        ("GET /f.txt HTTP/1.1\r\nHost:\r\n".into(), 400),
        ("GET /f.txt HTTP/1.1\r\nHost: a b\r\n".into(), 400),
        (format!("GET  /f.txt HTTP/1.1\r\n{host}"), 400),
        (format!("GET /f .txt HTTP/1.1\r\n{host}"), 400),
        (format!("GET /f.txt http/1.1\r\n{host}"), 400),
        (format!("GET /f.txt HTTP/1.01\r\n{host}"), 400),
        (format!("GET /f.txt HTTP/2.0\r\n{host}"), 505),
        (format!("GET /f.txt HTTP/1.1\r\n{host}a : b\r\n"), 400),
        (format!("GET /f.txt HTTP/1.1\r\n{host}a: b\r\n c\r\n"), 400),
        (format!("GET /f.txt HTTP/1.1\r\n{host}nocolon\r\n"), 400),
        (format!("GET /f.txt HTTP/1.1\r\n{host}a: b\0c\r\n"), 400),
        (format!("GET /f.txt HTTP/1.1\n{host}"), 400),
        (format!("GET /f.txt#x HTTP/1.1\r\n{host}"), 400),
        (format!("GET /{} HTTP/1.1\r\n{host}", long(8_000)), 414),
        (format!("GET /f.txt HTTP/1.1\r\n{host}a: {}\r\n", long(16_400)), 431),
        (format!("GET /f.txt HTTP/1.1\r\n{host}{}", "a: b\r\n".repeat(101)), 431),
        (format!("POST /f.txt HTTP/1.1\r\n{host}Content-Length: x\r\n"), 400),
        (
            format!("POST /f.txt HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n"),
            400,
        ),
        (
            format!("POST /f.txt HTTP/1.1\r\n{host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
            400,
        ),
        (
            format!("POST /f.txt HTTP/1.1\r\n{host}Transfer-Encoding: gzip, chunked\r\n"),
            501,
        ),
        (
            format!("POST /f.txt HTTP/1.1\r\n{host}Transfer-Encoding: chunked, gzip\r\n"),
            400,
        ),
        (
            format!("POST /f.txt HTTP/1.1\r\n{host}Content-Length: 1048577\r\n"),
            413,
        ),
        (format!("GET /f.txt HTTP/1.1\r\n{host}Expect: a miracle\r\n"), 417),
    ] {
        let mut talk = Talk::to(&server);
        talk.send(format!("{head}\r\n"));
        let reply = talk.reply(false);
        let shown = &head[..head.len().min(90)];
        assert_eq!(
            (reply.status(), reply.field("Connection")),
            (status, Some("close")),
            "{shown:?}"
        );
        assert_eq!(talk.end(SOON), End::Fin, "{shown:?}");
    }
    for head in [
        format!("\r\nGET /f.txt HTTP/1.1\r\n{host}"),
        format!("GET http://a/f.txt HTTP/1.1\r\n{host}"),
        format!("GET /f.txt HTTP/1.9\r\n{host}"),
        format!("GET /sub/../f.txt?a=%zz HTTP/1.1\r\n{host}"),
        format!("GET /f%2Etxt HTTP/1.1\r\n{host}"),
        "GET /f.txt HTTP/1.0\r\n".into(),
    ] {
        let mut talk = Talk::to(&server);
        talk.send(format!("{head}\r\n"));
        assert_eq!(talk.reply(false).status(), 200, "{head:?}");
    }
}

/// RFC 9110, sections 6.6.1, 8.6 and 8.8, and the security fields that a careful server adds.
#[test]
fn responses_have_the_required_fields_and_no_others() {
    let (site, server) = start();
    let mut talk = Talk::to(&server);
    let reply = talk.ask("GET", FILE, "");
    let tag = reply.field("ETag").expect("an entity tag");
    let want = [
        "HTTP/1.1 200 OK",
        "Date: now",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Length: 10",
        "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
        &format!("ETag: {tag}"),
        "Accept-Ranges: bytes",
        "Cache-Control: no-cache",
        "X-Content-Type-Options: nosniff",
    ];
    assert_eq!(reply.lines(), want);
    assert_eq!(talk.ask("HEAD", FILE, "").lines(), want);
    let options = talk.ask("OPTIONS", FILE, "");
    assert_eq!(
        options.lines(),
        ["HTTP/1.1 204 No Content", "Date: now", "Allow: GET, HEAD, OPTIONS"]
    );
    for (target, status) in [
        ("/%00", 400),
        ("/%zz", 400),
        ("/nope", 404),
        ("/empty/", 404),
        ("/.hidden", 404),
        ("/a%2fb", 404),
        ("/f.txt/", 404),
        ("/f.txt/x", 404),
        ("/../../etc/passwd", 404),
        ("/.well-known/security.txt", 200),
        ("/sub", 301),
    ] {
        let reply = talk.ask("GET", target, "");
        assert_eq!(reply.status(), status, "{target}");
        if status != 200 {
            assert_eq!(
                reply.field("Content-Security-Policy"),
                Some("default-src 'none'"),
                "{target}"
            );
            assert!(reply.body.len() < 256 && !text(&reply).contains(target), "{target}");
        }
    }
    assert_eq!(talk.ask("GET", "//sub?a", "").field("Location"), Some("/sub/?a"));
    // Last-Modified must not be in the future (RFC 9110, section 8.8.2.1).
    let file = File::options()
        .write(true)
        .open(site.root().join("f.txt"))
        .expect("the file");
    file.set_modified(SystemTime::now() + Duration::from_secs(3600))
        .expect("to set the file's time");
    let reply = talk.ask("GET", FILE, "");
    assert_eq!(reply.field("Last-Modified"), reply.field("Date"));
}
