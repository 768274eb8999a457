//! Which rules apply to a connection and to its requests.

use super::Conn;
use crate::conn::{Opened, Purpose, State};
use crate::http1::Request;
use crate::rule::{Hit, Occasion, Point, Rules};

/// What a connection remembers about rules.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The number of the last request whose first byte rules were looked up for.
    first_byte: u64,
    /// The rule that acts once the connection is idle.
    idle: Option<Box<Hit>>,
}

/// When rules are looked up outside of an exchange. A connection is accepted once. Then, for each request, it waits,
/// unless bytes of the request have already arrived, and the first byte arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was accepted.
    Accepted,
    /// It is about to wait for a request. Nothing of the request has been read.
    Waits,
    /// The first byte of a request has arrived. It is still unread if [`Conn::leaves_first_byte`] returned true.
    FirstByte,
}

/// A rule that acts outside of an exchange.
#[derive(Clone, Debug)]
pub struct DueRule {
    /// The rule.
    pub hit: Hit,
    /// The number of the request, 0 before the first.
    pub request: u64,
    /// Whether the rule has just been found to apply. False at [`Stage::Waits`]: that rule was found with its request.
    pub is_new: bool,
}

impl Conn {
    /// The rule that acts at this stage. `id` is the number of the connection. At [`Stage::FirstByte`], only the first
    /// call for each request looks for a rule.
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

    /// Whether a wait must leave the first byte unread, because one of these rules may act there. Then ask for that
    /// rule at [`Stage::FirstByte`]. Call this when bytes have arrived, because rules may be added while the connection
    /// waits. `id` is the number of the connection.
    pub fn leaves_first_byte(&self, id: u64, rules: &Rules) -> bool {
        let next = self.life.requests() + 1;
        self.input.is_empty()
            && matches!(self.life.state(), State::Unused | State::Idle)
            && self.pending.first_byte != next
            && rules.may_act_at_first_byte(id, next)
    }

    /// The rule that applies to the request of an exchange. A rule that acts on the idle connection is also remembered
    /// for [`Stage::Waits`].
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
