//! How a server is recorded.

use super::Preflight;
use crate::case::Case;
use crate::client::Bounds;
use std::time::Duration;

/// How to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many of the fast cases are asked at once, at least 1.
    pub at_once: usize,
    /// Whether limits and other things are measured beside the cases ([`crate::measure`]).
    pub measures: bool,
    /// Whether cases that wait for timers are asked, too: they take up to 146 s, side by side.
    pub slow: bool,
    /// What each response may take.
    pub bounds: Bounds,
    /// How many bytes all responses together may have: they are kept until the end.
    pub most_bytes: usize,
    /// How long it may take. `None`: several times as long as the cases should.
    pub most_time: Option<Duration>,
    /// How many connections may be opened in a second. `None`: as many as come about.
    pub per_second: Option<u32>,
}

impl Default for Options {
    /// 48 at once, slow cases and measures too, at most 256 MiB.
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
    /// How long a recording may take. If it is not set: four times as long as each wait may last, and five minutes.
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
