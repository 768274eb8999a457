//! Request smuggling: requests whose end two parsers may find at different offsets.
//!
//! The responses must correspond to an interpretation that RFC 9112 permits. Each request gets one response, and each
//! response contains the file that was requested in that position. The interpretations come from
//! [`super::smuggling_parser`].

use super::client::{ask, ask_in};
use super::profiles;
use super::smuggling_parser::{Reader, Reading, read};
use crate::model::MemorySite;
use std::collections::BTreeMap;

/// The inputs. `tests/e2e/peers/fronts.py` uses the same file. Every request that a parser may find in them asks for a
/// different file; `{get N}` stands for a plain request for file N.
const CASES: &str = include_str!("../../../../tests/data/corpus/smuggling.json");

/// One input.
#[derive(serde::Deserialize)]
struct Case {
    name: String,
    /// The bytes to send. Each character, U+0000 to U+00FF, is one byte.
    send: String,
}

/// Expands the plain requests.
fn filled(text: &str) -> Vec<u8> {
    let mut text = text.to_owned();
    for number in 1..=9 {
        text = text.replace(
            &format!("{{get {number}}}"),
            &format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n"),
        );
    }
    text.chars().map(|c| u8::try_from(c).expect("a byte")).collect()
}

/// What is known about the imitated servers, in addition to the cases.
const READERS: &str = include_str!("../../../../tests/data/corpus/smuggling-readers.json");

/// How servers read what RFC 9112 does not permit.
#[derive(serde::Deserialize)]
struct Readers {
    /// Profiles of servers that parse as [`Reader::Old`] does.
    old_parsers: Vec<String>,
    /// By profile, the cases in which it responds in a way that the RFC does not permit, because the real server does so: it
    /// ignores Transfer-Encoding, treats an invalid length as absent, and uses the first of several lengths. The list was
    /// measured on the real server, and the test fails if an entry is no longer needed.
    as_the_original: BTreeMap<String, Vec<String>>,
}

/// The final responses: the status of each, and the file that it contains, if any.
fn responses(got: &[u8]) -> Vec<(u16, Option<String>)> {
    let mut starts: Vec<usize> = memchr::memmem::find_iter(got, b"HTTP/1.")
        .filter(|at| {
            // A request line that is quoted in a page is not a status line.
            got[at + 8..].starts_with(b" ")
                && got
                    .get(at + 9..at + 12)
                    .is_some_and(|code| code.iter().all(u8::is_ascii_digit))
        })
        .collect();
    if !got.is_empty() && starts.first() != Some(&0) {
        starts.insert(0, 0);
    }
    let ends = starts.iter().skip(1).copied().chain([got.len()]);
    let file = |text: &[u8]| {
        let at = memchr::memmem::find(text, b"the file ")?;
        Some(String::from_utf8_lossy(text[at + 9..].split(|b| *b == b'.').next()?).into_owned())
    };
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &got[*start..end])
        .map(|reply| {
            let status = reply
                .get(9..12)
                .and_then(|code| std::str::from_utf8(code).ok()?.parse().ok());
            (status.unwrap_or(0), file(reply))
        })
        .filter(|(status, _)| !matches!(status, 100..=199))
        .collect()
}

/// Whether the responses correspond to the first requests of an interpretation.
fn fits(responses: &[(u16, Option<String>)], reading: &Reading) -> bool {
    responses.len() <= reading.targets.len() + usize::from(reading.more)
        && responses.iter().enumerate().all(|(number, (_, file))| match file {
            Some(file) => reading.targets.get(number) == Some(file),
            None => true,
        })
}

#[test]
fn responses_correspond_to_an_interpretation_that_the_rfc_permits() {
    let cases: Vec<Case> = serde_json::from_str(CASES).expect("a list of cases");
    assert!(cases.len() > 80, "{} cases", cases.len());
    let mut wrong = Vec::new();
    let mut as_the_original = Vec::new();
    let readers: Readers = serde_json::from_str(READERS).expect("smuggling-readers.json");
    for profile in profiles() {
        let mut site = MemorySite::new(&profile);
        for number in 1..=9 {
            site = site.with_file(number.to_string(), format!("the file /{number}.").as_bytes());
        }
        for Case { name, send } in &cases {
            let sent = filled(send);
            let mut readings = vec![read(&sent, Reader::Strict), read(&sent, Reader::Tolerant)];
            if readers.old_parsers.contains(&profile.name) {
                readings.push(read(&sent, Reader::Old));
            }
            for (how, got) in [
                ("at once", ask(&profile, &site, &sent)),
                ("by the byte", ask_in(&profile, &site, sent.chunks(1))),
            ] {
                let responses = responses(&got);
                if responses.len() <= 1
                    && !responses
                        .iter()
                        .any(|(_, file)| file.as_deref().is_some_and(|file| file != "/1"))
                {
                    continue;
                }
                if readings.iter().any(|reading| fits(&responses, reading)) {
                    continue;
                }
                let listed = readers.as_the_original.get(&profile.name);
                if listed.is_some_and(|cases| cases.contains(name)) {
                    as_the_original.push((profile.name.clone(), name.clone()));
                } else {
                    wrong.push(format!("{} {name}, {how}: {responses:?}", profile.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (profile, cases) in &readers.as_the_original {
        for case in cases {
            let found = as_the_original.iter().any(|(of, name)| of == profile && name == case);
            assert!(found, "{profile} {case}: is listed, but fits an interpretation");
        }
    }
}
