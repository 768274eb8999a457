//! Why a connection ended.

use super::idle::announced;
use crate::model::{BodyEnd, End, EndReason, Exchange, Head, IdleEnd, IdlePeriod, ResetClass, Side, Teardown, Usage};

/// A server's timer may be late by this much, and by a tenth.
const SLACK_S: f64 = 1.5;

/// A server that ends a connection so soon after a byte ends it because of that byte.
const AT_ONCE_NS: u64 = 100_000_000;

pub(super) fn reason(usage: Usage, exchanges: &[Exchange], rests: &[IdlePeriod], end: &End) -> EndReason {
    match (end.goodbye, end.by) {
        (Teardown::NeverOpened, _) => EndReason::NotOpened,
        (_, None) => EndReason::Unknown,
        (_, Some(Side::Server)) if usage == Usage::Unused && is_at_once(end) => EndReason::NoRequest,
        _ if usage == Usage::Unused => EndReason::Unused,
        (_, Some(by)) => used(in_time(exchanges, end), rests, end, by),
    }
}

/// From the last byte to the end, in nanoseconds.
fn quiet(end: &End) -> Option<u64> {
    end.first()?.after_last_byte_ns
}

fn is_at_once(end: &End) -> bool {
    quiet(end).is_some_and(|quiet| quiet < AT_ONCE_NS)
}

/// The exchanges without those that began behind the other side's FIN.
fn in_time<'a>(exchanges: &'a [Exchange], end: &End) -> &'a [Exchange] {
    let fin = end.first_fin.as_ref().map_or(u64::MAX, |fin| fin.frame);
    let late = |exchange: &Exchange| {
        let request = exchange.request.as_ref();
        request.is_some_and(|request| request.frames.first > fin)
    };
    let count = exchanges.iter().position(late).unwrap_or(exchanges.len());
    &exchanges[..count]
}

fn used(exchanges: &[Exchange], rests: &[IdlePeriod], end: &End, by: Side) -> EndReason {
    let Some(last) = exchanges
        .iter()
        .rev()
        .find(|exchange| exchange.response.is_some())
        .or(exchanges.last())
    else {
        return EndReason::Unknown;
    };
    let ending = exchanges.last().unwrap_or(last);
    let is_complete = ending
        .request
        .as_ref()
        .is_none_or(|request| request.shortfall.is_none())
        && ending
            .response
            .as_ref()
            .is_some_and(|response| response.shortfall.is_none());
    if let Some(said) = said(last).filter(|_| by == Side::Server && last.response.is_some()) {
        return said;
    }
    let fin = end.first_fin.as_ref().filter(|fin| fin.by == by);
    let has_sent_all = ending
        .request
        .as_ref()
        .is_some_and(|request| request.shortfall.is_none())
        && ending
            .response
            .as_ref()
            .is_none_or(|response| fin.is_some_and(|fin| response.ended_ns > fin.ns));
    if by == Side::Client && fin.is_some() && has_sent_all {
        return EndReason::ClientSentAll;
    }
    let promised = announced(last).filter(|_| ends_behind(ending));
    if !is_complete {
        return match by {
            Side::Server if is_refusal(last) => EndReason::ErrorResponse,
            // The client owes the rest of its request; the server does not wait for that in particular.
            Side::Server if promised.is_some_and(|said| is_after(end, said)) => EndReason::IdleAsAnnounced,
            _ => EndReason::InExchange,
        };
    }
    let reset_first = end.first_fin.is_none();
    let rest = rests
        .last()
        .filter(|rest| rest.after == ending.number && rest.ended_by != IdleEnd::CaptureEnds);
    match (by, rest) {
        (Side::Client, _) if reset_first && end.resets.first().is_some_and(|r| r.class == ResetClass::Idle) => {
            EndReason::ResetWhileIdle
        }
        (Side::Client, _) => match said(last) {
            Some(EndReason::RequestSaidClose) => EndReason::RequestSaidClose,
            _ => EndReason::ClientDone,
        },
        // Bytes that belong to no exchange, such as empty lines, do not end a rest; a server may end it because of
        // them, or begin its time anew.
        (Side::Server, Some(_)) if is_at_once(end) => EndReason::NoRequest,
        (Side::Server, Some(rest)) => match rest.announced_s {
            Some(announced) if agrees(rest.ns, announced) => EndReason::IdleAsAnnounced,
            Some(announced) if is_after(end, announced) => EndReason::IdleAsAnnounced,
            _ => EndReason::IdleUnannounced,
        },
        (Side::Server, None) if is_refusal(last) => EndReason::ErrorResponse,
        (Side::Server, None) => EndReason::AfterResponse,
    }
}

/// Whether the last bytes of a connection are a response, to its end.
fn ends_behind(exchange: &Exchange) -> bool {
    let (request, response) = (exchange.request.as_ref(), exchange.response.as_ref());
    response.is_some_and(|response| {
        response.shortfall.is_none() && request.is_none_or(|request| request.ended_ns <= response.ended_ns)
    })
}

/// Whether a connection ended as long after its last byte as announced.
fn is_after(end: &End, announced_s: u64) -> bool {
    quiet(end).is_some_and(|quiet| agrees(quiet, announced_s))
}

/// Whether a rest was as long as announced.
pub(crate) fn agrees(ns: u64, announced_s: u64) -> bool {
    let (real, announced) = (ns as f64 / 1e9, announced_s as f64);
    real >= announced - 0.5 && real <= announced * 1.1 + SLACK_S
}

/// What the last exchange says of the end.
fn said(exchange: &Exchange) -> Option<EndReason> {
    let request = exchange.request.as_ref().map(|request| &request.head);
    let response = exchange.response.as_ref()?;
    let asked = request.is_some_and(|head| head.lists("connection", "close"));
    let keeps = |head: &Head| head.lists("connection", "keep-alive");
    match response.body_end {
        _ if is_refusal(exchange) && !asked && response.head.lists("connection", "close") => {
            Some(EndReason::ErrorResponse)
        }
        _ if asked => Some(EndReason::RequestSaidClose),
        _ if response.head.lists("connection", "close") => Some(EndReason::ResponseSaidClose),
        BodyEnd::Close => Some(EndReason::BodyEndsWithClose),
        _ if request.is_some_and(|head| head.version() == "HTTP/1.0" && !keeps(head)) => Some(EndReason::Http10),
        _ => None,
    }
}

/// Whether the server could not accept the request as such, or waited for it in vain.
fn is_refusal(exchange: &Exchange) -> bool {
    let status = exchange.response.as_ref().map_or(0, |response| response.head.status());
    matches!(status, 400 | 408 | 411 | 413 | 414 | 417 | 431 | 501 | 505)
}
