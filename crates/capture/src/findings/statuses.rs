//! Responses that report an error, or ask for credentials.

use super::{PER_KIND, Seen, answered, found, response_frame, status};
use crate::model::{Args, Connection, Finding, FindingKind};
use std::collections::BTreeMap;

/// Errors of the client (4xx) and of the server (5xx), each with its statuses and their number.
pub(super) fn errors(connections: &[&Connection]) -> Vec<Finding> {
    let kinds = [
        (400..500, FindingKind::ClientErrors),
        (500..600, FindingKind::ServerErrors),
    ];
    let findings = kinds.into_iter().filter_map(|(range, kind)| {
        let group: Vec<_> = answered(connections)
            .filter(|(_, exchange)| range.contains(&status(exchange)))
            .collect();
        let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
        for (_, exchange) in &group {
            *statuses.entry(status(exchange)).or_default() += 1;
        }
        let (_, first) = group.first()?;
        let statuses: Vec<String> = statuses
            .iter()
            .map(|(status, count)| format!("{status} ({count})"))
            .collect();
        let request = first.request.as_ref().map_or("-", |request| request.head.first_line());
        let args = Args::default()
            .with("count", group.len())
            .with("statuses", statuses.join(", "))
            .with("request", request);
        let frames = group.iter().filter_map(|(_, exchange)| response_frame(exchange));
        Some(found(
            kind,
            args,
            group.iter().map(|(connection, _)| connection.stream),
            frames,
        ))
    });
    findings.collect()
}

/// Requests that were refused for lack of credentials, and what the client then sent.
pub(super) fn credentials(connections: &[&Connection]) -> Vec<Finding> {
    let all: Vec<Seen<'_>> = answered(connections).collect();
    let findings = all.iter().filter_map(|challenged| credentials_of(challenged, &all));
    findings.take(PER_KIND).collect()
}

fn credentials_of(challenged: &Seen<'_>, all: &[Seen<'_>]) -> Option<Finding> {
    let (challenge, answer) = match status(challenged.1) {
        401 => ("WWW-Authenticate", "Authorization"),
        407 => ("Proxy-Authenticate", "Proxy-Authorization"),
        _ => return None,
    };
    let (request, response) = (challenged.1.request.as_ref()?, challenged.1.response.as_ref()?);
    if request.head.field(answer).is_some() {
        return None;
    }
    let is_repeated = |(connection, exchange): &&Seen<'_>| {
        let again = exchange.request.as_ref();
        (connection.client.ip(), connection.server) == (challenged.0.client.ip(), challenged.0.server)
            && again.is_some_and(|again| {
                again.head.first_line() == request.head.first_line()
                    && again.head.field(answer).is_some()
                    && again.begun_ns >= response.begun_ns
            })
    };
    let repeated = all.iter().find(is_repeated);
    let mut args = Args::default()
        .with("request", request.head.first_line())
        .with("stream", challenged.0.stream)
        .with("status", u64::from(status(challenged.1)))
        .with("challenge", response.head.field(challenge).unwrap_or("-"));
    if let Some((connection, exchange)) = repeated {
        // Only the scheme is named: the rest of the value is a secret.
        let sent = exchange.request.as_ref().and_then(|again| again.head.field(answer));
        let scheme = sent.unwrap_or_default().split(' ').next().unwrap_or_default();
        args = args
            .with("answer", format!("{answer}: {scheme}"))
            .with("other", connection.stream)
            .with("then", u64::from(status(exchange)));
    }
    let both = || [Some(challenged), repeated].into_iter().flatten();
    let frames = both().flat_map(|(_, exchange)| {
        let asked = exchange.request.as_ref().map(|request| request.frames.first);
        [asked, response_frame(exchange)].into_iter().flatten()
    });
    let streams = both().map(|(connection, _)| connection.stream);
    Some(found(FindingKind::Credentials, args, streams, frames))
}
