//! Reads a capture and says what happened on its connections, and why.
//!
//! cargo run --example explain_capture [FILE]

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use labserve::explain::{self, Lang, model, render};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/captures/report-1.pcapng.gz");
    let named = std::env::args().nth(1);
    let capture = explain::file(named.as_deref().unwrap_or(example))?;
    println!("{}", render::text(&capture, Lang::En, render::Ladders::Omit));

    for connection in &capture.connections {
        let answered = connection.answered();
        println!(
            "stream {}: {answered} responses, {:?}",
            connection.stream, connection.end.reason
        );
    }
    if named.is_none() {
        // A browser loaded a page from Node, and did nothing for more than five seconds.
        let first = &capture.connections[0];
        assert_eq!(first.answered(), 5);
        assert_eq!(first.end.by, Some(model::Side::Server));
        assert_eq!(first.end.reason, model::EndReason::IdleAsAnnounced);
    }
    Ok(())
}
