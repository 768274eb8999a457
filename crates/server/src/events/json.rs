//! An event as a line of JSON. `docs/events.md` describes the fields. A new field must be added there, too.
//!
//! The JSON is written by hand: at full rate an exchange produces three lines, which may cost a microsecond together.
//! The detail of the live stream has a budget, so it may cost more.

use super::{Close, ConnectionMeta, Detail, DroppedRequest, Event, Head, Reply, Rule, Traffic};
use labserve_core::close_reason::Who;
use labserve_core::conn::State;
use labserve_core::http1::{Version, text};
use labserve_core::locale::Lang;
use labserve_core::profile::CloseStyle;
use std::io::Write;
use std::time::Duration;

/// The version of the format, in the first line of each run. It changes when a field is removed or changes its
/// meaning.
pub(super) const FORMAT_VERSION: u32 = 1;

/// The longest part of a head that is written, in bytes.
const LARGEST_HEAD: usize = 64 << 10;

/// What a line contains in addition to its event.
pub(super) struct Line<'a> {
    /// The wall-clock time, as text.
    pub(super) time: &'a [u8],
    /// The time since the connection was accepted.
    pub(super) since_accept: Duration,
    /// The name of the server.
    pub(super) server: &'a str,
    /// The connection.
    pub(super) meta: &'a ConnectionMeta,
    /// The bytes in each direction so far.
    pub(super) traffic: Traffic,
    /// Whether the line is for the live stream, which has more detail.
    pub(super) live: bool,
}

/// Writes one event as one line.
pub(super) fn write_line(line: &Line<'_>, event: &Event<'_>, out: &mut Vec<u8>) {
    let Line { meta, live, .. } = *line;
    out.extend_from_slice(b"{\"time\":\"");
    out.extend_from_slice(line.time);
    out.extend_from_slice(b"\",\"since_accept_ns\":");
    text::decimal(nanoseconds(line.since_accept), out);
    let fields = meta.fields.get_or_init(|| connection_fields(line.server, meta));
    out.extend_from_slice(fields.as_bytes());
    number(out, b",\"received\":", line.traffic.received);
    number(out, b",\"sent\":", line.traffic.sent);
    word(out, b",\"event\":\"", name(event));
    match event {
        Event::Accepted { queued: true } => out.extend_from_slice(b",\"queued\":true"),
        Event::Accepted { queued: false } | Event::Reset => {}
        Event::Head(head) => {
            head_fields(head, out);
            if live {
                raw(head.raw, out);
            }
        }
        Event::Rule(rule) => rule_fields(rule, out),
        Event::Held { name, request } => {
            number(out, b",\"request\":", *request);
            hold_field(name, out);
        }
        Event::Body { request, bytes, how } => {
            number(out, b",\"request\":", *request);
            number(out, b",\"bytes\":", *bytes);
            word(out, b",\"how\":\"", how.key());
        }
        Event::Reply(reply) => {
            reply_fields(reply, out);
            if let Some(detail) = reply.detail.filter(|_| live) {
                detail_fields(meta, detail, out);
            }
        }
        Event::DroppedRequest(dropped) => dropped_fields(dropped, out),
        Event::Idle { ends_after } => match ends_after {
            Some(after) => number(out, b",\"ends_after_ns\":", nanoseconds(*after)),
            None => out.extend_from_slice(b",\"ends_after_ns\":null"),
        },
        Event::Timer { reason } => word(out, b",\"reason\":\"", reason.key()),
        Event::OtherProtocol(protocol) => {
            word(out, b",\"protocol\":\"", protocol.key());
            word(out, b",\"words\":\"", protocol.text(Lang::En));
        }
        Event::ClientFin { state } => word(out, b",\"state\":\"", state_key(*state)),
        Event::Close(close) => close_fields(*close, out),
        Event::End {
            close,
            requests,
            unread,
        } => {
            close_fields(*close, out);
            number(out, b",\"requests\":", *requests);
            number(out, b",\"open_ns\":", nanoseconds(line.since_accept));
            if *unread {
                out.extend_from_slice(b",\"unread\":true");
            }
        }
    }
    if let (true, Event::Close(close) | Event::End { close, .. }) = (live, event) {
        word(out, b",\"words\":\"", close.reason.words());
    }
    out.extend_from_slice(b"}\n");
}

/// Writes that `lines` lines of `server` are missing at this point.
pub(super) fn write_dropped(time: &[u8], server: &str, lines: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"time\":\"");
    out.extend_from_slice(time);
    out.push(b'"');
    bytes(out, b",\"server\":\"", server.as_bytes());
    word(out, b",\"event\":\"", "dropped");
    number(out, b",\"lines\":", lines as u64);
    out.extend_from_slice(b"}\n");
}

/// The name of an event in lines.
pub(super) fn name(event: &Event<'_>) -> &'static str {
    match event {
        Event::Accepted { .. } => "accepted",
        Event::Head(_) => "head",
        Event::Rule(_) => "rule",
        Event::Held { .. } => "held",
        Event::Body { .. } => "body",
        Event::Reply(_) => "reply",
        Event::DroppedRequest(_) => "dropped_request",
        Event::Idle { .. } => "idle",
        Event::Timer { .. } => "timer",
        Event::OtherProtocol(_) => "other-protocol",
        Event::ClientFin { .. } => "client-fin",
        Event::Reset => "reset",
        Event::Close(_) => "close",
        Event::End { .. } => "end",
    }
}

fn connection_fields(server: &str, meta: &ConnectionMeta) -> Box<str> {
    let mut out = Vec::new();
    bytes(&mut out, b",\"server\":\"", server.as_bytes());
    number(&mut out, b",\"connection\":", meta.id);
    // Writing to a Vec cannot fail.
    let _ = write!(out, ",\"local\":\"{}\",\"peer\":\"{}\"", meta.local, meta.peer);
    String::from_utf8_lossy(&out).into()
}

fn head_fields(head: &Head<'_>, out: &mut Vec<u8>) {
    number(out, b",\"request\":", head.request);
    bytes(out, b",\"method\":\"", head.method);
    bytes(out, b",\"target\":\"", head.target);
    let version = match head.version {
        Version::Http09 => "0.9",
        Version::Http10 => "1.0",
        Version::Http11 => "1.1",
    };
    word(out, b",\"version\":\"", version);
    number(out, b",\"head_bytes\":", head.bytes as u64);
    if let Some(fault) = head.fault {
        word(out, b",\"fault\":\"", fault.key());
    }
}

fn rule_fields(rule: &Rule<'_>, out: &mut Vec<u8>) {
    number(out, b",\"request\":", rule.request);
    // A name is text in UTF-8, not bytes from the wire.
    out.extend_from_slice(b",\"rule\":");
    json_value(&rule.name, out);
    number(out, b",\"number\":", rule.number);
    if let Some(hold) = rule.hold {
        hold_field(hold, out);
    }
}

/// The name that releases what is held.
fn hold_field(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"hold\":");
    json_value(&name, out);
}

fn reply_fields(reply: &Reply<'_>, out: &mut Vec<u8>) {
    number(out, b",\"request\":", reply.request);
    bytes(out, b",\"method\":\"", reply.method);
    bytes(out, b",\"target\":\"", reply.target);
    number(out, b",\"status\":", reply.status.into());
    number(out, b",\"head_bytes\":", reply.head_bytes);
    number(out, b",\"body_bytes\":", reply.body_bytes);
    if reply.complete {
        out.extend_from_slice(b",\"complete\":true");
    } else {
        number(out, b",\"complete\":false,\"total_bytes\":", reply.total_bytes);
    }
}

fn dropped_fields(dropped: &DroppedRequest<'_>, out: &mut Vec<u8>) {
    number(out, b",\"request\":", dropped.request);
    number(out, b",\"bytes\":", dropped.bytes);
    if let Some(line) = dropped.line {
        bytes(out, b",\"line\":\"", &line[..line.len().min(LARGEST_HEAD)]);
    }
    word(out, b",\"where\":\"", dropped.place.key());
}

fn raw(head: &[u8], out: &mut Vec<u8>) {
    bytes(out, b",\"raw\":\"", &head[..head.len().min(LARGEST_HEAD)]);
    if head.len() > LARGEST_HEAD {
        out.extend_from_slice(b",\"raw_cut\":true");
    }
}

fn detail_fields(meta: &ConnectionMeta, detail: &Detail<'_>, out: &mut Vec<u8>) {
    raw(detail.raw, out);
    out.extend_from_slice(b",\"writes\":");
    for (number, cut) in detail.cuts.first.iter().enumerate() {
        out.push(if number == 0 { b'[' } else { b',' });
        out.push(b'[');
        text::decimal(nanoseconds(cut.at.saturating_duration_since(meta.accepted)), out);
        out.push(b',');
        text::decimal(cut.bytes as u64, out);
        out.push(b']');
    }
    out.extend_from_slice(if detail.cuts.first.is_empty() { b"[]" } else { b"]" });
    if detail.cuts.more > 0 {
        number(out, b",\"writes_more\":", detail.cuts.more as u64);
    }
    out.extend_from_slice(b",\"file\":");
    json_value(&detail.file, out);
    out.extend_from_slice(b",\"why\":");
    json_value(&detail.why, out);
}

/// Writes a value whose strings are Unicode.
fn json_value(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    // Serializing a string or a list of strings cannot fail.
    let json = serde_json::to_string(value).unwrap_or_default();
    out.extend_from_slice(text::printable_json(&json).as_bytes());
}

fn close_fields(close: Close, out: &mut Vec<u8>) {
    word(out, b",\"who\":\"", who_key(close.who));
    word(out, b",\"reason\":\"", close.reason.key());
    word(out, b",\"style\":\"", style_key(close.style));
    word(out, b",\"state\":\"", state_key(close.state));
}

pub(super) fn who_key(who: Who) -> &'static str {
    match who {
        Who::Server => "server",
        Who::Client => "client",
    }
}

pub(super) fn style_key(style: CloseStyle) -> &'static str {
    match style {
        CloseStyle::Fin => "fin",
        CloseStyle::Close => "close",
        CloseStyle::Linger => "linger",
        CloseStyle::Rst => "rst",
        CloseStyle::Hold => "hold",
        CloseStyle::HalfClose => "half-close",
    }
}

/// The name of a state in lines.
pub fn state_key(state: State) -> &'static str {
    match state {
        State::Unused => "unused",
        State::Line => "line",
        State::Head => "head",
        State::Exchange => "exchange",
        State::Idle => "idle",
        State::Blank => "blank",
        State::Closing => "closing",
    }
}

/// A field with a number. `before` is everything up to the number.
fn number(out: &mut Vec<u8>, before: &[u8], value: u64) {
    out.extend_from_slice(before);
    text::decimal(value, out);
}

/// A field with a word of this program, which needs no escapes. `before` is everything up to the word.
fn word(out: &mut Vec<u8>, before: &[u8], value: &str) {
    out.extend_from_slice(before);
    out.extend_from_slice(value.as_bytes());
    out.push(b'"');
}

/// A field with bytes from the wire. Each byte becomes the character with its number (ISO 8859-1), so that none is
/// lost. `before` is everything up to the bytes.
fn bytes(out: &mut Vec<u8>, before: &[u8], value: &[u8]) {
    out.extend_from_slice(before);
    if value
        .iter()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
    {
        out.extend_from_slice(value);
    } else {
        escaped(value, out);
    }
    out.push(b'"');
}

fn escaped(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            0..=0x7f => {
                // Writing to a Vec cannot fail.
                let _ = write!(out, "\\u{byte:04x}");
            }
            // C1 control characters.
            0x80..=0x9f => {
                let _ = write!(out, "\\u{byte:04x}");
            }
            0xa0.. => out.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes()),
        }
    }
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
