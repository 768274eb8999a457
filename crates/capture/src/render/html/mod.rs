//! A self-contained HTML page: it loads nothing, and it has no script.
//!
//! `plan` decides what goes on the page and bounds its size. `timeline` with `lane`, and `ladder` draw; `writer` writes
//! sentences and tables. [`maud`] escapes text from the wire. As a second line of defence, the page's content security
//! policy permits nothing but the style of the page.

mod ladder;
mod lane;
mod plan;
mod scale;
mod sections;
#[cfg(test)]
mod tests;
mod timeline;
mod writer;

use super::clip;
use super::phase::{Phase, Phases};
use super::table;
use crate::describe::{self, FingerprintDescription};
use crate::model::{Capture, Connection, HandshakeOutcome, Message, NoteKind};
use crate::sentence::{Lang, Msg, Sentence, printable};
use ladder::Times;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use plan::{ConnectionPlan, Plan};
use sections::{Row, Section, SectionKind, Statement};
use std::collections::BTreeSet;
use writer::HtmlWriter;

const STYLE: &str = include_str!("style.css");
/// How many characters of a head are shown.
const HEAD: usize = 4096;

/// The streams that have a section on the page that [`render`] writes. The id of a section is `s` followed by the
/// stream index. There are at most 60 sections, for streams that the capture describes.
///
/// ```
/// use labserve_capture::{explain_bytes, render};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-2.pcapng.gz");
/// # let capture = explain_bytes(&std::fs::read(path)?, &[])?;
/// assert!(render::html_sections(&capture).contains(&0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sections(capture: &Capture) -> BTreeSet<u32> {
    Plan::of(capture).streams
}

/// Writes a capture as a page of HTML, with ladder diagrams and a timeline.
///
/// ```
/// use labserve_capture::{Lang, explain_bytes, render};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-2.pcapng.gz");
/// # let capture = explain_bytes(&std::fs::read(path)?, &[])?;
/// let page = render::html(&capture, Lang::En);
/// assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render(capture: &Capture, lang: Lang) -> String {
    let plan = Plan::of(capture);
    let w = HtmlWriter { lang, plan: &plan };
    let title = describe::title(capture);
    let page = html! {
        (DOCTYPE)
        html lang=(match lang { Lang::En => "en", Lang::Zh => "zh-CN" }) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title.text(lang)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (ladder::arrow_heads())
                header {
                    h1 { (w.words(&title)) }
                    p { (w.statement(&describe::summary(capture))) }
                    @if !capture.notes.is_empty() {
                        ul { @for note in &capture.notes { li { (w.statement(&describe::note(note))) } } }
                    }
                }
                main { (body(capture, &plan, w)) }
            }
        }
    };
    page.into_string()
}

fn body(capture: &Capture, plan: &Plan<'_>, w: HtmlWriter<'_>) -> Markup {
    html! {
        @if capture.is_judged() { (findings(capture, w)) }
        @if !capture.connections.is_empty() {
            section {
                h2 { (w.label(Msg::Timeline)) }
                (timeline::draw(capture, w))
            }
        }
        @if capture.is_summarized() {
            section {
                h2 { (w.label(Msg::Groups)) }
                (w.table(&table::groups(capture, w.lang)))
                p { (w.statement(&describe::described_of(capture))) }
            }
        }
        @if capture.connections.len() > 1 {
            section {
                h2 { (w.label(Msg::Comparison)) }
                (w.table(&table::comparison(capture, w.lang)))
            }
        }
        @let slowest = table::slowest(capture, w.lang);
        // A single exchange is described below.
        @if slowest.rows.len() > 1 {
            section {
                h2 { (w.label(Msg::Slowest)) }
                (w.table(&slowest))
            }
        }
        @let servers: Vec<FingerprintDescription> = capture.fingerprints.iter().filter_map(describe::fingerprint).collect();
        @if !servers.is_empty() {
            section {
                h2 { (w.label(Msg::LooksLike)) }
                @for server in &servers { (fingerprint(server, w)) }
            }
        }
        @if !plan.connections.is_empty() {
            @let carries = plan.connections.iter().any(|planned| planned.connection.carried.is_some());
            section.legend-of-ladders {
                h2 { (w.label(Msg::Ladder)) }
                p.legend { @for phase in Phase::ALL.into_iter().filter(|phase| *phase != Phase::Other || carries) { (arrow_swatch(phase, w)) } }
                p.how { (w.label(ladder_scale(capture))) }
            }
        }
        @for planned in &plan.connections { (connection(planned, capture.file.first_ns, w)) }
        @if plan.connections_left_out > 0 {
            p { (w.statement(&Sentence::new(Msg::ConnectionsLeftOut).with("count", plan.connections_left_out))) }
        }
        @if !capture.others.is_empty() { (others(capture, w)) }
    }
}

fn others(capture: &Capture, w: HtmlWriter<'_>) -> Markup {
    html! {
        section {
            h2 { (w.label(Msg::OtherStreams)) }
            @if let Some(first) = capture.others.first() {
                p.how { (w.statement(&Sentence::new(Msg::OtherStreamsHow).with("stream", first.stream))) }
            }
            ul {
                @for other in &capture.others {
                    @let details = describe::details(&other.carried);
                    li {
                        (w.statement(&describe::other_stream(other)))
                        @if !details.is_empty() { ul { @for detail in &details { li { (w.statement(detail)) } } } }
                    }
                }
                @if capture.others_left_out > 0 {
                    li { (w.statement(&Sentence::new(Msg::MoreOtherStreams).with("count", capture.others_left_out))) }
                }
            }
        }
    }
}

fn findings(capture: &Capture, w: HtmlWriter<'_>) -> Markup {
    html! {
        section {
            h2 { (w.label(Msg::Findings)) }
            @if capture.findings.is_empty() { p { (w.label(describe::nothing_found(capture))) } }
            ol.findings {
                @for finding in &capture.findings {
                    @let (what, why) = describe::finding(finding);
                    li { p.what { (w.statement(&what)) } p.why { (w.statement(&why)) } }
                }
            }
        }
    }
}

fn fingerprint(server: &FingerprintDescription, w: HtmlWriter<'_>) -> Markup {
    html! {
        p { strong { (w.statement(&server.verdict)) } @if let Some(next) = &server.next { " (" (w.statement(next)) ")" } }
        ul {
            @for (matched, differs) in &server.aspects {
                li { (w.statement(matched)) @if let Some(differs) = differs { br; span.differs { (w.statement(differs)) } } }
            }
        }
    }
}

fn arrow_swatch(phase: Phase, w: HtmlWriter<'_>) -> Markup {
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

fn connection(planned: &ConnectionPlan<'_>, begin_ns: i64, w: HtmlWriter<'_>) -> Markup {
    let connection = planned.connection;
    let phases = Phases::of(connection);
    // Time of the last frame before each section.
    let before = planned.sections.iter().scan(None, |latest, section| {
        let before_ns = *latest;
        *latest = last_ns(section).or(before_ns);
        Some(before_ns)
    });
    html! {
        section.connection id={ "s" (connection.stream) } {
            h2 { (w.statement(&planned.headline)) }
            @if !connection.exchanges.is_empty() { (w.table(&table::exchanges(connection, w.lang))) }
            div.course {
                @for (section, before_ns) in planned.sections.iter().zip(before) {
                    (part(section, connection, &phases, Times { begin_ns, before_ns }, w))
                }
            }
            @if let Some((number, response)) = table::large_response(connection) {
                h3 { (w.statement(&Sentence::new(Msg::LargeFile).with("number", number))) }
                (burst_bar(response))
                (w.table(&table::bursts(response, begin_ns)))
            }
            @if !planned.issues.is_empty() {
                h3 { (w.label(Msg::TcpIssues)) }
                ul { @for sentence in &planned.issues { li { (w.statement(sentence)) } } }
            }
        }
    }
}

/// Time of the last frame of a section, if it is drawn.
fn last_ns(section: &Section<'_>) -> Option<i64> {
    match section.rows.last()? {
        Row::Frame(frame) => Some(frame.ns),
        Row::LeftOut { .. } => None,
    }
}

/// How the frames of a ladder are ordered.
fn ladder_scale(capture: &Capture) -> Msg {
    match capture
        .notes
        .iter()
        .any(|note| note.kind == NoteKind::TimeRunsBackwards)
    {
        true => Msg::LadderScaleByFrame,
        false => Msg::LadderScale,
    }
}

/// The heading of the frames before the first exchange.
fn start_heading(connection: &Connection) -> Msg {
    let has_handshake = connection.handshake.outcome != HandshakeOutcome::NotCaptured;
    let is_handshake = connection.carried.is_none() || !connection.exchanges.is_empty();
    if has_handshake && is_handshake {
        Msg::Handshake
    } else {
        Msg::Start
    }
}

fn part(section: &Section<'_>, connection: &Connection, phases: &Phases, times: Times, w: HtmlWriter<'_>) -> Markup {
    html! {
        div.part {
            div.statements {
                @match section.kind {
                    SectionKind::Start => h3 { (w.label(start_heading(connection))) },
                    SectionKind::End => h3 { (w.label(Msg::End)) },
                    SectionKind::Exchanges => {},
                }
                @for statement in &section.statements {
                    @match statement {
                        Statement::Line(sentence) => p { (w.statement(sentence)) },
                        Statement::Exchange { exchange, headline, details } => {
                            h3 { (w.statement(headline)) }
                            ul { @for sentence in details { li { (w.statement(sentence)) } } }
                            (head(Msg::RequestHead, exchange.request.as_ref(), w))
                            (head(Msg::ResponseHead, exchange.response.as_ref(), w))
                        }
                    }
                }
            }
            div.rungs {
                @if section.kind == SectionKind::Start {
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

/// The head of a message, collapsed.
fn head(title: Msg, message: Option<&Message>, w: HtmlWriter<'_>) -> Markup {
    let head = message.map_or("", |message| message.head.as_str().trim_end());
    html! {
        @if !head.is_empty() {
            details {
                summary { (w.label(title)) }
                pre { @for line in clip(head, HEAD).lines() { (printable(line)) "\n" } }
            }
        }
    }
}

/// The bursts of a message as a bar. The width of a burst is its share of the bytes.
fn burst_bar(message: &Message) -> Markup {
    let all = message.bursts.iter().map(|burst| burst.bytes).sum::<u64>().max(1) as f64;
    let positioned = message.bursts.iter().scan(0.0, |end, burst| {
        let (from, width) = (*end, burst.bytes as f64 * 100.0 / all);
        *end = from + width;
        Some((burst, from, width))
    });
    html! {
        svg.pieces width="100%" height="22" aria-hidden="true" {
            @for (burst, from, width) in positioned {
                rect.block.response x=(ladder::per_cent(from)) width=(ladder::per_cent(width)) y="1" height="20" {}
                // The digits fit on the narrowest screen.
                @if width >= 2.2 * burst.bytes.to_string().len() as f64 {
                    text.inside x=(ladder::per_cent(from + width / 2.0)) y="15" text-anchor="middle" { (burst.bytes) }
                }
            }
        }
    }
}
