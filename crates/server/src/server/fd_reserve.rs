//! The reserve of file descriptors for files that are being served.
//!
//! A served connection needs one more descriptor for each open file that it sends. Connections therefore may use only a
//! part of the process's limit. This module counts descriptors; the listener decides what happens when they run out.

use crate::sys;
use std::time::Duration;

/// How often to check whether a descriptor has become free.
pub(super) const RECHECK: Duration = Duration::from_millis(50);

/// The part of the descriptor limit that connections may use.
#[derive(Clone, Copy, Debug)]
pub struct FdReserve {
    /// The process's limit of descriptors; `None` if it has none.
    limit: Option<u64>,
    /// The lowest descriptor number that belongs to the reserve.
    starts_at: u64,
}

impl FdReserve {
    /// The reserve of this process, from its current limit (RLIMIT_NOFILE).
    pub fn of_process() -> Self {
        Self::within(sys::file_limit())
    }

    /// The reserve of a process with this limit of descriptors.
    pub fn within(limit: Option<u64>) -> Self {
        Self {
            limit,
            starts_at: limit.map_or(u64::MAX, |limit| limit - (limit / 8).min(64)),
        }
    }

    /// The process's limit of descriptors; `None` if it has none.
    pub fn limit(self) -> Option<u64> {
        self.limit
    }

    /// How many descriptors are kept for files.
    pub fn size(self) -> u64 {
        self.limit.map_or(0, |limit| limit - self.starts_at)
    }

    /// Whether `newest`, the descriptor that was allocated last, has reached the reserve.
    pub fn is_reached_by(self, newest: &impl sys::Descriptor) -> bool {
        // The system allocates the lowest free number, so all lower numbers are in use.
        sys::number(newest) >= self.starts_at
    }

    /// Whether a descriptor below the reserve is free. `any` is any open descriptor.
    pub(super) fn leaves_room(self, any: &impl sys::Descriptor) -> bool {
        sys::lowest_free(any).is_some_and(|number| number < self.starts_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_an_eighth_of_the_limit_and_at_most_64() {
        for (limit, starts_at) in [
            (Some(64), 56),
            (Some(1024), 960),
            (Some(20_000), 19_936),
            (None, u64::MAX),
        ] {
            assert_eq!(FdReserve::within(limit).starts_at, starts_at, "{limit:?}");
        }
    }

    #[test]
    fn descriptors_from_the_reserve_on_are_not_for_connections() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
        let (everything, nothing) = (FdReserve::within(Some(0)), FdReserve::within(None));
        assert!(!everything.leaves_room(&listener) && everything.is_reached_by(&listener));
        assert!(nothing.leaves_room(&listener) && !nothing.is_reached_by(&listener));
    }
}
