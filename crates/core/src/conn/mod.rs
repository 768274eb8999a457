//! One connection as a protocol without I/O (sans I/O): events go in, actions come out. Time is a parameter, counted
//! from the start of the server.
//!
//! Sockets, clocks and files belong to the caller. The server carries out the actions on real sockets; [`crate::model`]
//! carries them out in memory, with virtual time. Both run this code, so they answer alike.
//!
//! ```text
//!  caller                          conn
//!  ------                          ----
//!  bytes, FIN, timer, stop ──────> Conn::on       ──> Next: wait, settle, serve a request, close
//!  found, sent, body read  ──────> Exchange::on   ──> Action: look up, send, read the body, finish
//!  has the socket unread bytes? ─> Closing::style ──> how the connection is closed
//! ```
//!
//! - [`Conn`] holds what persists between requests: the state, the unparsed input, the counters.
//! - [`Exchange`] is one request and its response. It borrows the input, so that nothing is copied.
//! - [`body_plan`] is the order of interim responses, body and response, as a pure function.
//! - [`BodyProgress`] knows when the next part of a body must arrive.
//! - [`Ruled`] adds the steps of a rule to an exchange.
//! - [`Closing`] knows how a connection is closed.

mod action;
mod body_end;
mod body_plan;
mod body_progress;
mod closing;
mod connection;
mod course;
mod dropped;
mod exchange;
mod life;
mod lookahead;
mod next;
mod pace;
mod persistence;
mod reply;
mod rule_steps;
mod ruled;

pub use action::{
    Action, ExchangeOutcome, Finish, Happened, Leftover, PathQuery, Peek, Piece, Pieces, Rendered, SendFailure, Unsent,
};
pub use body_end::BodyEnd;
pub use body_plan::{AfterReply, BeforeReply, BodyPlan, body_plan};
pub use body_progress::{BodyProgress, Patience};
pub use closing::{Close, Closing, Pause};
pub use connection::{Conn, DueRule, Stage};
pub use dropped::{DropPlace, Dropped, dropped, request_line};
pub use exchange::Exchange;
pub use life::{Deadline, Life, State, Transition, due, transition};
pub use next::{Next, Opened, Purpose, Refusal, Settle, WakeReason};
pub use pace::Pace;
pub use persistence::{Persistence, ends_by_both, is_last, persistence};
pub use reply::ReplyContext;
pub use rule_steps::{PointStep, point_steps};
pub use ruled::{RuleStep, Ruled, RuledReply};

use crate::profile::Profile;
use std::time::Duration;

/// An interim response (RFC 9110 section 15.2.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a decision depends on, besides the connection itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The server's behaviour.
    pub profile: &'a Profile,
    /// The path of the document root, name by name.
    pub root: &'a [String],
    /// The time since the server started.
    pub now: Duration,
    /// Whether the server is stopping. Connections then close as soon as they wait for their client.
    pub stopping: bool,
}

/// The number of bytes in each direction on a connection, as counted by the server's reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes from the client.
    pub received: u64,
    /// Bytes to the client.
    pub sent: u64,
}

/// The state and the counters of a connection, for observers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// The number of requests that have begun on it.
    pub requests: u64,
    /// The bytes in each direction.
    pub traffic: Traffic,
}
