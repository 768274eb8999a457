//! The public crate, used like by another crate: servers in this process, their reports, and how they stop.

use labserve::{Builder, CloseReason, CloseStyle, ErrorKind, Event, Running, Server, Who};
use std::error::Error;
use std::io::{ErrorKind as IoErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The time limit for things that should happen at once.
const SOON: Duration = Duration::from_secs(10);

/// More bytes than the socket buffers of both sides can hold.
const LARGE: usize = 32 << 20;

fn connect(server: &Running) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(SOON)).expect("a timeout");
    stream
}

/// Sends a request for each target, all in one write.
fn ask(stream: &mut TcpStream, targets: &[&str]) {
    let request = |target: &&str| format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n");
    let requests: String = targets.iter().map(request).collect();
    stream.write_all(requests.as_bytes()).expect("the requests are sent");
}

/// Reads everything up to the server's FIN.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("FIN, not RST");
    bytes
}

#[test]
fn a_report_lists_what_happened() {
    let server = Server::builder()
        .profile("nginx")
        .and_then(|builder| builder.set("timers.idle", "50ms"))
        .and_then(|builder| builder.file("/a.txt", "text").start())
        .expect("a server");
    let mut client = connect(&server);
    ask(&mut client, &["/a.txt?x=1", "/b.txt"]);
    let replies = rest(&mut client);
    assert_eq!(server.wait_for(Event::closed(), SOON).expect("a close"), 1);

    let report = server.stop();
    assert_eq!(report.connections(), 1, "{report}");
    assert!(report.lost().is_empty(), "{report}");
    assert_eq!(report.connection(2), None);
    let connection = report.connection(1).expect("the connection");
    assert_eq!(connection.peer, client.local_addr().expect("an address"));
    assert_eq!(connection.sent, replies.len() as u64);
    let requests = connection.requests.iter();
    let seen: Vec<_> = requests
        .map(|request| (request.number, request.path(), request.status()))
        .collect();
    assert_eq!(seen, [(1, "/a.txt", Some(200)), (2, "/b.txt", Some(404))]);
    let bytes = connection.requests.iter().filter_map(|request| request.reply);
    let bytes: u64 = bytes.map(|reply| reply.head_bytes + reply.body_bytes).sum();
    assert_eq!(bytes, connection.sent);
    let closed = connection.closed.expect("a close");
    assert_eq!(
        (closed.by, closed.reason, closed.unread),
        (Who::Server, CloseReason::Idle, false)
    );
    assert_eq!(closed.style, CloseStyle::Close);
    assert!(connection.open_for >= Duration::from_millis(50), "{report}");
    let text = report.to_string();
    assert!(text.contains("GET /a.txt?x=1 -> 200"), "{text}");
    assert!(text.contains("closed by the server"), "{text}");
}

#[test]
fn a_client_that_closes_first_is_reported_as_the_closing_side() {
    let server = Server::builder().start().expect("a server");
    drop(connect(&server));
    server
        .wait_for(Event::closed().reason(CloseReason::ClientFinUnused), SOON)
        .expect("a close");
    let report = server.stop();
    let closed = report.connection(1).and_then(|connection| connection.closed);
    assert_eq!(closed.map(|closed| closed.by), Some(Who::Client), "{report}");
}

#[test]
fn a_reply_without_a_request_is_listed_separately() {
    let server = Server::builder()
        .profile("rfc")
        .and_then(|builder| builder.set("timers.head", "{ after = '50ms', response = '408' }"))
        .and_then(|builder| builder.start())
        .expect("a server");
    let mut client = connect(&server);
    client.write_all(b"GET / HTTP/1.1\r\n").expect("half a request");
    let reply = rest(&mut client);
    assert!(reply.starts_with(b"HTTP/1.1 408 "), "{}", reply.escape_ascii());
    server.wait_for(Event::reply().status(408), SOON).expect("a reply");
    let report = server.stop();
    let connection = report.connection(1).expect("the connection");
    assert!(connection.requests.is_empty(), "{report}");
    assert_eq!(connection.unsolicited.len(), 1, "{report}");
}

#[test]
fn dropping_a_server_stops_it() {
    let server = Server::builder().file("/a.txt", "text").start().expect("a server");
    let address = server.address();
    let mut unused = connect(&server);
    let mut idle = connect(&server);
    ask(&mut idle, &["/a.txt"]);
    server.wait_for(Event::reply(), SOON).expect("a reply");
    server
        .wait_for(Event::accepted().times(2), SOON)
        .expect("both connections");

    drop(server);
    assert!(rest(&mut unused).is_empty());
    assert!(rest(&mut idle).ends_with(b"\r\n\r\ntext"));
    let refused = TcpStream::connect(address).expect_err("nobody listens any more");
    assert_eq!(refused.kind(), IoErrorKind::ConnectionRefused);
}

#[test]
fn a_reply_in_progress_finishes_within_the_grace() {
    let server = Server::builder().file("/large", vec![b'x'; LARGE]).grace(SOON).start();
    let server = server.expect("a server");
    let mut client = connect(&server);
    ask(&mut client, &["/large"]);
    server.wait_for(Event::request(), SOON).expect("a request");
    let reading = std::thread::spawn(move || {
        // By this time the server has begun to stop.
        std::thread::sleep(Duration::from_millis(100));
        rest(&mut client).len()
    });
    let report = server.stop();
    assert!(reading.join().expect("the client") > LARGE);
    assert!(report.lost().is_empty(), "{report}");
    let closed = report.connection(1).and_then(|connection| connection.closed);
    assert_eq!(
        closed.map(|closed| closed.reason),
        Some(CloseReason::Shutdown),
        "{report}"
    );
}

#[test]
fn a_reply_that_takes_longer_than_the_grace_is_cut_off_and_reported_as_lost() {
    let server = Server::builder()
        .file("/large", vec![b'x'; LARGE])
        .grace(Duration::ZERO);
    let server = server.start().expect("a server");
    let mut client = connect(&server);
    ask(&mut client, &["/large"]);
    server.wait_for(Event::request(), SOON).expect("a request");
    let before = Instant::now();
    let report = server.stop();
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    assert_eq!((report.lost().unanswered, report.lost().cut_short), (0, 1), "{report}");
    let closed = report.connection(1).and_then(|connection| connection.closed);
    assert_eq!(
        closed.map(|closed| closed.reason),
        Some(CloseReason::Shutdown),
        "{report}"
    );
}

#[test]
fn servers_in_one_process_are_independent() {
    let with = |profile: &str, text: &str| {
        let builder = Server::builder().profile(profile).expect(profile);
        builder.file("/a.txt", text).start().expect("a server")
    };
    let (nginx, node) = (with("nginx", "one"), with("node", "two"));
    let (mut first, mut second) = (connect(&nginx), connect(&node));
    ask(&mut first, &["/a.txt"]);
    ask(&mut second, &["/a.txt", "/a.txt"]);
    nginx.wait_for(Event::reply(), SOON).expect("a reply");
    node.wait_for(Event::reply().times(2), SOON).expect("two replies");
    let (one, two) = (nginx.stop(), node.stop());
    let (first, second) = (rest(&mut first), rest(&mut second));
    assert!(first.starts_with(b"HTTP/1.1 200 OK\r\nServer: nginx") && first.ends_with(b"one"));
    assert!(second.starts_with(b"HTTP/1.1 200 OK\r\nX-Powered-By: Express") && second.ends_with(b"two"));
    assert_eq!((one.connections(), two.connections()), (1, 1));
    let requests = |report: &labserve::Report| report.connection(1).map(|connection| connection.requests.len());
    assert_eq!((requests(&one), requests(&two)), (Some(1), Some(2)));
}

#[test]
fn errors_at_start_say_what_is_wrong() {
    let start = |make: fn(Builder) -> Result<Builder, labserve::Error>| make(Server::builder())?.start();
    for (made, kind, part) in [
        (
            start(|b| b.profile("nginks")),
            ErrorKind::Profile,
            "did you mean `nginx`?",
        ),
        (start(|b| b.profile("no/such.toml")), ErrorKind::Profile, "no/such.toml"),
        (
            start(|b| b.profile("title = 1\n")),
            ErrorKind::Profile,
            "the profile's text:1",
        ),
        (
            start(|b| b.set("timers.idle", "soon")),
            ErrorKind::Profile,
            ".set(\"timers.idle\", ..)",
        ),
        (
            start(|b| Ok(b.root("no/such/directory"))),
            ErrorKind::Root,
            "does not exist",
        ),
        (
            start(|b| Ok(b.root("Cargo.toml"))),
            ErrorKind::Root,
            "expected a directory",
        ),
        (
            start(|b| Ok(b.file("a.txt", ""))),
            ErrorKind::Root,
            "starts with a slash",
        ),
        (
            start(|b| Ok(b.root("static").file("/a", ""))),
            ErrorKind::Root,
            "leave out",
        ),
    ] {
        let error = made.expect_err(part);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }

    let taken = Server::builder().start().expect("a server");
    let error = Server::builder()
        .bind(taken.address())
        .start()
        .expect_err("a taken port");
    assert_eq!(error.kind(), ErrorKind::Address);
    assert!(
        error.to_string().contains("the port is in use; choose another"),
        "{error}"
    );
    let source = error.source().expect("what the system said");
    let source = source.downcast_ref::<std::io::Error>().expect("an I/O error");
    assert_eq!(source.kind(), IoErrorKind::AddrInUse);
}

#[test]
fn waiting_in_vain_returns_a_report_of_what_happened_instead() {
    let server = Server::builder().start().expect("a server");
    let mut client = connect(&server);
    ask(&mut client, &["/"]);
    server
        .wait_for(Event::reply().path("/").status(200), SOON)
        .expect("a reply");
    let error = server
        .wait_for(Event::reply().status(304), Duration::from_millis(20))
        .expect_err("no 304");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(
        error.to_string().starts_with("waited 20ms for a reply: status 304"),
        "{error}"
    );
    assert!(error.to_string().contains("GET / -> 200"), "{error}");
    let error = server.wait_for(Event::accepted().status(200), SOON).expect_err("never");
    assert_eq!(error.kind(), ErrorKind::Event);
}

/// A server and its client may share a thread: waiting for an event does not block the client.
#[tokio::test(flavor = "current_thread")]
async fn waiting_in_async_code_blocks_nobody() {
    let server = Server::builder().file("/a.txt", "text").start().expect("a server");
    let url = server.url("/a.txt");
    let asking = tokio::spawn(async move { reqwest::get(url).await?.text().await });
    let replied = tokio::time::timeout(SOON, server.until(Event::reply())).await;
    assert_eq!(replied.expect("in time").expect("an event"), 1);
    assert_eq!(asking.await.expect("the client").expect("a reply"), "text");
}
