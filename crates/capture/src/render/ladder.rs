//! A connection as a ladder diagram in characters: time runs down, the client is on the left, each frame is an arrow.

use super::begins::begins;
use crate::describe;
use crate::model::{Connection, Frame, Side};
use crate::sentence::{Lang, Msg, Sentence, label};
use std::fmt::Write;

/// Width between the two sides, in characters.
const WIDTH: usize = 46;
/// The model lists this many frames at the end of a connection; frames that it leaves out lie before them.
const LISTED_AT_THE_END: usize = 40;

/// Writes a connection as a ladder diagram, for a terminal.
///
/// ```
/// use labserve_capture::{Lang, explain_bytes, render};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-2.pcapng.gz");
/// # let capture = explain_bytes(&std::fs::read(path)?, &[])?;
/// assert!(render::ladder(&capture.connections[0], Lang::En).contains("-SYN Seq=0-"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render(connection: &Connection, lang: Lang) -> String {
    let mut text = String::new();
    let (client, server) = (connection.client.to_string(), connection.server.to_string());
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        text,
        "  {:>10}  {client}{server:>width$}",
        "",
        width = (WIDTH + 2).saturating_sub(client.len())
    );
    let begins = begins(connection);
    let left_out = connection.frames_left_out;
    let gap_at = connection.frames.len().saturating_sub(LISTED_AT_THE_END);
    for (at, frame) in connection.frames.iter().enumerate() {
        if left_out > 0 && at == gap_at {
            let sentence = Sentence::new(Msg::NoteTooManyFrames).with("count", left_out);
            let _ = writeln!(text, "  {:>10}  :  {}", "", sentence.text(lang));
        }
        let begins = begins.get(&frame.number).map(String::as_str);
        let _ = writeln!(text, "{}", line(frame, begins, connection.first_ns, lang));
    }
    text
}

/// The line of a frame. Its arrow is labelled with the message that begins in the frame, if there is space.
fn line(frame: &Frame, begins: Option<&str>, begin_ns: i64, lang: Lang) -> String {
    let seconds = frame.ns.saturating_sub(begin_ns) as f64 / 1e9;
    let mut info = format!("{} Seq={}", frame.flags.names(), frame.seq);
    if frame.flags.ack() {
        let _ = write!(info, " Ack={}", frame.ack);
    }
    if frame.len > 0 {
        let _ = write!(info, " Len={}", frame.len);
    }
    let fits = begins.is_some_and(|begins| begins.chars().count() + info.len() + 3 <= WIDTH - 2);
    if let Some(begins) = begins.filter(|_| fits) {
        info = format!("{begins} | {info}");
    }
    let beside = begins
        .filter(|_| !fits)
        .map(|begins| format!("  {begins}"))
        .unwrap_or_default();
    let (head, tail) = match frame.from {
        Side::Client => ("-", ">"),
        Side::Server => ("<", "-"),
    };
    let arrow = format!("{head}{info:-^width$}{tail}", width = WIDTH - 2);
    let flags: Vec<&str> = frame
        .analysis
        .iter()
        .map(|flag| label(describe::analysis_flag(flag), lang))
        .collect();
    let flags = if flags.is_empty() {
        String::new()
    } else {
        format!("  {}", flags.join(", "))
    };
    format!("  {seconds:>10.6}  |{arrow}|  {}{beside}{flags}", frame.number)
}
