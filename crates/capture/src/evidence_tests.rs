//! Conclusions from captures that are incomplete, out of order or ambiguous are right, or are not drawn.

use crate::model::{Capture, FindingKind};
use crate::test_capture::*;

fn kinds(capture: &Capture) -> Vec<FindingKind> {
    capture.findings.iter().map(|finding| finding.kind).collect()
}

/// A GET on a separate connection: handshake, request and response at these times in microseconds.
fn get(client: Endpoint, server: Endpoint, open_us: u64, request_us: u64, response_us: u64) -> Vec<TestFrame> {
    let request = "GET / HTTP/1.1\r\n\r\n";
    let frames = [
        frame(open_us, true, SYN, 0, 0, ""),
        frame(open_us, false, SYN | ACK, 0, 1, ""),
        frame(open_us, true, ACK, 1, 1, ""),
        frame(request_us, true, PSH | ACK, 1, 1, request),
        frame(response_us, false, PSH | ACK, 1, 19, &response(50)),
        frame(response_us, true, ACK, 19, 51, ""),
    ];
    let moved = frames.into_iter().map(|mut frame| {
        (frame.from, frame.to) = if frame.from == CLIENT {
            (client, server)
        } else {
            (server, client)
        };
        frame
    });
    moved.collect()
}

fn sorted(connections: impl IntoIterator<Item = Vec<TestFrame>>) -> Vec<TestFrame> {
    let mut frames: Vec<TestFrame> = connections.into_iter().flatten().collect();
    frames.sort_by_key(|frame| frame.us);
    frames
}

#[test]
fn only_exchanges_that_overlap_are_parallel() {
    let same = |at: u16, open, request, response| get((1, 40_000 + at), SERVER, open, request, response);
    for (name, connections, want) in [
        (
            "one after the other at one time",
            vec![same(0, 0, 0, 0), same(1, 0, 0, 0), same(2, 0, 0, 0)],
            None,
        ),
        (
            "the next begins as the last ends",
            vec![same(0, 0, 10, 20), same(1, 0, 20, 30), same(2, 0, 30, 40)],
            None,
        ),
        (
            "two overlap",
            vec![same(0, 0, 10, 30), same(1, 0, 20, 40)],
            Some((2, 2)),
        ),
        (
            "three overlap, two at a time",
            vec![same(0, 0, 10, 30), same(1, 0, 20, 50), same(2, 0, 40, 60)],
            Some((2, 3)),
        ),
        (
            "a proxy and its upstream",
            vec![
                get((1, 40_000), (2, 8080), 0, 10, 40),
                get((2, 50_000), (3, 80), 0, 20, 30),
            ],
            None,
        ),
        (
            "two clients",
            vec![get((1, 40_000), SERVER, 0, 10, 40), get((5, 40_000), SERVER, 0, 20, 30)],
            None,
        ),
    ] {
        let capture = explained(&sorted(connections));
        let found = capture
            .findings
            .iter()
            .find(|f| f.kind == FindingKind::ParallelConnections);
        let got = found.map(|finding| (finding.args.get("most").cloned(), finding.streams.len()));
        let want = want.map(|(most, streams): (u64, usize)| (Some(most.into()), streams));
        assert_eq!(got, want, "{name}");
    }
}

#[test]
fn a_connection_that_was_open_before_the_capture_is_not_speculative() {
    let mut frames = vec![
        frame(0, true, FIN | ACK, 1, 1, ""),
        frame(10, false, FIN | ACK, 1, 2, ""),
        frame(20, true, ACK, 2, 2, ""),
    ];
    let used = get((1, 40_001), SERVER, 0, 100, 200);
    frames.extend(used.clone());
    frames.sort_by_key(|frame| frame.us);
    assert!(!kinds(&explained(&frames)).contains(&FindingKind::SpeculativeConnection));
    // With its handshake captured, the same connection is speculative.
    let mut whole = handshake();
    whole.extend([
        frame(30_000, true, FIN | ACK, 1, 1, ""),
        frame(30_010, false, FIN | ACK, 1, 2, ""),
        frame(30_020, true, ACK, 2, 2, ""),
    ]);
    let capture = explained(&sorted([whole, used]));
    assert!(
        kinds(&capture).contains(&FindingKind::SpeculativeConnection),
        "{:?}",
        kinds(&capture)
    );
}

#[test]
fn many_parallel_connections_take_linear_time() {
    let took = |count: u32| {
        // 500 at a time, all begun at the same moment.
        let connections = (0..count).map(|at| {
            let (group, port) = (u64::from(at / 500) * 1000, (1024 + at) as u16);
            get((1, port), SERVER, group, group + 100, group + 900)
        });
        let frames = sorted(connections);
        let begun = std::time::Instant::now();
        let capture = explained(&frames);
        assert!(kinds(&capture).contains(&FindingKind::ParallelConnections));
        begun.elapsed().as_secs_f64()
    };
    let (few, many) = (took(1000), took(8000));
    assert!(
        many < few * 32.0,
        "8 times as many streams took {many} s instead of {few} s"
    );
}

#[test]
fn errors_are_a_finding() {
    use FindingKind::{ClientErrors, ServerErrors};
    for (status, want) in [
        ("200 OK", None),
        ("304 Not Modified", None),
        ("401 Unauthorized", Some(ClientErrors)),
        ("404 Not Found", Some(ClientErrors)),
        ("503 Service Unavailable", Some(ServerErrors)),
    ] {
        let mut frames = handshake();
        let response = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        frames.push(frame(30_000, true, PSH | ACK, 1, 1, "GET / HTTP/1.1\r\n\r\n"));
        frames.push(frame(50_000, false, PSH | ACK, 1, 19, &response));
        let found = kinds(&explained(&frames));
        let errors: Vec<_> = found
            .into_iter()
            .filter(|kind| matches!(kind, ClientErrors | ServerErrors))
            .collect();
        assert_eq!(errors, Vec::from_iter(want), "{status}");
    }
}

#[test]
fn a_challenge_is_told_with_what_answers_it() {
    let challenge = "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n";
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let plain = "GET / HTTP/1.1\r\n\r\n";
    let with = "GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n";
    let other = "GET /b HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n";
    for (name, exchanges, want) in [
        ("no challenge", vec![(plain, ok)], None),
        ("no answer", vec![(plain, challenge), (other, ok)], Some(None)),
        (
            "an answer",
            vec![(plain, challenge), (with, ok)],
            Some(Some("Authorization: Basic")),
        ),
        ("refused credentials", vec![(with, challenge)], None),
        ("credentials before", vec![(with, ok), (plain, challenge)], Some(None)),
    ] {
        let (mut frames, mut seq, mut ack) = (handshake(), 1, 1);
        for (number, (request, response)) in exchanges.into_iter().enumerate() {
            let us = 30_000 + 50_000 * number as u64;
            frames.push(frame(us, true, PSH | ACK, seq, ack, request));
            seq += request.len() as u32;
            frames.push(frame(us + 20_000, false, PSH | ACK, ack, seq, response));
            ack += response.len() as u32;
        }
        let capture = explained(&frames);
        let mut findings = capture.findings.iter();
        let found = findings.find(|finding| finding.kind == FindingKind::Credentials);
        let answer = found.map(|finding| finding.args.get("answer").cloned());
        assert_eq!(answer, want.map(|answer| answer.map(Into::into)), "{name}");
    }
}
