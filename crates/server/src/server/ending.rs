//! The end of a connection: which style its reason has, what is told of it, and the socket's return to the system.
//!
//! What the styles are on the wire is in [`super::finish`].

use super::driver::Driver;
use super::end::End;
use super::finish::{self, Seen};
use super::registry::Registered;
use crate::events;
use labserve_core::close_reason::CloseReason;
use labserve_core::connection::{Event, State};
use labserve_core::profile::CloseStyle;

impl Driver {
    /// Ends the connection.
    pub(super) async fn end(mut self: Box<Self>, end: End, registered: Registered) {
        let site = self.worker.site();
        let policy = &site.profile.connection.close;
        let state = self.connection.state();
        self.connection.on(Event::End, self.worker.now(), 0);
        let after_reply = state == State::Exchange
            && !matches!(
                end.reason,
                CloseReason::BadRequest | CloseReason::ClientReset | CloseReason::IoError | CloseReason::Asked
            );
        if let Some(pause) = policy.pause.filter(|_| after_reply) {
            finish::pause(&self.stream, pause, policy.pause_holds, &mut self.traffic.received).await;
        }
        let unread = policy
            .unread(end.reason)
            .filter(|_| !self.input.is_empty() || finish::has_unread(&self.stream));
        let style = end.style.or(unread).unwrap_or_else(|| policy.style(end.reason));
        self.timer = None;
        self.input = Vec::new();
        let close = events::Close {
            reason: end.reason,
            style,
            state,
        };
        if end.reason == CloseReason::ClientReset {
            self.emit(&events::Event::Reset);
            self.emit(&events::Event::Close(close));
        } else {
            self.emit(&events::Event::Close(close));
            let finish = finish::finish(&self.stream, style, policy, &mut self.traffic.received);
            // Whoever lingers or holds still can be told to be done.
            let seen = tokio::select! {
                biased;
                seen = finish => seen,
                _ = registered.close_request().made(), if end.reason != CloseReason::Asked => None,
            };
            match seen {
                Some(Seen::Fin) => self.tell_client_fin(),
                Some(Seen::Reset) => self.emit(&events::Event::Reset),
                None => {}
            }
        }
        let unread = style == CloseStyle::Close && finish::has_unread(&self.stream);
        let Driver {
            stream,
            meta,
            traffic,
            worker,
            connection,
            ..
        } = *self;
        drop(registered);
        // The socket is closed before that is told: whoever reads of an end may rely on it.
        drop(stream);
        worker.emit(
            &meta,
            traffic,
            &events::Event::End {
                close,
                requests: connection.requests(),
                unread,
            },
        );
    }
}
