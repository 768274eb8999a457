//! Exchanges that a proxy passed on: both sides of one exchange in one capture.

use super::{Seen, answered, found, status};
use crate::model::{Arg, Args, Connection, Exchange, Finding, FindingKind, Head, Message};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// How many pairs of a proxy and its upstream server are reported.
const PAIRS: usize = 4;
/// The number of fields of a request that must have passed unchanged if no field names a proxy.
const LEAST_SHARED: usize = 2;
/// Fields that a proxy adds to a request (RFC 9110 section 7.6.3, RFC 7239, and common practice).
const OF_PROXIES: [&str; 4] = ["via", "forwarded", "x-forwarded-for", "x-real-ip"];
/// Fields with the same value in many requests, or that a proxy sets itself. They do not show that a request was
/// forwarded.
const NO_EVIDENCE: [&str; 6] = [
    "host",
    "connection",
    "proxy-connection",
    "content-length",
    "accept",
    "transfer-encoding",
];
/// Fields that distinguish responses.
const OF_RESPONSES: [&str; 4] = ["etag", "last-modified", "content-length", "date"];

/// Exchanges with a proxy, each with the exchange between the proxy and its upstream server.
pub(super) fn forwarded(connections: &[&Connection]) -> Vec<Finding> {
    let mut upstream: BTreeMap<(IpAddr, &str, &str), Vec<Seen<'_>>> = BTreeMap::new();
    for (connection, exchange) in answered(connections) {
        if let Some(request) = &exchange.request {
            let key = (connection.client.ip(), request.head.method(), path(&request.head));
            upstream.entry(key).or_default().push((connection, exchange));
        }
    }
    for exchanges in upstream.values_mut() {
        exchanges.sort_by_key(|(_, exchange)| begun(exchange));
    }
    let mut pairs: BTreeMap<(SocketAddr, SocketAddr), Vec<(Seen<'_>, Seen<'_>)>> = BTreeMap::new();
    for (connection, exchange) in answered(connections) {
        let Some(request) = &exchange.request else { continue };
        let key = (connection.server.ip(), request.head.method(), path(&request.head));
        let candidates = upstream.get(&key).map(Vec::as_slice).unwrap_or_default();
        let from = candidates.partition_point(|(_, inner)| begun(inner) < begun(exchange));
        let end = exchange
            .response
            .as_ref()
            .map_or(i64::MIN, |response| response.begun_ns);
        let within = candidates[from..].iter().take_while(|(_, inner)| begun(inner) <= end);
        let mut inner = within.filter(|(other, inner)| other.server != connection.server && passes_on(exchange, inner));
        // If several fit, it is not known which one it was.
        if let (Some(inner), None) = (inner.next(), inner.next()) {
            let of_pair = pairs.entry((connection.server, inner.0.server)).or_default();
            of_pair.push(((connection, exchange), *inner));
        }
    }
    let findings = pairs.into_iter().take(PAIRS);
    findings
        .map(|((proxy, server), of_pair)| finding(proxy, server, &of_pair))
        .collect()
}

fn finding(proxy: SocketAddr, server: SocketAddr, of_pair: &[(Seen<'_>, Seen<'_>)]) -> Finding {
    let slowest = of_pair.iter().max_by_key(|((_, outer), _)| took(outer));
    let mut args = Args::default()
        .with("proxy", proxy.to_string())
        .with("server", server.to_string())
        .with("count", of_pair.len());
    if let Some(((connection, outer), (inner_connection, inner))) = slowest {
        let request = outer.request.as_ref().map_or("-", |request| request.head.first_line());
        args = args
            .with("request", request)
            .with("stream", connection.stream)
            .with("other", inner_connection.stream)
            .with("total", Arg::ns(took(outer)))
            .with("inner", Arg::ns(took(inner)));
    }
    let both = || of_pair.iter().flat_map(|(outer, inner)| [outer, inner]);
    let frames = both().flat_map(|(_, exchange)| {
        let messages = [&exchange.request, &exchange.response].into_iter().flatten();
        messages.map(|message| message.frames.first)
    });
    found(
        FindingKind::Forwarded,
        args,
        both().map(|(connection, _)| connection.stream),
        frames,
    )
}

/// The path of a target, without the scheme and the authority that a request to a proxy has (RFC 9112 section 3.2.2).
fn path(head: &Head) -> &str {
    let target = head.target();
    let absolute = target.split_once("://").map(|(_, rest)| rest);
    absolute.map_or(target, |rest| rest.find('/').map_or("/", |at| &rest[at..]))
}

fn begun(exchange: &Exchange) -> i64 {
    exchange.request.as_ref().map_or(i64::MAX, |request| request.begun_ns)
}

/// Time from the first byte of the request to the last byte of the response.
fn took(exchange: &Exchange) -> i64 {
    let ended = exchange.response.as_ref().map_or(0, |response| response.ended_ns);
    ended.saturating_sub(begun(exchange)).max(0)
}

/// Whether `inner` is the exchange by which a proxy handled `outer`: the inner response did not start later than the
/// outer one, and has the same status. In addition, a field of a proxy was added, or enough of the request and the
/// response is equal.
fn passes_on(outer: &Exchange, inner: &Exchange) -> bool {
    let (Some(asked), Some(response)) = (&outer.request, &outer.response) else {
        return false;
    };
    let (Some(inner_asked), Some(inner_response)) = (&inner.request, &inner.response) else {
        return false;
    };
    if status(outer) != status(inner) || inner_response.begun_ns > response.begun_ns {
        return false;
    }
    let is_named = |message: &Message, by: &Message| {
        let has = |message: &Message, name: &str| message.head.field(name).is_some();
        OF_PROXIES.iter().any(|name| has(message, name) && !has(by, name))
    };
    if is_named(inner_asked, asked) || is_named(response, inner_response) {
        return true;
    }
    let shared = asked.head.fields().filter(|(name, value)| {
        !NO_EVIDENCE.iter().any(|other| name.eq_ignore_ascii_case(other))
            && inner_asked.head.field(name) == Some(*value)
    });
    let same_response = OF_RESPONSES
        .iter()
        .all(|name| response.head.field(name) == inner_response.head.field(name));
    shared.count() >= LEAST_SHARED && same_response
}
