//! Requests that arrive and get no response are reported: each with its line, its bytes and the place where it was
//! dropped. Also tests whose FIN or RST was first on the wire.

use labserve::{Builder, CloseReason, DropPlace, DroppedRequest, Event, Point, Report, Rule, Server, Who};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const GET: &str = "GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n";
const LATE: &str = "GET /late HTTP/1.1\r\nHost: h\r\n\r\n";
const LAST: &str = "GET /a.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
const BAD: &str = "GET /bad HTTP/1.1\r\nHost h\r\n\r\n";
const LATE_LINE: Option<&str> = Some("GET /late HTTP/1.1");
const GET_LINE: Option<&str> = Some("GET /a.txt HTTP/1.1");

/// What a client does after it has connected.
#[derive(Clone, Copy, Debug)]
enum Do {
    Send(&'static str),
    /// Ends its side.
    Fin,
    /// Reads to the end of a small response.
    Reply,
    /// Reads until the server ends the connection.
    ToEnd,
    /// Closes the socket, with RST if bytes are unread.
    Leave,
}
use Do::{Fin, Leave, Reply, Send, ToEnd};

/// The report of a server with one small file, after its connection has ended.
fn after(profile: &str, keys: &[(&str, &str)], steps: &[Do]) -> Report {
    let mut builder = Server::builder()
        .profile(profile)
        .expect("a profile")
        .file("/a.txt", "a body");
    let quiet = [("close.linger_quiet", "200ms")];
    for (key, value) in quiet.iter().chain(keys) {
        builder = builder.set(key, value).expect("a key");
    }
    let server = builder.start().expect("a server");
    let mut client = Some(TcpStream::connect(server.address()).expect("a connection"));
    for step in steps {
        let socket = client.as_mut().expect("still open");
        socket.set_read_timeout(Some(LONG)).expect("a timeout");
        match step {
            Send(text) => socket.write_all(text.as_bytes()).expect("sent"),
            Fin => socket.shutdown(Shutdown::Write).expect("FIN"),
            Reply => {
                let mut got = Vec::new();
                while !got.ends_with(b"a body") {
                    let mut byte = [0];
                    socket.read_exact(&mut byte).expect("a response");
                    got.push(byte[0]);
                }
            }
            // A reset also ends the read.
            ToEnd => drop(socket.read_to_end(&mut Vec::new())),
            Leave => drop(client.take()),
        }
    }
    server.wait_for(Event::closed(), LONG).expect("the end");
    drop(client);
    server.stop()
}

fn dropped(report: &Report) -> Vec<(u64, Option<&str>, u64, DropPlace)> {
    let of = |one: &DroppedRequest| (one.number, one.bytes, one.place);
    let all = &report.connection(1).expect("a connection").dropped;
    all.iter()
        .map(|one| {
            let (number, bytes, place) = of(one);
            (number, one.line.as_deref(), bytes, place)
        })
        .collect()
}

/// The last request of its connection, exactly as long as the smallest read.
fn full_read() -> &'static str {
    let rest = "\r\nHost: h\r\nConnection: close\r\n\r\n";
    let line = "GET /a.txt HTTP/1.1\r\nX-Fill: ";
    format!("{line}{}{rest}", "x".repeat(512 - line.len() - rest.len())).leak()
}

#[test]
fn a_request_without_a_response_is_told() {
    let length = |text: &str| text.len() as u64;
    let post = "POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    let half = "POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nbody";
    let read = |number, line, text| vec![(number, line, length(text), DropPlace::Read)];
    let with = |first: &'static str, second: &'static str| -> &'static str { [first, second].concat().leak() };
    for (what, profile, keys, steps, want) in [
        (
            "every request has a response",
            "nginx",
            &[][..],
            &[Send(GET), Send(LAST), ToEnd][..],
            vec![],
        ),
        (
            "a request follows the last one",
            "nginx",
            &[],
            &[Send(with(LAST, LATE)), ToEnd],
            read(0, LATE_LINE, LATE),
        ),
        (
            "its line is not complete",
            "nginx",
            &[],
            &[Send(with(LAST, "GET /la")), ToEnd],
            read(0, None, "GET /la"),
        ),
        (
            "two follow, one with a body",
            "rfc",
            &[],
            &[Send(with(LAST, with(post, LATE))), ToEnd],
            vec![
                (0, Some("POST /late HTTP/1.1"), length(post), DropPlace::Read),
                (0, LATE_LINE, length(LATE), DropPlace::Read),
            ],
        ),
        (
            "FIN after a request that is dropped for that",
            "node",
            &[("client_fin.drop_within", "5s")],
            &[Send(GET), Fin, ToEnd],
            read(1, GET_LINE, GET),
        ),
        (
            "a later fault takes the response away",
            "node",
            &[],
            &[Send(with(GET, BAD)), ToEnd],
            read(1, GET_LINE, GET),
        ),
        (
            "a fault that closes without a response",
            "rfc",
            &[("faults.host.missing", "close")],
            &[Send("GET /late HTTP/1.1\r\n\r\n"), ToEnd],
            read(1, LATE_LINE, "GET /late HTTP/1.1\r\n\r\n"),
        ),
        (
            "the client leaves in a body that is read first",
            "rfc",
            &[("request_body.read", "first")],
            &[Send(half), Fin, ToEnd],
            read(1, Some("POST /late HTTP/1.1"), half),
        ),
        (
            "the client leaves in a head",
            "nginx",
            &[],
            &[Send("GET /late HTTP/1.1\r\nHos"), Leave],
            read(0, LATE_LINE, "GET /late HTTP/1.1\r\nHos"),
        ),
        (
            "its head is not complete in time",
            "rfc",
            &[("timers.head", "50ms")],
            &[Send("GET /late HTTP/1.1\r\nHos"), ToEnd],
            read(0, LATE_LINE, "GET /late HTTP/1.1\r\nHos"),
        ),
        (
            "a refused head is answered",
            "nginx",
            &[],
            &[Send("\0\0\0\r\n\r\n"), ToEnd],
            vec![],
        ),
        (
            "one arrives while the server lingers",
            "rfc",
            &[("close.linger_quiet", "20s"), ("close.linger_total", "20s")],
            &[Send(LAST), ToEnd, Send(LATE), Leave],
            vec![(0, LATE_LINE, length(LATE), DropPlace::Discarded)],
        ),
        (
            "two arrive during the pause before the end",
            "flask",
            &[("close.pause", "20s")],
            &[Send(GET), Reply, Send(with(LATE, LATE)), Leave],
            vec![
                (0, LATE_LINE, length(LATE), DropPlace::Discarded),
                (0, LATE_LINE, length(LATE), DropPlace::Discarded),
            ],
        ),
        (
            "one is in the socket when RST is sent",
            "rfc",
            &[("limits.read_size", "512B"), ("close.request_said_close", "rst")],
            &[Send(with(full_read(), LATE)), ToEnd],
            vec![(0, LATE_LINE, length(LATE), DropPlace::Unread)],
        ),
        (
            "what follows an unread body is no request",
            "rfc",
            &[("request_body.read", "off")],
            &[Send(half), ToEnd],
            vec![],
        ),
    ] {
        let report = after(profile, keys, steps);
        assert_eq!(dropped(&report), want, "{what}: {report}");
    }
}

/// The server examines discarded bytes only when the connection ends, long after the client has sent the request again
/// on another connection.
#[test]
fn a_dropped_request_is_repeated_before_the_server_has_looked_at_it() {
    let server = Server::builder()
        .rule(Rule::connection(1).nth(1).at(Point::AfterReply).linger())
        .set("close.linger_quiet", "20s")
        .and_then(Builder::start)
        .expect("a server");
    let ask = |client: &mut TcpStream| client.write_all(GET.as_bytes()).expect("sent");
    let mut first = TcpStream::connect(server.address()).expect("a connection");
    ask(&mut first);
    first.read_to_end(&mut Vec::new()).expect("a response and FIN");
    ask(&mut first);
    ask(&mut TcpStream::connect(server.address()).expect("a connection"));
    server
        .wait_for(Event::request().connection(2), LONG)
        .expect("the repeated request");
    drop(first);
    server
        .wait_for(Event::dropped_request(), LONG)
        .expect("the dropped request");
    let report = server.stop();
    assert_eq!(report.retries(), 1, "{report}");
}

/// `who` does not follow from the reason: a client may close first although the server was about to close.
#[test]
fn who_is_whose_fin_or_rst_was_first_on_the_wire() {
    let (server, client) = (Who::Server, Who::Client);
    for (what, profile, keys, steps, want) in [
        (
            "the client closes during the server's pause",
            "flask",
            &[("close.pause", "20s")][..],
            &[Send(GET), Reply, Leave][..],
            (client, CloseReason::NotPersistent),
        ),
        (
            "the client waits for the server's FIN",
            "flask",
            &[],
            &[Send(GET), ToEnd],
            (server, CloseReason::NotPersistent),
        ),
        (
            "the client ends its side with the request",
            "nginx",
            &[("writes.delay", "2s")],
            &[Send(LAST), Fin, ToEnd],
            (client, CloseReason::RequestSaidClose),
        ),
        (
            "the client's FIN is after a request that nobody reads",
            "rfc",
            &[("limits.read_size", "512B"), ("writes.delay", "2s")],
            &[Send(full_read()), Send(LATE), Fin, ToEnd],
            (client, CloseReason::RequestSaidClose),
        ),
        (
            "no request in time",
            "rfc",
            &[("timers.idle", "50ms")],
            &[Send(GET), ToEnd],
            (server, CloseReason::Idle),
        ),
        (
            "the client leaves",
            "rfc",
            &[],
            &[Send(GET), Reply, Leave],
            (client, CloseReason::ClientFin),
        ),
        (
            "the server waits for the client's FIN",
            "rfc",
            &[("close.request_said_close", "hold")],
            &[Send(LAST), Reply, Leave],
            (client, CloseReason::RequestSaidClose),
        ),
        (
            "the client resets during the server's pause",
            "rfc",
            &[("close.pause", "20s")],
            &[Send(LAST), Leave],
            (client, CloseReason::RequestSaidClose),
        ),
    ] {
        let report = after(profile, keys, steps);
        let closed = report.connection(1).expect("a connection").closed.expect("closed");
        assert_eq!((closed.by, closed.reason), want, "{what}: {report}");
    }
}

#[test]
fn a_stop_tells_which_replies_it_has_cut_short() {
    let root = tempfile::tempdir().expect("a directory");
    std::fs::write(root.path().join("large"), vec![b'x'; 64 << 20]).expect("a large file");
    let builder = Server::builder().profile("rfc").expect("a profile").root(root.path());
    let server = builder.grace(Duration::from_millis(50)).start().expect("a server");
    let mut busy = TcpStream::connect(server.address()).expect("a connection");
    busy.write_all(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        .expect("a request");
    busy.read_exact(&mut [0]).expect("the beginning of a reply");
    let report = server.stop();
    assert_eq!(report.lost().cut_short, 1, "{report}");
    let connection = report.connection(1).expect("a connection");
    let reply = connection.requests[0].reply.expect("the beginning of a reply");
    assert!(!reply.complete && reply.body_bytes < 64 << 20, "{report}");
    assert_eq!(reply.total_bytes, reply.head_bytes + (64 << 20), "{report}");
    let closed = connection.closed.expect("closed");
    assert_eq!((closed.by, closed.reason), (Who::Server, CloseReason::Shutdown));
}
