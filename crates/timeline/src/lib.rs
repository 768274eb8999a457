//! The timeline: a page that shows every connection while it happens, and the API behind it.
//!
//! Knows the lines of the live tape, the settings of the servers, and HTTP for its own page. Does not know how anything is
//! served: it reads what is told, and gives orders. It has a thread and a runtime of its own, so that no page ever keeps a
//! worker from its connections.

mod access;
mod api;
mod assets;
mod body;
mod changes;
mod connections;
mod describe;
mod headers;
mod listener;
mod managed_server;
mod refusal;
mod ring;
mod server_set;
mod settings;
mod stream;

pub use managed_server::ManagedServer;
pub use ring::LIMIT;
pub use server_set::ServerSet;

use access::{Access, Token};
use labserve_server::events::{LiveSender, Watchers, timestamp};
use ring::Ring;
use serde_json::Value;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;
use tokio::sync::mpsc::Receiver;
use tokio::sync::{Semaphore, oneshot, watch};

/// The port of the timeline, if it is free and no other is asked for.
pub const PORT: u16 = 3900;

/// How many ports are tried from there on.
const TRIES: u16 = 100;

/// A timeline that is bound to its port and not yet running.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    access: Access,
}

impl Bound {
    /// Binds it to `address`; without one, to the first free port of loopback from [`PORT`] on.
    ///
    /// # Errors
    /// The address is taken or is none of this machine's; the system has no random bytes for the token.
    pub fn bind(address: Option<SocketAddr>) -> io::Result<Bound> {
        let listener = match address {
            Some(address) => TcpListener::bind(address)?,
            None => first_free()?,
        };
        listener.set_nonblocking(true)?;
        let access = Access {
            address: listener.local_addr()?,
            token: Token::new()?,
        };
        Ok(Bound { listener, access })
    }

    /// The address that it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.access.address
    }

    /// The URL that lets whoever opens it change settings.
    pub fn url(&self) -> String {
        format!("http://{}/?token={}", self.access.address, self.access.token.text())
    }

    /// Runs it over these servers. What they tell comes through `lines`, the reader's end of `tape`; `first` is the first
    /// line of the run.
    ///
    /// # Errors
    /// The thread or its runtime cannot be made.
    pub fn start(
        self,
        servers: Arc<ServerSet>,
        (tape, lines): (LiveSender, Receiver<Vec<u8>>),
        first: Value,
    ) -> io::Result<Timeline> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let state = Arc::new(AppState {
            access: self.access,
            run: run_name()?,
            started: timestamp(SystemTime::now()),
            servers,
            ring: Mutex::new(Ring::new(LIMIT)),
            grown: watch::Sender::new(()),
            watchers: tape.watchers().clone(),
            seats: Arc::new(Semaphore::new(stream::READERS)),
        });
        tape.emit(&first);
        drop(tape);
        let (stop, stopped) = oneshot::channel();
        let listener = self.listener;
        let thread = std::thread::Builder::new()
            .name("timeline".to_owned())
            .spawn(move || runtime.block_on(serve(listener, state, lines, stopped)))?;
        Ok(Timeline { stop, thread })
    }
}

/// A running timeline.
#[derive(Debug)]
pub struct Timeline {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Timeline {
    /// Tells the pages what has come until now, and ends.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the timeline ended with a panic");
        }
    }
}

/// What every request to the timeline is answered from.
#[derive(Debug)]
struct AppState {
    access: Access,
    /// Differs from run to run.
    run: String,
    started: String,
    servers: Arc<ServerSet>,
    ring: Mutex<Ring>,
    /// Tells that the ring has grown.
    grown: watch::Sender<()>,
    watchers: Watchers,
    /// One for each that may read the lines at a time.
    seats: Arc<Semaphore>,
}

impl AppState {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        // No code panics with it in hand; its lines would be whole even so.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(
    listener: TcpListener,
    state: Arc<AppState>,
    mut lines: Receiver<Vec<u8>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("there is no timeline: {error}"),
    };
    let pages = tokio::spawn(listener::accept(listener, api::router(Arc::clone(&state))));
    let fill = |batch| {
        state.ring().push(batch);
        state.grown.send_replace(());
    };
    loop {
        tokio::select! {
            batch = lines.recv() => match batch {
                Some(batch) => fill(batch),
                None => break,
            },
            _ = &mut stopped => break,
        }
    }
    while let Ok(batch) = lines.try_recv() {
        fill(batch);
    }
    // Time for the pages to hear of the end.
    tokio::time::sleep(stream::GATHER * 3).await;
    pages.abort();
}

fn first_free() -> io::Result<TcpListener> {
    let mut taken = io::Error::from(ErrorKind::AddrInUse);
    for port in PORT..PORT + TRIES {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => taken = error,
            done => return done,
        }
    }
    Err(taken)
}

fn run_name() -> io::Result<String> {
    let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{random:016x}"))
}
