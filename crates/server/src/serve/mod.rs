//! The I/O: listeners, workers, connections.
//!
//! One thread and one single-threaded runtime for each core; a connection lives and dies on the worker that accepted it,
//! so nothing on the way of a request is shared or locked.

#[cfg(test)]
mod allocations;
mod behind;
mod body;
mod decide;
mod detail;
mod driver;
mod end;
mod ending;
mod exchange;
mod finish;
mod guard;
mod listener;
mod orders;
mod pace;
mod registry;
mod room;
mod single;
mod through_hyper;
mod waiting;
mod wire;
mod woken;
mod worker;
mod writing;

pub use crate::sys::Kernel;
pub use orders::Orders;
pub use registry::Sight;
pub use single::Single;

use crate::events::EventSenders;
use crate::files::{Limits, Root};
use labserve_core::profile::Profile;
use listener::Door;
use orders::Order;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;
use worker::{Shared, Worker};

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
        crate::sys::claim_address(&socket)?;
        // Linux hands it on to the connections; others are told one by one.
        socket.set_tcp_nodelay(site.profile.writes.nodelay)?;
        if address.is_ipv6() && address.ip().is_unspecified() {
            // All addresses are those of IPv4 too: Linux and macOS take it so, Windows only if told.
            socket.set_only_v6(false)?;
        }
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

/// Running servers.
#[derive(Debug)]
pub struct Running {
    orders: Orders,
    workers: Vec<JoinHandle<()>>,
}

impl Running {
    /// The way to tell them something.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Stops accepting, lets running replies finish and ends all other connections. Returns when all are ended.
    pub fn stop(self) {
        self.orders.give(&Order::Stop);
        for worker in self.workers {
            if worker.join().is_err() {
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

/// Runs `servers` until they are stopped, and tells what happens to these senders.
///
/// # Errors
/// A thread or a runtime cannot be made.
pub fn run(servers: Vec<Server>, options: Options, senders: &EventSenders) -> io::Result<Running> {
    crate::sys::raise_file_limit();
    let shared = Arc::new(Shared::new());
    let open: Vec<Arc<AtomicU64>> = servers.iter().map(|_| Arc::default()).collect();
    let mut running = Running {
        orders: Orders(Vec::new()),
        workers: Vec::new(),
    };
    for number in 0..options.workers.max(1) {
        let mine = servers
            .iter()
            .zip(&open)
            .map(|(server, open)| {
                Ok(Post {
                    listener: server.listener.try_clone()?,
                    site: server.site.clone(),
                    open: Arc::clone(open),
                    senders: senders.clone(),
                })
            })
            .collect::<io::Result<Vec<Post>>>()?;
        let (orders, received) = unbounded_channel();
        let shared = Arc::clone(&shared);
        let work = move || match tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(Default::default())
        {
            Ok(runtime) => runtime.block_on(work(mine, shared, received, options)),
            Err(error) => tracing::error!("cannot start a worker: {error}"),
        };
        let thread = std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(work)?;
        running.orders.0.push(orders);
        running.workers.push(thread);
    }
    Ok(running)
}

/// One server, as it is handed to one worker.
struct Post {
    listener: std::net::TcpListener,
    site: Site,
    /// How many connections all workers have admitted for this server, of those that are open.
    open: Arc<AtomicU64>,
    senders: EventSenders,
}

async fn work(mine: Vec<Post>, shared: Arc<Shared>, mut orders: UnboundedReceiver<Order>, options: Options) {
    let mut workers = Vec::new();
    let mut doors = Vec::new();
    for post in mine {
        let shared = Arc::clone(&shared);
        let worker = Rc::new(Worker::new(post.site, shared, post.open, (options, post.senders)));
        match TcpListener::from_std(post.listener) {
            Ok(listener) => doors.push(Some(Door::open(listener, &worker))),
            Err(error) => {
                tracing::error!("cannot listen: {error}");
                doors.push(None);
            }
        }
        workers.push(worker);
    }
    // Nobody is left to give orders: then it stops.
    while let Some(order) = orders.recv().await {
        match order {
            Order::Stop => break,
            Order::Ask(question) => orders::answer(question, &workers),
            Order::Accept(server, accepts) => {
                if let (Some(Some(door)), Some(worker)) = (doors.get_mut(server), workers.get(server)) {
                    door.set(accepts, worker);
                }
            }
            Order::Reload(server, site) => {
                if let Some(worker) = workers.get(server) {
                    worker.replace_site(*site);
                }
            }
        }
    }
    drop(doors);
    for worker in &workers {
        worker.stopping.set(true);
        worker.registry.wake_all();
    }
    let deadline = Instant::now() + options.grace;
    while workers.iter().any(|worker| worker.open.get() > 0) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
