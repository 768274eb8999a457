//! Responses that report an error.

use super::{answered, found, response_frame, status};
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
