//! Why exchanges were slow: for each cause, the exchanges whose time went mostly into it.

use super::{found, used};
use crate::model::{Arg, Args, Connection, Exchange, Finding, FindingKind, TimePart, TimeSpent};

/// What counts as slow: a cause, its finding, and the least time in nanoseconds.
const CAUSES: &[(TimeSpent, FindingKind, u64)] = {
    use FindingKind as Kind;
    use TimeSpent as On;
    const MS: u64 = 1_000_000;
    &[
        (On::ServerThink, Kind::SlowServer, 500 * MS),
        (On::ServerPause, Kind::SlowServerPause, 500 * MS),
        (On::ClientWait, Kind::SlowClient, 1000 * MS),
        (On::RequestSending, Kind::SlowRequest, 500 * MS),
        (On::ResponseSending, Kind::SlowResponse, 500 * MS),
        (On::ExpectUnanswered, Kind::SlowExpect, 200 * MS),
        (On::DelayedAck, Kind::SlowDelayedAck, 30 * MS),
        (On::WindowWait, Kind::SlowWindow, 40 * MS),
        (On::ZeroWindow, Kind::SlowZeroWindow, 100 * MS),
        (On::Retransmission, Kind::SlowRetransmission, 100 * MS),
        (On::SynRetransmission, Kind::SlowSyn, 500 * MS),
        (On::HeadOfLine, Kind::SlowHeadOfLine, 200 * MS),
        (On::RoundTrip, Kind::SlowRoundTrip, 100 * MS),
        (On::SetUp, Kind::SlowRoundTrip, 200 * MS),
    ]
};

/// A shorter round trip is not mentioned.
const LEAST_ROUND_TRIP_NS: u64 = 1_000_000;

/// An exchange, and what most of its time was spent on.
type Slow<'a> = (&'a Connection, &'a Exchange, &'a TimePart);

pub(super) fn slow(connections: &[&Connection]) -> Vec<Finding> {
    let dominant = used(connections).flat_map(|connection| {
        connection.exchanges.iter().filter_map(move |exchange| {
            // A wait of the client does not explain the time after it, so it is judged separately.
            let parts = exchange.timing.as_ref()?.parts.iter();
            let (waiting, other): (Vec<_>, Vec<_>) = parts.partition(|part| part.on == TimeSpent::ClientWait);
            let longest = waiting.into_iter().chain(other.into_iter().take(1));
            Some(longest.map(move |part| (connection, exchange, part)))
        })
    });
    let dominant: Vec<Slow<'_>> = dominant.flatten().collect();
    let findings = CAUSES.iter().filter_map(|(on, kind, least_ns)| {
        let group = dominant
            .iter()
            .filter(|(_, _, part)| part.on == *on && part.ns >= *least_ns);
        let group: Vec<Slow<'_>> = group.copied().collect();
        finding(*kind, &group)
    });
    findings.collect()
}

fn finding(kind: FindingKind, group: &[Slow<'_>]) -> Option<Finding> {
    let (connection, exchange, longest) = group.iter().max_by_key(|(_, _, part)| part.ns)?;
    let request = exchange
        .request
        .as_ref()
        .map_or("-", |request| request.head.first_line());
    let mut args = Args::default()
        .with("count", group.len())
        .with("longest", Arg::ns(longest.ns))
        .with("request", request)
        .with("stream", connection.stream);
    // On a loopback interface, the number of round trips is meaningless.
    if let Some(round_trip) = connection
        .handshake
        .round_trip_ns
        .filter(|round_trip| *round_trip >= LEAST_ROUND_TRIP_NS)
    {
        args = args
            .with("round_trip", Arg::ns(round_trip))
            .with("round_trips", longest.ns / round_trip);
    }
    let frames = group
        .iter()
        .flat_map(|(_, _, part)| [part.frames.first, part.frames.last]);
    Some(found(
        kind,
        args,
        group.iter().map(|(connection, _, _)| connection.stream),
        frames,
    ))
}
