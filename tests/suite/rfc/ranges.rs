//! Ranges and content negotiation: RFC 9110, sections 12 and 14.

use super::{CONTENT, FILE, start, text};
use crate::support::talk::Talk;
use std::fs;

/// Sections 14.1.2 and 14.2, on a file of ten bytes: the Range value, the status, Content-Range and the body.
#[test]
fn ranges_are_those_of_section_14() {
    let (_site, server) = start();
    let mut talk = Talk::to(&server);
    for (range, status, content_range, body) in [
        ("bytes=0-0", 206, "bytes 0-0/10", "0"),
        ("bytes=2-5", 206, "bytes 2-5/10", "2345"),
        ("bytes=0-9", 206, "bytes 0-9/10", CONTENT),
        ("bytes=5-", 206, "bytes 5-9/10", "56789"),
        ("bytes=-3", 206, "bytes 7-9/10", "789"),
        ("bytes=8-99", 206, "bytes 8-9/10", "89"),
        ("bytes=-99", 206, "bytes 0-9/10", CONTENT),
        ("bytes=9-9", 206, "bytes 9-9/10", "9"),
        ("BYTES=1-1", 206, "bytes 1-1/10", "1"),
        ("bytes= 1-1 , ", 206, "bytes 1-1/10", "1"),
        ("bytes=1-1, 99-", 206, "bytes 1-1/10", "1"),
        ("bytes=10-", 416, "bytes */10", ""),
        ("bytes=10-20", 416, "bytes */10", ""),
        ("bytes=-0", 416, "bytes */10", ""),
        ("bytes=99999999999999999999999-", 416, "bytes */10", ""),
        ("bytes=20-30, 40-50", 416, "bytes */10", ""),
        ("bytes=5-2", 200, "", CONTENT),
        ("bytes=a-b", 200, "", CONTENT),
        ("bytes=1 - 2", 200, "", CONTENT),
        ("bytes=", 200, "", CONTENT),
        ("bytes=-", 200, "", CONTENT),
        ("bytes 0-1", 200, "", CONTENT),
        ("items=0-1", 200, "", CONTENT),
        ("bytes=0-8, 1-9", 200, "", CONTENT),
    ] {
        let reply = talk.ask("GET", FILE, &format!("Range: {range}\r\n"));
        let got = (reply.status(), reply.field("Content-Range").unwrap_or_default());
        assert_eq!(got, (status, content_range), "{range}");
        if status != 416 {
            assert_eq!(text(&reply), body, "{range}");
        }
        let head = talk.ask("HEAD", FILE, &format!("Range: {range}\r\n"));
        assert_eq!(
            (head.status(), head.field("Content-Length")),
            (200, Some("10")),
            "HEAD, {range}"
        );
    }
}

/// Section 14.6: each part has a Content-Range, the response as a whole has none.
#[test]
fn several_ranges_are_a_multipart_body() {
    let (_site, server) = start();
    let mut talk = Talk::to(&server);
    let reply = talk.ask("GET", FILE, "Range: bytes=0-1, 4-4, -1\r\n");
    assert_eq!((reply.status(), reply.field("Content-Range")), (206, None));
    let kind = reply.field("Content-Type").expect("a type");
    let boundary = kind
        .strip_prefix("multipart/byteranges; boundary=")
        .expect("a boundary");
    let mut want = String::new();
    for (range, part) in [("0-1", "01"), ("4-4", "4"), ("9-9", "9")] {
        want += &format!(
            "\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes {range}/10\r\n\r\n{part}"
        );
    }
    assert_eq!(text(&reply), format!("{want}\r\n--{boundary}--\r\n"));
    let other = talk.ask("GET", FILE, "Range: bytes=0-1, 4-4\r\n");
    assert_ne!(
        other.field("Content-Type"),
        reply.field("Content-Type"),
        "each response has its own boundary"
    );
}

#[test]
fn an_empty_file_has_no_ranges() {
    let (site, server) = start();
    fs::write(site.root().join("empty.txt"), "").expect("a file");
    let mut talk = Talk::to(&server);
    for (range, status) in [
        ("bytes=0-", 416),
        ("bytes=0-0", 416),
        ("bytes=-5", 200),
        ("bytes=x", 200),
    ] {
        let reply = talk.ask("GET", "/empty.txt", &format!("Range: {range}\r\n"));
        assert_eq!(reply.status(), status, "{range}");
    }
    assert_eq!(talk.ask("GET", "/empty.txt", "").field("Content-Length"), Some("0"));
}

/// Sections 12.5.3 and 12.5.5: the response is the coding that the client prefers, with Vary whenever there is a choice.
#[test]
fn precompressed_siblings_are_negotiated() {
    let (site, server) = start();
    fs::write(site.root().join("f.txt.gz"), "zipped").expect("a file");
    fs::write(site.root().join("f.txt.br"), "brotli!").expect("a file");
    let mut talk = Talk::to(&server);
    let mut tags = Vec::new();
    for (accept, coding, body) in [
        ("", None, CONTENT),
        ("Accept-Encoding: gzip\r\n", Some("gzip"), "zipped"),
        ("Accept-Encoding: gzip, br\r\n", Some("br"), "brotli!"),
        ("Accept-Encoding: br;q=0.1, gzip;q=0.2\r\n", Some("gzip"), "zipped"),
        ("Accept-Encoding: br;q=0\r\n", None, CONTENT),
        ("Accept-Encoding: *\r\n", Some("br"), "brotli!"),
        ("Accept-Encoding: identity, br;q=0.5\r\n", None, CONTENT),
        ("Accept-Encoding: zstd\r\n", None, CONTENT),
    ] {
        let reply = talk.ask("GET", FILE, accept);
        assert_eq!(reply.field("Content-Encoding"), coding, "{accept}");
        assert_eq!(text(&reply), body, "{accept}");
        assert_eq!(reply.field("Vary"), Some("Accept-Encoding"), "{accept}");
        assert_eq!(
            reply.field("Content-Type"),
            Some("text/plain; charset=utf-8"),
            "{accept}"
        );
        tags.push(reply.field("ETag").expect("an entity tag").to_owned());
    }
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 3, "each coding has an entity tag of its own");
    let gzip = talk.ask("HEAD", FILE, "Accept-Encoding: gzip\r\n");
    let tag = gzip.field("ETag").expect("an entity tag");
    let again = talk.ask(
        "GET",
        FILE,
        &format!("Accept-Encoding: gzip\r\nIf-None-Match: {tag}\r\n"),
    );
    assert_eq!((again.status(), again.field("Vary")), (304, Some("Accept-Encoding")));
    let other = talk.ask("GET", FILE, &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(other.status(), 200, "codings do not share an entity tag");
    let part = talk.ask("GET", FILE, "Accept-Encoding: gzip\r\nRange: bytes=0-2\r\n");
    assert_eq!(
        (part.status(), text(&part).as_str()),
        (206, "zip"),
        "a range counts encoded bytes"
    );
    assert_eq!(
        talk.ask("GET", "/sub/index.html", "Accept-Encoding: gzip\r\n")
            .field("Vary"),
        None
    );
}
