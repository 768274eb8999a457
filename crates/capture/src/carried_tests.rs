//! Connections that carry a protocol other than HTTP/1.x: from their first byte, or after an upgrade or CONNECT.

use crate::model::{Capture, EndReason, FindingKind, Usage};
use crate::test_capture::*;

/// A connection on which both sides send these texts in turn, the client first, a second apart, and the server closes.
fn talk(texts: &[&str]) -> Vec<TestFrame> {
    let mut frames = handshake();
    let mut seqs = [1, 1];
    let mut us = 100_000;
    for (turn, text) in texts.iter().enumerate() {
        let from = turn % 2;
        frames.push(frame(us, from == 0, PSH | ACK, seqs[from], seqs[1 - from], text));
        seqs[from] += text.len() as u32;
        us += 1_000_000;
    }
    frames.push(frame(us + 20_000_000, false, FIN | ACK, seqs[1], seqs[0], ""));
    frames.push(frame(us + 20_000_100, true, FIN | ACK, seqs[0], seqs[1] + 1, ""));
    frames.push(frame(us + 20_020_000, false, ACK, seqs[1] + 1, seqs[0] + 1, ""));
    frames
}

fn text(capture: &Capture) -> String {
    crate::render::text(capture, crate::Lang::En, crate::render::Ladders::Omit)
}

#[test]
fn a_tunnel_has_no_http_idle_time_and_no_http_reason() {
    let upgrade = |to: &str| format!("GET /x HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: {to}\r\n\r\n");
    let switched =
        |to: &str| format!("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {to}\r\n\r\n");
    let connect = "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned();
    let established = "HTTP/1.1 200 OK\r\n\r\n".to_owned();
    for (name, first, second, third, protocol) in [
        (
            "WebSocket",
            upgrade("websocket"),
            switched("websocket"),
            "\u{1}\u{1}!",
            Some("WebSocket"),
        ),
        (
            "HTTP/2",
            upgrade("h2c"),
            switched("h2c"),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            Some("HTTP/2"),
        ),
        (
            "CONNECT, TLS",
            connect.clone(),
            established.clone(),
            "\x16\x03\x01\0\x05hello",
            Some("TLS"),
        ),
        (
            "CONNECT, SSH",
            connect.clone(),
            established.clone(),
            "SSH-2.0-x\r\n",
            Some("SSH"),
        ),
        ("CONNECT, something", connect, established, "hello", None),
    ] {
        let capture = explained(&talk(&[&first, &second, third, "answer"]));
        let connection = &capture.connections[0];
        assert_eq!(connection.exchanges.len(), 1, "{name}");
        let carried = connection.carried.as_ref().expect(name);
        assert_eq!(carried.protocol, protocol, "{name}");
        assert_eq!(
            (carried.client_bytes, carried.server_bytes),
            (third.len() as u64, 6),
            "{name}"
        );
        assert_eq!(connection.end.reason, EndReason::TunnelEnded, "{name}");
        assert!(
            connection.idle_periods.iter().all(|idle| idle.after == 0),
            "{name}: {:?}",
            connection.idle_periods
        );
        let wrong = |kind| matches!(kind, FindingKind::TimedOutUnannounced | FindingKind::SilentAndOpen);
        assert!(!capture.findings.iter().any(|finding| wrong(finding.kind)), "{name}");
    }
}

#[test]
fn other_streams_are_shown_with_their_protocol() {
    for (first, want) in [
        (
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "HTTP/2: 24 bytes from the client, 6 from the server",
        ),
        ("SSH-2.0-x\r\n", "SSH: 11 bytes from the client, 6 from the server"),
        (
            "\x16\x03\x01\0\x05hello",
            "TLS: 10 bytes from the client, 6 from the server",
        ),
        (
            "something",
            "an unknown protocol: 9 bytes from the client, 6 from the server",
        ),
    ] {
        for begin in [0, 3] {
            let capture = explained(&talk(&[first, "answer"]).split_off(begin));
            assert_eq!((capture.connections.len(), capture.others.len()), (1, 0), "{first}");
            let text = text(&capture);
            assert!(text.contains(want), "{want} in\n{text}");
            assert!(!text.contains("request"), "{text}");
            assert!(!text.contains("out of the ordinary"), "{text}");
            let page = crate::render::html(&capture, crate::Lang::En);
            let name = want.split(':').next().filter(|name| !name.contains("unknown"));
            let arrow = name.map(|name| format!("<tspan class=\"begins\">{name}</tspan>"));
            assert!(
                page.contains("block carried") && arrow.is_none_or(|arrow| page.contains(&arrow)),
                "{page}"
            );
        }
    }
    // The preface of HTTP/2 in two segments is not a request either.
    let capture = explained(&talk(&["PRI * HTTP", "settings", "/2.0\r\n\r\nSM\r\n\r\n", "answer"]));
    let text = text(&capture);
    assert!(
        text.contains("It carries HTTP/2: 24 bytes") && !text.contains("PRI"),
        "{text}"
    );
    // Next to an HTTP connection, such a stream is only listed in one line.
    let mut frames = talk(&["GET / HTTP/1.1\r\n\r\n", &response(50)]);
    let mut other = talk(&["SSH-2.0-x\r\n", "SSH-2.0-y\r\n"]);
    for frame in &mut other {
        frame.us += 60_000_000;
        let (client, server) = ((1, 50_000), (2, 22));
        (frame.from, frame.to) = if frame.from == CLIENT {
            (client, server)
        } else {
            (server, client)
        };
    }
    frames.extend(other);
    let capture = explained(&frames);
    assert_eq!((capture.connections.len(), capture.others.len()), (1, 1));
    assert_eq!(capture.connections[0].usage, Usage::Http);
}
