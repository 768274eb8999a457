//! The log through `tracing`, for people and for other programs: one line for each exchange and each close.

use super::json::{name, nanoseconds, state_key, style_key, who_key};
use super::{ConnectionMeta, Event, Traffic};
use labserve_core::http1::text;
use labserve_core::locale::Lang;

/// The target of the lines about exchanges.
pub const EXCHANGE: &str = "labserve::exchange";
/// The target of the lines about connections.
pub const CONNECTION: &str = "labserve::connection";

/// A kind of line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// A request and its response.
    Exchange,
    /// A connection: anything unusual at its start, and its close.
    Connection,
}

impl Line {
    /// Whether the level of the log includes such lines.
    fn is_enabled(self) -> bool {
        match self {
            Self::Exchange => tracing::enabled!(target: EXCHANGE, tracing::Level::INFO),
            Self::Connection => tracing::enabled!(target: CONNECTION, tracing::Level::INFO),
        }
    }
}

/// Whether logging is on at this time.
pub(super) fn is_on() -> bool {
    Line::Exchange.is_enabled() || Line::Connection.is_enabled()
}

/// The kind of line for an event; `None` if it has no line.
fn line(event: &Event<'_>) -> Option<Line> {
    match event {
        Event::Reply(_) | Event::DroppedRequest(_) | Event::Rule(_) => Some(Line::Exchange),
        Event::Accepted { queued: true } | Event::OtherProtocol(_) | Event::End { .. } => Some(Line::Connection),
        _ => None,
    }
}

/// Logs the event if it has a line in the log, the level includes it, and `lets_pass` returns true.
pub(super) fn emit(meta: &ConnectionMeta, traffic: Traffic, event: &Event<'_>, lets_pass: impl FnOnce() -> bool) {
    if line(event).is_some_and(Line::is_enabled) && lets_pass() {
        write(meta, traffic, event);
    }
}

/// Writes the line of an event. A separate function, so that an event without a line costs only the check.
#[inline(never)]
fn write(meta: &ConnectionMeta, traffic: Traffic, event: &Event<'_>) {
    match event {
        Event::Reply(reply) => tracing::info!(
            target: EXCHANGE,
            event = name(event),
            connection = meta.id,
            request = reply.request,
            local = %meta.local,
            peer = %meta.peer,
            method = %text::printable(reply.method),
            target = %text::printable(reply.target),
            status = reply.status,
            head_bytes = reply.head_bytes,
            body_bytes = reply.body_bytes,
            complete = reply.complete,
            total_bytes = (!reply.complete).then_some(reply.total_bytes),
        ),
        Event::DroppedRequest(dropped) => tracing::info!(
            target: EXCHANGE,
            event = name(event),
            connection = meta.id,
            request = dropped.request,
            local = %meta.local,
            peer = %meta.peer,
            "where" = dropped.place.key(),
            words = dropped.place.text(Lang::En),
            line = %text::printable(dropped.line.unwrap_or_default()),
            bytes = dropped.bytes,
        ),
        Event::Rule(rule) => tracing::info!(
            target: EXCHANGE,
            event = name(event),
            connection = meta.id,
            request = rule.request,
            local = %meta.local,
            peer = %meta.peer,
            rule = %text::printable(rule.name.as_bytes()),
            number = rule.number,
        ),
        Event::Accepted { .. } => tracing::info!(
            target: CONNECTION,
            event = name(event),
            connection = meta.id,
            local = %meta.local,
            peer = %meta.peer,
            queued = true,
            "#{:<7} waited in the accept queue until another connection ended",
            meta.id,
        ),
        Event::OtherProtocol(protocol) => tracing::info!(
            target: CONNECTION,
            event = name(event),
            connection = meta.id,
            local = %meta.local,
            peer = %meta.peer,
            protocol = protocol.key(),
            "#{:<7} {}",
            meta.id,
            protocol.text(Lang::En),
        ),
        Event::End { close, requests, .. } => tracing::info!(
            target: CONNECTION,
            event = name(event),
            connection = meta.id,
            local = %meta.local,
            peer = %meta.peer,
            who = who_key(close.who),
            reason = close.reason.key(),
            words = close.reason.words(),
            style = style_key(close.style),
            state = state_key(close.state),
            requests,
            received = traffic.received,
            sent = traffic.sent,
            open_ns = nanoseconds(meta.accepted.elapsed()),
        ),
        _ => {}
    }
}
