//! Statements about a capture as a whole, derived from its connections, with evidence and in a fixed order.
//!
//! Pure functions of the model. A finding is a kind and its values; the sentence for it is chosen by `describe`.

mod cache;
mod forwarding;
mod handshakes;
mod persistence;
mod sending;
mod slow;
mod statuses;
mod teardown;

use super::model::{Args, Capture, Completeness, Connection, Exchange, Finding, FindingKind, Usage};

/// How many frames a finding names as evidence.
const EVIDENCE: usize = 24;
/// How many findings of one kind are reported if each connection could have its own.
const PER_KIND: usize = 3;

/// What must have been captured of a connection for a finding about it to be right. A connection that lacks it is left
/// out of the finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precondition {
    /// The SYN or the SYN/ACK: the capture shows everything that the connection was used for.
    Opening,
    /// Frames of both endpoints.
    BothSides,
    /// Every byte that was acknowledged.
    EveryByte,
}

impl Precondition {
    fn holds(self, connection: &Connection) -> bool {
        let Completeness {
            opening,
            both_sides,
            every_byte,
            ..
        } = connection.completeness;
        match self {
            Self::Opening => opening,
            Self::BothSides => both_sides,
            Self::EveryByte => every_byte,
        }
    }
}

/// How findings of some kinds are derived, and from which connections.
struct Rule {
    needs: &'static [Precondition],
    find: fn(&[&Connection]) -> Vec<Finding>,
}

const fn rule(needs: &'static [Precondition], find: fn(&[&Connection]) -> Vec<Finding>) -> Rule {
    Rule { needs, find }
}

/// Every rule, in the order in which findings are reported: how connections were used and kept, what the cache did, how
/// responses were sent, how long connections were kept, how they ended, problems below HTTP.
const RULES: &[Rule] = {
    use Precondition::{BothSides, EveryByte, Opening};
    &[
        rule(&[BothSides], persistence::one_connection),
        rule(&[Opening, BothSides, EveryByte], persistence::close_every_time),
        rule(&[BothSides, EveryByte], handshakes::parallel),
        rule(&[BothSides], forwarding::forwarded),
        rule(&[BothSides], sending::pipelined),
        rule(&[BothSides, EveryByte], slow::slow),
        rule(&[], statuses::errors),
        rule(&[], statuses::credentials),
        rule(&[], cache::not_modified),
        rule(&[], cache::ranges),
        rule(&[BothSides, EveryByte], sending::in_pieces),
        rule(&[BothSides, EveryByte], persistence::timed_out),
        rule(&[BothSides, EveryByte], persistence::not_closed),
        rule(&[BothSides], teardown::long_half_closed),
        rule(&[Opening, BothSides], handshakes::speculative),
        rule(&[BothSides], handshakes::not_opened),
        rule(&[], handshakes::port_reused),
        rule(&[BothSides, EveryByte], teardown::lost_race),
        rule(&[BothSides, EveryByte], teardown::cut_short),
        rule(&[], teardown::resets),
        rule(&[], sending::retransmissions),
        rule(&[], sending::zero_windows),
        rule(&[BothSides, EveryByte], sending::keep_alive_probes),
    ]
};

/// All findings, in the order of the rules.
pub(super) fn findings(capture: &Capture) -> Vec<Finding> {
    let findings = RULES.iter().flat_map(|rule| {
        let meets = |connection: &&Connection| rule.needs.iter().all(|needed| needed.holds(connection));
        let connections: Vec<&Connection> = capture.connections.iter().filter(meets).collect();
        (rule.find)(&connections)
    });
    findings.collect()
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
    let frames_left_out = frames.len().saturating_sub(EVIDENCE) as u64;
    frames.truncate(EVIDENCE);
    Finding {
        kind,
        args,
        streams,
        frames,
        frames_left_out,
    }
}

/// The connections that carry HTTP/1.x.
fn used<'a>(connections: &[&'a Connection]) -> impl Iterator<Item = &'a Connection> {
    let connections = connections.iter().copied();
    connections.filter(|connection| connection.usage == Usage::Http)
}

/// An exchange with its connection.
type Seen<'a> = (&'a Connection, &'a Exchange);

/// Every exchange that has a response, with its connection.
fn answered<'a>(connections: &[&'a Connection]) -> impl Iterator<Item = Seen<'a>> {
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
