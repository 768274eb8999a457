//! `[connection]`: how long connections last, and what is said of it.

use super::RawAgent;
use crate::http1::field::TokenSearch;
use crate::profile::template::Template;
use crate::profile::units::{Span, Word};
use serde::{Deserialize, Serialize};

/// `[connection]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConnection {
    /// Whether connections serve more than one request.
    pub persistent: bool,
    /// Whether an HTTP/1.0 request can ask for that with `Connection: keep-alive`.
    pub http10_keep_alive: bool,
    /// Whether an HTTP/1.0 connection ends with a reply that has no Content-Length, though `keep-alive` was asked for.
    pub http10_needs_length: bool,
    /// Whether `keep-alive` in an HTTP/1.0 request counts though `close` stands beside it.
    pub http10_keep_wins: bool,
    /// Whether Proxy-Connection is read as Connection.
    pub proxy_connection: bool,
    /// Whether bytes that came with a request for an upgrade, behind it, are lost.
    pub upgrade_swallows: bool,
    /// How words are looked for in the Connection field: `list`, `stems`, `substring`, `whole` or
    /// `verbatim`.
    pub search: TokenSearch,
    /// Which of several Connection fields counts: `any` that says close, the `last` that says close or keep-alive, or the
    /// `first`, whatever it says.
    pub repeated: RepeatedConnection,
    /// Requests after which the connection ends, by method and User-Agent.
    pub not_kept: Vec<RawUnkept>,
    /// After how many requests a connection is ended; 0 for no limit.
    pub max_requests: u64,
    /// After how long a connection is ended with its next reply.
    pub max_age: Span,
    /// When [connection.fields] keep is said.
    pub announce: Announce,
    /// What is said of it in a reply; text only.
    pub fields: RawConnectionFields,
    /// How many connections are served at once, by all workers together; 0 for no limit. What is beyond gets the `full`
    /// response before it has said anything, and is ended.
    pub max_connections: u64,
    /// The response to a connection beyond `max_connections`, and to a request for a file for which no descriptor is left;
    /// none: `503`, and where there is no such response, a 503 without a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<Word>,
}

impl Default for RawConnection {
    fn default() -> RawConnection {
        RawConnection {
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
            announce: Announce::Always,
            fields: RawConnectionFields::default(),
            max_connections: 0,
            full: None,
        }
    }
}

/// Which of several Connection fields counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatedConnection {
    /// Any that says close; else any that says keep-alive.
    #[default]
    Any,
    /// The last that says close or keep-alive.
    Last,
    /// The first, whatever it says.
    First,
}

/// When a kept connection is announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Announce {
    /// In every reply.
    #[default]
    Always,
    /// In replies to requests with `Connection: keep-alive`.
    Asked,
    /// In replies to HTTP/1.0 requests with `Connection: keep-alive`, where it is not understood (RFC 9112 section 9.3).
    #[serde(rename = "http10")]
    Http10,
}

/// `[connection.fields]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConnectionFields {
    /// The lines for a connection that is kept.
    pub keep: Vec<Template>,
    /// The lines for one that ends with this reply.
    pub close: Vec<Template>,
}

/// Requests after which a connection is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawUnkept {
    /// The method.
    pub method: String,
    /// The clients: any of these.
    pub agents: Vec<RawAgent>,
}
