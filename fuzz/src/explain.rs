//! Arbitrary bytes as a capture: they are explained, and rendered in every format and both languages.

use crate::profiles;
use labserve_capture::render::{self, Ladders};
use labserve_capture::{Lang, Limits, Options, explain, explain_bytes, model::Capture};
use labserve_core::profile::Profile;
use std::io::{self, Read};

/// Limits so low that a small capture reaches each of them.
const TIGHT: Limits = Limits {
    streams: 3,
    connections: 2,
    exchanges: 2,
    frames: 12,
    head_bytes: 300,
    buffered: 600,
};

/// Explains the bytes as a capture, with the default limits and with tight ones.
pub fn run(data: &[u8]) {
    profiles::with_all(|all| explain_under(data, all));
}

fn explain_under(data: &[u8], profiles: &[Profile]) {
    let whole = explain_bytes(data, profiles);
    let dripped = explain(Drip(data), &Options::default(), profiles);
    match (&whole, &dripped) {
        // How much the decompressor returns before it finds damage depends on the size of the reads.
        _ if data.starts_with(&[0x1f, 0x8b]) => {}
        (Ok(whole), Ok(dripped)) => assert_eq!(whole, dripped, "the result depends on the size of the reads"),
        (Err(whole), Err(dripped)) => assert_eq!(whole.to_string(), dripped.to_string()),
        _ => panic!("the result depends on the size of the reads: {whole:?}, {dripped:?}"),
    }
    let Ok(whole) = whole else { return };
    check(&whole);
    let options = Options {
        limits: TIGHT,
        ..Options::default()
    };
    let few = explain(data, &options, profiles).expect("limits do not make a capture unreadable");
    assert!(
        few.connections.len() <= TIGHT.connections,
        "{:?}",
        few.connections.len()
    );
    assert!(few.connections.iter().map(|c| c.frames.len()).sum::<usize>() <= TIGHT.frames);
    check(&few);
}

/// Checks what must hold for every explanation.
fn check(capture: &Capture) {
    let last = capture.file.frames;
    for finding in &capture.findings {
        for frame in &finding.frames {
            assert!((1..=last).contains(frame), "{finding:?} of {last} frames");
        }
        for stream in &finding.streams {
            assert!(capture.connection(*stream).is_some(), "{finding:?}");
        }
    }
    render::json(capture).expect("JSON");
    for lang in [Lang::En, Lang::Zh] {
        for text in [
            render::text(capture, lang, Ladders::Draw),
            render::markdown(capture, lang),
        ] {
            let control = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(control, None, "a control character for the terminal: {text:?}");
        }
        let page = render::html(capture, lang);
        assert!(!page.contains("<script"), "markup from the wire: {page}");
    }
}

/// A reader that returns at most seven bytes at a time.
struct Drip<'d>(&'d [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(7);
        self.0.read(&mut into[..most])
    }
}
