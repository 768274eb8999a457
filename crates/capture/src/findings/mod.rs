//! Statements about a capture as a whole, derived from its connections, with evidence and in a fixed order.
//!
//! Pure functions of the model. A finding is a kind and its values; the sentence for it is chosen by `describe`.

mod cache;
mod handshakes;
mod persistence;
mod sending;
mod teardown;

use super::model::{Args, Capture, Connection, Exchange, Finding, FindingKind, Usage};

/// How many frames a finding names as evidence.
const EVIDENCE: usize = 24;
/// How many findings of one kind are reported if each connection could have its own.
const PER_KIND: usize = 3;

/// All findings, in this order: how connections were used and kept, what the cache did, how responses were sent, how
/// long connections were kept, how they ended, problems below HTTP.
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
        persistence::not_closed(connections),
        teardown::long_half_closed(connections),
        handshakes::speculative(connections),
        handshakes::not_opened(connections),
        teardown::lost_race(connections),
        teardown::cut_short(connections),
        teardown::resets(connections),
        sending::tcp_issues(connections),
    ];
    parts.into_iter().flatten().collect()
}

/// A finding. Its streams and frames are sorted, without duplicates.
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

/// The status of an exchange's response; 0 if there is no response.
fn status(exchange: &Exchange) -> u16 {
    exchange.response.as_ref().map_or(0, |response| response.head.status())
}

/// The last frame of an exchange's response.
fn response_frame(exchange: &Exchange) -> Option<u64> {
    exchange.response.as_ref().map(|response| response.frames.last)
}
