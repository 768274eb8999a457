//! Connections that are kept open, and for how long.

use super::{PER_KIND, answered, found, response_frame, used};
use crate::analyze::agrees;
use crate::model::{Arg, Args, Connection, EndReason, Exchange, Finding, FindingKind, IdleEnd, IdlePeriod};

/// Shorter idle periods do not show whether the server closes idle connections.
const LONG_IDLE_NS: u64 = 2_000_000_000;

/// Connections with several exchanges, those with the most exchanges first.
pub(super) fn one_connection(connections: &[&Connection]) -> Vec<Finding> {
    let mut kept: Vec<&Connection> = used(connections).filter(|c| c.answered() > 1).collect();
    kept.sort_by_key(|connection| std::cmp::Reverse(connection.answered()));
    let finding = |connection: &&Connection| {
        let answered = connection
            .exchanges
            .iter()
            .filter_map(|exchange| exchange.response.as_ref());
        let seqs: Vec<u64> = answered.take(12).map(|response| response.next_seq.into()).collect();
        let args = Args::default()
            .with("count", connection.answered())
            .with("stream", connection.stream)
            .with("seqs", seqs);
        found(
            FindingKind::OneConnectionKept,
            args,
            [connection.stream],
            connection.exchanges.iter().filter_map(response_frame),
        )
    };
    kept.iter().take(PER_KIND).map(finding).collect()
}

/// A connection for each exchange, because every response has `Connection: close`.
pub(super) fn close_every_time(connections: &[&Connection]) -> Vec<Finding> {
    let used: Vec<&Connection> = used(connections).collect();
    let all: Vec<_> = answered(connections).collect();
    let announces_close = |exchange: &Exchange| {
        let response = exchange.response.as_ref();
        response.is_some_and(|response| response.head.lists("connection", "close"))
    };
    let requests_close = |exchange: &Exchange| {
        let request = exchange.request.as_ref();
        request.is_some_and(|request| request.head.lists("connection", "close"))
    };
    if all.len() < 2
        || used.iter().any(|connection| connection.answered() > 1)
        || all
            .iter()
            .any(|(_, exchange)| !announces_close(exchange) || requests_close(exchange))
    {
        return Vec::new();
    }
    let args = Args::default().with("count", all.len()).with("connections", used.len());
    let frames = all.iter().filter_map(|(_, exchange)| response_frame(exchange));
    vec![found(
        FindingKind::CloseEveryTime,
        args,
        used.iter().map(|c| c.stream),
        frames,
    )]
}

/// Idle connections that the server closed.
pub(super) fn timed_out(connections: &[&Connection]) -> Vec<Finding> {
    let kind = |connection: &Connection, idle: &IdlePeriod| match (connection.end.reason, idle.announced_s) {
        (EndReason::IdleAsAnnounced, _) => Some(FindingKind::TimedOutAsAnnounced),
        (EndReason::IdleUnannounced, None) if !idle.head_captured => None,
        (EndReason::IdleUnannounced, None) => Some(FindingKind::TimedOutUnannounced),
        (EndReason::IdleUnannounced, Some(_)) => Some(FindingKind::TimedOutOtherwise),
        _ => None,
    };
    let closed = used(connections).filter_map(|connection| {
        let idle = connection.idle_periods.last()?;
        if !matches!(idle.ended_by, IdleEnd::ServerFin | IdleEnd::Reset) {
            return None;
        }
        Some((connection, idle, kind(connection, idle)?))
    });
    let closed: Vec<_> = closed.collect();
    let mut findings = Vec::new();
    for kind in [
        FindingKind::TimedOutAsAnnounced,
        FindingKind::TimedOutUnannounced,
        FindingKind::TimedOutOtherwise,
    ] {
        let group: Vec<_> = closed.iter().filter(|(_, _, of)| *of == kind).collect();
        // The shortest one: empty lines may have restarted the timer on the others.
        let Some((_, idle, _)) = group.iter().min_by_key(|(_, idle, _)| idle.ns) else {
            continue;
        };
        let args = Args::default()
            .with("after", Arg::ns(idle.ns))
            .with("announced", idle.announced_s.unwrap_or(0));
        let frames = group.iter().map(|(_, idle, _)| idle.to_frame);
        findings.push(found(kind, args, group.iter().map(|(c, _, _)| c.stream), frames));
    }
    findings
}

/// Idle connections that the server did not close.
pub(super) fn not_closed(connections: &[&Connection]) -> Vec<Finding> {
    let kind = |connection: &Connection, idle: &IdlePeriod| {
        let last = connection
            .exchanges
            .last()
            .and_then(|exchange| exchange.response.as_ref())?;
        let kept = last.head.lists("connection", "keep-alive");
        match idle.announced_s {
            _ if last.head.lists("connection", "close") => None,
            None if !idle.head_captured => None,
            Some(announced) if idle.ns > announced.saturating_mul(1_000_000_000) && !agrees(idle.ns, announced) => {
                Some(FindingKind::AnnouncedNotEnforced)
            }
            None if idle.ns >= LONG_IDLE_NS && kept => Some(FindingKind::KeptWithoutTime),
            None if idle.ns >= LONG_IDLE_NS => Some(FindingKind::SilentAndOpen),
            _ => None,
        }
    };
    let open = used(connections).filter_map(|connection| {
        let idle = connection.idle_periods.last()?;
        let by_server = !matches!(idle.ended_by, IdleEnd::CaptureEnds | IdleEnd::ClientFin);
        if by_server || idle.after == 0 {
            return None;
        }
        Some((connection, idle, kind(connection, idle)?))
    });
    let open: Vec<_> = open.collect();
    let mut findings = Vec::new();
    for kind in [
        FindingKind::AnnouncedNotEnforced,
        FindingKind::KeptWithoutTime,
        FindingKind::SilentAndOpen,
    ] {
        let group: Vec<_> = open.iter().filter(|(_, _, of)| *of == kind).collect();
        let Some((_, longest, _)) = group.iter().max_by_key(|(_, idle, _)| idle.ns) else {
            continue;
        };
        let args = Args::default()
            .with("after", Arg::ns(longest.ns))
            .with("announced", longest.announced_s.unwrap_or(0));
        let frames = group.iter().flat_map(|(_, idle, _)| [idle.from_frame, idle.to_frame]);
        findings.push(found(kind, args, group.iter().map(|(c, _, _)| c.stream), frames));
    }
    findings
}
