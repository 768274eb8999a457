//! Connection ends that lose something or look unusual.

use super::{PER_KIND, found, used};
use crate::model::{Arg, Args, Connection, EndReason, Finding, FindingKind, ResetClass, Shortfall, Side};

/// A request and a FIN that cross in the network are at most this many round trips apart.
const RACE_ROUND_TRIPS: u64 = 3;
/// A client needs some time to notice a FIN, even if the round trip is short.
const NOTICE_NS: u64 = 20_000_000;
/// From this duration on, a half-closed connection is reported.
const LONG_HALF_CLOSED_NS: u64 = 1_000_000_000;

/// Connections that were half-closed for a long time.
pub(super) fn long_half_closed(connections: &[&Connection]) -> Vec<Finding> {
    let long = used(connections).filter_map(|connection| {
        let end = &connection.end;
        let (first, second) = (end.first_fin.as_ref()?, end.second_fin.as_ref()?);
        let half = end.half_closed_ns.filter(|half| *half >= LONG_HALF_CLOSED_NS)?;
        let args = Args::default()
            .with("half", Arg::ns(half))
            .with("side", first.by)
            .with("stream", connection.stream);
        Some(found(
            FindingKind::LongHalfClosed,
            args,
            [connection.stream],
            [first.frame, second.frame],
        ))
    });
    long.take(PER_KIND).collect()
}

/// Requests that crossed the server's FIN and were not answered.
pub(super) fn lost_race(connections: &[&Connection]) -> Vec<Finding> {
    let lost = used(connections).filter(|connection| is_unforeseen(connection.end.reason));
    let lost = lost.filter_map(|connection| {
        let fin = connection.end.first_fin.as_ref().filter(|fin| fin.by == Side::Server)?;
        let last = connection
            .exchanges
            .last()
            .filter(|exchange| exchange.response.is_none())?;
        let request = last.request.as_ref()?;
        let apart = request.begun_ns.abs_diff(fin.ns);
        let idle = connection.exchanges.len() > 1;
        let round_trip = connection.handshake.took_ns.unwrap_or(0);
        let on_the_way = apart <= round_trip.saturating_mul(RACE_ROUND_TRIPS).max(NOTICE_NS);
        // If the server had received the request before it closed, the request and the FIN did not cross.
        let received = fin.ack.wrapping_sub(request.seq) as i32 > 0;
        if !idle || !on_the_way || received || last.response_lost {
            return None;
        }
        let args = Args::default()
            .with("request", request.head.first_line())
            .with("stream", connection.stream)
            .with("after", Arg::ns(apart));
        let resets = connection.end.resets.iter().map(|reset| reset.frame);
        let frames = [fin.frame, request.frames.first].into_iter().chain(resets);
        Some(found(FindingKind::LostRace, args, [connection.stream], frames))
    });
    lost.take(PER_KIND).collect()
}

/// Whether the client could not know that the server would not read another request.
fn is_unforeseen(reason: EndReason) -> bool {
    matches!(
        reason,
        EndReason::IdleAsAnnounced | EndReason::IdleUnannounced | EndReason::InExchange
    )
}

/// Responses that end before their Content-Length.
pub(super) fn cut_short(connections: &[&Connection]) -> Vec<Finding> {
    let cut = used(connections).flat_map(|connection| {
        connection.exchanges.iter().filter_map(move |exchange| {
            let response = exchange.response.as_ref()?;
            let is_cut = matches!(response.shortfall, Some(Shortfall::CutShort | Shortfall::Reset));
            let want = response.content_length.filter(|_| is_cut)?;
            let request = exchange
                .request
                .as_ref()
                .map_or("-", |request| request.head.first_line());
            let args = Args::default()
                .with("request", request)
                .with("stream", connection.stream)
                .with("got", response.body_bytes)
                .with("want", want);
            let end = connection.end.frames.iter().copied();
            let frames = [response.frames.last].into_iter().chain(end);
            Some(found(FindingKind::CutShort, args, [connection.stream], frames))
        })
    });
    cut.take(PER_KIND).collect()
}

/// RSTs, by what they do.
pub(super) fn resets(connections: &[&Connection]) -> Vec<Finding> {
    let kinds = [
        (ResetClass::Refused, FindingKind::ResetsRefused),
        (ResetClass::AbortsData, FindingKind::ResetsAbort),
        (ResetClass::RefusesLateData, FindingKind::ResetsLateData),
        (ResetClass::NoConnection, FindingKind::ResetsNoConnection),
        (ResetClass::AnswersFin, FindingKind::ResetsAnswerFin),
        (ResetClass::Idle, FindingKind::ResetsIdle),
        (ResetClass::HarmlessAfterFin, FindingKind::ResetsHarmless),
    ];
    let by_kind = kinds.into_iter().filter_map(|(class, kind)| {
        let of_class = |connection: &&Connection| connection.end.resets.iter().any(|reset| reset.class == class);
        let group: Vec<&Connection> = connections.iter().copied().filter(of_class).collect();
        if group.is_empty() {
            return None;
        }
        let resets = group.iter().flat_map(|connection| &connection.end.resets);
        let frames = resets.filter(|reset| reset.class == class).map(|reset| reset.frame);
        let args = Args::default().with("count", group.len());
        Some(found(kind, args, group.iter().map(|c| c.stream), frames))
    });
    by_kind.collect()
}
