//! Connections that are kept open, and for how long.

use super::{PER_KIND, answered, found, response_frame, used};
use crate::analyze::agrees;
use crate::model::{Arg, Args, Connection, EndReason, Exchange, Finding, FindingKind, IdleEnd, IdlePeriod, Side};
use std::collections::BTreeSet;

/// How many groups of timeouts of one kind are reported.
const GROUPS: usize = 4;
/// Idle periods that the same timer ended differ by at most this, in addition to a tenth of their length.
const SAME_TIMER_NS: u64 = 300_000_000;
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
        let mut args = Args::default()
            .with("count", connection.exchanges_in_all())
            .with("stream", connection.stream)
            .with("seqs", seqs);
        let complete = connection.completeness;
        let is_known = complete.both_sides && complete.every_byte && connection.exchanges_left_out == 0;
        if is_known && !connection.exchanges.iter().any(|exchange| exchange.pipelined) {
            args = args.with("serial", connection.exchanges_in_all());
        }
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
    let kinds = [
        FindingKind::TimedOutAsAnnounced,
        FindingKind::TimedOutUnannounced,
        FindingKind::TimedOutOtherwise,
    ];
    let groups = kinds.into_iter().flat_map(|kind| {
        let of_kind = closed
            .iter()
            .filter(|(_, _, of)| *of == kind)
            .map(|(c, idle, _)| (*c, *idle));
        groups_of_one_timer(of_kind.collect())
            .into_iter()
            .take(GROUPS)
            .map(move |group| (kind, group))
    });
    let finding = |(kind, group): (FindingKind, Vec<Timeout<'_>>)| {
        let (_, idle) = group.first()?;
        let how = if idle.ended_by == IdleEnd::Reset { "RST" } else { "FIN" };
        let args = Args::default()
            .with("how", how)
            .with("after", Arg::ns(idle.ns))
            .with("announced", idle.announced_s.unwrap_or(0))
            .with("count", group.len());
        let frames = group.iter().map(|(_, idle)| idle.to_frame);
        Some(found(kind, args, group.iter().map(|(c, _)| c.stream), frames))
    };
    groups.filter_map(finding).collect()
}

/// A connection and the idle period that ended it.
type Timeout<'a> = (&'a Connection, &'a IdlePeriod);

/// Groups idle periods that the same timer may have ended: of one server, ended in the same way, with the same
/// announcement, and of nearly equal length. The shortest of each group comes first.
fn groups_of_one_timer(mut periods: Vec<Timeout<'_>>) -> Vec<Vec<Timeout<'_>>> {
    let key = |(connection, idle): &Timeout<'_>| (connection.server, idle.ended_by == IdleEnd::Reset, idle.announced_s);
    periods.sort_by_key(|period| (key(period), period.1.ns));
    let mut groups: Vec<Vec<Timeout<'_>>> = Vec::new();
    for period in periods {
        let same = groups.last_mut().filter(|group| {
            let first = &group[0];
            key(first) == key(&period) && period.1.ns <= first.1.ns + first.1.ns / 10 + SAME_TIMER_NS
        });
        match same {
            Some(group) => group.push(period),
            None => groups.push(vec![period]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
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
        // The client's FIN may respond to a FIN of the server that was not captured.
        let is_open = match idle.ended_by {
            IdleEnd::CaptureEnds => true,
            IdleEnd::ClientFin => connection.end.by == Some(Side::Client),
            _ => false,
        };
        if !is_open || idle.after == 0 {
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
        let of_kind = || open.iter().filter(|(_, _, of)| *of == kind);
        let announcements: BTreeSet<Option<u64>> = of_kind().map(|(_, idle, _)| idle.announced_s).collect();
        for announced in announcements.into_iter().take(GROUPS) {
            let group: Vec<_> = of_kind().filter(|(_, idle, _)| idle.announced_s == announced).collect();
            let longest = group.iter().map(|(_, idle, _)| idle.ns).max().unwrap_or(0);
            let args = Args::default()
                .with("after", Arg::ns(longest))
                .with("announced", announced.unwrap_or(0));
            let frames = group.iter().flat_map(|(_, idle, _)| [idle.from_frame, idle.to_frame]);
            findings.push(found(kind, args, group.iter().map(|(c, _, _)| c.stream), frames));
        }
    }
    findings
}
