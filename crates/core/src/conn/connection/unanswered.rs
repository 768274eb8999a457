//! Which of the received bytes have no response.

use super::Conn;
use crate::conn::{ExchangeOutcome, Leftover};

/// What the input of a connection begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// The next request, whose exchange has not begun. Also if the input is empty.
    Next,
    /// The latest request, which has no response yet.
    Latest,
    /// A part of a request that has a response.
    Spent,
}

impl Begins {
    /// What the input begins with after an exchange.
    pub(super) fn after(outcome: &ExchangeOutcome) -> Self {
        match outcome.left {
            _ if outcome.cut_in_request => Self::Spent,
            Leftover::From(0) if !outcome.answered => Self::Latest,
            _ => Self::Next,
        }
    }
}

impl Conn {
    /// The received bytes without a response, when the connection closes. They begin with a request. `None` if these
    /// bytes, and all that arrive from now on, belong to a request that has a response.
    pub fn unanswered(&self) -> Option<&[u8]> {
        (self.begins != Begins::Spent).then_some(&self.input)
    }

    /// The number of the request that the input begins with; 0 if its exchange has not begun.
    pub fn unanswered_number(&self) -> u64 {
        match self.begins {
            Begins::Latest => self.life.requests(),
            Begins::Next | Begins::Spent => 0,
        }
    }
}
