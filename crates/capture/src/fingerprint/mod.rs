//! Which profile each server of a capture resembles.
//!
//! Every profile is compared with what was captured, aspect by aspect. No code here names a server: everything that is
//! known about a server is in its profile.

mod announcement;
mod closing;
mod heads;
mod observed;
mod tally;

use super::model::{Aspect, Capture, Connection, FingerprintMatch, ProfileScore, Usage, Verdict};
use labserve_core::profile::Profile;
use std::net::SocketAddr;
use tally::Tally;

/// Lowest score, in percent, that identifies a server.
const CLEAR: u8 = 85;
/// Lowest score, in percent, that counts as a resemblance.
const NEAR: u8 = 60;
/// How many servers are compared.
const SERVERS: usize = 32;

/// How much each aspect counts. Servers differ most in the order of their fields and in their ETags.
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

/// Compares every server that responded with every profile.
pub(super) fn fingerprints(capture: &Capture, profiles: &[Profile]) -> Vec<FingerprintMatch> {
    let mut servers: Vec<SocketAddr> = capture
        .connections
        .iter()
        .filter(|connection| connection.usage == Usage::Http)
        .map(|connection| connection.server)
        .collect();
    servers.sort_unstable();
    servers.dedup();
    servers
        .into_iter()
        .take(SERVERS)
        .filter_map(|server| of_server(server, &capture.connections, profiles))
        .collect()
}

/// `None` if the server did not respond, or if there are no profiles.
fn of_server(server: SocketAddr, connections: &[Connection], profiles: &[Profile]) -> Option<FingerprintMatch> {
    let of_server: Vec<&Connection> = connections
        .iter()
        .filter(|connection| connection.server == server)
        .collect();
    let responses = observed::responses(&of_server);
    if responses.is_empty() {
        return None;
    }
    let mut scores: Vec<ProfileScore> = profiles
        .iter()
        .map(|profile| {
            let mut tally = Tally::default();
            for response in &responses {
                heads::compare(response, profile, &mut tally);
                announcement::compare(response, profile, &mut tally);
            }
            closing::compare(&of_server, profile, &mut tally);
            ProfileScore {
                profile: profile.name.clone(),
                title: profile.title.clone(),
                percent: tally.percent(&WEIGHTS),
                aspects: tally.aspects(),
            }
        })
        .collect();
    // A stable sort: profiles with the same score keep their order.
    scores.sort_by_key(|score| std::cmp::Reverse(score.percent));
    let best = scores.first()?.percent;
    let lead = best - scores.get(1).map_or(0, |next| next.percent);
    let verdict = match best {
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
