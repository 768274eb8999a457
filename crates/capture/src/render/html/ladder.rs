//! Ladder diagrams: each frame is an arrow between two vertical lines, and time runs down.
//!
//! Horizontal positions are per cent of the width and vertical ones are pixels, so that a ladder fits every width without
//! scaling its text. `plan` chooses the rows.

use super::sections::Row;
use super::writer::HtmlWriter;
use crate::describe;
use crate::model::{Arg, Frame, Side};
use crate::render::phase::{Phase, Phases};
use crate::render::table::seconds;
use crate::sentence::{Msg, Sentence, label};
use maud::{Markup, html};

/// Position of the lines of client and server, and of the middle between them, in per cent. `style.css` has the same
/// positions for the names above them.
const CLIENT: f64 = 21.0;
const SERVER: f64 = 97.0;
const MIDDLE: f64 = (CLIENT + SERVER) / 2.0;
/// Height of an arrow from its start to its end, in pixels: a segment arrives later than it was sent.
const FALL: u32 = 6;
/// Minimum height of a row, and height of a second line of text in it, in pixels.
const ROW: u32 = 30;
const LINE: u32 = 13;
/// Height of a row without an arrow, in pixels.
const BREAK: u32 = 28;
/// Shortest time between two frames that is written out.
const PAUSE_NS: i64 = 100_000_000;
/// Space above the first row and below the last one, in pixels.
const MARGIN: u32 = 6;
/// How many characters fit above an arrow on the narrowest screen.
const FITS: usize = 40;

/// Times that the rows of a ladder refer to.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// Time of the first frame of the capture.
    pub(super) begin_ns: i64,
    /// Time of the frame before the first row.
    pub(super) before_ns: Option<i64>,
}

/// The arrow heads, which a page defines once.
pub(super) fn arrow_heads() -> Markup {
    html! {
        svg.heads width="0" height="0" aria-hidden="true" {
            defs {
                @for phase in Phase::ALL {
                    marker id={ "head-" (phase.class()) } class=(phase.class()) viewBox="0 0 10 10" refX="9" refY="5"
                        markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto" {
                        path d="M0 0.5 L10 5 L0 9.5 z" {}
                    }
                }
            }
        }
    }
}

/// Draws the rows of a ladder; nothing if there are none.
pub(super) fn draw(rows: &[Row<'_>], phases: &Phases, times: Times, w: HtmlWriter<'_>) -> Markup {
    if rows.is_empty() {
        return Markup::default();
    }
    let mut ladder = Ladder {
        phases,
        begin_ns: times.begin_ns,
        last_ns: times.before_ns,
        y: MARGIN,
        w,
    };
    let drawn: Vec<Markup> = rows.iter().map(|row| ladder.row(row)).collect();
    let numbers = || {
        rows.iter().filter_map(|row| match row {
            Row::Frame(frame) => Some(frame.number),
            Row::LeftOut { .. } => None,
        })
    };
    let about = Sentence::new(Msg::LadderOf)
        .with("first", numbers().min().unwrap_or(0))
        .with("last", numbers().max().unwrap_or(0));
    html! {
        div.ladder style={ "min-height:" (ladder.y + MARGIN) "px" } {
            svg width="100%" height="100%" role="group" aria-label=(about.text(w.lang)) {
                @for side in [CLIENT, SERVER] { line.life x1=(per_cent(side)) x2=(per_cent(side)) y1="0" y2="100%" {} }
                @for row in drawn { (row) }
            }
        }
    }
}

/// A ladder while it is drawn from top to bottom.
struct Ladder<'a> {
    phases: &'a Phases,
    /// Time of the first frame of the capture.
    begin_ns: i64,
    /// Time of the previous frame; `None` if that is not drawn.
    last_ns: Option<i64>,
    /// Top of the next row, in pixels.
    y: u32,
    w: HtmlWriter<'a>,
}

impl Ladder<'_> {
    fn row(&mut self, row: &Row<'_>) -> Markup {
        match row {
            Row::Frame(frame) => {
                let pause = self.last_ns.map_or(0, |before| frame.ns.saturating_sub(before));
                self.last_ns = Some(frame.ns);
                html! {
                    @if pause >= PAUSE_NS {
                        (self.remark(&Sentence::new(Msg::Later).with("after", Arg::ns(pause)), "pause"))
                    }
                    (self.arrow(frame))
                }
            }
            Row::LeftOut { frames, bytes } => {
                // The time that the omitted frames took is not a pause.
                self.last_ns = None;
                let sentence = match bytes {
                    Some(bytes) => Sentence::new(Msg::FramesNotDrawn).with("bytes", *bytes),
                    None => Sentence::new(Msg::FramesNotListed),
                };
                self.remark(&sentence.with("count", *frames), "left-out")
            }
        }
    }

    /// A line of text between two rows.
    fn remark(&mut self, sentence: &Sentence, class: &str) -> Markup {
        let top = self.y;
        self.y += BREAK;
        html! {
            g class=(class) {
                @for side in [CLIENT, SERVER] { line.gap x1=(per_cent(side)) x2=(per_cent(side)) y1=(top + 2) y2=(top + BREAK - 2) {} }
                text x=(per_cent(MIDDLE)) y=(top + BREAK / 2 + 4) text-anchor="middle" { (sentence.text(self.w.lang)) }
            }
        }
    }

    fn arrow(&mut self, frame: &Frame) -> Markup {
        let class = self.phases.phase(frame).class();
        let (flags, numbers) = (frame.flags.names(), numbers(frame));
        let begins = self.phases.begins(frame.number);
        let begins_len = begins.map_or(0, |begins| begins.chars().count() + 3);
        let two_lines = begins_len + flags.len() + 1 + numbers.len() > FITS;
        let top = self.y;
        let from = top + if two_lines { LINE } else { 0 } + 16;
        let analysis: Vec<&str> = frame
            .analysis
            .iter()
            .map(|flag| label(describe::analysis_flag(flag), self.w.lang))
            .collect();
        self.y = from + FALL + if analysis.is_empty() { 8 } else { 8 + LINE };
        debug_assert!(self.y - top >= ROW);
        let (x1, x2) = match frame.from {
            Side::Client => (CLIENT, SERVER),
            Side::Server => (SERVER, CLIENT),
        };
        html! {
            g.frame.(class) id={ "f" (frame.number) } {
                rect.ground x="0" y=(top) width="100%" height=(self.y - top) {}
                text.number x=(per_cent(CLIENT - 1.8)) y=(from) text-anchor="end" { (frame.number) }
                text.time x=(per_cent(CLIENT - 1.8)) y=(from + 12) text-anchor="end" { (seconds(frame.ns, self.begin_ns)) }
                line.arrow x1=(per_cent(x1)) x2=(per_cent(x2)) y1=(from) y2=(from + FALL) marker-end={ "url(#head-" (class) ")" } {}
                text.label x=(per_cent(MIDDLE)) y=(from - if two_lines { LINE } else { 0 } - 3) text-anchor="middle" {
                    @if let Some(begins) = begins { tspan.begins { (begins) } " · " }
                    tspan.flags { (flags) }
                    @if !two_lines { " " (numbers) }
                }
                @if two_lines { text.label x=(per_cent(MIDDLE)) y=(from - 3) text-anchor="middle" { (numbers) } }
                @if !analysis.is_empty() { text.marks x=(per_cent(MIDDLE)) y=(from + FALL + LINE) text-anchor="middle" { (analysis.join(", ")) } }
            }
        }
    }
}

/// Seq, Ack and Len, as in Wireshark's Info column.
fn numbers(frame: &Frame) -> String {
    let ack = if frame.flags.ack() {
        format!(" Ack={}", frame.ack)
    } else {
        String::new()
    };
    format!("Seq={}{ack} Len={}", frame.seq, frame.len)
}

/// A position as SVG writes it.
pub(super) fn per_cent(position: f64) -> String {
    format!("{position:.2}%")
}
