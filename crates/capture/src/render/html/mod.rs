//! A capture as one page of HTML that needs nothing else: no network, no script, no font.
//!
//! `plan` decides what goes on it and keeps it bounded, `timeline` and `ladder` draw, `write` writes sentences and
//! tables. Escaping is [`maud`]'s, so text from the wire is text; a content security policy in the page forbids
//! everything but its own style in case it were not.

mod ladder;
mod plan;
mod scale;
#[cfg(test)]
mod tests;
mod timeline;
mod writer;

use super::clip;
use super::phase::{Phase, Phases};
use super::table;
use crate::describe::{self, FingerprintDescription};
use crate::model::{Capture, Connection, Message};
use crate::say::{Lang, Msg, Said, printable};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use plan::{Part, Plan, Planned, Row, Section, Told};
use writer::Writer;

const STYLE: &str = include_str!("style.css");
/// How much of a head is shown, in characters.
const HEAD: usize = 4096;

/// Writes the page.
pub fn render(capture: &Capture, lang: Lang) -> String {
    let plan = Plan::of(capture);
    let w = Writer { lang, plan: &plan };
    let title = w.label(Msg::Title);
    let page = html! {
        (DOCTYPE)
        html lang=(match lang { Lang::En => "en", Lang::Zh => "zh-CN" }) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (ladder::arrow_heads())
                header {
                    h1 { (title) }
                    p { (w.said(&describe::summary(capture))) }
                }
                main { (body(capture, &plan, w)) }
            }
        }
    };
    page.into_string()
}

fn body(capture: &Capture, plan: &Plan<'_>, w: Writer<'_>) -> Markup {
    html! {
        @if !capture.connections.is_empty() {
            (findings(capture, w))
            section {
                h2 { (w.label(Msg::Timeline)) }
                (timeline::draw(capture, w))
            }
        }
        @if capture.connections.len() > 1 {
            section {
                h2 { (w.label(Msg::Comparison)) }
                (w.table(&table::comparison(capture, w.lang)))
            }
        }
        @let looks: Vec<FingerprintDescription> = capture.looks_like.iter().filter_map(describe::looks).collect();
        @if !looks.is_empty() {
            section {
                h2 { (w.label(Msg::LooksLike)) }
                @for look in &looks { (looks_like(look, w)) }
            }
        }
        @if !plan.connections.is_empty() {
            section.legend-of-ladders {
                h2 { (w.label(Msg::Ladder)) }
                p.legend { @for phase in Phase::ALL { (arrow_swatch(phase, w)) } }
                p.how { (w.label(Msg::LadderScale)) }
            }
        }
        @for planned in &plan.connections { (connection(planned, capture.file.first_ns, w)) }
        @if plan.connections_left_out > 0 {
            p { (w.said(&Said::new(Msg::ConnectionsLeftOut).with("count", plan.connections_left_out))) }
        }
        @if !capture.notes.is_empty() {
            section {
                h2 { (w.label(Msg::Notes)) }
                ul { @for note in &capture.notes { li { (w.said(&describe::note(note))) } } }
            }
        }
    }
}

fn findings(capture: &Capture, w: Writer<'_>) -> Markup {
    html! {
        section {
            h2 { (w.label(Msg::Findings)) }
            @if capture.findings.is_empty() { p { (w.label(Msg::NothingFound)) } }
            ol.findings {
                @for finding in &capture.findings {
                    @let (what, why) = describe::finding(finding);
                    li { p.what { (w.said(&what)) } p.why { (w.said(&why)) } }
                }
            }
        }
    }
}

fn looks_like(looks: &FingerprintDescription, w: Writer<'_>) -> Markup {
    html! {
        p { strong { (w.said(&looks.verdict)) } @if let Some(next) = &looks.next { " (" (w.said(next)) ")" } }
        ul {
            @for (matched, differs) in &looks.traits {
                li { (w.said(matched)) @if let Some(differs) = differs { br; span.differs { (w.said(differs)) } } }
            }
        }
    }
}

fn arrow_swatch(phase: Phase, w: Writer<'_>) -> Markup {
    html! {
        span.swatch {
            svg width="40" height="14" aria-hidden="true" {
                g.frame.(phase.class()) { line.arrow x1="2" x2="38" y1="7" y2="7" marker-end={ "url(#head-" (phase.class()) ")" } {} }
            }
            (w.label(phase.name()))
        }
        " "
    }
}

fn connection(planned: &Planned<'_>, begin_ns: i64, w: Writer<'_>) -> Markup {
    let connection = planned.connection;
    let phases = Phases::of(connection);
    // What ended before each section, where anything did.
    let before = planned.sections.iter().scan(None, |latest, section| {
        let before_ns = *latest;
        *latest = last_ns(section).or(before_ns);
        Some(before_ns)
    });
    html! {
        section.connection id={ "s" (connection.stream) } {
            h2 { (w.said(&planned.headline)) }
            @if !connection.exchanges.is_empty() { (w.table(&table::exchanges(connection, w.lang))) }
            div.course {
                @for (section, before_ns) in planned.sections.iter().zip(before) {
                    (part(section, connection, &phases, (begin_ns, before_ns), w))
                }
            }
            @if let Some((number, response)) = table::large_response(connection) {
                h3 { (w.label(Msg::LargeFile)) " (" (w.label(Msg::ColNumber)) " " (number) ")" }
                (pieces(response))
                (w.table(&table::bursts(response, begin_ns)))
            }
            @if !planned.troubles.is_empty() {
                h3 { (w.label(Msg::TcpIssues)) }
                ul { @for said in &planned.troubles { li { (w.said(said)) } } }
            }
        }
    }
}

fn last_ns(section: &Section<'_>) -> Option<i64> {
    match section.rows.last()? {
        Row::Frame(frame) => Some(frame.ns),
        Row::LeftOut { .. } => None,
    }
}

fn part(
    section: &Section<'_>,
    connection: &Connection,
    phases: &Phases,
    times: (i64, Option<i64>),
    w: Writer<'_>,
) -> Markup {
    html! {
        div.part {
            div.told {
                @match section.part {
                    Part::Opening => h3 { (w.label(Msg::Handshake)) },
                    Part::End => h3 { (w.label(Msg::End)) },
                    Part::Exchanges => {},
                }
                @for told in &section.told {
                    @match told {
                        Told::Line(said) => p { (w.said(said)) },
                        Told::Exchange { exchange, headline, details } => {
                            h3 { (w.said(headline)) }
                            ul { @for said in details { li { (w.said(said)) } } }
                            (head(Msg::RequestHead, exchange.request.as_ref(), w))
                            (head(Msg::ResponseHead, exchange.response.as_ref(), w))
                        }
                    }
                }
            }
            div.rungs {
                @if section.part == Part::Opening {
                    div.lanes {
                        span { (w.label(Msg::Client)) br; code { (connection.client) } }
                        span { (w.label(Msg::Server)) br; code { (connection.server) } }
                    }
                }
                (ladder::draw(&section.rows, phases, times, w))
            }
        }
    }
}

/// The head of a message, folded away.
fn head(title: Msg, message: Option<&Message>, w: Writer<'_>) -> Markup {
    let head = message.map_or("", |message| message.head.0.trim_end());
    html! {
        @if !head.is_empty() {
            details {
                summary { (w.label(title)) }
                pre { @for line in clip(head, HEAD).lines() { (printable(line)) "\n" } }
            }
        }
    }
}

/// The bursts of a message, each as long as its share of the bytes.
fn pieces(message: &Message) -> Markup {
    let all = message.bursts.iter().map(|burst| burst.bytes).sum::<u64>().max(1) as f64;
    let placed = message.bursts.iter().scan(0.0, |end, burst| {
        let (from, width) = (*end, burst.bytes as f64 * 100.0 / all);
        *end = from + width;
        Some((burst, from, width))
    });
    html! {
        svg.pieces width="100%" height="22" aria-hidden="true" {
            @for (burst, from, width) in placed {
                rect.block.response x=(ladder::per_cent(from)) width=(ladder::per_cent(width)) y="1" height="20" {}
                // Room for the digits on the narrowest screen.
                @if width >= 2.2 * burst.bytes.to_string().len() as f64 {
                    text.inside x=(ladder::per_cent(from + width / 2.0)) y="15" text-anchor="middle" { (burst.bytes) }
                }
            }
        }
    }
}
