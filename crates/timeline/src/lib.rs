//! The timeline: a page that shows every connection live, and its REST API.
//!
//! It reads the lines that the servers' event sinks send, and controls the servers through [`ServerSet`]. It runs on a
//! separate thread with its own runtime, so that a slow page never delays a worker.

mod access;
mod api;
mod assets;
mod assignment;
mod body;
mod captures;
mod changes;
mod connection_io;
mod connections;
mod describe;
mod headers;
mod json;
mod listener;
mod managed_server;
mod query;
mod recording;
mod refusal;
mod ring;
mod rules;
mod seats;
mod server_set;
mod setting;
mod settings;
mod stream;

pub use captures::{CapturedConnection, Explained, Explainer};
pub use managed_server::ManagedServer;
pub use recording::{Recording, Waiting};
pub use ring::LIMIT;
pub use server_set::ServerSet;

use access::{Access, Token};
use captures::Captures;
use labserve_server::events::{LiveSender, Secret, Watchers, timestamp};
use ring::Ring;
use serde_json::Value;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;
use tokio::sync::mpsc::Receiver;
use tokio::sync::{Semaphore, oneshot, watch};

/// The default port of the timeline. If it is in use, the next free port is taken.
pub const PORT: u16 = 3900;

/// How many ports are tried, starting with [`PORT`].
const TRIES: u16 = 100;

/// A timeline that is bound to its port but not running yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    access: Access,
    explainer: Option<Arc<dyn Explainer>>,
}

impl Bound {
    /// Binds to `address`, or to the first free loopback port from [`PORT`] on if there is none.
    ///
    /// # Errors
    /// The address is in use, or does not belong to this machine; or the system cannot supply random bytes for the token.
    pub fn bind(address: Option<SocketAddr>) -> io::Result<Self> {
        let listener = match address {
            Some(address) => TcpListener::bind(address)?,
            None => first_free()?,
        };
        listener.set_nonblocking(true)?;
        let access = Access {
            address: listener.local_addr()?,
            token: Token::new()?,
        };
        Ok(Self {
            listener,
            access,
            explainer: None,
        })
    }

    /// Uses this token instead of a random one.
    ///
    /// # Errors
    /// It is too short, or has characters that a URL would have to encode. The message says what is expected.
    pub fn with_token(mut self, token: &str) -> Result<Self, String> {
        self.access.token = Token::given(token)?;
        Ok(self)
    }

    /// Uses this explainer for captures that are dropped onto the page.
    #[must_use]
    pub fn with_explainer(self, explainer: Arc<dyn Explainer>) -> Self {
        Self {
            explainer: Some(explainer),
            ..self
        }
    }

    /// The address that it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.access.address
    }

    /// The URL of the page, with the token. The URL is enough to change settings.
    pub fn url(&self) -> String {
        format!("http://{}/?token={}", self.access.address, self.access.token.text())
    }

    /// The token, which must be masked in all output.
    pub fn secret(&self) -> &Secret {
        self.access.token.secret()
    }

    /// Starts the timeline for `servers`. `lines` receives what is sent to `sender`; `first` is the first line of this
    /// run.
    ///
    /// # Errors
    /// The thread or its runtime cannot be started.
    pub fn start(
        self,
        servers: Arc<ServerSet>,
        sender: LiveSender,
        lines: Receiver<Vec<u8>>,
        first: &Value,
    ) -> io::Result<Timeline> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let state = Arc::new(AppState {
            access: self.access,
            run: run_id()?,
            started: timestamp(SystemTime::now()),
            servers,
            ring: Mutex::new(Ring::new(LIMIT)),
            grown: watch::Sender::new(()),
            watchers: sender.watchers().clone(),
            readers: Arc::new(Semaphore::new(stream::READERS)),
            captures: Captures::new(self.explainer),
        });
        sender.emit(first);
        drop(sender);
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
    /// Sends all lines so far to the readers, then stops.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the timeline ended with a panic");
        }
    }
}

/// The state that all handlers share.
#[derive(Debug)]
struct AppState {
    access: Access,
    /// The id of this run of the program. It lets a page recognise a restart.
    run: String,
    started: String,
    servers: Arc<ServerSet>,
    ring: Mutex<Ring>,
    /// Notifies readers that the ring has grown.
    grown: watch::Sender<()>,
    watchers: Watchers,
    /// One permit for each reader of the lines.
    readers: Arc<Semaphore>,
    captures: Captures,
}

impl AppState {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        // No code panics while it holds this lock, and even then every line in the ring would be complete.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the page and fills the ring, until the timeline is stopped or all senders of lines are gone.
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
    let fill = |mut batch: Vec<u8>| {
        state.access.token.secret().mask(&mut batch);
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
    if state.readers.available_permits() < stream::READERS {
        // Gives the readers time to send the last lines.
        tokio::time::sleep(stream::GATHER * 3).await;
    }
    pages.abort();
}

fn first_free() -> io::Result<TcpListener> {
    let mut in_use = io::Error::from(ErrorKind::AddrInUse);
    for port in PORT..PORT + TRIES {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => in_use = error,
            result => return result,
        }
    }
    Err(in_use)
}

fn run_id() -> io::Result<String> {
    let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{random:016x}"))
}
