//! When the next part of a request body must arrive, and what it means if it does not.

use super::{BodyEnd, due};
use crate::profile::{Timer, Timers};
use std::time::Duration;

/// Which timers apply while a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The timer for bodies.
    Usual,
    /// Until the first part arrives, the timer for a body after the response, if the profile has one.
    AfterReply,
}

/// The progress of a body that is being read.
#[derive(Clone, Copy, Debug)]
pub struct BodyProgress<'p> {
    usual: &'p Timer,
    silence: Option<&'p Timer>,
    begun: Duration,
    last: Duration,
    received: u64,
}

impl<'p> BodyProgress<'p> {
    /// The progress of a body whose reading starts at `now`.
    pub fn new(timers: &'p Timers, patience: Patience, now: Duration) -> Self {
        BodyProgress {
            usual: &timers.body,
            silence: match patience {
                Patience::Usual => None,
                Patience::AfterReply => timers.body_after_reply.as_ref(),
            },
            begun: now,
            last: now,
            received: 0,
        }
    }

    fn silence(&self) -> Option<&'p Timer> {
        self.silence.filter(|_| self.received == 0)
    }

    /// When the next part must have arrived, as time since the start of the server; `None` for no deadline.
    pub fn deadline(&self) -> Option<Duration> {
        due(
            self.silence().unwrap_or(self.usual),
            self.begun,
            self.last,
            self.received,
        )
    }

    /// Records that a part with `bytes` bytes of content has arrived at `now`.
    pub fn received(&mut self, bytes: u64, now: Duration) {
        self.received += bytes;
        self.last = now;
    }

    /// How a body ends when its deadline passes.
    pub fn expired(&self) -> BodyEnd {
        if self.silence().is_some() {
            BodyEnd::Silent
        } else {
            BodyEnd::Late
        }
    }
}
