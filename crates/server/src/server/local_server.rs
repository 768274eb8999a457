//! One server on one worker thread: its site, its cache and buffers, and its open connections.

use super::holds::Holds;
use super::registry::Registry;
use super::turns::Turns;
use super::{Options, Site};
use crate::events::{ConnectionMeta, Event, EventSenders, EventSink, Standing};
use crate::files::Cache;
use labserve_core::http1::date;
use labserve_core::render::RenderContext;
use labserve_core::rule::Rules;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// State that all workers and servers share. It is used at most once per connection, or more rarely, so contention does
/// not matter.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) started: Instant,
    /// The number of accepted connections, which is the id of the newest.
    pub(super) connections: AtomicU64,
    /// A random number for the whole run. Its top bit is set, so that it always has sixteen hexadecimal digits and
    /// response bodies have the same length in every run.
    pub(super) run_random: u64,
    pub(super) multiparts: AtomicU64,
    /// How many connections were still open when the grace period ended.
    pub(super) cut_connections: AtomicU64,
    /// How many requests had no response, or only a part of it, at that time.
    pub(super) cut_replies: AtomicU64,
    /// What is held by rules.
    pub(super) holds: Holds,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            connections: AtomicU64::new(0),
            run_random: random_seed() | 1 << 63,
            multiparts: AtomicU64::new(0),
            cut_connections: AtomicU64::new(0),
            cut_replies: AtomicU64::new(0),
            holds: Holds::default(),
        }
    }

    /// The id for the next accepted connection.
    pub(super) fn next_connection_id(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// One server on one worker thread. Only that thread uses it, so nothing in it is locked.
#[derive(Debug)]
pub(super) struct LocalServer {
    site: RefCell<Rc<Site>>,
    pub(super) cache: RefCell<Cache>,
    pub(super) shared: Arc<Shared>,
    /// Set when the program stops: every connection closes as soon as it waits for its client.
    pub(super) stopping: Cell<bool>,
    /// Whether the site has rules.
    pub(super) has_rules: Cell<bool>,
    /// Whether some of these rules act on the first byte of a request.
    pub(super) has_first_byte_rules: Cell<bool>,
    /// How many connections this worker has open for this server, refused ones included.
    pub(super) open: Cell<u64>,
    /// How many open connections all workers together have admitted to this server.
    pub(super) admitted_everywhere: Arc<AtomicU64>,
    /// The turns of the connections of this server, on all workers together.
    pub(super) turns: Arc<Turns>,
    /// The connections of this server on this worker.
    pub(super) registry: Registry,
    random: Cell<u64>,
    /// The last second that was formatted as a Date field, and its text. Replies within one second share it.
    date: Cell<(i64, [u8; 29])>,
    pub(super) sink: EventSink,
    /// Buffers of finished exchanges, for reuse.
    buffers: RefCell<Vec<Vec<u8>>>,
}

/// How many free buffers are kept for reuse.
const BUFFERS: usize = 64;

/// The largest capacity (in bytes) of a buffer that is kept. Larger ones are freed.
const BUFFER_CAPACITY: usize = 64 << 10;

impl LocalServer {
    /// A server of `site`. It shares `admitted_everywhere` and `turns` with the same server on other workers.
    pub(super) fn new(
        site: Site,
        shared: Arc<Shared>,
        admitted_everywhere: Arc<AtomicU64>,
        turns: Arc<Turns>,
        options: Options,
        senders: EventSenders,
    ) -> Self {
        let seed = random_seed();
        let rules = &site.profile.rules;
        let (has_rules, has_first_byte_rules) = (!rules.is_empty(), rules.act_at_first_byte());
        Self {
            cache: RefCell::new(Cache::new(site.cache)),
            sink: EventSink::new(&site.profile.name, options.throttle_log, senders),
            site: RefCell::new(Rc::new(site)),
            shared,
            stopping: Cell::new(false),
            has_rules: Cell::new(has_rules),
            has_first_byte_rules: Cell::new(has_first_byte_rules),
            open: Cell::new(0),
            admitted_everywhere,
            turns,
            registry: Registry::default(),
            random: Cell::new(seed | 1),
            date: Cell::new((0, date::text(0))),
            buffers: RefCell::new(Vec::new()),
        }
    }

    /// The current site. It may be replaced while a connection waits, so fetch it again for every request.
    pub(super) fn site(&self) -> Rc<Site> {
        Rc::clone(&self.site.borrow())
    }

    /// Calls `ask` with the rules of the current site and returns its result. `ask` must not replace the site.
    pub(super) fn with_rules<T>(&self, ask: impl FnOnce(&Rules) -> T) -> T {
        ask(&self.site.borrow().profile.rules)
    }

    /// Serves `site` from the next request on.
    pub(super) fn replace_site(&self, site: Site) {
        let rules = &site.profile.rules;
        self.has_rules.set(!rules.is_empty());
        self.has_first_byte_rules.set(rules.act_at_first_byte());
        // Cached files were looked up below the old root, with the old profile.
        *self.cache.borrow_mut() = Cache::new(site.cache);
        self.sink.rename(&site.profile.name);
        *self.site.borrow_mut() = Rc::new(site);
    }

    /// Emits an event of a connection.
    pub(super) fn emit(&self, meta: &ConnectionMeta, standing: Standing, event: &Event<'_>) {
        self.sink.emit(meta, standing, event);
    }

    /// Time since the program started.
    pub(super) fn now(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// The inputs of rendering a reply: the date, counters and random numbers.
    pub(super) fn render_context(&self) -> RenderContext {
        // xorshift64. It only has to differ between replies; nothing depends on it being unpredictable.
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

    /// An empty buffer: one of a finished exchange, or a new one.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.buffers
            .borrow_mut()
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(1024))
    }

    /// Keeps a buffer for reuse, unless enough are kept or it has grown too large.
    pub(super) fn give_back(&self, mut buffer: Vec<u8>) {
        let mut buffers = self.buffers.borrow_mut();
        if buffers.len() < BUFFERS && buffer.capacity() <= BUFFER_CAPACITY {
            buffer.clear();
            buffers.push(buffer);
        }
    }
}

/// A random number from the seed of the standard library's hash maps. Good enough for boundaries and ids, not for
/// secrets.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
