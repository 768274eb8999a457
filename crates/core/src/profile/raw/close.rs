//! `[close]` and `[client_fin]`: how either side closes a connection.

use super::word;
use crate::profile::units::{Span, Word};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[close]`: how to close the connection, by reason. The value is one of `fin`, `close`, `linger`, `rst`, `hold` and `half-close`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct RawClose {
    /// How to close for every reason without a key of its own.
    pub default: CloseStyle,
    /// How to close while bytes from the client are unread, for every reason without a key of its own. Without it,
    /// unread bytes make no difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<CloseStyle>,
    /// How to close after the response to a request whose body was read completely. Without it, the body makes no
    /// difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_body: Option<CloseStyle>,
    /// For `linger`: close the socket when the client has been silent for this long.
    pub linger_quiet: Span,
    /// For `linger`: close the socket after this time in any case.
    pub linger_total: Span,
    /// How long to wait between the last response and the close.
    pub pause: Span,
    /// Whether a byte received during `pause` leaves the close to the client, as `hold` does.
    pub pause_holds: bool,
    /// How to close, by reason.
    #[serde(flatten)]
    pub by_reason: BTreeMap<String, CloseStyle>,
}

impl Default for RawClose {
    fn default() -> Self {
        Self {
            default: CloseStyle::Fin,
            unread: None,
            after_body: None,
            linger_quiet: Span(Some(std::time::Duration::from_secs(2))),
            linger_total: Span(Some(std::time::Duration::from_secs(30))),
            pause: Span(None),
            pause_holds: false,
            by_reason: BTreeMap::new(),
        }
    }
}

/// How the close of a connection looks on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CloseStyle {
    /// Send FIN and close the socket. Later bytes from the client are answered with RST.
    #[default]
    Fin,
    /// Close the socket at once. The system sends FIN, or RST if bytes from the client are unread.
    Close,
    /// Send FIN, read and discard what the client still sends, then close the socket.
    Linger,
    /// Send RST.
    Rst,
    /// Send nothing and leave the connection open until the client closes it.
    Hold,
    /// Send FIN and leave the connection open until the client closes it.
    HalfClose,
}

/// `[client_fin]`: in a head `close`, `complete` (as if the head ended there) or a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawClientFin {
    /// FIN inside a request line: `close` (without a response), `complete` (treat the head as complete), or a
    /// response.
    pub in_line: Word,
    /// FIN inside a head, after its request line. Values as for `in_line`.
    pub in_head: Word,
    /// FIN inside a request body: `close`, or a response.
    pub in_body: Word,
    /// FIN after a complete request.
    /// Example: `GET + FIN`: `serve` 200; `drop` nothing.
    /// Example: `GET /no HTTP/1.1 + FIN`: `serve` 404; `drop` nothing.
    pub after_request: FinAfterRequest,
    /// For `drop`: how long after the request's last byte the FIN still counts, that is, how long the lookup of a file
    /// takes.
    pub drop_within: Span,
}

impl Default for RawClientFin {
    fn default() -> Self {
        Self {
            in_line: word("close"),
            in_head: word("close"),
            in_body: word("close"),
            after_request: FinAfterRequest::Serve,
            drop_within: Span(Some(std::time::Duration::ZERO)),
        }
    }
}

/// What a FIN after a complete request means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FinAfterRequest {
    /// The request is served.
    #[default]
    Serve,
    /// The response is dropped if a file has to be looked up for it. If the request is followed by bytes that do not
    /// form a complete request, the response is that of `in_head`.
    Drop,
}
