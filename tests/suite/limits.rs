//! Limits: connections beyond `max_connections`, clients that read too slowly, and the cost of a request body.

use std::io::Read;
use std::time::{Duration, Instant};

use super::support::recording::End;
use super::support::server::Server;
use super::support::site::Site;
use super::support::talk::Talk;

#[test]
fn a_connection_beyond_the_limit_gets_503_and_one_within_it_is_served_again() {
    let site = Site::demo();
    for profile in ["node", "nginx", "rfc"] {
        let server = Server::start_with(profile, site.root(), &["--set", "connection.max_connections=2"]);
        let mut first = Talk::to(&server);
        let mut second = Talk::to(&server);
        assert_eq!(first.ask("GET", "/", "").status(), 200, "{profile}");
        assert_eq!(second.ask("GET", "/", "").status(), 200, "{profile}");
        let mut third = Talk::to(&server);
        let refusal = third.reply(false);
        assert_eq!(refusal.status(), 503, "{profile}");
        assert_eq!(refusal.field("Connection"), Some("close"), "{profile}");
        assert_eq!(third.end(Duration::from_secs(5)), End::Fin, "{profile}");
        drop((first, third));
        let begun = Instant::now();
        loop {
            let mut next = Talk::to(&server);
            next.send("GET / HTTP/1.1\r\nHost: lab.test\r\n\r\n");
            if next.reply(false).status() == 200 {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{profile}: still refused");
        }
        assert_eq!(second.ask("GET", "/", "").status(), 200, "{profile}");
    }
}

/// A root with a file that is larger than any socket buffer.
fn large() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("large"), vec![b'x'; 64 << 20]).expect("a large file");
    directory
}

#[test]
fn a_client_that_stops_reading_is_disconnected_and_one_that_reads_is_not() {
    let root = large();
    for rule in ["writes.send_timeout=1s", "writes.min_rate=1000000"] {
        let arguments = ["--set", rule, "--set", "writes.min_rate_after=1s"];
        let server = Server::start_with("rfc", root.path(), &arguments);
        let mut stalls = std::net::TcpStream::connect(server.address()).expect("a connection");
        let mut reads = std::net::TcpStream::connect(server.address()).expect("a connection");
        for stream in [&mut stalls, &mut reads] {
            std::io::Write::write_all(stream, b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                .expect("a request");
            stream
                .set_read_timeout(Some(Duration::from_secs(20)))
                .expect("a timeout");
        }
        let mut whole = Vec::new();
        for _ in 0..30 {
            std::thread::sleep(Duration::from_millis(50));
            let mut piece = vec![0; 1 << 20];
            let got = reads.read(&mut piece).expect("a piece");
            whole.extend_from_slice(&piece[..got]);
        }
        reads.read_to_end(&mut whole).expect("the rest");
        assert!(whole.len() > 64 << 20, "{rule}: a client that reads was disconnected");
        let mut part = Vec::new();
        // FIN or RST. In both cases the body is incomplete.
        let _ = stalls.read_to_end(&mut part);
        assert!(
            part.len() < 64 << 20,
            "{rule}: {} bytes for one that stalled",
            part.len()
        );
    }
}

/// The parser of bodies reserves space for the configured number of field lines, and fills it for each request. A
/// profile may accept 100,000 of them.
#[test]
fn a_body_costs_little_more_under_a_profile_that_accepts_many_fields() {
    let site = Site::demo();
    let server = Server::start_with("node", site.root(), &["--set", "limits.fields=100000"]);
    let mut talk = Talk::to(&server);
    // The fastest of several blocks: a busy machine slows down some of them, but rarely all.
    let mut fastest = |request: &str| {
        let block = |_| {
            let begun = Instant::now();
            for _ in 0..50 {
                talk.send(request);
                talk.reply(false);
            }
            begun.elapsed()
        };
        (0..8).map(block).min().expect("blocks")
    };
    let without = fastest("POST / HTTP/1.1\r\nHost: lab.test\r\nContent-Length: 0\r\n\r\n");
    let with = fastest("POST / HTTP/1.1\r\nHost: lab.test\r\nContent-Length: 1\r\n\r\na");
    assert!(with < without * 6, "{with:?} with a body, {without:?} without one");
}
