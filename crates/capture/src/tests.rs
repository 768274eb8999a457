//! Whole explanations: of the captures in `tests/data/captures`, and of files that are damaged or not captures.

use super::model::{Capture, Connection, Exchange, FindingKind, Message, NoteKind, Side, Verdict};
use super::render::Ladders;
use super::{Filter, Lang, Limits, Options, describe, explain, explain_bytes, render};
use crate::test_profiles::built_ins;
use labserve_core::profile::builtin;
use labserve_core::test_rng::TestRng;
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/captures")
}

/// Name and compressed content of every capture.
fn captures() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).expect("the captures");
    let mut captures: Vec<(String, Vec<u8>)> = entries
        .filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name()?.to_str()?.strip_suffix(".pcapng.gz")?.to_owned();
            Some((name, std::fs::read(&path).expect("a capture")))
        })
        .collect();
    captures.sort();
    assert!(captures.len() >= 30, "only {} captures", captures.len());
    captures
}

fn bytes_of(name: &str) -> Vec<u8> {
    let all = captures();
    let (_, packed) = all.iter().find(|(known, _)| known == name).expect(name);
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_end(&mut bytes)
        .expect("gzip");
    bytes
}

fn explained(name: &str) -> Capture {
    explain_bytes(&bytes_of(name), built_ins()).expect(name)
}

/// What an explanation contains, without what changes when the capture is repeated.
fn gist(capture: &Capture) -> Value {
    let looks = capture.fingerprints.iter().map(|found| {
        let best = &found.scores[0];
        json!({ "profile": best.profile, "percent": best.percent, "verdict": found.verdict })
    });
    json!({
        "streams": capture.file.streams,
        "connections": capture.connections.iter().map(gist_of).collect::<Vec<_>>(),
        "findings": capture.findings.iter().map(|f| json!({ "kind": f.kind, "streams": f.streams })).collect::<Vec<_>>(),
        "fingerprints": looks.collect::<Vec<_>>(),
        "notes": capture.notes.iter().map(|note| json!(note.kind)).collect::<Vec<_>>(),
    })
}

fn gist_of(connection: &Connection) -> Value {
    let end = &connection.end;
    let idle_periods = connection.idle_periods.iter().map(|idle| {
        let tenths = (idle.ns as f64 / 1e8).round() / 10.0;
        json!([idle.after, tenths, idle.ended_by, idle.announced_s])
    });
    json!({
        "stream": connection.stream,
        "usage": connection.usage,
        "handshake": connection.handshake.outcome,
        "exchanges": connection.exchanges.iter().map(gist_of_exchange).collect::<Vec<_>>(),
        "idle_periods": idle_periods.collect::<Vec<_>>(),
        "end": [json!(end.teardown), json!(end.by), json!(end.reason)],
        "resets": end.resets.iter().map(|reset| json!([reset.by, reset.class])).collect::<Vec<_>>(),
    })
}

fn gist_of_exchange(exchange: &Exchange) -> Value {
    let message = |message: &Option<Message>| match message {
        None => Value::Null,
        Some(message) => json!([
            message.head.first_line(),
            format!("{}+{}", message.head_bytes, message.body_bytes),
            message.seq,
            message.body_end,
            message.shortfall
        ]),
    };
    json!({
        "request": message(&exchange.request),
        "response": message(&exchange.response),
        "interim": exchange.interim.iter().map(|(status, _)| *status).collect::<Vec<_>>(),
        "pipelined": exchange.pipelined,
        "validator": exchange.validator,
    })
}

#[test]
fn every_capture_is_explained_as_expected() {
    let bless = std::env::var_os("LABSERVE_BLESS").is_some();
    for (name, packed) in captures() {
        let capture = explain_bytes(&packed, built_ins()).expect(&name);
        assert!(capture.file.gzip, "{name}");
        let found = gist(&capture);
        let path = folder().join(format!("expected/{name}.json"));
        if bless {
            let text = serde_json::to_string_pretty(&found).expect("JSON") + "\n";
            std::fs::write(&path, text).expect("the expectation");
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let expected: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_findings_of_report_1_are_in_order() {
    let capture = explained("report-1");
    let text = render::text(&capture, Lang::En, Ladders::Omit);
    let mut rest = text.as_str();
    for words in [
        "One connection carried 5 exchanges",
        "999, 1980, 31221, 173708, 174130",
        "3 bursts of 65893, 65536, 11058 bytes",
        "timed out by the server: FIN 5.0",
        "never used",
    ] {
        let at = rest
            .find(words)
            .unwrap_or_else(|| panic!("`{words}` is not after the other findings in\n{text}"));
        rest = &rest[at..];
    }
    assert_eq!(capture.connections.len(), 2);
    assert_eq!(capture.connections[0].end.by, Some(Side::Server));
    assert_eq!(capture.connections[1].end.by, Some(Side::Client));
}

/// Some versions of a server differ in what a capture need not show. The right version then shares the first place.
#[test]
fn servers_are_identified() {
    for (name, _) in captures() {
        let Some(server) = name.strip_prefix("real-").or(name.strip_prefix("profile-")) else {
            continue;
        };
        let want = builtin::names()
            .filter(|known| server.starts_with(known))
            .max_by_key(|known| known.len())
            .expect(&name);
        let capture = explained(&name);
        let found = &capture.fingerprints[0];
        let best = &found.scores[0];
        let right = found.scores.iter().find(|score| score.profile == want).expect(want);
        assert_eq!(right.percent, best.percent, "{name}: {best:?}, not {right:?}");
        let is_alone = found.scores[1].percent < best.percent;
        assert!(
            found.verdict == Verdict::Clear || (found.verdict == Verdict::Tied && !is_alone),
            "{name}: {:?} {:?}",
            found.verdict,
            &found.scores[..2]
        );
    }
}

#[test]
fn servers_without_a_profile_get_no_name() {
    let strangers = captures().into_iter().filter(|(name, _)| name.starts_with("stranger-"));
    let mut seen = 0;
    for (name, _) in strangers {
        let capture = explained(&name);
        let found = &capture.fingerprints[0];
        assert!(
            matches!(found.verdict, Verdict::OtherProduct | Verdict::Near | Verdict::None),
            "{name}: {:?} {:?}",
            found.verdict,
            &found.scores[..2]
        );
        seen += 1;
    }
    assert!(seen >= 3, "{seen} captures of servers without a profile");
}

#[test]
fn a_capture_that_ends_anywhere_is_explained_up_to_there() {
    let whole = bytes_of("race-node");
    for length in 0..whole.len() {
        match explain_bytes(&whole[..length], built_ins()) {
            Ok(capture) => assert!(capture.file.frames <= 10, "{length}"),
            Err(error) => assert!(length < 28, "{length}: {error}"),
        }
    }
    let cut = explain_bytes(&whole[..whole.len() - 100], built_ins()).expect("most of it");
    assert!(
        cut.notes
            .iter()
            .any(|note| describe::note(note).text(Lang::En).contains("ends in the middle")),
        "{:?}",
        cut.notes
    );
}

#[test]
fn a_file_that_is_not_a_capture_is_an_error() {
    for (bytes, want) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04", "a ZIP archive: take the capture out"),
        (
            b"PK??",
            "expected pcapng or pcap, maybe compressed with gzip or zstd; it begins with 50 4b 3f 3f",
        ),
        (b"\x1f\x8b\x08", "cut off at its beginning"),
        (b"\n\r\r\n", ""),
    ] {
        match explain_bytes(bytes, built_ins()) {
            Ok(capture) => assert_eq!(capture.file.frames, 0),
            Err(error) => assert!(error.to_string().contains(want), "{bytes:?}: {error}"),
        }
    }
}

/// Changes some bytes; sometimes removes or duplicates some.
fn mutate(bytes: &mut Vec<u8>, rng: &mut TestRng) {
    for _ in 0..=rng.below(12) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.below(bytes.len());
        let count = rng.below(40).min(bytes.len() - at);
        match rng.below(8) {
            0 => drop(bytes.drain(at..at + count)),
            1 => {
                let copy = bytes[at..at + count].to_vec();
                bytes.splice(at..at, copy);
            }
            2 => bytes.truncate(at.max(64).min(bytes.len())),
            3 => bytes[at] = [0, 0xff, 0x7f, 0x80][rng.below(4)],
            _ => bytes[at] ^= 1 << rng.below(8),
        }
    }
}

/// Runs for `LABSERVE_FUZZ_SECONDS`; 200 times without the variable.
#[test]
fn mutated_captures_are_explained_and_rendered_without_panic() {
    let seconds = std::env::var("LABSERVE_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = std::env::var("LABSERVE_FUZZ_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    // In a small capture, a mutation is more likely to hit something that matters.
    let small = captures().into_iter().filter(|(_, packed)| packed.len() < 5000);
    let originals: Vec<Vec<u8>> = small.map(|(name, _)| bytes_of(&name)).collect();
    let mut rng = TestRng::new(0x9e37_79b9_7f4a_7c15 ^ seed);
    let mut runs = 0_u64;
    while until.map_or(runs < 200, |until| Instant::now() < until) {
        let mut bytes = originals[rng.below(originals.len())].clone();
        mutate(&mut bytes, &mut rng);
        if let Ok(capture) = explain_bytes(&bytes, built_ins()) {
            let lang = if rng.below(2) == 0 { Lang::En } else { Lang::Zh };
            render::text(&capture, lang, Ladders::Draw);
            render::json(&capture).expect("JSON");
        }
        runs += 1;
    }
    println!("{runs} captures with seed {seed}");
}

#[test]
fn what_exceeds_a_limit_is_counted_and_reported() {
    // The capture with the most connections.
    let all = captures().into_iter().map(|(_, packed)| packed);
    let packed =
        all.max_by_key(|packed| explain_bytes(packed, built_ins()).map_or(0, |capture| capture.connections.len()));
    let packed = packed.expect("a capture");
    let options = Options {
        limits: Limits {
            streams: 4,
            connections: 3,
            exchanges: 2,
            frames: 20,
            head_bytes: 300,
            buffered: 1 << 20,
        },
        ..Options::default()
    };
    let capture = explain(packed.as_slice(), &options, built_ins()).expect("a capture");
    let kinds: Vec<Value> = capture.notes.iter().map(|note| json!(note.kind)).collect();
    for kind in [
        "too-many-streams",
        "too-many-connections",
        "too-many-exchanges",
        "too-many-frames",
        "too-many-heads",
    ] {
        assert!(kinds.contains(&json!(kind)), "{kind} is not in {kinds:?}");
    }
    assert_eq!(capture.connections.iter().map(|c| c.exchanges.len()).sum::<usize>(), 2);
    assert_eq!(capture.connections.iter().map(|c| c.frames.len()).sum::<usize>(), 20);
}

#[test]
fn a_filter_selects_connections() {
    let bytes = bytes_of("report-1");
    let streams = |filter| {
        let options = Options {
            filter,
            ..Options::default()
        };
        let capture = explain(bytes.as_slice(), &options, built_ins()).expect("a capture");
        capture
            .connections
            .iter()
            .map(|connection| connection.stream)
            .collect::<Vec<_>>()
    };
    let of = |ports: &[u16], numbers: &[u32], hosts: &[&str]| Filter {
        ports: ports.to_vec(),
        streams: numbers.to_vec(),
        hosts: hosts.iter().map(|host| host.parse().expect("an address")).collect(),
    };
    let port = explained("report-1").connections[0].server.port();
    assert_eq!(streams(of(&[], &[1], &[])), [1]);
    assert_eq!(streams(of(&[port], &[], &[])), [0, 1]);
    assert_eq!(streams(of(&[1], &[], &[])), [0_u32; 0]);
    assert_eq!(streams(of(&[], &[], &["127.0.0.1"])), [0, 1]);
    assert_eq!(streams(of(&[], &[], &["10.0.0.1"])), [0_u32; 0]);
}

#[test]
fn a_request_that_crosses_the_close_is_a_finding() {
    let capture = explained("race-node");
    let kinds: Vec<FindingKind> = capture.findings.iter().map(|finding| finding.kind).collect();
    assert!(kinds.contains(&FindingKind::LostRace), "{kinds:?}");
}

#[test]
fn chinese_text_is_chinese() {
    let text = render::text(&explained("report-1"), Lang::Zh, Ladders::Omit);
    for words in ["抓包解读", "一条连接依次承载了 5 次请求", "从未使用", "三次握手"] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
}

#[test]
fn a_note_reports_why_nothing_is_shown() {
    // A UDP datagram over loopback, and a TCP segment without HTTP.
    let ip = |protocol: u8, inside: &[u8]| {
        let length = 20 + inside.len() as u16;
        let mut packet = vec![
            0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
        ];
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        packet.extend_from_slice(inside);
        packet
    };
    let udp = ip(17, &[0x27, 0x10, 0x27, 0x11, 0, 9, 0, 0, b'x']);
    let tcp = ip(
        6,
        &[
            0x27, 0x10, 0, 22, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0, b'S', b'S', b'H',
        ],
    );
    for (packet, kind) in [(udp, NoteKind::NoTcp), (tcp, NoteKind::NoHttp)] {
        // pcap, little-endian, link type RAW.
        let mut file = Vec::new();
        for word in [
            0xa1b2_c3d4_u32,
            0x0004_0002,
            0,
            0,
            65535,
            101,
            1,
            0,
            packet.len() as u32,
            packet.len() as u32,
        ] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&packet);
        let capture = explain_bytes(&file, built_ins()).expect("a capture");
        let note = capture.notes.last().expect("a note");
        assert_eq!(note.kind, kind);
        let sentence = describe::note(note).text(Lang::En);
        for shown in [
            render::text(&capture, Lang::En, Ladders::Draw),
            render::markdown(&capture, Lang::En),
            render::html(&capture, Lang::En),
        ] {
            assert!(
                shown.contains(&sentence) && !shown.contains("out of the ordinary"),
                "{shown}"
            );
        }
    }
}
