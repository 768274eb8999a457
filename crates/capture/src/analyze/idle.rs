//! The periods in which no exchange was in progress.

use crate::model::{
    AnalysisFlag, BodyEnd, ConnectionEnd, Exchange, Frame, Handshake, HandshakeOutcome, IdleEnd, IdlePeriod, Side,
};
use crate::tcp::FrameTime;

/// Shorter periods are not listed: a client needs some time between two requests.
const SHORTEST_NS: i64 = 100_000_000;

/// Start of a possible idle period.
struct IdleStart {
    /// Number of the exchange before it; 0 for none.
    after: u64,
    at: FrameTime,
    announced_s: Option<u64>,
    head_captured: bool,
}

/// `capture_end` is `None` if the end of the connection was not captured, although the capture goes on.
pub(super) fn idle_periods(
    exchanges: &[Exchange],
    handshake: &Handshake,
    end: &ConnectionEnd,
    frames: &[Frame],
    first: FrameTime,
    capture_end: Option<FrameTime>,
) -> Vec<IdlePeriod> {
    if exchanges.is_empty() && !may_have_opened(handshake) {
        return Vec::new();
    }
    let mut periods = Vec::new();
    // `None` after an incomplete message: then the connection is not known to be idle.
    let mut start = Some(IdleStart {
        after: 0,
        at: handshake.ack.and_then(|ack| time_of(frames, ack)).unwrap_or(first),
        announced_s: None,
        head_captured: true,
    });
    let last = last(end, capture_end);
    // A request after the FIN of the other side does not end an idle period.
    let in_time = |exchange: &&Exchange| {
        begun(exchange).is_none_or(|(begin, _)| last.is_none_or(|(last, _)| begin.frame <= last.frame))
    };
    for exchange in exchanges.iter().take_while(in_time) {
        // If the first frame of a request is a retransmission, the request was first sent earlier, at a time that the
        // capture does not show. The same holds for a request that was not captured.
        let ended_by = begun(exchange)
            .filter(|(begin, _)| !is_sent_again(frames, begin.frame))
            .filter(|_| !exchange.request_lost);
        periods.extend(ended_by.and_then(|(begin, by)| idle_period(start.as_ref()?, begin, by)));
        // After an upgrade or CONNECT, the connection carries another protocol and has no further idle periods of HTTP.
        if exchange
            .response
            .as_ref()
            .is_some_and(|response| response.body_end == BodyEnd::Tunnel)
        {
            return periods;
        }
        start = completed(exchange).map(|at| IdleStart {
            after: exchange.number,
            at,
            announced_s: announced(exchange),
            head_captured: head_captured(exchange),
        });
    }
    periods.extend(
        start
            .zip(last)
            .and_then(|(start, (last, by))| idle_period(&start, last, by)),
    );
    periods
}

/// Whether the connection may have opened. One that did not is not idle between its SYNs.
fn may_have_opened(handshake: &Handshake) -> bool {
    use HandshakeOutcome::{CaptureEnds, IcmpError, Refused, Unanswered};
    !matches!(handshake.outcome, CaptureEnds | IcmpError | Refused | Unanswered)
}

/// The frame with this number.
fn listed(frames: &[Frame], number: u64) -> Option<&Frame> {
    let at = frames.binary_search_by_key(&number, |frame| frame.number);
    at.ok().map(|at| &frames[at])
}

fn time_of(frames: &[Frame], number: u64) -> Option<FrameTime> {
    listed(frames, number).map(|frame| FrameTime {
        frame: number,
        ns: frame.ns,
    })
}

/// Whether a frame is a retransmission.
fn is_sent_again(frames: &[Frame], number: u64) -> bool {
    let again = [AnalysisFlag::Retransmission, AnalysisFlag::FastRetransmission];
    listed(frames, number).is_some_and(|frame| again.iter().any(|flag| frame.analysis.has(*flag)))
}

/// The first byte of an exchange, and what it belongs to.
fn begun(exchange: &Exchange) -> Option<(FrameTime, IdleEnd)> {
    let messages = [&exchange.request, &exchange.response].into_iter().flatten();
    let first = messages.min_by_key(|message| (message.begun_ns, message.frames.first))?;
    let at = FrameTime {
        frame: first.frames.first,
        ns: first.begun_ns,
    };
    let is_request = exchange.request.is_some();
    Some((
        at,
        if is_request {
            IdleEnd::Request
        } else {
            IdleEnd::Response
        },
    ))
}

/// The last byte of an exchange; `None` if the exchange is incomplete.
fn completed(exchange: &Exchange) -> Option<FrameTime> {
    let response = exchange
        .response
        .as_ref()
        .filter(|response| response.shortfall.is_none())?;
    let request = exchange.request.as_ref();
    if request.is_some_and(|request| request.shortfall.is_some()) {
        return None;
    }
    // The response may be complete before the request.
    let late = request.filter(|request| request.ended_ns > response.ended_ns);
    let last = late.unwrap_or(response);
    Some(FrameTime {
        frame: last.frames.last,
        ns: last.ended_ns,
    })
}

/// Whether the head of the response was captured completely, and kept.
pub(super) fn head_captured(exchange: &Exchange) -> bool {
    let response = exchange.response.as_ref();
    response.is_some_and(|response| response.head_complete && !response.head.as_str().is_empty())
}

/// The seconds of `Keep-Alive: timeout=` in a response.
pub(crate) fn announced(exchange: &Exchange) -> Option<u64> {
    let value = exchange.response.as_ref()?.head.field("keep-alive")?;
    value.split(',').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        match name.trim().eq_ignore_ascii_case("timeout") {
            true => value.trim().parse().ok(),
            false => None,
        }
    })
}

/// What ended the connection, or the end of the capture.
fn last(end: &ConnectionEnd, capture_end: Option<FrameTime>) -> Option<(FrameTime, IdleEnd)> {
    let Some(first) = end.first() else {
        return capture_end.map(|at| (at, IdleEnd::CaptureEnds));
    };
    let ended_by = match first.by {
        _ if first.is_reset => IdleEnd::Reset,
        Side::Server => IdleEnd::ServerFin,
        Side::Client => IdleEnd::ClientFin,
    };
    let at = FrameTime {
        frame: first.frame,
        ns: first.ns,
    };
    Some((at, ended_by))
}

/// The idle period up to `to`, if it is long enough.
fn idle_period(start: &IdleStart, to: FrameTime, ended_by: IdleEnd) -> Option<IdlePeriod> {
    let ns = to.ns.saturating_sub(start.at.ns);
    (ns >= SHORTEST_NS).then(|| IdlePeriod {
        after: start.after,
        from_frame: start.at.frame,
        to_frame: to.frame,
        ns: ns.unsigned_abs(),
        announced_s: start.announced_s,
        head_captured: start.head_captured,
        ended_by,
    })
}
