//! A panic in labserve closes one connection. The others stay open, and the event log contains the reason.
//!
//! The test causes the panic with a profile that refers to a 404 response that does not exist. A profile file cannot
//! express that.

use super::{Running, profiles};
use crate::events::{EventSenders, Output, Recorder};
use crate::files::{Directory, Root};
use std::io::{Read, Write};
use std::net::TcpStream;

fn talk(server: &Running, request: &str) -> (TcpStream, Vec<u8>) {
    let mut stream = server.connect();
    stream.write_all(request.as_bytes()).expect("a request");
    let mut got = vec![0; 4096];
    // A connection that closes without a response may be reset.
    let count = stream.read(&mut got).unwrap_or(0);
    got.truncate(count);
    (stream, got)
}

#[test]
fn a_panic_closes_only_its_connection_and_is_logged() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("a.txt"), "here").expect("a file");
    let log = dir.path().join("events.jsonl");
    let mut profile = profiles()
        .into_iter()
        .find(|profile| profile.name == "node")
        .expect("a profile");
    profile.files.missing = u32::MAX;
    let root = Root::Directory(Directory::open(dir.path(), false).expect("the root"));
    let recorder = Recorder::start(&Output::File(log.clone()), &[], None).expect("an event log");
    let events = EventSenders {
        file: Some(recorder.sender()),
        ..EventSenders::default()
    };
    let server = Running::with_events(profile, root, &events);
    // The recorder finishes when all senders are gone.
    drop(events);

    let good = "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    let (mut other, got) = talk(&server, good);
    assert!(got.ends_with(b"here"), "{}", got.escape_ascii());
    let bad = [
        "GET /none HTTP/1.1\r\nHost: a\r\n\r\n",
        // The same for a request whose body is read through hyper.
        "GET /none HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
    ];
    for request in bad {
        let (_, got) = talk(&server, request);
        assert!(got.is_empty(), "{}", got.escape_ascii());
    }
    // The connection that was open still works, and new ones are served.
    other.write_all(good.as_bytes()).expect("a request");
    let mut reply = [0; 4096];
    let count = other.read(&mut reply).expect("a reply");
    assert!(reply[..count].ends_with(b"here"));
    drop(other);
    assert!(talk(&server, good).1.ends_with(b"here"));

    server.running.stop();
    recorder.finish();
    let log = std::fs::read_to_string(&log).expect("the event log");
    let ends = log
        .lines()
        .filter(|line| line.contains("\"event\":\"end\"") && line.contains("\"reason\":\"panic\""))
        .count();
    assert_eq!(ends, bad.len(), "{log}");
}
