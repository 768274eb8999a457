//! Events that happened before the wait for them began.

use super::State;
use crate::DroppedRequest;
use crate::event::Occurrence;
use std::time::Duration;

impl State {
    /// All events so far, in the order in which they happened.
    pub(super) fn past(&self) -> Vec<(u64, Occurrence<'_>)> {
        let mut past: Vec<(Duration, u64, Occurrence<'_>)> = Vec::new();
        for connection in self.connections.values() {
            let id = connection.id;
            past.push((connection.accepted_at, id, Occurrence::Accepted));
            for request in &connection.requests {
                let (method, target) = (request.method.as_str(), request.target.as_str());
                past.push((request.at, id, Occurrence::Request { method, target }));
                let rule = request.rule.as_deref();
                past.extend(rule.map(|name| (request.at, id, Occurrence::Rule { name })));
                past.extend(request.reply.map(|reply| {
                    let status = reply.status;
                    (reply.at, id, Occurrence::Reply { method, target, status })
                }));
            }
            for reply in &connection.unsolicited {
                let occurrence = Occurrence::Reply {
                    method: "",
                    target: "",
                    status: reply.status,
                };
                past.push((reply.at, id, occurrence));
            }
            let rule = |name| (connection.accepted_at, id, Occurrence::Rule { name });
            past.extend(connection.rules.iter().map(String::as_str).map(rule));
            let held = connection.held.iter();
            past.extend(held.map(|(at, name)| (*at, id, Occurrence::Held { name })));
            let dropped = |request: &DroppedRequest| (request.at, id, Occurrence::DroppedRequest);
            past.extend(connection.dropped.iter().map(dropped));
            let closed = connection.closed.map(|closed| {
                let reason = closed.reason;
                (closed.at, id, Occurrence::Closed { reason })
            });
            past.extend(closed);
        }
        past.sort_by_key(|(at, ..)| *at);
        past.into_iter().map(|(_, id, occurrence)| (id, occurrence)).collect()
    }
}
