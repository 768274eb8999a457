//! Revalidation by the client's cache, and range requests.

use super::{answered, found, response_frame, status};
use crate::model::{Args, Connection, Finding, FindingKind};

/// 304 responses.
pub(super) fn not_modified(connections: &[&Connection]) -> Vec<Finding> {
    let all = answered(connections).count();
    let cached: Vec<_> = answered(connections)
        .filter(|(_, exchange)| status(exchange) == 304)
        .collect();
    let kind = match cached.len() {
        0 => return Vec::new(),
        count if count == all && all > 1 => FindingKind::AllNotModified,
        _ => FindingKind::SomeNotModified,
    };
    let args = Args::default().with("count", cached.len()).with("all", all);
    let frames = cached.iter().filter_map(|(_, exchange)| response_frame(exchange));
    vec![found(kind, args, cached.iter().map(|(c, _)| c.stream), frames)]
}

/// Range requests.
pub(super) fn ranges(connections: &[&Connection]) -> Vec<Finding> {
    let requests: Vec<_> = answered(connections)
        .filter(|(_, exchange)| {
            exchange
                .request
                .as_ref()
                .is_some_and(|request| request.head.field("range").is_some())
        })
        .collect();
    if requests.is_empty() {
        return Vec::new();
    }
    let partial = requests.iter().filter(|(_, exchange)| status(exchange) == 206).count();
    let args = Args::default().with("count", requests.len()).with("partial", partial);
    let frames = requests.iter().filter_map(|(_, exchange)| response_frame(exchange));
    vec![found(
        FindingKind::Ranges,
        args,
        requests.iter().map(|(c, _)| c.stream),
        frames,
    )]
}
