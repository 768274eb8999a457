//! Assigns requests to connections.

use super::behaviour::{Kind, Media, Reuse};
use super::plan::{Lane, Role, State, Step, Visit, Wanted};
use std::time::Duration;

/// Where a request goes.
enum Place {
    /// On this idle connection.
    Lane(usize),
    /// On this connection, which was opened speculatively, once it is established. This makes the assignment
    /// independent of how long that takes.
    Opening(usize),
    /// On a new connection.
    New,
    /// Not assigned yet.
    None,
}

impl Visit {
    /// Sends the requests that can be sent, and opens the connections that they need.
    pub(super) fn assign(&mut self, now: Duration, steps: &mut Vec<Step>) {
        for lane in 0..self.lanes.len() {
            if self.is_established(lane)
                && let State::Connecting(Some(_)) = &self.lanes[lane].state
                && let State::Connecting(Some(wanted)) = std::mem::replace(&mut self.lanes[lane].state, State::Idle)
            {
                self.send(lane, wanted, now, steps);
            }
        }
        let mut at = 0;
        while let Some(wanted) = self.pending.get(at) {
            if !self.is_ready(wanted) {
                at += 1;
                continue;
            }
            let place = self.place(wanted);
            let role = self.role(wanted.kind);
            match (place, self.pending.remove(at)) {
                (Place::Lane(lane), Some(wanted)) => self.send(lane, wanted, now, steps),
                (Place::Opening(lane), Some(wanted)) => self.lanes[lane].state = State::Connecting(Some(wanted)),
                (Place::New, Some(wanted)) => self.open(now, Some(wanted), role, steps),
                (Place::None, Some(wanted)) => {
                    self.pending.insert(at, wanted);
                    at += 1;
                }
                (_, None) => {}
            }
        }
    }

    /// Whether a request may be sent now: everything that must come before it has arrived.
    fn is_ready(&self, wanted: &Wanted) -> bool {
        let under_way = || self.lanes.iter().filter_map(Lane::request);
        if self.options.serial && under_way().next().is_some() {
            return false;
        }
        let rank = self.rank(wanted.kind);
        let mut others = under_way().chain(&self.pending);
        others.all(|other| self.rank(other.kind) >= rank)
    }

    /// The rank of a request. Requests wait for those of lower ranks.
    fn rank(&self, kind: Kind) -> u8 {
        let waits = self.behaviour.media == Media::Last && self.options.connections.is_none();
        match kind {
            Kind::Document => 0,
            Kind::Style | Kind::Script | Kind::Image => 1,
            Kind::Media if waits => 2,
            Kind::Media => 1,
            Kind::Icon => 3,
        }
    }

    /// The connections that a request may use.
    fn role(&self, kind: Kind) -> Role {
        let numbered = self.options.connections.is_none() && !self.options.serial;
        match self.behaviour.connection_of.get(&kind) {
            Some(number) if numbered => Role::Numbered(*number),
            _ => Role::Shared,
        }
    }

    fn place(&self, wanted: &Wanted) -> Place {
        let role = self.role(wanted.kind);
        let usable = || {
            self.lanes.iter().enumerate().filter(move |(_, lane)| {
                let is_open = !matches!(lane.state, State::Gone | State::Closing(_) | State::HalfClosed);
                lane.role == role && is_open && !lane.asked
            })
        };
        let idle = usable()
            .filter(|(_, lane)| lane.state == State::Idle)
            .map(|(lane, _)| lane);
        let chosen = match self.behaviour.reuse {
            _ if wanted.tries > 0 => None,
            Reuse::Oldest => { idle }.next(),
            Reuse::Latest => idle.max_by_key(|lane| self.last_sent(*lane)),
        };
        let most = match role {
            Role::Numbered(_) => 1,
            Role::Shared | Role::Unused => self.most(),
        };
        let opening = usable().find(|(_, lane)| wanted.tries == 0 && lane.state == State::Connecting(None));
        match (chosen, opening) {
            (Some(lane), _) => Place::Lane(lane),
            (None, Some((lane, _))) => Place::Opening(lane),
            (None, None) if wanted.tries > 0 || usable().count() < most => Place::New,
            (None, None) => Place::None,
        }
    }
}
