//! Accepts connections, and admits or refuses them.

use super::driver::{self, Driver, Entry};
use super::fd_reserve::{FdReserve, RECHECK};
use super::local_server::LocalServer;
use super::turns::Turn;
use crate::events::ConnectionMeta;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The task that accepts connections for one server on one worker. It can be paused: new connections then wait in the
/// system's accept queue. Dropping it ends the task.
#[derive(Debug)]
pub(super) struct AcceptLoop {
    listener: Rc<TcpListener>,
    task: Option<JoinHandle<()>>,
}

impl AcceptLoop {
    pub(super) fn start(listener: TcpListener, server: &Rc<LocalServer>) -> Self {
        let mut accept_loop = Self {
            listener: Rc::new(listener),
            task: None,
        };
        accept_loop.set_accepting(true, server);
        accept_loop
    }

    /// Resumes or pauses it. Does nothing if it is in that state already.
    pub(super) fn set_accepting(&mut self, accepting: bool, server: &Rc<LocalServer>) {
        if !accepting {
            if let Some(task) = self.task.take() {
                task.abort();
            }
        } else if self.task.is_none() {
            let accept = accept(Rc::clone(&self.listener), Rc::clone(server));
            self.task = Some(tokio::task::spawn_local(accept));
        }
    }

    /// Applies a new profile, if the loop is accepting. A task that is already waiting would keep using the old one.
    pub(super) fn restart(&mut self, server: &Rc<LocalServer>) {
        if self.task.is_some() {
            self.set_accepting(false, server);
            self.set_accepting(true, server);
        }
    }
}

impl Drop for AcceptLoop {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// How long to wait after `accept` has failed.
const RETRY: Duration = Duration::from_millis(100);

/// Accepts connections until the task is aborted.
async fn accept(listener: Rc<TcpListener>, server: Rc<LocalServer>) {
    let reserve = FdReserve::of_process();
    let inherited = Inherited::of(&listener);
    let mut failing = false;
    loop {
        let served_at_once = server.site().profile.connection.served_at_once;
        let turn = match served_at_once {
            Some(limit) => Some(server.turns.next(limit).await),
            None => None,
        };
        // If this task had to wait for a turn, a waiting client is already in the accept queue.
        let (accepted, queued) = match &turn {
            Some(turn) if turn.waited => accept_queued(&listener).await,
            _ => (listener.accept().await, false),
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                let is_last = reserve.is_reached_by(&stream);
                admit(stream, peer, inherited, turn, queued, &server);
                if is_last {
                    wait_for_descriptors(reserve, &listener, &server).await;
                }
            }
            // The client disconnected before its connection was accepted.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
                ) => {}
            // The system lacks a resource, such as descriptors or memory. Retrying at once would keep a CPU busy.
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!("cannot accept a connection, trying again: {error}");
                }
                server.cache.borrow_mut().clear();
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Accepts a connection. The second value is true if it was already in the accept queue.
async fn accept_queued(listener: &TcpListener) -> (io::Result<(TcpStream, SocketAddr)>, bool) {
    let mut pending = false;
    let accepted = std::future::poll_fn(|cx| {
        let polled = listener.poll_accept(cx);
        pending |= polled.is_pending();
        polled
    });
    let accepted = accepted.await;
    (accepted, !pending)
}

/// Waits until a descriptor below the reserve is free. Meanwhile, new clients wait in the accept queue; accepted
/// connections are not affected.
async fn wait_for_descriptors(reserve: FdReserve, listener: &TcpListener, server: &LocalServer) {
    if reserve.leaves_room(listener) {
        return;
    }
    tracing::warn!("no descriptors are left for more connections (ulimit -n): further clients wait until others leave");
    while !reserve.leaves_room(listener) {
        // Free descriptors for connections: a cached file that is not being sent can be opened again later.
        server.cache.borrow_mut().clear();
        tokio::time::sleep(RECHECK).await;
    }
}

/// Properties that every accepted connection inherits from the listener. Setting them once saves system calls for each
/// connection.
#[derive(Clone, Copy, Debug)]
struct Inherited {
    /// TCP_NODELAY: on Linux a connection starts with its listener's setting.
    nodelay: bool,
    /// The server's address; `None` if the listener is bound to all addresses, so that connections differ.
    local: Option<SocketAddr>,
}

impl Inherited {
    fn of(listener: &TcpListener) -> Self {
        let local = listener.local_addr().ok();
        Self {
            nodelay: cfg!(target_os = "linux") && SockRef::from(listener).tcp_nodelay().unwrap_or(false),
            local: local.filter(|address| !address.ip().is_unspecified()),
        }
    }
}

fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    inherited: Inherited,
    turn: Option<Turn<'_>>,
    queued: bool,
    server: &Rc<LocalServer>,
) {
    let site = server.site();
    let id = server.shared.next_connection_id();
    let local = inherited.local.or_else(|| stream.local_addr().ok()).unwrap_or(peer);
    let nodelay = site.profile.writes.nodelay;
    if nodelay != inherited.nodelay
        && let Err(error) = stream.set_nodelay(nodelay)
    {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    let open = OpenCount::new(server, site.profile.connection.max_connections, turn, queued);
    let driver = Box::new(Driver::new(
        stream,
        Rc::new(ConnectionMeta::new(id, peer, local)),
        Rc::clone(server),
    ));
    tokio::task::spawn_local(async move {
        driver::drive(driver, open.entry).await;
        drop(open);
    });
}

/// Counts a connection as open until it is dropped, however the connection's task ends.
struct OpenCount {
    server: Rc<LocalServer>,
    entry: Entry,
    has_turn: bool,
}

impl OpenCount {
    /// Counts one more connection and admits it if fewer than `limit` are admitted. A refused connection does not count
    /// against the limit while it gets its refusal. `turn` ends with the connection.
    fn new(server: &Rc<LocalServer>, limit: Option<u64>, turn: Option<Turn<'_>>, queued: bool) -> Self {
        server.open.set(server.open.get() + 1);
        let one_more = |open: u64| limit.is_none_or(|limit| open < limit).then_some(open + 1);
        let admitted = server
            .admitted_everywhere
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        Self {
            server: Rc::clone(server),
            has_turn: turn.map(Turn::keep).is_some(),
            entry: match admitted {
                Ok(_) if queued => Entry::Queued,
                Ok(_) => Entry::Admitted,
                Err(_) => Entry::Refused,
            },
        }
    }
}

impl Drop for OpenCount {
    fn drop(&mut self) {
        self.server.open.set(self.server.open.get() - 1);
        if self.entry != Entry::Refused {
            self.server.admitted_everywhere.fetch_sub(1, Ordering::Relaxed);
        }
        if self.has_turn {
            self.server.turns.end();
        }
    }
}
