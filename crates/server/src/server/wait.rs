//! Waits on a connection: for bytes from its client, its timer, the client's FIN, or the stop of the server.
//!
//! [`labserve_core::conn`] decides what each of these means.

use super::Site;
use super::closing::has_unread;
use super::driver::Driver;
use super::send_error::close_reason;
use crate::events::Event;
use labserve_core::close_reason::CloseReason;
use labserve_core::conn::{Close, DueRule, Settle, WakeReason};
use labserve_core::http1::OtherProtocol;
use labserve_core::profile::AtExpiry;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, Interest, ReadBuf};
use tokio::time::{Sleep, sleep_until};

/// Minimum number of open connections before requests are batched per reactor turn. With fewer, the extra turn costs
/// more than it saves.
const MANY: u64 = 8;

/// The most bytes that are read ahead to see whether the client's FIN follows them.
const MOST_AHEAD: usize = 64 << 10;

thread_local! {
    /// The buffer for arriving bytes, so that an idle connection needs none.
    static ARRIVALS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A timer that is armed for the deadline or earlier. If it fires early, it is armed again.
pub(super) type Armed = (Duration, Pin<Box<Sleep>>);

/// How a wait ended.
pub(super) enum WaitOutcome {
    /// Input arrived that the connection has to react to, or a timer fired.
    Wake(WakeReason),
    /// The first byte of a request has arrived, and this rule acts on it. The byte was left unread.
    RuleDue(Box<DueRule>),
}

impl Driver {
    /// Waits as `settle` says. Returns whether the client's FIN has arrived.
    pub(super) async fn settle(&mut self, settle: Settle) -> bool {
        match settle {
            // The other connections read what has arrived for them before the decision on this request. One check of a
            // file then serves all requests of a turn.
            Settle::TakeTurns => {
                tokio::task::yield_now().await;
                false
            }
            Settle::Within(time) => {
                let fin = self.client_has_ended(time).await;
                if fin {
                    self.note_client_fin();
                }
                fin
            }
        }
    }

    /// Whether `settle` requires a wait.
    pub(super) fn waits_to_settle(&self, settle: Settle) -> bool {
        match settle {
            Settle::TakeTurns => self.server.open.get() >= MANY,
            Settle::Within(_) => true,
        }
    }

    /// Whether the client's FIN has arrived, or arrives `within` this time of its last byte. Also reads what the client
    /// sent before.
    pub(super) async fn client_has_ended(&mut self, within: Duration) -> bool {
        let until = self.conn.last_byte().saturating_add(within);
        let left = until.saturating_sub(self.server.now());
        // The system's clock, because tests may pause the clock of the runtime.
        let begun = std::time::Instant::now();
        loop {
            // After one turn of the reactor, everything that has arrived is known. A timer would fire a millisecond
            // late.
            tokio::task::yield_now().await;
            let ended = poll_fn(|cx| {
                // The limit is checked before each read, so that pipelined requests do not add a read each.
                while self.conn.input().len() < MOST_AHEAD {
                    match self.poll_read(cx) {
                        Poll::Ready(WakeReason::Fin) => return Poll::Ready(true),
                        Poll::Ready(WakeReason::Received(_)) => {}
                        _ => break,
                    }
                }
                Poll::Ready(false)
            })
            .await;
            if ended || begun.elapsed() >= left {
                return ended;
            }
            // The client may need this CPU to send its FIN.
            std::thread::yield_now();
        }
    }

    /// Waits for the client, for the timer, or for the server to stop.
    ///
    /// Not an `async fn`: its future would store the arguments twice, once for every idle connection.
    pub(super) fn wait<'d>(&'d mut self, site: &'d Site) -> impl Future<Output = WaitOutcome> + use<'d> {
        poll_fn(move |cx| {
            // Rules may have been added since the wait began.
            if self.server.has_first_byte_rules.get() {
                match self.poll_first_byte(cx) {
                    Poll::Ready(Some(reason)) => return Poll::Ready(reason),
                    Poll::Ready(None) => {}
                    Poll::Pending => return self.poll_end_of_wait(site, cx),
                }
            }
            // The reactor may report bytes and the timer together. Where the profile lets the timer win, it is checked
            // first.
            if self.may_have_expired()
                && site.profile.connection.timers.tie == AtExpiry::Discard
                && let Poll::Ready(end) = self.poll_end_of_wait(site, cx)
            {
                return Poll::Ready(end);
            }
            if let Poll::Ready(reason) = self.poll_read(cx) {
                return Poll::Ready(WaitOutcome::Wake(reason));
            }
            self.poll_end_of_wait(site, cx)
        })
    }

    /// Whether the timer has fired. It may have been armed for an earlier deadline.
    fn may_have_expired(&self) -> bool {
        self.timer.as_ref().is_some_and(|(_, sleep)| sleep.is_elapsed())
    }

    /// What ends a wait in which nothing arrives.
    fn poll_end_of_wait(&mut self, site: &Site, cx: &mut Context<'_>) -> Poll<WaitOutcome> {
        let tie = site.profile.connection.timers.tie;
        // The connection does not change while it waits, so the deadline stays the same. When it is over, bytes may have
        // arrived that the reactor has not reported yet.
        if let Some(deadline) = self.conn.deadline(&site.profile)
            && self.poll_timer(deadline.at, cx).is_ready()
            && (tie == AtExpiry::Discard || !has_unread(&self.stream))
        {
            return Poll::Ready(WaitOutcome::Wake(WakeReason::Expired(deadline)));
        }
        // Shutdown sets the flag and then wakes every connection, so no waker is registered here.
        if self.server.stopping.get() {
            return Poll::Ready(WaitOutcome::Wake(WakeReason::Stop));
        }
        Poll::Pending
    }

    /// The result of `work`, or how to close the connection, if that is requested first.
    pub(super) fn unless_closed<T>(
        &self,
        mut work: Pin<&mut impl Future<Output = T>>,
    ) -> impl Future<Output = Result<T, Close>> {
        poll_fn(move |cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            Poll::Pending => self.server.registry.poll_close_requested(self.meta.id, cx).map(Err),
        })
    }

    /// Like [`Self::unless_closed`], for a wait that does not use the socket. It also ends when the client resets the
    /// connection, which Windows does not report. A FIN does not end it: a client that has sent FIN may still read.
    pub(super) async fn unless_gone<T>(&self, work: Pin<&mut impl Future<Output = T>>) -> Result<T, Close> {
        tokio::select! {
            biased;
            done = self.unless_closed(work) => done,
            Ok(_) = self.stream.ready(Interest::ERROR) => Err(CloseReason::ClientReset.into()),
        }
    }

    /// Counts a response that a stop cuts short.
    pub(super) fn count_cut(&self, close: Close) {
        if close.reason == CloseReason::Shutdown {
            self.server.shared.cut_replies.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reads what has arrived into the input.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<WakeReason> {
        let size = self.conn.read_size(&self.server.site().profile);
        let (stream, conn, server) = (&mut self.stream, &mut self.conn, &self.server);
        let read = ARRIVALS.with_borrow_mut(|arrivals| {
            arrivals.resize(arrivals.len().max(size), 0);
            // poll_read rather than try_read: after a short read it knows that the socket is empty, so that the next
            // wait does not start with a read that finds nothing.
            let mut buffer = ReadBuf::new(&mut arrivals[..size]);
            ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
            if !buffer.filled().is_empty() {
                conn.receive(buffer.filled(), || server.buffer());
            }
            Poll::Ready(io::Result::Ok(buffer.filled().len()))
        });
        Poll::Ready(match ready!(read) {
            Ok(0) => WakeReason::Fin,
            Ok(count) => {
                self.arrival = self.server.cache.borrow_mut().arrival();
                if self.conn.standing().traffic.received == count as u64
                    && let Some(protocol) = OtherProtocol::of(self.conn.input())
                {
                    self.emit(&Event::OtherProtocol(protocol));
                }
                WakeReason::Received(count)
            }
            Err(error) => WakeReason::Broken(close_reason(&error)),
        })
    }

    pub(super) fn poll_timer(&mut self, at: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let started = self.server.shared.started;
        let instant = |at: Duration| {
            started
                .checked_add(at)
                .unwrap_or(started + Duration::from_secs(366 * 24 * 3600))
        };
        let (armed, sleep) = self
            .timer
            .get_or_insert_with(|| (at, Box::pin(sleep_until(instant(at)))));
        if at < *armed {
            sleep.as_mut().reset(instant(at));
            *armed = at;
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if *armed >= at {
                self.timer = None;
                return Poll::Ready(());
            }
            // The deadline has moved since the timer was armed.
            sleep.as_mut().reset(instant(at));
            *armed = at;
        }
    }
}
