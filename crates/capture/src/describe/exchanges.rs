//! What went over a connection: exchanges and the rests between them.

use crate::model::{
    Arg, BodyEnd, Burst, Connection, Exchange, IdleEnd, IdlePeriod, Message, Shortfall, Side, Validator,
};
use crate::say::{Msg, Said};

/// One step of a connection's course.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// An exchange.
    Exchange {
        /// Its number on the connection.
        number: u64,
        /// Request and status.
        headline: Said,
        /// The rest.
        details: Vec<Said>,
    },
    /// A rest.
    Idle(Said),
    /// Exchanges that are not listed.
    LeftOut(Said),
}

/// A rest before the first request that is shorter says nothing.
const WORTH_TELLING_NS: u64 = 1_000_000_000;
/// How many bursts are written out.
const BURSTS: usize = 8;
/// How many segments of a burst are written out.
const SEGMENTS: usize = 6;

/// Tells the course of a connection, in order.
pub fn course(connection: &Connection) -> Vec<Step> {
    let rests_after = |number: u64| {
        let rests = connection.rests.iter().filter(move |rest| rest.after == number);
        rests
            .filter(|rest| rest.after > 0 || (rest.ended_by == IdleEnd::Request && rest.ns >= WORTH_TELLING_NS))
            .map(|rest| Step::Idle(self::rest(rest)))
    };
    let mut steps: Vec<Step> = rests_after(0).collect();
    for exchange in &connection.exchanges {
        steps.push(Step::Exchange {
            number: exchange.number,
            headline: headline(exchange),
            details: details(exchange),
        });
        steps.extend(rests_after(exchange.number));
    }
    if connection.exchanges_left_out > 0 {
        steps.push(Step::LeftOut(
            Said::new(Msg::MoreExchanges).with("count", connection.exchanges_left_out),
        ));
    }
    steps
}

fn headline(exchange: &Exchange) -> Said {
    let line = |message: &Option<Message>| match message {
        Some(message) if !message.head.first_line().is_empty() => Some(message.head.first_line().to_owned()),
        _ => None,
    };
    let frames = [&exchange.request, &exchange.response].into_iter().flatten();
    let frames: Vec<u64> = frames
        .flat_map(|message| [message.frames.first, message.frames.last])
        .collect();
    let mut frames_once = frames.clone();
    frames_once.dedup();
    let said = Said::new(Msg::ExchangeLine)
        .with("number", exchange.number)
        .by(frames_once);
    let said = match line(&exchange.request) {
        Some(line) => said.with("request", line),
        None => said.with("request", crate::model::Arg::Message(Msg::RequestNotCaptured)),
    };
    match line(&exchange.response) {
        Some(line) => said.with(
            "status",
            line.split_once(' ')
                .map_or(line.clone(), |(_, status)| status.to_owned()),
        ),
        None => said.with("status", crate::model::Arg::Message(Msg::NoResponse)),
    }
}

fn details(exchange: &Exchange) -> Vec<Said> {
    let mut lines = Vec::new();
    if let Some(request) = &exchange.request {
        lines.push(size(Msg::RequestSize, request));
        lines.extend(shortfall(request, Side::Client));
        lines.extend(how_sent(request).filter(|_| request.bursts.len() > 1));
    }
    if exchange.pipelined {
        lines.push(Said::new(Msg::Pipelined));
    }
    lines.extend(
        exchange
            .interim
            .iter()
            .map(|(status, frame)| Said::new(Msg::Interim).with("status", u64::from(*status)).by([*frame])),
    );
    let Some(response) = &exchange.response else {
        return lines;
    };
    lines.push(size(Msg::ResponseSize, response));
    match exchange.first_byte_ns {
        Some(ns) if ns >= 0 => {
            let last = exchange
                .request
                .as_ref()
                .map_or(0, |request| response.ended_ns.saturating_sub(request.ended_ns));
            lines.push(
                Said::new(Msg::FirstByte)
                    .with("first_byte", Arg::ns(ns))
                    .with("last_byte", Arg::ns(last)),
            );
        }
        Some(ns) => lines.push(Said::new(Msg::FirstByteEarly).with("early", Arg::ns(-ns))),
        None => {}
    }
    lines.extend(how_sent(response));
    lines.extend(range(exchange, response));
    lines.extend(exchange.validator.as_ref().map(validator));
    match response.body_end {
        BodyEnd::Close => lines.push(Said::new(Msg::BodyToClose)),
        BodyEnd::Chunks => lines.push(Said::new(Msg::BodyInChunks)),
        BodyEnd::Tunnel => lines.push(Said::new(Msg::BecomesTunnel)),
        BodyEnd::NoBody | BodyEnd::Length => {}
    }
    lines.extend(shortfall(response, Side::Server));
    lines
}

fn size(msg: Msg, message: &Message) -> Said {
    Said::new(msg)
        .with("bytes", message.bytes())
        .with("head", message.head_bytes)
        .with("body", message.body_bytes)
        .with("next_seq", message.next_seq)
}

fn how_sent(message: &Message) -> Option<Said> {
    let segments: u64 = message.bursts.iter().map(|burst| burst.count).sum();
    if segments < 2 {
        return None;
    }
    let count = message.bursts.len() as u64 + message.bursts_left_out;
    let msg = if count == 1 { Msg::InOneBurst } else { Msg::InBursts };
    let shown: Vec<String> = message.bursts.iter().take(BURSTS).map(burst).collect();
    let mut text = shown.join(" | ");
    if count > BURSTS as u64 {
        text.push_str(" | ...");
    }
    let frames = message.bursts.iter().take(BURSTS).map(|burst| burst.frames.last);
    Some(Said::new(msg).with("count", count).with("bursts", text).by(frames))
}

/// A burst as the report writes it: `65417+476`.
pub fn burst(burst: &Burst) -> String {
    let mut text: Vec<String> = burst.segments.iter().take(SEGMENTS).map(u32::to_string).collect();
    if burst.count > text.len() as u64 {
        text.push("...".to_owned());
        return format!("{} = {} / {}", text.join("+"), burst.bytes, burst.count);
    }
    text.join("+")
}

fn range(exchange: &Exchange, response: &Message) -> Option<Said> {
    let asked = exchange.request.as_ref()?.head.field("range")?;
    match response.head.status() {
        206 => Some(
            Said::new(Msg::RangeServed).with("range", asked).with(
                "content_range",
                response
                    .head
                    .field("content-range")
                    .or(response.head.field("content-type"))
                    .unwrap_or("-"),
            ),
        ),
        200 => Some(Said::new(Msg::RangeNotServed).with("range", asked)),
        _ => None,
    }
}

fn validator(validator: &Validator) -> Said {
    match validator {
        Validator::Etag { sent } => Said::new(Msg::NotModifiedByEtag).with("sent", sent.as_str()),
        Validator::Date { sent } => Said::new(Msg::NotModifiedByDate).with("sent", sent.as_str()),
        Validator::None => Said::new(Msg::NotModifiedByNothing),
    }
}

fn shortfall(message: &Message, by: Side) -> impl Iterator<Item = Said> {
    let cut = match (message.shortfall, message.content_length) {
        (None, _) => None,
        (Some(Shortfall::CutShort), _) if !message.head_complete => Some(Said::new(Msg::HeadCutShort)),
        (Some(Shortfall::CutShort), Some(want)) => Some(
            Said::new(Msg::CutShort)
                .with("got", message.body_bytes)
                .with("want", want)
                .with("side", by),
        ),
        (Some(Shortfall::CutShort), None) => Some(Said::new(Msg::CutShortUnknown)),
        (Some(Shortfall::Reset), _) => Some(Said::new(Msg::BrokenOff).with("got", message.body_bytes)),
        (Some(Shortfall::CaptureEnds), _) => Some(Said::new(Msg::NotAllCaptured)),
    };
    let unseen = (message.unseen_bytes > 0).then(|| Said::new(Msg::BytesUnseen).with("count", message.unseen_bytes));
    cut.map(|said| said.by([message.frames.last])).into_iter().chain(unseen)
}

fn rest(rest: &IdlePeriod) -> Said {
    let msg = match (rest.ended_by, rest.announced_s) {
        (IdleEnd::Request, _) if rest.after == 0 => Msg::IdleBeforeFirst,
        (IdleEnd::Request, _) => Msg::IdleToRequest,
        (IdleEnd::ServerFin, None) => Msg::IdleToServerFin,
        (IdleEnd::ServerFin, Some(_)) => Msg::IdleToServerFinAnnounced,
        (IdleEnd::ClientFin, None) => Msg::IdleToClientFin,
        (IdleEnd::ClientFin, Some(_)) => Msg::IdleToClientFinAnnounced,
        (IdleEnd::Reset, _) => Msg::IdleToReset,
        (IdleEnd::CaptureEnds, None) => Msg::IdleToCaptureEnd,
        (IdleEnd::CaptureEnds, Some(_)) => Msg::IdleToCaptureEndAnnounced,
    };
    let said = Said::new(msg)
        .with("idle", Arg::ns(rest.ns))
        .by([rest.from_frame, rest.to_frame]);
    match rest.announced_s {
        Some(announced) => said.with("announced", announced),
        None => said,
    }
}
