//! What happens on each connection: the events, and who is told of them.
//!
//! The words are those of [`labserve_core::connection`]: every end has a [`CloseReason`], the same word in profile, log and event
//! log. A [`EventSink`] hands every event to the log (a line an exchange, a line an end), to the event log (a line an event,
//! complete enough to replay the connection's meta) and to the live tape (the same with more detail, within a budget). Knows nothing of why something happened or what comes next.

mod budget;
mod connection_meta;
mod detail;
mod journal;
mod json;
mod live;
mod log;
mod observer;
mod program_events;
mod recorder;
mod throttle;

pub use connection_meta::{ConnectionMeta, Latest, Traffic};
pub use detail::{Cut, Cuts, Detail};
pub use journal::{EventSender, EventSenders, EventSink};
pub use json::state_key;
pub use live::{LiveSender, Watchers, Watching};
pub use log::{CONNECTION, EXCHANGE};
pub use observer::Observer;
pub use program_events::ProgramEvents;
pub use recorder::{Output, Recorder, start, timestamp};
pub use throttle::Throttle;

use labserve_core::close_reason::CloseReason;
use labserve_core::connection::{BodyEnd, State};
use labserve_core::http1::{Fault, Version};
use labserve_core::profile::CloseStyle;
use std::time::Duration;

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
        /// Whether bytes of the client are left unread: with style `close` the system then sends RST and no FIN.
        unread: bool,
    },
}

impl Event<'_> {
    /// Whether it is one of those that each exchange has, and not one that a connection has a few of.
    fn is_of_exchange(&self) -> bool {
        matches!(
            self,
            Event::Head(_) | Event::Body { .. } | Event::Reply(_) | Event::Idle { .. }
        )
    }
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
    /// Its bytes, as received.
    pub raw: &'a [u8],
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
    /// What the live tape tells beyond that; `None` where it will not.
    pub detail: Option<&'a Detail<'a>>,
}

/// How the server ends a connection.
#[derive(Clone, Copy, Debug)]
pub struct Close {
    /// Why.
    pub reason: CloseReason,
    /// How.
    pub style: CloseStyle,
    /// The state that the connection was in.
    pub state: State,
}
