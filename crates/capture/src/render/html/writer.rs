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
                    Piece::Prose(text) => (text),
                    Piece::Quoted(text) => code { (clip(&text, QUOTED)) },
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
                                @for (cell, column) in row.iter().zip(&table.columns) {
                                    td.n[cell.is_number()] data-label=(self.label(*column)) {
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
                Cell::Quoted(text) => code { (clip(text, QUOTED)) },
                Cell::Frame(number) => (self.frame(*number)),
                Cell::Stream(stream) => (self.stream(*stream)),
                Cell::Empty => span { "–" },
            }
        }
    }
}
