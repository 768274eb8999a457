//! The I/O: listeners, worker threads and connections.
//!
//! Each worker is one thread with a single-threaded runtime. A connection stays on the worker that accepted it, so requests
//! neither share data between threads nor take locks.

#[cfg(test)]
mod allocations;
mod closing;
mod control;
mod driver;
mod dropping;
mod exchange;
mod fd_reserve;
mod file_write;
mod guard;
mod holds;
mod listener;
mod local_server;
mod registry;
mod reply_writer;
mod request_body;
mod ruling;
mod send_error;
mod turns;
mod wait;

pub use crate::sys::Kernel;
pub use control::Control;
pub use fd_reserve::FdReserve;
pub use registry::ConnectionInfo;

use crate::events::EventSenders;
use crate::files::{Limits, Root};
use control::Command;
use labserve_core::profile::Profile;
use listener::AcceptLoop;
use local_server::{LocalServer, Shared};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use turns::Turns;

/// What a server serves, and how.
#[derive(Clone, Debug)]
pub struct Site {
    /// The server behaviour to follow.
    pub profile: Profile,
    /// The files.
    pub root: Root,
    /// Limits of each worker's cache of open files.
    pub cache: Limits,
}

/// A server that is bound to its port but not running yet.
#[derive(Debug)]
pub struct Server {
    site: Site,
    listener: std::net::TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds a server to `address`. Port 0 means any free port.
    ///
    /// # Errors
    /// The address is in use, or does not belong to this machine.
    pub fn bind(site: Site, address: SocketAddr) -> io::Result<Self> {
        use socket2::{Domain, Protocol, Socket, Type};
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        crate::sys::claim_address(&socket)?;
        if address.is_ipv6() && address.ip().is_unspecified() {
            // `[::]` must accept IPv4 too. That is the default on Linux and macOS, but not on Windows.
            socket.set_only_v6(false)?;
        }
        socket.bind(&address.into())?;
        Self::listening(site, socket)
    }

    /// A server on a socket that another program has opened, such as systemd.
    ///
    /// # Errors
    /// The socket rejects one of the profile's settings.
    pub fn on(site: Site, listener: std::net::TcpListener) -> io::Result<Self> {
        Self::listening(site, listener.into())
    }

    fn listening(site: Site, socket: socket2::Socket) -> io::Result<Self> {
        // On Linux, connections inherit this. On other systems, the listener sets it on each connection.
        socket.set_tcp_nodelay(site.profile.writes.nodelay)?;
        // This also sets the backlog of a socket that is already listening.
        socket.listen(i32::try_from(site.profile.connection.backlog).unwrap_or(i32::MAX))?;
        socket.set_nonblocking(true)?;
        let listener: std::net::TcpListener = socket.into();
        let address = listener.local_addr()?;
        Ok(Self {
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
    control: Control,
    workers: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
}

/// What a stop cut short, because it was not finished within [`Options::grace`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CutShort {
    /// How many connections were still open.
    pub connections: u64,
    /// How many of their requests had no response yet, or only a part of it.
    pub replies: u64,
}

impl Running {
    /// The handle for commands and queries.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops accepting, lets replies in progress finish within [`Options::grace`], and closes all other connections.
    /// Returns when the workers have ended, with what was cut short.
    pub fn stop(self) -> CutShort {
        self.control.send(&Command::Stop);
        for worker in self.workers {
            if worker.join().is_err() {
                tracing::error!("a worker ended with a panic");
            }
        }
        CutShort {
            connections: self.shared.cut_connections.load(Ordering::Relaxed),
            replies: self.shared.cut_replies.load(Ordering::Relaxed),
        }
    }
}

/// How servers run, independent of what they serve.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The number of worker threads; at least one is started.
    pub workers: usize,
    /// How long replies in progress may take when the servers stop.
    pub grace: Duration,
    /// Whether to limit log lines to a rate that a person can read.
    pub throttle_log: bool,
}

/// The default of [`Options::grace`].
pub const GRACE: Duration = Duration::from_secs(5);

/// Starts the workers, each of which serves all of `servers`, and sends events to `senders`.
///
/// # Errors
/// A thread cannot be started, or a listener cannot be duplicated for it.
pub fn run(servers: Vec<Server>, options: Options, senders: &EventSenders) -> io::Result<Running> {
    crate::sys::raise_file_limit();
    let shared = Arc::new(Shared::new());
    let admitted: Vec<Arc<AtomicU64>> = servers.iter().map(|_| Arc::default()).collect();
    let turns: Vec<Arc<Turns>> = servers.iter().map(|_| Arc::default()).collect();
    let mut running = Running {
        control: Control {
            workers: Vec::new(),
            shared: Arc::clone(&shared),
        },
        workers: Vec::new(),
        shared: Arc::clone(&shared),
    };
    for number in 0..options.workers.max(1) {
        let specs = servers
            .iter()
            .zip(admitted.iter().zip(&turns))
            .map(|(server, (admitted, turns))| {
                Ok(ServerSpec {
                    listener: server.listener.try_clone()?,
                    site: server.site.clone(),
                    admitted: Arc::clone(admitted),
                    turns: Arc::clone(turns),
                    senders: senders.clone(),
                })
            })
            .collect::<io::Result<Vec<ServerSpec>>>()?;
        let (commands, received) = unbounded_channel();
        let shared = Arc::clone(&shared);
        let work = move || match tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(Default::default())
        {
            Ok(runtime) => runtime.block_on(work(specs, shared, received, options)),
            Err(error) => tracing::error!("cannot start a worker: {error}"),
        };
        let thread = std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(work)?;
        running.control.workers.push(commands);
        running.workers.push(thread);
    }
    Ok(running)
}

/// One server, as it is handed to one worker.
struct ServerSpec {
    listener: std::net::TcpListener,
    site: Site,
    /// How many open connections all workers together have admitted to this server.
    admitted: Arc<AtomicU64>,
    /// The turns of its connections, on all workers together.
    turns: Arc<Turns>,
    senders: EventSenders,
}

/// A worker: serves `specs` until it gets [`Command::Stop`], or until the last [`Control`] is dropped.
async fn work(specs: Vec<ServerSpec>, shared: Arc<Shared>, mut commands: UnboundedReceiver<Command>, options: Options) {
    let mut servers = Vec::new();
    let mut accept_loops = Vec::new();
    for spec in specs {
        let shared = Arc::clone(&shared);
        let server = Rc::new(LocalServer::new(
            spec.site,
            shared,
            spec.admitted,
            spec.turns,
            options,
            spec.senders,
        ));
        match TcpListener::from_std(spec.listener) {
            Ok(listener) => accept_loops.push(Some(AcceptLoop::start(listener, &server))),
            Err(error) => {
                tracing::error!("cannot listen: {error}");
                accept_loops.push(None);
            }
        }
        servers.push(server);
    }
    // A second signal may arrive before the stop that the first signal requests.
    let mut is_cut = false;
    while let Some(command) = commands.recv().await {
        match command {
            Command::Stop => break,
            Command::Cut => {
                is_cut = true;
                break;
            }
            Command::Query(query) => control::answer(query, &servers),
            Command::SetAccepting { server, accepting } => {
                if let (Some(Some(accept_loop)), Some(server)) = (accept_loops.get_mut(server), servers.get(server)) {
                    accept_loop.set_accepting(accepting, server);
                }
            }
            Command::Reload { server, site } => {
                if let (Some(accept_loop), Some(server)) = (accept_loops.get_mut(server), servers.get(server)) {
                    server.replace_site(*site);
                    if let Some(accept_loop) = accept_loop {
                        accept_loop.restart(server);
                    }
                }
            }
        }
    }
    drop(accept_loops);
    for server in &servers {
        server.stopping.set(true);
        server.registry.wake_all();
    }
    if !is_cut {
        tokio::select! {
            () = all_closed(&servers) => return,
            () = tokio::time::sleep(options.grace) => {}
            () = told_to_cut(&mut commands, &servers) => {}
        }
    }
    for server in &servers {
        shared.cut_connections.fetch_add(server.open.get(), Ordering::Relaxed);
        server.registry.cut_all();
    }
    // Each connection now ends as soon as its task runs. The timeout is for a connection that a panic has left open.
    let _ = tokio::time::timeout(TO_CUT, all_closed(&servers)).await;
}

/// How long to wait for the connections that were cut short to close and emit their last events.
const TO_CUT: Duration = Duration::from_secs(1);

async fn all_closed(servers: &[Rc<LocalServer>]) {
    while servers.iter().any(|server| server.open.get() > 0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for [`Command::Cut`], and answers queries until then.
async fn told_to_cut(commands: &mut UnboundedReceiver<Command>, servers: &[Rc<LocalServer>]) {
    while let Some(command) = commands.recv().await {
        match command {
            Command::Cut => return,
            Command::Query(query) => control::answer(query, servers),
            Command::Reload { .. } | Command::SetAccepting { .. } | Command::Stop => {}
        }
    }
    // All senders are gone, so no command can arrive any more.
    std::future::pending::<()>().await;
}
