//! What frames measure: round trips by segment, delayed ACKs, throughput, windows that are shut or full.

use crate::model::{Capture, Connection, FindingKind, Side, StallCause};
use crate::render::{self, Ladders};
use crate::test_capture::*;
use crate::{Lang, describe};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const MS: u64 = 1000;

fn connection(capture: &Capture) -> &Connection {
    &capture.connections[0]
}

/// An exchange whose response of 12,000 bytes comes in ten segments, 10 ms apart; the client acknowledges each after the
/// given time.
fn transfer(ack_us: impl Fn(u64) -> u64) -> Vec<TestFrame> {
    let mut frames = handshake();
    frames.push(frame(100 * MS, true, PSH | ACK, 1, 1, GET));
    let response = response(12_000);
    for part in 0..10_u64 {
        let (us, begin) = (120 * MS + part * 100 * MS, part as usize * 1200);
        let flags = if part == 9 { PSH | ACK } else { ACK };
        let payload = &response[begin..begin + 1200];
        frames.push(frame(us, false, flags, 1 + begin as u32, 20, payload));
        frames.push(frame(us + ack_us(part), true, ACK, 20, 1201 + begin as u32, ""));
    }
    frames
}

#[test]
fn each_segment_measures_a_round_trip() {
    let capture = explained(&transfer(|part| 100 + part * 100));
    let [client, server] = &connection(&capture).round_trips[..] else {
        panic!("{:?}", connection(&capture).round_trips);
    };
    // The request is acknowledged with the response.
    assert_eq!(
        (client.by, client.count, client.longest_ns),
        (Side::Client, 1, 20_000_000)
    );
    assert_eq!((server.by, server.count), (Side::Server, 10));
    assert_eq!(
        (server.shortest_ns, server.mean_ns, server.longest_ns),
        (100_000, 550_000, 1_000_000)
    );
    assert_eq!((server.longest.first, server.longest.last), (23, 24));
    assert_eq!(server.delayed_acks, 0);
}

#[test]
fn a_segment_that_was_sent_again_measures_nothing() {
    let mut frames = transfer(|_| 100);
    let lost = TestFrame {
        us: frames[4].us + 50 * MS,
        id: 9,
        ..frames[4].clone()
    };
    frames[5].us = lost.us + 100;
    frames.insert(5, lost);
    let capture = explained(&frames);
    let server = &connection(&capture).round_trips[1];
    assert_eq!((server.count, server.longest_ns), (9, 100_000));
}

#[test]
fn an_ack_is_delayed_if_the_way_is_short_and_nothing_else_held_it_up() {
    let delayed = |frames: &[TestFrame]| {
        let capture = explained(frames);
        let server = &connection(&capture).round_trips[1];
        (server.delayed_acks, server.longest_delay_ns / 1_000_000)
    };
    let late = |part| if part % 2 == 1 { 40_100 } else { 100 };
    assert_eq!(delayed(&transfer(late)), (5, 40));
    // On a long path, the network may cause the delay.
    assert_eq!(delayed(&transfer(|part| late(part) + 20 * MS)), (0, 0));
    // A segment with payload was not sent just for the ACK.
    let mut frames = transfer(late);
    frames[7].payload = b"GET /1 HTTP/1.1\r\n\r\n".to_vec();
    frames[8..].iter_mut().for_each(|frame| match frame.from {
        CLIENT => frame.seq += 19,
        _ => frame.ack += 19,
    });
    assert_eq!(delayed(&frames).0, 4);
    let capture = explained(&transfer(late));
    let text = render::text(&capture, Lang::En, Ladders::Omit);
    assert!(text.contains("The client delayed 5 ACKs, by up to 40.0 ms"), "{text}");
}

#[test]
fn a_transfer_has_a_throughput() {
    let capture = explained(&transfer(|_| 100));
    let response = connection(&capture).exchanges[0].response.as_ref().expect("a response");
    assert_eq!(response.bits_per_second, Some(12_000 * 8 * 10 / 9));
    let text = render::text(&capture, Lang::En, Ladders::Omit);
    assert!(
        text.contains("Throughput 106.7 kbit/s: 12000 bytes in 900.0 ms"),
        "{text}"
    );
    // With a hole in the capture, the times may belong to other bytes.
    let mut frames = transfer(|_| 100);
    frames.drain(20..22);
    let capture = explained(&frames);
    let response = connection(&capture).exchanges[0].response.as_ref().expect("a response");
    assert_eq!(response.bits_per_second, None);
    assert!(connection(&capture).round_trips.is_empty());
}

/// A window of 2400 bytes that the second segment fills. It opens after 300 ms; with `is_shut`, it is 0 for part of
/// that time.
fn filled(is_shut: bool) -> Vec<TestFrame> {
    let mut frames = handshake();
    let response = response(4800);
    let part = |us: u64, at: usize| frame(us, false, ACK, 1 + at as u32, 20, &response[at..at + 1200]);
    frames.push(frame(100 * MS, true, PSH | ACK, 1, 1, GET));
    frames.extend([part(120 * MS, 0), part(121 * MS, 1200)]);
    frames.extend(is_shut.then(|| frame(221 * MS, true, ACK, 20, 2401, "")));
    frames.push(frame(421 * MS, true, ACK, 20, 2401, ""));
    frames.extend([part(441 * MS, 2400), part(442 * MS, 3600)]);
    frames.push(frame(443 * MS, true, ACK, 20, 4801, ""));
    for frame in frames.iter_mut().filter(|frame| frame.from == CLIENT) {
        frame.window = 2400;
    }
    if is_shut {
        frames[6].window = 0;
    }
    frames
}

#[test]
fn it_is_said_how_long_a_window_was_full_or_shut() {
    for (is_shut, want) in [
        (false, vec![(StallCause::WindowFull, 2, 301)]),
        (
            true,
            vec![(StallCause::ZeroWindow, 1, 200), (StallCause::WindowFull, 2, 101)],
        ),
    ] {
        let capture = explained(&filled(is_shut));
        let stalls = &connection(&capture).window_stalls;
        let seen: Vec<_> = stalls
            .iter()
            .map(|stall| (stall.cause, stall.count, stall.ns / 1_000_000))
            .collect();
        assert_eq!(seen, want);
        assert!(stalls.iter().all(|stall| stall.by == Side::Client));
        let zero = capture
            .findings
            .iter()
            .find(|found| found.kind == FindingKind::ZeroWindows);
        assert_eq!(zero.is_some(), is_shut);
        let said: Vec<String> = describe::connection(connection(&capture))
            .issues
            .iter()
            .map(|sentence| sentence.text(Lang::En))
            .collect();
        let said = said.join("\n");
        assert_eq!(
            said.contains("The receive window of the client was zero 1 time, for 200.0 ms"),
            is_shut
        );
        assert!(
            said.contains("The receive window of the client was full 2 times"),
            "{said}"
        );
        let text = render::text(&capture, Lang::En, Ladders::Omit);
        assert_eq!(text.contains("its window was 0 for 200.0 ms in all"), is_shut, "{text}");
    }
}

#[test]
fn a_segment_that_was_lost_before_the_capture_point_is_no_pause_of_the_server() {
    // The server writes twice at once; the second segment gets lost before the capture point, and is sent again.
    let paused = |passed_over: u16| {
        let whole = response(2000);
        let mut frames = handshake();
        frames.extend([
            frame(30_000, true, PSH | ACK, 1, 1, GET),
            frame(50_000, false, ACK, 1, 20, ""),
            frame(50_010, false, ACK, 1, 20, &whole[..500]),
            frame(50_020, false, PSH | ACK, 501, 20, &whole[500..1000]),
            frame(50_100, true, ACK, 20, 1001, ""),
            frame(650_000, false, PSH | ACK, 1001, 20, &whole[1000..]),
        ]);
        let from_server = frames.iter_mut().filter(|frame| frame.from == SERVER);
        for (id, frame) in (700..).zip(from_server) {
            frame.id = id;
        }
        let last = frames.last_mut().expect("a frame");
        last.id += passed_over;
        let capture = explained(&frames);
        capture
            .findings
            .iter()
            .any(|finding| finding.kind == FindingKind::SlowServerPause)
    };
    assert!(paused(0) && !paused(1));
}

#[test]
fn an_ack_is_not_late_if_its_segment_or_an_earlier_one_may_be_missing() {
    // The second frame of the client has a number that follows that of the first, or not.
    let delayed = |passed_over: [u16; 2]| {
        let mut frames = handshake();
        for frame in &mut frames {
            frame.us /= 100;
        }
        frames.extend([
            frame(1000, true, PSH | ACK, 1, 1, GET),
            frame(1200, false, ACK, 1, 20, ""),
            frame(1300, false, ACK, 1, 20, &response(50)[..20]),
            frame(1310, false, PSH | ACK, 21, 20, &response(50)[20..]),
            frame(1400, true, ACK, 20, 51, ""),
            frame(2000, true, PSH | ACK, 20, 51, GET),
            frame(202_000, false, ACK, 51, 39, ""),
            frame(302_000, false, PSH | ACK, 51, 39, &response(50)),
            frame(302_100, true, ACK, 39, 101, ""),
        ]);
        let mut next = [700, 100];
        for frame in &mut frames {
            let side = usize::from(frame.from == SERVER);
            next[side] += 1 + passed_over[side] * u16::from(frame.us == [302_100, 202_000][side]);
            frame.id = next[side];
        }
        let capture = explained(&frames);
        let trips = connection(&capture)
            .round_trips
            .iter()
            .find(|trips| trips.by == Side::Client);
        trips.map_or(0, |trips| trips.delayed_acks)
    };
    assert_eq!([delayed([0, 0]), delayed([1, 0]), delayed([0, 1])], [1, 0, 0]);
}
