//! What goes on the page: which connections, exchanges and frames, within bounds.

use super::sections::{self, Row, Section, Statement};
use crate::describe;
use crate::model::{Capture, Connection};
use crate::sentence::Sentence;
use std::collections::BTreeSet;

/// How many connections are laid out.
const CONNECTIONS: usize = 60;
/// How many exchanges of one connection are laid out.
const EXCHANGES: usize = 40;
/// How many exchanges are laid out in all.
const EXCHANGES_IN_ALL: usize = 400;
/// The number of frames on the page after which its ladders become terse.
const FRAMES_IN_ALL: usize = 3000;

/// What goes on the page.
pub(super) struct Plan<'a> {
    pub(super) connections: Vec<ConnectionPlan<'a>>,
    pub(super) connections_left_out: usize,
    /// The frames that are drawn, which can be linked to.
    pub(super) drawn: BTreeSet<u64>,
    /// The streams that are laid out, which can be linked to.
    pub(super) streams: BTreeSet<u32>,
}

/// A connection that is laid out.
pub(super) struct ConnectionPlan<'a> {
    pub(super) connection: &'a Connection,
    pub(super) headline: Sentence,
    pub(super) sections: Vec<Section<'a>>,
    pub(super) issues: Vec<Sentence>,
}

/// How much space is left on the page.
pub(super) struct Space {
    exchanges: usize,
    pub(super) frames: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn of(capture: &'a Capture) -> Self {
        let chosen = choose(capture);
        let evidence: BTreeSet<u64> = capture
            .findings
            .iter()
            .flat_map(|finding| finding.frames.iter().copied())
            .collect();
        let mut space = Space {
            exchanges: EXCHANGES_IN_ALL,
            frames: FRAMES_IN_ALL,
        };
        let connections: Vec<ConnectionPlan<'a>> = chosen
            .iter()
            .map(|connection| plan_connection(connection, &evidence, &mut space))
            .collect();
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
            connections_left_out: capture.described.len() - chosen.len(),
            connections,
        }
    }
}

/// The connections that are laid out, in order of stream index. Those that a finding names are preferred.
fn choose(capture: &Capture) -> Vec<&Connection> {
    let named: BTreeSet<u32> = capture
        .findings
        .iter()
        .flat_map(|finding| finding.streams.iter().copied())
        .collect();
    let (first, others): (Vec<_>, Vec<_>) = capture.described().partition(|c| named.contains(&c.stream));
    let mut chosen: Vec<&Connection> = first.into_iter().chain(others).take(CONNECTIONS).collect();
    chosen.sort_by_key(|connection| connection.stream);
    chosen
}

fn plan_connection<'a>(connection: &'a Connection, evidence: &BTreeSet<u64>, space: &mut Space) -> ConnectionPlan<'a> {
    let description = describe::connection(connection);
    let count = connection.exchanges.len().min(EXCHANGES).min(space.exchanges);
    space.exchanges -= count;
    let exchanges = &connection.exchanges[..count];
    let mut wanted = evidence.clone();
    wanted.extend(
        description
            .handshake
            .iter()
            .chain(&description.end)
            .flat_map(|sentence| sentence.frames.iter().copied()),
    );

    let groups = sections::group(exchanges);
    let ranges = sections::frame_ranges(connection, exchanges, &groups);
    let headline = description.headline.clone();
    let issues = description.issues.clone();
    let mut sections = sections::statements(description, connection, exchanges, &groups);
    for (section, range) in sections.iter_mut().zip(ranges) {
        wanted.extend(section.statements.iter().flat_map(Statement::frames));
        section.rows = sections::rows(connection, range, &wanted, space);
    }
    sections.retain(|section| !section.statements.is_empty() || !section.rows.is_empty());
    ConnectionPlan {
        connection,
        headline,
        sections,
        issues,
    }
}
