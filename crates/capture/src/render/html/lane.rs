//! A lane of the timeline: a connection, drawn with the signs of the live timeline.

use super::ladder::per_cent;
use super::scale::Scale;
use super::writer::HtmlWriter;
use crate::describe::usage;
use crate::model::{Connection, Exchange, IdlePeriod, Message, Shortfall, Side, Teardown, Usage};
use crate::render::clip;
use crate::sentence::Msg;
use maud::{Markup, html};

/// How many blocks a lane has. If there are more exchanges, several share a block.
const BLOCKS: usize = 150;
/// Width of a letter on the narrowest screen, in per cent.
const LETTER: f64 = 2.2;
/// Vertical position of the blocks in a lane, and height of a lane, in pixels.
const MIDDLE: u32 = 17;
const HEIGHT: u32 = 34;
/// Height of a block, of a block for 3xx, and of the bars at the edges of 4xx and 5xx, in pixels.
pub(super) const BLOCK: u32 = 16;
pub(super) const LOW_BLOCK: u32 = 8;
pub(super) const EDGE: u32 = 3;
/// A flag for a FIN, and a cross for a RST.
pub(super) const FIN: &str = "M0 -8 h2 v3 l7 5 l-7 5 v3 h-2 z";
pub(super) const RST: &str = "M-5 -5 l10 10 m0 -10 l-10 10";
/// The notch at the end of a response that was cut short.
pub(super) const NOTCH: &str = "M-6 -9 h7 v18 l-4 -9 z";

/// A connection on the timeline.
pub(super) struct Lane<'a> {
    connection: &'a Connection,
    blocks: Vec<Block>,
    idle: Vec<Idle>,
    carried: Option<CarriedBlock>,
}

/// The time in which a connection carries another protocol.
struct CarriedBlock {
    begun_ns: i64,
    ended_ns: i64,
    name: &'static str,
}

/// A period without an exchange.
struct Idle {
    begun_ns: i64,
    ended_ns: i64,
    announced_ns: Option<i64>,
}

/// A FIN or RST on the timeline.
struct TeardownMark {
    ns: i64,
    by: Side,
    is_reset: bool,
}

/// Position of the name of a block, in per cent of the width.
#[derive(Clone, Copy)]
struct Label {
    middle: f64,
    width: f64,
    /// Whether it is on the response.
    inside: bool,
}

/// An exchange, or several that share a block.
struct Block {
    begun_ns: i64,
    answered_ns: i64,
    ended_ns: i64,
    /// The status; of several exchanges, the highest. 0 without a response.
    status: u16,
    /// Whether a response was cut short.
    is_cut: bool,
    name: String,
    about: String,
}

impl<'a> Lane<'a> {
    pub(super) fn of(connection: &'a Connection) -> Self {
        let share = connection.exchanges.len().div_ceil(BLOCKS).max(1);
        let is_unused = connection.usage == Usage::Unused;
        let idle = connection.idle_periods.iter().filter(|_| !is_unused);
        Lane {
            connection,
            blocks: connection.exchanges.chunks(share).filter_map(Block::of).collect(),
            idle: idle.filter_map(|period| Idle::of(connection, period)).collect(),
            carried: CarriedBlock::of(connection),
        }
    }

    fn opened_ns(&self) -> i64 {
        let took = self.connection.handshake.took_ns.unwrap_or(0);
        self.connection.first_ns.saturating_add_unsigned(took)
    }

    /// The FINs and RSTs of the connection.
    fn marks(&self) -> Vec<TeardownMark> {
        let end = &self.connection.end;
        let fins = [&end.first_fin, &end.second_fin]
            .into_iter()
            .flatten()
            .map(|fin| TeardownMark {
                ns: fin.ns,
                by: fin.by,
                is_reset: false,
            });
        let resets = end.resets.iter().map(|reset| TeardownMark {
            ns: reset.ns,
            by: reset.by,
            is_reset: true,
        });
        fins.chain(resets).collect()
    }

    /// Whether it carries another protocol.
    pub(super) fn is_carrying(&self) -> bool {
        self.carried.is_some()
    }

    /// The times of FINs and RSTs, which the axis names before those of exchanges.
    pub(super) fn ends_ns(&self) -> Vec<i64> {
        self.marks().iter().map(|mark| mark.ns).collect()
    }

    pub(super) fn exchanges_ns(&self) -> Vec<i64> {
        self.blocks.iter().map(|block| block.begun_ns).collect()
    }

    /// Every time at which something happens.
    pub(super) fn times(&self) -> Vec<i64> {
        let connection = self.connection;
        let mut times = vec![connection.first_ns, self.opened_ns(), connection.last_ns];
        times.extend(self.ends_ns());
        let carried = self.carried.iter();
        times.extend(carried.flat_map(|carried| [carried.begun_ns, carried.ended_ns]));
        let blocks = self.blocks.iter();
        times.extend(blocks.flat_map(|block| [block.begun_ns, block.answered_ns, block.ended_ns]));
        times
    }

    pub(super) fn draw(&self, scale: &Scale, capture_end_ns: i64, w: HtmlWriter<'_>) -> Markup {
        let connection = self.connection;
        let end = &connection.end;
        let open = end.teardown == Teardown::StillOpen;
        let until = if open { capture_end_ns } else { connection.last_ns };
        let first_fin = end.first_fin.as_ref();
        let closed = first_fin.map_or(until, |fin| fin.ns);
        let count = connection.exchanges_in_all();
        // Exchanges that overlap, such as pipelined ones, leave no space for some of the names.
        let labelled = self.blocks.iter().scan(0.0, |taken, block| {
            let label = block
                .label(scale)
                .filter(|label| label.middle - label.width / 2.0 >= *taken);
            if let Some(label) = &label {
                *taken = label.middle + label.width / 2.0;
            }
            Some((block, label))
        });
        html! {
            div.lane {
                span.who {
                    @if w.plan.streams.contains(&connection.stream) {
                        a href={ "#s" (connection.stream) } { (w.label(Msg::ColStream)) " " (connection.stream) }
                    } @else { (w.label(Msg::ColStream)) " " (connection.stream) }
                    " " small {
                        @if count > 0 { (count) "×" } @else { (w.label(usage(connection.usage))) }
                    }
                }
                svg width="100%" height=(HEIGHT) role="img" aria-label={ (w.label(Msg::ColStream)) " " (connection.stream) } {
                    (line("wire", scale, self.opened_ns(), closed))
                    // Without the time, no side was half-closed, or the other side's FIN was not captured.
                    @if let Some(fin) = first_fin.filter(|_| end.half_closed_ns.is_some()) {
                        @let second = end.second_fin.as_ref().map_or(connection.last_ns, |fin| fin.ns);
                        (line(match fin.by { Side::Client => "half-closed client", Side::Server => "half-closed server" }, scale, fin.ns, second))
                    }
                    @if connection.usage == Usage::Unused { (bar("unused", scale, self.opened_ns(), closed, MIDDLE - 7, 14)) }
                    @for idle in &self.idle { (idle.draw(scale)) }
                    @if connection.completeness.opening {
                        (bar("block handshake", scale, connection.first_ns, self.opened_ns(), MIDDLE - 4, 8))
                    }
                    @if let Some(carried) = &self.carried { (carried.draw(scale)) }
                    @for (block, label) in labelled { (block.draw(scale, label)) }
                    @for mark in self.marks() { (mark.draw(scale)) }
                    @if open { (shape("open", scale, until, "M-1 -5 l7 5 l-7 5")) }
                }
            }
        }
    }
}

impl CarriedBlock {
    fn of(connection: &Connection) -> Option<Self> {
        let carried = connection.carried.as_ref()?;
        let frames = carried.frames?;
        Some(Self {
            begun_ns: frame_ns(connection, frames.first)?,
            ended_ns: frame_ns(connection, frames.last)?,
            name: carried.protocol.unwrap_or_default(),
        })
    }

    fn draw(&self, scale: &Scale) -> Markup {
        let (from, to) = (scale.position(self.begun_ns), scale.position(self.ended_ns));
        html! {
            g {
                title { (self.name) }
                (bar("block carried", scale, self.begun_ns, self.ended_ns, MIDDLE - BLOCK / 2, BLOCK))
                @if to - from >= LETTER * self.name.len() as f64 {
                    text x=(per_cent((from + to) / 2.0)) y=(MIDDLE + 4) text-anchor="middle" { (self.name) }
                }
            }
        }
    }
}

impl Idle {
    fn of(connection: &Connection, period: &IdlePeriod) -> Option<Self> {
        let begun_ns = frame_ns(connection, period.from_frame)?;
        let announced = period.announced_s.map(|seconds| seconds.saturating_mul(1_000_000_000));
        Some(Self {
            begun_ns,
            ended_ns: begun_ns.saturating_add_unsigned(period.ns),
            announced_ns: announced.map(|ns| begun_ns.saturating_add_unsigned(ns.min(period.ns))),
        })
    }

    /// An upper bar up to the announced timeout, and a lower one for the whole period.
    fn draw(&self, scale: &Scale) -> Markup {
        html! {
            @if let Some(announced_ns) = self.announced_ns { (bar("announced", scale, self.begun_ns, announced_ns, MIDDLE - 6, 5)) }
            (bar("idle", scale, self.begun_ns, self.ended_ns, MIDDLE + 1, 5))
        }
    }
}

impl Block {
    fn of(exchanges: &[Exchange]) -> Option<Self> {
        let messages = || {
            exchanges
                .iter()
                .flat_map(|exchange| [&exchange.request, &exchange.response])
                .flatten()
        };
        let begun_ns = messages().map(|message| message.begun_ns).min()?;
        let ended_ns = messages().map(|message| message.ended_ns).max()?;
        let (first, last) = (exchanges.first()?, exchanges.last()?);
        let line = |message: &Option<Message>| message.as_ref().map(|message| message.head.first_line().to_owned());
        let responses = || exchanges.iter().filter_map(|exchange| exchange.response.as_ref());
        let mut block = Self {
            begun_ns,
            answered_ns: begun_ns,
            ended_ns,
            status: responses().map(|response| response.head.status()).max().unwrap_or(0),
            is_cut: responses()
                .any(|response| matches!(response.shortfall, Some(Shortfall::CutShort | Shortfall::Reset))),
            name: format!("{}–{}", first.number, last.number),
            about: String::new(),
        };
        if let [exchange] = exchanges {
            block.name = exchange.number.to_string();
            let response = exchange.response.as_ref();
            block.answered_ns = response.map_or(ended_ns, |response| response.begun_ns);
            let lines = [line(&exchange.request), line(&exchange.response)]
                .into_iter()
                .flatten();
            block.about = lines
                .map(|line| clip(&line, 100).into_owned())
                .collect::<Vec<_>>()
                .join(" -> ");
        }
        Some(block)
    }

    /// Where the name of the block fits: on the response, or otherwise on the time before it.
    fn label(&self, scale: &Scale) -> Option<Label> {
        let width = LETTER * self.name.chars().count() as f64;
        let answered = scale.position(self.answered_ns);
        let response = (answered, scale.position(self.ended_ns), true);
        let waiting = (scale.position(self.begun_ns), answered, false);
        let (from, to, inside) = [response, waiting]
            .into_iter()
            .find(|(from, to, _)| to - from >= width)?;
        Some(Label {
            middle: (from + to) / 2.0,
            width,
            inside,
        })
    }

    fn draw(&self, scale: &Scale, label: Option<Label>) -> Markup {
        let class = status_class(self.status);
        let (from, to) = (self.answered_ns, self.ended_ns);
        let top = MIDDLE - BLOCK / 2;
        html! {
            g {
                title { (self.name) ". " (self.about) }
                (bar("block wait", scale, self.begun_ns, from, top, BLOCK))
                @match class {
                    _ if self.status == 0 => {},
                    "s3" | "s304" => (bar(&format!("block {class}"), scale, from, to, MIDDLE - LOW_BLOCK / 2, LOW_BLOCK)),
                    _ => (bar(&format!("block {class}"), scale, from, to, top, BLOCK)),
                }
                @if matches!(class, "s4" | "s5") { (bar("edge", scale, from, to, top, EDGE)) }
                @if class == "s5" { (bar("edge", scale, from, to, top + BLOCK - EDGE, EDGE)) }
                @if self.is_cut { (shape("notch", scale, to, NOTCH)) }
                @if let Some(label) = label {
                    text class=[label.inside.then(|| format!("inside {class}"))] x=(per_cent(label.middle)) y=(MIDDLE + 4) text-anchor="middle" { (self.name) }
                }
            }
        }
    }
}

/// The class of a status in the style sheet.
fn status_class(status: u16) -> &'static str {
    match status {
        304 => "s304",
        200..300 => "s2",
        300..400 => "s3",
        400..500 => "s4",
        500..600 => "s5",
        _ => "s1",
    }
}

/// The time of a frame, if the connection lists it.
fn frame_ns(connection: &Connection, number: u64) -> Option<i64> {
    let at = connection
        .frames
        .binary_search_by_key(&number, |frame| frame.number)
        .ok()?;
    connection.frames.get(at).map(|frame| frame.ns)
}

fn bar(class: &str, scale: &Scale, from_ns: i64, to_ns: i64, y: u32, height: u32) -> Markup {
    let (from, to) = (scale.position(from_ns), scale.position(to_ns));
    html! { rect.(class) x=(per_cent(from)) width=(per_cent((to - from).max(0.1))) y=(y) height=(height) {} }
}

fn line(class: &str, scale: &Scale, from_ns: i64, to_ns: i64) -> Markup {
    html! { line.(class) x1=(per_cent(scale.position(from_ns))) x2=(per_cent(scale.position(to_ns))) y1=(MIDDLE) y2=(MIDDLE) {} }
}

/// A shape of fixed size at a time.
fn shape(class: &str, scale: &Scale, ns: i64, path: &str) -> Markup {
    html! {
        svg.(class) x=(per_cent(scale.position(ns))) y=(MIDDLE) overflow="visible" { path d=(path) {} }
    }
}

impl TeardownMark {
    /// A cross for a RST, a flag for a FIN: filled if the server sent it, an outline if the client did.
    fn draw(&self, scale: &Scale) -> Markup {
        let (class, path) = match (self.is_reset, self.by) {
            (true, Side::Client) => ("mark rst client", RST),
            (true, Side::Server) => ("mark rst server", RST),
            (false, Side::Client) => ("mark fin client", FIN),
            (false, Side::Server) => ("mark fin server", FIN),
        };
        shape(class, scale, self.ns, path)
    }
}
