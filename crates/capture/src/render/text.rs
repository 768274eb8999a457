//! Text for a terminal.

use super::ladder;
use crate::describe::{self, FingerprintDescription, Step};
use crate::model::{Arg, Capture, Connection};
use crate::say::{Lang, Msg, Said, label};
use std::fmt::Write;

/// Writes a capture as text, with a ladder of each connection if `ladders`.
pub fn render(capture: &Capture, lang: Lang, ladders: bool) -> String {
    let mut page = Page {
        text: String::new(),
        lang,
    };
    page.heading(Msg::Title);
    page.line(1, &describe::summary(capture));
    capture
        .notes
        .iter()
        .for_each(|note| page.line(1, &describe::note(note)));
    if capture.connections.is_empty() {
        return page.text;
    }
    page.findings(capture);
    for connection in &capture.connections {
        page.connection(connection);
        if ladders {
            page.plain("\n");
            page.plain(&ladder::render(connection, lang));
        }
    }
    page.looks(capture);
    page.text
}

struct Page {
    text: String,
    lang: Lang,
}

impl Page {
    fn plain(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn heading(&mut self, msg: Msg) {
        self.plain(label(msg, self.lang));
        self.plain("\n");
    }

    fn line(&mut self, depth: usize, said: &Said) {
        self.marked(depth, "", said);
    }

    /// A sentence with its evidence behind a mark.
    fn marked(&mut self, depth: usize, mark: &str, said: &Said) {
        let (sentence, evidence) = (said.text(self.lang), said.evidence(self.lang));
        let gap = if evidence.is_empty() { "" } else { "  " };
        // Writing into a string cannot fail.
        let _ = writeln!(
            self.text,
            "{:width$}{mark}{sentence}{gap}{evidence}",
            "",
            width = depth * 2
        );
    }

    fn findings(&mut self, capture: &Capture) {
        self.plain("\n");
        self.heading(Msg::Findings);
        if capture.findings.is_empty() {
            self.line(1, &Said::new(Msg::NothingFound));
        }
        for (number, finding) in (1..).zip(&capture.findings) {
            let (what, why) = describe::finding(finding);
            self.marked(1, &format!("{number}. "), &what);
            self.marked(2, &format!(" {}", self.lead(Msg::Why)), &why);
        }
    }

    /// A label in front of a sentence: `why: `.
    fn lead(&self, msg: Msg) -> String {
        let label = Arg::Message(msg);
        Said::new(Msg::Lead).with("label", label).text(self.lang)
    }

    fn connection(&mut self, connection: &Connection) {
        let story = describe::connection(connection);
        self.plain("\n");
        self.line(0, &story.headline);
        story.opening.iter().for_each(|said| self.line(1, said));
        for step in &story.course {
            match step {
                Step::Exchange { headline, details, .. } => {
                    self.line(1, headline);
                    details.iter().for_each(|said| self.marked(2, " ", said));
                }
                Step::Idle(said) => self.marked(1, "~ ", said),
                Step::LeftOut(said) => self.line(1, said),
            }
        }
        for (number, said) in story.end.iter().enumerate() {
            let mark = if number == 0 {
                self.lead(Msg::End)
            } else {
                "  ".to_owned()
            };
            self.marked(1, &mark, said);
        }
        for (number, said) in story.troubles.iter().enumerate() {
            let mark = if number == 0 {
                self.lead(Msg::TcpIssues)
            } else {
                "  ".to_owned()
            };
            self.marked(1, &mark, said);
        }
    }

    fn looks(&mut self, capture: &Capture) {
        let looks: Vec<FingerprintDescription> = capture.looks_like.iter().filter_map(describe::looks).collect();
        if looks.is_empty() {
            return;
        }
        self.plain("\n");
        self.heading(Msg::LooksLike);
        for FingerprintDescription { verdict, next, traits } in looks {
            self.line(1, &verdict);
            for (matched, differs) in traits {
                self.marked(2, "", &matched);
                if let Some(differs) = differs {
                    self.marked(3, "", &differs);
                }
            }
            if let Some(next) = next {
                self.line(2, &next);
            }
        }
    }
}
