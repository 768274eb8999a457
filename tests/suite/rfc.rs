//! The profile that follows RFC 9110 and 9112, held against their text: sections 8, 9, 12, 13, 14 and 15 as tables, over
//! the wire. It is what the other profiles are read against, so it had better be right.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::support::recording::End;
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::talk::{Reply, Talk};

/// The file that most cases ask for, and its time: Tue, 14 Nov 2023 22:13:20 GMT.
const FILE: &str = "/f.txt";
const CONTENT: &str = "0123456789";
const MODIFIED: u64 = 1_700_000_000;
const LAST_MODIFIED: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const EARLIER: &str = "Tue, 14 Nov 2023 22:13:19 GMT";
const LATER: &str = "Tue, 14 Nov 2023 22:13:21 GMT";

const A_WHILE: Duration = Duration::from_millis(500);
const SOON: Duration = Duration::from_secs(5);

/// RFC 9110 section 13.2.2, in its order. `TAG` stands for the file's entity tag, `MTIME` for its time.
#[test]
fn preconditions_are_evaluated_in_the_order_of_section_13_2_2() {
    let (_site, server) = start();
    let mut talk = Talk::to(&server);
    let tag = talk
        .ask("HEAD", FILE, "")
        .field("ETag")
        .expect("an entity tag")
        .to_owned();
    assert!(tag.starts_with('"'), "{tag} should be strong");
    for (fields, status) in [
        // 1. If-Match, compared strongly
        ("If-Match: TAG", 200),
        ("If-Match: *", 200),
        ("If-Match: \"x\", TAG", 200),
        ("If-Match: \"x\"", 412),
        ("If-Match: W/TAG", 412),
        ("If-Match: ", 412),
        ("If-Match: TAG|If-Unmodified-Since: EARLIER", 200),
        ("If-Match: \"x\"|If-None-Match: TAG", 412),
        ("If-Match: TAG|If-None-Match: TAG", 304),
        ("If-Match: TAG|If-None-Match: \"x\"", 200),
        // 2. If-Unmodified-Since, where there is no If-Match
        ("If-Unmodified-Since: MTIME", 200),
        ("If-Unmodified-Since: LATER", 200),
        ("If-Unmodified-Since: EARLIER", 412),
        ("If-Unmodified-Since: nonsense", 200),
        ("If-Unmodified-Since: EARLIER|If-None-Match: TAG", 412),
        ("If-Unmodified-Since: LATER|If-None-Match: TAG", 304),
        // 3. If-None-Match, compared weakly
        ("If-None-Match: TAG", 304),
        ("If-None-Match: W/TAG", 304),
        ("If-None-Match: *", 304),
        ("If-None-Match: \"x\", W/\"y\", TAG", 304),
        ("If-None-Match: \"x\"", 200),
        ("If-None-Match: \"x\"|If-None-Match: TAG", 304),
        // 4. If-Modified-Since, where there is no If-None-Match
        ("If-Modified-Since: MTIME", 304),
        ("If-Modified-Since: LATER", 304),
        ("If-Modified-Since: EARLIER", 200),
        ("If-Modified-Since: Tuesday, 14-Nov-23 22:13:20 GMT", 304),
        ("If-Modified-Since: Tue Nov 14 22:13:20 2023", 304),
        ("If-Modified-Since: nonsense", 200),
        ("If-Modified-Since: 0", 200),
        ("If-None-Match: \"x\"|If-Modified-Since: MTIME", 200),
        ("If-None-Match: TAG|If-Modified-Since: EARLIER", 304),
        // 5. If-Range, compared strongly and exactly; it says nothing without Range
        ("Range: bytes=0-1|If-Range: TAG", 206),
        ("Range: bytes=0-1|If-Range: W/TAG", 200),
        ("Range: bytes=0-1|If-Range: \"x\"", 200),
        ("Range: bytes=0-1|If-Range: MTIME", 206),
        ("Range: bytes=0-1|If-Range: LATER", 200),
        ("Range: bytes=0-1|If-Range: EARLIER", 200),
        ("Range: bytes=99-|If-Range: \"x\"", 200),
        ("If-Range: \"x\"", 200),
        // ... and behind all the others
        ("Range: bytes=0-1|If-None-Match: TAG", 304),
        ("Range: bytes=0-1|If-Match: \"x\"", 412),
        ("Range: bytes=99-|If-None-Match: TAG", 304),
        ("Range: bytes=99-|If-Match: TAG", 416),
    ] {
        let lines = format!("{}\r\n", fields.replace('|', "\r\n"))
            .replace("TAG", &tag)
            .replace("MTIME", LAST_MODIFIED)
            .replace("EARLIER", EARLIER)
            .replace("LATER", LATER);
        let reply = talk.ask("GET", FILE, &lines);
        assert_eq!(reply.status(), status, "{fields}");
        if !fields.contains("Range: ") {
            assert_eq!(talk.ask("HEAD", FILE, &lines).status(), status, "HEAD, {fields}");
        }
        match status {
            200 => assert_eq!(text(&reply), CONTENT, "{fields}"),
            206 => assert_eq!(text(&reply), "01", "{fields}"),
            304 => assert_eq!(reply.field("ETag"), Some(tag.as_str()), "{fields}"),
            _ => {}
        }
    }
}

/// RFC 9110 section 14.1.2 and 14.2, for a file of ten bytes: what `Range` asks for, the status, and the body.
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

/// RFC 9110 section 14.6: parts between boundaries, each with its Content-Range; none for the whole.
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
        "a boundary of its own"
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

/// RFC 9110 section 12.5.3 and 12.5.5: the sibling that the client likes best, and Vary wherever there is a choice.
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
    assert_eq!(other.status(), 200, "the tag of one coding is not that of another");
    let part = talk.ask("GET", FILE, "Accept-Encoding: gzip\r\nRange: bytes=0-2\r\n");
    assert_eq!(
        (part.status(), text(&part).as_str()),
        (206, "zip"),
        "a range of the coded bytes"
    );
    assert_eq!(
        talk.ask("GET", "/sub/index.html", "Accept-Encoding: gzip\r\n")
            .field("Vary"),
        None
    );
}

/// RFC 9110 section 9.
#[test]
fn methods_are_served_refused_or_not_known() {
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

/// Any order of a request's parts that RFC 9112 does not have is refused, and the connection ends.
#[test]
fn heads_are_those_of_rfc_9112() {
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

/// RFC 9110 section 8.6, 8.8 and 6.6.1; and what a careful server adds.
#[test]
fn replies_say_what_they_must_and_no_more() {
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
    // A time to come is not said (section 8.8.2.1).
    let file = File::options()
        .write(true)
        .open(site.root().join("f.txt"))
        .expect("the file");
    file.set_modified(SystemTime::now() + Duration::from_secs(3600))
        .expect("a file time should be to be set");
    let reply = talk.ask("GET", FILE, "");
    assert_eq!(reply.field("Last-Modified"), reply.field("Date"));
}

/// RFC 9112 section 9.3 and 9.6.
#[test]
fn connections_are_kept_and_ended_as_section_9_has_it() {
    let (_site, server) = start();
    for (version, asks, says, end) in [
        ("1.1", "", None, End::Open),
        ("1.1", "Connection: keep-alive\r\n", None, End::Open),
        ("1.1", "Connection: close\r\n", Some("close"), End::Fin),
        ("1.1", "Connection: foo, CLOSE\r\n", Some("close"), End::Fin),
        ("1.0", "", Some("close"), End::Fin),
        ("1.0", "Connection: keep-alive\r\n", Some("keep-alive"), End::Open),
    ] {
        let mut talk = Talk::to(&server);
        talk.send(format!("GET {FILE} HTTP/{version}\r\nHost: a\r\n{asks}\r\n"));
        assert_eq!(talk.reply(false).field("Connection"), says, "{version} {asks}");
        assert_eq!(
            talk.end(if end == End::Open { A_WHILE } else { SOON }),
            end,
            "{version} {asks}"
        );
    }
    let mut bad = Talk::to(&server);
    let reply = bad.ask("POST", FILE, "Transfer-Encoding: chunked\r\n");
    bad.send("no chunk\r\n");
    assert_eq!(
        (reply.status(), bad.end(SOON)),
        (405, End::Fin),
        "one request, one reply"
    );
    let mut talk = Talk::to(&server);
    talk.send("POST /f.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");
    assert_eq!(talk.reply(false).status(), 405);
    assert_eq!(
        text(&talk.ask("GET", FILE, "")),
        CONTENT,
        "a body that nobody wants is read all the same"
    );
    let mut talk = Talk::to(&server);
    talk.send(format!("GET {FILE} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(3));
    talk.shut();
    for _ in 0..3 {
        assert_eq!(
            text(&talk.reply(false)),
            CONTENT,
            "a FIN behind requests is no reason not to answer them"
        );
    }
    assert_eq!(talk.end(SOON), End::Fin);
}

/// What has begun is answered with 408, what has not is not (RFC 9110 section 15.5.9).
#[test]
fn timers_answer_what_has_begun() {
    let (site, _) = start();
    let profile = site.root().join("fast.toml");
    let mut timers = "extends = \"rfc\"\n[timers]\nunused = \"300ms\"\nidle = \"300ms\"\n".to_owned();
    for name in ["line", "head", "body"] {
        timers += &format!("{name}.after = \"300ms\"\n");
    }
    fs::write(&profile, timers).expect("a profile should be writable");
    let server = Server::start(&profile.to_string_lossy(), site.root());
    let mut unused = Talk::to(&server);
    assert_eq!(unused.end(SOON), End::Fin);
    for begun in ["G", "GET / HTTP/1.1\r\nHo"] {
        let mut talk = Talk::to(&server);
        talk.send(begun);
        let reply = talk.reply(false);
        assert_eq!(
            (reply.status(), reply.field("Connection")),
            (408, Some("close")),
            "{begun}"
        );
        assert_eq!(talk.end(SOON), End::Fin, "{begun}");
    }
    let mut late = Talk::to(&server);
    let reply = late.ask("POST", FILE, "Content-Length: 10\r\n");
    late.send("012");
    assert_eq!(
        (reply.status(), late.end(SOON)),
        (405, End::Fin),
        "one request, one reply"
    );
    let mut idle = Talk::to(&server);
    idle.ask("GET", FILE, "");
    assert_eq!(idle.end(SOON), End::Fin);
}

/// A small site: a file of ten bytes with a known time, a directory with an index and one without, hidden names.
fn start() -> (Site, Server) {
    let site = Site::demo();
    for directory in ["sub", "empty", ".well-known"] {
        fs::create_dir(site.root().join(directory)).expect("a new directory");
    }
    for (name, content) in [
        ("f.txt", CONTENT),
        ("sub/index.html", "<p>sub"),
        (".hidden", "hidden"),
        (".well-known/security.txt", "Contact: x"),
    ] {
        fs::write(site.root().join(name), content).expect("a file");
    }
    let file = File::options()
        .write(true)
        .open(site.root().join("f.txt"))
        .expect("the file");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::new(MODIFIED, 500_000_000))
        .expect("a file time should be to be set");
    let server = Server::start("rfc", site.root());
    (site, server)
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}
