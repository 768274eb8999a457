//! `[connection]`: how long connections persist, and what the response fields announce about it.

use super::RawAgent;
use crate::http1::field::TokenSearch;
use crate::profile::template::Template;
use crate::profile::units::{Count, Span, Word};
use serde::{Deserialize, Serialize};

/// `[connection]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawConnection {
    /// Whether a connection can carry more than one request.
    /// Example: `GET`: `true` 200, open; `false` 200, closed.
    pub persistent: bool,
    /// Which connections of HTTP/1.0 clients persist.
    pub http10: RawHttp10,
    /// Whether a Proxy-Connection field counts as a Connection field.
    /// Example: `Proxy-Connection: close`: `true` 200, closed; `false` 200, open.
    pub proxy_connection: bool,
    /// Whether bytes received together with a request that asks for an upgrade, after its head, are discarded. A fault in
    /// the next head is then not answered, and nothing after it is parsed.
    pub discard_after_upgrade: bool,
    /// How `close` and `keep-alive` are searched for in the Connection field.
    /// Example: `Connection: x, Close`: `list` 200, closed; `lines` 200, closed; `stems` 200, closed;
    /// `substring` 200, closed; `whole` 200, open; `verbatim` 200, open.
    /// Example: `Connection: clo`: `list` 200, open; `lines` 200, open; `stems` 200, closed; `substring` 200, open;
    /// `whole` 200, open; `verbatim` 200, open.
    /// Example: `Connection: not-closed`: `list` 200, open; `lines` 200, open; `stems` 200, open;
    /// `substring` 200, closed; `whole` 200, open; `verbatim` 200, open.
    /// Example: `Connection: close `: `list` 200, closed; `lines` 200, closed; `stems` 200, closed;
    /// `substring` 200, closed; `whole` 200, closed; `verbatim` 200, open.
    pub token_search: TokenSearch,
    /// Which of several Connection fields decides.
    /// Example: `Connection: x + Connection: close + Connection: keep-alive`: `any` 200, closed; `last` 200, open;
    /// `first` 200, open.
    pub repeated_field: RepeatedConnection,
    /// Requests after which the connection is closed, by method and User-Agent.
    pub close_after: Vec<RawUnkept>,
    /// Maximum number of requests on a connection.
    pub max_requests: Count,
    /// Maximum age of a connection. The first response after that closes it.
    pub max_age: Span,
    /// Which responses carry the lines of [connection.fields] keep.
    /// Example: `Connection: keep-alive`: `always` 200 with `Connection: keep-alive`, open;
    /// `asked` 200 with `Connection: keep-alive`, open; `http10` 200, open.
    /// Example: `GET`: `always` 200 with `Connection: keep-alive`, open; `asked` 200, open; `http10` 200, open.
    pub announce: Announce,
    /// Which responses carry the lines of [connection.fields] close, if the connection is closed after them.
    /// Example: `GET /a.txt HTTP/1.0`: `always` 200 with `Connection: close`, closed; `http11` 200, closed.
    pub announce_close: AnnounceClose,
    /// The lines that `{connection_fields}` stands for. They are text only: they do not set any timer or limit.
    pub fields: RawConnectionFields,
    /// Maximum number of simultaneous connections, over all worker threads. A connection beyond it gets the
    /// response `too_many` before its request is read, and is closed.
    pub max_connections: Count,
    /// How many connections are served at once, over all worker threads. Each is served from its
    /// acceptance to its end, even while it is silent. The others wait in the system's accept queue: their clients are
    /// connected, and nothing that they send is read.
    pub served_at_once: Count,
    /// The length of the accept queue (`listen`), when the server starts. The system completes the handshakes of this
    /// number of connections that are not served yet, Linux of one more. Other clients repeat their SYN until a place is
    /// free.
    pub backlog: u32,
    /// The response to a connection beyond `max_connections`, and to a request for a file when no file descriptor is
    /// left. Without it: `503`. A profile that defines no 503 sends one with an empty body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_many: Option<Word>,
}

impl Default for RawConnection {
    fn default() -> Self {
        Self {
            persistent: true,
            http10: RawHttp10::default(),
            proxy_connection: false,
            discard_after_upgrade: false,
            token_search: TokenSearch::List,
            repeated_field: RepeatedConnection::Any,
            close_after: Vec::new(),
            max_requests: Count(None),
            max_age: Span(None),
            announce: Announce::Http10,
            announce_close: AnnounceClose::Always,
            fields: RawConnectionFields::default(),
            max_connections: Count(None),
            served_at_once: Count(None),
            backlog: 1024,
            too_many: None,
        }
    }
}

/// `[connection.http10]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawHttp10 {
    /// Whether an HTTP/1.0 client can ask for a persistent connection with `Connection: keep-alive`.
    pub keep_alive: bool,
    /// Whether `keep-alive` in an HTTP/1.0 request takes precedence over `close` in the same request.
    pub keep_alive_wins: bool,
    /// Whether a response without Content-Length closes an HTTP/1.0 connection even if the client sent `keep-alive`.
    pub needs_length: bool,
}

impl Default for RawHttp10 {
    fn default() -> Self {
        Self {
            keep_alive: true,
            keep_alive_wins: false,
            needs_length: false,
        }
    }
}

/// Which of several Connection fields decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RepeatedConnection {
    /// Any field that contains `close`; otherwise any that contains `keep-alive`.
    #[default]
    Any,
    /// The last field that contains `close` or `keep-alive`.
    Last,
    /// The first field, even if it contains neither.
    First,
}

/// Which responses announce a persistent connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Announce {
    /// All responses.
    Always,
    /// Responses to requests that contain `Connection: keep-alive`.
    Asked,
    /// Responses to HTTP/1.0 requests that contain `Connection: keep-alive`. An HTTP/1.1 client does not need the
    /// announcement (RFC 9112 section 9.3).
    #[default]
    #[serde(rename = "http10")]
    Http10,
}

/// Which responses announce that the connection is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AnnounceClose {
    /// All responses.
    #[default]
    Always,
    /// Responses to HTTP/1.1 requests, and those without a request. An HTTP/1.0 client does not expect a persistent
    /// connection unless it is announced (RFC 9112 section 9.3).
    #[serde(rename = "http11")]
    Http11,
}

/// `[connection.fields]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ConnectionLines"))]
#[serde(default, deny_unknown_fields)]
pub struct RawConnectionFields {
    /// The lines in a response after which the connection persists.
    pub keep: Vec<Template>,
    /// The lines in a response after which the server closes the connection.
    pub close: Vec<Template>,
}

impl Default for RawConnectionFields {
    fn default() -> Self {
        #[expect(
            clippy::unreachable,
            reason = "the templates are the literals below, which every test parses"
        )]
        let line = |text: &str| Template::parse(text).unwrap_or_else(|why| unreachable!("{text}: {why}"));
        Self {
            keep: vec![line("Connection: keep-alive")],
            close: vec![line("Connection: close")],
        }
    }
}

/// Requests after which a connection is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawUnkept {
    /// The request method.
    pub method: String,
    /// The clients. The entry applies if any of these matches.
    pub agents: Vec<RawAgent>,
}
