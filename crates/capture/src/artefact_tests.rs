//! Effects of capturing that did not happen on the wire: recorded copies, a missing direction, payloads that the snap
//! length cut. Also losses, which did happen.

use crate::describe;
use crate::model::{AnalysisFlag, Capture, Connection, EndReason, FindingKind, NoteKind, RetransmissionCause, Side};
use crate::test_capture::*;

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";

/// One exchange with a response of 5000 bytes in ten segments, 10 µs apart, from 120 ms on; then the teardown.
fn exchange() -> Vec<TestFrame> {
    let mut frames = handshake();
    frames.push(frame(100_000, true, PSH | ACK, 1, 1, GET));
    let response = response(5000);
    for part in 0..10 {
        let begin = part * 500;
        let us = 120_000 + 10 * part as u64;
        frames.push(frame(
            us,
            false,
            ACK,
            1 + begin as u32,
            20,
            &response[begin..begin + 500],
        ));
    }
    frames.extend([
        frame(120_200, true, ACK, 20, 5001, ""),
        frame(130_000, true, FIN | ACK, 20, 5001, ""),
        frame(150_000, false, FIN | ACK, 5001, 21, ""),
        frame(150_100, true, ACK, 21, 5002, ""),
    ]);
    frames
}

fn flags(capture: &Capture) -> Vec<(AnalysisFlag, u64)> {
    let issues = capture.connections.iter().flat_map(|connection| &connection.tcp_issues);
    issues.map(|issue| (issue.flag, issue.count)).collect()
}

fn text(capture: &Capture) -> String {
    crate::render::text(capture, crate::Lang::En, crate::render::Ladders::Omit)
}

/// What must be equal in all variants: everything except the frame numbers and times.
fn gist(connection: &Connection) -> (Vec<String>, u64, u64) {
    let steps = describe::connection(connection).steps;
    let steps = steps
        .iter()
        .map(|step| format!("{step:?}").replace(char::is_numeric, ""))
        .collect();
    (steps, connection.client_sent.bytes, connection.server_sent.bytes)
}

#[test]
fn what_was_recorded_twice_counts_once() {
    let whole = explained(&exchange());
    type Copy = fn(usize, &TestFrame) -> Option<TestFrame>;
    let later = |frame: &TestFrame, us| {
        Some(TestFrame {
            us: frame.us + us,
            ..frame.clone()
        })
    };
    let cases: [(&str, Copy); 3] = [
        ("every frame, at once", |_, frame| Some(frame.clone())),
        ("one direction", |_, frame| {
            (frame.from == SERVER).then(|| frame.clone())
        }),
        ("without identification", |_, frame| {
            let is_bare = frame.payload.is_empty() && frame.flags == ACK;
            (!is_bare).then(|| TestFrame { id: 0, ..frame.clone() })
        }),
    ];
    for (name, copy) in cases {
        let mut frames = exchange();
        if name == "without identification" {
            frames.iter_mut().for_each(|frame| frame.id = 0);
        }
        let copies: Vec<TestFrame> = frames
            .iter()
            .enumerate()
            .filter_map(|(at, frame)| copy(at, frame))
            .collect();
        let count = copies.len() as u64;
        frames.extend(copies.iter().filter_map(|frame| later(frame, 35)));
        frames.sort_by_key(|frame| frame.us);
        let capture = explained(&frames);
        let note = capture.notes.iter().find(|note| note.kind == NoteKind::RecordedTwice);
        assert_eq!(
            note.and_then(|note| note.args.get("count").cloned()),
            Some(count.into()),
            "{name}"
        );
        assert_eq!(gist(&capture.connections[0]), gist(&whole.connections[0]), "{name}");
        assert!(
            flags(&capture)
                .iter()
                .all(|(flag, _)| *flag == AnalysisFlag::RecordedTwice),
            "{name}"
        );
        assert!(capture.findings.is_empty(), "{name}");
    }
}

#[test]
fn a_loss_that_was_repaired_is_a_retransmission_with_its_cost() {
    // The third segment is lost before the capture, or after it, and sent again at this time.
    let lost = |again_us: u64, duplicates: u64, captured: bool| {
        let mut frames = exchange();
        let lost = frames[6].clone();
        if !captured {
            frames.remove(6);
        }
        frames.truncate(frames.len() - 4);
        let sacks = (0..duplicates + 1).map(|n| frame(120_100 + n, true, ACK, 20, 1001, ""));
        frames.extend(sacks);
        frames.push(TestFrame {
            us: again_us,
            id: 7,
            ..lost
        });
        frames.push(frame(again_us + 100, true, ACK, 20, 5001, ""));
        explained(&frames)
    };
    for (name, again_us, duplicates, captured, flag, cause) in [
        (
            "RTO",
            330_000,
            1,
            false,
            AnalysisFlag::Retransmission,
            RetransmissionCause::Timeout,
        ),
        (
            "RTO, captured before",
            330_000,
            0,
            true,
            AnalysisFlag::Retransmission,
            RetransmissionCause::Timeout,
        ),
        (
            "RTO after duplicates",
            330_000,
            5,
            false,
            AnalysisFlag::Retransmission,
            RetransmissionCause::Timeout,
        ),
        (
            "fast",
            139_500,
            3,
            false,
            AnalysisFlag::FastRetransmission,
            RetransmissionCause::DuplicateAcks,
        ),
        (
            "fast, captured before",
            139_500,
            3,
            true,
            AnalysisFlag::FastRetransmission,
            RetransmissionCause::DuplicateAcks,
        ),
    ] {
        let capture = lost(again_us, duplicates, captured);
        let connection = &capture.connections[0];
        let seen: Vec<_> = connection
            .retransmissions
            .iter()
            .map(|seen| (seen.by, seen.cause))
            .collect();
        assert_eq!(seen, [(Side::Server, cause)], "{name}");
        assert_eq!(
            connection.retransmissions[0].waited_ns,
            (again_us - 120_090) * 1000,
            "{name}"
        );
        let counts = flags(&capture);
        assert!(counts.contains(&(flag, 1)), "{name}: {counts:?}");
        assert!(
            !counts.iter().any(|(flag, _)| *flag == AnalysisFlag::OutOfOrder),
            "{name}"
        );
        assert!(
            capture.findings.iter().any(|f| f.kind == FindingKind::Retransmissions),
            "{name}"
        );
        let complete = connection.exchanges[0]
            .response
            .as_ref()
            .is_some_and(|r| r.shortfall.is_none());
        assert!(complete, "{name}");
    }
    // Overtaken by the next segment: nothing was sent again.
    let mut frames = exchange();
    frames.swap(6, 7);
    let counts = flags(&explained(&frames));
    assert!(counts.contains(&(AnalysisFlag::OutOfOrder, 1)), "{counts:?}");
}

#[test]
fn one_direction_is_said_and_nothing_is_concluded_from_it() {
    for (name, only, begin) in [
        ("client", CLIENT, 0),
        ("server", SERVER, 0),
        ("client, midway", CLIENT, 3),
    ] {
        let frames: Vec<TestFrame> = exchange()
            .split_off(begin)
            .into_iter()
            .filter(|f| f.from == only)
            .collect();
        let capture = explained(&frames);
        let connection = &capture.connections[0];
        let side = if only == CLIENT { Side::Client } else { Side::Server };
        let note = connection.notes.iter().find(|note| note.kind == NoteKind::OneSided);
        assert_eq!(
            note.and_then(|note| note.args.get("side").cloned()),
            Some(side.into()),
            "{name}"
        );
        assert!(capture.findings.is_empty(), "{name}: {:?}", capture.findings);
        assert_eq!(connection.end.reason, EndReason::Unknown, "{name}");
        let text = text(&capture);
        for claim in ["no ACK in", "no FIN", "(no response)", "Pipelined", "never"] {
            assert!(!text.contains(claim), "{name}: {claim} in\n{text}");
        }
    }
}

#[test]
fn heads_are_read_as_far_as_the_snap_length_lets() {
    let response = |n: usize| {
        let cookie = "c".repeat(200);
        let head = format!("HTTP/1.1 200 OK\r\nX-Number: {n}\r\nSet-Cookie: {cookie}\r\nContent-Length: 500\r\n\r\n");
        head + &"x".repeat(500)
    };
    let (mut frames, mut seqs) = (handshake(), (1, 1));
    for n in 0..3 {
        let us = 100_000 * (n as u64 + 1);
        let response = response(n);
        frames.push(frame(
            us,
            true,
            PSH | ACK,
            seqs.0,
            seqs.1,
            &GET.replace('0', &n.to_string()),
        ));
        seqs.0 += 19;
        frames.push(frame(us + 20_000, false, PSH | ACK, seqs.1, seqs.0, &response));
        seqs.1 += response.len() as u32;
    }
    frames.push(frame(5_320_000, false, FIN | ACK, seqs.1, seqs.0, ""));
    let response_len = u64::from(seqs.1 - 1) / 3;
    for (snap, fields, head_complete) in [(80, 1, false), (120, 1, false), (340, 3, true), (1500, 3, true)] {
        let capture = explained_to(&frames, snap);
        let connection = &capture.connections[0];
        let seen: Vec<_> = connection
            .exchanges
            .iter()
            .map(|exchange| {
                let (request, response) = (exchange.request.as_ref()?, exchange.response.as_ref()?);
                Some((
                    request.head.target().to_owned(),
                    response.head.status(),
                    response.bytes(),
                    response.head_complete,
                ))
            })
            .collect();
        let want: Vec<_> = (0..3)
            .map(|n| Some((format!("/{n}"), 200, response_len, head_complete)))
            .collect();
        assert_eq!(seen, want, "{snap}");
        let head = connection.exchanges[1]
            .response
            .as_ref()
            .map(|r| r.head.fields().count());
        assert_eq!(head, Some(fields), "{snap}");
        assert_eq!(connection.end.reason, EndReason::IdleUnannounced, "{snap}");
        let unannounced = capture
            .findings
            .iter()
            .any(|f| f.kind == FindingKind::TimedOutUnannounced);
        assert_eq!(
            unannounced, head_complete,
            "{snap}: whether there was an announcement is known"
        );
        let cut = connection.notes.iter().any(|note| note.kind == NoteKind::PayloadsCut);
        assert_eq!(cut, snap < 1000, "{snap}");
    }
}
