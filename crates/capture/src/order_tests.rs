//! Segments that were captured in another order than they were sent, and losses that shift what seems to come first.

use crate::model::{Capture, FindingKind, HandshakeOutcome, RetransmissionCause, Side, TimeSpent};
use crate::test_capture::{ACK, FIN, PSH, RST, SYN, TestFrame, explained, frame, handshake, response};

const GET: &str = "GET / HTTP/1.1\r\n\r\n";

/// One exchange after the handshake; the response comes 20 ms after the request.
fn exchange() -> Vec<TestFrame> {
    vec![
        frame(100_000, true, PSH | ACK, 1, 1, GET),
        frame(120_000, false, PSH | ACK, 1, 19, &response(50)),
        frame(120_100, true, ACK, 19, 51, ""),
    ]
}

fn has(capture: &Capture, kind: FindingKind) -> bool {
    capture.findings.iter().any(|finding| finding.kind == kind)
}

#[test]
fn a_handshake_is_complete_in_any_order() {
    let [syn, syn_ack, ack] = handshake().try_into().expect("three frames");
    let capture = explained(&[vec![syn, ack, syn_ack], exchange()].concat());
    let handshake = &capture.connections[0].handshake;
    assert_eq!(
        (handshake.outcome, handshake.ack, handshake.took_ns),
        (HandshakeOutcome::Complete, Some(2), Some(20_100_000))
    );
}

#[test]
fn a_reset_refuses_a_connection_only_if_it_responds_to_its_syn() {
    let syn = || frame(0, true, SYN, 0, 0, "");
    for (name, frames, want) in [
        ("the SYN", vec![syn(), frame(10, false, RST | ACK, 0, 1, "")], true),
        (
            "the SYN, captured before it",
            vec![frame(5, false, RST | ACK, 0, 1, ""), syn()],
            true,
        ),
        // Its handshake and its exchange were not captured.
        (
            "an open connection",
            vec![syn(), frame(900_000, false, RST | ACK, 51, 19, "")],
            false,
        ),
    ] {
        let capture = explained(&frames);
        let connection = capture.connections.first();
        let refused = connection.is_some_and(|connection| connection.handshake.outcome == HandshakeOutcome::Refused);
        assert_eq!(refused, want, "{name}");
    }
}

#[test]
fn the_first_fin_is_the_one_that_was_sent_first() {
    let mut frames = [handshake(), exchange()].concat();
    frames.extend([
        frame(200_100, true, FIN | ACK, 19, 52, ""),
        frame(200_000, false, FIN | ACK, 51, 19, ""),
        frame(200_200, false, ACK, 52, 20, ""),
    ]);
    let capture = explained(&frames);
    assert_eq!(capture.connections[0].end.by, Some(Side::Server));
}

#[test]
fn a_server_that_had_begun_to_answer_was_not_thinking() {
    let mut frames = handshake();
    let answer = response(1000);
    frames.extend([
        frame(100_000, true, PSH | ACK, 1, 1, GET),
        frame(121_000, false, PSH | ACK, 501, 19, &answer[500..]),
        frame(1_121_000, false, ACK, 1, 19, &answer[..500]),
        frame(1_121_100, true, ACK, 19, 1001, ""),
    ]);
    let capture = explained(&frames);
    let timing = capture.connections[0].exchanges[0].timing.as_ref().expect("a split");
    assert_eq!(timing.spent_on(TimeSpent::Retransmission), 1_000_000_000);
    assert_eq!(timing.spent_on(TimeSpent::ServerThink), 1_000_000);
    assert!(has(&capture, FindingKind::SlowRetransmission) && !has(&capture, FindingKind::SlowServer));
}

#[test]
fn duplicate_acks_are_the_cause_as_long_as_a_round_trip_allows() {
    // The capture point is at the receiver, so a segment that the receiver asks for comes a round trip later.
    for (again_us, want) in [
        (151_500, RetransmissionCause::DuplicateAcks),
        (400_000, RetransmissionCause::Timeout),
    ] {
        let mut frames = handshake();
        let answer = response(2000);
        frames.push(frame(100_000, true, PSH | ACK, 1, 1, GET));
        let part = |us, begin: usize| frame(us, false, ACK, 1 + begin as u32, 19, &answer[begin..begin + 500]);
        frames.extend([part(120_000, 0), part(120_010, 1000), part(120_020, 1500)]);
        frames.extend((0..4).map(|n| frame(120_030 + n, true, ACK, 19, 501, "")));
        frames.push(part(again_us, 500));
        let capture = explained(&frames);
        let causes = capture.connections[0].retransmissions.iter().map(|seen| seen.cause);
        assert_eq!(causes.collect::<Vec<_>>(), [want], "{again_us}");
    }
}
