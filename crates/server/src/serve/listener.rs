//! Accepts connections, and starts or refuses them.

use super::driver::{self, Driver, Entry};
use super::room::{LOOK, Room};
use super::worker::Worker;
use crate::events::ConnectionMeta;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A listener, open or shut. Shut, it leaves connections to the system's backlog; dropped, it accepts no more.
#[derive(Debug)]
pub(super) struct Door {
    listener: Rc<TcpListener>,
    accepting: Option<JoinHandle<()>>,
}

impl Door {
    pub(super) fn open(listener: TcpListener, worker: &Rc<Worker>) -> Door {
        let mut door = Door {
            listener: Rc::new(listener),
            accepting: None,
        };
        door.set(true, worker);
        door
    }

    /// Opens or shuts it.
    pub(super) fn set(&mut self, open: bool, worker: &Rc<Worker>) {
        match (open, self.accepting.take()) {
            (true, None) => {
                let accepting = accept(Rc::clone(&self.listener), Rc::clone(worker));
                self.accepting = Some(tokio::task::spawn_local(accepting));
            }
            (true, accepting) => self.accepting = accepting,
            (false, Some(accepting)) => accepting.abort(),
            (false, None) => {}
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

/// How long it is waited when connections cannot be accepted, for whatever reason.
const RETRY: Duration = Duration::from_millis(100);

/// Accepts connections until it is aborted.
async fn accept(listener: Rc<TcpListener>, worker: Rc<Worker>) {
    let room = Room::of_process();
    let inherited = Inherited::of(&listener);
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                failing = false;
                let is_last = room.is_filled_by(&stream);
                admit(stream, peer, inherited, &worker);
                if is_last {
                    until_room(room, &listener, &worker).await;
                }
            }
            // The client was gone before it was accepted.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
                ) => {}
            // The system lacks something. That passes; asking again at once would keep a processor busy until then.
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!("cannot accept a connection, trying again: {error}");
                }
                worker.cache.borrow_mut().clear();
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Waits until there are descriptors for another connection. Clients wait too: the system has their connections.
async fn until_room(room: Room, listener: &TcpListener, worker: &Worker) {
    if room.is_left(listener) {
        return;
    }
    tracing::warn!("no descriptors are left for more connections (ulimit -n): further clients wait until others leave");
    while !room.is_left(listener) {
        // An open file that nobody is sent just now is worth less than a connection.
        worker.cache.borrow_mut().clear();
        tokio::time::sleep(LOOK).await;
    }
}

/// What a listener's connections have from it, so that the system need not be asked or told for each of them.
#[derive(Clone, Copy, Debug)]
struct Inherited {
    /// TCP_NODELAY: on Linux a connection begins with that of its listener.
    nodelay: bool,
    /// The address that they come in on; `None` if it differs from one to the other.
    local: Option<SocketAddr>,
}

impl Inherited {
    fn of(listener: &TcpListener) -> Inherited {
        let local = listener.local_addr().ok();
        Inherited {
            nodelay: cfg!(target_os = "linux") && SockRef::from(listener).tcp_nodelay().unwrap_or(false),
            local: local.filter(|address| !address.ip().is_unspecified()),
        }
    }
}

fn admit(stream: TcpStream, peer: SocketAddr, inherited: Inherited, worker: &Rc<Worker>) {
    let site = worker.site();
    let id = worker.shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
    let local = inherited.local.or_else(|| stream.local_addr().ok()).unwrap_or(peer);
    let nodelay = site.profile.writes.nodelay;
    if nodelay != inherited.nodelay
        && let Err(error) = stream.set_nodelay(nodelay)
    {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    let open = OpenCount::new(worker, site.profile.connection.max_connections);
    let driver = Box::new(Driver::new(
        stream,
        Rc::new(ConnectionMeta::new(id, peer, local)),
        Rc::clone(worker),
    ));
    tokio::task::spawn_local(async move {
        driver::drive(driver, open.entry).await;
        drop(open);
    });
}

/// Counts a connection until it is dropped, however its task ends.
struct OpenCount {
    worker: Rc<Worker>,
    entry: Entry,
}

impl OpenCount {
    /// Counts one more. It is admitted if fewer than `most` are; what is refused takes nobody's place while it is told so.
    fn new(worker: &Rc<Worker>, most: Option<u64>) -> OpenCount {
        worker.open.set(worker.open.get() + 1);
        let one_more = |open: u64| most.is_none_or(|most| open < most).then_some(open + 1);
        let admitted = worker
            .admitted_everywhere
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        OpenCount {
            worker: Rc::clone(worker),
            entry: match admitted {
                Ok(_) => Entry::Admitted,
                Err(_) => Entry::Refused,
            },
        }
    }
}

impl Drop for OpenCount {
    fn drop(&mut self) {
        self.worker.open.set(self.worker.open.get() - 1);
        if matches!(self.entry, Entry::Admitted) {
            self.worker.admitted_everywhere.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
