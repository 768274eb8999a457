//! Why a connection ended.

use super::idle::{announced, head_captured};
use crate::model::{
    BodyEnd, ConnectionEnd, EndReason, Exchange, Head, IdleEnd, IdlePeriod, Message, ResetClass, Side, Teardown, Usage,
};

/// Tolerance for a timer that fires late, in seconds, in addition to a tenth of the timeout.
const LATE_S: f64 = 1.5;
/// Tolerance for a timer that fires early, in seconds.
const EARLY_S: f64 = 0.5;

/// If a server closes within this time after the last byte, it closed because of that byte.
const AT_ONCE_NS: u64 = 100_000_000;

/// Why a connection ended. `is_known`: whether everything that was sent at the end of the connection was captured.
pub(super) fn reason(
    usage: Usage,
    is_known: bool,
    exchanges: &[Exchange],
    idle_periods: &[IdlePeriod],
    end: &ConnectionEnd,
) -> EndReason {
    // The sender of such a RST had no connection any more, or the RST cannot be explained. What ended the connection
    // was not captured.
    let had_ended = end.resets.first().is_some_and(|reset| {
        let is_first = end.first_fin.as_ref().is_none_or(|fin| fin.frame > reset.frame);
        is_first && matches!(reset.class, ResetClass::NoConnection | ResetClass::Unexplained)
    });
    match (end.teardown, end.by) {
        (Teardown::NeverOpened, _) => EndReason::NotOpened,
        (_, None) => EndReason::Unknown,
        _ if had_ended => EndReason::Unknown,
        _ if usage == Usage::NotCaptured || !is_known => EndReason::Unknown,
        (_, Some(Side::Server)) if usage == Usage::Unused && is_at_once(end) => EndReason::NoRequest,
        _ if usage == Usage::Unused => EndReason::Unused,
        (_, Some(by)) => used(exchanges, idle_periods, end, by),
    }
}

/// Time from the last byte to the teardown, in nanoseconds.
fn quiet(end: &ConnectionEnd) -> Option<u64> {
    end.first()?.after_last_byte_ns
}

fn is_at_once(end: &ConnectionEnd) -> bool {
    quiet(end).is_some_and(|quiet| quiet < AT_ONCE_NS)
}

/// The exchanges before the first FIN. If the client sent that FIN: those whose request it had sent before. If the
/// server sent it: those whose request it had received, or responded to.
fn in_time<'a>(exchanges: &'a [Exchange], end: &ConnectionEnd) -> &'a [Exchange] {
    let late = |exchange: &Exchange| match (&exchange.request, &end.first_fin) {
        (Some(request), Some(fin)) => match fin.by {
            Side::Client => request.frames.first > fin.frame,
            Side::Server => exchange.response.is_none() && fin.ack.wrapping_sub(request.seq) as i32 <= 0,
        },
        _ => false,
    };
    let count = exchanges.iter().position(late).unwrap_or(exchanges.len());
    &exchanges[..count]
}

/// The reason for a connection that was used and that `by` ended.
fn used(all: &[Exchange], idle_periods: &[IdlePeriod], end: &ConnectionEnd, by: Side) -> EndReason {
    let exchanges = in_time(all, end);
    // Whether a request crossed the FIN: the last bytes are then those of a request that the server had not received
    // when it closed.
    let crossed = exchanges.len() < all.len();
    let Some(answered) = exchanges
        .iter()
        .rev()
        .find(|exchange| exchange.response.is_some())
        .or(exchanges.last())
    else {
        return EndReason::Unknown;
    };
    let last = exchanges.last().unwrap_or(answered);
    if answered
        .response
        .as_ref()
        .is_some_and(|response| response.body_end == BodyEnd::Tunnel)
    {
        return EndReason::TunnelEnded;
    }
    if let Some(announced) = announced_close(answered).filter(|_| by == Side::Server && answered.response.is_some()) {
        return announced;
    }
    if by == Side::Client && sent_all(last, end) {
        return EndReason::ClientSentAll;
    }
    if !is_complete(last) {
        return incomplete(answered, last, end, by);
    }
    let reset_first = end.first_fin.is_none();
    let class = end.resets.first().map(|reset| reset.class).filter(|_| reset_first);
    let idle = idle_periods
        .last()
        .filter(|period| period.after == last.number && period.ended_by != IdleEnd::CaptureEnds);
    match (by, idle) {
        // The last bytes of the response were still on their way.
        (Side::Client, _) if class == Some(ResetClass::AbortsData) => EndReason::InExchange,
        (Side::Client, _) if class == Some(ResetClass::Idle) => EndReason::ResetWhileIdle,
        // The part of the head that may announce the close was not captured.
        (Side::Client, _) if !head_captured(answered) => EndReason::Unknown,
        (Side::Client, _) => match announced_close(answered) {
            // The response announced the close; the client merely closed first.
            Some(EndReason::ErrorResponse) => EndReason::ResponseSaidClose,
            Some(announced) => announced,
            None => EndReason::ClientDone,
        },
        // Bytes outside of an exchange, such as empty lines, do not end an idle period. The server may close because
        // of them, or restart its timer.
        (Side::Server, Some(_)) if is_at_once(end) && !crossed => EndReason::NoRequest,
        (Side::Server, Some(idle)) => match idle.announced_s {
            Some(announced) if agrees(idle.ns, announced) || is_after(end, announced) => EndReason::IdleAsAnnounced,
            // The server's timer starts at its last write, which may arrive much later.
            Some(announced) if may_agree(answered, end, announced) => EndReason::IdleAsAnnounced,
            _ => EndReason::IdleUnannounced,
        },
        (Side::Server, None) if is_rejection(answered) => EndReason::ErrorResponse,
        // The part of the body that says whether it is complete was not captured.
        (Side::Server, None) if !head_captured(answered) || has_unknown_end(answered) => EndReason::Unknown,
        (Side::Server, None) => EndReason::AfterResponse,
    }
}

/// The reason for a connection that ended before its last exchange was complete.
fn incomplete(answered: &Exchange, last: &Exchange, end: &ConnectionEnd, by: Side) -> EndReason {
    let announced = announced(answered).filter(|_| ends_with_response(last));
    match by {
        Side::Server if is_rejection(answered) => EndReason::ErrorResponse,
        // The rest of the request is missing, but the server runs its idle timer all the same.
        Side::Server if announced.is_some_and(|announced| is_after(end, announced)) => EndReason::IdleAsAnnounced,
        // The response was sent but not captured, so it may have been complete before the close.
        _ if last.response_lost && last.request.as_ref().is_none_or(is_whole) => EndReason::Unknown,
        _ => EndReason::InExchange,
    }
}

fn is_whole(message: &Message) -> bool {
    message.shortfall.is_none()
}

/// Whether the capture does not show where the response ends.
fn has_unknown_end(exchange: &Exchange) -> bool {
    let response = exchange.response.as_ref();
    response.is_some_and(|response| response.body_end == BodyEnd::Unknown)
}

/// Whether request and response are complete.
fn is_complete(exchange: &Exchange) -> bool {
    exchange.request.as_ref().is_none_or(is_whole) && exchange.response.as_ref().is_some_and(is_whole)
}

/// Whether the client sent FIN after a complete request and before the end of its response.
fn sent_all(exchange: &Exchange, end: &ConnectionEnd) -> bool {
    let Some(fin) = end.first_fin.as_ref().filter(|fin| fin.by == Side::Client) else {
        return false;
    };
    exchange.request.as_ref().is_some_and(is_whole)
        && !exchange.response_lost
        && exchange
            .response
            .as_ref()
            .is_none_or(|response| response.ended_ns > fin.ns)
}

/// Whether the last bytes of an exchange are those of a complete response.
fn ends_with_response(exchange: &Exchange) -> bool {
    let (request, response) = (exchange.request.as_ref(), exchange.response.as_ref());
    response.is_some_and(|response| {
        is_whole(response) && request.is_none_or(|request| request.ended_ns <= response.ended_ns)
    })
}

/// Whether the time from the last byte to the teardown agrees with the announced timeout.
fn is_after(end: &ConnectionEnd, announced_s: u64) -> bool {
    quiet(end).is_some_and(|quiet| agrees(quiet, announced_s))
}

/// Whether a timer of the announced length may have been started while the response was being sent.
fn may_agree(answered: &Exchange, end: &ConnectionEnd, announced_s: u64) -> bool {
    let (Some(response), Some(first)) = (&answered.response, end.first()) else {
        return false;
    };
    // The response to a pipelined request may have been written long before it could be sent.
    let earliest = match &answered.request {
        Some(request) if answered.pipelined => request.ended_ns,
        _ => response.earliest_ns,
    };
    let since = |ns: i64| first.ns.saturating_sub(ns).unsigned_abs();
    let announced_ns = announced_s.saturating_mul(1_000_000_000);
    let longest = since(earliest);
    announced_ns >= since(response.ended_ns) && (announced_ns <= longest || agrees(longest, announced_s))
}

/// Whether an idle period was as long as announced, within the tolerance.
pub(crate) fn agrees(ns: u64, announced_s: u64) -> bool {
    let (real, announced) = (ns as f64 / 1e9, announced_s as f64);
    real >= announced - EARLY_S && real <= announced * 1.1 + LATE_S
}

/// Why the messages of an exchange make it the last one on its connection (RFC 9112 section 9.3); `None` if another may
/// follow.
fn announced_close(exchange: &Exchange) -> Option<EndReason> {
    let request = exchange.request.as_ref().map(|request| &request.head);
    let response = exchange.response.as_ref()?;
    let requested = request.is_some_and(|head| head.lists("connection", "close"));
    let keeps = |head: &Head| head.lists("connection", "keep-alive");
    match response.body_end {
        _ if is_rejection(exchange) && !requested && response.head.lists("connection", "close") => {
            Some(EndReason::ErrorResponse)
        }
        _ if requested => Some(EndReason::RequestSaidClose),
        _ if response.head.lists("connection", "close") => Some(EndReason::ResponseSaidClose),
        BodyEnd::Close => Some(EndReason::BodyEndsWithClose),
        _ if request.is_some_and(|head| head.version() == "HTTP/1.0" && !keeps(head)) => Some(EndReason::Http10),
        _ => None,
    }
}

/// Whether the response rejects the request as such, or reports that it did not arrive in time.
fn is_rejection(exchange: &Exchange) -> bool {
    let status = exchange.response.as_ref().map_or(0, |response| response.head.status());
    matches!(status, 400 | 408 | 411 | 413 | 414 | 417 | 431 | 501 | 505)
}
