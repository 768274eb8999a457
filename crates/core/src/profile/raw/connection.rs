//! `[connection]`: how long connections persist, and what the response fields announce about it.

use super::RawAgent;
use crate::http1::field::TokenSearch;
use crate::profile::template::Template;
use crate::profile::units::{Span, Word};
use serde::{Deserialize, Serialize};

/// `[connection]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawConnection {
    /// Whether a connection can carry more than one request.
    pub persistent: bool,
    /// Whether an HTTP/1.0 client can ask for a persistent connection with `Connection: keep-alive`.
    pub http10_keep_alive: bool,
    /// Whether a response without Content-Length closes an HTTP/1.0 connection even if the client sent `keep-alive`.
    pub http10_needs_length: bool,
    /// Whether `keep-alive` in an HTTP/1.0 request takes precedence over `close` in the same request.
    pub http10_keep_wins: bool,
    /// Whether a Proxy-Connection field counts as a Connection field.
    pub proxy_connection: bool,
    /// Whether bytes received together with a request that asks for an upgrade, after its head, are discarded. A fault in
    /// the next head is then not answered, and nothing after it is parsed.
    pub upgrade_swallows: bool,
    /// How `close` and `keep-alive` are searched for in the Connection field.
    pub search: TokenSearch,
    /// Which of several Connection fields decides.
    pub repeated: RepeatedConnection,
    /// Requests after which the connection is closed, by method and User-Agent.
    pub not_kept: Vec<RawUnkept>,
    /// Maximum number of requests on a connection; 0 for no limit.
    pub max_requests: u64,
    /// Maximum age of a connection. The first response after that closes it.
    pub max_age: Span,
    /// Which responses carry the lines of [connection.fields] keep.
    pub announce: Announce,
    /// Which responses carry the lines of [connection.fields] close, if the connection is closed after them.
    pub announce_close: AnnounceClose,
    /// The lines that `{connection_fields}` stands for. They are text only: they do not set any timer or limit.
    pub fields: RawConnectionFields,
    /// Maximum number of simultaneous connections, over all worker threads; 0 for no limit. A connection beyond it
    /// gets the response `full` before its request is read, and is closed.
    pub max_connections: u64,
    /// How many connections are served at once, over all worker threads; 0 for no limit. Each is served from its
    /// acceptance to its end, even while it is silent. The others wait in the system's accept queue: their clients are
    /// connected, and nothing that they send is read.
    pub served_at_once: u64,
    /// The length of the accept queue (`listen`), when the server starts. The system completes the handshakes of so many
    /// connections that are not served yet, Linux of one more. Clients beyond them try again until there is room.
    pub backlog: u32,
    /// The response to a connection beyond `max_connections`, and to a request for a file when no file descriptor is
    /// left. Without it: `503`. A profile that defines no 503 sends one with an empty body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<Word>,
}

impl Default for RawConnection {
    fn default() -> Self {
        Self {
            persistent: true,
            http10_keep_alive: true,
            http10_needs_length: false,
            http10_keep_wins: false,
            proxy_connection: false,
            upgrade_swallows: false,
            search: TokenSearch::List,
            repeated: RepeatedConnection::Any,
            not_kept: Vec::new(),
            max_requests: 0,
            max_age: Span(None),
            announce: Announce::Http10,
            announce_close: AnnounceClose::Always,
            fields: RawConnectionFields::default(),
            max_connections: 0,
            served_at_once: 0,
            backlog: 1024,
            full: None,
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
