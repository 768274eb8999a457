//! Whose events they are: a connection's number and addresses, and where it stood when it was heard of last.

use labserve_core::conn::{Standing, State, Traffic};
use std::cell::{Cell, OnceCell};
use std::net::SocketAddr;
use tokio::time::Instant;

/// Whose events they are.
#[derive(Debug)]
pub struct ConnectionMeta {
    /// The connection's number since the program started.
    pub id: u64,
    /// The client.
    pub peer: SocketAddr,
    /// The address that it came in on.
    pub local: SocketAddr,
    /// When it was accepted.
    pub accepted: Instant,
    /// Where it stood at its last event.
    latest: Cell<Standing>,
    /// The fields that are the same in each of its lines, once they have been needed.
    pub(super) fields: OnceCell<Box<str>>,
}

impl ConnectionMeta {
    /// The meta of a connection that is accepted now.
    pub fn new(id: u64, peer: SocketAddr, local: SocketAddr) -> ConnectionMeta {
        ConnectionMeta {
            id,
            peer,
            local,
            accepted: Instant::now(),
            latest: Cell::new(Standing {
                state: State::Unused,
                requests: 0,
                traffic: Traffic::default(),
            }),
            fields: OnceCell::new(),
        }
    }

    /// Where it stood at its last event.
    pub fn latest(&self) -> Standing {
        self.latest.get()
    }

    /// Remembers where the connection stands at an event.
    pub(super) fn note(&self, standing: Standing) {
        self.latest.set(standing);
    }
}
