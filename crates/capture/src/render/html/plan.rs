//! What goes on the page: which connections, exchanges and frames, within bounds, and which statement stands beside
//! which frames. Knows no HTML.

use crate::describe::{self, Description, Step};
use crate::model::{Capture, Connection, Exchange, Frame, FrameSpan};
use crate::say::{Msg, Said};
use std::collections::BTreeSet;
use std::ops::Range;

/// How many connections are laid out.
const CONNECTIONS: usize = 60;
/// How many exchanges of a connection are laid out.
const EXCHANGES: usize = 40;
/// How many exchanges of all connections together.
const EXCHANGES_IN_ALL: usize = 400;
/// How many frames a page has before its ladders become terse.
const FRAMES_IN_ALL: usize = 3000;
/// A section of so many frames is drawn whole.
const WHOLE: usize = 30;
/// Of a longer one, what is drawn: its first frames, its last ones, and telling ones between them.
const AMPLE: Share = Share {
    first: 10,
    last: 8,
    telling: 20,
};
/// The same when the page has very many.
const TERSE: Share = Share {
    first: 3,
    last: 2,
    telling: 4,
};
/// The model lists the last frames of a connection always; what it leaves out lies before them.
const LISTED_AT_THE_END: usize = 40;

struct Share {
    first: usize,
    last: usize,
    telling: usize,
}

/// What goes on the page.
pub(super) struct Plan<'a> {
    pub(super) connections: Vec<Planned<'a>>,
    pub(super) connections_left_out: usize,
    /// The frames that are drawn: those that can be linked to.
    pub(super) drawn: BTreeSet<u64>,
    /// The streams that are laid out.
    pub(super) streams: BTreeSet<u32>,
}

/// A connection that is laid out.
pub(super) struct Planned<'a> {
    pub(super) connection: &'a Connection,
    pub(super) headline: Said,
    pub(super) sections: Vec<Section<'a>>,
    pub(super) troubles: Vec<Said>,
}

/// A part of a ladder with what is said beside it.
pub(super) struct Section<'a> {
    pub(super) part: Part,
    pub(super) told: Vec<Told<'a>>,
    pub(super) rows: Vec<Row<'a>>,
}

/// Which part of a connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Opening,
    Exchanges,
    End,
}

/// What is said beside a ladder.
pub(super) enum Told<'a> {
    Line(Said),
    Exchange {
        exchange: &'a Exchange,
        headline: Said,
        details: Vec<Said>,
    },
}

/// A row of a ladder.
#[derive(Debug, PartialEq)]
pub(super) enum Row<'a> {
    Frame(&'a Frame),
    /// Frames that are not drawn; their bytes, if the model lists them.
    LeftOut {
        frames: u64,
        bytes: Option<u64>,
    },
}

impl<'a> Plan<'a> {
    pub(super) fn of(capture: &'a Capture) -> Plan<'a> {
        let telling: BTreeSet<u32> = capture
            .findings
            .iter()
            .flat_map(|finding| finding.streams.iter().copied())
            .collect();
        let (first, later): (Vec<_>, Vec<_>) = capture.connections.iter().partition(|c| telling.contains(&c.stream));
        let mut chosen: Vec<&Connection> = first.into_iter().chain(later).take(CONNECTIONS).collect();
        chosen.sort_by_key(|connection| connection.stream);

        let evidence: BTreeSet<u64> = capture
            .findings
            .iter()
            .flat_map(|finding| finding.frames.iter().copied())
            .collect();
        let mut left = Left {
            exchanges: EXCHANGES_IN_ALL,
            frames: FRAMES_IN_ALL,
        };
        let connections: Vec<Planned<'a>> = chosen.iter().map(|c| planned(c, &evidence, &mut left)).collect();
        let rows = connections
            .iter()
            .flat_map(|planned| &planned.sections)
            .flat_map(|section| &section.rows);
        let drawn = rows.filter_map(|row| match row {
            Row::Frame(frame) => Some(frame.number),
            Row::LeftOut { .. } => None,
        });
        Plan {
            drawn: drawn.collect(),
            streams: chosen.iter().map(|connection| connection.stream).collect(),
            connections_left_out: capture.connections.len() - chosen.len(),
            connections,
        }
    }
}

/// What the page still has room for.
struct Left {
    exchanges: usize,
    frames: usize,
}

fn planned<'a>(connection: &'a Connection, evidence: &BTreeSet<u64>, left: &mut Left) -> Planned<'a> {
    let story = describe::connection(connection);
    let count = connection.exchanges.len().min(EXCHANGES).min(left.exchanges);
    left.exchanges -= count;
    let exchanges = &connection.exchanges[..count];
    let mut wanted = evidence.clone();
    wanted.extend(
        story
            .opening
            .iter()
            .chain(&story.end)
            .flat_map(|said| said.frames.iter().copied()),
    );

    let groups = groups(exchanges);
    let cuts = cuts(connection, exchanges, &groups);
    let headline = story.headline.clone();
    let troubles = story.troubles.clone();
    let mut sections = told(
        story,
        exchanges,
        &groups,
        connection.exchanges.len() - count,
        connection.exchanges_left_out,
    );
    for (section, frames) in sections.iter_mut().zip(cuts) {
        wanted.extend(section.told.iter().flat_map(Told::frames));
        section.rows = rows(connection, frames, &wanted, left);
    }
    sections.retain(|section| !section.told.is_empty() || !section.rows.is_empty());
    Planned {
        connection,
        headline,
        sections,
        troubles,
    }
}

impl Told<'_> {
    fn frames(&self) -> Vec<u64> {
        match self {
            Told::Line(said) => said.frames.clone(),
            Told::Exchange { headline, details, .. } => {
                let said = details.iter().chain([headline]);
                said.flat_map(|said| said.frames.iter().copied()).collect()
            }
        }
    }
}

/// Exchanges whose frames lie among each other (pipelining) share a section.
fn groups(exchanges: &[Exchange]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut reached = 0;
    for (at, exchange) in exchanges.iter().enumerate() {
        let span = span(exchange);
        match groups.last_mut() {
            Some(group) if span.is_none_or(|span| span.first <= reached) => group.end = at + 1,
            _ => groups.push(at..at + 1),
        }
        reached = reached.max(span.map_or(0, |span| span.last));
    }
    groups
}

fn span(exchange: &Exchange) -> Option<FrameSpan> {
    let spans = || {
        [&exchange.request, &exchange.response]
            .into_iter()
            .flatten()
            .map(|message| message.frames)
    };
    Some(FrameSpan {
        first: spans().map(|span| span.first).min()?,
        last: spans().map(|span| span.last).max()?,
    })
}

/// Where the list of frames is cut: the opening, each group, the end, as index ranges.
fn cuts(connection: &Connection, exchanges: &[Exchange], groups: &[Range<usize>]) -> Vec<Range<usize>> {
    let frames = &connection.frames;
    let index = |number: u64| frames.partition_point(|frame| frame.number < number);
    let spans = |group: &Range<usize>| exchanges[group.clone()].iter().filter_map(span).collect::<Vec<_>>();
    let mut begins: Vec<usize> = groups
        .iter()
        .map(|group| {
            spans(group)
                .iter()
                .map(|span| span.first)
                .min()
                .map_or(frames.len(), index)
        })
        .collect();
    // The end begins with its first frame behind all that was exchanged.
    let last = connection
        .exchanges
        .iter()
        .filter_map(span)
        .map(|span| span.last)
        .max()
        .unwrap_or(0);
    let end = connection
        .end
        .frames
        .iter()
        .copied()
        .filter(|number| *number > last)
        .min();
    begins.push(end.map_or(frames.len(), index));
    let mut from = 0;
    let mut cuts = Vec::new();
    for begin in begins {
        let begin = begin.clamp(from, frames.len());
        cuts.push(from..begin);
        from = begin;
    }
    cuts.push(from..frames.len());
    cuts
}

/// What is said, in as many sections as there are cuts.
fn told<'a>(
    story: Description,
    exchanges: &'a [Exchange],
    groups: &[Range<usize>],
    untold: usize,
    unlisted: u64,
) -> Vec<Section<'a>> {
    let section = |part, lines: Vec<Said>| Section {
        part,
        told: lines.into_iter().map(Told::Line).collect(),
        rows: Vec::new(),
    };
    let mut sections = vec![section(Part::Opening, story.opening)];
    sections.extend(groups.iter().map(|_| section(Part::Exchanges, Vec::new())));
    let mut at = 0;
    for step in story.course {
        match step {
            Step::Exchange {
                number,
                headline,
                details,
            } => {
                let Some(index) = exchanges.iter().position(|exchange| exchange.number == number) else {
                    break;
                };
                at = groups
                    .iter()
                    .position(|group| group.contains(&index))
                    .map_or(at, |group| group + 1);
                sections[at].told.push(Told::Exchange {
                    exchange: &exchanges[index],
                    headline,
                    details,
                });
            }
            Step::LeftOut(_) if untold > 0 => {}
            Step::Idle(said) | Step::LeftOut(said) => sections[at].told.push(Told::Line(said)),
        }
    }
    if untold > 0 {
        let more = Said::new(Msg::MoreExchanges).with("count", untold as u64 + unlisted);
        sections[at].told.push(Told::Line(more));
    }
    sections.push(section(Part::End, story.end));
    sections
}

/// The rows of one section: all of its frames, or the telling ones.
fn rows<'a>(connection: &'a Connection, range: Range<usize>, wanted: &BTreeSet<u64>, left: &mut Left) -> Vec<Row<'a>> {
    let frames = &connection.frames[range.clone()];
    let share = if left.frames > 0 { AMPLE } else { TERSE };
    let mut telling = share.telling;
    let unlisted_before = connection.frames.len().saturating_sub(LISTED_AT_THE_END);
    let mut rows = Vec::new();
    let mut left_out: Vec<&'a Frame> = Vec::new();
    let skip = |rows: &mut Vec<Row<'a>>, left_out: &mut Vec<&'a Frame>| match left_out.as_slice() {
        [] => {}
        [frame] => rows.push(Row::Frame(frame)),
        frames => rows.push(Row::LeftOut {
            frames: frames.len() as u64,
            bytes: Some(frames.iter().map(|frame| u64::from(frame.len)).sum()),
        }),
    };
    for (at, frame) in frames.iter().enumerate() {
        if connection.frames_left_out > 0 && range.start + at == unlisted_before {
            skip(&mut rows, &mut left_out);
            left_out.clear();
            rows.push(Row::LeftOut {
                frames: connection.frames_left_out,
                bytes: None,
            });
        }
        let edge = at < share.first || at + share.last >= frames.len();
        let tells = wanted.contains(&frame.number)
            || frame.marks.iter().next().is_some()
            || frame.flags.fin()
            || frame.flags.rst();
        let drawn = frames.len() <= WHOLE.min(left.frames) || edge || (tells && telling > 0);
        if !drawn {
            left_out.push(frame);
            continue;
        }
        if !edge && tells {
            telling = telling.saturating_sub(1);
        }
        skip(&mut rows, &mut left_out);
        left_out.clear();
        rows.push(Row::Frame(frame));
    }
    skip(&mut rows, &mut left_out);
    left.frames = left.frames.saturating_sub(rows.len());
    rows
}
