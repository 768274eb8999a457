//! Carries out the steps of a rule in memory.

use super::server::{Held, Server};
use super::wire::{Arrival, Piece};
use crate::conn::{self, Close, Exchange, Finish, PointStep, ReplyContext, RuleStep, Ruled, Stage, point_steps};

impl Server<'_, '_> {
    /// Carries out the rule for this stage. Returns how the connection closes, if it does.
    pub(super) fn rule_at(&mut self, stage: Stage) -> Option<Close> {
        let due = self
            .conn
            .due_rule(stage, self.setting.connection, &self.profile.rules)?;
        for step in point_steps(&due.hit.rule.act) {
            match step {
                PointStep::Hold(_) => self.wire.pass(self.setting.released.saturating_sub(self.wire.now)),
                PointStep::WaitForNothing(time) => {
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
                    let (head, body) = ruled.reply().part(from, to);
                    if !head.is_empty() {
                        held.sent += self.send(Piece::Bytes(head.to_vec()));
                    }
                    for piece in body {
                        held.sent += match (piece, &held.file) {
                            (conn::Piece::Bytes(bytes), _) => self.send(Piece::Bytes(bytes.to_vec())),
                            (conn::Piece::File(range), Some(file)) => {
                                self.send_file(file, range.first as usize, range.last as usize + 1)
                            }
                            (conn::Piece::File(_), None) => 0,
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
