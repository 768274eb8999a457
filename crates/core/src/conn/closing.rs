//! How a connection is closed: the reason, the pause before it, and the style.

use super::State;
use crate::close_reason::CloseReason;
use crate::profile::{ClosePolicy, CloseStyle};
use std::time::Duration;

/// The decision to close a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// The reason.
    pub reason: CloseReason,
    /// The style that the last response sets, if any.
    pub style: Option<CloseStyle>,
}

impl From<CloseReason> for Close {
    fn from(reason: CloseReason) -> Self {
        Self { reason, style: None }
    }
}

/// A pause between the last response and the close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Its length.
    pub time: Duration,
    /// Whether a byte that arrives during the pause leaves the close to the client.
    pub holds: bool,
}

/// A connection that is being closed.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    close: Close,
    /// The state of the connection before.
    pub state: State,
    /// Whether it has read bytes that do not belong to a finished request.
    has_input: bool,
    /// The pause before the close, if any. A FIN from the client ends it.
    pub pause: Option<Pause>,
}

impl Closing {
    pub(super) fn new(close: Close, state: State, has_input: bool, policy: &ClosePolicy) -> Self {
        let after_response = state == State::Exchange
            && !matches!(
                close.reason,
                CloseReason::BadRequest
                    | CloseReason::ClientReset
                    | CloseReason::IoError
                    | CloseReason::Asked
                    | CloseReason::Rule
            );
        let pause = policy.pause.filter(|_| after_response).map(|time| Pause {
            time,
            holds: policy.pause_holds,
        });
        Self {
            close,
            state,
            has_input,
            pause,
        }
    }

    /// The reason.
    pub fn reason(&self) -> CloseReason {
        self.close.reason
    }

    /// The style of the close. `has_unread` returns whether the socket has unread bytes. It costs a system call, so it
    /// is called only if the result matters.
    pub fn style(&self, policy: &ClosePolicy, has_unread: impl FnOnce() -> bool) -> CloseStyle {
        let unread = policy
            .unread(self.close.reason)
            .filter(|_| self.close.style.is_none() && (self.has_input || has_unread()));
        self.close
            .style
            .or(unread)
            .unwrap_or_else(|| policy.style(self.close.reason))
    }
}
