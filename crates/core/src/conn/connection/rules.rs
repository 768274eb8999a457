//! Which rules apply to a connection and to its requests.

use super::Conn;
use crate::conn::{Context, Opened, Purpose, State};
use crate::http1::Request;
use crate::rule::{Hit, Occasion, Point};

/// What a connection remembers of rules.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The number of the request for whose first byte the rules were last asked.
    first_byte: u64,
    /// The rule that acts once the connection is idle.
    idle: Option<Box<Hit>>,
}

impl Conn {
    /// The rule that applies when the connection is accepted. `id` is its number.
    pub fn rule_at_accept(&self, id: u64, cx: &Context<'_>) -> Option<Hit> {
        cx.profile.rules.hit(id, Occasion::Accept)
    }

    /// Whether no byte of a next request has been read, so that its first byte may be the point of a rule.
    pub fn is_between_requests(&self) -> bool {
        self.input.is_empty() && matches!(self.life.state(), State::Unused | State::Idle)
    }

    /// The rule that applies now that the first byte of a request is there, read or unread. It is asked for once for each
    /// request.
    pub fn rule_at_first_byte(&mut self, id: u64, cx: &Context<'_>) -> Option<Hit> {
        let number = self.life.requests() + 1;
        if std::mem::replace(&mut self.pending.first_byte, number) == number {
            return None;
        }
        cx.profile.rules.hit(id, Occasion::FirstByte(number))
    }

    /// The rule that applies to the request of an exchange. One that acts on the idle connection is remembered, too.
    pub fn rule(&mut self, opened: &Opened, id: u64, cx: &Context<'_>) -> Option<Hit> {
        let Purpose::Request(_) = opened.purpose else {
            return None;
        };
        let request = Request::new(&self.input, &opened.head);
        let occasion = Occasion::Request(self.life.requests(), &request);
        let hit = cx.profile.rules.hit(id, occasion)?;
        if hit.rule.act.at == Point::Idle {
            self.pending.idle = Some(Box::new(hit.clone()));
        }
        Some(hit)
    }

    /// The rule that acts now that the connection is idle.
    pub fn take_rule_at_idle(&mut self) -> Option<Hit> {
        self.pending.idle.take().map(|hit| *hit)
    }
}
