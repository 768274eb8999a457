//! Emits the events of an exchange.

use super::{ExchangeIo, Held};
use crate::events::{self, Detail, Event};
use labserve_core::conn::{BodyEnd, Exchange, Standing, Traffic};
use labserve_core::render::RenderContext;

/// How a response was sent.
pub(super) struct Sending<'r> {
    /// The number of bytes that the exchange had sent before it.
    pub(super) before: u64,
    /// The number of bytes that it has, if it was cut short.
    pub(super) total: u64,
    /// Whether all of it was sent.
    pub(super) complete: bool,
    /// The time and the random numbers that it was decided and rendered with.
    pub(super) render: &'r RenderContext,
}

impl ExchangeIo<'_> {
    /// Emits an event of this exchange.
    pub(super) fn emit(&self, held: &Held<'_>, event: &Event<'_>) {
        let traffic = Traffic {
            received: self.before.traffic.received + held.received(),
            sent: self.before.traffic.sent + held.writer.sent(),
        };
        self.server.emit(self.meta, Standing { traffic, ..self.before }, event);
    }

    /// Emits how the request body was read.
    pub(super) fn emit_body(&self, exchange: &Exchange<'_>, held: &Held<'_>, how: BodyEnd) {
        let event = Event::Body {
            request: exchange.number(),
            bytes: held.body.as_ref().map_or(0, |body| body.content()),
            how,
        };
        self.emit(held, &event);
    }

    /// Emits the response that was sent, or cut short.
    pub(super) fn emit_reply(&self, exchange: &Exchange<'_>, held: &mut Held<'_>, head: &[u8], sending: &Sending<'_>) {
        let Some(reply) = exchange.reply() else { return };
        let sent = held.writer.sent() - sending.before;
        let head_bytes = sent.min(head.len() as u64);
        let cuts = held.writer.take_cuts();
        let detail = cuts.as_ref().map(|cuts| Detail {
            raw: &head[..head_bytes as usize],
            cuts,
            file: reply.file.as_deref().map(|file| String::from_utf8_lossy(&file.path)),
            why: exchange.trace(sending.render),
        });
        let request = exchange.request();
        self.emit(
            held,
            &Event::Reply(events::Reply {
                request: exchange.number(),
                method: request.method(),
                target: request.target(),
                status: reply.response.status,
                head_bytes,
                body_bytes: sent - head_bytes,
                complete: sending.complete,
                total_bytes: if sending.complete { sent } else { sending.total },
                detail: detail.as_ref(),
            }),
        );
    }
}
