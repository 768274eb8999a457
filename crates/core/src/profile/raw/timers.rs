//! `[timers]`: when a silent connection is ended, and what is said then.

use crate::profile::units::{Span, TimerText};
use serde::{Deserialize, Serialize};

/// `[timers]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawTimers {
    /// Timers are looked at only at multiples of this time since the server started, those that `ticked` names.
    pub tick: Span,
    /// Nothing received since the connection was accepted.
    pub unused: TimerText,
    /// A request line has begun and not ended.
    pub line: TimerText,
    /// The request line is complete, the head is not.
    pub head: TimerText,
    /// The same as `line`, on a connection that has served a request.
    pub line_again: Option<TimerText>,
    /// The same as `head`, on a connection that has served a request.
    pub head_again: Option<TimerText>,
    /// Only empty lines received since the last reply; none: as `line_again`.
    pub blank: Option<TimerText>,
    /// Nothing received since the last reply.
    pub idle: TimerText,
    /// The request body is not complete.
    pub body: TimerText,
    /// Nothing of the request body has come since the reply was sent; none: as `body`. It ends as `idle` does.
    pub body_after_reply: Option<TimerText>,
    /// The names of the timers that obey `tick`.
    pub ticked: Vec<String>,
    /// What counts where a timer runs out and bytes have come that were not noticed yet: the `bytes`, or the `timer`.
    pub tie: Tie,
}

/// What counts where a timer runs out and bytes have come that were not noticed yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tie {
    /// They are looked for, and the connection goes on.
    #[default]
    Bytes,
    /// They are not looked for, and the connection ends.
    Timer,
}
