//! The exchanges of a connection and the idle periods between them.

use crate::model::{
    Arg, BodyEnd, Burst, Connection, Exchange, IdleEnd, IdlePeriod, Message, Shortfall, Side, Validator,
};
use crate::sentence::{Msg, Sentence};

/// One step in the course of a connection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// An exchange.
    Exchange {
        /// Number of the exchange on its connection.
        number: u64,
        /// Request line and status.
        headline: Sentence,
        /// Everything else about it.
        details: Vec<Sentence>,
    },
    /// An idle period.
    Idle(Sentence),
    /// What the connection carries besides HTTP/1.x.
    Carried(Sentence),
    /// Exchanges that are not listed.
    LeftOut(Sentence),
}

/// How many bursts are written out.
const BURSTS: usize = 8;
/// How many segments of a burst are written out.
const SEGMENTS: usize = 6;

/// Describes the course of a connection, in order.
pub(super) fn steps(connection: &Connection) -> Vec<Step> {
    let idle_after = |number: u64| {
        let periods = connection.idle_periods.iter().filter(move |idle| idle.after == number);
        periods
            .filter(|idle| idle.after > 0 || is_before_message(idle))
            .map(|idle| Step::Idle(idle_period(idle, connection.completeness.opening)))
    };
    let mut steps: Vec<Step> = idle_after(0).collect();
    for exchange in &connection.exchanges {
        steps.push(Step::Exchange {
            number: exchange.number,
            headline: headline(exchange),
            details: details(exchange),
        });
        steps.extend(idle_after(exchange.number));
    }
    if connection.exchanges_left_out > 0 {
        steps.push(Step::LeftOut(
            Sentence::new(Msg::MoreExchanges).with("count", connection.exchanges_left_out),
        ));
    }
    let carried = connection.carried.iter().flat_map(super::carried);
    steps.extend(carried.map(Step::Carried));
    steps
}

fn headline(exchange: &Exchange) -> Sentence {
    let line = |message: &Option<Message>| match message {
        Some(message) if !message.head.first_line().is_empty() => Some(message.head.first_line().to_owned()),
        _ => None,
    };
    let messages = [&exchange.request, &exchange.response].into_iter().flatten();
    let mut frames: Vec<u64> = messages
        .flat_map(|message| [message.frames.first, message.frames.last])
        .collect();
    frames.dedup();
    let sentence = Sentence::new(Msg::ExchangeLine)
        .with("number", exchange.number)
        .with_frames(frames);
    let sentence = match line(&exchange.request) {
        Some(line) => sentence.with("request", line),
        None => sentence.with_message("request", no_request(exchange)),
    };
    match line(&exchange.response) {
        Some(line) => sentence.with(
            "status",
            line.split_once(' ')
                .map_or(line.clone(), |(_, status)| status.to_owned()),
        ),
        None => sentence.with_message("status", no_response(exchange)),
    }
}

/// What is written instead of the request line, if that was not captured or not sent.
pub(crate) fn no_request(exchange: &Exchange) -> Msg {
    match exchange.request {
        Some(_) => Msg::HeadNotKept,
        None if exchange.unpaired => Msg::RequestUnknown,
        None if exchange.request_lost => Msg::RequestNotCaptured,
        None => Msg::NoRequest,
    }
}

/// What is written instead of the status line, if that was not captured or not sent.
pub(crate) fn no_response(exchange: &Exchange) -> Msg {
    match &exchange.response {
        Some(response) if response.head_bytes > 0 => Msg::HeadNotKept,
        Some(_) => Msg::ResponseHeadNotCaptured,
        None if exchange.response_start_lost => Msg::ResponseStartNotCaptured,
        None if exchange.response_lost => Msg::ResponseNotCaptured,
        None => Msg::NoResponse,
    }
}

fn details(exchange: &Exchange) -> Vec<Sentence> {
    let mut lines = Vec::new();
    if let Some(request) = &exchange.request {
        lines.push(size(Side::Client, request));
        lines.extend(super::measures::throughput(request));
        lines.extend(shortfall(request, Side::Client));
        lines.extend(how_sent(request).filter(|_| request.bursts.len() > 1));
    }
    if exchange.pipelined {
        lines.push(Sentence::new(Msg::Pipelined));
    }
    lines.extend(exchange.interim.iter().map(|(status, frame)| {
        Sentence::new(Msg::Interim)
            .with("status", u64::from(*status))
            .with_frames([*frame])
    }));
    let Some(response) = &exchange.response else {
        return lines;
    };
    lines.push(size(Side::Server, response));
    lines.extend(timing(exchange, response));
    lines.extend(super::measures::throughput(response));
    lines.extend(super::timing::split(exchange));
    lines.extend(how_sent(response));
    lines.extend(range(exchange, response));
    lines.extend(exchange.validator.as_ref().map(validator));
    match response.body_end {
        BodyEnd::Close => lines.push(Sentence::new(Msg::BodyToClose)),
        BodyEnd::Chunks => lines.push(Sentence::new(Msg::BodyInChunks)),
        BodyEnd::Tunnel => lines.push(Sentence::new(Msg::BecomesTunnel)),
        BodyEnd::Unknown => lines.push(Sentence::new(Msg::BodyUnknown)),
        BodyEnd::NoBody | BodyEnd::Length => {}
    }
    lines.extend(shortfall(response, Side::Server));
    lines
}

fn size(by: Side, message: &Message) -> Sentence {
    // Where the head ends is not known if the snap length cut it off.
    Sentence::new(match (by, message.body_end) {
        (Side::Client, BodyEnd::Unknown) => Msg::RequestSizeAlone,
        (Side::Client, _) => Msg::RequestSize,
        (Side::Server, BodyEnd::Unknown) => Msg::ResponseSizeAlone,
        (Side::Server, _) => Msg::ResponseSize,
    })
    .with("bytes", message.bytes())
    .with("head", message.head_bytes)
    .with("body", message.body_bytes)
    .with("next_seq", message.next_seq)
}

/// When the response came, relative to the end of the request.
fn timing(exchange: &Exchange, response: &Message) -> Option<Sentence> {
    let first_byte = exchange.first_byte_ns?;
    if first_byte < 0 {
        return Some(Sentence::new(Msg::FirstByteEarly).with("early", Arg::ns(-first_byte)));
    }
    let request = exchange.request.as_ref();
    let last_byte = request.map_or(0, |request| response.ended_ns.saturating_sub(request.ended_ns));
    let is_whole = response.unseen_bytes == 0 && response.shortfall != Some(Shortfall::CaptureEnds);
    if is_whole && first_byte == last_byte {
        return Some(Sentence::new(Msg::AllAtOnce).with("after", Arg::ns(first_byte)));
    }
    Some(
        Sentence::new(if is_whole {
            Msg::FirstByte
        } else {
            Msg::FirstByteCaptured
        })
        .with("first_byte", Arg::ns(first_byte))
        .with("last_byte", Arg::ns(last_byte)),
    )
}

/// The bursts of a message, if it has several segments.
fn how_sent(message: &Message) -> Option<Sentence> {
    let segments: u64 = message.bursts.iter().map(|burst| burst.count).sum();
    if segments < 2 || !message.bursts_show_sending() {
        return None;
    }
    let count = message.bursts.len() as u64 + message.bursts_left_out;
    let is_spread = message.bursts.iter().any(Burst::is_spread);
    let msg = match (count, is_spread) {
        (1, false) => Msg::InOneBurst,
        (1, true) => Msg::WithOnePush,
        (_, false) => Msg::InBursts,
        (_, true) => Msg::WithPushes,
    };
    let shown: Vec<String> = message.bursts.iter().take(BURSTS).map(burst).collect();
    let mut text = shown.join(" | ");
    if count > BURSTS as u64 {
        text.push_str(" | ...");
    }
    let frames = message.bursts.iter().take(BURSTS).map(|burst| burst.frames.last);
    Some(
        Sentence::new(msg)
            .with("count", count)
            .with("bursts", text)
            .with_frames(frames)
            .of_frames(count),
    )
}

/// The segments of a burst in bytes: `65417+476`. With too many segments: the first ones, the sum and the number.
pub(crate) fn burst(burst: &Burst) -> String {
    let mut text: Vec<String> = burst.segments.iter().take(SEGMENTS).map(u32::to_string).collect();
    if burst.count > text.len() as u64 {
        text.push("...".to_owned());
        return format!("{} = {} ({}×)", text.join("+"), burst.bytes, burst.count);
    }
    text.join("+")
}

fn range(exchange: &Exchange, response: &Message) -> Option<Sentence> {
    let asked = exchange.request.as_ref()?.head.field("range")?;
    match response.head.status() {
        206 => Some(
            Sentence::new(Msg::RangeServed).with("range", asked).with(
                "content_range",
                // With several ranges, Content-Range is in the parts (RFC 9110 section 15.3.7.2).
                response
                    .head
                    .field("content-range")
                    .or(response.head.field("content-type"))
                    .unwrap_or("-"),
            ),
        ),
        200 => Some(Sentence::new(Msg::RangeNotServed).with("range", asked)),
        _ => None,
    }
}

fn validator(validator: &Validator) -> Sentence {
    match validator {
        Validator::Etag { sent } => Sentence::new(Msg::NotModifiedByEtag).with("sent", sent.as_str()),
        Validator::Date { sent } => Sentence::new(Msg::NotModifiedByDate).with("sent", sent.as_str()),
        Validator::None => Sentence::new(Msg::NotModifiedByNothing),
    }
}

/// Why a message is incomplete, and how many of its bytes were not captured.
fn shortfall(message: &Message, by: Side) -> impl Iterator<Item = Sentence> {
    let cut = match (message.shortfall, message.content_length) {
        (None, _) => None,
        (Some(Shortfall::CutShort), _) if !message.head_complete => Some(Sentence::new(Msg::HeadCutShort)),
        (Some(Shortfall::CutShort), Some(want)) => Some(
            Sentence::new(Msg::CutShort)
                .with("got", message.body_bytes)
                .with("want", want)
                .with("side", by),
        ),
        (Some(Shortfall::CutShort), None) => Some(Sentence::new(Msg::CutShortUnknown)),
        (Some(Shortfall::Reset), _) => Some(Sentence::new(Msg::BrokenOff).with("got", message.body_bytes)),
        (Some(Shortfall::CaptureEnds), _) => Some(Sentence::new(Msg::NotAllCaptured)),
    };
    let unseen =
        (message.unseen_bytes > 0).then(|| Sentence::new(Msg::BytesUnseen).with("count", message.unseen_bytes));
    cut.map(|sentence| sentence.with_frames([message.frames.last]))
        .into_iter()
        .chain(unseen)
}

/// Whether a request or a response ended the idle period.
fn is_before_message(idle: &IdlePeriod) -> bool {
    matches!(idle.ended_by, IdleEnd::Request | IdleEnd::Response)
}

/// `opening`: whether the opening of the connection was captured.
fn idle_period(idle: &IdlePeriod, opening: bool) -> Sentence {
    let msg = match (idle.ended_by, idle.announced_s) {
        (IdleEnd::Request, _) if idle.after == 0 && !opening => Msg::IdleBeforeFirstCaptured,
        (IdleEnd::Request, _) if idle.after == 0 => Msg::IdleBeforeFirst,
        (IdleEnd::Request, _) => Msg::IdleToRequest,
        (IdleEnd::Response, _) => Msg::IdleToResponse,
        (IdleEnd::ServerFin, None) if !idle.head_captured => Msg::IdleToServerFinUnknown,
        (IdleEnd::ServerFin, None) => Msg::IdleToServerFin,
        (IdleEnd::ServerFin, Some(_)) => Msg::IdleToServerFinAnnounced,
        (IdleEnd::ClientFin, None) => Msg::IdleToClientFin,
        (IdleEnd::ClientFin, Some(_)) => Msg::IdleToClientFinAnnounced,
        (IdleEnd::Reset, _) => Msg::IdleToReset,
        (IdleEnd::CaptureEnds, None) if !idle.head_captured => Msg::IdleToCaptureEndUnknown,
        (IdleEnd::CaptureEnds, None) => Msg::IdleToCaptureEnd,
        (IdleEnd::CaptureEnds, Some(_)) => Msg::IdleToCaptureEndAnnounced,
    };
    let sentence = Sentence::new(msg)
        .with("idle", Arg::ns(idle.ns))
        .with_frames([idle.from_frame, idle.to_frame]);
    match idle.announced_s {
        Some(announced) => sentence.with("announced", announced),
        None => sentence,
    }
}
