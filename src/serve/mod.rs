//! The I/O: listeners, workers, connections.
//!
//! One thread and one single-threaded runtime for each core; a connection lives and dies on the worker that accepted it,
//! so nothing on the way of a request is shared or locked.

mod body;
mod decide;
mod driver;
mod exchange;
mod finish;
mod single;
mod through_hyper;
mod waiting;
mod wire;
mod writing;

pub use single::Single;

use crate::connection::CloseReason;
use crate::events::{self, Throttle};
use crate::files::{Cache, Limits, Root};
use crate::profile::Profile;
use crate::respond::Moment;
use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// What a server serves, and how.
#[derive(Clone, Debug)]
pub struct Site {
    /// The behaviour.
    pub profile: Profile,
    /// The files.
    pub root: Root,
    /// How much each worker keeps open.
    pub cache: Limits,
}

/// A server that is bound to its port and not yet running.
#[derive(Debug)]
pub struct Server {
    site: Site,
    listener: std::net::TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds a server.
    ///
    /// # Errors
    /// The address is taken or is none of this machine's.
    pub fn bind(site: Site, address: SocketAddr) -> io::Result<Server> {
        use socket2::{Domain, Protocol, Socket, Type};
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // Unix: connections that rest in TIME_WAIT do not keep a restarted server from its port. On Windows the same
        // option would let two servers share the port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(1024)?;
        socket.set_nonblocking(true)?;
        let listener: std::net::TcpListener = socket.into();
        let address = listener.local_addr()?;
        Ok(Server {
            site,
            listener,
            address,
        })
    }

    /// The address that it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it serves.
    pub fn site(&self) -> &Site {
        &self.site
    }
}

/// What all workers of all servers share: numbers that are asked for once a connection or more rarely.
#[derive(Debug)]
struct Shared {
    started: Instant,
    connections: AtomicU64,
    run_random: u64,
    multiparts: AtomicU64,
}

/// One server on one worker.
#[derive(Debug)]
struct Worker {
    site: Rc<Site>,
    cache: RefCell<Cache>,
    shared: Arc<Shared>,
    /// Wakes every connection that waits for its client.
    stop: Notify,
    stopping: Cell<bool>,
    open: Cell<u64>,
    random: Cell<u64>,
    /// For a log that people read; one for machines is written in full.
    throttle: Option<Rc<Throttle>>,
    /// Buffers that finished exchanges leave to the next.
    buffers: RefCell<Vec<Vec<u8>>>,
}

impl Worker {
    fn new(site: Site, shared: Arc<Shared>, options: Options) -> Worker {
        let seed = random_seed();
        Worker {
            cache: RefCell::new(Cache::new(site.cache)),
            site: Rc::new(site),
            shared,
            stop: Notify::new(),
            stopping: Cell::new(false),
            open: Cell::new(0),
            random: Cell::new(seed | 1),
            throttle: options.throttle_log.then(Rc::default),
            buffers: RefCell::new(Vec::new()),
        }
    }

    /// Whether one more such line goes into the log.
    fn logs(&self, line: events::Line) -> bool {
        line.is_enabled() && self.throttle.as_ref().is_none_or(Throttle::lets_pass)
    }

    /// Time since the server started.
    fn now(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// The moment of a reply.
    fn moment(&self) -> Moment {
        // xorshift64: differs from reply to reply, and is nobody's secret.
        let mut random = self.random.get();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.set(random);
        let now_secs = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |d| d.as_secs() as i64);
        Moment {
            now_secs,
            counter: self.shared.multiparts.load(Ordering::Relaxed) + 1,
            run: self.shared.run_random,
            random,
        }
    }

    fn buffer(&self) -> Vec<u8> {
        self.buffers
            .borrow_mut()
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(1024))
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
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

/// Running servers.
#[derive(Debug)]
pub struct Running {
    workers: Vec<WorkerThread>,
}

#[derive(Debug)]
struct WorkerThread {
    /// Told, or dropped, it stops the worker.
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Running {
    /// Stops accepting, lets running replies finish and ends all other connections. Returns when all are ended.
    pub fn stop(self) {
        let threads: Vec<_> = self
            .workers
            .into_iter()
            .map(|WorkerThread { stop, thread }| {
                // A worker that has ended already hears nothing, and need not.
                let _ = stop.send(());
                thread
            })
            .collect();
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a worker ended with a panic");
            }
        }
    }
}

/// How servers run, whatever they serve.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many threads serve.
    pub workers: usize,
    /// How long running replies may take when the servers stop.
    pub grace: Duration,
    /// Whether the log is kept to what a person can read.
    pub throttle_log: bool,
}

/// How long running replies may take when the servers stop, unless told otherwise.
pub const GRACE: Duration = Duration::from_secs(5);

/// Runs `servers` until they are stopped.
///
/// # Errors
/// A thread or a runtime cannot be made.
pub fn run(servers: Vec<Server>, options: Options) -> io::Result<Running> {
    crate::sys::raise_file_limit();
    let shared = Arc::new(Shared {
        started: Instant::now(),
        connections: AtomicU64::new(0),
        run_random: random_seed(),
        multiparts: AtomicU64::new(0),
    });
    let mut running = Running { workers: Vec::new() };
    for number in 0..options.workers.max(1) {
        let mine: Vec<(std::net::TcpListener, Site)> = servers
            .iter()
            .map(|server| Ok((server.listener.try_clone()?, server.site.clone())))
            .collect::<io::Result<_>>()?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&shared);
        let work = move || match tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(Default::default())
        {
            Ok(runtime) => runtime.block_on(work(mine, shared, stopped, options)),
            Err(error) => tracing::error!("cannot start a worker: {error}"),
        };
        let thread = std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(work)?;
        running.workers.push(WorkerThread { stop, thread });
    }
    Ok(running)
}

async fn work(
    mine: Vec<(std::net::TcpListener, Site)>,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
    options: Options,
) {
    let mut workers = Vec::new();
    let mut accepting = Vec::new();
    for (listener, site) in mine {
        let worker = Rc::new(Worker::new(site, Arc::clone(&shared), options));
        match TcpListener::from_std(listener) {
            Ok(listener) => accepting.push(tokio::task::spawn_local(accept(listener, Rc::clone(&worker)))),
            Err(error) => tracing::error!("cannot listen: {error}"),
        }
        workers.push(worker);
    }
    // An error means that nobody is left to stop it: then it stops too.
    let _ = stopped.await;
    accepting.iter().for_each(tokio::task::JoinHandle::abort);
    for worker in &workers {
        worker.stopping.set(true);
        worker.stop.notify_waiters();
    }
    let deadline = Instant::now() + options.grace;
    while workers.iter().any(|worker| worker.open.get() > 0) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Accepts connections until it is aborted.
async fn accept(listener: TcpListener, worker: Rc<Worker>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => admit(stream, peer, &worker),
            // The client was gone before it was accepted; or no descriptors are left. Neither is a reason to stop, and the
            // second passes: wait a little rather than ask again at once.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => {
                tracing::warn!("cannot accept a connection, trying again: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn admit(stream: TcpStream, peer: SocketAddr, worker: &Rc<Worker>) {
    let site = Rc::clone(&worker.site);
    let id = worker.shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
    if site
        .profile
        .connection
        .max_connections
        .is_some_and(|most| worker.open.get() >= most)
    {
        tracing::warn!("connection #{id} from {peer} is refused: {}", CloseReason::TooMany);
        return;
    }
    if site.profile.writes.nodelay
        && let Err(error) = stream.set_nodelay(true)
    {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    worker.open.set(worker.open.get() + 1);
    let worker = Rc::clone(worker);
    tokio::task::spawn_local(async move {
        let open = OpenCount(Rc::clone(&worker));
        driver::drive(stream, peer, id, worker).await;
        drop(open);
    });
}

/// Counts a connection until it is dropped, however its task ends.
struct OpenCount(Rc<Worker>);

impl Drop for OpenCount {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
    }
}
