//! How many lines the live stream accepts: a token bucket that fills faster while a client watches.
//!
//! A line beyond the bucket's capacity is not even rendered. At full rate, the live stream therefore costs what its
//! budget allows, independently of the rate.

use super::live::Watchers;
use std::cell::Cell;
use tokio::time::Instant;

/// How fast the bucket fills and how much it holds. The unit is one line, or 1 KiB of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    per_second: f64,
    holds: f64,
}

/// Without watchers: enough lines for a page that is opened a little later, at a negligible cost.
const UNWATCHED: Rate = Rate {
    per_second: 100.0,
    holds: 600.0,
};

/// With watchers: a thousand complete exchanges per second.
const WATCHED: Rate = Rate {
    per_second: 5000.0,
    holds: 5000.0,
};

/// The budget that lines of exchanges leave for lines of connections. Without the latter, the page cannot draw its
/// lanes.
const RESERVE: f64 = 100.0;

/// The budget of a live stream.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<f64>,
    filled: Cell<Instant>,
    watchers: Watchers,
}

impl Budget {
    pub(super) fn new(watchers: Watchers) -> Self {
        Self {
            left: Cell::new(UNWATCHED.holds),
            filled: Cell::new(Instant::now()),
            watchers,
        }
    }

    /// Adds the tokens since the last call.
    pub(super) fn fill(&self, now: Instant) {
        let rate = if self.watchers.any() { WATCHED } else { UNWATCHED };
        let passed = now.saturating_duration_since(self.filled.replace(now));
        self.left
            .set((self.left.get() + passed.as_secs_f64() * rate.per_second).min(rate.holds));
    }

    /// Whether there is budget for a line of an exchange.
    pub(super) fn has_room(&self) -> bool {
        self.left.get() > RESERVE
    }

    /// Whether there is budget for a line of a connection.
    pub(super) fn has_reserve(&self) -> bool {
        self.left.get() > 0.0
    }

    /// Takes the tokens of a line with this number of bytes.
    pub(super) fn spend(&self, bytes: usize) {
        self.left.set(self.left.get() - 1.0 - bytes as f64 / 1024.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// How many lines of `bytes` the bucket lets through until it is empty.
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
