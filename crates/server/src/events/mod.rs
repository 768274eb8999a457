//! What happens on each connection, as events, and where they go.
//!
//! The terms are those of [`labserve_core::conn`]: every close has a [`CloseReason`], which has the same name in
//! profiles, the log and the event log. An [`EventSink`] writes every event to three places: to the log (one line for
//! each exchange and each close), to the event log (one line for each event, which is enough to reconstruct a
//! connection), and to the live stream (the same lines with more detail, within a budget). This module does not know
//! why an event happened or what comes next.

mod batcher;
mod budget;
mod clock;
mod connection_meta;
mod detail;
mod event_file;
mod json;
mod live;
mod log;
mod observer;
mod program_events;
mod recorder;
mod secret;
mod sender;
mod sink;
mod throttle;

pub use connection_meta::ConnectionMeta;
pub use detail::{Cut, Cuts, Detail};
pub use json::state_key;
pub use labserve_core::conn::{Standing, Traffic};
pub use live::{LiveSender, Watchers, Watching};
pub use log::{CONNECTION, EXCHANGE};
pub use observer::Observer;
pub use program_events::ProgramEvents;
pub use recorder::{Output, Recorder, start, timestamp};
pub use secret::Secret;
pub use sender::{EventSender, EventSenders};
pub use sink::EventSink;
pub use throttle::Throttle;

use labserve_core::close_reason::{CloseReason, Who};
use labserve_core::conn::{BodyEnd, DropPlace, State};
use labserve_core::http1::{Fault, OtherProtocol, Version};
use labserve_core::profile::CloseStyle;
use labserve_core::rule::Hit;
use std::time::Duration;

/// What happens on a connection.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The connection was accepted.
    Accepted {
        /// Whether it waited in the accept queue until another connection ended.
        queued: bool,
    },
    /// A request head is complete, or was refused.
    Head(Head<'a>),
    /// A rule applies.
    Rule(Rule<'a>),
    /// A rule holds something from now on, until this name is released.
    Held {
        /// The name.
        name: &'a str,
        /// The number of the request on its connection, from 1; 0 if it is the connection that is held.
        request: u64,
    },
    /// A request body was read, completely or in part.
    Body {
        /// The number of the request on its connection, from 1.
        request: u64,
        /// The number of content bytes that were read.
        bytes: u64,
        /// How the body ended.
        how: BodyEnd,
    },
    /// A response was handed to the system, completely or as far as the client accepted it.
    Reply(Reply<'a>),
    /// A request that has arrived, completely or in part, gets no response.
    DroppedRequest(DroppedRequest<'a>),
    /// The response was sent and the connection persists.
    Idle {
        /// The server closes the connection if no byte arrives within this time; `None`: never.
        ends_after: Option<Duration>,
    },
    /// A timer expired.
    Timer {
        /// The timer.
        reason: CloseReason,
    },
    /// The client's first bytes belong to another protocol than HTTP/1.1.
    OtherProtocol(OtherProtocol),
    /// The client's FIN arrived.
    ClientFin {
        /// The state of the connection at that time.
        state: State,
    },
    /// The client reset the connection, or the network lost it.
    Reset,
    /// The server begins to close the connection, or responds to the client's close.
    Close(Close),
    /// The socket was returned to the system.
    End {
        /// How the close began.
        close: Close,
        /// The number of requests that were begun on the connection.
        requests: u64,
        /// Whether bytes from the client are unread. With the style `close`, the system then sends RST instead of FIN.
        unread: bool,
    },
}

impl<'a> Event<'a> {
    /// A rule applies to the request with this number.
    pub(crate) fn rule(hit: &'a Hit, request: u64) -> Self {
        let Hit { rule, number } = hit;
        Self::Rule(Rule {
            request,
            name: &rule.name,
            number: *number,
            hold: rule.act.hold.as_deref(),
        })
    }

    /// Whether every exchange has this event. Other events occur only a few times per connection.
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
    /// The number of the request on its connection, from 1.
    pub request: u64,
    /// The method as sent.
    pub method: &'a [u8],
    /// The target as sent.
    pub target: &'a [u8],
    /// The version that the request is treated as.
    pub version: Version,
    /// The length of the head in bytes; 0 if it was refused before its end.
    pub bytes: usize,
    /// The fault, if the head is refused because of one.
    pub fault: Option<Fault>,
    /// The bytes of the head as received.
    pub raw: &'a [u8],
}

/// A rule that applies.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// The number of the request on its connection, from 1; 0 if the rule applies to the connection.
    pub request: u64,
    /// Its name.
    pub name: &'a str,
    /// How often the rule has applied, this time included.
    pub number: u64,
    /// The name that releases what the rule holds.
    pub hold: Option<&'a str>,
}

/// A response.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The number of the request that is answered; 0 if there was none.
    pub request: u64,
    /// The method of the request as sent; empty if no request was read.
    pub method: &'a [u8],
    /// The target of the request as sent.
    pub target: &'a [u8],
    /// The status code.
    pub status: u16,
    /// The number of bytes of the head that were sent.
    pub head_bytes: u64,
    /// The number of bytes that were sent after the head: content, and chunk framing if there is any.
    pub body_bytes: u64,
    /// Whether the response was sent completely.
    pub complete: bool,
    /// The number of bytes of head and body that a complete response has.
    pub total_bytes: u64,
    /// More detail for the live stream; `None` if the budget does not allow it.
    pub detail: Option<&'a Detail<'a>>,
}

/// A request that was dropped.
#[derive(Clone, Copy, Debug)]
pub struct DroppedRequest<'a> {
    /// The number of the request on its connection, from 1; 0 if it was dropped before the server looked at it.
    pub request: u64,
    /// Its request line as received, without the line end; `None` if that is not complete.
    pub line: Option<&'a [u8]>,
    /// The number of its bytes that have arrived and can be distinguished from bytes of other requests.
    pub bytes: u64,
    /// Where it was dropped.
    pub place: DropPlace,
}

/// How the server closes a connection.
#[derive(Clone, Copy, Debug)]
pub struct Close {
    /// Whose FIN or RST was first on the wire, as far as the system has reported.
    pub who: Who,
    /// The reason.
    pub reason: CloseReason,
    /// The style.
    pub style: CloseStyle,
    /// The state of the connection at that time.
    pub state: State,
}
