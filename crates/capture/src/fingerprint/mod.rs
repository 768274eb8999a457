//! Which profile each server of a capture looks like.
//!
//! Every profile is compared with what was seen, aspect by aspect; all it is told of a server is that server's profile.
//! Knows no server by name.

mod closing;
mod heads;
mod observed;
mod tally;

use super::model::{Aspect, Capture, Connection, FingerprintMatch, Score, Usage, Verdict};
use labserve_core::profile::Profile;
use std::net::SocketAddr;
use tally::Tally;

/// From this score on a server is named.
const CLEAR: u8 = 85;
/// From this score on a server is likened.
const NEAR: u8 = 60;

/// How much each aspect counts. The order of fields and the ETag are what servers differ in most.
const WEIGHTS: [(Aspect, f64); 8] = [
    (Aspect::Server, 3.0),
    (Aspect::Heads, 3.0),
    (Aspect::Order, 3.0),
    (Aspect::Values, 2.0),
    (Aspect::Etag, 3.0),
    (Aspect::Announcement, 3.0),
    (Aspect::Persistence, 2.0),
    (Aspect::End, 2.0),
];

/// Compares every server that answered with every one of these profiles.
pub(super) fn likeness(capture: &Capture, profiles: &[Profile]) -> Vec<FingerprintMatch> {
    let mut servers: Vec<SocketAddr> = capture
        .connections
        .iter()
        .filter(|connection| connection.usage == Usage::Http)
        .map(|connection| connection.server)
        .collect();
    servers.sort_unstable();
    servers.dedup();
    if servers.is_empty() {
        return Vec::new();
    }
    servers
        .into_iter()
        .take(SERVERS)
        .filter_map(|server| of_server(server, &capture.connections, profiles))
        .collect()
}

/// How many servers are compared.
const SERVERS: usize = 32;

fn of_server(server: SocketAddr, connections: &[Connection], profiles: &[Profile]) -> Option<FingerprintMatch> {
    let of_server: Vec<&Connection> = connections
        .iter()
        .filter(|connection| connection.server == server)
        .collect();
    let responses = observed::responses(&of_server);
    if responses.is_empty() {
        return None;
    }
    let mut scores: Vec<Score> = profiles
        .iter()
        .map(|profile| {
            let mut tally = Tally::default();
            responses
                .iter()
                .for_each(|response| heads::compare(response, profile, &mut tally));
            closing::compare(&of_server, profile, &mut tally);
            Score {
                profile: profile.name.clone(),
                title: profile.title.clone(),
                percent: tally.percent(&WEIGHTS),
                traits: tally.traits(),
            }
        })
        .collect();
    scores.sort_by_key(|score| std::cmp::Reverse(score.percent));
    let lead = scores[0].percent - scores.get(1).map_or(0, |next| next.percent);
    let verdict = match scores[0].percent {
        CLEAR.. if lead > 0 => Verdict::Clear,
        CLEAR.. => Verdict::Tied,
        NEAR.. => Verdict::Near,
        _ => Verdict::None,
    };
    Some(FingerprintMatch {
        server,
        streams: of_server.iter().map(|connection| connection.stream).collect(),
        scores,
        verdict,
    })
}
