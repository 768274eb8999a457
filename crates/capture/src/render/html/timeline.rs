//! All connections on one time axis: exchanges as blocks, idle periods as thin bars, FINs and RSTs as marks.

use super::ladder::per_cent;
use super::scale::{Anchor, Scale};
use super::writer::HtmlWriter;
use crate::describe::usage;
use crate::model::{Capture, Connection, Exchange, Message, Side, Teardown};
use crate::render::clip;
use crate::render::phase::Phase;
use crate::sentence::{Msg, Sentence, time};
use maud::{Markup, html};

/// How many connections are drawn.
const LANES: usize = 80;
/// How many blocks a lane has. If there are more exchanges, several share a block.
const BLOCKS: usize = 150;
/// Width of an axis label in per cent: on the narrowest screen, and on wide ones.
const LABEL: f64 = 20.0;
const LABEL_WIDE: f64 = 12.0;
/// Width of a letter in per cent: on the narrowest screen.
const LETTER: f64 = 2.2;
/// Vertical position of the bars in a lane, and height of a lane, in pixels.
const MIDDLE: u32 = 17;
const HEIGHT: u32 = 34;

/// Draws the timeline.
pub(super) fn draw(capture: &Capture, w: HtmlWriter<'_>) -> Markup {
    let lanes: Vec<Lane<'_>> = capture.connections.iter().take(LANES).map(Lane::of).collect();
    let end_ns = capture
        .connections
        .iter()
        .map(|connection| connection.last_ns)
        .fold(capture.file.last_ns, i64::max);
    let mut times: Vec<i64> = lanes.iter().flat_map(Lane::times).collect();
    times.extend([capture.file.first_ns, end_ns]);
    let scale = Scale::over(times);
    html! {
        div.timeline {
            (axis(&scale, &lanes, capture.file.first_ns, end_ns))
            @for lane in &lanes { (lane.draw(&scale, end_ns, w)) }
        }
        @if capture.connections.len() > LANES {
            p { (w.statement(&Sentence::new(Msg::LanesLeftOut).with("count", capture.connections.len() - LANES))) }
        }
        p.legend {
            @for phase in [Phase::Handshake, Phase::Request] { (swatch(phase.class(), w.label(phase.name()))) }
            (swatch("waiting", w.label(Msg::PhaseWaiting)))
            (swatch(Phase::Response.class(), w.label(Msg::PhaseResponse)))
            @if lanes.iter().any(|lane| lane.carried.is_some()) { (swatch("carried", w.label(Msg::PhaseOther))) }
            (swatch("rest", w.label(Msg::PhaseIdle)))
            (swatch("half-closed", w.label(Msg::PhaseHalfClosed)))
        }
        p.how { (w.label(Msg::TimelineScale)) }
    }
}

fn swatch(class: &str, name: &str) -> Markup {
    html! {
        span.swatch {
            svg width="26" height="14" aria-hidden="true" {
                @match class {
                    "rest" | "half-closed" => line.(class) x1="1" x2="25" y1="7" y2="7" {},
                    _ => rect.block.(class) x="2" y="2" width="22" height="10" {},
                }
            }
            (name)
        }
        " "
    }
}

fn axis(scale: &Scale, lanes: &[Lane<'_>], begin_ns: i64, end_ns: i64) -> Markup {
    let mut wanted = vec![begin_ns, end_ns];
    wanted.extend(
        lanes
            .iter()
            .flat_map(|lane| lane.marks().into_iter().map(|mark| mark.ns)),
    );
    wanted.extend(
        lanes
            .iter()
            .flat_map(|lane| lane.blocks.iter().map(|block| block.begun_ns)),
    );
    let always = scale.ticks(&wanted, LABEL, &[]);
    let wide = scale.ticks(&wanted, LABEL_WIDE, &always);
    let tick = |ns: i64, class: &str| {
        let position = scale.position(ns);
        let at = if ns == begin_ns {
            "0".to_owned()
        } else {
            time(ns.saturating_sub(begin_ns))
        };
        html! {
            g.tick.(class) {
                line x1=(per_cent(position)) x2=(per_cent(position)) y1="14" y2="20" {}
                text x=(per_cent(position)) y="10" text-anchor=(Anchor::at(position).name()) { (at) }
            }
        }
    };
    html! {
        div.lane {
            span.who {}
            svg width="100%" height="20" aria-hidden="true" {
                @for ns in always { (tick(ns, "always")) }
                @for ns in wide { (tick(ns, "wide")) }
            }
        }
    }
}

/// A connection on the timeline.
struct Lane<'a> {
    connection: &'a Connection,
    blocks: Vec<Block>,
    carried: Option<CarriedBlock>,
}

/// The time in which a connection carries another protocol.
struct CarriedBlock {
    begun_ns: i64,
    ended_ns: i64,
    name: &'static str,
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
    /// Whether it is on the response, which is dark.
    inside: bool,
}

/// An exchange, or several that share a block.
struct Block {
    begun_ns: i64,
    asked_ns: i64,
    answered_ns: i64,
    ended_ns: i64,
    name: String,
    about: String,
}

impl<'a> Lane<'a> {
    fn of(connection: &'a Connection) -> Self {
        let share = connection.exchanges.len().div_ceil(BLOCKS).max(1);
        Lane {
            connection,
            blocks: connection.exchanges.chunks(share).filter_map(Block::of).collect(),
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

    fn times(&self) -> Vec<i64> {
        let connection = self.connection;
        let mut times = vec![connection.first_ns, self.opened_ns(), connection.last_ns];
        times.extend(self.marks().iter().map(|mark| mark.ns));
        times.extend(
            self.carried
                .iter()
                .flat_map(|carried| [carried.begun_ns, carried.ended_ns]),
        );
        times.extend(
            self.blocks
                .iter()
                .flat_map(|block| [block.begun_ns, block.asked_ns, block.answered_ns, block.ended_ns]),
        );
        times
    }

    fn draw(&self, scale: &Scale, capture_end_ns: i64, w: HtmlWriter<'_>) -> Markup {
        let connection = self.connection;
        let end = &connection.end;
        let open = end.teardown == Teardown::StillOpen;
        let until = if open { capture_end_ns } else { connection.last_ns };
        let fins = (
            end.first_fin.as_ref().map(|fin| fin.ns),
            end.second_fin.as_ref().map(|fin| fin.ns),
        );
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
                    (bar("rest", scale, self.opened_ns(), fins.0.unwrap_or(until)))
                    @if let Some(first) = fins.0 { (bar("half-closed", scale, first, fins.1.unwrap_or(connection.last_ns))) }
                    (block(Phase::Handshake.class(), scale, connection.first_ns, self.opened_ns(), 8))
                    @if let Some(carried) = &self.carried { (carried.draw(scale)) }
                    @for (block, label) in labelled { (block.draw(scale, label)) }
                    @for mark in self.marks() { (mark.draw(scale)) }
                    @if open {
                        svg.open x=(per_cent(scale.position(until))) y=(MIDDLE) overflow="visible" { path d="M-1 -5 l7 5 l-7 5" {} }
                    }
                }
            }
        }
    }
}

impl CarriedBlock {
    fn of(connection: &Connection) -> Option<Self> {
        let carried = connection.carried.as_ref()?;
        let frames = carried.frames?;
        let frame = |number| connection.frames.binary_search_by_key(&number, |frame| frame.number);
        Some(Self {
            begun_ns: connection.frames.get(frame(frames.first).ok()?)?.ns,
            ended_ns: connection.frames.get(frame(frames.last).ok()?)?.ns,
            name: carried.protocol.unwrap_or_default(),
        })
    }

    fn draw(&self, scale: &Scale) -> Markup {
        let (from, to) = (scale.position(self.begun_ns), scale.position(self.ended_ns));
        html! {
            g {
                title { (self.name) }
                (block("carried", scale, self.begun_ns, self.ended_ns, 20))
                @if to - from >= LETTER * self.name.len() as f64 {
                    text x=(per_cent((from + to) / 2.0)) y=(MIDDLE + 4) text-anchor="middle" { (self.name) }
                }
            }
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
        let mut block = Self {
            begun_ns,
            asked_ns: begun_ns,
            answered_ns: begun_ns,
            ended_ns,
            name: format!("{}–{}", first.number, last.number),
            about: String::new(),
        };
        if let [exchange] = exchanges {
            block.name = exchange.number.to_string();
            block.asked_ns = exchange.request.as_ref().map_or(begun_ns, |request| request.ended_ns);
            block.answered_ns = exchange
                .response
                .as_ref()
                .map_or(ended_ns, |response| response.begun_ns);
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

    /// Where its name fits: on the response, or otherwise on the time before it.
    fn label(&self, scale: &Scale) -> Option<Label> {
        let width = LETTER * self.name.chars().count() as f64;
        let answered = scale.position(self.answered_ns);
        let response = (answered, scale.position(self.ended_ns), true);
        let waiting = (scale.position(self.asked_ns), answered, false);
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
        html! {
            g {
                title { (self.name) ". " (self.about) }
                (block("waiting", scale, self.asked_ns, self.answered_ns, 20))
                (block(Phase::Request.class(), scale, self.begun_ns, self.asked_ns, 20))
                (block(Phase::Response.class(), scale, self.answered_ns, self.ended_ns, 20))
                @if let Some(label) = label {
                    text.inside[label.inside] x=(per_cent(label.middle)) y=(MIDDLE + 4) text-anchor="middle" { (self.name) }
                }
            }
        }
    }
}

fn block(class: &str, scale: &Scale, from_ns: i64, to_ns: i64, height: u32) -> Markup {
    let (from, to) = (scale.position(from_ns), scale.position(to_ns));
    html! {
        rect.block.(class) x=(per_cent(from)) width=(per_cent((to - from).max(0.1))) y=(MIDDLE - height / 2) height=(height) {}
    }
}

fn bar(class: &str, scale: &Scale, from_ns: i64, to_ns: i64) -> Markup {
    html! { line.(class) x1=(per_cent(scale.position(from_ns))) x2=(per_cent(scale.position(to_ns))) y1=(MIDDLE) y2=(MIDDLE) {} }
}

impl TeardownMark {
    /// A cross for a RST. A triangle for a FIN, above the bar if the client sent it and below if the server did.
    fn draw(&self, scale: &Scale) -> Markup {
        let shape = match (self.is_reset, self.by) {
            (true, _) => "M-5 -5 l10 10 m0 -10 l-10 10",
            (false, Side::Client) => "M0 0 l-5 -10 h10 z",
            (false, Side::Server) => "M0 0 l-5 10 h10 z",
        };
        html! {
            svg.mark.rst[self.is_reset].fin[!self.is_reset] x=(per_cent(scale.position(self.ns))) y=(MIDDLE) overflow="visible" {
                path d=(shape) {}
            }
        }
    }
}
