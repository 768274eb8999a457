//! Connections that were opened in parallel, speculatively, or without success.

use super::{PER_KIND, found, used};
use crate::model::{Arg, Args, Connection, Exchange, Finding, FindingKind, HandshakeOutcome, Teardown, Usage};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// Two connections that were opened within this time belong to the same visit.
const SAME_VISIT_NS: u64 = 10_000_000_000;

/// A client's address and a server. Only exchanges of the same pair count as parallel.
type Pair = (IpAddr, SocketAddr);

fn pair(connection: &Connection) -> Pair {
    (connection.client.ip(), connection.server)
}

/// The start or the end of an exchange. At the same time, an end sorts before a start, because such exchanges do not
/// overlap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    ns: i64,
    begins: bool,
    /// Index of the connection.
    at: usize,
}

/// Exchanges of one client with one server that overlap in time, on several connections.
pub(super) fn parallel(connections: &[&Connection]) -> Vec<Finding> {
    let mut changes: BTreeMap<Pair, Vec<Change>> = BTreeMap::new();
    for (at, connection) in connections.iter().enumerate() {
        let is_http = connection.usage == Usage::Http;
        let spans = connection.exchanges.iter().filter(|_| is_http).filter_map(span);
        for (begin, end) in spans {
            let of_pair = changes.entry(pair(connection)).or_default();
            // Without a duration, it is not known whether an exchange came before or after another.
            if begin < end {
                of_pair.extend([(begin, true), (end, false)].map(|(ns, begins)| Change { ns, begins, at }));
            }
        }
    }
    let mut most = 0;
    let mut seen = BTreeSet::new();
    for (_, mut of_pair) in changes {
        of_pair.sort_unstable();
        most = most.max(overlap(&of_pair, &mut seen));
    }
    if most < 2 {
        return Vec::new();
    }
    let args = Args::default().with("most", most).with("connections", seen.len());
    let seen = || seen.iter().map(|at| connections[*at]);
    let first_request =
        |connection: &Connection| connection.exchanges.first()?.request.as_ref().map(|r| r.frames.first);
    vec![found(
        FindingKind::ParallelConnections,
        args,
        seen().map(|connection| connection.stream),
        seen().filter_map(first_request),
    )]
}

/// The greatest number of connections that have an exchange in progress at the same time. Connections whose exchanges
/// overlap with those of another are added to `seen`.
fn overlap(changes: &[Change], seen: &mut BTreeSet<usize>) -> usize {
    // Open exchanges by connection: pipelined ones overlap on a single connection.
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    let mut most = 0;
    for change in changes {
        if change.begins {
            *open.entry(change.at).or_default() += 1;
            match open.len() {
                // With two, both overlap from now on. With more, all others are in `seen` already.
                2 => seen.extend(open.keys().copied()),
                3.. => drop(seen.insert(change.at)),
                _ => {}
            }
            most = most.max(open.len());
        } else if let Some(count) = open.get_mut(&change.at) {
            *count -= 1;
            if *count == 0 {
                open.remove(&change.at);
            }
        }
    }
    most
}

fn span(exchange: &Exchange) -> Option<(i64, i64)> {
    let (request, response) = (exchange.request.as_ref()?, exchange.response.as_ref()?);
    Some((request.begun_ns, response.ended_ns))
}

/// Unused connections that were opened close in time to a used one.
pub(super) fn speculative(connections: &[&Connection]) -> Vec<Finding> {
    let mut openings: BTreeMap<Pair, BTreeMap<i64, &Connection>> = BTreeMap::new();
    for connection in used(connections) {
        let of_pair = openings.entry(pair(connection)).or_default();
        of_pair.entry(connection.first_ns).or_insert(connection);
    }
    let unused = connections
        .iter()
        .filter(|connection| connection.usage == Usage::Unused);
    let findings = unused.filter_map(|connection| {
        let of_pair = openings.get(&pair(connection))?;
        let before = of_pair.range(..=connection.first_ns).next_back();
        let after = of_pair.range(connection.first_ns..).next();
        let (apart, other) = before
            .into_iter()
            .chain(after)
            .map(|(ns, other)| (ns.abs_diff(connection.first_ns), *other))
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

/// Connections from a port that their client had used before for a connection to the same server. The SYN of the later
/// connection was captured.
pub(super) fn port_reused(connections: &[&Connection]) -> Vec<Finding> {
    let mut latest: BTreeMap<(SocketAddr, SocketAddr), &Connection> = BTreeMap::new();
    let pairs = connections.iter().filter_map(|connection| {
        let before = latest.insert((connection.client, connection.server), connection)?;
        connection.handshake.syn.map(|syn| (before, *connection, syn))
    });
    let pairs: Vec<(&Connection, &Connection, u64)> = pairs.collect();
    let soonest = pairs
        .iter()
        .map(|(before, connection, _)| connection.first_ns.saturating_sub(before.last_ns).max(0))
        .min();
    let args = |soonest| {
        Args::default()
            .with("count", pairs.len())
            .with("after", Arg::ns(soonest))
    };
    let streams = pairs.iter().flat_map(|(a, b, _)| [a.stream, b.stream]);
    let frames = pairs.iter().flat_map(|(before, _, syn)| [before.last_frame, *syn]);
    let found = soonest.map(|soonest| found(FindingKind::PortReused, args(soonest), streams, frames));
    found.into_iter().collect()
}

/// Connection attempts that failed.
pub(super) fn not_opened(connections: &[&Connection]) -> Vec<Finding> {
    let failed: Vec<&Connection> = connections
        .iter()
        .copied()
        .filter(|connection| connection.end.teardown == Teardown::NeverOpened)
        .filter(|connection| connection.handshake.outcome == HandshakeOutcome::Unanswered)
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
