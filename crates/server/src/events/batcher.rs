//! Collects lines and sends them in batches.
//!
//! If the channel is full, a batch is dropped and its lines are counted. A slow disk or a stopped reader therefore
//! never slows down the server.

use super::budget::Budget;
use super::clock::LineClock;
use super::json::{self, Line};
use super::sender::{BATCH, EventSender};
use super::{ConnectionMeta, Event, LiveSender, Traffic};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// The longest time that a line waits for others before it is sent.
pub(super) const WAIT: Duration = Duration::from_millis(50);

/// Where batches are sent.
#[derive(Debug)]
pub(super) enum Destination {
    /// To the event log.
    File(EventSender),
    /// To the live stream, within a budget.
    Live(LiveSender, Budget),
}

/// The lines of one server on one worker thread, on their way to one destination.
#[derive(Debug)]
pub(super) struct EventBatcher {
    server: RefCell<String>,
    destination: Destination,
    lines: RefCell<Vec<u8>>,
    /// The number of dropped lines that have not been reported.
    dropped: Cell<usize>,
    /// Whether a task is waiting to send the collected lines.
    armed: Cell<bool>,
    clock: Rc<RefCell<LineClock>>,
}

impl EventBatcher {
    pub(super) fn new(server: &str, destination: Destination, clock: Rc<RefCell<LineClock>>) -> Self {
        Self {
            server: RefCell::new(server.to_owned()),
            destination,
            lines: RefCell::default(),
            dropped: Cell::new(0),
            armed: Cell::new(false),
            clock,
        }
    }

    /// Uses this name of the server from the next connection on.
    pub(super) fn rename(&self, server: &str) {
        server.clone_into(&mut self.server.borrow_mut());
    }

    /// Whether the budget allows a line now. Lines of exchanges leave a reserve for lines of connections.
    pub(super) fn has_budget(&self, of_exchange: bool) -> bool {
        let Destination::Live(_, budget) = &self.destination else {
            return true;
        };
        // This is the first line since the last batch.
        if !self.armed.get() {
            budget.fill(Instant::now());
        }
        if of_exchange {
            budget.has_room()
        } else {
            budget.has_reserve()
        }
    }

    /// Like [`EventBatcher::has_budget`], for a line that is written next if the budget allows it, and counted as
    /// dropped otherwise.
    pub(super) fn admits(self: &Rc<Self>, event: &Event<'_>) -> bool {
        let admits = self.has_budget(event.is_of_exchange());
        if !admits {
            self.dropped.set(self.dropped.get() + 1);
            self.arm();
        }
        admits
    }

    /// Writes the line of an event at `now`.
    pub(super) fn write(self: &Rc<Self>, meta: &ConnectionMeta, traffic: Traffic, event: &Event<'_>, now: Instant) {
        let mut clock = self.clock.borrow_mut();
        let mut lines = self.lines.borrow_mut();
        let before = lines.len();
        let line = Line {
            time: clock.read(now),
            since_accept: now.saturating_duration_since(meta.accepted),
            server: &self.server.borrow(),
            meta,
            traffic,
            live: matches!(self.destination, Destination::Live(..)),
        };
        json::write_line(&line, event, &mut lines);
        if let Destination::Live(_, budget) = &self.destination {
            budget.spend(lines.len() - before);
        }
        let full = lines.len() >= BATCH;
        drop((lines, clock));
        if full {
            self.send();
        } else {
            self.arm();
        }
    }

    /// Makes sure that the collected lines are sent within [`WAIT`].
    fn arm(self: &Rc<Self>) {
        if !self.armed.replace(true) {
            let batcher = Rc::clone(self);
            tokio::task::spawn_local(async move {
                tokio::time::sleep(WAIT).await;
                batcher.armed.set(false);
                batcher.send();
            });
        }
    }

    /// Sends the collected lines, and a line about the dropped ones if there are any.
    fn send(&self) {
        let mut lines = self.lines.borrow_mut();
        if lines.is_empty() && self.dropped.get() == 0 {
            return;
        }
        let events = memchr::memchr_iter(b'\n', &lines).count();
        if self.dropped.get() > 0 {
            let mut clock = self.clock.borrow_mut();
            json::write_dropped(
                clock.read(Instant::now()),
                &self.server.borrow(),
                self.dropped.get(),
                &mut lines,
            );
        }
        let sent = match &self.destination {
            Destination::File(sender) => sender.send(std::mem::replace(&mut *lines, sender.buffer())),
            Destination::Live(sender, _) => sender.send(std::mem::take(&mut *lines)),
        };
        match sent {
            Ok(()) => self.dropped.set(0),
            Err(_) => self.dropped.set(self.dropped.get() + events),
        }
    }
}

impl Drop for EventBatcher {
    fn drop(&mut self) {
        self.send();
    }
}

#[cfg(test)]
mod tests {
    use super::super::sink::tests::{meta, on_a_worker, sender};
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn lines_that_do_not_fit_are_counted_and_reported() {
        on_a_worker(async || {
            let (batches, received) = mpsc::sync_channel(1);
            let clock = Rc::new(RefCell::new(LineClock::new(Instant::now())));
            let batcher = Rc::new(EventBatcher::new("s", Destination::File(sender(batches)), clock));
            let meta = meta();
            let write = |event: Event<'_>| batcher.write(&meta, Traffic::default(), &event, Instant::now());
            for _ in 0..3 {
                write(Event::Accepted { queued: false });
                write(Event::Reset);
                batcher.send();
            }
            assert_eq!(received.iter().take(1).count(), 1);
            write(Event::Reset);
            batcher.send();
            let last = String::from_utf8(received.recv().expect("a batch")).expect("text");
            assert!(last.contains("\"event\":\"dropped\",\"lines\":4"), "{last}");
        });
    }
}
