//! The connection that events belong to: its number, its addresses, and its state at the last event.

use super::Event;
use labserve_core::connection::State;
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
    latest: Cell<Latest>,
    /// The fields that are the same in each of its lines, rendered when first needed.
    pub(super) fields: OnceCell<Box<str>>,
}

/// The number of bytes in each direction since the connection was accepted, as counted by the server's reads and
/// writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the client.
    pub received: u64,
    /// To the client.
    pub sent: u64,
}

/// The state of a connection at its last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The state.
    pub state: State,
    /// The number of requests that were begun on it.
    pub requests: u64,
    /// The bytes in each direction.
    pub traffic: Traffic,
}

impl ConnectionMeta {
    /// A connection that is accepted now.
    pub fn new(id: u64, peer: SocketAddr, local: SocketAddr) -> ConnectionMeta {
        ConnectionMeta {
            id,
            peer,
            local,
            accepted: Instant::now(),
            latest: Cell::new(Latest {
                state: State::Unused,
                requests: 0,
                traffic: Traffic::default(),
            }),
            fields: OnceCell::new(),
        }
    }

    /// Its state at the last event.
    pub fn latest(&self) -> Latest {
        self.latest.get()
    }

    /// Records the state after an event.
    pub(super) fn record(&self, traffic: Traffic, event: &Event<'_>) {
        let mut latest = self.latest.get();
        latest.traffic = traffic;
        match event {
            Event::Head(head) => (latest.state, latest.requests) = (State::Exchange, head.request),
            Event::Idle { .. } => latest.state = State::Idle,
            Event::Close(_) | Event::End { .. } => latest.state = State::Closing,
            _ => {}
        }
        self.latest.set(latest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_remembers_where_it_stands() {
        let address = SocketAddr::from(([127, 0, 0, 1], 40_000));
        let meta = ConnectionMeta::new(1, address, address);
        assert_eq!(meta.latest().state, State::Unused);
        let traffic = Traffic { received: 5, sent: 6 };
        meta.record(traffic, &Event::Idle { ends_after: None });
        assert_eq!((meta.latest().state, meta.latest().traffic), (State::Idle, traffic));
    }
}
