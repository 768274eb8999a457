//! What a client saw on its connections.

use super::behaviour::Kind;
use crate::recording::End;
use std::time::Duration;

/// A connection, as the client saw it. Times are relative to the start of the visit.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// The client's port, once it is connected.
    pub port: Option<u16>,
    /// When the client started to open it.
    pub opened: Duration,
    /// Its requests, in order.
    pub exchanges: Vec<Exchange>,
    /// How it ended.
    pub closed: Option<Closed>,
    /// When the other side ended it too, and how.
    pub followed: Option<(End, Duration)>,
}

/// A request and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What it is for.
    pub kind: Kind,
    /// Its target.
    pub target: String,
    /// Whether it has a condition.
    pub is_conditional: bool,
    /// Whether the same request was already sent on a connection that the server ended.
    pub is_retry: bool,
    /// When it was sent.
    pub at: Duration,
    /// Its size in bytes.
    pub sent: u64,
    /// What the client received for it.
    pub outcome: Outcome,
}

/// What the client received for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    Pending,
    /// A response.
    Response {
        /// The status.
        status: u16,
        /// Bytes of head and body.
        bytes: u64,
        /// The time from the request to the last byte.
        after: Duration,
    },
    /// The connection ended before any byte of a response.
    Nothing(End),
    /// The connection ended during the response.
    Cut(End),
    /// The bytes are not a response of HTTP/1.x.
    NotHttp,
    /// The response was not complete within the time that the client waits.
    TooLate,
}

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closer {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// How a connection ended, as defined by the first FIN or RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Who was first.
    pub by: Closer,
    /// Its FIN or RST.
    pub how: End,
    /// When.
    pub at: Duration,
    /// The time since the last response, or since the connection was established if there was none.
    pub after: Duration,
    /// Why the client closed it; `None` if the server did.
    pub why: Option<Why>,
}

/// Why the client closed a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The response said that it is the last on the connection.
    Asked,
    /// The time that the server had announced had passed.
    Announced,
    /// The client's time limit for connections that it has used had passed.
    Idle,
    /// The client's time limit for connections that it has never used had passed.
    Unused,
    /// The browser was closed, or restarted with only its cache kept.
    Left,
    /// A response did not arrive in time, or was not a response.
    GaveUp,
}

impl Connection {
    /// The time since which the connection has been silent.
    pub(super) fn last(&self, connected: Duration) -> Duration {
        let ended = self.exchanges.iter().filter_map(|exchange| match exchange.outcome {
            Outcome::Response { after, .. } => Some(exchange.at + after),
            _ => None,
        });
        ended.max().unwrap_or(connected)
    }
}
