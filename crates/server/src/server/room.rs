//! Whether there are descriptors for another connection. Some are kept back: a connection that is served needs one more
//! for each file that it is sent.
//!
//! Knows how descriptors are numbered; what becomes of connections is the listener's.

use crate::sys;
use std::time::Duration;

/// How often it is looked whether others have left.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// How many descriptors connections may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// A descriptor of this number or above is one of those that are kept back.
    connections: u64,
}

impl Room {
    /// The room that this process has.
    pub(super) fn of_process() -> Room {
        Room::within(sys::file_limit())
    }

    fn within(limit: Option<u64>) -> Room {
        Room {
            connections: limit.map_or(u64::MAX, |limit| limit - (limit / 8).min(64)),
        }
    }

    /// Whether none is left for a further connection, now that the last was accepted with this descriptor.
    pub(super) fn is_filled_by(self, stream: &impl sys::Descriptor) -> bool {
        // A new descriptor has the lowest number that is free, so that all below are in use.
        sys::number(stream) >= self.connections
    }

    /// Whether there is some; `any` is any descriptor.
    pub(super) fn is_left(self, any: &impl sys::Descriptor) -> bool {
        sys::lowest_free(any).is_some_and(|number| number < self.connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighth_is_kept_back_but_not_more_than_is_needed() {
        for (limit, connections) in [
            (Some(64), 56),
            (Some(1024), 960),
            (Some(20_000), 19_936),
            (None, u64::MAX),
        ] {
            assert_eq!(Room::within(limit).connections, connections, "{limit:?}");
        }
    }

    #[test]
    fn there_is_none_behind_the_last_number() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
        let (none, enough) = (Room { connections: 0 }, Room::within(None));
        assert!(!none.is_left(&listener) && none.is_filled_by(&listener));
        assert!(enough.is_left(&listener) && !enough.is_filled_by(&listener));
    }
}
