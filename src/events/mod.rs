//! What happened on each connection, for the log.
//!
//! The vocabulary is that of [`crate::connection`]: every end has a [`CloseReason`], the same word everywhere.

mod human;
mod throttle;

pub use human::{Human, LogFormat};
pub use throttle::Throttle;

use crate::connection::{CloseReason, State};
use crate::profile::Style;
use std::net::SocketAddr;

/// The target of the log's lines about exchanges.
pub const EXCHANGE: &str = "labserve::exchange";
/// The target of the log's lines about connections.
pub const CONNECTION: &str = "labserve::connection";

/// A kind of line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A request and its reply.
    Exchange,
    /// The end of a connection.
    Connection,
}

impl Line {
    /// Whether such lines go into the log at its level.
    pub fn is_enabled(self) -> bool {
        match self {
            Line::Exchange => tracing::enabled!(target: EXCHANGE, tracing::Level::INFO),
            Line::Connection => tracing::enabled!(target: CONNECTION, tracing::Level::INFO),
        }
    }
}

/// One request and its reply.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The connection's number.
    pub connection: u64,
    /// The request's number on it.
    pub number: u64,
    /// The client.
    pub peer: SocketAddr,
    /// The method, as sent; empty if no request was read.
    pub method: &'a [u8],
    /// The target, as sent.
    pub target: &'a [u8],
    /// The status.
    pub status: u16,
    /// How many bytes of the reply were sent, head and body.
    pub sent: u64,
    /// How many of them are the head's.
    pub head: u64,
}

/// The end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// The connection's number.
    pub connection: u64,
    /// The client.
    pub peer: SocketAddr,
    /// Why it ended.
    pub reason: CloseReason,
    /// How it was ended.
    pub style: Style,
    /// The state that it was in.
    pub state: State,
    /// How many requests it served.
    pub requests: u64,
    /// How many bytes came from the client.
    pub received: u64,
    /// How many bytes went to it.
    pub sent: u64,
    /// How long it was open, in milliseconds.
    pub open_ms: u64,
}

/// Logs an exchange.
pub fn exchange(event: &Exchange<'_>) {
    tracing::info!(
        target: EXCHANGE,
        connection = event.connection,
        request = event.number,
        peer = %event.peer,
        method = %printable(event.method),
        path = %printable(event.target),
        status = event.status,
        bytes = event.sent,
        head = event.head,
    );
}

/// Logs the end of a connection.
pub fn closed(event: &Closed) {
    tracing::info!(
        target: CONNECTION,
        connection = event.connection,
        peer = %event.peer,
        who = ?event.reason.who(),
        reason = event.reason.key(),
        words = event.reason.words(),
        style = ?event.style,
        state = ?event.state,
        requests = event.requests,
        received = event.received,
        sent = event.sent,
        open_ms = event.open_ms,
    );
}

/// Text from the wire, made safe for a terminal: control characters and bytes that are no UTF-8 are escaped.
pub fn printable(bytes: &[u8]) -> impl std::fmt::Display + '_ {
    std::fmt::from_fn(move |f| {
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() {
                    write!(f, "{}", c.escape_default())?
                } else {
                    std::fmt::Write::write_char(f, c)?
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    })
}
