//! When a client closes a connection, and why.

use super::behaviour::AfterFin;
use super::plan::{Phase, State, Step, Visit};
use super::record::{Closed, Closer, Outcome, Why};
use crate::recording::End;
use labserve_core::profile::units::Span;
use std::time::Duration;

/// How long a client waits for a response if nothing of it arrives.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a client that has closed waits for the server to close too.
const LINGER: Duration = Duration::from_secs(1);
/// What is due on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Close(Why),
    GiveUp,
    Drop,
}

impl Visit {
    /// The next action on a connection that needs no event, and its time.
    pub(super) fn due(&self, lane: usize) -> Option<(Duration, Due)> {
        let it = &self.lanes[lane];
        let leaves = matches!(self.phase, Phase::Forgetting | Phase::Leaving);
        let last = self.connections[lane].last(it.connected);
        match it.state {
            State::Gone => None,
            State::Closing(until) => Some((until, Due::Drop)),
            State::Connecting(_) => leaves.then_some((Duration::ZERO, Due::Drop)),
            _ if leaves => Some((Duration::ZERO, Due::Close(Why::Left))),
            State::Busy(_, since) => Some((since + PATIENCE, Due::GiveUp)),
            State::HalfClosed => {
                let closes = self.behaviour.after_fin == AfterFin::Close;
                closes.then_some((Duration::ZERO, Due::Close(Why::Asked)))
            }
            State::Idle if it.asked => Some((last, Due::Close(Why::Asked))),
            State::Idle => {
                let is_unused = self.connections[lane].exchanges.is_empty();
                let (Span(own), why) = match is_unused {
                    true => (self.behaviour.unused, Why::Unused),
                    false => (self.behaviour.idle, Why::Idle),
                };
                let own = own.map(|after| (last + after, Due::Close(why)));
                let announced = it.announced.filter(|_| self.behaviour.heeds_announcement);
                let announced = announced.map(|after| (last + after, Due::Close(Why::Announced)));
                own.into_iter().chain(announced).min_by_key(|(at, _)| *at)
            }
        }
    }

    /// Carries out the actions that are due.
    pub(super) fn close_due(&mut self, now: Duration, steps: &mut Vec<Step>) {
        for lane in 0..self.lanes.len() {
            match self.due(lane) {
                Some((at, due)) if at <= now => match due {
                    Due::Drop => {
                        self.lanes[lane].state = State::Gone;
                        steps.push(Step::Drop(lane));
                    }
                    Due::GiveUp => {
                        self.settle(lane, Outcome::TooLate);
                        self.close_own(lane, Why::GaveUp, now, steps);
                    }
                    Due::Close(why) => self.close_own(lane, why, now, steps),
                },
                _ => {}
            }
        }
    }

    /// Sends the client's FIN.
    fn close_own(&mut self, lane: usize, why: Why, now: Duration, steps: &mut Vec<Step>) {
        steps.push(Step::Close(lane));
        if self.lanes[lane].state == State::HalfClosed {
            self.connections[lane].followed = Some((End::Fin, now));
            self.lanes[lane].state = State::Gone;
            steps.push(Step::Drop(lane));
        } else {
            self.note_close(lane, Closer::Client, End::Fin, Some(why), now);
            self.lanes[lane].state = State::Closing(now + LINGER);
        }
    }

    /// Records who closed first.
    pub(super) fn note_close(&mut self, lane: usize, by: Closer, how: End, why: Option<Why>, now: Duration) {
        let after = now.saturating_sub(self.connections[lane].last(self.lanes[lane].connected));
        self.connections[lane].closed.get_or_insert(Closed {
            by,
            how,
            at: now,
            after,
            why,
        });
    }
}
