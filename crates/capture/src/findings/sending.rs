//! How messages were sent, and problems below HTTP.

use super::{answered, found, used};
use crate::model::{
    AnalysisFlag, Arg, Args, Burst, Connection, Exchange, Finding, FindingKind, Message, RetransmissionCause,
    StallCause,
};

/// Smaller responses are not considered: every server sends them at once.
const LARGE: u64 = 16 * 1024;

/// Requests that were sent before the previous response was complete.
pub(super) fn pipelined(connections: &[&Connection]) -> Vec<Finding> {
    let requests: Vec<_> = used(connections)
        .flat_map(|connection| connection.exchanges.iter().map(move |exchange| (connection, exchange)))
        .filter(|(_, exchange)| exchange.pipelined)
        .collect();
    if requests.is_empty() {
        return Vec::new();
    }
    let frames = requests
        .iter()
        .filter_map(|(_, exchange)| exchange.request.as_ref().map(|r| r.frames.first));
    let args = Args::default().with("count", requests.len());
    vec![found(
        FindingKind::Pipelined,
        args,
        requests.iter().map(|(c, _)| c.stream),
        frames,
    )]
}

/// The largest response that was sent in bursts of one size.
pub(super) fn in_pieces(connections: &[&Connection]) -> Vec<Finding> {
    let mut large: Vec<_> = answered(connections)
        .filter_map(|(connection, exchange)| {
            let response = exchange
                .response
                .as_ref()
                .filter(|response| response.body_bytes >= LARGE)?;
            Some((connection, exchange, response, piece(response)?))
        })
        .collect();
    large.sort_by_key(|(_, _, response, _)| std::cmp::Reverse(response.body_bytes));
    let finding = |(connection, exchange, response, piece): (&Connection, &Exchange, &Message, u64)| {
        let request = exchange
            .request
            .as_ref()
            .map_or("-", |request| request.head.first_line());
        let bytes: Vec<u64> = response.bursts.iter().take(12).map(|burst| burst.bytes).collect();
        let args = Args::default()
            .with("request", request)
            .with("count", response.bursts.len() as u64 + response.bursts_left_out)
            .with("bytes", bytes)
            .with("piece", piece);
        let frames = response.bursts.iter().map(|burst| burst.frames.last);
        found(FindingKind::SentInPieces, args, [connection.stream], frames)
    };
    large.into_iter().next().map(finding).into_iter().collect()
}

/// The size of the pieces that the body of a response was sent in; `None` if there is no regular size. Each burst except
/// the last is one or several pieces.
fn piece(response: &Message) -> Option<u64> {
    let (last, all) = response.bursts.split_last().filter(|(_, all)| !all.is_empty())?;
    if response.bursts.iter().any(Burst::is_spread) || !response.bursts_show_sending() {
        return None;
    }
    let body = |(at, burst): (usize, &Burst)| {
        if at == 0 {
            burst.bytes.saturating_sub(response.head_bytes)
        } else {
            burst.bytes
        }
    };
    let sizes: Vec<u64> = all.iter().enumerate().map(body).filter(|bytes| *bytes > 0).collect();
    let piece = *sizes.iter().min()?;
    // TCP may send two writes together, and then the last burst is larger than a piece. A multiple of the page size is
    // accepted nevertheless.
    let is_last = last.bytes <= piece || piece % 4096 == 0;
    // A single burst does not prove a size: it may have ended for another reason, such as the congestion window.
    let is_seen_again = sizes.len() > 1 || piece % 4096 == 0;
    // A burst of full segments only may have been ended by the window. A write ends with a shorter segment.
    let full = |burst: &Burst| {
        let first = burst.segments.first().copied().unwrap_or(0);
        burst.count > 1 && burst.bytes == burst.count * u64::from(first)
    };
    if piece % 4096 != 0 && all.iter().any(full) {
        return None;
    }
    let is_regular = piece >= 1024 && is_last && is_seen_again && sizes.iter().all(|bytes| bytes % piece == 0);
    is_regular.then_some(piece)
}

/// Retransmitted segments, with the longest wait for one of them.
pub(super) fn retransmissions(connections: &[&Connection]) -> Vec<Finding> {
    let flags = [
        AnalysisFlag::Retransmission,
        AnalysisFlag::FastRetransmission,
        AnalysisFlag::SpuriousRetransmission,
    ];
    let Some(mut finding) = flagged(connections, &flags, FindingKind::Retransmissions) else {
        return Vec::new();
    };
    let all = || connections.iter().flat_map(|connection| &connection.retransmissions);
    let with_cause = |cause| all().filter(move |seen| seen.cause == cause).count();
    let cost = all()
        .filter(|seen| seen.cause != RetransmissionCause::Needless)
        .map(|seen| seen.waited_ns)
        .max();
    finding.args = finding
        .args
        .with("timeouts", with_cause(RetransmissionCause::Timeout))
        .with("fast", with_cause(RetransmissionCause::DuplicateAcks))
        .with("needless", with_cause(RetransmissionCause::Needless))
        .with("other", with_cause(RetransmissionCause::Other));
    if let Some(cost) = cost {
        finding.args = finding.args.with("longest", Arg::ns(cost));
    }
    vec![finding]
}

/// Windows of 0, with their total duration if it is known for each of these connections.
pub(super) fn zero_windows(connections: &[&Connection]) -> Vec<Finding> {
    let Some(mut finding) = flagged(connections, &[AnalysisFlag::ZeroWindow], FindingKind::ZeroWindows) else {
        return Vec::new();
    };
    let concerned = || {
        connections
            .iter()
            .filter(|connection| finding.streams.contains(&connection.stream))
    };
    let stalled = |connection: &&Connection| -> Option<u64> {
        let stalls = connection.window_stalls.iter();
        let zero = stalls.filter(|stalls| stalls.cause == StallCause::ZeroWindow);
        zero.map(|stalls| stalls.ns).reduce(|sum, ns| sum + ns)
    };
    if finding.streams.len() == concerned().count()
        && let Some(sum) = concerned().map(stalled).sum::<Option<u64>>()
    {
        finding.args = finding.args.with("stalled", Arg::ns(sum));
    }
    vec![finding]
}

/// Keep-alive probes. Window probes look alike; the window of the other side distinguishes them.
pub(super) fn keep_alive_probes(connections: &[&Connection]) -> Vec<Finding> {
    Vec::from_iter(flagged(
        connections,
        &[AnalysisFlag::KeepAlive],
        FindingKind::KeepAliveProbes,
    ))
}

/// A finding about all segments that have one of `flags`; `None` if there are none.
fn flagged(connections: &[&Connection], flags: &[AnalysisFlag], kind: FindingKind) -> Option<Finding> {
    let all = connections.iter().flat_map(|connection| {
        let issues = connection.tcp_issues.iter().filter(|issue| flags.contains(&issue.flag));
        issues.map(move |issue| (connection.stream, issue))
    });
    let all: Vec<_> = all.collect();
    let count: u64 = all.iter().map(|(_, issue)| issue.count).sum();
    let mut streams: Vec<u32> = all.iter().map(|(stream, _)| *stream).collect();
    streams.dedup();
    let args = Args::default().with("count", count).with("connections", streams.len());
    let frames = all.iter().flat_map(|(_, issue)| issue.frames.iter().copied());
    (count > 0).then(|| found(kind, args, streams.clone(), frames))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BodyEnd, FrameSpan, Head};

    fn response(head_bytes: u64, bursts: &[u64]) -> Message {
        let burst = |bytes: &u64| Burst {
            bytes: *bytes,
            segments: Vec::new(),
            count: 1,
            frames: FrameSpan { first: 1, last: 1 },
            begun_ns: 0,
            in_order: true,
            ns: 0,
            pushed: true,
        };
        Message {
            head: Head::default(),
            head_bytes,
            head_complete: true,
            body_bytes: bursts.iter().sum::<u64>() - head_bytes,
            body_end: BodyEnd::Length,
            content_length: None,
            shortfall: None,
            unseen_bytes: 0,
            seq: 1,
            next_seq: 1,
            frames: FrameSpan { first: 1, last: 1 },
            begun_ns: 0,
            earliest_ns: 0,
            ended_ns: 0,
            bits_per_second: None,
            bursts: bursts.iter().map(burst).collect(),
            bursts_left_out: 0,
        }
    }

    #[test]
    fn pieces_are_found_in_bursts_of_one_size() {
        for (head, bursts, want) in [
            (357, &[65893, 65536, 11058][..], Some(65536)),
            (300, &[300, 4096, 8192, 100][..], Some(4096)),
            (300, &[65893, 30000, 11058][..], None),
            (226, &[65762, 76594][..], Some(65536)),
            (226, &[5226, 76594][..], None),
            (300, &[65893][..], None),
            (58, &[14480, 5578][..], None),
            (58, &[14058, 14000, 5578][..], Some(14000)),
            (300, &[400, 100][..], None),
        ] {
            assert_eq!(piece(&response(head, bursts)), want, "{bursts:?}");
        }
    }
}
