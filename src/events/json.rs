//! An event as a line of JSON. The fields are described in `docs/events.md`; whoever adds one adds it there.
//!
//! Written by hand: at full rate an exchange makes three lines, and they may cost a microsecond together.

use super::{Close, Event, Head, Reply, Story, Traffic};
use crate::connection::{State, Who};
use crate::http::{Version, text};
use crate::profile::Style;
use std::io::Write;
use std::time::Duration;

/// The version of the format, in the first line of each run. It changes when a field changes its meaning or goes away.
pub(super) const FORMAT_VERSION: u32 = 1;

/// Writes one event as one line.
pub(super) fn line(
    (time, since_accept): (&[u8], Duration),
    (server, story): (&str, &Story),
    traffic: Traffic,
    event: &Event<'_>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"time\":\"");
    out.extend_from_slice(time);
    out.extend_from_slice(b"\",\"since_accept_ns\":");
    text::decimal(nanoseconds(since_accept), out);
    out.extend_from_slice(story.fields.get_or_init(|| fields_of_story(server, story)).as_bytes());
    number(out, "received", traffic.received);
    number(out, "sent", traffic.sent);
    word(out, "event", name(event));
    match event {
        Event::Accepted | Event::Reset => {}
        Event::Head(head) => head_fields(head, out),
        Event::Body { request, bytes, how } => {
            number(out, "request", *request);
            number(out, "bytes", *bytes);
            word(out, "how", how.key());
        }
        Event::Reply(reply) => reply_fields(reply, out),
        Event::Idle { ends_after } => match ends_after {
            Some(after) => number(out, "ends_after_ns", nanoseconds(*after)),
            None => out.extend_from_slice(b",\"ends_after_ns\":null"),
        },
        Event::Timer { reason } => word(out, "reason", reason.key()),
        Event::ClientFin { state } => word(out, "state", state_key(*state)),
        Event::Close(close) => close_fields(close, out),
        Event::End { close, requests, open } => {
            close_fields(close, out);
            number(out, "requests", *requests);
            number(out, "open_ns", nanoseconds(*open));
        }
    }
    out.extend_from_slice(b"}\n");
}

/// Writes that so many lines of `server` are missing here.
pub(super) fn dropped(time: &[u8], server: &str, lines: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"time\":\"");
    out.extend_from_slice(time);
    out.push(b'"');
    word(out, "server", server);
    word(out, "event", "dropped");
    number(out, "lines", lines as u64);
    out.extend_from_slice(b"}\n");
}

fn name(event: &Event<'_>) -> &'static str {
    match event {
        Event::Accepted => "accepted",
        Event::Head(_) => "head",
        Event::Body { .. } => "body",
        Event::Reply(_) => "reply",
        Event::Idle { .. } => "idle",
        Event::Timer { .. } => "timer",
        Event::ClientFin { .. } => "client-fin",
        Event::Reset => "reset",
        Event::Close(_) => "close",
        Event::End { .. } => "end",
    }
}

fn fields_of_story(server: &str, story: &Story) -> Box<str> {
    let mut out = Vec::new();
    word(&mut out, "server", server);
    number(&mut out, "connection", story.id);
    // A Vec takes every write.
    let _ = write!(out, ",\"local\":\"{}\",\"peer\":\"{}\"", story.local, story.peer);
    String::from_utf8_lossy(&out).into()
}

fn head_fields(head: &Head<'_>, out: &mut Vec<u8>) {
    number(out, "request", head.request);
    bytes(out, "method", head.method);
    bytes(out, "target", head.target);
    let version = match head.version {
        Version::Http09 => "0.9",
        Version::Http10 => "1.0",
        Version::Http11 => "1.1",
    };
    word(out, "version", version);
    number(out, "head_bytes", head.bytes as u64);
    if let Some(fault) = head.fault {
        word(out, "fault", fault.key());
    }
}

fn reply_fields(reply: &Reply<'_>, out: &mut Vec<u8>) {
    number(out, "request", reply.request);
    bytes(out, "method", reply.method);
    bytes(out, "target", reply.target);
    number(out, "status", reply.status.into());
    number(out, "head_bytes", reply.head_bytes);
    number(out, "body_bytes", reply.body_bytes);
    out.extend_from_slice(if reply.complete {
        b",\"complete\":true"
    } else {
        b",\"complete\":false"
    });
}

fn close_fields(close: &Close, out: &mut Vec<u8>) {
    let who = match close.reason.who() {
        Who::Server => "server",
        Who::Client => "client",
    };
    word(out, "who", who);
    word(out, "reason", close.reason.key());
    word(out, "style", style_key(close.style));
    word(out, "state", state_key(close.state));
}

fn style_key(style: Style) -> &'static str {
    match style {
        Style::Fin => "fin",
        Style::Close => "close",
        Style::Linger => "linger",
        Style::Rst => "rst",
        Style::Hold => "hold",
    }
}

fn state_key(state: State) -> &'static str {
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

fn key(out: &mut Vec<u8>, key: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

fn number(out: &mut Vec<u8>, name: &str, value: u64) {
    key(out, name);
    text::decimal(value, out);
}

/// A field whose value needs no escapes but may be a profile's name.
fn word(out: &mut Vec<u8>, name: &str, value: &str) {
    bytes(out, name, value.as_bytes());
}

/// Bytes of the wire, each as the character of its number (ISO 8859-1), so that none is lost.
fn bytes(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    key(out, name);
    out.push(b'"');
    for &byte in value {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            0..=0x7f => {
                // A Vec takes every write.
                let _ = write!(out, "\\u{byte:04x}");
            }
            0x80.. => out.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes()),
        }
    }
    out.push(b'"');
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
