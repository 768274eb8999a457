//! How a connection is closed: for which reason, after which pause, in which style.

use super::State;
use crate::close_reason::CloseReason;
use crate::profile::{ClosePolicy, CloseStyle};
use std::time::Duration;

/// That a connection is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// Why.
    pub reason: CloseReason,
    /// The style, if the last response has one of its own.
    pub style: Option<CloseStyle>,
}

impl From<CloseReason> for Close {
    fn from(reason: CloseReason) -> Self {
        Self { reason, style: None }
    }
}

/// A pause between a response and the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// How long.
    pub time: Duration,
    /// Whether a byte in that time keeps the connection open until the client closes it.
    pub holds: bool,
}

/// A connection that is being closed.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    close: Close,
    /// The state that the connection was in.
    pub state: State,
    /// Whether the connection has read bytes that belong to no finished request.
    has_input: bool,
    /// The pause before the end, if there is one. The client's FIN ends it.
    pub pause: Option<Pause>,
}

impl Closing {
    pub(super) fn new(close: Close, state: State, has_input: bool, ends: &ClosePolicy) -> Self {
        let after_response = state == State::Exchange
            && !matches!(
                close.reason,
                CloseReason::BadRequest | CloseReason::ClientReset | CloseReason::IoError | CloseReason::Asked
            );
        let pause = ends.pause.filter(|_| after_response).map(|time| Pause {
            time,
            holds: ends.pause_holds,
        });
        Self {
            close,
            state,
            has_input,
            pause,
        }
    }

    /// Why the connection is closed.
    pub fn reason(&self) -> CloseReason {
        self.close.reason
    }

    /// The style of the end. `has_unread` says whether the socket has bytes that were not read; it is asked only where
    /// that makes a difference.
    pub fn style(&self, ends: &ClosePolicy, has_unread: impl FnOnce() -> bool) -> CloseStyle {
        let unread = ends
            .unread(self.close.reason)
            .filter(|_| self.close.style.is_none() && (self.has_input || has_unread()));
        self.close
            .style
            .or(unread)
            .unwrap_or_else(|| ends.style(self.close.reason))
    }
}
