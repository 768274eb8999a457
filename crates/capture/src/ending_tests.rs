//! Why connections end, or were never opened: timeouts, resets, refusals.

use crate::model::{
    Arg, Capture, EndReason, Finding, FindingKind, HandshakeOutcome, IdleEnd, IdlePeriod, Side, Teardown, Usage,
    Verdict,
};
use crate::test_capture::*;
use crate::test_profiles::built_ins;

/// One exchange on a separate connection, with these fields in the response; then a FIN or RST this long after it.
fn ended(at: u16, fields: &str, by_client: bool, flags: u8, after_us: u64) -> Vec<TestFrame> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{fields}\r\nok");
    let len = head.len() as u32;
    let mut frames = handshake();
    frames.extend([
        frame(100_000, true, PSH | ACK, 1, 1, "GET /0 HTTP/1.1\r\n\r\n"),
        frame(120_000, false, PSH | ACK, 1, 20, &head),
        frame(120_100, true, ACK, 20, 1 + len, ""),
    ]);
    let (seq, ack) = if by_client { (20, 1 + len) } else { (1 + len, 20) };
    frames.push(frame(120_000 + after_us, by_client, flags, seq, ack, ""));
    if flags & FIN != 0 {
        frames.push(frame(120_100 + after_us, !by_client, ACK, ack, seq + 1, ""));
    }
    for frame in &mut frames {
        let client = if frame.from == CLIENT {
            &mut frame.from
        } else {
            &mut frame.to
        };
        client.1 += at;
    }
    frames
}

fn capture(connections: impl IntoIterator<Item = Vec<TestFrame>>) -> Capture {
    let mut frames: Vec<TestFrame> = connections.into_iter().flatten().collect();
    frames.sort_by_key(|frame| frame.us);
    explained(&frames)
}

fn of_kind(capture: &Capture, kind: FindingKind) -> Vec<&Finding> {
    capture.findings.iter().filter(|finding| finding.kind == kind).collect()
}

#[test]
fn timeouts_are_grouped_by_announcement_and_time() {
    let keep = |seconds: u64| format!("Keep-Alive: timeout={seconds}\r\n");
    let found = capture([
        ended(0, &keep(5), false, FIN | ACK, 5_008_000),
        ended(1, &keep(5), false, FIN | ACK, 5_020_000),
        ended(2, &keep(2), false, FIN | ACK, 2_010_000),
        ended(3, "", false, FIN | ACK, 30_000_000),
        ended(4, "", false, FIN | ACK, 30_200_000),
        ended(5, "", false, FIN | ACK, 61_000_000),
        ended(6, &keep(15), false, RST | ACK, 8_800_000),
    ]);
    let gist = |kind| -> Vec<_> {
        let findings = of_kind(&found, kind).into_iter();
        findings
            .map(|f| {
                (
                    f.args.get("after").cloned(),
                    f.args.get("how").cloned(),
                    f.streams.clone(),
                )
            })
            .collect()
    };
    let row = |us: u64, how: &str, streams: &[u32]| (Some(Arg::ns(us * 1000)), Some(how.into()), streams.to_vec());
    assert_eq!(
        gist(FindingKind::TimedOutAsAnnounced),
        [row(5_008_000, "FIN", &[0, 1]), row(2_010_000, "FIN", &[2])]
    );
    assert_eq!(
        gist(FindingKind::TimedOutUnannounced),
        [row(30_000_000, "FIN", &[3, 4]), row(61_000_000, "FIN", &[5])]
    );
    assert_eq!(gist(FindingKind::TimedOutOtherwise), [row(8_800_000, "RST", &[6])]);
}

#[test]
fn a_client_that_closes_after_an_announced_close_has_that_reason() {
    for (fields, want) in [
        ("Connection: close\r\n", EndReason::ResponseSaidClose),
        ("connection: Close\r\n", EndReason::ResponseSaidClose),
        ("Connection: keep-alive\r\n", EndReason::ClientDone),
        ("", EndReason::ClientDone),
    ] {
        let found = capture([ended(0, fields, true, FIN | ACK, 1000)]);
        assert_eq!(found.connections[0].end.reason, want, "{fields}");
    }
}

#[test]
fn an_attempt_was_refused_or_unanswered_or_came_too_late() {
    let syn = |us| frame(us, true, SYN, 0, 0, "");
    let refusal = frame(1000, false, RST | ACK, 0, 1, "");
    let long = ended(9, "", false, FIN | ACK, 60_000_000);
    for (name, frames, outcome, finding) in [
        (
            "refused",
            vec![syn(0), refusal],
            HandshakeOutcome::Refused,
            Some(FindingKind::ResetsRefused),
        ),
        (
            "unanswered",
            vec![syn(0)],
            HandshakeOutcome::Unanswered,
            Some(FindingKind::NotOpened),
        ),
        (
            "unanswered, sent again",
            vec![syn(57_800_000), syn(58_800_000)],
            HandshakeOutcome::Unanswered,
            Some(FindingKind::NotOpened),
        ),
        (
            "sent again at the end",
            vec![syn(58_800_000), syn(59_800_000)],
            HandshakeOutcome::CaptureEnds,
            None,
        ),
        (
            "sent again and again up to the end",
            vec![syn(52_800_000), syn(53_800_000), syn(55_800_000), syn(59_800_000)],
            HandshakeOutcome::Unanswered,
            Some(FindingKind::NotOpened),
        ),
        ("at the end", vec![syn(60_000_000)], HandshakeOutcome::CaptureEnds, None),
    ] {
        let found = capture([frames, long.clone()]);
        let connection = found
            .connections
            .iter()
            .find(|c| c.client.port() == CLIENT.1)
            .expect(name);
        assert_eq!(connection.handshake.outcome, outcome, "{name}");
        for kind in [FindingKind::ResetsRefused, FindingKind::NotOpened] {
            assert_eq!(
                of_kind(&found, kind).len(),
                usize::from(finding == Some(kind)),
                "{name}"
            );
        }
        let text = crate::render::text(&found, crate::Lang::En, crate::render::Ladders::Omit);
        assert_eq!(text.contains("never opened"), finding.is_some(), "{name}: {text}");
    }
}

#[test]
fn a_reset_without_ack_says_that_there_is_no_such_connection() {
    let later = |flags| {
        let mut frames = ended(0, "", true, ACK, 1000);
        frames.extend([
            frame(120_000_000, true, PSH | ACK, 20, 41, "GET /1 HTTP/1.1\r\n\r\n"),
            frame(120_020_000, false, flags, 41, 39, ""),
        ]);
        explained(&frames)
    };
    assert_eq!(of_kind(&later(RST), FindingKind::ResetsNoConnection).len(), 1);
    assert_eq!(of_kind(&later(RST | ACK), FindingKind::ResetsNoConnection).len(), 0);
    assert_eq!(of_kind(&later(RST | ACK), FindingKind::ResetsAbort).len(), 1);
}

#[test]
fn what_a_server_calls_itself_outweighs_how_it_looks() {
    let verdict = |fields: &str| {
        let file = TestFile::default().pcap(&ended(0, fields, true, FIN | ACK, 1000));
        let capture = crate::explain_bytes(&file, built_ins()).expect("a capture");
        capture
            .fingerprints
            .first()
            .map(|found| (found.verdict, found.scores[0].profile.clone()))
    };
    let more = "Date: Thu, 26 Nov 2026 09:00:00 GMT\r\nContent-Type: text/html\r\n";
    let other = verdict(&format!("Server: ExampleServer/2.0\r\n{more}"));
    assert_eq!(other.map(|(verdict, _)| verdict), Some(Verdict::OtherProduct));
    let nginx = verdict(&format!("Server: nginx/1.27.4\r\n{more}"));
    assert_eq!(nginx.map(|(_, profile)| profile), Some("nginx".to_owned()));
    // A head like this fits too many servers.
    assert_eq!(verdict(""), None);
}

#[test]
fn a_fin_that_gets_no_answer_and_is_not_sent_again_may_not_be_the_first() {
    let ended = |goes_on_us: u64| {
        let mut frames = handshake();
        frames.extend([
            frame(100_000, true, PSH | ACK, 1, 1, "GET /0 HTTP/1.1\r\n\r\n"),
            frame(120_000, false, PSH | ACK, 1, 20, &response(50)),
            frame(120_100, true, ACK, 20, 51, ""),
            frame(420_000, false, FIN | ACK, 51, 20, ""),
        ]);
        // Another connection shows how long the capture continues.
        let mut other = frame(420_000 + goes_on_us, true, SYN, 0, 0, "");
        other.from.1 += 1;
        frames.push(other);
        explained(&frames).connections[0].end.by
    };
    assert_eq!((ended(1_000_000), ended(3_000_000)), (Some(Side::Server), None));
}

#[test]
fn an_acknowledged_fin_that_was_not_captured_may_have_been_the_first() {
    let ended = |acked: u32| {
        let mut frames = handshake();
        frames.extend([
            frame(100_000, true, PSH | ACK, 1, 1, "GET /0 HTTP/1.1\r\n\r\n"),
            frame(120_000, false, PSH | ACK, 1, 20, &response(50)),
            frame(120_100, true, ACK, 20, 51, ""),
            frame(2_120_000, false, FIN | ACK, 51, 20, ""),
            frame(2_140_000, false, ACK, 52, acked, ""),
        ]);
        explained(&frames).connections[0].end.by
    };
    assert_eq!((ended(20), ended(21)), (Some(Side::Server), None));
}

/// The frames of a connection that begins this much later with another initial sequence number.
fn later(mut frames: Vec<TestFrame>, us: u64, isn: u32) -> Vec<TestFrame> {
    for frame in &mut frames {
        frame.us += us;
        frame.seq = frame.seq.wrapping_add(isn);
        frame.ack = frame.ack.wrapping_add(isn);
    }
    frames
}

#[test]
fn a_port_that_is_used_again_is_a_finding() {
    let whole = || ended(0, "", true, FIN | ACK, 1000);
    let syn = || vec![frame(0, true, SYN, 0, 0, "")];
    for (name, connections, want) in [
        (
            "twice, and one of another port",
            vec![
                whole(),
                later(whole(), 2_000_000, 70_000),
                later(whole(), 9_000_000, 900_000),
                ended(1, "", true, FIN | ACK, 1000),
            ],
            Some((2, 1_878_900_000_i64)),
        ),
        (
            "after an attempt",
            vec![syn(), later(whole(), 5_000_000, 70_000)],
            Some((1, 5_000_000_000)),
        ),
        (
            "a SYN that is sent again",
            vec![syn(), later(syn(), 1_000_000, 0), later(whole(), 3_000_000, 0)],
            None,
        ),
        (
            "the first one was open when the capture began",
            vec![whole()[3..].to_vec(), later(whole(), 2_000_000, 70_000)],
            Some((1, 1_878_900_000)),
        ),
    ] {
        let found = capture(connections);
        let found = of_kind(&found, FindingKind::PortReused);
        let said = found
            .first()
            .map(|f| (f.args.get("count").cloned(), f.args.get("after").cloned()));
        let want = want.map(|(count, ns)| (Some(Arg::Count(count)), Some(Arg::ns(ns))));
        assert_eq!(said, want, "{name}");
    }
}

#[test]
fn the_end_of_a_connection_whose_port_is_used_again_may_be_missing() {
    let fin = |frames: usize| ended(0, "Keep-Alive: timeout=5\r\n", false, FIN | ACK, 1000)[..frames].to_vec();
    for (name, first, teardown, usage) in [
        ("whole", fin(8), Teardown::HalfClosed, Usage::Http),
        ("without an end", fin(6), Teardown::NotCaptured, Usage::Http),
        ("unused so far", fin(3), Teardown::NotCaptured, Usage::NotCaptured),
        ("an attempt", fin(1), Teardown::NeverOpened, Usage::NotOpened),
    ] {
        let found = capture([first, later(fin(8), 500_000, 70_000)]);
        let before = &found.connections[0];
        assert_eq!((before.end.teardown, before.usage), (teardown, usage), "{name}");
        assert!(before.end.replaced_by.is_some(), "{name}");
        // How long the other side had not closed, or nobody, is not known.
        assert_eq!((before.end.half_closed_ns, before.end.quiet_ns), (None, None), "{name}");
        let to_capture_end = |idle: &&IdlePeriod| idle.ended_by == IdleEnd::CaptureEnds;
        assert_eq!(before.idle_periods.iter().find(to_capture_end), None, "{name}");
        assert_eq!(found.connections[1].end.replaced_by, None, "{name}");
    }
}

#[test]
fn a_response_without_a_request_ends_an_idle_period_only_if_all_was_captured() {
    let early = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
    let talk = || {
        let mut frames = ended(0, "", false, FIN | ACK, 9_000_000);
        let fin = frames.split_off(6);
        let next = fin[0].seq;
        frames.push(frame(8_000_000, false, PSH | ACK, next, 20, early));
        frames
    };
    let by = |frames: Vec<TestFrame>| -> Vec<(u64, IdleEnd, bool)> {
        let found = explained(&frames);
        let connection = &found.connections[0];
        let lost = connection
            .exchanges
            .last()
            .is_some_and(|exchange| exchange.request_lost);
        let periods = connection.idle_periods.iter().filter(|idle| idle.after > 0);
        periods.map(|idle| (idle.after, idle.ended_by, lost)).collect()
    };
    assert_eq!(by(talk()), [(1, IdleEnd::Response, false)]);
    let of_server: Vec<TestFrame> = talk().into_iter().filter(|frame| frame.from == SERVER).collect();
    assert_eq!(by(of_server), []);
}
