//! Carries out an exchange to which a rule applies, as [`Ruled`] asks for it.

use super::emitting::Sending;
use super::{ExchangeIo, Held, without_body};
use crate::events::Event;
use crate::server::ruling::confirmed;
use crate::server::send_error::SendError;
use labserve_core::conn::{Action, Close, Exchange, ExchangeOutcome, Finish, ReplyContext, RuleStep, Ruled};
use labserve_core::http1::Framing;
use labserve_core::render::RenderContext;
use labserve_core::rule::Hit;
use std::pin::pin;
use tokio::time::sleep;

impl<'c> ExchangeIo<'c> {
    /// Runs the exchange with a rule.
    pub(in crate::server) async fn run_ruled(
        self,
        exchange: &mut Exchange<'c>,
        hit: Hit,
        held: &mut Held<'c>,
    ) -> ExchangeOutcome {
        if exchange.framing() != Framing::None {
            held.body = self.open_body(exchange, held).await;
            if held.body.is_none() {
                return without_body(exchange, held);
            }
        }
        self.emit(held, &Event::rule(&hit, exchange.number()));
        let mut ruled = Ruled::new(hit);
        let mut sending = None;
        let mut step = ruled.next(exchange);
        let finish = loop {
            let done = match step {
                RuleStep::Finish(finish) => break finish,
                step => self.step(step, exchange, &mut ruled, held, &mut sending).await,
            };
            step = match done {
                Ok(step) => step,
                Err(close) => break self.cut_ruled(close, exchange, &ruled, held, &mut sending),
            };
        };
        self.outcome(finish, exchange, held)
    }

    /// Carries out one step and returns the next. The error is how to close the connection, if that is requested first.
    async fn step(
        self,
        step: RuleStep,
        exchange: &mut Exchange<'c>,
        ruled: &mut Ruled,
        held: &mut Held<'c>,
        sending: &mut Option<RuledSending>,
    ) -> Result<RuleStep, Close> {
        match step {
            RuleStep::Exchange(action) => {
                let action = match action {
                    Action::Lookup(query) => self.look_up(&query, exchange, held),
                    other => self.rare(other, exchange, held).await,
                };
                return Ok(ruled.on(exchange, action));
            }
            RuleStep::Wait(time) => self.driver.unless_gone(pin!(sleep(time))).await?,
            RuleStep::Hold => {
                let name = ruled.hold();
                if let Some(hold) = self.driver.server.shared.holds.hold(name) {
                    let request = exchange.number();
                    self.emit(held, &Event::Held { name, request });
                    self.driver.unless_gone(pin!(hold.released())).await?;
                }
            }
            RuleStep::SendInterim => {
                let bytes = ruled.interim();
                let sent = {
                    let send = pin!(held.writer.send_bytes(&bytes));
                    self.driver.unless_closed(send).await?
                };
                return Ok(ruled.interim_sent(exchange, sent.map_err(|error| error.failure())));
            }
            RuleStep::Render => *sending = Some(self.render_ruled(exchange, ruled, held)),
            RuleStep::Send(from, to) => {
                let sent = {
                    let send = pin!(send_part(held, ruled, from, to));
                    self.driver.unless_closed(send).await?
                };
                let before = sending.as_ref().map_or(0, |sending| sending.before);
                let bytes = held.writer.sent() - before;
                return Ok(ruled.sent(exchange, sent.map_err(|error| error.failure()), bytes));
            }
            RuleStep::Confirm => self.driver.unless_gone(pin!(confirmed(&self.driver.stream))).await?,
            RuleStep::Replied => self.emit_ruled(exchange, ruled, held, sending),
            RuleStep::Finish(_) => {}
        }
        Ok(ruled.next(exchange))
    }

    fn render_ruled(self, exchange: &mut Exchange<'c>, ruled: &mut Ruled, held: &mut Held<'c>) -> RuledSending {
        let server = &self.driver.server;
        exchange.decide_persistence(server.stopping.get());
        let render = held.render.take().unwrap_or_else(|| server.render_context());
        let context = ReplyContext {
            local: self.driver.meta.local,
            render: &render,
        };
        let (mut head, mut page) = (Vec::new(), Vec::new());
        let rendered = exchange.render(&context, &mut head, &mut page);
        ruled.rendered(exchange, head, &rendered);
        held.writer
            .record_cuts(server.sink.wants_detail().then(Default::default));
        RuledSending {
            before: held.writer.sent(),
            render,
        }
    }

    /// Ends the exchange, because the connection is to be closed on request.
    fn cut_ruled(
        self,
        close: Close,
        exchange: &mut Exchange<'c>,
        ruled: &Ruled,
        held: &mut Held<'c>,
        sending: &mut Option<RuledSending>,
    ) -> Finish {
        self.emit_ruled(exchange, ruled, held, sending);
        self.driver.count_cut(close);
        ruled.cut(exchange, close)
    }

    /// Emits the response that was sent, or cut short, unless its event was already emitted.
    fn emit_ruled(
        self,
        exchange: &Exchange<'c>,
        ruled: &Ruled,
        held: &mut Held<'c>,
        sending: &mut Option<RuledSending>,
    ) {
        let Some(sent) = sending.take() else { return };
        let reply = ruled.reply();
        let sending = Sending {
            before: sent.before,
            total: reply.length(),
            complete: ruled.is_complete(),
        };
        held.render = Some(sent.render);
        self.emit_reply(exchange, held, &reply.head, sending);
        held.render = None;
    }
}

/// What is known about a response once it is rendered.
pub(super) struct RuledSending {
    /// The number of bytes that the exchange had sent before the response.
    before: u64,
    /// The time and the numbers that the response was rendered with.
    render: RenderContext,
}

/// Sends the bytes of the response between two offsets.
async fn send_part(held: &mut Held<'_>, ruled: &Ruled, from: u64, to: u64) -> Result<(), SendError> {
    let (reply, resource) = (ruled.reply(), held.resource.clone());
    let (head, body) = reply.part(from, to);
    // Lines are counted from the start of the head, so a part that starts later is sent in one write.
    let split = match (from, &reply.split_head) {
        (0, Some(split)) => Some(split.clone()),
        (0, None) => held.writer.usual_split(reply.has_file()).map(<[usize]>::to_vec),
        _ => None,
    };
    held.writer
        .send_part(head, split.as_deref(), &body, resource.as_deref())
        .await
}
