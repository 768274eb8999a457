//! Tells what happened: to the log, and to the event log and the live tape if there are any. One for each server on each
//! worker, so that nothing is shared on the way of a request.
//!
//! Lines are collected and handed over in batches. A batch that a tape has no room for is dropped and counted: a slow disk
//! or a stopped reader never slows the server.

use super::budget::Budget;
use super::recorder::stamped;
use super::{ConnectionMeta, Event, LiveSender, Observer, Throttle, Traffic, json, log};
use labserve_core::http1::date;
use labserve_core::locale::{self, Lang};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// How many bytes of lines are collected before they are handed over.
const BATCH: usize = 128 << 10;

/// How long a line waits to be handed over at the most.
const WAIT: Duration = Duration::from_millis(50);

/// Where lines of the event log go: see [`super::Recorder`].
#[derive(Clone, Debug)]
pub struct EventSender {
    pub(super) batches: SyncSender<Vec<u8>>,
    /// Buffers of batches that have been written: warm in the cache, and not to be had from the system again.
    pub(super) written: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl EventSender {
    fn buffer(&self) -> Vec<u8> {
        let written = self.written.lock().ok().and_then(|mut buffers| buffers.pop());
        written.unwrap_or_else(|| Vec::with_capacity(BATCH + BATCH / 8))
    }

    /// Hands over a batch; gives it back if there is no room.
    fn hand_over(&self, batch: Vec<u8>) -> Result<(), Vec<u8>> {
        match self.batches.try_send(batch) {
            // The event log could not be written to; that has been said.
            Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(()),
            Err(TrySendError::Full(batch)) => Err(batch),
        }
    }

    /// Adds a line about the program itself: an object with an `event`, to which the time is added.
    pub(super) fn note(&self, line: Value) {
        if let Err(line) = self.hand_over(stamped(line)) {
            let line = String::from_utf8_lossy(&line);
            tracing::warn!("the event log is behind; it lacks this line: {line}");
        }
    }
}

/// The senders that there are.
#[derive(Clone, Debug, Default)]
pub struct EventSenders {
    /// To the event log.
    pub file: Option<EventSender>,
    /// To whoever watches.
    pub live: Option<LiveSender>,
    /// To the program itself.
    pub observer: Option<Arc<dyn Observer>>,
}

/// Tells the events of one server on one worker.
#[derive(Debug)]
pub struct EventSink {
    /// For a log that people read; one for machines is written in full.
    throttle: Option<Rc<Throttle>>,
    journal: Option<Rc<EventBatcher>>,
    live: Option<Rc<EventBatcher>>,
    observer: Option<Arc<dyn Observer>>,
}

impl EventSink {
    /// A sink for `server`.
    pub fn new(server: &str, throttle_log: bool, senders: EventSenders) -> EventSink {
        // Parsed now: a worker that parses it when its first connection ends would keep the others waiting.
        locale::catalogue(Lang::En);
        // Both senders tell the same time of the same event.
        let clock = Rc::new(RefCell::new(Clock::new(Instant::now())));
        let journal = |way| Rc::new(EventBatcher::new(server, way, Rc::clone(&clock)));
        EventSink {
            throttle: throttle_log.then(Rc::default),
            journal: senders.file.map(|tape| journal(Way::File(tape))),
            live: senders.live.map(|tape| {
                let budget = Budget::new(tape.watchers().clone());
                journal(Way::Live(tape, budget))
            }),
            observer: senders.observer,
        }
    }

    /// The server goes by this name from the next connection on.
    pub fn rename(&self, server: &str) {
        for journal in self.journal.iter().chain(&self.live) {
            server.clone_into(&mut journal.server.borrow_mut());
        }
    }

    /// Whether the detail of a reply that is written now will be told.
    pub fn wants_detail(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.takes(true))
    }

    /// Tells of one event. Must be called on a worker's runtime.
    pub fn emit(&self, meta: &ConnectionMeta, traffic: Traffic, event: &Event<'_>) {
        log::emit(meta, traffic, event, || {
            self.throttle.as_ref().is_none_or(Throttle::lets_pass)
        });
        meta.note(traffic, event);
        let mut now = None;
        for journal in self.journal.iter().chain(&self.live) {
            journal.write(meta, traffic, event, &mut now);
        }
        if let Some(observer) = &self.observer {
            observer.observe(meta, traffic, event);
        }
    }
}

/// Where the lines of a journal go.
#[derive(Debug)]
enum Way {
    File(EventSender),
    Live(LiveSender, Budget),
}

#[derive(Debug)]
struct EventBatcher {
    server: RefCell<String>,
    way: Way,
    lines: RefCell<Vec<u8>>,
    /// How many lines there was no room for, and that has not been said yet.
    dropped: Cell<usize>,
    /// Whether a task waits to hand over what has been collected.
    waits: Cell<bool>,
    clock: Rc<RefCell<Clock>>,
}

impl EventBatcher {
    fn new(server: &str, way: Way, clock: Rc<RefCell<Clock>>) -> EventBatcher {
        EventBatcher {
            server: RefCell::new(server.to_owned()),
            way,
            lines: RefCell::default(),
            dropped: Cell::new(0),
            waits: Cell::new(false),
            clock,
        }
    }

    /// Whether a line that happens now is taken. `of_exchange` leaves room for lines of connections.
    fn takes(&self, of_exchange: bool) -> bool {
        let Way::Live(_, budget) = &self.way else { return true };
        // The first line since the last batch.
        if !self.waits.get() {
            budget.fill(Instant::now());
        }
        if of_exchange {
            budget.has_room()
        } else {
            budget.has_reserve()
        }
    }

    /// Writes the line of an event that happens now; `now` is when that is, once somebody needs to know.
    fn write(
        self: &Rc<EventBatcher>,
        meta: &ConnectionMeta,
        traffic: Traffic,
        event: &Event<'_>,
        now: &mut Option<Instant>,
    ) {
        if !self.takes(event.is_of_exchange()) {
            self.dropped.set(self.dropped.get() + 1);
            return self.arm();
        }
        let now = *now.get_or_insert_with(Instant::now);
        let mut clock = self.clock.borrow_mut();
        let time = (clock.read(now), now.saturating_duration_since(meta.accepted));
        let mut lines = self.lines.borrow_mut();
        let before = lines.len();
        let who = (&**self.server.borrow(), meta);
        json::line(time, who, traffic, event, self.is_live(), &mut lines);
        if let Way::Live(_, budget) = &self.way {
            budget.spend(lines.len() - before);
        }
        let full = lines.len() >= BATCH;
        drop((lines, clock));
        if full {
            self.hand_over();
        } else {
            self.arm();
        }
    }

    fn is_live(&self) -> bool {
        matches!(self.way, Way::Live(..))
    }

    /// Sees to it that what has been collected is handed over before long.
    fn arm(self: &Rc<EventBatcher>) {
        if !self.waits.replace(true) {
            let journal = Rc::clone(self);
            tokio::task::spawn_local(async move {
                tokio::time::sleep(WAIT).await;
                journal.waits.set(false);
                journal.hand_over();
            });
        }
    }

    fn hand_over(&self) {
        let mut lines = self.lines.borrow_mut();
        if lines.is_empty() && self.dropped.get() == 0 {
            return;
        }
        let events = memchr::memchr_iter(b'\n', &lines).count();
        if self.dropped.get() > 0 {
            let mut clock = self.clock.borrow_mut();
            json::dropped(
                clock.read(Instant::now()),
                &self.server.borrow(),
                self.dropped.get(),
                &mut lines,
            );
        }
        let handed_over = match &self.way {
            Way::File(tape) => tape.hand_over(std::mem::replace(&mut *lines, tape.buffer())),
            Way::Live(tape, _) => tape.hand_over(std::mem::take(&mut *lines)),
        };
        match handed_over {
            Ok(()) => self.dropped.set(0),
            Err(_) => self.dropped.set(self.dropped.get() + events),
        }
    }
}

impl Drop for EventBatcher {
    fn drop(&mut self) {
        self.hand_over();
    }
}

/// Wall-clock time for lines, at the price of reading the monotonic clock: the other one is read once a second.
#[derive(Debug)]
struct Clock {
    read: Instant,
    /// The wall clock's time at `read`, since 1970.
    wall: Duration,
    /// The second that `text` shows.
    second: u64,
    /// As in `2026-11-25T21:55:12.123456789Z`.
    text: [u8; 30],
}

impl Clock {
    fn new(now: Instant) -> Clock {
        Clock {
            read: now,
            wall: wall(),
            second: u64::MAX,
            text: *b"1970-01-01T00:00:00.000000000Z",
        }
    }

    fn read(&mut self, now: Instant) -> &[u8] {
        if now.saturating_duration_since(self.read) > Duration::from_secs(1) {
            (self.read, self.wall) = (now, wall());
        }
        let time = self.wall + now.saturating_duration_since(self.read);
        if time.as_secs() != self.second {
            self.second = time.as_secs();
            let mut text = [0; 19];
            date::write_rfc3339(i64::try_from(self.second).unwrap_or(i64::MAX), &mut text);
            self.text[..19].copy_from_slice(&text);
        }
        let mut nanos = time.subsec_nanos();
        for digit in self.text[20..29].iter_mut().rev() {
            *digit = b'0' + (nanos % 10) as u8;
            nanos /= 10;
        }
        &self.text
    }
}

fn wall() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn on_a_worker(test: impl AsyncFnOnce()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build_local(Default::default())
            .expect("a runtime");
        runtime.block_on(test());
    }

    fn tape(batches: SyncSender<Vec<u8>>) -> EventSender {
        EventSender {
            batches,
            written: Arc::default(),
        }
    }

    fn meta() -> ConnectionMeta {
        let address = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        ConnectionMeta::new(7, address(40_000), address(3000))
    }

    fn senders(sender: SyncSender<Vec<u8>>) -> EventSenders {
        EventSenders {
            file: Some(tape(sender)),
            ..EventSenders::default()
        }
    }

    #[test]
    fn lines_wait_for_others_but_not_long() {
        on_a_worker(async || {
            let (sender, batches) = mpsc::sync_channel(4);
            let sink = EventSink::new("a server", false, senders(sender));
            let meta = meta();
            sink.emit(&meta, Traffic::default(), &Event::Accepted);
            sink.emit(&meta, Traffic { received: 5, sent: 6 }, &Event::Reset);
            assert!(batches.try_recv().is_err(), "nothing is handed over at once");
            tokio::time::sleep(WAIT + Duration::from_millis(1)).await;
            let batch = String::from_utf8(batches.try_recv().expect("a batch")).expect("text");
            let lines: Vec<serde_json::Value> = batch
                .lines()
                .map(|line| serde_json::from_str(line).expect("JSON"))
                .collect();
            assert_eq!(lines.len(), 2);
            assert_eq!(lines[0]["event"], "accepted");
            assert_eq!(lines[0]["server"], "a server");
            assert_eq!(lines[0]["peer"], "127.0.0.1:40000");
            assert_eq!((&lines[1]["received"], &lines[1]["sent"]), (&5.into(), &6.into()));
        });
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_said() {
        on_a_worker(async || {
            let (sender, batches) = mpsc::sync_channel(1);
            let clock = Rc::new(RefCell::new(Clock::new(Instant::now())));
            let journal = Rc::new(EventBatcher::new("s", Way::File(tape(sender)), clock));
            let meta = meta();
            for _ in 0..3 {
                journal.write(&meta, Traffic::default(), &Event::Accepted, &mut None);
                journal.write(&meta, Traffic::default(), &Event::Reset, &mut None);
                journal.hand_over();
            }
            assert_eq!(batches.iter().take(1).count(), 1);
            journal.write(&meta, Traffic::default(), &Event::Reset, &mut None);
            journal.hand_over();
            let last = String::from_utf8(batches.recv().expect("a batch")).expect("text");
            assert!(last.contains("\"event\":\"dropped\",\"lines\":4"), "{last}");
        });
    }

    #[test]
    fn the_live_tape_takes_what_its_budget_allows_and_counts_the_rest() {
        on_a_worker(async || {
            let (tape, mut batches) = LiveSender::new();
            let watching = tape.watchers().watch();
            let senders = EventSenders {
                live: Some(tape),
                ..EventSenders::default()
            };
            let sink = EventSink::new("s", false, senders);
            drop(watching);
            let meta = meta();
            let idle = Event::Idle { ends_after: None };
            for _ in 0..100_000 {
                sink.emit(&meta, Traffic::default(), &idle);
            }
            assert!(!sink.wants_detail());
            for _ in 0..50 {
                sink.emit(&meta, Traffic::default(), &Event::Reset);
            }
            tokio::time::sleep(WAIT + Duration::from_millis(1)).await;
            let mut text = String::new();
            while let Ok(batch) = batches.try_recv() {
                text.push_str(std::str::from_utf8(&batch).expect("text"));
            }
            let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
            let of = |name: &str| lines.iter().filter(|line| line["event"] == name).count();
            assert_eq!(of("reset"), 50, "a connection's lines have a reserve");
            let dropped: u64 = lines.iter().filter_map(|line| line["lines"].as_u64()).sum();
            assert_eq!(of("idle") + dropped as usize, 100_000);
            assert!((100..600).contains(&of("idle")), "{}", of("idle"));
        });
    }

    #[test]
    fn the_clock_shows_nanoseconds() {
        let begun = Instant::now();
        let mut clock = Clock::new(begun);
        clock.wall = Duration::new(1_700_000_000, 999_999_999);
        assert_eq!(clock.read(begun), b"2023-11-14T22:13:20.999999999Z");
        let next = begun + Duration::from_nanos(2);
        assert_eq!(clock.read(next), b"2023-11-14T22:13:21.000000001Z");
    }
}
