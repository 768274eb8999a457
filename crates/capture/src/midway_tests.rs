//! Conclusions that need what was not captured: the beginning, the other side, the bytes before a RST.

use crate::describe;
use crate::model::{AnalysisFlag, Capture, EndReason, HandshakeOutcome, ResetClass, RetransmissionCause, Side, Usage};
use crate::test_capture::{ACK, CLIENT, FIN, PSH, RST, SERVER, TestFile, TestFrame, frame, handshake, response};
use crate::{Filter, Lang, Options, render};

const GET: &str = "GET / HTTP/1.1\r\n\r\n";

fn text(capture: &Capture) -> String {
    render::text(capture, Lang::En, render::Ladders::Omit)
}

/// Explains frames whatever they carry.
fn explained(frames: &[TestFrame]) -> Capture {
    let filter = Filter {
        ports: vec![SERVER.1],
        ..Filter::default()
    };
    let options = Options {
        filter,
        ..Options::default()
    };
    crate::explain(&TestFile::default().pcap(frames)[..], &options, &[]).expect("a capture")
}

fn flags(capture: &Capture) -> Vec<Vec<AnalysisFlag>> {
    let frames = &capture.connections[0].frames;
    frames.iter().map(|frame| frame.analysis.iter().collect()).collect()
}

#[test]
fn a_connection_without_beginning_and_bytes_is_not_called_unused() {
    let end = vec![
        frame(0, true, FIN | ACK, 1, 1, ""),
        frame(10, false, FIN | ACK, 1, 2, ""),
        frame(20, true, ACK, 2, 2, ""),
    ];
    let capture = explained(&end);
    let connection = &capture.connections[0];
    assert_eq!(
        (connection.usage, connection.end.reason),
        (Usage::NotCaptured, EndReason::Unknown)
    );
    assert!(!text(&capture).contains("never used"), "{}", text(&capture));
    let mut whole = handshake();
    whole.extend(end.into_iter().map(|frame| TestFrame {
        us: frame.us + 30_000,
        ..frame
    }));
    assert_eq!(explained(&whole).connections[0].usage, Usage::Unused);
    // When the capture ends, the connection could still have been used.
    assert!(text(&explained(&handshake())).contains("not used before the capture ended"));
}

#[test]
fn who_closed_first_is_said_only_if_it_is_known() {
    let exchange = |us: u64| {
        vec![
            frame(us, true, PSH | ACK, 1, 1, GET),
            frame(us + 10, false, PSH | ACK, 1, 19, &response(50)),
            frame(us + 20, true, ACK, 19, 51, ""),
        ]
    };
    let fin = |ack| frame(200_000, true, FIN | ACK, 19, ack, "");
    let only_client = |frames: Vec<TestFrame>| frames.into_iter().filter(|f| f.from == CLIENT).collect::<Vec<_>>();
    let whole = [handshake(), exchange(100_000)].concat();
    for (name, frames, want) in [
        ("whole", [whole.clone(), vec![fin(51)]].concat(), Some(Side::Client)),
        ("one side", only_client([whole.clone(), vec![fin(51)]].concat()), None),
        (
            "it acknowledges a FIN that was not captured",
            [whole, vec![fin(52)]].concat(),
            None,
        ),
        (
            "midway, after bytes of both",
            [exchange(0), vec![fin(51)]].concat(),
            Some(Side::Client),
        ),
        ("midway, without bytes of the server", vec![fin(51)], None),
    ] {
        let capture = explained(&frames);
        assert_eq!(capture.connections[0].end.by, want, "{name}");
        let says_first = text(&capture).contains("the first FIN");
        assert_eq!(says_first, want.is_some(), "{name}");
    }
}

#[test]
fn a_request_that_the_server_had_not_received_is_not_why_it_closed() {
    let mut frames = handshake();
    frames.extend([
        frame(100_000, true, PSH | ACK, 1, 1, GET),
        frame(120_000, false, PSH | ACK, 1, 19, &response(50)),
        frame(120_100, true, ACK, 19, 51, ""),
        // The request comes first in the capture, and crosses the FIN on its way to the server.
        frame(5_120_000, true, PSH | ACK, 19, 51, GET),
        frame(5_120_200, false, FIN | ACK, 51, 19, ""),
        frame(5_140_000, false, RST, 51, 0, ""),
    ]);
    let capture = explained(&frames);
    let end = &capture.connections[0].end;
    assert_eq!(end.reason, EndReason::IdleUnannounced);
    assert_eq!(end.resets[0].class, ResetClass::RefusesLateData);
}

#[test]
fn what_a_reset_does_is_said_only_if_it_is_known() {
    let midway = vec![frame(0, true, ACK, 1, 1, ""), frame(50, false, RST | ACK, 1, 1, "")];
    let capture = explained(&midway);
    assert_eq!(capture.connections[0].end.resets[0].class, ResetClass::Unexplained);
    assert!(capture.findings.is_empty(), "{:?}", capture.findings);
    let mut whole = handshake();
    whole.push(frame(30_000, false, RST | ACK, 1, 1, ""));
    assert_eq!(explained(&whole).connections[0].end.resets[0].class, ResetClass::Idle);
}

#[test]
fn a_client_that_went_on_was_answered() {
    let frames = vec![handshake()[0].clone(), frame(20_100, true, ACK, 1, 1, "")];
    let capture = explained(&frames);
    assert_eq!(capture.connections[0].handshake.outcome, HandshakeOutcome::Unfinished);
}

#[test]
fn without_the_acknowledgements_a_retransmission_has_no_cause() {
    let sent = |us| frame(us, false, PSH | ACK, 1, 1, "x");
    let part = |us| frame(us, false, PSH | ACK, 2, 1, &"x".repeat(100));
    let again = TestFrame { id: 9, ..part(400_000) };
    let capture = explained(&[sent(0), part(10), again]);
    let causes: Vec<_> = capture.connections[0]
        .retransmissions
        .iter()
        .map(|seen| seen.cause)
        .collect();
    assert_eq!(causes, [RetransmissionCause::Other]);
    assert!(
        text(&capture).contains("1 for a reason that the capture does not show"),
        "{}",
        text(&capture)
    );
}

#[test]
fn probes_and_single_bytes_are_no_keep_alive_probes() {
    use AnalysisFlag::{KeepAlive, Retransmission, WindowProbe};
    let open = || [handshake(), vec![frame(30_000, false, PSH | ACK, 1, 1, "ab")]].concat();
    let window = |window, ack| TestFrame {
        window,
        ..frame(31_000, true, ACK, 1, ack, "")
    };
    for (name, acked, probe, want) in [
        (
            "idle",
            window(64_240, 3),
            frame(900_000, false, ACK, 2, 1, ""),
            KeepAlive,
        ),
        (
            "a window of 0",
            window(0, 3),
            frame(900_000, false, ACK, 2, 1, ""),
            WindowProbe,
        ),
        (
            "a byte that was lost",
            window(64_240, 2),
            frame(900_000, false, ACK, 2, 1, "b"),
            Retransmission,
        ),
    ] {
        let capture = explained(&[open(), vec![acked, probe]].concat());
        assert_eq!(flags(&capture).last(), Some(&vec![want]), "{name}");
    }
}

#[test]
fn a_segment_after_its_acknowledgement_was_not_sent_again() {
    let mut frames = handshake();
    frames.extend([
        frame(30_000, true, ACK, 1, 4, ""),
        frame(30_050, false, PSH | ACK, 1, 1, "abc"),
    ]);
    assert_eq!(flags(&explained(&frames)).last(), Some(&vec![AnalysisFlag::OutOfOrder]));
}

#[test]
fn a_segment_that_fills_the_window_is_marked() {
    let mut frames = handshake();
    let window = |window| TestFrame {
        window,
        ..frame(30_000, true, ACK, 1, 1, "")
    };
    frames.extend([window(100), frame(30_100, false, PSH | ACK, 1, 1, &"x".repeat(100))]);
    let full_of = |frames| flags(&explained(frames)).pop();
    assert_eq!(full_of(&frames), Some(vec![AnalysisFlag::WindowFull]));
    // One SYN without a scale shows that windows are not scaled; without both, nothing does.
    assert_eq!(full_of(&frames[1..]), Some(vec![AnalysisFlag::WindowFull]));
    assert_eq!(full_of(&frames[2..]), Some(vec![]));
    let capture = explained(&frames);
    let connection = &capture.connections[0];
    let issues = describe::connection(connection).issues;
    assert_eq!(issues[0].text(Lang::Zh), "服务器有 1 个报文段填满了另一端的窗口");
}

#[test]
fn a_reset_passes_over_what_was_not_captured() {
    let mut frames = handshake();
    frames.extend([
        frame(100_000, true, PSH | ACK, 1, 1, GET),
        // The response of 500 bytes is not in the capture.
        frame(5_000_000, false, RST | ACK, 501, 19, ""),
    ]);
    let capture = explained(&frames);
    let connection = &capture.connections[0];
    assert_eq!(connection.end.reason, EndReason::Unknown);
    assert_eq!(connection.end.resets[0].class, ResetClass::Unexplained);
    assert!(connection.exchanges[0].response_lost && !connection.completeness.every_byte);
    frames[4].seq = 1;
    let capture = explained(&frames);
    assert_eq!(capture.connections[0].end.reason, EndReason::InExchange);
    assert_eq!(capture.connections[0].end.resets[0].class, ResetClass::AbortsData);
}

#[test]
fn a_reset_after_a_fin_that_was_not_captured_aborts_nothing() {
    let reset = |fin_acked: u32| {
        let mut frames = handshake();
        frames.extend([
            frame(100_000, true, PSH | ACK, 1, 1, GET),
            frame(120_000, false, PSH | ACK, 1, 19, &response(50)),
            frame(120_100, true, ACK, 19, 51, ""),
            // The server's FIN is not in the capture; the client acknowledges it, and sends a request and its own FIN.
            frame(2_000_000, true, FIN | ACK, 37, fin_acked, ""),
            frame(2_200_000, true, PSH | ACK, 19, fin_acked, GET),
            frame(2_220_000, false, RST, fin_acked, 0, ""),
        ]);
        explained(&frames).connections[0].end.resets[0].class
    };
    assert_eq!(reset(52), ResetClass::Unexplained);
    assert_eq!(reset(51), ResetClass::NoConnection);
}

#[test]
fn a_response_too_many_shows_that_a_request_was_sent_before_the_capture() {
    let midway = |last: &str| {
        let first = response(121);
        explained(&[
            frame(0, true, PSH | ACK, 1, 1, GET),
            frame(200, false, PSH | ACK, 1, 19, &first),
            frame(40_000, true, ACK, 19, 122, ""),
            frame(700_000, false, PSH | ACK, 122, 19, last),
            frame(740_000, true, ACK, 19, 122 + last.len() as u32, ""),
        ])
    };
    let pairs = |capture: &Capture| -> Vec<(bool, Option<u64>)> {
        let exchanges = capture.connections[0].exchanges.iter();
        let pair = exchanges.map(|exchange| {
            let response = exchange.response.as_ref();
            (
                exchange.request.is_some(),
                response.map(|response| response.frames.first),
            )
        });
        pair.collect()
    };
    assert_eq!(pairs(&midway(&response(102))), [(false, Some(2)), (true, Some(4))]);
    // Servers send this without a request.
    let timeout = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(pairs(&midway(timeout)), [(true, Some(2)), (false, Some(4))]);
}

#[test]
fn the_end_of_a_body_is_not_part_of_a_method() {
    let midway = |first: &str| {
        let capture = explained(&[
            frame(0, true, PSH | ACK, 1, 1, first),
            frame(10_000, false, PSH | ACK, 1, 1 + first.len() as u32, &response(74)),
            frame(10_100, true, ACK, 1 + first.len() as u32, 75, ""),
        ]);
        let exchanges = capture.connections[0].exchanges.iter();
        let lines = exchanges.filter_map(|exchange| exchange.request.as_ref());
        lines
            .map(|request| request.head.first_line().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(midway(GET), ["GET / HTTP/1.1"]);
    assert_eq!(midway(&format!("PROPFIND {}", &GET[4..])), ["PROPFIND / HTTP/1.1"]);
    for end_of_body in ["bbbb", "BBBB", "a=1", "GET"] {
        assert_eq!(midway(&format!("{end_of_body}{GET}")), [""; 0], "{end_of_body}");
    }
}

#[test]
fn a_server_that_may_have_closed_is_not_said_to_have_waited() {
    let closed = |acked: u32| {
        let mut frames = handshake();
        frames.extend([
            frame(100_000, true, PSH | ACK, 1, 1, GET),
            frame(120_000, false, PSH | ACK, 1, 19, &response(50)),
            frame(120_100, true, ACK, 19, 51, ""),
            // It acknowledges a number more than was captured: that of a FIN.
            frame(90_000_000, true, FIN | ACK, 19, acked, ""),
        ]);
        let found = explained(&frames).findings;
        found
            .iter()
            .any(|finding| finding.kind == crate::model::FindingKind::SilentAndOpen)
    };
    assert!(closed(51) && !closed(52));
}

#[test]
fn a_fin_that_was_sent_again_may_have_been_the_first() {
    let ended = |passed: u32| {
        let mut frames = handshake();
        frames.extend([
            frame(100_000, true, PSH | ACK, 1, 1, GET),
            frame(120_000, false, PSH | ACK, 1, 19, &response(50)),
            frame(120_001, false, FIN | ACK, 51, 19, ""),
            frame(120_100, true, ACK, passed, 52, ""),
            frame(320_100, true, FIN | ACK, 19, 52, ""),
            frame(340_000, false, ACK, 52, 20, ""),
        ]);
        let end = &explained(&frames).connections[0].end;
        (end.by, end.reason)
    };
    assert_eq!(ended(19), (Some(Side::Server), EndReason::AfterResponse));
    // The ACK has a number after that of the FIN.
    assert_eq!(ended(20), (None, EndReason::Unknown));
}

#[test]
fn a_request_that_waits_for_missing_bytes_comes_before_its_response() {
    let old = "x".repeat(536);
    let mut frames = vec![
        frame(0, false, ACK, 1, 1, &old),
        frame(200, true, ACK, 1, 1, ""),
        frame(201, true, ACK, 1, 5065, ""),
        frame(202, true, PSH | ACK, 1, 5065, GET),
        frame(160_000, false, ACK, 5065, 19, ""),
        frame(180_000, false, PSH | ACK, 5065, 19, &response(50)),
    ];
    frames.extend((0..12).map(|n| frame(220_000 + n, true, ACK, 19, 5115, "")));
    let capture = explained(&frames);
    let exchanges = &capture.connections[0].exchanges;
    assert_eq!(exchanges.len(), 1);
    assert!(exchanges[0].response.is_some() && !exchanges[0].pipelined);
}

#[test]
fn the_rest_of_a_body_is_no_method() {
    let body = "b".repeat(200);
    for (name, frames) in [
        (
            "in one segment",
            vec![frame(500, true, PSH | ACK, 1, 43, &format!("{body}{GET}"))],
        ),
        (
            "in two",
            vec![
                frame(500, true, ACK, 1, 43, &body),
                frame(501, true, PSH | ACK, 201, 43, &format!("{}{GET}", &body[1..])),
            ],
        ),
    ] {
        let mut all = vec![frame(0, false, PSH | ACK, 1, 1, &response(42))];
        all.extend(frames);
        all.push(frame(20_000, false, PSH | ACK, 43, 400, &response(50)));
        let capture = explained(&all);
        let requests = capture.connections[0]
            .exchanges
            .iter()
            .filter_map(|exchange| exchange.request.as_ref());
        assert_eq!(requests.count(), 0, "{name}: {}", text(&capture));
    }
}

#[test]
fn the_response_to_a_request_before_the_capture_belongs_to_none_in_it() {
    // The client had sent two requests at once. The body of the second one has a hole, of which the length is known.
    let head = "POST /1 HTTP/1.1\r\nContent-Length: 1000\r\n\r\n";
    let end = 1 + head.len() as u32 + 1000;
    let frames = [
        frame(0, true, ACK, 1, 1, head),
        frame(100, true, PSH | ACK, end - 300, 1, &"b".repeat(300)),
        frame(20_000, false, PSH | ACK, 1, end, &response(60)),
        frame(20_100, true, ACK, end, 61, ""),
        frame(40_000, false, PSH | ACK, 61, end, &response(70)),
        frame(40_100, true, ACK, end, 131, ""),
    ];
    let capture = explained(&frames);
    let exchanges = &capture.connections[0].exchanges;
    let bytes_of = |exchange: &crate::model::Exchange| exchange.response.as_ref().map(|message| message.bytes());
    let lengths = exchanges
        .iter()
        .map(|exchange| (exchange.request.is_some(), bytes_of(exchange)));
    assert_eq!(lengths.collect::<Vec<_>>(), [(false, Some(60)), (true, Some(70))]);
}
