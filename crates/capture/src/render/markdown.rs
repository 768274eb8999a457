//! A report in Markdown (CommonMark with tables as on GitHub).
//!
//! Text from the wire is written as code spans, or as character references where a table would misread a code span, so
//! that none of it is interpreted as markup.

mod code;

use super::table::{self, Cell, Table};
use super::{clip, mermaid};
use crate::describe::{self, Description, Step};
use crate::model::{Capture, Connection, Usage};
use crate::sentence::{Lang, Msg, Piece, Sentence, label};
use code::{cell_code, code, fenced};

/// How many connections have a section of their own. The comparison lists more.
const CONNECTIONS: usize = 100;
/// How many steps of a connection are described in full. Its table lists more exchanges.
const STEPS: usize = 50;
/// How many exchanges of a connection are shown with their heads.
const HEADS: usize = 5;
/// How many characters of a head are shown.
const HEAD: usize = 2000;
/// How many characters of text from the wire are quoted in one place.
const QUOTED: usize = 160;

/// Writes a capture as a report in Markdown.
///
/// ```
/// use labserve_capture::{Lang, explain_bytes, render};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-2.pcapng.gz");
/// # let capture = explain_bytes(&std::fs::read(path)?, &[])?;
/// assert!(render::markdown(&capture, Lang::En).starts_with("# What this capture shows\n"));
/// assert!(render::markdown(&capture, Lang::Zh).starts_with("# 抓包解读\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render(capture: &Capture, lang: Lang) -> String {
    let mut report = MarkdownWriter {
        text: String::new(),
        lang,
        begin_ns: capture.file.first_ns,
    };
    report.heading(1, label(Msg::Title, lang));
    report.paragraph(&report.statement(&describe::summary(capture)));
    report.list(&describe::introduction(capture));
    report.list(&capture.notes.iter().map(describe::note).collect::<Vec<_>>());
    report.findings(capture);
    if capture.is_summarized() {
        report.heading(2, label(Msg::Groups, lang));
        report.table(&table::groups(capture, lang));
        report.paragraph(&report.statement(&describe::described_of(capture)));
    }
    if capture.connections.len() > 1 {
        report.heading(2, label(Msg::Comparison, lang));
        report.table(&table::comparison(capture, lang));
    }
    let slowest = table::slowest(capture, lang);
    // A single exchange is described below.
    if slowest.rows.len() > 1 {
        report.heading(2, label(Msg::Slowest, lang));
        report.table(&slowest);
    }
    report.fingerprints(capture);
    for connection in capture.described().take(CONNECTIONS) {
        report.connection(connection);
    }
    if capture.described.len() > CONNECTIONS {
        let left_out = Sentence::new(Msg::ConnectionsLeftOut).with("count", capture.described.len() - CONNECTIONS);
        report.paragraph(&report.statement(&left_out));
    }
    report.others(capture);
    report.text
}

struct MarkdownWriter {
    text: String,
    lang: Lang,
    begin_ns: i64,
}

impl MarkdownWriter {
    fn findings(&mut self, capture: &Capture) {
        if !capture.is_judged() {
            return;
        }
        self.heading(2, label(Msg::Findings, self.lang));
        if capture.findings.is_empty() {
            self.paragraph(label(describe::nothing_found(capture), self.lang));
        }
        for (number, finding) in capture.findings.iter().enumerate() {
            let (what, why) = describe::finding(finding);
            let why = self.words(&why);
            let text = format!(
                "{}. **{}**{}\n   {why}\n",
                number + 1,
                self.words(&what),
                self.evidence(&what)
            );
            self.text.push_str(&text);
        }
        self.text.push('\n');
    }

    fn fingerprints(&mut self, capture: &Capture) {
        let described: Vec<_> = capture.fingerprints.iter().filter_map(describe::fingerprint).collect();
        if described.is_empty() {
            return;
        }
        self.heading(2, label(Msg::LooksLike, self.lang));
        for server in described {
            let verdict = format!("**{}**", self.words(&server.verdict));
            let next = server
                .next
                .map(|next| {
                    Sentence::new(Msg::Aside)
                        .with("text", self.words(&next))
                        .text(self.lang)
                })
                .unwrap_or_default();
            self.paragraph(&(verdict + &next));
            for (matched, differs) in server.aspects {
                let differs = differs
                    .map(|sentence| format!("; {}", self.words(&sentence)))
                    .unwrap_or_default();
                let item = format!("{}{differs}{}", self.words(&matched), self.evidence(&matched));
                self.item(&item);
            }
            self.text.push('\n');
        }
    }

    fn connection(&mut self, connection: &Connection) {
        let description = describe::connection(connection);
        self.heading(2, &self.statement(&description.headline));
        self.heading(3, label(Msg::Handshake, self.lang));
        let handshake = table::handshake(connection, self.begin_ns, self.lang);
        self.table(&handshake);
        self.list(&description.handshake);
        if connection.usage == Usage::Http {
            self.exchanges(connection, &description);
        } else if let Some(carried) = &connection.carried {
            self.list(&describe::carried(carried));
        }
        self.heads(connection);
        if let Some((number, response)) = table::large_response(connection) {
            let heading = Sentence::new(Msg::LargeFile).with("number", number);
            self.heading(3, &heading.text(self.lang));
            self.table(&table::bursts(response, self.begin_ns));
        }
        self.heading(3, label(Msg::End, self.lang));
        let end = table::end(connection, self.begin_ns, self.lang);
        self.table(&end);
        self.list(&description.end);
        self.list_under(3, Msg::TcpIssues, &description.issues);
        self.heading(3, label(Msg::Ladder, self.lang));
        self.text.push_str(&mermaid::render(connection));
    }

    /// The heads of the first exchanges, as they were sent.
    fn heads(&mut self, connection: &Connection) {
        let shown = connection.exchanges.iter().filter(|exchange| {
            let messages = [&exchange.request, &exchange.response];
            messages.into_iter().flatten().any(|message| !message.head.0.is_empty())
        });
        let shown: Vec<_> = shown.take(HEADS).collect();
        if shown.is_empty() {
            return;
        }
        self.heading(3, label(Msg::Heads, self.lang));
        for exchange in shown {
            for message in [&exchange.request, &exchange.response].into_iter().flatten() {
                let block = fenced(&clip(&message.head.0, HEAD));
                self.text.push_str(&block);
            }
        }
    }

    fn exchanges(&mut self, connection: &Connection, description: &Description) {
        self.heading(3, label(Msg::Exchanges, self.lang));
        self.table(&table::exchanges(connection, self.lang));
        for step in description.steps.iter().take(STEPS) {
            match step {
                Step::Exchange { headline, details, .. } => {
                    let line = format!("**{}**{}", self.words(headline), self.evidence(headline));
                    self.item(&line);
                    for detail in details {
                        let detail = self.statement(detail);
                        self.text.push_str(&format!("  - {detail}\n"));
                    }
                }
                Step::Idle(sentence) | Step::LeftOut(sentence) | Step::Carried(sentence) => {
                    let sentence = self.statement(sentence);
                    self.item(&sentence);
                }
            }
        }
        let more = description.steps.len().saturating_sub(STEPS);
        if more > 0 {
            let more = self.statement(&Sentence::new(Msg::MoreExchanges).with("count", more));
            self.item(&more);
        }
        self.text.push('\n');
    }

    fn others(&mut self, capture: &Capture) {
        if capture.others.is_empty() {
            return;
        }
        self.heading(2, label(Msg::OtherStreams, self.lang));
        for other in &capture.others {
            let line = self.statement(&describe::other_stream(other));
            self.item(&line);
            for detail in describe::details(&other.carried) {
                let detail = self.statement(&detail);
                self.text.push_str(&format!("  - {detail}\n"));
            }
        }
        if capture.others_left_out > 0 {
            let more = self.statement(&Sentence::new(Msg::MoreOtherStreams).with("count", capture.others_left_out));
            self.item(&more);
        }
        self.text.push('\n');
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.text.push_str(&format!("{} {text}\n\n", "#".repeat(level)));
    }

    fn paragraph(&mut self, text: &str) {
        self.text.push_str(&format!("{text}\n\n"));
    }

    fn item(&mut self, text: &str) {
        self.text.push_str(&format!("- {text}\n"));
    }

    fn list(&mut self, lines: &[Sentence]) {
        for line in lines {
            let line = self.statement(line);
            self.item(&line);
        }
        self.text.push('\n');
    }

    fn list_under(&mut self, level: usize, heading: Msg, lines: &[Sentence]) {
        if !lines.is_empty() {
            self.heading(level, label(heading, self.lang));
            self.list(lines);
        }
    }

    fn table(&mut self, table: &Table) {
        if table.rows.is_empty() {
            return;
        }
        let titles: Vec<&str> = table.columns.iter().map(|column| label(*column, self.lang)).collect();
        let rules: Vec<&str> = (0..titles.len())
            .map(|at| if table.numeric(at) { "---:" } else { "---" })
            .collect();
        self.text
            .push_str(&format!("| {} |\n|{}|\n", titles.join(" | "), rules.join("|")));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(cell).collect();
            self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        self.text.push('\n');
        if table.left_out > 0 {
            let left_out = self.statement(&Sentence::new(Msg::RowsLeftOut).with("count", table.left_out));
            self.paragraph(&left_out);
        }
    }

    fn statement(&self, sentence: &Sentence) -> String {
        self.words(sentence) + &self.evidence(sentence)
    }

    fn words(&self, sentence: &Sentence) -> String {
        let pieces = sentence.pieces(self.lang).into_iter();
        pieces
            .map(|piece| match piece {
                Piece::Prose(text) => text,
                Piece::Quoted(text) | Piece::Name(text) => code(&clip(&text, QUOTED)),
            })
            .collect()
    }

    fn evidence(&self, sentence: &Sentence) -> String {
        match sentence.evidence(self.lang) {
            evidence if evidence.is_empty() => evidence,
            evidence => format!(" {evidence}"),
        }
    }
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Words(text) | Cell::Number(text) => text.clone(),
        Cell::Quoted(text) => cell_code(&clip(text, QUOTED)),
        Cell::Frame(number) => number.to_string(),
        Cell::Stream(stream) => stream.to_string(),
        Cell::Empty => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::test_profiles::built_ins;
    use crate::{Detail, Options, explain};

    fn report(capture: &[u8], lang: Lang) -> String {
        let options = Options {
            detail: Detail::All,
            ..Options::default()
        };
        render(&explain(capture, &options, built_ins()).expect("a capture"), lang)
    }

    #[test]
    fn a_report_has_a_table_for_each_part_of_a_connection() {
        let report = report(&sample::visit(), Lang::En);
        for part in [
            "# What this capture shows\n\n15 frames, 15 of them TCP, in 5.001 s; 1 TCP stream, 1 shown\n",
            "\n## Connection 0: `127.0.0.1:40001` to `127.0.0.1:3000`, 2 exchanges in 5.001 s\n",
            "\n### Handshake\n\n| frame | time | from | flags | Seq | Ack | Len | window |\n|---:|---:|---|---|---:|---:|---:|---:|\n\
             | 1 | 0.000000 | client | SYN | 0 | – | 0 | 512 |\n| 2 | 0.000100 | server | SYN, ACK | 0 | 1 | 0 | 512 |\n",
            "\n### Exchanges\n\n| no. | request | status | request bytes | client Seq after | response bytes | server Seq after |",
            "| 1 | `GET /` | `200 OK` | 35 | 36 | 140 (40 head + 100) | 141 | 200 µs |\n\
             | 2 | `GET /static/style1.css` | `200 OK` | 52 | 88 | 59 (39 head + 20) | 200 | 200 µs |\n",
            "\n### End\n\n",
            "| 12 | 5.001100 | server | FIN, ACK | 200 | 88 | 0 | 512 |\n",
        ] {
            assert!(report.contains(part), "{part}\nin\n{report}");
        }
    }

    #[test]
    fn a_large_response_and_several_connections_have_tables() {
        let long = report(&sample::bursts(), Lang::En);
        let table = "### How the largest response was sent (no. 1)\n\n| burst | time | frames | segments | bytes |\n|---:|---:|---|---|---:|\n\
                     | 1 | 0.000500 | 6 | 3000 | 3000 |\n| 2 | 0.000700 | 8 | 1046 | 1046 |\n";
        assert!(long.contains(table), "{long}");
        let many = report(&sample::many(130), Lang::En);
        assert!(
            many.contains("\n## Comparison\n\n| stream | client | server | use | exchanges |"),
            "{many}"
        );
        assert_eq!(many.matches("\n## Connection ").count(), CONNECTIONS);
        assert!(many.contains("\n30 more connections not laid out here"));
    }

    #[test]
    fn rows_stay_whole_with_markup_from_the_wire() {
        for lang in [Lang::En, Lang::Zh] {
            let report = report(&sample::adversarial(), lang);
            for line in report.lines().filter(|line| line.starts_with('|')) {
                let row = line.replace("&#124;", "");
                assert!([3, 6, 8, 9, 12].contains(&(row.matches('|').count())), "{line}");
            }
            // The target contains a backtick, so its code span is fenced with two.
            assert_eq!(report.matches("**1. `` GET /?q=<script>").count(), 1, "{report}");
            let without: String = report.split("``").step_by(2).collect();
            let without: String = without.split('`').step_by(2).collect();
            assert!(!without.contains("<script") && !report.contains('\x1b'), "{without}");
        }
    }

    #[test]
    fn a_report_in_chinese_is_chinese() {
        let report = report(&sample::visit(), Lang::Zh);
        assert!(
            report.starts_with("# 抓包解读\n")
                && report.contains("\n### 握手\n")
                && report.contains("| 编号 | 请求 | 状态 |")
        );
        assert!(!report.contains("Request") && !report.contains("frames"), "{report}");
    }

    #[test]
    fn text_from_the_wire_is_not_markup() {
        for (text, plain, in_table) in [
            ("GET /", "`GET /`", "`GET /`"),
            ("a`b", "`` a`b ``", "`` a`b ``"),
            ("``", "``` `` ```", "``` `` ```"),
            ("", "`  `", "`  `"),
            (" a", "`  a `", "`  a `"),
            ("<b>*x*", "`<b>*x*`", "`<b>*x*`"),
            ("a|b", "`a|b`", "a&#124;b"),
            ("\\|<i>", "`\\|<i>`", "&#92;&#124;&#60;i&#62;"),
        ] {
            assert_eq!(code(text), plain);
            assert_eq!(cell_code(text), in_table);
        }
    }
}
