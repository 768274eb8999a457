//! What a worker keeps for each server that it serves: files, buffers, numbers, and the site as it is now.

use super::registry::Registry;
use super::{Options, Site};
use crate::events::{ConnectionMeta, Event, EventSenders, EventSink, Traffic};
use crate::files::Cache;
use labserve_core::http1::date;
use labserve_core::render::RenderContext;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// What all workers of all servers share: numbers that are asked for once a connection or more rarely.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) started: Instant,
    pub(super) connections: AtomicU64,
    /// Has sixteen hexadecimal digits always, so that two runs of the server send bodies of the same lengths.
    pub(super) run_random: u64,
    pub(super) multiparts: AtomicU64,
}

impl Shared {
    pub(super) fn new() -> Shared {
        Shared {
            started: Instant::now(),
            connections: AtomicU64::new(0),
            run_random: random_seed() | 1 << 63,
            multiparts: AtomicU64::new(0),
        }
    }
}

/// One server on one worker.
#[derive(Debug)]
pub(super) struct Worker {
    site: RefCell<Rc<Site>>,
    pub(super) cache: RefCell<Cache>,
    pub(super) shared: Arc<Shared>,
    /// Whether every connection is to end as soon as it waits for its client.
    pub(super) stopping: Cell<bool>,
    /// How many connections this worker serves.
    pub(super) open: Cell<u64>,
    /// How many connections all workers have admitted for this server, of those that are open.
    pub(super) admitted_everywhere: Arc<AtomicU64>,
    /// The connections that this worker serves.
    pub(super) registry: Registry,
    random: Cell<u64>,
    /// The last second that was written as a field says it: one second has many replies.
    date: Cell<(i64, [u8; 29])>,
    pub(super) sink: EventSink,
    /// Buffers that finished exchanges leave to the next.
    buffers: RefCell<Vec<Vec<u8>>>,
}

impl Worker {
    pub(super) fn new(
        site: Site,
        shared: Arc<Shared>,
        admitted_everywhere: Arc<AtomicU64>,
        (options, senders): (Options, EventSenders),
    ) -> Worker {
        let seed = random_seed();
        Worker {
            cache: RefCell::new(Cache::new(site.cache)),
            sink: EventSink::new(&site.profile.name, options.throttle_log, senders),
            site: RefCell::new(Rc::new(site)),
            shared,
            stopping: Cell::new(false),
            open: Cell::new(0),
            admitted_everywhere,
            registry: Registry::default(),
            random: Cell::new(seed | 1),
            date: Cell::new((0, date::text(0))),
            buffers: RefCell::new(Vec::new()),
        }
    }

    /// What is served now. It may be replaced while a connection waits: ask again for each request.
    pub(super) fn site(&self) -> Rc<Site> {
        Rc::clone(&self.site.borrow())
    }

    /// Serves this from the next request on.
    pub(super) fn replace_site(&self, site: Site) {
        // What is cached was looked at with the eyes of the old profile, below the old root.
        *self.cache.borrow_mut() = Cache::new(site.cache);
        self.sink.rename(&site.profile.name);
        *self.site.borrow_mut() = Rc::new(site);
    }

    /// Tells of an event.
    pub(super) fn emit(&self, meta: &ConnectionMeta, traffic: Traffic, event: &Event<'_>) {
        self.sink.emit(meta, traffic, event);
    }

    /// Time since the server started.
    pub(super) fn now(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// What a reply that is rendered now depends on.
    pub(super) fn render_context(&self) -> RenderContext {
        // xorshift64: differs from reply to reply, and is nobody's secret.
        let mut random = self.random.get();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.set(random);
        let now_secs = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |d| d.as_secs() as i64);
        RenderContext {
            now_secs,
            date: self.date(now_secs),
            counter: self.shared.multiparts.load(Ordering::Relaxed) + 1,
            run: self.shared.run_random,
            random,
        }
    }

    fn date(&self, now_secs: i64) -> [u8; 29] {
        let mut latest = self.date.get();
        if latest.0 != now_secs {
            latest = (now_secs, date::text(now_secs));
            self.date.set(latest);
        }
        latest.1
    }

    pub(super) fn buffer(&self) -> Vec<u8> {
        self.buffers
            .borrow_mut()
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(1024))
    }

    pub(super) fn give_back(&self, mut buffer: Vec<u8>) {
        let mut buffers = self.buffers.borrow_mut();
        if buffers.len() < 64 && buffer.capacity() <= 64 << 10 {
            buffer.clear();
            buffers.push(buffer);
        }
    }
}

fn random_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
