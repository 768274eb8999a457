//! Carries out the steps of a rule in memory.

use super::server::{Held, Server};
use super::wire::Piece;
use crate::conn::{Exchange, Finish, Part, ReplyContext, RuleStep, Ruled};

impl Server<'_, '_> {
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
        let head = std::mem::take(&mut head);
        ruled.rendered(exchange, head, &rendered);
        ruled.next(exchange)
    }
}
