//! A connection as a ladder in characters: time down, the client left, the server right, an arrow for each frame.

use crate::model::{Connection, Frame, Side};
use crate::say::{Lang, Msg, Said, label};
use std::fmt::Write;

/// The room between the two sides.
const WIDTH: usize = 46;

/// Draws the ladder of a connection.
pub fn render(connection: &Connection, lang: Lang) -> String {
    let mut text = String::new();
    let (client, server) = (connection.client.to_string(), connection.server.to_string());
    let _ = writeln!(
        text,
        "  {:>10}  {client}{server:>width$}",
        "",
        width = (WIDTH + 2).saturating_sub(client.len())
    );
    let left_out = connection.frames_left_out;
    let gap_at = connection.frames.len().saturating_sub(LAST);
    for (at, frame) in connection.frames.iter().enumerate() {
        if left_out > 0 && at == gap_at {
            let said = Said::new(Msg::NoteTooManyFrames).with("count", left_out);
            let _ = writeln!(text, "  {:>10}  :  {}", "", said.text(lang));
        }
        let _ = writeln!(text, "{}", line(frame, connection.first_ns, lang));
    }
    text
}

/// Where frames are left out: before the last ones.
const LAST: usize = 40;

fn line(frame: &Frame, begin_ns: i64, lang: Lang) -> String {
    let seconds = frame.ns.saturating_sub(begin_ns) as f64 / 1e9;
    let mut said = format!("{} Seq={}", frame.flags.names(), frame.seq);
    if frame.flags.ack() {
        let _ = write!(said, " Ack={}", frame.ack);
    }
    if frame.len > 0 {
        let _ = write!(said, " Len={}", frame.len);
    }
    let (head, tail) = match frame.from {
        Side::Client => ("-", ">"),
        Side::Server => ("<", "-"),
    };
    let arrow = format!("{head}{said:-^width$}{tail}", width = WIDTH - 2);
    let marks: Vec<&str> = frame
        .marks
        .iter()
        .map(|mark| label(crate::describe::mark(mark), lang))
        .collect();
    let marks = if marks.is_empty() {
        String::new()
    } else {
        format!("  {}", marks.join(", "))
    };
    format!("  {seconds:>10.6}  |{arrow}|  {}{marks}", frame.number)
}
