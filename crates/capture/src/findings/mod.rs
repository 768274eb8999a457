//! What there is to say of a capture as a whole, from its connections: statements with evidence, in a fixed order.
//!
//! Pure functions of the model. Knows no sentence: a finding is a kind and its values.

mod cache;
mod handshakes;
mod persistence;
mod sending;
mod teardown;

use super::model::{Args, Capture, Connection, Exchange, Finding, FindingKind, Usage};

/// How many frames prove a finding.
const EVIDENCE: usize = 24;
/// How many findings of one kind are made where each connection could have its own.
const EACH: usize = 3;

/// Finds what there is to say, in this order: what the connections were used for, how responses were sent, how
/// connections ended, which were not used, what the cache did, what went wrong.
pub(super) fn findings(capture: &Capture) -> Vec<Finding> {
    let connections = &capture.connections;
    let parts = [
        persistence::one_connection(connections),
        persistence::close_every_time(connections),
        handshakes::parallel(connections),
        sending::pipelined(connections),
        cache::not_modified(connections),
        cache::ranges(connections),
        sending::in_pieces(connections),
        persistence::timed_out(connections),
        persistence::not_ended(connections),
        teardown::long_half_closed(connections),
        handshakes::speculative(connections),
        handshakes::not_opened(connections),
        teardown::lost_race(connections),
        teardown::cut_short(connections),
        teardown::resets(connections),
        sending::troubles(connections),
    ];
    parts.into_iter().flatten().collect()
}

/// A finding; streams and frames in order, and each once.
fn found(
    kind: FindingKind,
    args: Args,
    streams: impl IntoIterator<Item = u32>,
    frames: impl IntoIterator<Item = u64>,
) -> Finding {
    let mut streams: Vec<u32> = streams.into_iter().collect();
    let mut frames: Vec<u64> = frames.into_iter().collect();
    streams.sort_unstable();
    streams.dedup();
    frames.sort_unstable();
    frames.dedup();
    frames.truncate(EVIDENCE);
    Finding {
        kind,
        args,
        streams,
        frames,
    }
}

/// The connections that carry HTTP/1.x.
fn used(connections: &[Connection]) -> impl Iterator<Item = &Connection> {
    connections.iter().filter(|connection| connection.usage == Usage::Http)
}

/// Every exchange that has a response, with its connection.
fn answered(connections: &[Connection]) -> impl Iterator<Item = (&Connection, &Exchange)> {
    used(connections).flat_map(|connection| {
        let exchanges = connection
            .exchanges
            .iter()
            .filter(|exchange| exchange.response.is_some());
        exchanges.map(move |exchange| (connection, exchange))
    })
}

/// The status of an exchange's response; 0 without one.
fn status(exchange: &Exchange) -> u16 {
    exchange.response.as_ref().map_or(0, |response| response.head.status())
}

/// The last frame of an exchange's response.
fn response_frame(exchange: &Exchange) -> Option<u64> {
    exchange.response.as_ref().map(|response| response.frames.last)
}
