//! The sink of all events of one server on one worker thread: the log, the event log and the live stream.
//!
//! Each worker thread has its own sink, so that no request waits for a lock.

use super::batcher::{Destination, EventBatcher};
use super::budget::Budget;
use super::clock::LineClock;
use super::sender::EventSenders;
use super::{ConnectionMeta, Event, Observer, Standing, Throttle, Traffic, log};
use labserve_core::locale::{self, Lang};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tokio::time::Instant;

/// The sink of all events of one server on one worker thread.
#[derive(Debug)]
pub struct EventSink {
    /// Limits a log that people read. A log that programs read is complete.
    throttle: Option<Rc<Throttle>>,
    file: Option<Rc<EventBatcher>>,
    live: Option<Rc<EventBatcher>>,
    observer: Option<Arc<dyn Observer>>,
}

impl EventSink {
    /// A sink for `server`.
    pub fn new(server: &str, throttle_log: bool, senders: EventSenders) -> Self {
        // Parsed now, if sentences will be needed. If a worker parsed it when its first connection ends, the other
        // connections of that worker would have to wait.
        if senders.file.is_some() || senders.live.is_some() || log::is_on() {
            locale::catalogue(Lang::En);
        }
        // Both batchers write the same time for the same event.
        let clock = Rc::new(RefCell::new(LineClock::new(Instant::now())));
        let batcher = |destination| Rc::new(EventBatcher::new(server, destination, Rc::clone(&clock)));
        Self {
            throttle: throttle_log.then(Rc::default),
            file: senders.file.map(|sender| batcher(Destination::File(sender))),
            live: senders.live.map(|sender| {
                let budget = Budget::new(sender.watchers().clone());
                batcher(Destination::Live(sender, budget))
            }),
            observer: senders.observer,
        }
    }

    fn batchers(&self) -> impl Iterator<Item = &Rc<EventBatcher>> {
        self.file.iter().chain(&self.live)
    }

    /// Uses this name of the server from the next connection on.
    pub fn rename(&self, server: &str) {
        self.batchers().for_each(|batcher| batcher.rename(server));
    }

    /// Whether the events have a reader. If not, facts that only appear in events need not be determined.
    pub fn has_readers(&self) -> bool {
        self.file.is_some() || self.live.is_some() || self.observer.is_some() || log::is_on()
    }

    /// Whether the detail of a response that is written now would be used.
    pub fn wants_detail(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.has_budget(true))
    }

    /// Emits one event. Must be called on the runtime of a worker thread.
    pub fn emit(&self, meta: &ConnectionMeta, standing: Standing, event: &Event<'_>) {
        let traffic = standing.traffic;
        log::emit(meta, traffic, event, || {
            self.throttle.as_ref().is_none_or(Throttle::lets_pass)
        });
        meta.record(standing);
        if self.file.is_some() || self.live.is_some() {
            self.write_lines(meta, traffic, event);
        }
        if let Some(observer) = &self.observer {
            observer.observe(meta, traffic, event);
        }
    }

    /// Writes the line of an event. A separate function, so that an event without readers costs nothing to prepare.
    #[inline(never)]
    fn write_lines(&self, meta: &ConnectionMeta, traffic: Traffic, event: &Event<'_>) {
        // The clock is read only if a line is written, and then once for both batchers.
        let mut now = None;
        for batcher in self.batchers() {
            if batcher.admits(event) {
                batcher.write(meta, traffic, event, *now.get_or_insert_with(Instant::now));
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::batcher::WAIT;
    use super::super::{EventSender, LiveSender};
    use super::*;
    use labserve_core::conn::State;
    use std::sync::mpsc::{self, SyncSender};
    use std::time::Duration;

    /// Runs `test` on a runtime like that of a worker thread, with paused time.
    pub(in super::super) fn on_a_worker(test: impl AsyncFnOnce()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build_local(Default::default())
            .expect("a runtime");
        runtime.block_on(test());
    }

    pub(in super::super) fn sender(batches: SyncSender<Vec<u8>>) -> EventSender {
        EventSender {
            batches,
            written: Arc::default(),
        }
    }

    fn at(traffic: Traffic) -> Standing {
        Standing {
            state: State::Idle,
            requests: 1,
            traffic,
        }
    }

    pub(in super::super) fn meta() -> ConnectionMeta {
        let address = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        ConnectionMeta::new(7, address(40_000), address(3000))
    }

    #[test]
    fn lines_wait_for_others_but_not_long() {
        on_a_worker(async || {
            let (batches, received) = mpsc::sync_channel(4);
            let senders = EventSenders {
                file: Some(sender(batches)),
                ..EventSenders::default()
            };
            let sink = EventSink::new("a server", false, senders);
            let meta = meta();
            sink.emit(&meta, at(Traffic::default()), &Event::Accepted { queued: false });
            sink.emit(&meta, at(Traffic { received: 5, sent: 6 }), &Event::Reset);
            assert!(received.try_recv().is_err(), "nothing is sent at once");
            tokio::time::sleep(WAIT + Duration::from_millis(1)).await;
            let batch = String::from_utf8(received.try_recv().expect("a batch")).expect("text");
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
    fn the_live_stream_gets_what_its_budget_allows_and_a_count_of_the_rest() {
        on_a_worker(async || {
            let (live, mut batches) = LiveSender::new();
            let watching = live.watchers().watch();
            let senders = EventSenders {
                live: Some(live),
                ..EventSenders::default()
            };
            let sink = EventSink::new("s", false, senders);
            drop(watching);
            let meta = meta();
            let idle = Event::Idle { ends_after: None };
            for _ in 0..100_000 {
                sink.emit(&meta, at(Traffic::default()), &idle);
            }
            assert!(!sink.wants_detail());
            for _ in 0..50 {
                sink.emit(&meta, at(Traffic::default()), &Event::Reset);
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
}
