//! A connection as a Mermaid sequence diagram, which GitHub and many editors draw from the text of a report.

use super::begins::begins;
use crate::model::{Connection, Frame, Side};
use std::fmt::Write;

/// How many frames are drawn from the beginning of a connection, and from its end.
const FIRST: usize = 24;
const LAST: usize = 12;

/// Writes the diagram as a fenced code block. Text from the wire is escaped, so that none of it ends a line or the block.
pub(super) fn render(connection: &Connection) -> String {
    let mut text = "```mermaid\nsequenceDiagram\n".to_owned();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "  participant C as {}", connection.client);
    let _ = writeln!(text, "  participant S as {}", connection.server);
    let begins = begins(connection);
    let frames = &connection.frames;
    let is_long = frames.len() > FIRST + LAST + 1 || connection.frames_left_out > 0;
    for (at, frame) in frames.iter().enumerate() {
        let is_drawn = !is_long || at < FIRST || at + LAST >= frames.len();
        if is_drawn {
            let _ = writeln!(
                text,
                "  {}",
                arrow(frame, begins.get(&frame.number), connection.first_ns)
            );
        } else if at == FIRST {
            let _ = writeln!(text, "  Note over C,S: …");
        }
    }
    text + "```\n\n"
}

/// The arrow of a frame: its number, its time, the message that begins in it, its flags and numbers.
fn arrow(frame: &Frame, begins: Option<&String>, begin_ns: i64) -> String {
    let ends = match frame.from {
        Side::Client => "C->>S",
        Side::Server => "S->>C",
    };
    let seconds = frame.ns.saturating_sub(begin_ns) as f64 / 1e9;
    let begins = begins.map_or_else(String::new, |begins| format!("{} – ", escaped(begins)));
    let ack = if frame.flags.ack() {
        format!(" Ack={}", frame.ack)
    } else {
        String::new()
    };
    let len = if frame.len > 0 {
        format!(" Len={}", frame.len)
    } else {
        String::new()
    };
    let flags = frame.flags.names();
    format!(
        "{ends}: {} ({seconds:.6} s) {begins}{flags} Seq={}{ack}{len}",
        frame.number, frame.seq
    )
}

/// Text without markup for Mermaid: everything except letters, digits and harmless characters is a character code.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " /.-_=?,*…".contains(c) => safe.push(c),
            c => {
                let _ = write!(safe, "#{};", c as u32);
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_capture::*;

    #[test]
    fn frames_are_arrows_with_what_begins_in_them() {
        let mut frames = handshake();
        frames.extend([
            frame(30_000, true, PSH | ACK, 1, 1, "GET /a;b#`c HTTP/1.1\r\n\r\n"),
            frame(50_000, false, PSH | ACK, 1, 25, &response(60)),
        ]);
        let text = render(&explained(&frames).connections[0]);
        for line in [
            "```mermaid\nsequenceDiagram\n  participant C as 10.0.0.1:40000\n  participant S as 10.0.0.2:80\n",
            "  C->>S: 1 (0.000000 s) SYN Seq=0\n",
            "  C->>S: 4 (0.030000 s) GET /a#59;b#35;#96;c – PSH, ACK Seq=1 Ack=1 Len=24\n",
            "  S->>C: 5 (0.050000 s) 200 OK – PSH, ACK Seq=1 Ack=25 Len=60\n```\n\n",
        ] {
            assert!(text.contains(line), "{line}\nin\n{text}");
        }
    }

    #[test]
    fn a_long_connection_is_drawn_in_part() {
        let mut frames = handshake();
        frames.push(frame(30_000, true, PSH | ACK, 1, 1, "GET / HTTP/1.1\r\n\r\n"));
        frames.extend((0..60).map(|n| frame(50_000 + n, true, ACK, 19, 1, "")));
        let text = render(&explained(&frames).connections[0]);
        assert_eq!(text.matches("->>").count(), FIRST + LAST);
        assert!(text.contains("Note over C,S: …"));
    }
}
