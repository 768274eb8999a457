//! All connections on one time axis, with the signs of the live timeline.

use super::ladder::per_cent;
use super::lane::{BLOCK, EDGE, FIN, LOW_BLOCK, Lane, NOTCH, RST};
use super::scale::{Anchor, Scale};
use super::writer::HtmlWriter;
use crate::messages::Sign;
use crate::model::Capture;
use crate::render::phase::Phase;
use crate::sentence::{Msg, Sentence, time};
use maud::{Markup, html};

/// How many connections are drawn.
const LANES: usize = 80;
/// Width of an axis label in per cent: on the narrowest screen, and on wide ones.
const LABEL: f64 = 20.0;
const LABEL_WIDE: f64 = 12.0;

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
        (hatch())
        div.timeline {
            (axis(&scale, &lanes, capture.file.first_ns, end_ns))
            @for lane in &lanes { (lane.draw(&scale, end_ns, w)) }
        }
        @if capture.connections.len() > LANES {
            p { (w.statement(&Sentence::new(Msg::LanesLeftOut).with("count", capture.connections.len() - LANES))) }
        }
        p.legend {
            (swatch("block handshake", 8, w.label(Phase::Handshake.name())))
            @for sign in Sign::ALL { (sign_swatch(*sign, w)) }
            (swatch("idle", 5, w.label(Msg::PhaseIdle)))
            @if lanes.iter().any(Lane::is_carrying) { (swatch("block carried", BLOCK, w.label(Msg::PhaseOther))) }
            (line_swatch(w.label(Msg::PhaseHalfClosed)))
        }
        p.how { (w.label(Msg::TimelineScale)) }
    }
}

/// The pattern of a connection that was never used.
fn hatch() -> Markup {
    html! {
        svg.heads width="0" height="0" aria-hidden="true" {
            defs {
                pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" { path d="M-1 9 L9 -1 M-1 1 L1 -1 M7 9 L9 7" {} }
            }
        }
    }
}

/// A sign with its words.
fn sign_swatch(sign: Sign, w: HtmlWriter<'_>) -> Markup {
    let words = sign.text(w.lang);
    match sign {
        Sign::Success => swatch("block s2", BLOCK, words),
        Sign::Redirection => swatch("block s3", LOW_BLOCK, words),
        Sign::NotModified => swatch("block s304", LOW_BLOCK, words),
        Sign::ClientError => swatch("block s4", BLOCK, words),
        Sign::ServerError => swatch("block s5", BLOCK, words),
        Sign::Wait => swatch("block wait", BLOCK, words),
        Sign::Announced => swatch("announced", 5, words),
        Sign::Unused => swatch("unused", 14, words),
        Sign::Server => shape_swatch("mark fin server", FIN, words),
        Sign::Client => shape_swatch("mark fin client", FIN, words),
        Sign::Reset => shape_swatch("mark rst server", RST, words),
        Sign::Cut => html! {
            span.swatch {
                svg width="26" height="18" aria-hidden="true" {
                    rect.block.s2 x="2" y="1" width="22" height=(BLOCK) {}
                    svg.notch x="24" y="9" overflow="visible" { path d=(NOTCH) {} }
                }
                (words)
            }
            " "
        },
    }
}

fn swatch(class: &str, height: u32, words: &str) -> Markup {
    let top = 9 - height / 2;
    html! {
        span.swatch {
            svg width="26" height="18" aria-hidden="true" {
                rect.(class) x="2" y=(top) width="22" height=(height) {}
                @if class.ends_with("s4") || class.ends_with("s5") { rect.edge x="2" y=(top) width="22" height=(EDGE) {} }
                @if class.ends_with("s5") { rect.edge x="2" y=(top + height - EDGE) width="22" height=(EDGE) {} }
            }
            (words)
        }
        " "
    }
}

fn shape_swatch(class: &str, path: &str, words: &str) -> Markup {
    html! {
        span.swatch {
            svg width="18" height="18" aria-hidden="true" { svg.(class) x="6" y="9" overflow="visible" { path d=(path) {} } }
            (words)
        }
        " "
    }
}

fn line_swatch(words: &str) -> Markup {
    html! {
        span.swatch {
            svg width="26" height="18" aria-hidden="true" {
                line.half-closed.client x1="1" x2="12" y1="9" y2="9" {}
                line.half-closed.server x1="14" x2="25" y1="9" y2="9" {}
            }
            (words)
        }
        " "
    }
}

fn axis(scale: &Scale, lanes: &[Lane<'_>], begin_ns: i64, end_ns: i64) -> Markup {
    let mut wanted = vec![begin_ns, end_ns];
    wanted.extend(lanes.iter().flat_map(Lane::ends_ns));
    wanted.extend(lanes.iter().flat_map(Lane::exchanges_ns));
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
