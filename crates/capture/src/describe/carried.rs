//! What a connection carries that is not HTTP/1.x.

use crate::model::{Carried, OtherStream, Side, WebSocketOpcode};
use crate::sentence::{Msg, Sentence};

/// One line about a stream that is not shown as a connection.
pub(crate) fn other_stream(stream: &OtherStream) -> Sentence {
    let msg = match stream.carried.protocol {
        Some(_) => Msg::OtherStream,
        None => Msg::OtherStreamUnknown,
    };
    let sentence = Sentence::new(msg)
        .with("stream", stream.stream)
        .with("client", stream.client.to_string())
        .with("server", stream.server.to_string());
    with_bytes(sentence, &stream.carried)
}

fn with_bytes(sentence: Sentence, carried: &Carried) -> Sentence {
    sentence
        .with("protocol", carried.protocol.unwrap_or_default())
        .with("up", carried.client_bytes)
        .with("down", carried.server_bytes)
}

/// Everything about what a connection carries besides HTTP/1.x.
pub(crate) fn carried(carried: &Carried) -> Vec<Sentence> {
    let msg = match carried.protocol {
        Some(_) => Msg::CarriedBytes,
        None => Msg::CarriedUnknown,
    };
    let frames = carried.frames.into_iter().flat_map(|span| [span.first, span.last]);
    let mut lines = vec![with_bytes(Sentence::new(msg), carried).with_frames(frames)];
    lines.extend(details(carried));
    lines
}

/// What a protocol says in the clear.
pub(crate) fn details(carried: &Carried) -> Vec<Sentence> {
    let mut lines = Vec::new();
    if let Some(tls) = &carried.tls {
        let version = tls.version.map(str::to_owned);
        let name = tls.server_name.as_ref().map(|name| format!("SNI {name}"));
        let alpn = tls.chosen.clone().map(|chosen| format!("ALPN {chosen}"));
        let offered =
            (tls.chosen.is_none() && !tls.offered.is_empty()).then(|| format!("ALPN {}", tls.offered.join("/")));
        let facts: Vec<String> = [version, name, alpn.or(offered)].into_iter().flatten().collect();
        lines.push(match facts.is_empty() {
            true => Sentence::new(Msg::TlsNotRead),
            // An alert in the clear ended the handshake.
            false if !tls.alerts.is_empty() && !tls.has_data() => {
                Sentence::new(Msg::TlsWithoutData).with_names("facts", facts)
            }
            false => Sentence::new(Msg::TlsSays).with_names("facts", facts),
        });
        lines.extend(tls.alerts.iter().map(|alert| {
            Sentence::new(Msg::TlsAlert)
                .with("side", alert.by)
                .with("alert", alert.alert.as_str())
                .with_frames([alert.frame])
        }));
    }
    if carried.protocol == Some("HTTP/2") {
        lines.push(Sentence::new(Msg::Http2NotRead));
    }
    if let Some(websocket) = &carried.websocket {
        for side in [Side::Client, Side::Server] {
            let counts = websocket.counts.iter().filter(|count| count.by == side);
            let counts: Vec<Sentence> = counts
                .map(|count| Sentence::new(frames_of(count.opcode)).with("count", count.count))
                .collect();
            if !counts.is_empty() {
                lines.push(
                    Sentence::new(Msg::WebsocketFrames)
                        .with("side", side)
                        .with_list("counts", counts),
                );
            }
        }
        lines.extend(websocket.closes.iter().map(|close| {
            let sentence = match close.code {
                Some(code) => Sentence::new(Msg::WebsocketClose).with("code", u64::from(code)),
                None => Sentence::new(Msg::WebsocketCloseNoCode),
            };
            sentence.with("side", close.by).with_frames([close.frame])
        }));
    }
    lines
}

/// The message that counts WebSocket frames of a kind.
fn frames_of(opcode: WebSocketOpcode) -> Msg {
    match opcode {
        WebSocketOpcode::Text => Msg::WebsocketText,
        WebSocketOpcode::Binary => Msg::WebsocketBinary,
        WebSocketOpcode::Continuation => Msg::WebsocketContinuation,
        WebSocketOpcode::Ping => Msg::WebsocketPing,
        WebSocketOpcode::Pong => Msg::WebsocketPong,
        WebSocketOpcode::Close => Msg::WebsocketCloses,
        WebSocketOpcode::Other => Msg::WebsocketOther,
    }
}
