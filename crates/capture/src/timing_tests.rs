//! Why exchanges were slow: each cause, in conversations that were built to have it.

use crate::model::{Capture, FindingKind, TimeSpent};
use crate::test_capture::*;

const MS: u64 = 1000;

/// A conversation that is written step by step. Times are in microseconds, and a round trip takes 20 ms, all of it on the
/// way to the server.
struct Talk {
    frames: Vec<TestFrame>,
    us: u64,
    seqs: [u32; 2],
}

impl Talk {
    fn new() -> Self {
        Self {
            frames: handshake(),
            us: 20_100,
            seqs: [1, 1],
        }
    }

    fn wait(mut self, us: u64) -> Self {
        self.us += us;
        self
    }

    fn send(mut self, from_client: bool, text: &str) -> Self {
        let from = usize::from(!from_client);
        let (seq, ack) = (self.seqs[from], self.seqs[1 - from]);
        self.frames.push(frame(self.us, from_client, PSH | ACK, seq, ack, text));
        self.seqs[from] += text.len() as u32;
        self
    }

    fn client(self, text: &str) -> Self {
        self.send(true, text)
    }

    fn server(self, text: &str) -> Self {
        self.send(false, text)
    }

    fn ack(self, from_client: bool) -> Self {
        self.send(from_client, "")
    }

    fn window(mut self, from_client: bool, window: u16) -> Self {
        self = self.ack(from_client);
        if let Some(last) = self.frames.last_mut() {
            last.window = window;
        }
        self
    }

    /// The last segment is lost on the way, and sent again after this time.
    fn again(mut self, us: u64) -> Self {
        self.us += us;
        let mut last = self.frames.last().cloned().expect("a frame");
        (last.us, last.id) = (self.us, 9);
        self.frames.push(last);
        self
    }

    fn explained(&self) -> Capture {
        explained(&self.frames)
    }
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\n\r\n")
}

fn post(len: usize, fields: &str) -> String {
    format!("POST / HTTP/1.1\r\nContent-Length: {len}\r\n{fields}\r\n")
}

#[test]
fn each_slow_exchange_has_its_cause() {
    use FindingKind as Kind;
    use TimeSpent as On;
    let large = response(4000);
    let body = "b".repeat(100);
    let full = response(14_600);
    let cases: Vec<(&str, Talk, On, Kind, u64)> = vec![
        (
            "a slow server",
            Talk::new().client(&get("/")).wait(1020 * MS).server(&response(50)),
            On::ServerThink,
            Kind::SlowServer,
            1000 * MS,
        ),
        (
            "a slow server that acknowledges at once",
            Talk::new()
                .client(&get("/"))
                .wait(20 * MS)
                .ack(false)
                .wait(700 * MS)
                .server(&response(50)),
            On::ServerThink,
            Kind::SlowServer,
            700 * MS,
        ),
        (
            "a slow server on a kept connection",
            Talk::new()
                .client(&get("/0"))
                .wait(20 * MS)
                .server(&response(50))
                .client(&get("/"))
                .wait(2020 * MS)
                .server(&response(60)),
            On::ServerThink,
            Kind::SlowServer,
            2000 * MS,
        ),
        (
            "a slow client",
            Talk::new()
                .wait(3000 * MS)
                .client(&get("/"))
                .wait(20 * MS)
                .server(&response(50)),
            On::ClientWait,
            Kind::SlowClient,
            3000 * MS,
        ),
        (
            "100 Continue that does not come",
            Talk::new()
                .client(&post(100, "Expect: 100-continue\r\n"))
                .wait(20 * MS)
                .ack(false)
                .wait(980 * MS)
                .client(&body)
                .wait(20 * MS)
                .server(&response(50)),
            On::ExpectUnanswered,
            Kind::SlowExpect,
            1000 * MS,
        ),
        (
            "a body after a delayed ACK of the head",
            Talk::new()
                .client(&post(100, ""))
                .wait(40 * MS)
                .ack(false)
                .client(&body)
                .wait(20 * MS)
                .server(&response(50)),
            On::DelayedAck,
            Kind::SlowDelayedAck,
            40 * MS,
        ),
        (
            "a body after an ACK that was delayed by 200 ms",
            Talk::new()
                .client(&get("/"))
                .wait(20 * MS)
                .server(&large[..42])
                .wait(200 * MS)
                .ack(true)
                .wait(20 * MS)
                .server(&large[42..]),
            On::DelayedAck,
            Kind::SlowDelayedAck,
            220 * MS,
        ),
        (
            "a full window of 0",
            Talk::new()
                .client(&get("/"))
                .wait(20 * MS)
                .server(&large[..2000])
                .window(true, 0)
                .wait(4000 * MS)
                .window(true, 9000)
                .wait(20 * MS)
                .server(&large[2000..]),
            On::ZeroWindow,
            Kind::SlowZeroWindow,
            4000 * MS,
        ),
        (
            "a congestion window",
            Talk::new()
                .client(&get("/"))
                .wait(20 * MS)
                .server(&full[..13_140])
                .wait(100 * MS)
                .ack(true)
                .wait(20 * MS)
                .server(&full[13_140..]),
            On::WindowWait,
            Kind::SlowWindow,
            120 * MS,
        ),
        (
            "a response that was lost on the way",
            Talk::new()
                .client(&get("/"))
                .wait(20 * MS)
                .server(&large[..2000])
                .again(300 * MS)
                .wait(MS)
                .server(&large[2000..]),
            On::Retransmission,
            Kind::SlowRetransmission,
            300 * MS,
        ),
        (
            "a request that was lost on the way",
            Talk::new()
                .client(&get("/"))
                .again(200 * MS)
                .wait(20 * MS)
                .server(&response(50)),
            On::Retransmission,
            Kind::SlowRetransmission,
            200 * MS,
        ),
        (
            "a server that pauses",
            Talk::new()
                .client(&get("/"))
                .wait(20 * MS)
                .server(&large[..900])
                .ack(true)
                .wait(1500 * MS)
                .server(&large[900..]),
            On::ServerPause,
            Kind::SlowServerPause,
            1500 * MS,
        ),
        (
            "a pipelined request",
            Talk::new()
                .client(&get("/0"))
                .client(&get("/"))
                .wait(520 * MS)
                .server(&response(50))
                .wait(MS)
                .server(&response(60)),
            On::HeadOfLine,
            Kind::SlowHeadOfLine,
            520 * MS,
        ),
    ];
    for (name, talk, on, kind, us) in cases {
        let capture = talk.explained();
        let exchange = capture.connections[0].exchanges.last().expect(name);
        let timing = exchange.timing.as_ref().expect(name);
        assert_eq!(timing.parts.first().map(|part| part.on), Some(on), "{name}: {timing:?}");
        assert_eq!(timing.spent_on(on) / 1000, us, "{name}: {timing:?}");
        assert_eq!(
            timing.total_ns,
            timing.parts.iter().map(|part| part.ns).sum::<u64>(),
            "{name}"
        );
        let found = capture.findings.iter().find(|finding| finding.kind == kind);
        let found = found.unwrap_or_else(|| panic!("{name}: {:?}", capture.findings));
        assert!(!found.frames.is_empty(), "{name}");
        for lang in [crate::Lang::En, crate::Lang::Zh] {
            let all = [
                crate::render::text(&capture, lang, crate::render::Ladders::Omit),
                crate::render::markdown(&capture, lang),
                crate::render::html(&capture, lang),
            ];
            let (what, _) = crate::describe::finding(found);
            let said = what
                .text(lang)
                .split('（')
                .next()
                .unwrap_or_default()
                .chars()
                .take(6)
                .collect::<String>();
            assert!(all.iter().all(|page| page.contains(&said)), "{name}: {said}");
        }
    }
}

#[test]
fn a_syn_that_was_sent_again_is_part_of_the_time() {
    let mut frames = handshake();
    for frame in &mut frames[1..] {
        frame.us += 1_000_000;
    }
    frames.insert(
        1,
        TestFrame {
            us: 1_000_000,
            id: 77,
            ..frames[0].clone()
        },
    );
    frames.push(frame(1_100_000, true, PSH | ACK, 1, 1, &get("/")));
    frames.push(frame(1_120_000, false, PSH | ACK, 1, 19, &response(50)));
    let capture = explained(&frames);
    let timing = capture.connections[0].exchanges[0].timing.clone().expect("a timing");
    assert_eq!(timing.spent_on(TimeSpent::SynRetransmission), 1_000_000_000);
    assert!(
        capture
            .findings
            .iter()
            .any(|finding| finding.kind == FindingKind::SlowSyn)
    );
}

#[test]
fn fast_exchanges_have_no_finding_and_incomplete_ones_no_split() {
    let fast = Talk::new().client(&get("/")).wait(20 * MS).server(&response(50));
    assert!(fast.explained().findings.is_empty());
    let slow = Talk::new()
        .client(&get("/"))
        .wait(1020 * MS)
        .server(&response(50))
        .ack(true);
    for (name, lost) in [("the request", 3), ("the response", 4)] {
        let mut frames = slow.frames.clone();
        frames.remove(lost);
        let capture = explained(&frames);
        let timings = capture.connections[0]
            .exchanges
            .iter()
            .filter(|exchange| exchange.timing.is_some());
        assert_eq!(timings.count(), 0, "{name}");
        assert!(
            !capture
                .findings
                .iter()
                .any(|finding| finding.kind == FindingKind::SlowServer),
            "{name}"
        );
    }
}

#[test]
fn probes_of_a_window_are_not_keep_alives() {
    let large = response(3000);
    // The receiver accepts the byte of the last probe, or none of the probes.
    for taken in [0_u32, 1] {
        let mut talk = Talk::new()
            .client(&get("/"))
            .wait(20 * MS)
            .server(&large[..1000])
            .window(true, 0);
        for wait in [200, 400, 800] {
            talk = talk.wait(wait * MS);
            let (seq, ack) = (talk.seqs[1], talk.seqs[0]);
            talk.frames
                .push(frame(talk.us, false, ACK, seq, ack, &large[1000..1001]));
            talk = talk.wait(100).window(true, 0);
        }
        talk.seqs[1] += taken;
        talk = talk
            .wait(500 * MS)
            .window(true, 9000)
            .wait(20 * MS)
            .server(&large[1000 + taken as usize..]);
        let capture = talk.explained();
        let connection = &capture.connections[0];
        let flags: Vec<_> = connection
            .tcp_issues
            .iter()
            .map(|issue| (issue.flag, issue.count))
            .collect();
        use crate::model::AnalysisFlag::{WindowProbe, ZeroWindow};
        assert_eq!(flags, [(ZeroWindow, 4), (WindowProbe, 3)], "{taken}");
        let response = connection.exchanges[0].response.as_ref().expect("a response");
        assert_eq!((response.bytes(), response.shortfall), (3000, None), "{taken}");
        assert!(
            capture
                .findings
                .iter()
                .any(|finding| finding.kind == FindingKind::SlowZeroWindow),
            "{taken}"
        );
    }
}
