//! Groups connections that are alike, and chooses those that are described one by one.
//!
//! Pure functions of the connections. `render` decides how groups are shown.

use super::model::{Connection, EndReason, Group, Side, Teardown, Usage};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// At most this many connections are described one by one.
const FEW: usize = 20;
/// A group with at most this share of the connections, in percent, is an outlier.
const RARE_PERCENT: usize = 2;
/// How many streams a group lists.
const STREAMS: usize = 100;
/// A connection is slow if its longest exchange takes at least this many times the median of all connections.
const SLOW_TIMES: u64 = 5;
/// A slow connection also has an exchange of at least this length.
const SLOW_NS: u64 = 50_000_000;
/// Maximum number of connections that are described because they are slow.
const SLOW: usize = 5;

/// What the connections of a group have in common.
type Pattern = (SocketAddr, Usage, Option<Side>, Teardown, EndReason);

/// The groups of connections, the largest first.
pub(super) fn groups(connections: &[Connection]) -> Vec<Group> {
    let mut by_pattern: BTreeMap<Pattern, (Group, BTreeSet<IpAddr>)> = BTreeMap::new();
    for connection in connections {
        let end = &connection.end;
        let pattern = (connection.server, connection.usage, end.by, end.teardown, end.reason);
        let (group, clients) = by_pattern
            .entry(pattern)
            .or_insert_with(|| (empty(pattern), BTreeSet::new()));
        group.count += 1;
        group.exchanges += connection.exchanges_in_all();
        clients.insert(connection.client.ip());
        if group.streams.len() < STREAMS {
            group.streams.push(connection.stream);
        }
    }
    let mut groups: Vec<Group> = by_pattern
        .into_values()
        .map(|(group, clients)| Group {
            clients: clients.len() as u64,
            outlier: group.count as usize * 100 <= connections.len() * RARE_PERCENT,
            ..group
        })
        .collect();
    groups.sort_by_key(|group| (Reverse(group.count), group.streams.first().copied()));
    groups
}

fn empty((server, usage, ended_by, teardown, reason): Pattern) -> Group {
    Group {
        server,
        usage,
        ended_by,
        teardown,
        reason,
        count: 0,
        exchanges: 0,
        clients: 0,
        outlier: false,
        streams: Vec::new(),
    }
}

/// The streams to describe one by one, in order. If there are no more than [`FEW`] connections, these are all.
/// Otherwise: the first of each group, then slow connections, then the other members of rare groups, [`FEW`] in all.
pub(super) fn typical(connections: &[Connection], groups: &[Group]) -> Vec<u32> {
    if connections.len() <= FEW {
        return connections.iter().map(|connection| connection.stream).collect();
    }
    let first = groups.iter().filter_map(|group| group.streams.first());
    let rare = groups
        .iter()
        .filter(|group| group.outlier)
        .flat_map(|group| group.streams.iter().skip(1));
    let mut chosen = BTreeSet::new();
    for stream in first.copied().chain(slow(connections)).chain(rare.copied()) {
        if chosen.len() < FEW {
            chosen.insert(stream);
        }
    }
    chosen.into_iter().collect()
}

/// The slow connections, the slowest first.
fn slow(connections: &[Connection]) -> Vec<u32> {
    let longest = |connection: &Connection| {
        let timings = connection
            .exchanges
            .iter()
            .filter_map(|exchange| exchange.timing.as_ref());
        timings.map(|timing| timing.total_ns).max()
    };
    let mut times: Vec<(u64, u32)> = connections
        .iter()
        .filter_map(|connection| Some((longest(connection)?, connection.stream)))
        .collect();
    times.sort_unstable_by_key(|(ns, stream)| (Reverse(*ns), *stream));
    let Some((half, _)) = times.get(times.len() / 2).copied() else {
        return Vec::new();
    };
    let is_slow = |(ns, _): &&(u64, u32)| *ns >= SLOW_NS.max(half.saturating_mul(SLOW_TIMES));
    times
        .iter()
        .take_while(is_slow)
        .take(SLOW)
        .map(|(_, stream)| *stream)
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::test_capture::*;
    use crate::{Lang, render};

    /// Connections with one exchange each. On those in `slow`, the server takes 900 ms. The client ends those in
    /// `reset` with a RST.
    fn many(count: u16, slow: &[u16], reset: &[u16]) -> Vec<TestFrame> {
        let mut frames = Vec::new();
        for n in 0..count {
            let us = 200 * u64::from(n);
            let took = if slow.contains(&n) { 900_000 } else { 20_000 };
            let last = if reset.contains(&n) { RST | ACK } else { FIN | ACK };
            let mut one = handshake();
            one.extend([
                frame(30_000, true, PSH | ACK, 1, 1, "GET / HTTP/1.1\r\n\r\n"),
                frame(30_000 + took, false, PSH | ACK, 1, 19, &response(60)),
                frame(31_000 + took, true, ACK, 19, 61, ""),
                frame(40_000 + took, true, last, 19, 61, ""),
            ]);
            for frame in &mut one {
                frame.us += us;
                for end in [&mut frame.from, &mut frame.to] {
                    end.1 += if end.1 == CLIENT.1 { n } else { 0 };
                }
            }
            frames.extend(one);
        }
        frames.sort_by_key(|frame| frame.us);
        frames
    }

    #[test]
    fn many_connections_are_grouped_and_outliers_described() {
        let capture = explained(&many(500, &[77, 300], &[123, 124]));
        let groups: Vec<_> = capture
            .groups
            .iter()
            .map(|group| (group.count, group.outlier, group.clients))
            .collect();
        assert_eq!(groups, [(498, false, 1), (2, true, 1)]);
        assert_eq!(capture.groups[1].streams, [123, 124]);
        assert_eq!(capture.described, [0, 77, 123, 124, 300]);
        for lang in [Lang::En, Lang::Zh] {
            let text = render::text(&capture, lang, render::Ladders::Omit);
            assert!(text.lines().count() < 120, "{text}");
            assert!(text.contains("498") && text.contains("--all"), "{text}");
            let (report, page) = (render::markdown(&capture, lang), render::html(&capture, lang));
            assert!(report.contains("| 498 |") && page.contains("498"), "{report}");
            assert!(page.contains("id=\"s77\"") && !page.contains("id=\"s78\""));
        }
        let json = render::json(&capture).expect("JSON");
        assert!(json.contains("\"groups\": [") && json.contains("\"stream\": 499"));
    }

    #[test]
    fn few_connections_are_described_each() {
        let capture = explained(&many(20, &[], &[3]));
        assert_eq!(capture.described.len(), 20);
        let text = render::text(&capture, Lang::En, render::Ladders::Omit);
        assert!(!text.contains("--all"), "{text}");
        // If all connections are equally slow, none is an outlier, so only the first is described.
        let capture = explained(&many(21, &(0..21).collect::<Vec<_>>(), &[]));
        assert_eq!(capture.described, [0]);
    }

    #[test]
    fn all_are_described_if_asked() {
        let options = crate::Options {
            detail: crate::Detail::All,
            ..crate::Options::default()
        };
        let file = TestFile::default().pcap(&many(60, &[], &[]));
        let capture = crate::explain(&file[..], &options, &[]).expect("a capture");
        assert_eq!(capture.described.len(), 60);
        assert!(!render::text(&capture, Lang::En, render::Ladders::Omit).contains("--all"));
    }
}
