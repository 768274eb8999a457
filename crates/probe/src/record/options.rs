//! How a server is recorded.

use super::Preflight;
use crate::case::Case;
use crate::client::Bounds;
use std::time::Duration;

/// How to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many of the fast cases are sent at a time, at least 1.
    pub at_once: usize,
    /// Whether limits and other measures are taken in addition to the cases ([`crate::measure`]).
    pub measures: bool,
    /// Whether cases that wait for timers are sent too. They take up to 146 s and run in parallel.
    pub slow: bool,
    /// The limits of each response.
    pub bounds: Bounds,
    /// The maximum number of bytes of all answers together, which are kept until the end.
    pub most_bytes: usize,
    /// The maximum duration. `None`: several times the expected duration of the cases.
    pub most_time: Option<Duration>,
    /// How many connections may be opened per second. `None`: no limit.
    pub per_second: Option<u32>,
}

impl Default for Options {
    /// 48 at a time, including slow cases and measures, at most 256 MiB.
    fn default() -> Self {
        Self {
            at_once: 48,
            measures: true,
            slow: true,
            bounds: Bounds::default(),
            most_bytes: 256 << 20,
            most_time: None,
            per_second: None,
        }
    }
}

impl Options {
    /// The maximum duration. If it is not set: four times the maximum of all waits, plus five minutes, plus twice the
    /// time that the pace needs.
    pub(super) fn longest(&self, cases: &[Case], preflight: &Preflight) -> Duration {
        if let Some(time) = self.most_time {
            return time;
        }
        let waits = |slow: bool| cases.iter().filter(move |case| case.slow == slow).map(Case::patience);
        let fast: Duration = waits(false).sum();
        let (fast, slow) = if preflight.one_at_a_time {
            (fast, waits(true).sum())
        } else {
            let at_once = u32::try_from(self.at_once.max(1)).unwrap_or(u32::MAX);
            (fast / at_once, waits(true).max().unwrap_or_default())
        };
        let rate = self.per_second.map(|rate| u64::from(rate.max(1)));
        let paced = rate.map_or(0, |rate| 2 * cases.len() as u64 / rate);
        4 * (2 * fast + 2 * slow) + Duration::from_secs(300 + 2 * paced)
    }
}
