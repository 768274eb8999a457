//! Which rules apply to a connection and to its requests.

use super::Conn;
use crate::conn::{Opened, Purpose, State};
use crate::http1::Request;
use crate::rule::{Hit, Occasion, Point, Rules};

/// What a connection remembers of rules.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The number of the request for whose first byte the rules were last asked.
    first_byte: u64,
    /// The rule that acts once the connection is idle.
    idle: Option<Box<Hit>>,
}

/// When rules are asked for outside of an exchange. A connection passes these in turn: it is accepted; then, for each
/// request, it waits unless bytes of the request are there, and the first byte is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was accepted.
    Accepted,
    /// It is about to wait for a request. Nothing of the request has been read.
    Waits,
    /// The first byte of a request is there: unread, if [`Conn::leaves_first_byte`] said so.
    FirstByte,
}

/// A rule that acts outside of an exchange.
#[derive(Clone, Debug)]
pub struct DueRule {
    /// The rule.
    pub hit: Hit,
    /// The number of the request, 0 before the first.
    pub request: u64,
    /// Whether it has only now turned out to apply. Otherwise it has since the request.
    pub is_new: bool,
}

impl Conn {
    /// The rule that acts at this stage. `id` is the number of the connection. For the first byte it is asked for once
    /// for each request.
    pub fn due_rule(&mut self, stage: Stage, id: u64, rules: &Rules) -> Option<DueRule> {
        let last = self.life.requests();
        let next = last + 1;
        let (hit, request) = match stage {
            Stage::Accepted => (rules.hit(id, Occasion::Accept), 0),
            Stage::Waits => (self.pending.idle.take().map(|hit| *hit), last),
            Stage::FirstByte if std::mem::replace(&mut self.pending.first_byte, next) == next => return None,
            Stage::FirstByte => (rules.hit(id, Occasion::FirstByte(next)), next),
        };
        hit.map(|hit| DueRule {
            hit,
            request,
            is_new: stage != Stage::Waits,
        })
    }

    /// Whether a rule acts at [`Stage::Waits`].
    #[inline]
    pub fn has_idle_rule(&self) -> bool {
        self.pending.idle.is_some()
    }

    /// Whether a wait must leave the first byte unread, because it may be the point of one of these rules. Then ask for
    /// that rule at [`Stage::FirstByte`]. Rules may be added while the connection waits, so this is asked when something
    /// has arrived. `id` is the number of the connection.
    pub fn leaves_first_byte(&self, id: u64, rules: &Rules) -> bool {
        let next = self.life.requests() + 1;
        self.input.is_empty()
            && matches!(self.life.state(), State::Unused | State::Idle)
            && self.pending.first_byte != next
            && rules.may_act_at_first_byte(id, next)
    }

    /// The rule that applies to the request of an exchange. One that acts on the idle connection is remembered, too.
    pub fn rule(&mut self, opened: &Opened, id: u64, rules: &Rules) -> Option<Hit> {
        let Purpose::Request(_) = opened.purpose else {
            return None;
        };
        if !rules.act_on_requests() {
            return None;
        }
        let request = Request::new(&self.input, &opened.head);
        let occasion = Occasion::Request(self.life.requests(), &request);
        let hit = rules.hit(id, occasion)?;
        if hit.rule.act.at == Point::Idle {
            self.pending.idle = Some(Box::new(hit.clone()));
        }
        Some(hit)
    }
}
