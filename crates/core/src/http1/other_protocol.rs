//! Recognises clients that do not speak HTTP/1.1 by their first bytes, for the log and for events.
//!
//! The profile decides the response to them, as to any other bytes.

use crate::sentences;

sentences! {
    /// A protocol that is spoken to a port of HTTP/1.1 by mistake.
    pub enum OtherProtocol in "other_protocol" {
        /// TLS: a ClientHello (RFC 8446 section 4.1.2), as for an `https://` URL.
        Tls = "tls",
        /// HTTP/2 with prior knowledge: its connection preface (RFC 9113 section 3.4).
        Http2 = "http2",
    }
}

impl OtherProtocol {
    /// The protocol of a connection that begins with these bytes; `None` if it can be HTTP/1.1.
    pub fn of(first: &[u8]) -> Option<Self> {
        match first {
            // A handshake record with its version and length, which contains a ClientHello (RFC 8446 section 5.1). Only
            // the beginning of the record may have arrived.
            [0x16, 0x03, 0x00..=0x04, rest @ ..] => match rest {
                [_, _, kind, ..] if *kind != 0x01 => None,
                _ => Some(Self::Tls),
            },
            [b'P', b'R', b'I', rest @ ..] if rest.starts_with(b" * HTTP/2.0\r\n") => Some(Self::Http2),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_hello_and_the_preface_of_http2_are_recognised() {
        for (first, want) in [
            (
                &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
                Some(OtherProtocol::Tls),
            ),
            (b"\x16\x03\x03", Some(OtherProtocol::Tls)),
            (b"\x16\x03\x01\x00\x05\x02", None),
            (b"\x16\x03\x09\x02\x00\x01", None),
            (b"\x16", None),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Some(OtherProtocol::Http2)),
            (b"PRI * HTTP/1.1\r\n", None),
            (b"PRI", None),
            (b"GET / HTTP/1.1\r\n", None),
            (b"", None),
        ] {
            assert_eq!(OtherProtocol::of(first), want, "{first:?}");
        }
    }
}
