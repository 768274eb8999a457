//! The times in which nothing was under way.

use super::Frame;
use crate::model::{End, Exchange, Handshake, IdleEnd, IdlePeriod, Side};
use crate::tcp::Moment;

/// What is shorter is no rest, but the time that a client needs to go on.
const SHORTEST_NS: i64 = 100_000_000;

pub(super) fn rests(
    exchanges: &[Exchange],
    handshake: &Handshake,
    end: &End,
    first: Moment,
    capture: Frame,
) -> Vec<IdlePeriod> {
    let mut rests = Vec::new();
    let mut since = (0, handshake.ack.unwrap_or(first.frame), first.ns, None);
    let (to, ended_by) = last(end, capture);
    // A request behind the other side's FIN ends no rest.
    let in_time = |exchange: &&Exchange| begun(exchange).is_none_or(|begin| begin.frame <= to.frame);
    for exchange in exchanges.iter().take_while(in_time) {
        if let Some(begin) = begun(exchange) {
            rests.extend(rest(since, begin.frame, begin.ns, IdleEnd::Request));
        }
        // Where a message is not complete, what follows is no rest.
        let Some(over) = over(exchange) else {
            return rests;
        };
        since = (exchange.number, over.frame, over.ns, announced(exchange));
    }
    rests.extend(rest(since, to.frame, to.ns, ended_by));
    rests
}

/// The first byte of an exchange.
fn begun(exchange: &Exchange) -> Option<Moment> {
    let messages = [&exchange.request, &exchange.response].into_iter().flatten();
    let first = messages.min_by_key(|message| (message.begun_ns, message.frames.first))?;
    Some(Moment {
        frame: first.frames.first,
        ns: first.begun_ns,
    })
}

/// The last byte of an exchange, if it is complete.
fn over(exchange: &Exchange) -> Option<Moment> {
    let response = exchange
        .response
        .as_ref()
        .filter(|response| response.shortfall.is_none())?;
    let request = exchange.request.as_ref();
    if request.is_some_and(|request| request.shortfall.is_some()) {
        return None;
    }
    let late = request.filter(|request| request.ended_ns > response.ended_ns);
    let last = late.unwrap_or(response);
    Some(Moment {
        frame: last.frames.last,
        ns: last.ended_ns,
    })
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

/// What ended the connection, or the capture.
fn last(end: &End, capture: Frame) -> (Moment, IdleEnd) {
    let Some(first) = end.first() else {
        let last = Moment {
            frame: capture.last_frame,
            ns: capture.last_ns,
        };
        return (last, IdleEnd::CaptureEnds);
    };
    let ended_by = match first.by {
        _ if first.is_reset => IdleEnd::Reset,
        Side::Server => IdleEnd::ServerFin,
        Side::Client => IdleEnd::ClientFin,
    };
    let moment = Moment {
        frame: first.frame,
        ns: first.ns,
    };
    (moment, ended_by)
}

fn rest(since: (u64, u64, i64, Option<u64>), to_frame: u64, to_ns: i64, ended_by: IdleEnd) -> Option<IdlePeriod> {
    let (after, from_frame, from_ns, announced_s) = since;
    let ns = to_ns.saturating_sub(from_ns);
    (ns >= SHORTEST_NS).then(|| IdlePeriod {
        after,
        from_frame,
        to_frame,
        ns: ns.unsigned_abs(),
        announced_s,
        ended_by,
    })
}
