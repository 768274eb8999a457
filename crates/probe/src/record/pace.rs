//! A limit on how many connections are opened per second.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// When the next connection may be opened.
pub(super) struct Pace {
    /// The time between two; zero for no limit.
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    /// A pace of at most this number per second.
    pub(super) fn new(per_second: Option<u32>) -> Self {
        Self {
            interval: per_second.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1)),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for a turn. Each waiting thread gets a separate turn.
    pub(super) fn wait(&self) {
        if self.interval.is_zero() {
            return;
        }
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = (*next).max(Instant::now());
            *next = turn + self.interval;
            turn
        };
        thread::sleep(turn.saturating_duration_since(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_apart() {
        let begun = Instant::now();
        let pace = Pace::new(Some(100));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..2).for_each(|_| pace.wait()));
            }
        });
        assert!(
            begun.elapsed() >= Duration::from_millis(50),
            "six turns have five pauses"
        );
    }
}
