//! What a wait calls for that ended with anything but bytes: the client's FIN, a timer, a broken connection, the stop.
//!
//! How it is waited is in [`super::waiting`]. Once or rarely in a connection's life, so its futures are on the heap.

use super::driver::{Driver, scanned};
use super::end::End;
use super::waiting::Woken;
use super::{Site, wire};
use crate::events;
use labserve_core::close_reason::CloseReason;
use labserve_core::connection::{Deadline, Event, State};
use labserve_core::http1::head;
use labserve_core::profile::EofInHead;
use std::rc::Rc;

impl Driver {
    /// Does what a wait calls for that ended with anything but bytes.
    pub(super) async fn woken(&mut self, site: &Rc<Site>, woken: Woken) -> Option<End> {
        match &woken {
            Woken::Fin => self.tell_client_fin(),
            Woken::Expired(deadline) => self.emit(&events::Event::Timer {
                reason: deadline.reason,
            }),
            Woken::Bytes(_) | Woken::Broken(_) | Woken::Stop => {}
        }
        match woken {
            Woken::Bytes(_) => None,
            Woken::Fin => match self.client_fin(site) {
                EofInHead::Silent => Some(self.fin_reason().into()),
                EofInHead::Complete => self.exchange_as_complete(site).await,
                EofInHead::Respond(id) => {
                    self.connection.on(Event::HeadComplete, self.worker.now(), 0);
                    Some(self.say(site, id, CloseReason::BadRequest).await)
                }
            },
            Woken::Broken(error) => Some(wire::reason_of(&error).into()),
            Woken::Expired(Deadline {
                reason, say: Some(id), ..
            }) => Some(self.say(site, id, reason).await),
            Woken::Expired(deadline) => Some(deadline.reason.into()),
            Woken::Stop => Some(CloseReason::Shutdown.into()),
        }
    }

    /// What the client's FIN means where the connection is.
    fn client_fin(&self, site: &Site) -> EofInHead {
        let policy = &site.profile.connection.client_fin;
        match self.connection.state() {
            State::Line => policy.in_line,
            State::Head => policy.in_head,
            _ => EofInHead::Silent,
        }
    }

    /// Tells of the client's FIN, once: whoever reads from the socket again meets it again.
    pub(super) fn tell_client_fin(&mut self) {
        if !std::mem::replace(&mut self.client_fin, true) {
            self.emit(&events::Event::ClientFin {
                state: self.connection.state(),
            });
        }
    }

    fn fin_reason(&self) -> CloseReason {
        match self.connection.state() {
            State::Unused => CloseReason::ClientFinUnused,
            State::Line | State::Head => CloseReason::ClientFinInHead,
            _ => CloseReason::ClientFin,
        }
    }

    /// Serves a head that the client's FIN has cut short as if it were complete.
    async fn exchange_as_complete(&mut self, site: &Rc<Site>) -> Option<End> {
        if !self.input.ends_with(b"\n") {
            self.input.extend_from_slice(b"\r\n");
        }
        self.input.extend_from_slice(b"\r\n");
        match scanned(head::scan(&self.input, &site.profile.head)) {
            Some((head, refusal)) => self.exchange(site, head, refusal).await,
            None => Some(CloseReason::ClientFinInHead.into()),
        }
    }
}
