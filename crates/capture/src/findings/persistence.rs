//! Connections that are kept, and for how long.

use super::{EACH, answered, found, response_frame, used};
use crate::analyze::agrees;
use crate::model::{Arg, Args, Connection, EndReason, Exchange, Finding, FindingKind, IdleEnd, IdlePeriod};

/// What is silent for less was just not waited for.
const LONG_NS: u64 = 2_000_000_000;

/// Connections that carried several exchanges, those with the most first.
pub(super) fn one_connection(connections: &[Connection]) -> Vec<Finding> {
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
    kept.iter().take(EACH).map(finding).collect()
}

/// A connection for each exchange, because every response says close.
pub(super) fn close_every_time(connections: &[Connection]) -> Vec<Finding> {
    let used: Vec<&Connection> = used(connections).collect();
    let all: Vec<_> = answered(connections).collect();
    let says_close = |exchange: &Exchange| {
        let response = exchange.response.as_ref();
        response.is_some_and(|response| response.head.lists("connection", "close"))
    };
    let asks_close = |exchange: &Exchange| {
        let request = exchange.request.as_ref();
        request.is_some_and(|request| request.head.lists("connection", "close"))
    };
    if all.len() < 2
        || used.iter().any(|connection| connection.answered() > 1)
        || all
            .iter()
            .any(|(_, exchange)| !says_close(exchange) || asks_close(exchange))
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

/// Connections that the server ended because nothing more came.
pub(super) fn timed_out(connections: &[Connection]) -> Vec<Finding> {
    let kind = |connection: &Connection, rest: &IdlePeriod| match (connection.end.reason, rest.announced_s) {
        (EndReason::IdleAsAnnounced, _) => Some(FindingKind::TimedOutAsAnnounced),
        (EndReason::IdleUnannounced, None) => Some(FindingKind::TimedOutUnannounced),
        (EndReason::IdleUnannounced, Some(_)) => Some(FindingKind::TimedOutOtherwise),
        _ => None,
    };
    let ended = used(connections).filter_map(|connection| {
        let rest = connection.rests.last()?;
        if !matches!(rest.ended_by, IdleEnd::ServerFin | IdleEnd::Reset) {
            return None;
        }
        Some((connection, rest, kind(connection, rest)?))
    });
    let ended: Vec<_> = ended.collect();
    let mut findings = Vec::new();
    for kind in [
        FindingKind::TimedOutAsAnnounced,
        FindingKind::TimedOutUnannounced,
        FindingKind::TimedOutOtherwise,
    ] {
        let group: Vec<_> = ended.iter().filter(|(_, _, of)| *of == kind).collect();
        // The shortest: empty lines may have made others longer.
        let Some((_, rest, _)) = group.iter().min_by_key(|(_, rest, _)| rest.ns) else {
            continue;
        };
        let args = Args::default()
            .with("after", Arg::ns(rest.ns))
            .with("announced", rest.announced_s.unwrap_or(0));
        let frames = group.iter().map(|(_, rest, _)| rest.to_frame);
        findings.push(found(kind, args, group.iter().map(|(c, _, _)| c.stream), frames));
    }
    findings
}

/// Connections that the server let rest.
pub(super) fn not_ended(connections: &[Connection]) -> Vec<Finding> {
    let kind = |connection: &Connection, rest: &IdlePeriod| {
        let last = connection
            .exchanges
            .last()
            .and_then(|exchange| exchange.response.as_ref())?;
        let kept = last.head.lists("connection", "keep-alive");
        match rest.announced_s {
            _ if last.head.lists("connection", "close") => None,
            Some(announced) if rest.ns > announced * 1_000_000_000 && !agrees(rest.ns, announced) => {
                Some(FindingKind::AnnouncedNotEnforced)
            }
            None if rest.ns >= LONG_NS && kept => Some(FindingKind::KeptWithoutTime),
            None if rest.ns >= LONG_NS => Some(FindingKind::SilentAndOpen),
            _ => None,
        }
    };
    let let_rest = used(connections).filter_map(|connection| {
        let rest = connection.rests.last()?;
        let by_server = !matches!(rest.ended_by, IdleEnd::CaptureEnds | IdleEnd::ClientFin);
        if by_server || rest.after == 0 {
            return None;
        }
        Some((connection, rest, kind(connection, rest)?))
    });
    let let_rest: Vec<_> = let_rest.collect();
    let mut findings = Vec::new();
    for kind in [
        FindingKind::AnnouncedNotEnforced,
        FindingKind::KeptWithoutTime,
        FindingKind::SilentAndOpen,
    ] {
        let group: Vec<_> = let_rest.iter().filter(|(_, _, of)| *of == kind).collect();
        let Some((_, longest, _)) = group.iter().max_by_key(|(_, rest, _)| rest.ns) else {
            continue;
        };
        let args = Args::default()
            .with("after", Arg::ns(longest.ns))
            .with("announced", longest.announced_s.unwrap_or(0));
        let frames = group.iter().flat_map(|(_, rest, _)| [rest.from_frame, rest.to_frame]);
        findings.push(found(kind, args, group.iter().map(|(c, _, _)| c.stream), frames));
    }
    findings
}
