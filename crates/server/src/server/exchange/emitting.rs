//! Emits the events of an exchange.

use super::{Driver, ExchangeIo, Held};
use crate::events::{self, Detail, Event};
use labserve_core::conn::{BodyEnd, Exchange, Standing, Traffic};

/// How a response was sent.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    /// The number of bytes that the exchange had sent before the response.
    pub(super) before: u64,
    /// The size of the complete response, in bytes.
    pub(super) total: u64,
    /// Whether all of it was sent.
    pub(super) complete: bool,
}

impl ExchangeIo<'_> {
    /// Emits an event of this exchange.
    pub(super) fn emit(self, held: &Held<'_>, event: &Event<'_>) {
        let Driver { conn, server, meta, .. } = self.driver;
        // During an exchange, the connection counts only the traffic before it.
        let before = conn.standing();
        let traffic = Traffic {
            received: before.traffic.received + held.received(),
            sent: before.traffic.sent + held.writer.sent(),
        };
        server.emit(meta, Standing { traffic, ..before }, event);
    }

    /// Emits how the request body was read.
    pub(super) fn emit_body(self, exchange: &Exchange<'_>, held: &Held<'_>, how: BodyEnd) {
        let event = Event::Body {
            request: exchange.number(),
            bytes: held.body.as_ref().map_or(0, |body| body.content()),
            how,
        };
        self.emit(held, &event);
    }

    /// Emits the response that was sent, or cut short.
    pub(super) fn emit_reply(self, exchange: &Exchange<'_>, held: &mut Held<'_>, head: &[u8], sending: Sending) {
        let Some(reply) = exchange.reply() else { return };
        let sent = held.writer.sent() - sending.before;
        let head_bytes = sent.min(head.len() as u64);
        let cuts = held.writer.take_cuts();
        let detail = cuts.as_ref().map(|cuts| Detail {
            raw: &head[..head_bytes as usize],
            cuts,
            file: reply.file.as_deref().map(|file| String::from_utf8_lossy(&file.path)),
            why: held
                .render
                .as_ref()
                .map(|render| exchange.trace(render))
                .unwrap_or_default(),
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
