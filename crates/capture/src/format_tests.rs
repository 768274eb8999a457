//! Captures in every form: blocks of pcapng, resolutions of times, link layers, tunnels.

use crate::model::{Capture, NoteKind};
use crate::test_capture::*;

/// One exchange, and the FIN of the server five seconds later.
fn exchange() -> Vec<TestFrame> {
    let mut frames = handshake();
    frames.extend([
        frame(100_000, true, PSH | ACK, 1, 1, "GET /0 HTTP/1.1\r\n\r\n"),
        frame(120_000, false, PSH | ACK, 1, 20, &response(100)),
        frame(5_120_000, false, FIN | ACK, 101, 20, ""),
    ]);
    frames
}

/// Number of exchanges, frame of the last response, idle time.
fn gist(capture: &Capture) -> (usize, u64, u64) {
    let connection = &capture.connections[0];
    let response = connection.exchanges[0].response.as_ref();
    let last = response.map_or(0, |response| response.frames.last);
    let idle = connection.idle_periods.last().map_or(0, |idle| idle.ns);
    (connection.exchanges.len(), last, idle)
}

fn kinds(capture: &Capture) -> Vec<NoteKind> {
    capture.notes.iter().map(|note| note.kind).collect()
}

#[test]
fn every_resolution_gives_the_same_times() {
    for resolution in [6, 9, 3, 0x94, 0xa0, 0x8a, 0xb2] {
        let file = pcapng(&exchange(), resolution, |_, ticks, datagram| {
            packet_block(false, ticks, datagram)
        });
        let (exchanges, last, idle) = gist(&crate::explain_bytes(&file, &[]).expect("a capture"));
        assert_eq!((exchanges, last), (1, 5), "{resolution:#x}");
        assert!(idle.abs_diff(5_000_000_000) <= 1_000_000, "{resolution:#x}: {idle}");
    }
}

#[test]
fn blocks_are_numbered_as_in_wireshark() {
    const CUSTOM: u32 = 0x0bad;
    const CUSTOM_NOT_COPIED: u32 = 0x4000_0bad;
    const JOURNAL: u32 = 9;
    const NAMES: u32 = 4;
    for (name, kind, counts) in [
        ("custom", CUSTOM, true),
        ("custom, not to be copied", CUSTOM_NOT_COPIED, true),
        ("journal", JOURNAL, true),
        ("names", NAMES, false),
    ] {
        // A block before the third frame, and one at the end.
        let mut file = pcapng(&exchange(), 6, |at, ticks, datagram| {
            let before = if at == 2 {
                block(kind, b"\xd9\x7e\0\0text")
            } else {
                Vec::new()
            };
            [before, packet_block(false, ticks, datagram)].concat()
        });
        file.extend(block(kind, b"\xd9\x7e\0\0text"));
        let capture = crate::explain_bytes(&file, &[]).expect("a capture");
        assert_eq!(gist(&capture), (1, 5 + u64::from(counts), 5_000_000_000), "{name}");
        assert_eq!(capture.file.frames, 6 + 2 * u64::from(counts), "{name}");
        assert_eq!(kinds(&capture).contains(&NoteKind::NotPackets), counts, "{name}");
    }
}

#[test]
fn the_obsolete_packet_block_is_read() {
    for mixed in [1, 2, 7] {
        let file = pcapng(&exchange(), 6, |at, ticks, datagram| {
            packet_block(at % mixed == 0, ticks, datagram)
        });
        let capture = crate::explain_bytes(&file, &[]).expect("a capture");
        assert_eq!(gist(&capture), (1, 5, 5_000_000_000), "{mixed}");
    }
}

#[test]
fn the_obsolete_packet_block_is_read_in_big_endian() {
    let block = |kind: u32, body: &[u8]| {
        let len = (12 + body.len().next_multiple_of(4)) as u32;
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let [kind, len] = [kind, len].map(u32::to_be_bytes);
        [&kind, &len, body, &padding, &len].concat()
    };
    let section = [&[0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0][..], &[0xff; 8]].concat();
    let mut file = [block(0x0a0d_0d0a, &section), block(1, &[0, 101, 0, 0, 0, 0, 0, 0])].concat();
    let packets = pcapng(&exchange(), 6, |_, ticks, datagram| {
        let len = datagram.len() as u32;
        let words = [0, (ticks >> 32) as u32, ticks as u32, len, len].map(u32::to_be_bytes);
        block(2, &[&words.concat(), datagram].concat())
    });
    // Skips the little-endian section header and interface description.
    file.extend(&packets[60..]);
    let capture = crate::explain_bytes(&file, &[]).expect("a capture");
    assert_eq!(gist(&capture), (1, 5, 5_000_000_000));
}

#[test]
fn what_is_in_a_tunnel_is_read() {
    let ethernet = |kind: u16| [&[2; 12][..], &kind.to_be_bytes()].concat();
    let outer = |protocol: u8, head: &[u8], inner: &[u8]| {
        let len = (20 + head.len() + inner.len()) as u16;
        let mut outer = vec![0x45, 0];
        outer.extend(len.to_be_bytes());
        outer.extend([0, 9, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        [&outer[..], head, inner].concat()
    };
    let udp = |port: u16, head: &[u8], inner: &[u8]| {
        let len = (8 + head.len() + inner.len()) as u16;
        [
            &[0x99, 0x99],
            &port.to_be_bytes()[..],
            &len.to_be_bytes(),
            &[0, 0],
            head,
            inner,
        ]
        .concat()
    };
    let framed = |datagram: &[u8]| [&ethernet(0x0800)[..], datagram].concat();
    type Wrap<'a> = Box<dyn Fn(Vec<u8>) -> Vec<u8> + 'a>;
    let cases: Vec<(&str, &str, u32, Wrap<'_>)> = vec![
        (
            "MPLS",
            "MPLS",
            1,
            Box::new(|d| [&ethernet(0x8847)[..], &[0, 6, 0x41, 0x40], &d].concat()),
        ),
        (
            "VXLAN",
            "VXLAN",
            101,
            Box::new(|d| outer(17, &[], &udp(4789, &[8, 0, 0, 0, 0, 0, 7, 0], &framed(&d)))),
        ),
        (
            "GENEVE",
            "GENEVE",
            101,
            Box::new(|d| {
                outer(
                    17,
                    &[],
                    &udp(6081, &[1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 4], &framed(&d)),
                )
            }),
        ),
        ("GRE", "GRE", 101, Box::new(|d| outer(47, &[0, 0, 8, 0], &d))),
        (
            "ERSPAN",
            "ERSPAN",
            101,
            Box::new(|d| {
                outer(
                    47,
                    &[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                    &framed(&d),
                )
            }),
        ),
        ("IP in IP", "IP", 101, Box::new(|d| outer(4, &[], &d))),
        (
            "VXLAN in GRE",
            "VXLAN",
            101,
            Box::new(|d| outer(47, &[0, 0, 8, 0], &outer(17, &[], &udp(4789, &[8; 8], &framed(&d))))),
        ),
        (
            "PPPoE",
            "PPPoE",
            1,
            Box::new(|d| [&ethernet(0x8864)[..], &[0x11, 0, 0, 7, 0, 9, 0, 0x21], &d].concat()),
        ),
        (
            "802.11",
            "",
            127,
            Box::new(|d| {
                [
                    &[0, 0, 8, 0, 0, 0, 0, 0][..],
                    &[8, 1],
                    &[0; 22],
                    &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0],
                    &d,
                ]
                .concat()
            }),
        ),
    ];
    for (name, carrier, link_type, wrap) in &cases {
        let file = TestFile {
            link_type: *link_type,
            wrap,
            ..TestFile::default()
        };
        let capture = file.explained(&exchange());
        assert_eq!(gist(&capture), (1, 5, 5_000_000_000), "{name}");
        let notes = capture
            .notes
            .iter()
            .map(|note| (note.kind, note.args.get("protocols").cloned()));
        let want = (!carrier.is_empty()).then(|| (NoteKind::Encapsulated, Some(format!("{carrier} 6").into())));
        assert_eq!(notes.collect::<Vec<_>>(), Vec::from_iter(want), "{name}");
        // The lengths on the wire are known even if the frames are cut.
        let whole = wrap(Vec::new()).len();
        let cut = TestFile {
            snap_length: whole + 100,
            ..file
        };
        let capture = cut.explained(&exchange());
        assert_eq!(gist(&capture), (1, 5, 5_000_000_000), "{name}, cut");
    }
}

#[test]
fn what_is_not_read_is_named_and_counted() {
    for (name, link_type, frame, protocol) in [
        ("ARP", 1, [&[2; 12][..], &[8, 6], &[0; 30]].concat(), "ARP 6"),
        (
            "ESP",
            101,
            [&[0x45, 0, 0, 40, 0, 0, 0, 0, 64, 50][..], &[0; 30]].concat(),
            "ESP 6",
        ),
        (
            "encrypted 802.11",
            105,
            [&[8, 0x41][..], &[0; 40]].concat(),
            "802.11 data (encrypted) 6",
        ),
        (
            "an EtherType",
            1,
            [&[2; 12][..], &[0x12, 0x34], &[0; 30]].concat(),
            "another EtherType 6",
        ),
    ] {
        let file = TestFile {
            link_type,
            wrap: &|_| frame.clone(),
            ..TestFile::default()
        };
        let capture = file.explained(&exchange());
        let note = capture.notes.iter().find(|note| note.kind == NoteKind::NotTcp);
        let protocols = note.and_then(|note| note.args.get("protocols").cloned());
        assert_eq!(protocols, Some(protocol.into()), "{name}");
    }
}

#[test]
fn a_connection_that_an_icmp_error_quotes_has_a_number() {
    // The error quotes a segment of `port`, which belongs to stream 0, to no stream, or to the connection that follows.
    // Wireshark gives a number only to what is quoted with its whole header.
    for (port, header, want) in [(40_000_u16, 20, 1), (40_009, 20, 2), (40_009, 8, 1), (40_001, 20, 1)] {
        let mut frames = exchange();
        let count = frames.len();
        let mut other = exchange();
        for frame in &mut other {
            frame.us += 6_000_000;
            let end = if frame.from == CLIENT {
                &mut frame.from
            } else {
                &mut frame.to
            };
            end.1 = 40_001;
        }
        frames.push(frame(5_500_000, false, ACK, 0, 0, ""));
        frames.extend(other);
        let numbered = std::cell::Cell::new(0);
        let file = TestFile {
            wrap: &|datagram| {
                numbered.set(numbered.get() + 1);
                if numbered.get() != count + 1 {
                    return datagram;
                }
                let mut quoted = vec![0x45, 0, 0, 60, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
                quoted.extend(port.to_be_bytes());
                quoted.extend([0, 80, 0, 0, 3, 232, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0]);
                quoted.truncate(20 + header);
                let outer = [
                    0x45,
                    0,
                    0,
                    48 + header as u8,
                    0,
                    2,
                    0,
                    0,
                    64,
                    1,
                    0,
                    0,
                    10,
                    0,
                    0,
                    9,
                    10,
                    0,
                    0,
                    1,
                ];
                [&outer[..], &[3, 1, 0, 0, 0, 0, 0, 0], &quoted].concat()
            },
            ..TestFile::default()
        };
        let capture = file.explained(&frames);
        let streams: Vec<u32> = capture.connections.iter().map(|connection| connection.stream).collect();
        assert_eq!(streams, [0, want], "{port}");
        let quoted = capture.notes.iter().filter(|note| note.kind == NoteKind::QuotedOnly);
        assert_eq!(quoted.count(), usize::from(want == 2), "{port}");
    }
}
