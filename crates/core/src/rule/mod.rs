//! Rules: what is to happen to which request of which connection.
//!
//! A rule is data, like a profile. It does not describe a server; it makes one do something at an exact point, for a
//! test: 503 twice and then 200, RST after 1,000 bytes of a response, no response until the test says so.
//!
//! This module knows when a rule applies and what it asks for. It does not know sockets, clocks or TOML: a profile
//! resolves the tables that people write into [`Rule`]s, and [`crate::conn`] acts on them.
//!
//! If several rules apply to a request, the first is carried out. Each rule counts every request that meets its
//! conditions, in the order in which the heads of the requests were complete.
//!
//! Rules about the same requests share one count, and an index finds those that a request may match, so that a hundred
//! rules cost a request little more than one. The next match that a rule wants is known in advance, so that the matches
//! before it are only counted. Rules that can no longer apply are not even counted. The cost grows with the number of
//! rules only if different patterns match the same request, or if rules apply to percentages of the same requests.

mod condition;
mod group;
mod index;
mod prefixes;
mod rules;
mod sorted;
#[cfg(test)]
mod tests;

pub use condition::{Condition, Occasion, Subject, Wanted};
pub use rules::{Hit, Rules};

use crate::http1::ResponseId;
use std::time::Duration;

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, for events and for people.
    pub name: String,
    /// When it applies.
    pub when: Condition,
    /// How it changes the response.
    pub reply: ReplyChange,
    /// What happens at one point of the exchange or the connection.
    pub act: Act,
}

/// The changes that a rule makes to a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplyChange {
    /// The response of the profile that replaces the decided one.
    pub response: Option<ResponseId>,
    /// Field lines, without their line ends. Each replaces the lines with its name.
    pub fields: Vec<String>,
    /// The body that replaces that of the response.
    pub body: Option<Vec<u8>>,
    /// The length that the head announces, whatever the body is.
    pub content_length: Option<u64>,
    /// Bytes that follow the body. No length announces them.
    pub extra_bytes: Vec<u8>,
    /// The status codes of interim responses before it (RFC 9110 section 15.2).
    pub interim: Vec<u16>,
    /// How long to wait before its first byte; `None`: as long as the profile does.
    pub delay: Option<Duration>,
    /// How long to wait between head and body; `None`: as long as the profile does.
    pub body_delay: Option<Duration>,
    /// How many bytes of it are sent in a second; `None`: as many as the client accepts.
    pub throttle: Option<u64>,
}

/// What happens at one point. The order of the fields is the order in which it happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// The point.
    pub at: Point,
    /// The name that releases what is held here.
    pub hold: Option<String>,
    /// How long to do nothing.
    pub stall: Option<Duration>,
    /// How the connection ends.
    pub end: Option<End>,
}

/// A point in the life of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// It was accepted. Nothing of it has been read.
    Accept,
    /// The first byte of a request has arrived. It has not been read, unless it arrived together with an earlier
    /// request.
    FirstByte,
    /// A request head is complete. Neither `100 Continue` nor a response was sent, and no body was read.
    Head,
    /// The response is decided on. Nothing of it was sent.
    BeforeReply,
    /// The head of the response was sent, and nothing of its body.
    AfterHead,
    /// This many bytes of the response were sent, head and body, or all of them if it has fewer.
    AfterBytes(u64),
    /// The response was sent.
    AfterReply,
    /// The response was sent, and the connection is idle.
    Idle,
}

/// How a rule ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Send FIN and close the socket.
    Fin,
    /// Send RST.
    Reset,
    /// Send FIN, read and discard what the client still sends, then close the socket.
    Linger,
    /// Send nothing more and leave the connection open until the client closes it.
    Never,
    /// Send FIN and leave the connection open until the client closes it.
    HalfClose,
}
