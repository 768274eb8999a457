//! The connection that events belong to: its number, its addresses, and its state at the last event.

use labserve_core::conn::{Standing, State, Traffic};
use std::cell::{Cell, OnceCell};
use std::net::SocketAddr;
use tokio::time::Instant;

/// The connection that events belong to.
#[derive(Debug)]
pub struct ConnectionMeta {
    /// The number of the connection since the program started.
    pub id: u64,
    /// The address of the client.
    pub peer: SocketAddr,
    /// The local address of the connection.
    pub local: SocketAddr,
    /// When it was accepted.
    pub accepted: Instant,
    /// Its state at the last event.
    latest: Cell<Standing>,
    /// The fields that are the same in all of its lines, rendered when first needed.
    pub(super) fields: OnceCell<Box<str>>,
}

impl ConnectionMeta {
    /// A connection that has just been accepted.
    pub fn new(id: u64, peer: SocketAddr, local: SocketAddr) -> Self {
        Self {
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

    /// Its state at the last event.
    pub fn latest(&self) -> Standing {
        self.latest.get()
    }

    /// Records the state at an event.
    pub(super) fn record(&self, standing: Standing) {
        self.latest.set(standing);
    }
}
