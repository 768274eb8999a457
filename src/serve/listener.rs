//! Accepts connections, and starts or refuses them.

use super::driver;
use super::worker::Worker;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// Accepts connections until it is aborted.
pub(super) async fn accept(listener: TcpListener, worker: Rc<Worker>) {
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
    let site = worker.site();
    let id = worker.shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
    if site.profile.writes.nodelay
        && let Err(error) = stream.set_nodelay(true)
    {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    let open = OpenCount::new(worker);
    let most = site.profile.connection.max_connections;
    let entry = if most.is_some_and(|most| open.number > most) {
        driver::Entry::Refused
    } else {
        driver::Entry::Admitted
    };
    let worker = Rc::clone(worker);
    tokio::task::spawn_local(async move {
        driver::drive(stream, peer, id, worker, entry).await;
        drop(open);
    });
}

/// Counts a connection until it is dropped, however its task ends.
struct OpenCount {
    worker: Rc<Worker>,
    /// How many are open, this one included.
    number: u64,
}

impl OpenCount {
    fn new(worker: &Rc<Worker>) -> OpenCount {
        worker.open.set(worker.open.get() + 1);
        OpenCount {
            number: worker.open_everywhere.fetch_add(1, Ordering::Relaxed) + 1,
            worker: Rc::clone(worker),
        }
    }
}

impl Drop for OpenCount {
    fn drop(&mut self) {
        self.worker.open.set(self.worker.open.get() - 1);
        self.worker.open_everywhere.fetch_sub(1, Ordering::Relaxed);
    }
}
