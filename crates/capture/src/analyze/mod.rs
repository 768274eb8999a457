//! From what was read of one connection to what it means: rests, validators, why it ended.
//!
//! Pure functions of facts. Knows nothing of files, segments or other connections.

mod idle;
mod reason;

pub(super) use reason::agrees;

use super::model::{
    Args, Connection, EndReason, Exchange, Message, Note, NoteKind, Role, Side, Teardown, Usage, Validator,
};
use super::tcp::Reading;
use std::net::SocketAddr;

/// What a whole capture knows that its connections need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The time of its last frame, in nanoseconds since 1970.
    pub(super) last_ns: i64,
    /// The number of its last frame.
    pub(super) last_frame: u64,
}

/// Makes a connection of what was read.
pub(super) fn connection(
    stream: u32,
    ends: [SocketAddr; 2],
    mut reading: Reading,
    ports: &[u16],
    capture: Frame,
) -> Connection {
    let (client, role) = reading.client(likely_client(&ends, ports));
    let foreign = [client, 1 - client].map(|end| reading.conversation.foreign(end));
    let (is_http, is_unused) = (reading.conversation.is_http(), reading.is_blank());
    let (mut exchanges, exchanges_left_out) = reading.conversation.finish();
    exchanges.iter_mut().for_each(conclude);
    let mut end = reading.end(client, capture.last_ns);
    let handshake = reading.handshake(client);
    let usage = match () {
        () if is_http => Usage::Http,
        () if !is_unused => Usage::Other,
        () if end.goodbye == Teardown::NeverOpened => Usage::NotOpened,
        () => Usage::Unused,
    };
    let (first, last) = reading.span();
    let (frames, frames_left_out) = reading.frames(client);
    let rests = idle::rests(&exchanges, &handshake, &end, first, capture);
    end.reason = reason::reason(usage, &exchanges, &rests, &end);
    Connection {
        stream,
        client: ends[client],
        server: ends[1 - client],
        role,
        first_frame: first.frame,
        last_frame: last.frame,
        first_ns: first.ns,
        last_ns: last.ns,
        usage,
        notes: notes(&reading, role, usage, foreign, exchanges_left_out),
        handshake,
        exchanges,
        exchanges_left_out,
        rests,
        end,
        client_sent: reading.traffic(client, Side::Client),
        server_sent: reading.traffic(client, Side::Server),
        troubles: reading.troubles(client),
        frames,
        frames_left_out,
    }
}

/// FingerprintDescription again at a connection that carries no HTTP/1.x and leads to a server that speaks it elsewhere in the capture:
/// what begins like a request is one, be it never so short, and what does not the server cannot have read as one.
pub(super) fn at_a_server(connection: &mut Connection) {
    if connection.usage != Usage::Other {
        return;
    }
    if !connection.exchanges.is_empty() {
        connection.usage = Usage::Http;
    } else if connection.end.by == Some(Side::Server) && connection.role == Role::Syn && connection.notes.is_empty() {
        connection.end.reason = EndReason::NoRequest;
    }
}

/// The end that is the client if nothing tells: the one without a port that was asked for, or with the higher one.
fn likely_client(ends: &[SocketAddr; 2], ports: &[u16]) -> usize {
    match ends.map(|end| ports.contains(&end.port())) {
        [true, false] => 1,
        [false, true] => 0,
        _ => usize::from(ends[0].port() < ends[1].port()),
    }
}

fn notes(reading: &Reading, role: Role, usage: Usage, foreign: [u64; 2], exchanges_left_out: u64) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |kind, args| {
        notes.push(Note {
            kind,
            args,
            frames: Vec::new(),
        });
    };
    let (missing, cut) = reading.losses();
    if role != Role::Syn {
        note(NoteKind::BeginsMidway, Args::default());
    }
    if missing > 0 {
        note(NoteKind::BytesMissing, Args::default().with("count", missing));
    }
    if cut > 0 {
        note(NoteKind::PayloadsCut, Args::default().with("count", cut));
    }
    for (side, bytes) in [(Side::Client, foreign[0]), (Side::Server, foreign[1])] {
        if usage == Usage::Http && bytes > 0 {
            note(
                NoteKind::NotHttp,
                Args::default().with("count", bytes).with("side", side),
            );
        }
    }
    if exchanges_left_out > 0 {
        note(
            NoteKind::TooManyExchanges,
            Args::default().with("count", exchanges_left_out),
        );
    }
    notes
}

/// What can be told of an exchange once both of its messages are there.
fn conclude(exchange: &mut Exchange) {
    let (Some(request), Some(response)) = (&exchange.request, &exchange.response) else {
        return;
    };
    exchange.first_byte_ns = Some(response.begun_ns.saturating_sub(request.ended_ns));
    if response.head.status() == 304 {
        exchange.validator = Some(validator(request, response));
    }
}

/// Why a response could be 304 (RFC 9110 section 13.2.2: If-None-Match goes before If-Modified-Since).
fn validator(request: &Message, response: &Message) -> Validator {
    if let Some(sent) = request.head.field("if-none-match") {
        return Validator::Etag {
            sent: response.head.field("etag").unwrap_or(sent).to_owned(),
        };
    }
    match request.head.field("if-modified-since") {
        Some(sent) => Validator::Date { sent: sent.to_owned() },
        None => Validator::None,
    }
}
