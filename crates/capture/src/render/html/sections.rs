//! The sections of a connection: which statements are shown next to which frames.

use super::plan::Space;
use crate::describe::{Description, Step};
use crate::model::{Connection, Exchange, Frame, FrameSpan};
use crate::sentence::{Msg, Sentence};
use std::collections::BTreeSet;
use std::ops::Range;

/// A section with at most this many frames is drawn completely.
const COMPLETE: usize = 30;
/// What is drawn of a longer section.
const AMPLE: Share = Share {
    first: 10,
    last: 8,
    notable: 20,
};
/// What is drawn of a longer section after the page has many frames.
const TERSE: Share = Share {
    first: 3,
    last: 2,
    notable: 4,
};
/// The model lists this many frames at the end of a connection; frames that it leaves out lie before them.
const LISTED_AT_THE_END: usize = 40;

/// How many frames of a section are drawn.
struct Share {
    /// Frames at the start.
    first: usize,
    /// Frames at the end.
    last: usize,
    /// Frames in between that are evidence, or special in another way.
    notable: usize,
}

/// A part of a ladder with the statements next to it.
pub(super) struct Section<'a> {
    pub(super) kind: SectionKind,
    pub(super) statements: Vec<Statement<'a>>,
    pub(super) rows: Vec<Row<'a>>,
}

/// Which part of a connection a section shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SectionKind {
    /// The frames before the first exchange: the handshake, or everything if there is no exchange.
    Start,
    Exchanges,
    End,
}

/// A statement next to a ladder.
pub(super) enum Statement<'a> {
    Line(Sentence),
    Exchange {
        exchange: &'a Exchange,
        headline: Sentence,
        details: Vec<Sentence>,
    },
}

/// A row of a ladder.
#[derive(Debug, PartialEq)]
pub(super) enum Row<'a> {
    Frame(&'a Frame),
    /// Frames that are not drawn, and their payload in bytes if the model lists them.
    LeftOut {
        frames: u64,
        bytes: Option<u64>,
    },
}

impl Statement<'_> {
    /// The frames that prove it.
    pub(super) fn frames(&self) -> Vec<u64> {
        match self {
            Statement::Line(sentence) => sentence.frames.clone(),
            Statement::Exchange { headline, details, .. } => {
                let sentence = details.iter().chain([headline]);
                sentence.flat_map(|sentence| sentence.frames.iter().copied()).collect()
            }
        }
    }
}

/// Groups exchanges into sections. Exchanges with interleaved frames, because of pipelining, share a section.
pub(super) fn group(exchanges: &[Exchange]) -> Vec<Range<usize>> {
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

/// First and last frame of an exchange.
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

/// Divides the frames of a connection into sections: the handshake, each group of exchanges, the end.
pub(super) fn frame_ranges(
    connection: &Connection,
    exchanges: &[Exchange],
    groups: &[Range<usize>],
) -> Vec<Range<usize>> {
    let frames = &connection.frames;
    let index = |number: u64| frames.partition_point(|frame| frame.number < number);
    let first_of = |group: &Range<usize>| {
        let spans = exchanges[group.clone()].iter().filter_map(span);
        spans.map(|span| span.first).min().map_or(frames.len(), index)
    };
    let mut begins: Vec<usize> = groups.iter().map(first_of).collect();
    // The end begins with the first frame of the teardown after the last exchange.
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
    let mut ranges = Vec::new();
    for begin in begins {
        let begin = begin.clamp(from, frames.len());
        ranges.push(from..begin);
        from = begin;
    }
    ranges.push(from..frames.len());
    ranges
}

/// The sections with their statements, as many as there are ranges of frames. `exchanges` are those that are laid out.
pub(super) fn statements<'a>(
    description: Description,
    connection: &Connection,
    exchanges: &'a [Exchange],
    groups: &[Range<usize>],
) -> Vec<Section<'a>> {
    let not_laid_out = connection.exchanges.len() - exchanges.len();
    let section = |kind, lines: Vec<Sentence>| Section {
        kind,
        statements: lines.into_iter().map(Statement::Line).collect(),
        rows: Vec::new(),
    };
    let mut sections = vec![section(SectionKind::Start, description.handshake)];
    sections.extend(groups.iter().map(|_| section(SectionKind::Exchanges, Vec::new())));
    let mut at = 0;
    for step in description.steps {
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
                sections[at].statements.push(Statement::Exchange {
                    exchange: &exchanges[index],
                    headline,
                    details,
                });
            }
            Step::LeftOut(_) if not_laid_out > 0 => {}
            Step::Idle(sentence) | Step::LeftOut(sentence) | Step::Carried(sentence) => {
                sections[at].statements.push(Statement::Line(sentence));
            }
        }
    }
    if not_laid_out > 0 {
        let count = not_laid_out as u64 + connection.exchanges_left_out;
        let more = Sentence::new(Msg::MoreExchanges).with("count", count);
        sections[at].statements.push(Statement::Line(more));
    }
    sections.push(section(SectionKind::End, description.end));
    sections
}

/// The rows of one section: all of its frames, or the notable ones. `wanted` are the frames that statements name.
pub(super) fn rows<'a>(
    connection: &'a Connection,
    range: Range<usize>,
    wanted: &BTreeSet<u64>,
    space: &mut Space,
) -> Vec<Row<'a>> {
    let frames = &connection.frames[range.clone()];
    let share = if space.frames > 0 { AMPLE } else { TERSE };
    let mut notable_left = share.notable;
    let unlisted_before = connection.frames.len().saturating_sub(LISTED_AT_THE_END);
    let mut rows = Vec::new();
    let mut left_out: Vec<&'a Frame> = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        if connection.frames_left_out > 0 && range.start + at == unlisted_before {
            rows.extend(left_out_row(&mut left_out));
            rows.push(Row::LeftOut {
                frames: connection.frames_left_out,
                bytes: None,
            });
        }
        let edge = at < share.first || at + share.last >= frames.len();
        let notable =
            wanted.contains(&frame.number) || !frame.analysis.is_empty() || frame.flags.fin() || frame.flags.rst();
        let drawn = frames.len() <= COMPLETE.min(space.frames) || edge || (notable && notable_left > 0);
        if !drawn {
            left_out.push(frame);
            continue;
        }
        if !edge && notable {
            notable_left = notable_left.saturating_sub(1);
        }
        rows.extend(left_out_row(&mut left_out));
        rows.push(Row::Frame(frame));
    }
    rows.extend(left_out_row(&mut left_out));
    space.frames = space.frames.saturating_sub(rows.len());
    rows
}

/// The row for frames that are not drawn, which are taken from `left_out`. A single frame is drawn: its row is no higher
/// than the one that would replace it.
fn left_out_row<'a>(left_out: &mut Vec<&'a Frame>) -> Option<Row<'a>> {
    let frames = std::mem::take(left_out);
    match frames.as_slice() {
        [] => None,
        [frame] => Some(Row::Frame(frame)),
        frames => Some(Row::LeftOut {
            frames: frames.len() as u64,
            bytes: Some(frames.iter().map(|frame| u64::from(frame.len)).sum()),
        }),
    }
}
