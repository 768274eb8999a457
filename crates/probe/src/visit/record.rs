//! What a client saw on its connections.

use super::behaviour::Kind;
use crate::recording::End;
use std::time::Duration;

/// A connection, as the client saw it. Times count from the start of the visit.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// The client's port, once it is connected.
    pub port: Option<u16>,
    /// When it was asked for.
    pub opened: Duration,
    /// Its requests, in order.
    pub exchanges: Vec<Exchange>,
    /// How it ended.
    pub closed: Option<Closed>,
    /// When the other side ended it too.
    pub followed: Option<(End, Duration)>,
}

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What it is for.
    pub kind: Kind,
    /// Its target.
    pub target: String,
    /// Whether it has a condition.
    pub is_conditional: bool,
    /// Whether the same request was sent before, on a connection that the server ended.
    pub is_retry: bool,
    /// When it was sent.
    pub at: Duration,
    /// Its bytes.
    pub sent: u64,
    /// What came back.
    pub outcome: Outcome,
}

/// What came back for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    Pending,
    /// A response: its status, its bytes, and the time until it was complete.
    Response {
        /// The status.
        status: u16,
        /// Bytes of head and body.
        bytes: u64,
        /// From the request to the last byte.
        after: Duration,
    },
    /// The connection ended before any byte of a response.
    Nothing(End),
    /// The connection ended within the response.
    Cut(End),
    /// The bytes are not a response of HTTP/1.x.
    NotHttp,
    /// No complete response within the time that the client waits.
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

/// How a connection ended: by whose FIN or RST first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Who was first.
    pub by: Closer,
    /// Its FIN or RST.
    pub how: End,
    /// When.
    pub at: Duration,
    /// How long after the last response, or after the connection was established if there was none.
    pub after: Duration,
    /// Why the client closed it; `None` if the server did.
    pub why: Option<Why>,
}

/// Why the client closed a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The response said that it ends with it.
    Asked,
    /// The time that the server had announced was over.
    Announced,
    /// The client's own time for connections that it has used was over.
    Idle,
    /// The client's own time for connections that it has never used was over.
    Unused,
    /// The browser was closed, or its cache was kept and everything else forgotten.
    Left,
    /// A response did not come in time, or is not one.
    GaveUp,
}

impl Connection {
    /// The time from which the silence of the connection counts.
    pub(super) fn last(&self, connected: Duration) -> Duration {
        let ended = self.exchanges.iter().filter_map(|exchange| match exchange.outcome {
            Outcome::Response { after, .. } => Some(exchange.at + after),
            _ => None,
        });
        ended.max().unwrap_or(connected)
    }
}
