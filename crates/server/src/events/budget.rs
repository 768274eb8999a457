//! How many lines a live tape takes: a bucket that fills with time, and faster while somebody watches.
//!
//! A line more than the bucket holds is not even rendered, so at full rate the tape costs what its budget allows, whatever
//! the rate is.

use super::live::Watchers;
use std::cell::Cell;
use tokio::time::Instant;

/// How fast a bucket fills, and how much it holds: lines, or KiB of them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    per_second: f64,
    holds: f64,
}

/// Nobody watches: enough for a page that is opened a little later, and too little to be felt.
const UNWATCHED: Rate = Rate {
    per_second: 100.0,
    holds: 600.0,
};

/// Somebody watches: a thousand exchanges a second, in full.
const WATCHED: Rate = Rate {
    per_second: 5000.0,
    holds: 5000.0,
};

/// What a line of an exchange must leave for the lines of connections, without which a picture has no lanes.
const RESERVE: f64 = 100.0;

/// What a tape still takes.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<f64>,
    filled: Cell<Instant>,
    watchers: Watchers,
}

impl Budget {
    pub(super) fn new(watchers: Watchers) -> Budget {
        Budget {
            left: Cell::new(UNWATCHED.holds),
            filled: Cell::new(Instant::now()),
            watchers,
        }
    }

    /// Fills the bucket with what has come since the last time.
    pub(super) fn fill(&self, now: Instant) {
        let rate = if self.watchers.any() { WATCHED } else { UNWATCHED };
        let passed = now.saturating_duration_since(self.filled.replace(now));
        self.left
            .set((self.left.get() + passed.as_secs_f64() * rate.per_second).min(rate.holds));
    }

    /// Whether there is room for a line of an exchange.
    pub(super) fn has_room(&self) -> bool {
        self.left.get() > RESERVE
    }

    /// Whether there is room for a line of a connection.
    pub(super) fn has_reserve(&self) -> bool {
        self.left.get() > 0.0
    }

    /// A line of so many bytes has been written.
    pub(super) fn spend(&self, bytes: usize) {
        self.left.set(self.left.get() - 1.0 - bytes as f64 / 1024.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// How many lines of `bytes` a second of calm followed by a flood lets through.
    fn taken(budget: &Budget, bytes: usize, room: fn(&Budget) -> bool) -> usize {
        let mut lines = 0;
        while room(budget) {
            budget.spend(bytes);
            lines += 1;
        }
        lines
    }

    #[test]
    fn a_flood_gets_what_the_bucket_holds_and_then_its_rate() {
        let watchers = Watchers::default();
        let budget = Budget::new(watchers.clone());
        assert_eq!(taken(&budget, 0, Budget::has_room), 500);
        assert_eq!(taken(&budget, 0, Budget::has_reserve), 100);
        let mut now = Instant::now();
        for (watched, lines) in [(false, 100), (true, 5000)] {
            let _watching = watched.then(|| watchers.watch());
            now += Duration::from_secs(1);
            budget.fill(now);
            assert!(taken(&budget, 0, Budget::has_reserve).abs_diff(lines) <= 1, "{watched}");
        }
        let _watching = watchers.watch();
        budget.fill(now + Duration::from_secs(60));
        assert_eq!(taken(&budget, 4096, Budget::has_reserve), 1000);
    }
}
