//! Derives what the data of one connection means: idle periods, validators, why the connection ended.
//!
//! Pure functions of one connection. `findings` makes the statements about several connections.

mod frames;
mod idle;
mod measures;
mod reason;
mod states;
mod timing;

pub(super) use reason::agrees;

use super::model::{
    Args, Completeness, Connection, ConnectionEnd, EndReason, Exchange, Handshake, HandshakeOutcome, Message, Note,
    NoteKind, RoleEvidence, Side, Teardown, Usage, Validator,
};
use super::tcp::{ConnectionTracker, FinishedStream, FrameTime};
use std::net::SocketAddr;

/// Up to when a connection could be seen.
#[derive(Clone, Copy)]
enum Until {
    /// The last frame of the capture.
    CaptureEnds(FrameTime),
    /// The SYN of the next connection between the same addresses and ports.
    Replaced(FrameTime),
}

impl Until {
    fn at(self) -> FrameTime {
        match self {
            Self::CaptureEnds(at) | Self::Replaced(at) => at,
        }
    }

    /// The last frame of the capture, if the connection could go on until then.
    fn capture_end(self) -> Option<FrameTime> {
        match self {
            Self::CaptureEnds(at) => Some(at),
            Self::Replaced(_) => None,
        }
    }
}

/// Analyzes a connection. `ports` are those of the filter, and `capture_end` is the last frame of the capture.
pub(super) fn connection(stream: FinishedStream, ports: &[u16], capture_end: FrameTime) -> Connection {
    let FinishedStream {
        index,
        endpoints,
        connection: mut tracker,
        replaced_by,
    } = stream;
    let until = replaced_by.map_or(Until::CaptureEnds(capture_end), Until::Replaced);
    let (client, role) = tracker.client(likely_client(&endpoints, ports));
    let foreign = [client, 1 - client].map(|endpoint| tracker.conversation.foreign_bytes(endpoint));
    let (is_http, is_blank) = (tracker.conversation.is_http(), tracker.is_blank());
    let mut carried = tracker.conversation.carried(client);
    let (exchanges, exchanges_left_out) = exchanges(&mut tracker, role);
    let handshake = tracker.handshake(client, until.capture_end().map(|at| at.ns));
    let mut end = end(&tracker, client, until, &handshake);
    let usage = match () {
        () if is_http => Usage::Http,
        () if !is_blank => Usage::Other,
        () => usage_without_bytes(&tracker, role, end.teardown),
    };
    if usage == Usage::Other {
        // Bytes that were first taken for the start of a request count too.
        let carried = carried.get_or_insert_default();
        carried.client_bytes = tracker.traffic(client, Side::Client).bytes;
        carried.server_bytes = tracker.traffic(client, Side::Server).bytes;
    }
    let (first, last) = tracker.span();
    let (frames, frames_left_out) = tracker.frames(client);
    // A connection without HTTP has no idle periods of HTTP.
    let idle_periods = match usage == Usage::Other && exchanges.is_empty() {
        true => Vec::new(),
        false => idle::idle_periods(&exchanges, &handshake, &end, &frames, first, until.capture_end()),
    };
    end.reason = match tracker.is_one_sided() || handshake.outcome == HandshakeOutcome::CaptureEnds {
        // The reason depends on frames of the other side that were not captured.
        true => EndReason::Unknown,
        false => reason::reason(
            usage,
            is_end_known(&tracker, client, &exchanges),
            &exchanges,
            &idle_periods,
            &end,
        ),
    };
    let handshake_seen = handshake.clone();
    let mut connection = Connection {
        stream: index,
        client: endpoints[client],
        server: endpoints[1 - client],
        role,
        completeness: Completeness {
            opening: role == RoleEvidence::Syn,
            both_sides: !tracker.is_one_sided(),
            every_byte: tracker.missing_bytes() == 0,
            whole_payloads: tracker.cut_payloads() == 0,
        },
        first_frame: first.frame,
        last_frame: last.frame,
        first_ns: first.ns,
        last_ns: last.ns,
        usage,
        notes: notes(&tracker, client, role, usage, foreign, exchanges_left_out),
        handshake,
        carried,
        exchanges,
        exchanges_left_out,
        idle_periods,
        states: match tracker.is_one_sided() {
            true => Vec::new(),
            false => states::states(&handshake_seen, &end),
        },
        end,
        client_sent: tracker.traffic(client, Side::Client),
        server_sent: tracker.traffic(client, Side::Server),
        tcp_issues: tracker.tcp_issues(client),
        retransmissions: tracker.retransmissions(client),
        round_trips: Vec::new(),
        window_stalls: Vec::new(),
        frames,
        frames_left_out,
    };
    timing::split(&mut connection);
    measures::measure(&mut connection);
    connection
}

/// The exchanges of a connection, and the number of those that are not listed.
fn exchanges(tracker: &mut ConnectionTracker, role: RoleEvidence) -> (Vec<Exchange>, u64) {
    let (mut exchanges, left_out) = tracker.conversation.finish();
    let all_requests_captured = role == RoleEvidence::Syn && !tracker.is_one_sided() && tracker.missing_bytes() == 0;
    for exchange in &mut exchanges {
        analyze_exchange(exchange);
        exchange.request_lost = exchange.request.is_none() && !all_requests_captured;
        if tracker.is_one_sided() {
            without_other_side(exchange);
        }
    }
    (exchanges, left_out)
}

/// The end of a connection, as far as it was captured, without its reason.
fn end(tracker: &ConnectionTracker, client: usize, until: Until, handshake: &Handshake) -> ConnectionEnd {
    let mut end = tracker.end(client, until.at().ns);
    if !tracker.is_first_end_known(until.at().ns) {
        end.by = None;
    }
    if tracker.is_one_sided() && end.second_fin.is_none() {
        // The other side may have sent a FIN.
        end.half_closed_ns = None;
    }
    if let Until::Replaced(syn) = until {
        end.replaced_by = Some(syn.frame);
        if !end.is_over() {
            (end.half_closed_ns, end.quiet_ns) = (None, None);
        }
        if end.teardown == Teardown::StillOpen {
            end.teardown = Teardown::NotCaptured;
        }
    }
    if handshake.outcome == HandshakeOutcome::CaptureEnds {
        end.teardown = Teardown::Opening;
    }
    end
}

/// What a connection without a byte was used for.
fn usage_without_bytes(tracker: &ConnectionTracker, role: RoleEvidence, teardown: Teardown) -> Usage {
    match teardown {
        Teardown::NeverOpened => Usage::NotOpened,
        Teardown::Opening => Usage::Opening,
        Teardown::NotCaptured => Usage::NotCaptured,
        _ if role != RoleEvidence::Syn || tracker.is_one_sided() => Usage::NotCaptured,
        _ => Usage::Unused,
    }
}

/// Whether everything that was sent at the end of a connection was captured: every byte, or at least the last exchange,
/// after which nothing was sent.
fn is_end_known(tracker: &ConnectionTracker, client: usize, exchanges: &[Exchange]) -> bool {
    let is_last = |message: &Option<Message>, side| {
        let next_seq = tracker.traffic(client, side).next_seq as u32;
        message
            .as_ref()
            .is_some_and(|message| message.next_seq == next_seq && message.head_complete)
    };
    tracker.missing_bytes() == 0
        || exchanges
            .last()
            .is_some_and(|last| is_last(&last.request, Side::Client) && is_last(&last.response, Side::Server))
}

/// Analyzes a connection again that carries no HTTP/1.x, after other connections showed that its server speaks
/// HTTP/1.x. Bytes that start like a request count as one, however short; anything else cannot have been parsed as a
/// request.
pub(super) fn to_http_server(connection: &mut Connection) {
    if connection.usage != Usage::Other {
        return;
    }
    let is_complete = connection.role == RoleEvidence::Syn && connection.notes.is_empty();
    if !connection.exchanges.is_empty() {
        connection.usage = Usage::Http;
    } else if connection.end.by == Some(Side::Server) && is_complete {
        connection.end.reason = EndReason::NoRequest;
    }
}

/// Guesses the client if nothing shows which endpoint it is: the endpoint without a port of the filter, or the endpoint
/// with the higher port.
fn likely_client(endpoints: &[SocketAddr; 2], ports: &[u16]) -> usize {
    match endpoints.map(|endpoint| ports.contains(&endpoint.port())) {
        [true, false] => 1,
        [false, true] => 0,
        _ => usize::from(endpoints[0].port() < endpoints[1].port()),
    }
}

/// Notes on what could not be read of a connection. `foreign` is the number of bytes of client and server outside of
/// messages.
fn notes(
    tracker: &ConnectionTracker,
    client: usize,
    role: RoleEvidence,
    usage: Usage,
    foreign: [u64; 2],
    exchanges_left_out: u64,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |kind, args| {
        notes.push(Note {
            kind,
            args,
            frames: Vec::new(),
        });
    };
    let (missing, cut) = (tracker.missing_bytes(), tracker.cut_payloads());
    if role != RoleEvidence::Syn {
        note(NoteKind::BeginsMidway, Args::default());
    }
    if tracker.is_one_sided() {
        let side = tracker.only_side(client);
        note(NoteKind::OneSided, Args::default().with("side", side));
    }
    if missing > 0 {
        note(NoteKind::BytesMissing, Args::default().with("count", missing));
    }
    if cut > 0 {
        note(NoteKind::PayloadsCut, Args::default().with("count", cut));
    }
    for (side, bytes) in [(Side::Client, foreign[0]), (Side::Server, foreign[1])] {
        if usage == Usage::Http && bytes > 0 {
            // After a hole, the bytes may be the rest of a message.
            let is_whole = missing == 0 && role == RoleEvidence::Syn;
            note(
                if is_whole { NoteKind::NotHttp } else { NoteKind::NotRead },
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

/// Derives the facts that need both messages of an exchange.
fn analyze_exchange(exchange: &mut Exchange) {
    let (Some(request), Some(response)) = (&exchange.request, &exchange.response) else {
        return;
    };
    exchange.first_byte_ns = Some(response.begun_ns.saturating_sub(request.ended_ns));
    if response.head.status() == 304 {
        exchange.validator = Some(validator(request, response));
    }
}

/// Clears what cannot be known if the other side was not captured.
fn without_other_side(exchange: &mut Exchange) {
    exchange.pipelined = false;
    exchange.response_lost = exchange.response.is_none();
}

/// The validator that allowed a 304. If-None-Match takes precedence over If-Modified-Since (RFC 9110 section 13.2.2).
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
