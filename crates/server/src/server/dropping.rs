//! Emits the requests that get no response. Nothing here is called for a request that gets one.

use super::Site;
use super::driver::Driver;
use crate::events::{DroppedRequest, Event};
use labserve_core::conn::{
    DropPlace, ExchangeOutcome, Leftover, Opened, Purpose, Standing, Traffic, dropped, request_line,
};

impl Driver {
    /// Emits the requests that get no response because a later one is answered in their place, then the head of that
    /// one.
    pub(super) fn emit_displaced(&self, site: &Site, opened: &Opened) {
        let number = self.conn.standing().requests;
        self.emit_dropped(site, (&opened.displaced, 0), number, DropPlace::Read);
        if let Purpose::Request(refusal) = opened.purpose {
            self.emit_head(&opened.head, refusal);
        }
    }

    /// Emits a request whose exchange ended without a response. Its head is in `input`. A request that is still in the
    /// input as a whole is emitted when the connection closes.
    pub(super) fn emit_unanswered(&self, input: &[u8], outcome: &ExchangeOutcome) {
        let moved = outcome.arrived - input.len() as u64;
        let received = outcome.arrived + outcome.received;
        let bytes = match &outcome.left {
            Leftover::From(0) => return,
            Leftover::From(at) => *at as u64 + moved,
            Leftover::Bytes(rest) => received.saturating_sub(rest.len() as u64),
        };
        let before = self.conn.standing();
        let traffic = Traffic {
            received: before.traffic.received + outcome.received,
            sent: before.traffic.sent + outcome.sent,
        };
        let event = Event::DroppedRequest(DroppedRequest {
            request: before.requests,
            line: request_line(input),
            bytes,
            place: DropPlace::Read,
        });
        self.server.emit(&self.meta, Standing { traffic, ..before }, &event);
    }

    /// Emits the requests in `bytes`, which are followed by `beyond` more bytes that were not kept ([`dropped`]). The
    /// first request has this `number`; 0 if it has none. Returns false if the last request is incomplete, so that the
    /// next bytes to arrive are a part of it.
    pub(super) fn emit_dropped(
        &self,
        site: &Site,
        (bytes, beyond): (&[u8], usize),
        number: u64,
        place: DropPlace,
    ) -> bool {
        let all = dropped(bytes, beyond, &site.profile.head);
        for (at, one) in all.iter().enumerate() {
            self.emit(&Event::DroppedRequest(DroppedRequest {
                request: if at == 0 { number } else { 0 },
                line: one.line,
                bytes: one.bytes as u64,
                place,
            }));
        }
        all.last().is_none_or(|last| last.whole)
    }
}
