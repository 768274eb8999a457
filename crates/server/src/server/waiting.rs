//! Waits with a connection: for bytes of its client, for its timer, for the client's FIN, or for the server to stop.
//!
//! What any of these means is not known here, but for the event that arriving bytes are to the state machine.

use super::driver::Driver;
use super::{Site, finish};
use labserve_core::connection::{Deadline, Event};
use labserve_core::profile::Tie;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep_until};

/// From how many open connections on they take turns.
const MANY: u64 = 8;

/// How many bytes are taken in, at most, to see whether the client's FIN is behind them.
const MOST_AHEAD: usize = 256 << 10;

thread_local! {
    /// Where bytes arrive, so that a resting connection needs no buffer.
    static ARRIVALS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a wait ended with.
pub(super) enum Woken {
    /// So many bytes have been added to the input.
    Bytes(usize),
    /// The client has ended its side.
    Fin,
    /// The connection is broken.
    Broken(io::Error),
    /// A timer has run out.
    Expired(Deadline),
    /// The server stops.
    Stop,
}

/// A timer, armed for no later than the deadline; when it fires early it is armed again.
pub(super) type Armed = (Duration, Pin<Box<Sleep>>);

/// Whether there is nothing but empty lines.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| matches!(b, b'\r' | b'\n'))
}

impl Driver {
    /// The event that there is no complete head yet.
    pub(super) fn partial(&self, site: &Site, line_complete: bool) -> Event {
        if site.profile.connection.timers.blank.is_some() && is_blank(&self.input) {
            Event::Blank
        } else {
            Event::Partial { line_complete }
        }
    }

    /// Lets the other connections read what has arrived for them before this one's request is decided on: then the file
    /// system is asked about a file once for all requests of a turn. A few connections are better off without.
    pub(super) async fn take_turns(&self) {
        if self.worker.open.get() >= MANY {
            tokio::task::yield_now().await;
        }
    }

    /// Whether the client has ended its side by now, or does `within` this time of its last byte. Also takes in what it
    /// sent before.
    pub(super) async fn client_has_ended(&mut self, within: Duration) -> bool {
        let until = self.connection.last_byte().saturating_add(within);
        let left = until.saturating_sub(self.worker.now());
        // By the system's clock: the runtime's may stand still as long as this asks.
        let begun = std::time::Instant::now();
        loop {
            // One turn of the reactor: what has come by now is known after it. A timer would fire a millisecond late.
            tokio::task::yield_now().await;
            let ended = poll_fn(|cx| {
                loop {
                    match self.poll_read(cx) {
                        Poll::Ready(Woken::Fin) => return Poll::Ready(true),
                        Poll::Ready(Woken::Bytes(_)) if self.input.len() < MOST_AHEAD => {}
                        _ => return Poll::Ready(false),
                    }
                }
            })
            .await;
            if ended || begun.elapsed() >= left {
                return ended;
            }
            // The client may be waiting for this very processor.
            std::thread::yield_now();
        }
    }

    /// Waits for the client, for the timer, or for the server to stop.
    ///
    /// Not an `async fn`: that would hold what it is given twice, in every resting connection.
    pub(super) fn wait<'d>(&'d mut self, site: &'d Site) -> impl Future<Output = Woken> + use<'d> {
        let timers = &site.profile.connection.timers;
        poll_fn(move |cx| {
            if let Poll::Ready(woken) = self.poll_read(cx) {
                return Poll::Ready(woken);
            }
            // The connection stays as it is while it waits, and so does this.
            if let Some(deadline) = self.connection.deadline(timers)
                && self.poll_timer(deadline.at, cx).is_ready()
                // Of bytes that are there by now the reactor has not told yet; it is about to.
                && (timers.tie == Tie::Timer || !finish::has_unread(&self.stream))
            {
                return Poll::Ready(Woken::Expired(deadline));
            }
            // Whoever makes it stop wakes all connections.
            if self.worker.stopping.get() {
                return Poll::Ready(Woken::Stop);
            }
            Poll::Pending
        })
    }

    /// Reads what has arrived into the input.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Woken> {
        let size = self.worker.site().profile.read;
        let (stream, input, worker) = (&mut self.stream, &mut self.input, &self.worker);
        let read = ARRIVALS.with_borrow_mut(|arrivals| {
            arrivals.resize(arrivals.len().max(size), 0);
            // AsyncRead rather than try_read: after a short read it knows that the socket is empty, and the next wait
            // does not begin with a read in vain.
            let mut buffer = ReadBuf::new(&mut arrivals[..size]);
            ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
            if input.capacity() == 0 {
                *input = worker.buffer();
            }
            input.extend_from_slice(buffer.filled());
            Poll::Ready(io::Result::Ok(buffer.filled().len()))
        });
        Poll::Ready(match ready!(read) {
            Ok(0) => Woken::Fin,
            Ok(count) => {
                self.arrival = self.worker.cache.borrow_mut().arrival();
                self.traffic.received += count as u64;
                Woken::Bytes(count)
            }
            Err(error) => Woken::Broken(error),
        })
    }

    fn poll_timer(&mut self, at: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let started = self.worker.shared.started;
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
            // It was armed for an earlier deadline that has moved since.
            sleep.as_mut().reset(instant(at));
            *armed = at;
        }
    }
}
