//! Sentences and tables as HTML. [`maud`] escapes every text.

use super::plan::Plan;
use crate::render::clip;
use crate::render::table::{Cell, Table};
use crate::sentence::{Lang, Msg, Piece, Sentence, label};
use maud::{Markup, html};

/// How many characters of text from the wire are shown in a sentence or a table.
const QUOTED: usize = 240;

/// Writes sentences in one language, with links to the frames that the page draws.
#[derive(Clone, Copy)]
pub(super) struct HtmlWriter<'a> {
    pub(super) lang: Lang,
    pub(super) plan: &'a Plan<'a>,
}

impl HtmlWriter<'_> {
    pub(super) fn label(self, msg: Msg) -> &'static str {
        label(msg, self.lang)
    }

    /// A sentence and its evidence.
    pub(super) fn statement(self, sentence: &Sentence) -> Markup {
        html! { (self.words(sentence)) (self.evidence(sentence)) }
    }

    pub(super) fn words(self, sentence: &Sentence) -> Markup {
        html! {
            @for piece in sentence.pieces(self.lang) {
                @match piece {
                    Piece::Prose(text) => (unbroken(&text)),
                    Piece::Quoted(text) => code { (quoted(&text)) },
                    Piece::Name(text) => code.name { (text) },
                }
            }
        }
    }

    pub(super) fn evidence(self, sentence: &Sentence) -> Markup {
        let separator = self.label(Msg::ListSeparator);
        html! {
            @if !sentence.frames.is_empty() {
                " "
                span.evidence {
                    "[" (self.label(if sentence.frames.len() == 1 { Msg::ColFrame } else { Msg::ColFrames })) " "
                    @for (at, frame) in sentence.frames.iter().enumerate() {
                        @if at > 0 { (separator) }
                        (self.frame(*frame))
                    }
                    @if sentence.has_more_frames { (separator) "…" }
                    "]"
                }
            }
        }
    }

    /// A frame number, as a link if the frame is drawn.
    fn frame(self, number: u64) -> Markup {
        html! {
            @if self.plan.drawn.contains(&number) { a href={ "#f" (number) } { (number) } } @else { (number) }
        }
    }

    fn stream(self, stream: u32) -> Markup {
        html! {
            @if self.plan.streams.contains(&stream) { a href={ "#s" (stream) } { (stream) } } @else { (stream) }
        }
    }

    /// A table. On a narrow screen, the style sheet turns its rows into cards.
    pub(super) fn table(self, table: &Table) -> Markup {
        html! {
            @if !table.rows.is_empty() {
                table {
                    thead {
                        tr {
                            @for (at, column) in table.columns.iter().enumerate() {
                                th.n[table.numeric(at)] scope="col" { (self.label(*column)) }
                            }
                        }
                    }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                @for (at, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                                    td.n[table.numeric(at)] data-label=(self.label(*column)) {
                                        (self.cell(cell))
                                    }
                                }
                            }
                        }
                    }
                }
                @if table.left_out > 0 {
                    p { (self.statement(&Sentence::new(Msg::RowsLeftOut).with("count", table.left_out))) }
                }
            }
        }
    }

    fn cell(self, cell: &Cell) -> Markup {
        html! {
            @match cell {
                Cell::Words(text) | Cell::Number(text) => span { (text) },
                Cell::Quoted(text) => code { (quoted(text)) },
                Cell::Frame(number) => (self.frame(*number)),
                Cell::Stream(stream) => (self.stream(*stream)),
                Cell::Empty => span { "–" },
            }
        }
    }
}

/// Text from the wire, cut where it is long. A sum may be broken after each of its parts.
fn quoted(text: &str) -> Markup {
    let text = clip(text, QUOTED);
    html! {
        @for part in text.split_inclusive('+') {
            (part)
            @if part.ends_with('+') { wbr; }
        }
    }
}

/// Keeps a number and its unit on one line.
fn unbroken(text: &str) -> String {
    const UNITS: [&str; 7] = ["µs", "ms", "s", "d", "kbit/s", "Mbit/s", "Gbit/s"];
    let mut words = text.split(' ');
    let mut whole = words.next().unwrap_or_default().to_owned();
    for word in words {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_unit = UNITS.iter().any(|unit| word.strip_prefix(unit).is_some_and(ends));
        let follows_number = whole.ends_with(|c: char| c.is_ascii_digit());
        whole.push(if is_unit && follows_number { '\u{a0}' } else { ' ' });
        whole.push_str(word);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_with_its_unit() {
        for (text, want) in [
            ("Idle for 5.000 s, then", "Idle for 5.000\u{a0}s, then"),
            ("空闲 10.0 ms，然后", "空闲 10.0\u{a0}ms，然后"),
            ("2 segments in 3 d", "2 segments in 3\u{a0}d"),
            ("stream 1 s", "stream 1\u{a0}s"),
            ("after ms", "after ms"),
            ("", ""),
        ] {
            assert_eq!(unbroken(text), want);
        }
    }

    #[test]
    fn a_sum_may_be_broken_after_its_parts() {
        assert_eq!(quoted("1460+42").into_string(), "1460+<wbr>42");
        assert_eq!(quoted("<+").into_string(), "&lt;+<wbr>");
    }
}
