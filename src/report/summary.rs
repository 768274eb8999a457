//! A report as JSON, for programs in any language. docs/testing.md describes the members.

use super::{Connection, Report, Request};
use labserve_core::close_reason::Who;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Report {
    /// The report as JSON.
    pub(crate) fn summary(&self) -> Value {
        let requests: Vec<&Request> = self.iter().flat_map(|connection| &connection.requests).collect();
        let retries = self.retries_by_path();
        let mut by_path: BTreeMap<&str, Vec<&Request>> =
            retries.keys().map(|path| (path.as_str(), Vec::new())).collect();
        for request in &requests {
            by_path.entry(request.path()).or_default().push(request);
        }
        let paths = by_path.iter().map(|(path, requests)| {
            let mut counts = counted(requests);
            counts["retries"] = json!(retries.get(*path));
            ((*path).to_owned(), counts)
        });
        let mut all = counted(&requests);
        all["retries"] = json!(self.retries());
        all["dropped"] = json!(self.lost().dropped);
        all["paths"] = Value::Object(paths.collect());
        json!({
            "connections": {
                "count": self.connections(),
                "reused": self.iter().filter(|connection| connection.requests.len() > 1).count(),
                "open": self.iter().filter(|connection| connection.closed.is_none()).count(),
                "not_recorded": self.lost().not_recorded,
                "list": self.iter().map(connection_summary).collect::<Vec<_>>(),
            },
            "requests": all,
        })
    }
}

/// The number of requests, and what became of them.
fn counted(requests: &[&Request]) -> Value {
    let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
    let (mut complete, mut cut) = (0, 0);
    for reply in requests.iter().filter_map(|request| request.reply) {
        *statuses.entry(reply.status.to_string()).or_default() += 1;
        *(if reply.complete { &mut complete } else { &mut cut }) += 1;
    }
    json!({
        "count": requests.len(),
        "complete": complete,
        "cut": cut,
        "unanswered": requests.len() - complete - cut,
        "statuses": statuses,
    })
}

/// A connection in the form that the summary uses.
pub(crate) fn connection_summary(connection: &Connection) -> Value {
    let nanoseconds = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let request = |request: &Request| {
        json!({
            "request": request.number,
            "connectionIndex": connection.id.saturating_sub(1),
            "exchangeIndex": request.number.saturating_sub(1),
            "method": request.method,
            "target": request.target,
            "status": request.status(),
            "complete": request.reply.map(|reply| reply.complete),
            "bytes": request.reply.map(|reply| reply.head_bytes + reply.body_bytes),
            "rule": request.rule,
        })
    };
    let dropped = connection.dropped.iter().map(|dropped| {
        json!({
            "request": dropped.number,
            "line": dropped.line,
            "bytes": dropped.bytes,
            "where": dropped.place.key(),
        })
    });
    let closed = connection.closed.as_ref();
    json!({
        "connection": connection.id,
        "peer": connection.peer.to_string(),
        "count": connection.requests.len(),
        "requests": connection.requests.iter().map(request).collect::<Vec<_>>(),
        "dropped": dropped.collect::<Vec<_>>(),
        "rules": connection.rules,
        "received": connection.received,
        "sent": connection.sent,
        "open_ns": nanoseconds(connection.open_for),
        "who": closed.map(|closed| match closed.by {
            Who::Server => "server",
            Who::Client => "client",
        }),
        "reason": closed.map(|closed| closed.reason.key()),
        "style": closed.map(|closed| closed.style.key()),
    })
}
