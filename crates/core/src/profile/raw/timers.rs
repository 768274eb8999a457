//! `[timers]`: when a silent connection is closed, and which response is sent first.

use crate::profile::units::{Span, TimerText};
use serde::{Deserialize, Serialize};

/// `[timers]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawTimers {
    /// Interval at which the timers in `ticked` are checked, counted from the start of the server. A timer fires at
    /// the first tick after it expires.
    pub tick: Span,
    /// No byte received since the connection was accepted.
    pub unused: TimerText,
    /// A request line has begun but is not complete.
    pub line: TimerText,
    /// The request line is complete, the head is not.
    pub head: TimerText,
    /// The same as `line`, on a connection that has already served a request. Without it: `line`.
    pub line_again: Option<TimerText>,
    /// The same as `head`, on a connection that has already served a request. Without it: `head`.
    pub head_again: Option<TimerText>,
    /// Only empty lines received since the last response. Without it: `line_again`.
    pub empty_lines: Option<TimerText>,
    /// A part of a next request, or empty lines, arrived before the last response, and nothing since. Without it:
    /// `line_again`, `head_again` or `empty_lines`.
    pub leftover: Option<TimerText>,
    /// No byte received since the last response.
    pub idle: TimerText,
    /// The request body is not complete.
    pub body: TimerText,
    /// No byte of the request body received since the response was sent. Without it: `body`. The connection is closed
    /// as by `idle`.
    pub body_after_reply: Option<TimerText>,
    /// Names of the timers that are checked only at each `tick`.
    pub ticked: Vec<String>,
    /// What happens to bytes that are in the socket buffer, unread, when a timer expires.
    pub unread_at_expiry: AtExpiry,
}

/// What happens to bytes that are unread when a timer expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AtExpiry {
    /// They are read, and the connection goes on.
    #[default]
    Read,
    /// They are not read, and the connection is closed.
    Discard,
}
