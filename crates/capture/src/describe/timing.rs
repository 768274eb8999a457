//! Where the time of exchanges went.

use crate::model::{Arg, Capture, Connection, Exchange, TimePart, TimeSpent, Timing};
use crate::sentence::{Msg, Sentence};
use std::cmp::Reverse;

/// Shorter exchanges are not described by their time.
const SHORTEST_NS: u64 = 10_000_000;
/// The exchanges of a capture are ranked if the slowest takes this long.
const SLOW_NS: u64 = 30_000_000;
/// How many exchanges are ranked.
const RANKED: usize = 10;
/// Parts below this share of the time, in percent, are not named.
const LEAST_PERCENT: u64 = 3;

/// The time of an exchange, split.
pub(super) fn split(exchange: &Exchange) -> Option<Sentence> {
    let timing = exchange
        .timing
        .as_ref()
        .filter(|timing| timing.total_ns >= SHORTEST_NS)?;
    let parts = named(timing);
    let first = timing.parts.iter().map(|part| part.frames.first).min();
    // The longest stretch of each kind may end before the exchange does.
    let ends = timing.parts.iter().map(|part| part.frames.last);
    let last = ends
        .chain(exchange.response.as_ref().map(|response| response.frames.last))
        .max();
    Some(
        with_parts(Sentence::new(Msg::TimeSplit), &parts)
            .with("total", Arg::ns(timing.total_ns))
            .with_frames(first.into_iter().chain(last)),
    )
}

/// The parts that are long enough to be named.
fn named(timing: &Timing) -> Vec<TimePart> {
    let parts = timing.parts.iter();
    parts
        .filter(|part| part.ns * 100 >= timing.total_ns * LEAST_PERCENT)
        .copied()
        .collect()
}

fn with_parts(sentence: Sentence, parts: &[TimePart]) -> Sentence {
    sentence.with_amounts("parts", parts.iter().map(|part| (spent(part.on), part.ns)).collect())
}

/// The slowest exchanges of a capture, the slowest first; none if all are fast.
pub(crate) fn slowest(capture: &Capture) -> Vec<(&Connection, &Exchange, &Timing)> {
    let all = capture.connections.iter().flat_map(|connection| {
        let exchanges = connection.exchanges.iter();
        exchanges.filter_map(move |exchange| Some((connection, exchange, exchange.timing.as_ref()?)))
    });
    let mut slow: Vec<_> = all.filter(|(_, _, timing)| timing.total_ns >= SLOW_NS).collect();
    slow.sort_by_key(|(_, _, timing)| Reverse(timing.total_ns));
    slow.truncate(RANKED);
    slow
}

/// A line about one of the slowest exchanges.
pub(crate) fn slowest_line(rank: usize, connection: &Connection, exchange: &Exchange, timing: &Timing) -> Sentence {
    let request = exchange
        .request
        .as_ref()
        .map_or("-", |request| request.head.first_line());
    with_parts(Sentence::new(Msg::SlowestLine), &named(timing))
        .with("rank", rank)
        .with("total", Arg::ns(timing.total_ns))
        .with("request", request)
        .with("stream", connection.stream)
        .with("number", exchange.number)
}

/// What time was spent on, as a label.
pub(crate) fn spent(on: TimeSpent) -> Msg {
    match on {
        TimeSpent::SynRetransmission => Msg::SpentSynRetransmission,
        TimeSpent::SetUp => Msg::SpentSetUp,
        TimeSpent::ClientWait => Msg::SpentClientWait,
        TimeSpent::RequestSending => Msg::SpentRequestSending,
        TimeSpent::ExpectUnanswered => Msg::SpentExpect,
        TimeSpent::HeadOfLine => Msg::SpentHeadOfLine,
        TimeSpent::RoundTrip => Msg::SpentRoundTrip,
        TimeSpent::ServerThink => Msg::SpentServerThink,
        TimeSpent::ServerAndRoundTrip => Msg::SpentServerAndRoundTrip,
        TimeSpent::ResponseSending => Msg::SpentResponseSending,
        TimeSpent::UnexplainedPause => Msg::SpentUnexplainedPause,
        TimeSpent::ServerPause => Msg::SpentServerPause,
        TimeSpent::ZeroWindow => Msg::SpentZeroWindow,
        TimeSpent::WindowWait => Msg::SpentWindowWait,
        TimeSpent::DelayedAck => Msg::SpentDelayedAck,
        TimeSpent::Retransmission => Msg::SpentRetransmission,
    }
}
