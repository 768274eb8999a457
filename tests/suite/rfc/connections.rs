//! Persistence, pipelining and timeouts: RFC 9112, section 9, and RFC 9110, section 15.5.9.

use super::{A_WHILE, CONTENT, FILE, SOON, start, text};
use crate::support::recording::End;
use crate::support::server::Server;
use crate::support::talk::Talk;
use std::fs;

/// RFC 9112, sections 9.3 (persistence) and 9.6 (teardown).
#[test]
fn connections_persist_or_close_according_to_version_and_options() {
    let (_site, server) = start();
    for (version, fields, connection, end) in [
        ("1.1", "", None, End::Open),
        ("1.1", "Connection: keep-alive\r\n", None, End::Open),
        ("1.1", "Connection: close\r\n", Some("close"), End::Fin),
        ("1.1", "Connection: foo, CLOSE\r\n", Some("close"), End::Fin),
        ("1.0", "", Some("close"), End::Fin),
        ("1.0", "Connection: keep-alive\r\n", Some("keep-alive"), End::Open),
    ] {
        let mut talk = Talk::to(&server);
        talk.send(format!("GET {FILE} HTTP/{version}\r\nHost: a\r\n{fields}\r\n"));
        assert_eq!(talk.reply(false).field("Connection"), connection, "{version} {fields}");
        assert_eq!(
            talk.end(if end == End::Open { A_WHILE } else { SOON }),
            end,
            "{version} {fields}"
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
        "the body is read although the method is refused"
    );
    let mut talk = Talk::to(&server);
    talk.send(format!("GET {FILE} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(3));
    talk.shut();
    for _ in 0..3 {
        assert_eq!(text(&talk.reply(false)), CONTENT, "requests before a FIN are answered");
    }
    assert_eq!(talk.end(SOON), End::Fin);
}

/// An incomplete request is answered with 408 when its timer expires; a connection without a request just closes (RFC
/// 9110, section 15.5.9).
#[test]
fn timeouts_answer_408_only_if_a_request_has_begun() {
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
