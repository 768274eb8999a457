//! Whose events they are: a connection's number and addresses, and where it stood when it was heard of last.

use super::Event;
use labserve_core::connection::State;
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
    latest: Cell<Latest>,
    /// The fields that are the same in each of its lines, once they have been needed.
    pub(super) fields: OnceCell<Box<str>>,
}

/// How many bytes have gone each way since the connection was accepted, as the server's own reads and writes count them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the client.
    pub received: u64,
    /// To the client.
    pub sent: u64,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Its state.
    pub state: State,
    /// How many requests have been begun on it.
    pub requests: u64,
    /// What has gone each way.
    pub traffic: Traffic,
}

impl ConnectionMeta {
    /// The meta of a connection that is accepted now.
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

    /// Where it stood at its last event.
    pub fn latest(&self) -> Latest {
        self.latest.get()
    }

    /// Remembers where an event leaves it.
    pub(super) fn note(&self, traffic: Traffic, event: &Event<'_>) {
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
        meta.note(traffic, &Event::Idle { ends_after: None });
        assert_eq!((meta.latest().state, meta.latest().traffic), (State::Idle, traffic));
    }
}
