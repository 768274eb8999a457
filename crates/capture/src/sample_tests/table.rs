//! What is said of each sample, and what must not be said.

use crate::model::FindingKind as Kind;

/// A capture, the findings in it, what its text says, and what it must not say.
pub(super) type Sample = (
    &'static str,
    &'static [Kind],
    &'static [&'static str],
    &'static [&'static str],
);

pub(super) const SAMPLES: &[Sample] = &[
    (
        "initial-window.pcap",
        &[],
        &["= 14600 (10×) |", "last byte 50.2 ms"],
        &["pieces of", "pauses of the server"],
    ),
    (
        "initial-window-then-pause.pcap",
        &[],
        &["= 14480 (10×) |"],
        &["pieces of", "pauses of the server"],
    ),
    (
        "time-in-powers-of-two.pcapng",
        &[Kind::TimedOutAsAnnounced],
        &["Idle for 5.000 s", "11 frames, 11 of them TCP, in 5.001 s"],
        &[],
    ),
    (
        "mpls.pcap",
        &[Kind::OneConnectionKept],
        &["18 of them TCP", "2 exchanges", "inside another protocol: MPLS 18"],
        &["none of"],
    ),
    (
        "vxlan.pcap",
        &[Kind::OneConnectionKept],
        &["18 of them TCP", "2 exchanges", "inside another protocol: VXLAN 18"],
        &["none of"],
    ),
    (
        "captured-twice.pcap",
        &[Kind::OneConnectionKept],
        &["18 frames are in the capture twice", "2 exchanges"],
        &["sent again", "ost on the way"],
    ),
    (
        "reply-first.pcap",
        &[],
        &[
            "GET / HTTP/1.1 -> 200 OK  [frames 6, 4]",
            "1 exchange in",
            "120 µs after the last byte",
        ],
        &["not captured)"],
    ),
    (
        "one-side.pcap",
        &[],
        &[
            "Only the frames of the client were captured",
            "The SYN/ACK of the handshake was not captured",
        ],
        &["Pipelined", "in the middle of an exchange"],
    ),
    (
        "one-side-midway.pcap",
        &[],
        &[
            "Only the frames of the client were captured",
            "open before the capture",
            "20.0 ms after the last captured byte",
            "in what was captured",
        ],
        &["Pipelined", "Opened with", "no response)"],
    ),
    (
        "websocket.pcap",
        &[],
        &[
            "It carries WebSocket: 23 bytes from the client, 11 from the server",
            "1 text, 1 pong, 1 close",
            "the protocol that followed HTTP decides",
        ],
        &["Idle for", "had no further request"],
    ),
    (
        "websocket-slow.pcap",
        &[],
        &[
            "5 text, 1 close",
            "Close frame with code 1000",
            "the protocol that followed HTTP decides",
        ],
        &["Idle for", "had no further request", "looks like none"],
    ),
    (
        "connect-tunnel.pcap",
        &[],
        &[
            "It carries TLS: 84 bytes from the client",
            "the protocol that followed HTTP decides",
        ],
        &["Idle for", "had no further request"],
    ),
    (
        "snap-length.pcap",
        &[Kind::OneConnectionKept],
        &[
            "GET /2 HTTP/1.1 -> 200 OK",
            "3 exchanges",
            "The snap length cut 3 payloads",
            "Response: 865 bytes, head and body together",
        ],
        &["cut short", "body 719"],
    ),
    (
        "loss-repaired-by-timer.pcap",
        &[Kind::SlowRetransmission, Kind::Retransmissions],
        &["cost 210.3 ms", "1 after a timeout (RTO)"],
        &["out of order"],
    ),
    (
        "loss-after-duplicate-acks.pcap",
        &[Kind::SlowRetransmission, Kind::Retransmissions],
        &["cost 200.0 ms", "1 after a timeout (RTO)", "6 duplicate ACKs"],
        &["out of order"],
    ),
    (
        "simultaneous-close.pcap",
        &[],
        &[
            "Both sides closed at the same time",
            "FIN-WAIT-1 (8), CLOSING (7), TIME-WAIT",
            "FIN-WAIT-1 (7), CLOSING (8), TIME-WAIT",
        ],
        &["Four frames", "Three frames"],
    ),
    (
        "simultaneous-close-announced.pcap",
        &[],
        &[
            "Both sides closed at the same time",
            "the response said Connection: close",
        ],
        &["Four frames", "Three frames"],
    ),
    (
        "h2-preface.pcap",
        &[],
        &[
            "It carries HTTP/2: 33 bytes from the client, 18 from the server",
            "HTTP/2 has binary frames, which are not read.",
        ],
        &["PRI *"],
    ),
    (
        "h2-prior-knowledge.pcap",
        &[],
        &["It carries HTTP/2: 55 bytes from the client, 28 from the server"],
        &["PRI *"],
    ),
    (
        "expect-unanswered.pcap",
        &[Kind::SlowExpect],
        &["waited 1.000 s for 100 Continue, which did not come, and then sent the body"],
        &["The server took"],
    ),
    (
        "nagle-response.pcap",
        &[Kind::OneConnectionKept, Kind::SlowDelayedAck],
        &["waited up to 40.0 ms for the ACK of the one before, in 4 exchanges, for example GET"],
        &["pieces of"],
    ),
    (
        "nagle-request.pcap",
        &[Kind::OneConnectionKept, Kind::SlowDelayedAck],
        &[
            "waited up to 40.2 ms for the ACK of the one before, in 4 exchanges, for example POST",
            "The server delayed 4 ACKs",
        ],
        &["pieces of"],
    ),
    (
        "tls.pcap",
        &[],
        &[
            "It carries TLS: 106 bytes from the client, 106 from the server",
            "capture http:// instead",
        ],
        &["out of the ordinary", "Idle for"],
    ),
    (
        "tls-alert.pcap",
        &[],
        &[
            "SNI example.com",
            "The server sent the TLS alert handshake_failure  [frame 5]",
            "The client sent the first FIN",
        ],
        &["out of the ordinary", "does not show why"],
    ),
    (
        "custom-block.pcapng",
        &[Kind::TimedOutAsAnnounced],
        &[
            "12 frames, 11 of them TCP",
            "[frames 7, 9]",
            "1 block of the file is not a packet",
        ],
        &[],
    ),
    (
        "old-packet-block.pcapng",
        &[Kind::TimedOutAsAnnounced],
        &["11 frames, 11 of them TCP", "Idle for 5.000 s"],
        &[],
    ),
    (
        "begins-with-keep-alive-probe.pcap",
        &[Kind::OneConnectionKept],
        &[
            "1. GET /success.txt HTTP/1.1 -> 200 OK  [frames 3, 4]",
            "2 exchanges",
            "of which server and round trip 20.0 ms",
        ],
        &["not captured)", "are not HTTP/1.x", "bytes missing", "block handshake"],
    ),
    (
        "lost-head-shifts.pcap",
        &[Kind::OneConnectionKept],
        &[
            "1. GET /0 HTTP/1.1 -> (start of the response not captured)",
            "4. GET /3 HTTP/1.1 -> 200 OK  [frames 13, 14]",
            "1641 bytes from the server could not be read",
            "Idle for 10.000 s before the first request",
            "Idle for 10.000 s, then the next request  [frames 8, 10]",
            "last captured byte",
        ],
        &["Pipelined", "are not HTTP/1.x"],
    ),
    (
        "lost-tail-not-pipelined.pcap",
        &[Kind::OneConnectionKept],
        &[
            "2000 bytes of the message are not in the capture",
            "2. GET /2 HTTP/1.1 -> 200 OK  [frames 7, 8]",
            "last captured byte",
        ],
        &["Pipelined"],
    ),
    (
        "old-fin-is-no-speculation.pcap",
        &[],
        &[
            "what it carried was not captured",
            "The client sent the first FIN (Seq 1)",
        ],
        &["speculat", "never used", "after the opening", "no byte had been sent"],
    ),
    (
        "proxy-is-not-parallel.pcap",
        &[Kind::Forwarded],
        &["forwarded 1 exchange to", "on stream 0 went on as stream 1"],
        &["parallel"],
    ),
    (
        "icmp-takes-a-number.pcap",
        &[],
        &[
            "3 TCP streams",
            "Connection 2:",
            "1 stream is only quoted in an ICMP error",
        ],
        &["Connection 1:"],
    ),
    (
        "syn-answered-by-icmp.pcap",
        &[Kind::Retransmissions],
        &[
            "The SYN was answered with an ICMP error: Destination unreachable (host unreachable)",
            "SYN was sent 1 more time",
        ],
        &["Nobody answered", "right before the end"],
    ),
    (
        "port-reused.pcap",
        &[Kind::PortReused],
        &[
            "2 TCP streams",
            "1 SYN comes from a port",
            "2.000 s after the last segment",
        ],
        &["sent again", "no such connection"],
    ),
    (
        "half-open.pcap",
        &[Kind::ResetsNoConnection],
        &["its sender knows no such connection"],
        &[
            "in the middle of an exchange",
            "does not show why",
            "ESTABLISHED (3), CLOSED",
        ],
    ),
    (
        "reset-is-no-fin.pcap",
        &[Kind::TimedOutOtherwise, Kind::ResetsIdle],
        &["RST 8.800 s after the last response"],
        &["FIN 8.800", "sent the first FIN"],
    ),
    (
        "syn-at-the-end.pcap",
        &[],
        &["a SYN at the end of the capture"],
        &["nobody answered", "never opened"],
    ),
    (
        "slow-server.pcap",
        &[Kind::SlowServer],
        &["The server took 3.000 s, 149 round trips"],
        &[],
    ),
    (
        "slow-client.pcap",
        &[Kind::SlowClient],
        &["The client waited 3.000 s", "Idle for 3.000 s before the first request"],
        &["The server took"],
    ),
    (
        "zero-window.pcap",
        &[Kind::SlowZeroWindow, Kind::ZeroWindows],
        &[
            "stalled the sender for 5.000 s",
            "4 probes from the server whether the window has opened",
        ],
        &["eep-alive probe", "one burst"],
    ),
];
