//! What a connection carries other than HTTP/1.x: another protocol from its first byte, or after an upgrade or CONNECT.

use super::Side;
use serde::Serialize;

/// A protocol other than HTTP/1.x. Its content is not read, except what it says in the clear about itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Carried {
    /// Name of the protocol, by its first bytes or by the Upgrade field; `None` if it is unknown.
    pub protocol: Option<&'static str>,
    /// Number of bytes from the client.
    pub client_bytes: u64,
    /// Number of bytes from the server.
    pub server_bytes: u64,
    /// First and last frame.
    pub frames: Option<super::FrameSpan>,
    /// For TLS: what its handshake says.
    pub tls: Option<Tls>,
    /// For WebSocket: its frames.
    pub websocket: Option<WebSocket>,
}

/// What a TLS handshake says in the clear (RFC 8446).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tls {
    /// The version that the server chose; `None` without an answer from it.
    pub version: Option<&'static str>,
    /// The server name that the client asked for (SNI).
    pub server_name: Option<String>,
    /// The application protocols that the client offered (ALPN), at most 8.
    pub offered: Vec<String>,
    /// The application protocol that the server chose, if that was in the clear.
    pub chosen: Option<String>,
    /// Alerts that were not encrypted, at most 8.
    pub alerts: Vec<TlsAlert>,
    /// The records of the handshake, and the first record of content of each side; at most 16.
    pub records: Vec<TlsRecord>,
}

impl Tls {
    /// The content of a record with application data, which is encrypted.
    pub(crate) const DATA: &'static str = "Application Data";

    /// Whether application data was captured.
    pub fn has_data(&self) -> bool {
        self.records.iter().any(|record| record.content == Self::DATA)
    }
}

/// A TLS record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TlsRecord {
    /// The sender.
    pub by: Side,
    /// The frame that completes what is known of it.
    pub frame: u64,
    /// Name of its content, or of the first message of the handshake in it, as in RFC 8446 and RFC 5246.
    pub content: &'static str,
}

/// A TLS alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TlsAlert {
    /// The sender.
    pub by: Side,
    /// Frame number.
    pub frame: u64,
    /// The name of the alert, as in RFC 8446 section 6; its number, if it has none.
    pub alert: String,
}

/// The frames of a WebSocket connection (RFC 6455).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WebSocket {
    /// How many frames of each kind.
    pub counts: Vec<WebSocketCount>,
    /// The Close frames.
    pub closes: Vec<WebSocketClose>,
}

/// Frames of one side with the same opcode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WebSocketCount {
    /// The sender.
    pub by: Side,
    /// Their kind.
    pub opcode: WebSocketOpcode,
    /// How many.
    pub count: u64,
}

/// The kind of a WebSocket frame (RFC 6455 section 11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum WebSocketOpcode {
    Text,
    Binary,
    Continuation,
    Ping,
    Pong,
    Close,
    /// One that the RFC does not define.
    Other,
}

/// A Close frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WebSocketClose {
    /// The sender.
    pub by: Side,
    /// Frame number of the capture.
    pub frame: u64,
    /// The code, if there is one (RFC 6455 section 7.4).
    pub code: Option<u16>,
}

/// A stream that carries no HTTP/1.x and is not shown as a connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OtherStream {
    /// Wireshark's `tcp.stream`.
    pub stream: u32,
    /// Address of the endpoint that opened the connection.
    #[serde(serialize_with = "super::address")]
    pub client: std::net::SocketAddr,
    /// Address of the endpoint that accepted it.
    #[serde(serialize_with = "super::address")]
    pub server: std::net::SocketAddr,
    /// What it carries.
    pub carried: Carried,
    /// The side that closed first.
    pub closed_by: Option<Side>,
}
