//! Losses, and holes in a capture, do not lead to wrong conclusions.

use crate::model::{
    AnalysisFlag, Capture, Connection, EndReason, FindingKind, ResetClass, RetransmissionCause, Shortfall, Side,
    TimeSpent,
};
use crate::test_capture::*;

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const MS: u64 = 1000;

fn has(capture: &Capture, kind: FindingKind) -> bool {
    capture.findings.iter().any(|finding| finding.kind == kind)
}

fn connection(capture: &Capture) -> &Connection {
    &capture.connections[0]
}

fn spent(capture: &Capture, exchange: usize, on: TimeSpent) -> u64 {
    let timing = connection(capture).exchanges[exchange].timing.as_ref();
    timing.map_or(0, |timing| timing.spent_on(on) / 1_000_000)
}

/// An exchange of 19 and `len` bytes that begins at a time; the response comes 20 ms later.
fn exchange(us: u64, len: usize) -> Vec<TestFrame> {
    vec![
        frame(us, true, PSH | ACK, 1, 1, GET),
        frame(us + 20 * MS, false, PSH | ACK, 1, 20, &response(len)),
        frame(us + 21 * MS, true, ACK, 20, 1 + len as u32, ""),
    ]
}

#[test]
fn a_handshake_is_a_round_trip_only_if_it_is_whole() {
    let of = |frames: Vec<TestFrame>| {
        let capture = explained(&frames);
        let handshake = &connection(&capture).handshake;
        let measured = [handshake.round_trip_ns, handshake.server_round_trip_ns];
        (measured, has(&capture, FindingKind::SlowRoundTrip))
    };
    let whole = [handshake(), exchange(1200 * MS, 60)].concat();
    assert_eq!(of(whole.clone()), ([Some(20_100_000), Some(20_000_000)], false));
    let mut without_ack = whole.clone();
    without_ack.remove(2);
    assert_eq!(of(without_ack), ([None, None], false), "the request takes its place");
    let mut again = whole;
    let copy = TestFrame {
        us: 1000 * MS,
        id: 7,
        ..again[1].clone()
    };
    (again[2].us, again[1]) = (1000 * MS + 100, again[1].clone());
    again.insert(2, copy);
    assert_eq!(of(again), ([None, None], false), "the SYN/ACK is sent again");
    let mut late = [handshake(), exchange(3000 * MS, 60)].concat();
    late[1..3].iter_mut().for_each(|frame| frame.us += 1000 * MS);
    assert_eq!(of(late), ([None, None], false), "another SYN may be missing");
}

#[test]
fn a_syn_that_is_sent_again_has_waited_for_its_own_time() {
    let mut frames = handshake();
    frames.iter_mut().for_each(|frame| frame.us += 1000 * MS);
    frames.insert(0, frame(0, true, SYN, 0, 0, ""));
    let capture = explained(&frames);
    assert_eq!(connection(&capture).retransmissions[0].waited_ns, 1_000_000_000);
}

#[test]
fn a_server_pauses_only_after_the_end_of_a_write() {
    for (flags, is_pause) in [(PSH | ACK, true), (ACK, false)] {
        let mut frames = handshake();
        let (first, rest) = (&response(2000)[..900], &response(2000)[900..]);
        frames.extend([
            frame(30 * MS, true, PSH | ACK, 1, 1, GET),
            frame(50 * MS, false, flags, 1, 20, first),
            frame(51 * MS, true, ACK, 20, 901, ""),
            frame(1551 * MS, false, PSH | ACK, 901, 20, rest),
        ]);
        let capture = explained(&frames);
        assert_eq!(has(&capture, FindingKind::SlowServerPause), is_pause);
        assert_eq!(
            spent(&capture, 0, TimeSpent::UnexplainedPause) > 0,
            !is_pause,
            "a lost segment looks the same"
        );
    }
}

#[test]
fn a_full_window_is_waited_for_whatever_the_last_segment_holds() {
    let mut frames = handshake();
    let (first, rest) = (&response(2000)[..900], &response(2000)[900..]);
    frames[2].window = 900;
    frames.extend([
        frame(30 * MS, true, PSH | ACK, 1, 1, GET),
        frame(50 * MS, false, PSH | ACK, 1, 20, first),
        frame(1051 * MS, true, ACK, 20, 901, ""),
        frame(1071 * MS, false, PSH | ACK, 901, 20, rest),
    ]);
    frames[3].window = 900;
    let capture = explained(&frames);
    assert_eq!(spent(&capture, 0, TimeSpent::WindowWait), 1021);
    assert!(!has(&capture, FindingKind::SlowServerPause));
}

#[test]
fn a_response_waits_for_a_closed_window() {
    let mut frames = [handshake(), exchange(30 * MS, 60)].concat();
    frames[5].window = 0;
    frames.extend([
        frame(100 * MS, true, PSH | ACK, 20, 61, GET),
        frame(1100 * MS, true, ACK, 39, 61, ""),
        frame(1120 * MS, false, PSH | ACK, 61, 39, &response(70)),
    ]);
    frames[6].window = 0;
    let capture = explained(&frames);
    assert_eq!(spent(&capture, 1, TimeSpent::ZeroWindow), 1000);
    assert!(has(&capture, FindingKind::SlowZeroWindow) && !has(&capture, FindingKind::SlowServer));
}

#[test]
fn a_response_waits_for_a_lost_segment_of_the_one_before() {
    let mut frames = handshake();
    let first = response(1000);
    frames.extend([
        frame(30 * MS, true, PSH | ACK, 1, 1, GET),
        frame(30 * MS + 10, true, PSH | ACK, 20, 1, GET),
        frame(50 * MS, false, ACK, 1, 39, &first[..400]),
        // The rest of it is lost before the capture point.
        frame(900 * MS, false, PSH | ACK, 1001, 39, &response(80)),
        frame(1400 * MS, false, ACK, 401, 39, &first[400..]),
    ]);
    let capture = explained(&frames);
    assert_eq!(spent(&capture, 1, TimeSpent::HeadOfLine), 869);
    assert_eq!(spent(&capture, 1, TimeSpent::ServerThink), 0);
}

#[test]
fn bytes_that_were_acknowledged_are_not_cut_off_by_a_reset() {
    let mut frames = [handshake(), exchange(30 * MS, 1000)].concat();
    // The end of the response is not in the capture; its acknowledgement is.
    frames[4].payload.truncate(400);
    frames.push(frame(2000 * MS, true, RST | ACK, 20, 1001, ""));
    let capture = explained(&frames);
    let response = connection(&capture).exchanges[0].response.as_ref().expect("a response");
    assert_eq!(response.shortfall, None);
    assert!(!has(&capture, FindingKind::ResetsAbort));
    let mut without = frames.clone();
    without[5].ack = 401;
    without[6].ack = 401;
    let capture = explained(&without);
    let response = connection(&capture).exchanges[0].response.as_ref().expect("a response");
    assert_eq!(response.shortfall, Some(Shortfall::Reset));
}

#[test]
fn a_reset_after_a_reset_is_no_lost_connection() {
    let mut frames = [handshake(), exchange(30 * MS, 60)].concat();
    frames.extend([
        frame(2000 * MS, false, RST | ACK, 61, 20, ""),
        frame(2001 * MS, true, PSH | ACK, 20, 61, GET),
        frame(2021 * MS, false, RST, 61, 0, ""),
    ]);
    let capture = explained(&frames);
    let classes: Vec<ResetClass> = connection(&capture)
        .end
        .resets
        .iter()
        .map(|reset| reset.class)
        .collect();
    assert_eq!(classes, [ResetClass::Idle, ResetClass::AfterReset]);
    assert!(!has(&capture, FindingKind::ResetsNoConnection));
}

#[test]
fn a_side_that_knows_no_connection_did_not_end_it() {
    for from_client in [true, false] {
        let mut frames = [handshake(), exchange(30 * MS, 60)].concat();
        let (seq, ack) = if from_client { (20, 0) } else { (61, 0) };
        frames.push(frame(9000 * MS, from_client, RST, seq, ack, ""));
        let capture = explained(&frames);
        assert_eq!(connection(&capture).end.reason, EndReason::Unknown);
    }
}

#[test]
fn a_number_that_was_passed_over_may_be_a_fin() {
    let mut frames = [handshake(), exchange(30 * MS, 60)].concat();
    frames.extend([
        frame(2000 * MS, false, FIN | ACK, 61, 20, ""),
        frame(2001 * MS, true, ACK, 21, 62, ""),
        frame(2021 * MS, false, ACK, 62, 21, ""),
    ]);
    assert_eq!(connection(&explained(&frames)).end.by, None);
    frames[7].seq = 20;
    frames.truncate(8);
    assert!(connection(&explained(&frames)).end.by.is_some());
}

#[test]
fn a_probe_may_meet_a_window_that_has_just_opened() {
    let mut frames = [handshake(), exchange(30 * MS, 60)].concat();
    frames[5].window = 0;
    frames.extend([
        frame(500 * MS, true, ACK, 20, 61, ""),
        frame(510 * MS, false, ACK, 60, 20, ""),
        frame(2000 * MS, false, ACK, 60, 20, ""),
    ]);
    let capture = explained(&frames);
    let flags = |at: usize| connection(&capture).frames[at].analysis.iter().collect::<Vec<_>>();
    assert_eq!(flags(7), [AnalysisFlag::WindowProbe]);
    assert_eq!(flags(8), [AnalysisFlag::KeepAlive]);
}

#[test]
fn a_request_that_follows_what_was_not_captured_may_be_pipelined() {
    let paired = |frames: &[TestFrame]| {
        let capture = explained(frames);
        let all = connection(&capture).exchanges.iter();
        all.filter(|exchange| exchange.request.is_some() && exchange.response.is_some())
            .count()
    };
    // The capture begins within the body of a request; the next request was sent with it.
    let body = "b".repeat(500);
    let midway = |ack: u32| {
        vec![
            frame(0, true, ACK, 1, 1, &body),
            frame(10, true, PSH | ACK, 501, ack, GET),
            frame(20 * MS, false, PSH | ACK, ack, 520, &response(60)),
            frame(21 * MS, true, ACK, 520, ack + 60, ""),
        ]
    };
    assert_eq!(paired(&midway(1)), 0, "it may be the response to the first request");
    // The response acknowledges another request, which is not in the capture.
    let mut frames = [handshake(), exchange(30 * MS, 60)].concat();
    (frames[4].seq, frames[4].ack, frames[5].ack) = (701, 39, 761);
    frames.extend([
        frame(100 * MS, true, PSH | ACK, 39, 761, GET),
        frame(120 * MS, false, PSH | ACK, 761, 58, &response(60)),
        frame(121 * MS, true, ACK, 58, 821, ""),
        frame(122 * MS, true, ACK, 58, 821, ""),
        frame(123 * MS, true, ACK, 58, 821, ""),
    ]);
    let capture = explained(&frames);
    let mut all = connection(&capture).exchanges.iter();
    let first = all.find(|exchange| exchange.request.as_ref().is_some_and(|request| request.seq == 1));
    assert!(first.is_some_and(|first| first.response.is_none()), "{first:?}");
}

#[test]
fn a_window_stops_the_sender_from_the_frame_on_that_shuts_it() {
    let mut frames = handshake();
    let (first, rest) = (&response(2000)[..900], &response(2000)[900..]);
    frames.extend([
        frame(30 * MS, true, PSH | ACK, 1, 1, GET),
        frame(50 * MS, false, ACK, 1, 20, first),
        frame(350 * MS, true, ACK, 20, 901, ""),
        frame(410 * MS, true, ACK, 20, 901, ""),
        frame(430 * MS, false, PSH | ACK, 901, 20, rest),
    ]);
    frames[5].window = 0;
    let capture = explained(&frames);
    assert_eq!(spent(&capture, 0, TimeSpent::ZeroWindow), 60);
    assert_eq!(
        spent(&capture, 0, TimeSpent::RoundTrip),
        40,
        "of the request, and of the frame that opens it"
    );
    assert_eq!(spent(&capture, 0, TimeSpent::UnexplainedPause), 300);
    assert!(!has(&capture, FindingKind::SlowZeroWindow));
}

#[test]
fn duplicate_acks_cause_what_is_sent_after_they_have_arrived() {
    // The round trip to the server takes 20 ms.
    let cause = |after_us: u64| {
        let mut frames = handshake();
        let first = response(2000);
        frames.extend([
            frame(30 * MS, true, PSH | ACK, 1, 1, GET),
            frame(50 * MS, false, ACK, 1, 20, &first[..1000]),
            frame(350 * MS, false, PSH | ACK, 1001, 20, &first[1000..]),
        ]);
        let acks = (0..4).map(|n| frame(350 * MS + 100 + n, true, ACK, 20, 1, ""));
        frames.extend(acks);
        frames.push(frame(350 * MS + 100 + after_us, false, ACK, 1, 20, &first[..1000]));
        let capture = explained(&frames);
        connection(&capture).retransmissions[0].cause
    };
    assert_eq!(cause(21 * MS), RetransmissionCause::DuplicateAcks);
    assert_ne!(cause(5 * MS), RetransmissionCause::DuplicateAcks);
    assert_ne!(cause(45 * MS), RetransmissionCause::DuplicateAcks);
}

#[test]
fn duplicate_acks_may_be_missing_with_the_bytes_that_they_came_with() {
    // The client's next request and two of its duplicate ACKs were not captured; the server acknowledges the request.
    let flags_after = |unseen: u32| {
        let first = response(2000);
        let mut frames = handshake();
        frames.extend([
            frame(30 * MS, true, PSH | ACK, 1, 1, GET),
            frame(50 * MS, false, ACK, 1, 20, &first[..1000]),
            frame(50 * MS + 8, false, PSH | ACK, 1001, 20, &first[1000..]),
            frame(60 * MS, true, ACK, 20, 1, ""),
            frame(61 * MS, false, ACK, 1, 20 + unseen, &first[..1000]),
        ]);
        let capture = explained(&frames);
        let last = connection(&capture).frames.last().map(|frame| frame.analysis.iter());
        last.into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(flags_after(0), [AnalysisFlag::OutOfOrder]);
    let again = flags_after(19);
    assert!(again.contains(&AnalysisFlag::FastRetransmission), "{again:?}");
}

#[test]
fn a_segment_that_repeats_an_acknowledgement_with_data_is_no_duplicate_ack() {
    // The server asks for the second request with duplicate ACKs, which get lost, as its response does. Both sides then
    // wait for their timers, the server for less time.
    let mut frames = handshake();
    frames.extend([
        frame(30 * MS, true, PSH | ACK, 1, 1, GET),
        frame(30 * MS + 5, true, PSH | ACK, 39, 1, GET),
        frame(50 * MS, false, PSH | ACK, 1, 20, &response(50)),
    ]);
    frames.extend((0..3).map(|n| frame(50 * MS + 10 + n, false, ACK, 51, 20, "")));
    frames.extend([
        frame(250 * MS, false, PSH | ACK, 1, 20, &response(50)),
        frame(260 * MS, true, PSH | ACK, 20, 51, GET),
        frame(280 * MS, false, ACK, 51, 58, ""),
    ]);
    let capture = explained(&frames);
    let causes = connection(&capture)
        .retransmissions
        .iter()
        .map(|seen| (seen.by, seen.cause));
    let timeout = RetransmissionCause::Timeout;
    assert_eq!(
        causes.collect::<Vec<_>>(),
        [(Side::Server, timeout), (Side::Client, timeout)]
    );
}

#[test]
fn the_timer_of_a_server_runs_from_before_its_response_was_sent_again() {
    // The first segment of the response is lost before the capture point, and the last one waits for its
    // retransmission. The server closes 2 s after it wrote the response.
    let keep = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 02938\r\n\r\n";
    let data = format!("{keep}{}", "x".repeat(2938));
    let len = data.len() as u32;
    let mut frames = handshake();
    frames.extend([
        frame(30 * MS, true, PSH | ACK, 1, 1, GET),
        frame(50 * MS, false, ACK, 1001, 20, &data[1000..2000]),
        frame(50 * MS + 100, true, ACK, 20, 1, ""),
        frame(650 * MS, false, ACK, 1, 20, &data[..1000]),
        frame(650 * MS + 100, true, ACK, 20, 2001, ""),
        frame(670 * MS, false, PSH | ACK, 2001, 20, &data[2000..]),
        frame(670 * MS + 100, true, ACK, 20, len + 1, ""),
        frame(2050 * MS - 10, false, FIN | ACK, len + 1, 20, ""),
    ]);
    let capture = explained(&frames);
    assert_eq!(connection(&capture).end.reason, EndReason::IdleAsAnnounced);
    assert!(!has(&capture, FindingKind::TimedOutOtherwise));
}
