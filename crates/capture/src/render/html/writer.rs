//! Sentences and tables as HTML. Everything that is not ours goes through the escaping of [`maud`].

use super::plan::Plan;
use crate::render::clip;
use crate::render::table::{Cell, Table};
use crate::say::{Lang, Msg, Piece, Said, label};
use maud::{Markup, html};

/// How many characters of a text from the wire are shown in a sentence or a table.
const QUOTED: usize = 240;

/// What is needed to write a sentence: the language, and which frames can be linked to.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) lang: Lang,
    pub(super) plan: &'a Plan<'a>,
}

impl Writer<'_> {
    pub(super) fn label(self, msg: Msg) -> &'static str {
        label(msg, self.lang)
    }

    /// The sentence and its evidence.
    pub(super) fn said(self, said: &Said) -> Markup {
        html! { (self.sentence(said)) (self.evidence(said)) }
    }

    pub(super) fn sentence(self, said: &Said) -> Markup {
        html! {
            @for piece in said.pieces(self.lang) {
                @match piece {
                    Piece::Prose(text) => (text),
                    Piece::Quoted(text) => code { (clip(&text, QUOTED)) },
                }
            }
        }
    }

    pub(super) fn evidence(self, said: &Said) -> Markup {
        let separator = self.label(Msg::ListSeparator);
        html! {
            @if !said.frames.is_empty() {
                " "
                span.evidence {
                    "[" (self.label(if said.frames.len() == 1 { Msg::ColFrame } else { Msg::ColFrames })) " "
                    @for (at, frame) in said.frames.iter().enumerate() {
                        @if at > 0 { (separator) }
                        (self.frame(*frame))
                    }
                    "]"
                }
            }
        }
    }

    /// A frame's number, as a link if the frame is drawn.
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

    /// A table that becomes a list of cards where there is no room for its columns.
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
                    p { (self.said(&Said::new(Msg::RowsLeftOut).with("count", table.left_out))) }
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
