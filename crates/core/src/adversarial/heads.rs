//! Mutated heads, passed through the scanner, the decision and the rendering. Nothing panics, a response head contains
//! only lines of its profile, and the result does not depend on how the bytes were split.

use super::mutation::mutated_head;
use super::profiles;
use crate::decide::{self, Route};
use crate::facts::{FileFacts, FileId, Found};
use crate::http1::{Head, Request, Scan, head};
use crate::profile::Profile;
use crate::render::{ConnectionContext, RenderContext, Reply};
use crate::test_rng::TestRng;
use core::net::SocketAddr;
use std::sync::Arc;

fn file(profile: &Profile, size: usize) -> Arc<FileFacts> {
    let id = FileId {
        size: size as u64,
        mtime_secs: 1_698_766_276,
        ..FileId::default()
    };
    Arc::new(FileFacts::new(
        "dir/a name\r\n\"é.html".as_bytes(),
        0x0500_0180,
        id,
        &profile.types,
    ))
}

/// Asserts that every line of the response head is one of the profile, and that no line contains a line end.
fn assert_sound(profile: &Profile, reply: &Reply<'_>, request: Option<&Request<'_>>, input: &[u8]) {
    let local: SocketAddr = ([127, 0, 0, 1], 3000).into();
    let connection = ConnectionContext {
        local,
        remaining: Some(1),
        connection_fields: &profile.connection.keep_fields,
        chunked: false,
        render: RenderContext::default(),
    };
    let (mut head, mut page) = (Vec::new(), Vec::new());
    reply.render(request, &connection, &mut head, &mut page);
    if reply.response.no_head {
        return;
    }
    let shown = || {
        format!(
            "{} under {}\n{}",
            input.escape_ascii(),
            profile.name,
            head.escape_ascii()
        )
    };
    assert!(head.ends_with(b"\r\n\r\n"), "no end: {}", shown());
    let names: Vec<&str> = reply
        .response
        .lines()
        .chain(profile.connection.keep_fields.iter().map(|t| t.source()))
        .collect();
    for (number, line) in head[..head.len() - 4].split(|b| *b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(
            !line.contains(&b'\r') && !line.contains(&0),
            "a line end within a line: {}",
            shown()
        );
        if number > 0 {
            let name = line.split(|b| *b == b':').next().unwrap_or_default();
            let known = names
                .iter()
                .any(|source| source.split(':').next().is_some_and(|n| n.as_bytes() == name));
            assert!(known, "a line that the profile does not have: {}", shown());
        }
    }
}

#[test]
fn no_head_causes_a_panic_or_injects_a_line_into_a_response() {
    let profiles = profiles();
    let mut rng = TestRng::new(0x9e37_79b9_7f4a_7c15);
    for round in 0..12_000 {
        let input = mutated_head(&mut rng);
        let profile = &profiles[round % profiles.len()];
        let (fault, head): (_, Head) = match head::scan(&input, &profile.head) {
            Scan::Complete(head) => (None, head),
            Scan::Refused(fault, head) => (Some(fault), head),
            Scan::Partial { .. } => continue,
        };
        assert!(head.len <= input.len());
        let request = Request::new(&input, &head);
        if fault.is_some() || request.fault(&profile.head).is_some() {
            for (id, _) in (0..).zip(profile.responses.iter()) {
                let reply = Reply::plain(profile, id, request.method());
                assert_sound(profile, &reply, Some(&request), &input);
            }
            continue;
        }
        let _ = request.framing(&profile.head.body);
        match decide::route(profile, &request, &[]) {
            Route::Respond(id) => assert_sound(
                profile,
                &Reply::plain(profile, id, request.method()),
                Some(&request),
                &input,
            ),
            Route::Lookup(located) => {
                let outside = located.path.split(|b| *b == b'/').any(|s| s == b".." || s == b".")
                    || located.path.starts_with(b"/");
                assert!(!outside, "{} -> {}", input.escape_ascii(), located.path.escape_ascii());
                let size = [0, 1, 10, 70_000][rng.below(4)];
                let founds = [
                    Found::File(file(profile, size)),
                    Found::FileWithSlash(file(profile, size)),
                    Found::Directory,
                    Found::NoIndex,
                    Found::Unreadable(file(profile, size)),
                    Found::IndexDirectory("index.html".to_owned()),
                    Found::Dangling,
                    Found::Missing,
                    Found::PathAfterFile,
                ];
                for found in founds {
                    let reply = decide::file_reply(profile, &request, found, None, &RenderContext::default());
                    assert_sound(profile, &reply, Some(&request), &input);
                }
            }
        }
    }
}

/// Heads that once had another result when they were split: an invalid value in a line that is dropped for its name,
/// and a folded line that continues a dropped one.
const REGRESSIONS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\nHos=t: 7\0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nC\xa3\r\n folded\r\n\r\n",
];

/// A byte-wise parser must not refuse a prefix of a head that it accepts as a whole. Otherwise TCP segmentation would
/// decide whether a request is served.
#[test]
fn the_result_does_not_depend_on_how_a_head_was_split() {
    let profiles = profiles();
    let mut rng = TestRng::new(0x2545_f491_4f6c_dd1d);
    let regressions = REGRESSIONS
        .iter()
        .flat_map(|head| std::iter::repeat_n(head.to_vec(), profiles.len()));
    let mutated = std::iter::repeat_with(|| mutated_head(&mut rng)).take(6_000);
    for (round, input) in regressions.chain(mutated).enumerate() {
        let profile = &profiles[round % profiles.len()];
        let Scan::Complete(whole) = head::scan(&input, &profile.head) else {
            continue;
        };
        for cut in 0..whole.len {
            let shown = || format!("{} | {}", input[..cut].escape_ascii(), input[cut..].escape_ascii());
            match head::scan(&input[..cut], &profile.head) {
                Scan::Partial(_) => {}
                Scan::Complete(other) => panic!("ends at {} under {}: {}", other.len, profile.name, shown()),
                Scan::Refused(fault, _) => panic!("{fault} under {}: {}", profile.name, shown()),
            }
        }
    }
}

/// The fast path for request lines gives the same results as the slow path, including faults and limits.
#[test]
fn the_fast_path_equals_the_slow_path() {
    let profiles = profiles();
    let mut rng = TestRng::new(0x5eed_0002);
    let same = |bytes: &[u8]| {
        for profile in &profiles {
            let (fast, slow) = (
                head::scan(bytes, &profile.head),
                head::scan_slow_path(bytes, &profile.head),
            );
            assert_eq!(fast, slow, "{}: {}", profile.name, String::from_utf8_lossy(bytes));
        }
    };
    for length in (0..200).chain([1000, 4085, 8160, 8170, 8176, 8190, 16_370, 16_383, 16_400, 65_600]) {
        for end in ["1.1\r\n", "1.0\r\nHost: a\r\n\r\n", "1.1\r\nHost: a\r\nA: b", "1.1"] {
            same(format!("GET /{} HTTP/{end}", "a".repeat(length)).as_bytes());
        }
    }
    for _ in 0..5_000 {
        same(&mutated_head(&mut rng));
    }
}
