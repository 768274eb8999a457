//! What the frames of a connection measure.

use crate::model::{Arg, Connection, Message, RoundTrips, StallCause, WindowStalls};
use crate::sentence::{Msg, Sentence, time};

/// If all round trips are shorter, they are not described: both ends are on the same host.
const LEAST_ROUND_TRIP_NS: u64 = 1_000_000;

/// Round trips, delayed ACKs, and the time that windows stopped a sender.
pub(super) fn measures(connection: &Connection) -> impl Iterator<Item = Sentence> {
    let trips = connection.round_trips.iter();
    let trips = trips.filter(|trips| trips.longest_ns >= LEAST_ROUND_TRIP_NS);
    let stalls = connection.window_stalls.iter().map(stalls);
    trips
        .flat_map(|trips| [Some(round_trips(trips)), delayed_acks(trips)])
        .flatten()
        .chain(stalls)
}

fn round_trips(trips: &RoundTrips) -> Sentence {
    let shown = |ns: u64| time(i64::try_from(ns).unwrap_or(i64::MAX));
    let msg = match trips.count {
        1 => Msg::RoundTrip,
        // Compared as they are displayed, after rounding.
        _ if shown(trips.shortest_ns) == shown(trips.longest_ns) => Msg::RoundTripsEqual,
        _ => Msg::RoundTrips,
    };
    Sentence::new(msg)
        .with("side", trips.by)
        .with("count", trips.count)
        .with("shortest", Arg::ns(trips.shortest_ns))
        .with("mean", Arg::ns(trips.mean_ns))
        .with("longest", Arg::ns(trips.longest_ns))
        .with_frames([trips.longest.first, trips.longest.last])
}

fn delayed_acks(trips: &RoundTrips) -> Option<Sentence> {
    (trips.delayed_acks > 0).then(|| {
        Sentence::new(Msg::DelayedAcks)
            .with("side", trips.by.other())
            .with("count", trips.delayed_acks)
            .with("longest", Arg::ns(trips.longest_delay_ns))
    })
}

fn stalls(stalls: &WindowStalls) -> Sentence {
    let msg = match stalls.cause {
        StallCause::ZeroWindow => Msg::WindowWasZero,
        StallCause::WindowFull => Msg::WindowWasFull,
    };
    Sentence::new(msg)
        .with("side", stalls.by)
        .with("count", stalls.count)
        .with("time", Arg::ns(stalls.ns))
        .with_frames([stalls.longest.first, stalls.longest.last])
}

/// The throughput of a message.
pub(super) fn throughput(message: &Message) -> Option<Sentence> {
    let rate = message.bits_per_second?;
    Some(
        Sentence::new(Msg::Throughput)
            .with_rate("rate", rate)
            .with("bytes", message.bytes())
            .with("time", Arg::ns(message.ended_ns.saturating_sub(message.begun_ns))),
    )
}
