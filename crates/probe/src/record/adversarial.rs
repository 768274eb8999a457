//! Servers that would keep a client forever or fill its memory: a recording ends, and reports why.

use super::tests::{few, get, parallel, read_head, server};
use super::*;
use crate::client::Bounds;
use std::io::Write;
use std::net::TcpStream;

/// Bounds that are reached quickly.
fn short() -> Bounds {
    Bounds {
        first: Duration::from_millis(500),
        quiet: Duration::from_millis(300),
        patience: Duration::from_secs(2),
        longest_read: Duration::from_millis(900),
        most: 1 << 20,
        most_at_once: 2 << 20,
    }
}

fn options() -> Options {
    Options {
        bounds: short(),
        ..few()
    }
}

fn record_short(address: SocketAddr, options: Options, count: usize) -> Recorded {
    let cases: Vec<Case> = (0..count).map(|number| get(&format!("a-{number}"))).collect();
    record(
        address,
        &cases,
        Recording::new(address.to_string()),
        &parallel(),
        options,
        &|_, _| (),
        &AtomicBool::new(false),
    )
}

/// Sends the beginning, and then a piece repeatedly with pauses, until the client leaves.
fn for_ever(stream: &mut TcpStream, beginning: &[u8], piece: &[u8], pause: Duration) {
    if stream.write_all(beginning).is_ok() {
        while stream.write_all(piece).is_ok() {
            thread::sleep(pause);
        }
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";

#[test]
fn a_first_look_says_why_a_server_cannot_be_recorded() {
    type Serve = fn(TcpStream);
    let table: [(Serve, &str); 8] = [
        (
            |_stream| thread::sleep(Duration::from_secs(3)),
            "it sent nothing for 0.5 s",
        ),
        (
            |mut stream| {
                read_head(&mut stream);
                let _ = stream.write_all(&[0, 0xff, b'x', b'\n'].repeat(99));
            },
            "not an HTTP response, but begins with `␀ÿx␊",
        ),
        (
            |mut stream| for_ever(&mut stream, OK, b"A: aaaaaaaaaaaaaaaaaaaaaaaa\r\n", Duration::ZERO),
            "did not end within 1 MiB or 0.9 s",
        ),
        (
            |mut stream| {
                for_ever(
                    &mut stream,
                    b"HTTP/1.1 200 OK\r\n\r\n",
                    &[b'x'; 1 << 16],
                    Duration::ZERO,
                );
            },
            "did not end within 1 MiB or 0.9 s",
        ),
        (
            |mut stream| for_ever(&mut stream, OK, b"A", Duration::from_millis(10)),
            "did not end within 1 MiB or 0.9 s",
        ),
        // Slower than the silence that ends a read, so only the first byte is read.
        (
            |mut stream| for_ever(&mut stream, b"", b"H", Duration::from_secs(2)),
            "begins with `H`",
        ),
        (
            |mut stream| {
                read_head(&mut stream);
            },
            "it closed the connection without a response",
        ),
        // A connection that is closed with unread bytes is reset.
        (
            |stream| {
                let _ = stream.peek(&mut [0; 1]);
            },
            "it reset the connection",
        ),
    ];
    for (serve, want) in table {
        let address = server(move |stream, _| serve(stream));
        let error = preflight_within(address, short()).expect_err(want).to_string();
        assert!(error.contains(want), "{error}");
    }
}

#[test]
fn a_first_look_notes_what_makes_a_recording_say_little() {
    let address = server(|mut stream, number| {
        read_head(&mut stream);
        let body = "x".repeat(number + 1);
        let _ = write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: http://a.example/\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
    });
    let found = preflight_within(address, short()).expect("a server");
    assert_eq!(found.redirected_to.as_deref(), Some("http://a.example/"));
    assert_eq!(found.coding.as_deref(), Some("gzip"));
    assert!(found.changes && !found.has_probe_site, "{found:?}");
}

#[test]
fn a_server_that_never_stops_ends_the_recording() {
    let address = server(|mut stream, _| {
        if read_head(&mut stream) {
            for_ever(&mut stream, OK, &[b'x'; 1 << 16], Duration::ZERO);
        }
    });
    let recorded = record_short(address, options(), FAILURES + 30);
    assert!(
        matches!(&recorded.stopped, Some(Stopped::Hopeless { why }) if why.contains("did not end") || why.contains("at one time")),
        "{:?}",
        recorded.stopped
    );
    assert!(recorded.recording.cases.len() < FAILURES + 30, "the rest was not asked");
}

#[test]
fn responses_that_grow_end_the_recording_with_what_there_is() {
    let address = server(|mut stream, number| {
        if read_head(&mut stream) {
            let body = vec![b'x'; 1000 * (number + 1)];
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(&body);
        }
    });
    let bounded = Options {
        most_bytes: 100_000,
        ..options()
    };
    let recorded = record_short(address, bounded, 200);
    assert_eq!(recorded.stopped, Some(Stopped::TooLarge));
    assert!(
        (1..200).contains(&recorded.recording.cases.len()),
        "{}",
        recorded.recording.cases.len()
    );
}

#[test]
fn a_silent_server_costs_only_the_time_of_its_cases() {
    let address = server(|mut stream, _| while read_head(&mut stream) {});
    let recorded = record_short(address, options(), 3);
    assert_eq!(recorded.stopped, None);
    assert!(
        recorded
            .recording
            .cases
            .values()
            .all(|answer| matches!(answer, Answer::Stable(outcome) if outcome.heard[0].text.is_empty()))
    );
    let bounded = Options {
        most_time: Some(Duration::from_millis(200)),
        ..options()
    };
    let recorded = record_short(address, bounded, 1000);
    assert!(
        matches!(recorded.stopped, Some(Stopped::TooLong(_))),
        "{:?}",
        recorded.stopped
    );
}

#[test]
fn what_is_not_an_ordinary_file_is_said() {
    let table: [(&'static str, usize, &str); 8] = [
        ("HTTP/1.1 404 Not Found", 500, "answers with 404"),
        (
            "HTTP/1.1 301 Moved\r\nLocation: /b",
            500,
            "redirects to /b. Give that URL",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: br", 500, "compresses it (br)"),
        (
            "HTTP/1.1 200 OK\r\nX: y",
            399,
            "it has 399 bytes. Give a file of 400 bytes to 128 KiB",
        ),
        ("HTTP/1.1 200 OK\r\nX: y", (128 << 10) + 1, "it has 131073 bytes"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 600",
            500,
            "Content-Length is 600, but 500 bytes came",
        ),
        ("SSH-2.0-x", 500, "not an HTTP response"),
        ("HTTP/1.1 200 OK\r\nX: changes", 500, "its content changes"),
    ];
    for (head, size, want) in table {
        let address = server(move |mut stream, number| {
            if read_head(&mut stream) {
                let first = if head.ends_with("changes") { number as u8 } else { b'x' };
                let _ = write!(stream, "{head}\r\nContent-Length: {size}\r\n\r\n");
                let _ = stream.write_all(&[first]);
                let _ = stream.write_all(&vec![b'x'; size - 1]);
            }
        });
        let error = ordinary_file(address, "/a", short()).expect_err(want).to_string();
        assert!(
            error.starts_with("/a is not an ordinary file: ") && error.contains(want),
            "{error}"
        );
    }
}

#[test]
fn an_ordinary_file_is_learned_from_its_responses() {
    let address = server(|mut stream, _| {
        let mut got = [0; 4096];
        let count = std::io::Read::read(&mut stream, &mut got).unwrap_or(0);
        let answer = if got[..count].starts_with(b"GET /docs ") {
            "HTTP/1.1 301 Moved\r\nLocation: /docs/\r\n\r\n".to_owned()
        } else {
            format!(
                "HTTP/1.1 200 OK\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 500\r\n\r\n{}",
                "y".repeat(500)
            )
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    let file = ordinary_file(address, "/docs/a", short()).expect("an ordinary file");
    assert_eq!(file.content, b"y".repeat(500));
    assert_eq!(file.modified, Some(784_111_777));
    assert_eq!(file.directory.as_deref(), Some("/docs"));
    assert!(file.is_index);
}
