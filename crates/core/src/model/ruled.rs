//! Carries out the steps of a rule in memory.

use super::server::{Held, Server};
use super::wire::{Arrival, Piece};
use crate::conn::{Close, Exchange, Finish, Part, PointStep, ReplyContext, RuleStep, Ruled, point_steps};
use crate::rule::{Hit, Point};

impl Server<'_, '_> {
    /// Carries out the rule for the accepted connection. Returns how it closes, if it does.
    pub(super) fn rule_at_accept(&mut self) -> Option<Close> {
        let hit = self.conn.rule_at_accept(self.setting.connection, &self.context())?;
        self.carry_out_at_point(&hit)
    }

    /// Carries out the rules for the idle connection and for the first byte of its next request. Returns how the
    /// connection closes, if it does. `waits`: nothing of the next request has been read.
    pub(super) fn rule_before_request(&mut self, waits: bool) -> Option<Close> {
        if self.profile.rules.is_empty() {
            return None;
        }
        if waits {
            if let Some(hit) = self.conn.take_rule_at_idle()
                && let Some(close) = self.carry_out_at_point(&hit)
            {
                return Some(close);
            }
            if !self.profile.rules.act_at(Point::FirstByte) || !self.conn.is_between_requests() {
                return None;
            }
            let deadline = self.conn.deadline(self.profile).map(|deadline| deadline.at);
            if self.wire.wait(deadline, true) != Arrival::Bytes {
                return None;
            }
        }
        let hit = self.conn.rule_at_first_byte(self.setting.connection, &self.context())?;
        self.carry_out_at_point(&hit)
    }

    fn carry_out_at_point(&mut self, hit: &Hit) -> Option<Close> {
        for step in point_steps(&hit.rule.act) {
            match step {
                PointStep::Hold(_) => self.wire.pass(self.setting.released.saturating_sub(self.wire.now)),
                // A request that arrives on the idle connection cancels its end.
                PointStep::Wait(time) if hit.rule.act.at == Point::Idle => {
                    let deadline = self.wire.now.saturating_add(time);
                    if self.wire.wait(Some(deadline), true) != Arrival::Deadline {
                        return None;
                    }
                }
                PointStep::Wait(time) => self.wire.pass(time),
                PointStep::Confirm => {}
                PointStep::End(close) => return Some(close),
            }
        }
        None
    }

    /// Runs an exchange to which a rule applies.
    pub(super) fn run_ruled(&mut self, exchange: &mut Exchange<'_>, mut ruled: Ruled, held: &mut Held<'_>) -> Finish {
        let mut before = held.sent;
        let mut step = ruled.next(exchange);
        loop {
            step = match step {
                RuleStep::Exchange(action) => {
                    let action = self.carry_out(action, exchange, held);
                    ruled.on(exchange, action)
                }
                RuleStep::Wait(time) => {
                    self.wire.pass(time);
                    ruled.next(exchange)
                }
                RuleStep::Hold => {
                    self.wire.pass(self.setting.released.saturating_sub(self.wire.now));
                    ruled.next(exchange)
                }
                RuleStep::SendInterim => {
                    self.send_held(&mut held.unsent);
                    held.sent += self.send(Piece::Bytes(ruled.interim()));
                    before = held.sent;
                    ruled.interim_sent(exchange, Ok(()))
                }
                RuleStep::Render => {
                    before = held.sent;
                    self.render_ruled(exchange, &mut ruled)
                }
                RuleStep::Send(from, to) => {
                    self.send_held(&mut held.unsent);
                    for part in ruled.reply().parts(from, to) {
                        held.sent += match (part, &held.file) {
                            (Part::Bytes(bytes), _) => self.send(Piece::Bytes(bytes.to_vec())),
                            (Part::File(range), Some(file)) => {
                                self.send_file(file, range.first as usize, range.last as usize + 1)
                            }
                            (Part::File(_), None) => 0,
                        };
                    }
                    ruled.sent(exchange, Ok(()), held.sent - before)
                }
                // In memory, what is sent has arrived.
                RuleStep::Confirm | RuleStep::Replied => ruled.next(exchange),
                RuleStep::Finish(finish) => return finish,
            }
        }
    }

    fn render_ruled(&self, exchange: &mut Exchange<'_>, ruled: &mut Ruled) -> RuleStep {
        let (mut head, mut page) = (Vec::new(), Vec::new());
        exchange.decide_persistence(false);
        let render = self.render_context();
        let context = ReplyContext {
            local: self.setting.local,
            render: &render,
        };
        let rendered = exchange.render(&context, &mut head, &mut page);
        ruled.rendered(exchange, head, &rendered);
        ruled.next(exchange)
    }
}
