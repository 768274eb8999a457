//! Rules over real sockets: what a client receives, and what the report says.

use labserve::{CloseReason, CloseStyle, Closed, Event, Point, Report, Rule, Running, Server, Who};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The time limit for things that should happen at once.
const SOON: Duration = Duration::from_secs(10);

fn serve(rules: impl IntoIterator<Item = Rule>) -> Running {
    let builder = Server::builder()
        .profile("rfc")
        .expect("a profile")
        .grace(Duration::ZERO)
        .file("/a.txt", "text")
        .file("/big", vec![b'x'; 1 << 20]);
    let builder = rules.into_iter().fold(builder, labserve::Builder::rule);
    builder.start().expect("a server")
}

fn connect(server: &Running) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(SOON)).expect("a timeout");
    stream
}

fn ask(stream: &mut TcpStream, target: &str) {
    let request = format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the request is sent");
}

/// How the first connection closed.
fn first_close(report: &Report) -> Closed {
    let connection = report.connection(1).expect("a connection");
    connection.closed.expect("closed")
}

/// Reads to the end of the connection. Returns the bytes, and whether the end was a RST.
fn rest(stream: &mut TcpStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => (bytes, false),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => (bytes, true),
        Err(error) => panic!("{error}"),
    }
}

/// Reads one response with a body of this length. Returns its status.
fn response(stream: &mut TcpStream, body: usize) -> String {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head");
        bytes.push(byte[0]);
    }
    stream.read_exact(&mut vec![0; body]).expect("a body");
    String::from_utf8_lossy(&bytes[9..12]).into_owned()
}

#[test]
fn exactly_so_many_bytes_arrive_before_the_end() {
    for (bytes, target) in [(1, "/a.txt"), (1000, "/big"), (300_000, "/big")] {
        for (rule, is_reset, style) in [
            (Rule::path(target).after_bytes(bytes).fin(), false, CloseStyle::Fin),
            (Rule::path(target).after_bytes(bytes).reset(), true, CloseStyle::Rst),
        ] {
            let server = serve([rule]);
            let mut client = connect(&server);
            ask(&mut client, target);
            let (received, reset) = rest(&mut client);
            // Wine reports RST as FIN.
            assert_eq!(received.len() as u64, bytes, "{style:?}");
            assert!(reset == is_reset || cfg!(windows), "{style:?}");
            server.wait_for(Event::closed(), SOON).expect("a close");
            let report = server.stop();
            let connection = report.connection(1).expect("the connection");
            let reply = connection.requests[0].reply.expect("a reply");
            assert_eq!(reply.head_bytes + reply.body_bytes, bytes, "{report}");
            assert!(!reply.complete && reply.total_bytes > bytes, "{report}");
            assert_eq!(connection.sent, bytes, "{report}");
            let closed = connection.closed.expect("closed");
            assert_eq!(
                (closed.by, closed.reason, closed.style),
                (Who::Server, CloseReason::Rule, style),
                "{report}"
            );
        }
    }
}

#[test]
fn twice_503_then_200_on_one_connection() {
    let server = serve([Rule::path("/a.txt").named("busy").status(503).body("busy").times(2)]);
    let mut client = connect(&server);
    let statuses: Vec<String> = (0..3)
        .map(|_| {
            ask(&mut client, "/a.txt");
            response(&mut client, 4)
        })
        .collect();
    assert_eq!(statuses, ["503", "503", "200"]);
    server.wait_for(Event::reply().status(200), SOON).expect("a reply");
    let report = server.stop();
    let rules: Vec<Option<&str>> = report
        .connection(1)
        .expect("one")
        .requests
        .iter()
        .map(|r| r.rule.as_deref())
        .collect();
    assert_eq!(rules, [Some("busy"), Some("busy"), None], "{report}");
}

#[test]
fn a_response_is_held_until_it_is_released() {
    let server = serve([
        Rule::path("/a.txt").nth(1).hold("go"),
        Rule::path("/a.txt").nth(2).at(Point::AfterHead).hold("early"),
    ]);
    let mut client = connect(&server);
    ask(&mut client, "/a.txt");
    server.wait_for(Event::held("go"), SOON).expect("a hold");
    // Another connection is not held.
    let mut other = connect(&server);
    ask(&mut other, "/missing");
    assert_eq!(response(&mut other, 0), "404");
    client.set_nonblocking(true).expect("a socket");
    assert_eq!(
        client.read(&mut [0]).expect_err("nothing").kind(),
        ErrorKind::WouldBlock
    );
    client.set_nonblocking(false).expect("a socket");
    assert_eq!(server.release("go"), 1);
    assert_eq!(response(&mut client, 4), "200");
    // A release may be sent before there is anything to release.
    server.release("early");
    ask(&mut client, "/a.txt");
    assert_eq!(response(&mut client, 4), "200");
}

/// A release that follows the event finds what the event reported, however many there are.
#[test]
fn a_release_finds_all_that_were_said_to_be_held() {
    let server = serve([
        Rule::connection(1).at(Point::Accept).hold("go"),
        Rule::path("/a.txt").hold("go"),
    ]);
    let _accepted = connect(&server);
    let mut clients = [connect(&server), connect(&server)];
    for client in &mut clients {
        ask(client, "/a.txt");
    }
    server.wait_for(Event::held("go").times(3), SOON).expect("three holds");
    assert_eq!(server.release("go"), 3);
    for client in &mut clients {
        assert_eq!(response(client, 4), "200");
    }
    // After an early release, the request is never held.
    server.release("go");
    ask(&mut clients[0], "/a.txt");
    assert_eq!(response(&mut clients[0], 4), "200");
    let more = server.wait_for(Event::held("go").times(4), Duration::from_millis(1));
    assert!(more.is_err());
}

#[test]
fn a_server_that_never_answers_waits_for_its_client_to_leave() {
    let server = serve([Rule::path("/a.txt").never()]);
    let mut client = connect(&server);
    ask(&mut client, "/a.txt");
    server.wait_for(Event::dropped_request(), SOON).expect("no response");
    drop(client);
    server.wait_for(Event::closed(), SOON).expect("a close");
    let report = server.stop();
    let closed = first_close(&report);
    assert_eq!((closed.by, closed.reason), (Who::Client, CloseReason::Rule), "{report}");
}

/// If a client resets its connection during a wait of a rule, the wait ends.
#[test]
#[cfg(target_os = "linux")]
fn a_reset_ends_a_wait_at_once() {
    let long = Duration::from_secs(60);
    let of = || Rule::path("/a.txt").named("it");
    for rule in [
        of().at(Point::Head).stall(long),
        of().hold("go"),
        of().delay(long),
        of().body_delay(long),
        of().after_bytes(20).stall(long),
        of().throttle(1),
        of().at(Point::AfterReply).stall(long),
        of().at(Point::Idle).stall(long).fin(),
        Rule::connection(1).named("it").at(Point::Accept).hold("go"),
        Rule::any().named("it").at(Point::FirstByte).stall(long),
    ] {
        let server = serve([rule.clone()]);
        let mut client = connect(&server);
        ask(&mut client, "/a.txt");
        server.wait_for(Event::rule("it"), SOON).expect("a hit");
        let linger = socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO));
        linger.expect("a socket");
        drop(client);
        server.wait_for(Event::closed(), SOON).expect("a close");
        let report = server.stop();
        let closed = first_close(&report);
        let found = (closed.by, closed.reason);
        assert_eq!(found, (Who::Client, CloseReason::ClientReset), "{rule:?}: {report}");
    }
}

/// A rule that waits for the next request must not hide how the connection ends instead.
#[test]
#[cfg(target_os = "linux")]
fn a_reset_of_an_idle_connection_is_one_also_where_a_rule_waits_for_a_request() {
    for rule in [
        Rule::any().fin_meets_request(),
        Rule::any().at(Point::FirstByte).nth(2).reset(),
    ] {
        let server = serve([rule]);
        let mut client = connect(&server);
        ask(&mut client, "/a.txt");
        assert_eq!(response(&mut client, 4), "200");
        let linger = socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO));
        linger.expect("a socket");
        drop(client);
        server.wait_for(Event::closed(), SOON).expect("a close");
        let report = server.stop();
        assert_eq!(first_close(&report).reason, CloseReason::ClientReset, "{report}");
    }
}

/// A client that has closed its sending side may still read.
#[test]
fn a_fin_does_not_end_a_wait() {
    for rule in [
        Rule::path("/a.txt").hold("go"),
        Rule::path("/a.txt").at(Point::AfterHead).hold("go"),
    ] {
        let server = serve([rule]);
        let mut client = connect(&server);
        ask(&mut client, "/a.txt");
        server.wait_for(Event::held("go"), SOON).expect("a hold");
        client.shutdown(std::net::Shutdown::Write).expect("a FIN");
        assert_eq!(server.release("go"), 1);
        assert_eq!(response(&mut client, 4), "200");
    }
}

#[test]
fn the_nth_is_counted_across_connections_and_worker_threads() {
    let server = Server::builder()
        .workers(4)
        .file("/a.txt", "text")
        .rule(Rule::path("/a.txt").every(3).status(418).body("text"))
        .start()
        .expect("a server");
    let clients: Vec<_> = (0..6)
        .map(|_| {
            let mut client = connect(&server);
            std::thread::spawn(move || {
                let ask_once = |_| {
                    ask(&mut client, "/a.txt");
                    response(&mut client, 4)
                };
                (0..10).map(ask_once).filter(|status| status == "418").count()
            })
        })
        .collect();
    let hits: usize = clients.into_iter().map(|client| client.join().expect("a client")).sum();
    assert_eq!(hits, 20);
}

#[test]
fn the_end_of_an_idle_connection_meets_its_next_request() {
    for (rule, is_reset) in [
        (Rule::any().fin_meets_request(), false),
        (Rule::any().reset_meets_request(), true),
    ] {
        let server = serve([rule]);
        let mut client = connect(&server);
        ask(&mut client, "/a.txt");
        assert_eq!(response(&mut client, 4), "200");
        ask(&mut client, "/a.txt?again");
        // After FIN, the system answers the unread request with RST, which may arrive before the client has read.
        let (received, reset) = rest(&mut client);
        assert_eq!(received, b"");
        assert!(reset || !is_reset || cfg!(windows));
        server.wait_for(Event::closed(), SOON).expect("a close");
        let report = server.stop();
        let connection = report.connection(1).expect("the connection");
        assert_eq!(
            (connection.requests.len(), &connection.rules[..]),
            (1, &["rule-1".to_owned()][..]),
            "{report}"
        );
        let dropped = &connection.dropped[0];
        assert_eq!(dropped.line.as_deref(), Some("GET /a.txt?again HTTP/1.1"), "{report}");
        let closed = connection.closed.expect("closed");
        assert_eq!((closed.by, closed.reason), (Who::Server, CloseReason::Rule), "{report}");
    }
}

#[test]
fn a_rule_acts_before_and_between_requests() {
    // Directly after the accept.
    let server = serve([Rule::connection(1).at(Point::Accept).fin()]);
    assert_eq!(rest(&mut connect(&server)), (Vec::new(), false));
    let mut second = connect(&server);
    ask(&mut second, "/a.txt");
    assert_eq!(response(&mut second, 4), "200");
    // On an idle connection, without an announcement.
    let server = serve([Rule::path("/a.txt").at(Point::Idle).fin()]);
    let mut client = connect(&server);
    ask(&mut client, "/a.txt");
    assert_eq!(response(&mut client, 4), "200");
    assert_eq!(rest(&mut client), (Vec::new(), false));
    // FIN after the response, and the other direction stays open.
    let server = serve([Rule::path("/a.txt").at(Point::AfterReply).half_close()]);
    let mut client = connect(&server);
    ask(&mut client, "/a.txt");
    assert_eq!(response(&mut client, 4), "200");
    assert_eq!(rest(&mut client), (Vec::new(), false));
    client.write_all(b"more").expect("no RST");
    drop(client);
    server.wait_for(Event::closed(), SOON).expect("a close");
    let report = server.stop();
    let closed = first_close(&report);
    assert_eq!(
        (closed.by, closed.style),
        (Who::Server, CloseStyle::HalfClose),
        "{report}"
    );
}

#[test]
fn a_mistake_in_a_rule_says_what_to_write() {
    let error = Server::builder()
        .rule(Rule::path("big").fin())
        .start()
        .expect_err("no slash");
    assert!(error.to_string().contains("`path = \"/big\"`"), "{error}");
    let error = Rule::parse("pth=/big end=fin").expect_err("no such key");
    assert!(error.to_string().contains("did you mean `path`"), "{error}");
}
