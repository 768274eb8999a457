//! Connections that were opened in parallel, speculatively, or without success.

use super::{PER_KIND, answered, found, used};
use crate::model::{Arg, Args, Connection, Exchange, Finding, FindingKind, Side, Teardown, Usage};

/// Two connections that were opened within this time belong to the same visit.
const SAME_VISIT_NS: u64 = 10_000_000_000;

/// Exchanges on several connections that overlap in time.
pub(super) fn parallel(connections: &[Connection]) -> Vec<Finding> {
    let mut changes: Vec<(i64, bool, u32)> = Vec::new();
    for (connection, exchange) in answered(connections) {
        if let Some((begin, end)) = span(exchange) {
            changes.extend([(begin, true, connection.stream), (end, false, connection.stream)]);
        }
    }
    // An end sorts before a start at the same time: such exchanges do not overlap.
    changes.sort_unstable();
    let mut open: Vec<u32> = Vec::new();
    let mut most: Vec<u32> = Vec::new();
    let mut seen: Vec<u32> = Vec::new();
    for (_, begins, stream) in changes {
        match begins {
            true => open.push(stream),
            false => {
                if let Some(at) = open.iter().position(|other| *other == stream) {
                    open.swap_remove(at);
                }
            }
        }
        let distinct = distinct(&open);
        if distinct.len() > 1 {
            seen.extend(
                distinct
                    .iter()
                    .filter(|stream| !seen.contains(stream))
                    .copied()
                    .collect::<Vec<u32>>(),
            );
        }
        if distinct.len() > most.len() {
            most = distinct;
        }
    }
    if most.len() < 2 {
        return Vec::new();
    }
    let args = Args::default().with("most", most.len()).with("connections", seen.len());
    let firsts = used(connections).filter(|connection| seen.contains(&connection.stream));
    let frames = firsts.filter_map(|connection| connection.exchanges.first()?.request.as_ref().map(|r| r.frames.first));
    vec![found(
        FindingKind::ParallelConnections,
        args,
        seen.iter().copied(),
        frames,
    )]
}

fn span(exchange: &Exchange) -> Option<(i64, i64)> {
    let (request, response) = (exchange.request.as_ref()?, exchange.response.as_ref()?);
    Some((request.begun_ns, response.ended_ns))
}

fn distinct(streams: &[u32]) -> Vec<u32> {
    let mut distinct = streams.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// Connections that were not used, next to one that was.
pub(super) fn speculative(connections: &[Connection]) -> Vec<Finding> {
    let unused = connections
        .iter()
        .filter(|connection| connection.usage == Usage::Unused);
    let findings = unused.filter_map(|connection| {
        let same_visit = used(connections)
            .filter(|other| other.server == connection.server && other.client.ip() == connection.client.ip());
        let (apart, other) = same_visit
            .map(|other| (other.first_ns.abs_diff(connection.first_ns), other))
            .min_by_key(|(apart, _)| *apart)
            .filter(|(apart, _)| *apart <= SAME_VISIT_NS)?;
        let args = Args::default()
            .with("stream", connection.stream)
            .with("other", other.stream)
            .with("after", Arg::ns(apart));
        let (kind, args) = match connection.end.by {
            Some(by) => (FindingKind::SpeculativeConnection, args.with("side", by)),
            None => (FindingKind::SpeculativeConnectionOpen, args),
        };
        let frames = [connection.first_frame, other.first_frame];
        let end = connection.end.frames.iter().copied();
        Some(found(
            kind,
            args,
            [connection.stream, other.stream],
            frames.into_iter().chain(end),
        ))
    });
    findings.take(PER_KIND).collect()
}

/// Connection attempts that failed.
pub(super) fn not_opened(connections: &[Connection]) -> Vec<Finding> {
    let failed: Vec<&Connection> = connections
        .iter()
        .filter(|connection| connection.end.teardown == Teardown::NeverOpened)
        .filter(|connection| connection.end.by != Some(Side::Server))
        .collect();
    if failed.is_empty() {
        return Vec::new();
    }
    let args = Args::default().with("count", failed.len());
    let frames = failed.iter().map(|connection| connection.first_frame);
    vec![found(
        FindingKind::NotOpened,
        args,
        failed.iter().map(|c| c.stream),
        frames,
    )]
}
