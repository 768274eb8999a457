//! Bytes that are not HTTP/1.x: which protocol they are, by their first bytes, and what it reveals without encryption.
//!
//! This module knows the first bytes of protocols, TLS records and WebSocket frames. It does not know TCP or HTTP.

mod records;
mod tls;
mod websocket;

use crate::model::{Carried, FrameSpan, Side};
use crate::reassembly::Payload;
use tls::TlsReader;
use websocket::WebSocketReader;

/// How many of the first bytes of an endpoint are looked at.
const FIRST_BYTES: usize = 32;

/// Protocols by their first bytes, which either side may send.
const FIRST: &[(&[u8], &str)] = &[
    (b"PRI * HTTP/2.0", HTTP2),
    (b"SSH-", "SSH"),
    (b"GET ", "HTTP/1.x"),
    (b"POST ", "HTTP/1.x"),
    (b"HTTP/1.", "HTTP/1.x"),
    (b"\x13BitTorrent protocol", "BitTorrent"),
    (b"AMQP", "AMQP"),
    (b"RTSP/1.", "RTSP"),
    (b"SIP/2.0", "SIP"),
    (b"* OK", "IMAP"),
    (b"+OK", "POP3"),
    (b"RFB 00", "VNC"),
    (b"@RSYNCD:", "rsync"),
    (b"\x03\x00\x00", "RDP"),
    (b"\x05\x01\x00", "SOCKS 5"),
    (b"\x05\x02\x00", "SOCKS 5"),
    (b"\x04\x01", "SOCKS 4"),
    (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", "PostgreSQL"),
    (b"*1\r\n$", "Redis"),
    (b"*2\r\n$", "Redis"),
    (b"\x10", "MQTT"),
];
const TLS: &str = "TLS";
const HTTP2: &str = "HTTP/2";
const WEBSOCKET: &str = "WebSocket";
/// The reply code at the start of the greeting of SMTP and FTP servers.
const GREETING: &[u8] = b"220";

/// Bytes of both endpoints that are not HTTP/1.x.
#[derive(Debug, Default)]
pub(super) struct ProtocolReader {
    protocol: Option<&'static str>,
    /// First bytes of each endpoint.
    first: [Vec<u8>; 2],
    bytes: [u64; 2],
    frames: Option<FrameSpan>,
    tls: Option<Box<TlsReader>>,
    websocket: Option<Box<WebSocketReader>>,
}

impl ProtocolReader {
    /// Sets the protocol that an upgrade names.
    pub(super) fn upgrade(&mut self, to: &str) {
        *self = Self::default();
        if to.eq_ignore_ascii_case("websocket") {
            self.protocol = Some(WEBSOCKET);
            self.websocket = Some(Box::default());
        } else if to.eq_ignore_ascii_case("h2c") {
            self.protocol = Some(HTTP2);
        }
    }

    /// Receives the bytes of a payload from an offset on.
    pub(super) fn receive(&mut self, from: usize, payload: &Payload<&[u8]>, offset: u64) {
        let captured = payload.bytes.get(offset as usize..).unwrap_or_default();
        let unseen = payload.len.saturating_sub(offset + captured.len() as u64);
        self.bytes[from] += payload.len - offset;
        let span = self.frames.get_or_insert(FrameSpan {
            first: payload.frame,
            last: payload.frame,
        });
        span.first = span.first.min(payload.frame);
        span.last = span.last.max(payload.frame);
        if self.protocol.is_none() {
            let first = &mut self.first[from];
            let room = FIRST_BYTES.saturating_sub(first.len()).min(captured.len());
            first.extend(&captured[..room]);
            self.protocol = recognize(first);
            if self.protocol == Some(TLS) {
                self.tls = Some(Box::default());
            }
        }
        if let Some(tls) = &mut self.tls {
            tls.receive(from, captured, unseen, payload.frame);
        }
        if let Some(websocket) = &mut self.websocket {
            websocket.receive(from, captured, unseen, payload.frame);
        }
    }

    /// Records that bytes of an endpoint were not captured.
    pub(super) fn missing(&mut self, from: usize, count: u64) {
        self.bytes[from] += count;
        if let Some(tls) = &mut self.tls {
            tls.missing(from, count);
        }
        if let Some(websocket) = &mut self.websocket {
            websocket.missing(from, count);
        }
    }

    /// The client, if the protocol shows it.
    pub(super) fn client(&self) -> Option<usize> {
        match self.protocol {
            Some(HTTP2) => self.first.iter().position(|first| first.starts_with(b"PRI")),
            Some(TLS) => self.tls.as_ref()?.client(),
            _ => None,
        }
    }

    /// What was read; `None` if there were no bytes.
    pub(super) fn finish(&self, client: usize) -> Option<Carried> {
        let side = |from: usize| if from == client { Side::Client } else { Side::Server };
        (self.frames.is_some() || self.protocol.is_some()).then(|| Carried {
            protocol: self.protocol,
            client_bytes: self.bytes[client],
            server_bytes: self.bytes[1 - client],
            frames: self.frames,
            tls: self.tls.as_ref().map(|tls| tls.finish(side)),
            websocket: self.websocket.as_ref().map(|websocket| websocket.finish(side)),
        })
    }
}

/// The protocol that begins with these bytes.
fn recognize(first: &[u8]) -> Option<&'static str> {
    // A record of any type, of any version up to 1.3 (RFC 8446 section 5.1). The capture may begin midway.
    if matches!(first, [20..=23, 3, 0..=4, ..]) {
        return Some(TLS);
    }
    if first.starts_with(GREETING) {
        let text = String::from_utf8_lossy(first).to_ascii_uppercase();
        return Some(match text {
            text if text.contains("SMTP") => "SMTP",
            text if text.contains("FTP") => "FTP",
            _ => "SMTP or FTP",
        });
    }
    // An MQTT CONNECT packet names its protocol after the remaining length.
    let mqtt = first.windows(4).any(|word| word == b"MQTT");
    let known = FIRST.iter().find(|(begin, _)| first.starts_with(begin));
    known.map(|(_, name)| *name).filter(|name| *name != "MQTT" || mqtt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_recognized_by_their_first_bytes() {
        for (first, want) in [
            (&b"\x16\x03\x01\x02\x00\x01"[..], Some("TLS")),
            (b"\x16\x03\x09\x02\x00\x01", None),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Some("HTTP/2")),
            (b"SSH-2.0-OpenSSH_9.6\r\n", Some("SSH")),
            (b"220 mail ESMTP Postfix\r\n", Some("SMTP")),
            (b"220 (vsFTPd 3.0.5)\r\n", Some("FTP")),
            (b"\x10\x10\x00\x04MQTT\x04", Some("MQTT")),
            (b"\x10\x10\x00\x04", None),
            (b"\x05\x01\x00", Some("SOCKS 5")),
            (b"hello", None),
            (b"", None),
        ] {
            assert_eq!(recognize(first), want, "{first:?}");
        }
    }
}
