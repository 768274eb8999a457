//! Which response belongs to which request, if frames are missing or in another order than they were sent.

use crate::model::{Capture, Exchange, FindingKind, Side, Teardown};
use crate::test_capture::*;

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";

/// The n-th request, of 19 bytes.
fn request(n: usize) -> String {
    GET.replace('0', &n.to_string())
}

/// Exchanges of a request of 19 bytes and a response of 1000, one after the other, each in two frames of 500 bytes.
/// Each is: request, response, response, ACK.
fn exchanges(count: usize) -> Vec<TestFrame> {
    let mut frames = handshake();
    for n in 0..count {
        let (us, seq, ack) = (100_000 * (n as u64 + 1), 1 + 19 * n as u32, 1 + 1000 * n as u32);
        let response = response(1000);
        frames.extend([
            frame(us, true, PSH | ACK, seq, ack, &request(n)),
            frame(us + 20_000, false, ACK, ack, seq + 19, &response[..500]),
            frame(us + 20_010, false, PSH | ACK, ack + 500, seq + 19, &response[500..]),
            frame(us + 20_100, true, ACK, seq + 19, ack + 1000, ""),
        ]);
    }
    frames
}

/// Index of a frame of [`exchanges`]: 0 is the request, 1 and 2 the response, 3 the ACK.
fn at(exchange: usize, part: usize) -> usize {
    3 + 4 * exchange + part
}

fn without(mut frames: Vec<TestFrame>, lost: &[usize]) -> Vec<TestFrame> {
    for at in lost.iter().rev() {
        frames.remove(*at);
    }
    frames
}

/// The exchanges as text: target, a colon and the first frame of the response; `-` for what was not captured, `?` for a
/// response that was not sent, `+` for a pipelined request.
fn paired(capture: &Capture) -> String {
    let text = |exchange: &Exchange| {
        let request = exchange.request.as_ref().map_or("-", |request| request.head.target());
        let response = match &exchange.response {
            Some(response) => response.frames.first.to_string(),
            None if exchange.response_lost => "-".to_owned(),
            None => "?".to_owned(),
        };
        let pipelined = if exchange.pipelined { "+" } else { "" };
        format!("{pipelined}{request}:{response}")
    };
    let all = capture.connections.iter().flat_map(|connection| &connection.exchanges);
    all.map(text).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_response_belongs_to_the_request_that_it_acknowledges() {
    let swapped = |a: usize, b: usize| {
        let mut frames = exchanges(3);
        let moved = frames.remove(b);
        frames.insert(a, moved);
        frames
    };
    for (name, frames, want) in [
        ("whole", exchanges(3), "/0:5 /1:9 /2:13"),
        (
            "a request is lost",
            without(exchanges(3), &[at(1, 0)]),
            "/0:5 -:8 /2:12",
        ),
        (
            "the first request is lost",
            without(exchanges(3), &[at(0, 0)]),
            "-:4 /1:8 /2:12",
        ),
        ("a head is lost", without(exchanges(3), &[at(0, 1)]), "/0:- /1:8 /2:12"),
        ("a tail is lost", without(exchanges(3), &[at(0, 2)]), "/0:5 /1:8 /2:12"),
        (
            "a whole response is lost",
            without(exchanges(3), &[at(1, 1), at(1, 2)]),
            "/0:5 /1:- /2:11",
        ),
        (
            "an end, a request and a head are lost",
            without(exchanges(4), &[at(0, 2), at(1, 0), at(1, 1)]),
            "/0:5 /2:10 /3:14",
        ),
        ("the response is first", swapped(at(1, 0), at(1, 2)), "/0:5 /1:8 /2:13"),
        (
            "response and ACK are first",
            swapped(at(1, 3), at(1, 0)),
            "/0:5 /1:8 /2:13",
        ),
        (
            "the first response is first",
            swapped(at(0, 0), at(0, 1)),
            "/0:4 /1:9 /2:13",
        ),
    ] {
        assert_eq!(paired(&explained(&frames)), want, "{name}");
    }
}

#[test]
fn a_request_is_pipelined_if_the_client_had_not_received_the_response_before() {
    let two = |first_ack: u32, second_ack: u32| {
        let mut frames = handshake();
        frames.extend([
            frame(100_000, true, PSH | ACK, 1, first_ack, GET),
            frame(110_000, true, PSH | ACK, 20, second_ack, &request(1)),
            frame(120_000, false, PSH | ACK, 1, 39, &response(100)),
            frame(120_010, false, PSH | ACK, 101, 39, &response(100)),
            frame(120_100, true, ACK, 39, 201, ""),
        ]);
        frames
    };
    for (name, frames, want) in [
        ("both at once", two(1, 1), "/0:6 +/1:7"),
        ("a part had come", two(1, 50), "/0:6 +/1:7"),
        ("the second request was recorded early", two(1, 101), "/0:6 /1:7"),
        ("the first response is lost", without(two(1, 101), &[5]), "/0:- /1:6"),
        (
            "the server is not captured",
            {
                let mut frames = two(1, 1);
                frames.retain(|frame| frame.from == CLIENT);
                frames
            },
            "/0:- /1:-",
        ),
    ] {
        assert_eq!(paired(&explained(&frames)), want, "{name}");
    }
}

#[test]
fn a_capture_may_begin_with_a_keep_alive_probe() {
    let rest = |seq: u32| {
        vec![
            frame(10_000_000, true, PSH | ACK, seq, 1, GET),
            frame(10_020_000, false, PSH | ACK, 1, seq + 19, &response(50)),
            frame(10_020_100, true, ACK, seq + 19, 51, ""),
        ]
    };
    for (name, probe, answered) in [("empty", "", true), ("one byte", "\0", true), ("unanswered", "", false)] {
        let mut frames = vec![frame(0, true, ACK, 10, 1, probe)];
        frames.extend(answered.then(|| frame(20_000, false, ACK, 1, 11, "")));
        frames.extend(rest(11));
        let capture = explained(&frames);
        let response = frames.len() - 1;
        assert_eq!(paired(&capture), format!("/0:{response}"), "{name}");
        assert!(capture.connections[0].completeness.every_byte, "{name}");
    }
}

#[test]
fn a_request_is_lost_in_a_race_only_if_it_crosses_the_fin() {
    // The server closes, and a request was sent this many microseconds before or after; the FIN acknowledges `ack`.
    let race = |request_us: u64, fin_us: u64, ack: u32| {
        let mut frames = exchanges(1);
        frames.extend([
            frame(request_us, true, PSH | ACK, 20, 1001, &request(1)),
            frame(fin_us, false, FIN | ACK, 1001, ack, ""),
            frame(fin_us + 20_000, false, RST, 1001, 0, ""),
        ]);
        frames.sort_by_key(|frame| frame.us);
        let capture = explained(&frames);
        capture
            .findings
            .iter()
            .any(|finding| finding.kind == FindingKind::LostRace)
    };
    for (name, request_us, fin_us, ack, want) in [
        ("they cross", 5_000_000, 5_010_000, 20, true),
        ("they cross, recorded at the client", 5_010_000, 5_000_000, 20, true),
        ("the server had received it", 5_000_000, 5_010_000, 39, false),
        ("seconds before", 2_000_000, 5_000_000, 20, false),
        ("seconds after", 8_000_000, 5_000_000, 20, false),
    ] {
        assert_eq!(race(request_us, fin_us, ack), want, "{name}");
    }
}

#[test]
fn both_sides_may_close_at_the_same_time() {
    let close = |first_ack: u32, second_us: u64, second_ack: u32| {
        let mut frames = exchanges(1);
        frames.extend([
            frame(1_000_000, false, FIN | ACK, 1001, first_ack, ""),
            frame(second_us, true, FIN | ACK, 20, second_ack, ""),
            frame(1_040_000, true, ACK, 21, 1002, ""),
            frame(1_050_000, false, ACK, 1002, 21, ""),
        ]);
        explained(&frames).connections[0].end.clone()
    };
    assert_eq!(close(20, 1_010_000, 1001).teardown, Teardown::Simultaneous);
    assert_eq!(close(20, 1_000_001, 1001).teardown, Teardown::Simultaneous);
    assert_eq!(close(20, 1_030_000, 1002).teardown, Teardown::ThreeFrames);
    assert_eq!(close(20, 1_010_000, 1001).by, Some(Side::Server));
    // FINs that cross leave no side half-closed.
    assert_eq!(close(20, 1_010_000, 1001).half_closed_ns, None);
    assert_eq!(close(20, 1_030_000, 1002).half_closed_ns, Some(30_000_000));
}

#[test]
fn the_first_syn_ack_is_the_one_of_the_handshake() {
    let mut frames = exchanges(1);
    frames.insert(2, frame(20_050, false, SYN | ACK, 0, 1, ""));
    let capture = explained(&frames);
    assert_eq!(capture.connections[0].handshake.syn_ack, Some(2));
}

#[test]
fn a_hole_is_counted_once() {
    let capture = explained(&without(exchanges(1), &[at(0, 1)]));
    let gaps = |capture: &Capture| -> Vec<u64> {
        let issues = capture.connections[0].tcp_issues.iter();
        let of_kind = issues.filter(|issue| issue.flag == crate::model::AnalysisFlag::Gap);
        of_kind.map(|issue| issue.count).collect()
    };
    assert_eq!(gaps(&capture), [1]);
    // Three segments after one hole.
    let mut frames = handshake();
    frames.push(frame(100_000, true, PSH | ACK, 1, 1, GET));
    let response = response(1000);
    for part in 1..4 {
        let begin = part * 250;
        frames.push(frame(
            120_000,
            false,
            ACK,
            1 + begin as u32,
            20,
            &response[begin..begin + 250],
        ));
    }
    assert_eq!(gaps(&explained(&frames)), [1]);
}

#[test]
fn a_response_may_be_that_of_a_request_that_is_missing_among_pipelined_ones() {
    let mut frames = handshake();
    for n in 0..3 {
        frames.push(frame(
            100_000 + n,
            true,
            PSH | ACK,
            1 + 19 * n as u32,
            1,
            &request(n as usize),
        ));
    }
    for n in 0..3 {
        frames.push(frame(
            120_000 + n,
            false,
            PSH | ACK,
            1 + 100 * n as u32,
            58,
            &response(100),
        ));
    }
    frames.push(frame(130_000, true, ACK, 58, 301, ""));
    assert_eq!(paired(&explained(&frames)), "/0:7 +/1:8 +/2:9");
    let pairs = paired(&explained(&without(frames, &[4])));
    assert!(pairs.starts_with("/0:6 ") && !pairs.contains("/2:7"), "{pairs}");
}

#[test]
fn a_request_that_was_lost_was_sent_before_the_ones_after_it() {
    // Three requests at once. The second is lost before the capture point, and sent again after the first response.
    let mut frames = handshake();
    frames.extend([
        frame(30_000, true, PSH | ACK, 1, 1, &request(0)),
        frame(30_002, true, PSH | ACK, 39, 1, &request(2)),
        frame(50_000, false, PSH | ACK, 1, 20, &response(50)),
        frame(50_100, true, ACK, 58, 51, ""),
        frame(250_000, true, PSH | ACK, 20, 51, &request(1)),
        frame(270_000, false, PSH | ACK, 51, 58, &response(100)),
        frame(270_100, true, ACK, 58, 151, ""),
    ]);
    let capture = TestFile::default().explained(&frames);
    assert_eq!(paired(&capture), "/0:6 +/1:9 +/2:?");
    assert!(
        capture.connections[0]
            .idle_periods
            .iter()
            .all(|idle| idle.to_frame != 8),
        "{:?}",
        capture.connections[0].idle_periods
    );
}

#[test]
fn what_is_missing_after_a_request_does_not_shift_the_responses_before() {
    // The second request ends in the segment of the third, after the first response. The fourth was not captured.
    let posted = "POST /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde";
    let (begun, rest) = posted.split_at(posted.len() - 2);
    let (first, second) = (1 + 19, 1 + 19 + begun.len() as u32);
    let end = second + 2 + 19;
    let mut frames = handshake();
    frames.extend([
        frame(30_000, true, PSH | ACK, 1, 1, &request(0)),
        frame(30_005, true, ACK, first, 1, begun),
        frame(50_000, false, PSH | ACK, 1, second, &response(50)),
        frame(50_100, true, PSH | ACK, second, 51, &format!("{rest}{}", request(2))),
        frame(70_000, false, PSH | ACK, 51, end + 19, &response(60)),
        frame(70_010, false, PSH | ACK, 111, end + 19, &response(70)),
        frame(70_020, false, PSH | ACK, 181, end + 19, &response(80)),
        frame(70_100, true, ACK, end + 19, 261, ""),
    ]);
    let capture = TestFile::default().explained(&frames);
    assert_eq!(paired(&capture), "/0:6 +/1:8 +/2:9 -:10");
}
