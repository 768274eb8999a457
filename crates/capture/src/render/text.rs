//! Text for a terminal.

use super::ladder;
use crate::describe::{self, FingerprintDescription, Step};
use crate::model::{Capture, Connection};
use crate::sentence::{Lang, Msg, Sentence, label};
use std::fmt::Write;

/// Whether a text contains ladder diagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ladders {
    /// No diagrams.
    #[default]
    Omit,
    /// One for each connection.
    Draw,
}

/// Writes a capture as text.
///
/// ```
/// use labserve_capture::{Lang, explain_bytes, render, render::Ladders};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-2.pcapng.gz");
/// # let capture = explain_bytes(&std::fs::read(path)?, &[])?;
/// let text = render::text(&capture, Lang::En, Ladders::Draw);
/// assert!(text.contains("Connection 0:") && text.contains("SYN Seq=0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render(capture: &Capture, lang: Lang, ladders: Ladders) -> String {
    let mut writer = TextWriter {
        text: String::new(),
        lang,
    };
    writer.heading(Msg::Title);
    writer.line(1, &describe::summary(capture));
    capture
        .notes
        .iter()
        .for_each(|note| writer.line(1, &describe::note(note)));
    writer.others(capture);
    writer.findings(capture);
    writer.slowest(capture);
    writer.groups(capture);
    for connection in capture.described() {
        writer.connection(connection);
        if ladders == Ladders::Draw {
            writer.plain("\n");
            writer.plain(&ladder::render(connection, lang));
        }
    }
    writer.fingerprints(capture);
    writer.text
}

struct TextWriter {
    text: String,
    lang: Lang,
}

impl TextWriter {
    fn plain(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn heading(&mut self, msg: Msg) {
        self.plain(label(msg, self.lang));
        self.plain("\n");
    }

    fn line(&mut self, depth: usize, sentence: &Sentence) {
        self.prefixed(depth, "", sentence);
    }

    /// A line with a prefix, a sentence and its evidence.
    fn prefixed(&mut self, depth: usize, prefix: &str, sentence: &Sentence) {
        let (sentence, evidence) = (sentence.text(self.lang), sentence.evidence(self.lang));
        let gap = if evidence.is_empty() { "" } else { "  " };
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.text,
            "{:width$}{prefix}{sentence}{gap}{evidence}",
            "",
            width = depth * 2
        );
    }

    /// A label in front of a sentence: `why: `.
    fn lead(&self, msg: Msg) -> String {
        Sentence::new(Msg::Lead).with_message("label", msg).text(self.lang)
    }

    /// Lines of which only the first has a label.
    fn labelled(&mut self, name: Msg, lines: &[Sentence]) {
        for (number, sentence) in lines.iter().enumerate() {
            let prefix = if number == 0 { self.lead(name) } else { "  ".to_owned() };
            self.prefixed(1, &prefix, sentence);
        }
    }

    fn findings(&mut self, capture: &Capture) {
        if !capture.is_judged() {
            return;
        }
        self.plain("\n");
        self.heading(Msg::Findings);
        if capture.findings.is_empty() {
            self.line(1, &Sentence::new(describe::nothing_found(capture)));
        }
        for (number, finding) in (1..).zip(&capture.findings) {
            let (what, why) = describe::finding(finding);
            self.prefixed(1, &format!("{number}. "), &what);
            self.prefixed(2, &format!(" {}", self.lead(Msg::Why)), &why);
        }
    }

    fn slowest(&mut self, capture: &Capture) {
        let slowest = describe::slowest(capture);
        // A single exchange is described below.
        if slowest.len() < 2 {
            return;
        }
        self.plain("\n");
        self.heading(Msg::Slowest);
        for (rank, (connection, exchange, timing)) in (1..).zip(slowest) {
            self.line(1, &describe::slowest_line(rank, connection, exchange, timing));
        }
    }

    fn groups(&mut self, capture: &Capture) {
        if !capture.is_summarized() {
            return;
        }
        self.plain("\n");
        self.heading(Msg::Groups);
        let groups = describe::groups(capture);
        for (group, first) in &groups {
            self.line(1, &describe::group_line(group, first));
        }
        let left_out = capture.groups.len() - groups.len();
        if left_out > 0 {
            self.line(1, &Sentence::new(Msg::RowsLeftOut).with("count", left_out));
        }
        self.line(1, &describe::described_of(capture));
    }

    fn others(&mut self, capture: &Capture) {
        if capture.others.is_empty() {
            return;
        }
        self.plain("\n");
        self.heading(Msg::OtherStreams);
        for other in &capture.others {
            self.line(1, &describe::other_stream(other));
            for detail in describe::details(&other.carried) {
                self.line(2, &detail);
            }
        }
        if capture.others_left_out > 0 {
            self.line(
                1,
                &Sentence::new(Msg::MoreOtherStreams).with("count", capture.others_left_out),
            );
        }
    }

    fn connection(&mut self, connection: &Connection) {
        let description = describe::connection(connection);
        self.plain("\n");
        self.line(0, &description.headline);
        description.handshake.iter().for_each(|sentence| self.line(1, sentence));
        for step in &description.steps {
            match step {
                Step::Exchange { headline, details, .. } => {
                    self.line(1, headline);
                    details.iter().for_each(|sentence| self.prefixed(2, " ", sentence));
                }
                Step::Idle(sentence) => self.prefixed(1, "~ ", sentence),
                Step::LeftOut(sentence) | Step::Carried(sentence) => self.line(1, sentence),
            }
        }
        self.labelled(Msg::End, &description.end);
        self.labelled(Msg::TcpIssues, &description.issues);
    }

    fn fingerprints(&mut self, capture: &Capture) {
        let described: Vec<FingerprintDescription> =
            capture.fingerprints.iter().filter_map(describe::fingerprint).collect();
        if described.is_empty() {
            return;
        }
        self.plain("\n");
        self.heading(Msg::LooksLike);
        for FingerprintDescription { verdict, next, aspects } in described {
            self.line(1, &verdict);
            for (matched, differs) in aspects {
                self.line(2, &matched);
                if let Some(differs) = differs {
                    self.line(3, &differs);
                }
            }
            if let Some(next) = next {
                self.line(2, &next);
            }
        }
    }
}
