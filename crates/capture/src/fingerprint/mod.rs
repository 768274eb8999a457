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
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tally::Tally;

/// Lowest score, in percent, that identifies a server.
const CLEAR: u8 = 85;
/// Lowest score, in percent, that counts as a resemblance.
const NEAR: u8 = 60;
/// A response with fewer fields does not identify a server.
const FIELDS: usize = 4;
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
    // A head of few fields fits too many servers.
    let tells = |response: &observed::ObservedResponse<'_>| response.head.fields().count() >= FIELDS;
    if !responses.iter().any(tells) {
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
    // The Server field outweighs the score, because many servers behave alike. Among profiles with the same score, the
    // one that sends exactly this value comes first.
    let said = responses
        .iter()
        .find_map(|response| response.head.field("server"))
        .filter(|said| !heads::product(said).is_empty());
    let product = said.map(heads::product);
    let is_product = |value: &str| product.is_some_and(|product| heads::product(value).eq_ignore_ascii_case(product));
    let naming = sending(profiles, is_product);
    let saying = sending(profiles, |value| said == Some(value));
    let names_it = |score: &ProfileScore| naming.contains(score.profile.as_str());
    let rank = |score: &ProfileScore| (names_it(score), score.percent, saying.contains(score.profile.as_str()));
    // A stable sort: profiles with the same rank keep their order.
    scores.sort_by_key(|score| std::cmp::Reverse(rank(score)));
    let best = scores.first()?;
    let is_first = scores.get(1).is_none_or(|next| rank(next) < rank(best));
    let verdict = match best.percent {
        _ if product.is_some() && !names_it(best) => Verdict::OtherProduct,
        CLEAR.. if is_first => Verdict::Clear,
        CLEAR.. => Verdict::Tied,
        NEAR.. => Verdict::Near,
        _ => Verdict::None,
    };
    Some(FingerprintMatch {
        server,
        product: product.map(str::to_owned),
        streams: of_server.iter().map(|connection| connection.stream).collect(),
        scores,
        verdict,
    })
}

/// The names of the profiles that have a Server field whose value satisfies `is_meant`.
fn sending(profiles: &[Profile], is_meant: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let sending = profiles
        .iter()
        .filter(|profile| heads::sends_server(profile, &is_meant));
    sending.map(|profile| profile.name.as_str()).collect()
}
