//! What happens on each connection: the events, and who is told of them.
//!
//! The words are those of [`crate::connection`]: every end has a [`CloseReason`], the same word in profile, log and event
//! log. A [`Teller`] hands every event to the log (a line an exchange, a line an end) and to the event log (a line an event,
//! complete enough to replay the connection's story). Knows nothing of why something happened or what comes next.

mod human;
mod journal;
mod json;
mod log;
mod recorder;
mod throttle;

pub use human::{Human, LogFormat};
pub use journal::{Tape, Teller};
pub use log::printable;
pub use recorder::{Output, Recorder};
pub use throttle::Throttle;

use crate::connection::{BodyEnd, CloseReason, State};
use crate::http::{Fault, Version};
use crate::profile::Style;
use std::cell::OnceCell;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;

/// Whose events they are.
#[derive(Debug)]
pub struct Story {
    /// The connection's number since the program started.
    pub id: u64,
    /// The client.
    pub peer: SocketAddr,
    /// The address that it came in on.
    pub local: SocketAddr,
    /// When it was accepted.
    pub accepted: Instant,
    /// The fields that are the same in each of its lines, once they have been needed.
    fields: OnceCell<Box<str>>,
}

impl Story {
    /// The story of a connection that is accepted now.
    pub fn new(id: u64, peer: SocketAddr, local: SocketAddr) -> Story {
        Story {
            id,
            peer,
            local,
            accepted: Instant::now(),
            fields: OnceCell::new(),
        }
    }
}

/// How many bytes have gone each way since the connection was accepted, as the server's own reads and writes count them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the client.
    pub received: u64,
    /// To the client.
    pub sent: u64,
}

/// What happens on a connection.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// It was accepted.
    Accepted,
    /// A request head is complete, or refused.
    Head(Head<'a>),
    /// A request body has been read, to its end or not.
    Body {
        /// The request's number on its connection.
        request: u64,
        /// How many bytes of content were read.
        bytes: u64,
        /// How it ended.
        how: BodyEnd,
    },
    /// A reply has been handed to the system, whole or as far as the client took it.
    Reply(Reply<'a>),
    /// The reply is sent and the connection is kept.
    Idle {
        /// After which time without a further byte the server will end it; `None`: never.
        ends_after: Option<Duration>,
    },
    /// A timer has run out.
    Timer {
        /// What it was for.
        reason: CloseReason,
    },
    /// The client has ended its side.
    ClientFin {
        /// The state that the connection was in.
        state: State,
    },
    /// The client has reset the connection, or the network has lost it.
    Reset,
    /// The server begins to end the connection, or answers the client's end.
    Close(Close),
    /// The socket is given back to the system.
    End {
        /// How the end was begun.
        close: Close,
        /// How many requests were begun on it.
        requests: u64,
        /// How long it was open.
        open: Duration,
    },
}

/// A request head.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The request's number on its connection, from 1.
    pub request: u64,
    /// The method, as sent.
    pub method: &'a [u8],
    /// The target, as sent.
    pub target: &'a [u8],
    /// The version that it counts as.
    pub version: Version,
    /// How long the head is, in bytes; 0 if it was given up in the middle.
    pub bytes: usize,
    /// What is wrong with it, if that is why it is refused.
    pub fault: Option<Fault>,
}

/// A reply.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The number of the request that it answers; 0 if there was none.
    pub request: u64,
    /// The request's method, as sent; empty if no request was read.
    pub method: &'a [u8],
    /// The request's target, as sent.
    pub target: &'a [u8],
    /// The status.
    pub status: u16,
    /// How many bytes of its head were sent.
    pub head_bytes: u64,
    /// How many bytes were sent behind the head: content, and chunk heads if there are any.
    pub body_bytes: u64,
    /// Whether all of it was sent.
    pub complete: bool,
}

/// How the server ends a connection.
#[derive(Clone, Copy, Debug)]
pub struct Close {
    /// Why.
    pub reason: CloseReason,
    /// How.
    pub style: Style,
    /// The state that the connection was in.
    pub state: State,
}
