//! Recordings of small servers that misbehave in different ways.

use super::*;
use crate::case::Step;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::AtomicUsize;

const CLOSED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// A server that handles each connection with `serve`, which gets the number of the connection.
pub(super) fn server(serve: impl Fn(TcpStream, usize) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream, number));
        }
    });
    address
}

pub(super) fn read_head(stream: &mut TcpStream) -> bool {
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    while !got.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(count) => got.extend_from_slice(&buffer[..count]),
        }
    }
    true
}

pub(super) fn get(name: &str) -> Case {
    Case {
        name: name.to_owned(),
        steps: vec![
            Step::Send {
                text: "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n".to_owned(),
                times: 1,
            },
            Step::Read { quiet: None },
        ],
        slow: false,
        ordinary_user: false,
    }
}

pub(super) fn parallel() -> Preflight {
    Preflight {
        keeps: true,
        ..Preflight::default()
    }
}

/// A few cases at a time, and no measures.
pub(super) fn few() -> Options {
    Options {
        at_once: 4,
        measures: false,
        ..Options::default()
    }
}

fn record_all(address: SocketAddr, cases: &[Case]) -> Recorded {
    let known = Recording::new(address.to_string());
    record(
        address,
        cases,
        known,
        &parallel(),
        few(),
        &|_, _| (),
        &AtomicBool::new(false),
    )
}

#[test]
fn a_server_that_agrees_with_itself_is_recorded() {
    let address = server(|mut stream, _| {
        if read_head(&mut stream) {
            let _ = stream.write_all(CLOSED);
        }
    });
    let recorded = record_all(address, &[get("a"), get("b")]);
    assert_eq!(recorded.stopped, None);
    assert_eq!(recorded.recording.cases.len(), 2);
    for answer in recorded.recording.cases.values() {
        let Answer::Stable(outcome) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(outcome.heard[0].text.as_bytes(), CLOSED);
        assert_eq!(outcome.end, crate::recording::End::Fin);
    }
}

#[test]
fn a_server_that_does_not_agree_with_itself_is_unstable() {
    let address = server(|mut stream, number| {
        if read_head(&mut stream) {
            let _ = write!(stream, "HTTP/1.1 {} X\r\nConnection: close\r\n\r\n", 200 + number);
        }
    });
    let recorded = record_all(address, &[get("a")]);
    let Answer::Unstable { unstable } = &recorded.recording.cases["a"] else {
        panic!("{:?}", recorded.recording)
    };
    assert_eq!(unstable.len(), 2 + AGAIN);
}

#[test]
fn an_endless_response_fails_its_case_and_no_other() {
    let address = server(|mut stream, _| {
        if read_head(&mut stream) {
            let piece = [b'x'; 1 << 16];
            while stream.write_all(&piece).is_ok() {}
        }
    });
    let recorded = record_all(address, &[get("a")]);
    assert_eq!(recorded.stopped, None);
    assert!(matches!(&recorded.recording.cases["a"], Answer::Failed { error } if error.contains("8 MiB")));
}

#[test]
fn a_server_that_goes_away_ends_the_recording_with_what_there_is() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let mut streams: Vec<TcpStream> = Vec::new();
        while let Ok((mut stream, _)) = listener.accept()
            && read_head(&mut stream)
        {
            if streams.len() == 2 {
                // Dropped before the last response: a client that has received it could otherwise still connect to the
                // listener.
                drop(listener);
                let _ = stream.write_all(CLOSED);
                return;
            }
            let _ = stream.write_all(CLOSED);
            let _ = stream.shutdown(Shutdown::Write);
            streams.push(stream);
        }
    });
    let cases: Vec<Case> = ["a", "b", "c"].map(get).into();
    let known = Recording::new(address.to_string());
    let alone = Preflight {
        one_at_a_time: true,
        ..parallel()
    };
    let recorded = record(
        address,
        &cases,
        known,
        &alone,
        few(),
        &|_, _| (),
        &AtomicBool::new(false),
    );
    assert!(
        matches!(&recorded.stopped, Some(Stopped::Gone { after: Some(after), .. }) if after == "c"),
        "{recorded:?}"
    );
    assert_eq!(recorded.recording.cases.len(), 3);
}

#[test]
fn what_is_known_is_not_asked_again_and_a_cancelled_recording_asks_nothing() {
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&asked);
    let address = server(move |mut stream, _| {
        if read_head(&mut stream) {
            counter.fetch_add(1, Ordering::Relaxed);
            let _ = stream.write_all(CLOSED);
        }
    });
    let first = record_all(address, &[get("a")]);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    let cancelled = AtomicBool::new(false);
    let resumed = record(
        address,
        &[get("a"), get("b")],
        first.recording,
        &parallel(),
        few(),
        &|_, _| (),
        &cancelled,
    );
    assert_eq!(asked.load(Ordering::Relaxed), 4);
    assert_eq!(resumed.recording.cases.len(), 2);
    cancelled.store(true, Ordering::Relaxed);
    let none = record(
        address,
        &[get("c")],
        resumed.recording,
        &parallel(),
        few(),
        &|_, _| (),
        &cancelled,
    );
    assert_eq!(none.stopped, Some(Stopped::Cancelled));
    assert_eq!(none.recording.cases.len(), 2, "what there was is kept");
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[test]
fn a_server_of_one_connection_at_a_time_is_seen() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            while read_head(&mut stream) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nServer: one\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    let found = preflight(address).expect("a server");
    assert!(found.one_at_a_time && found.keeps, "{found:?}");
    assert_eq!(found.server.as_deref(), Some("one"));
}

#[test]
fn what_is_not_http_is_refused_in_words() {
    let address = server(|mut stream, _| {
        read_head(&mut stream);
        let _ = stream.write_all(b"SSH-2.0-x\r\n");
    });
    let error = preflight(address).expect_err("not HTTP").to_string();
    assert!(error.contains("not an HTTP response"), "{error}");
}
