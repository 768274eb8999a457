//! The time in lines of the event log.

use labserve_core::http1::date;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Wall-clock time for lines at the cost of the monotonic clock: the wall clock is read only once a second.
#[derive(Debug)]
pub(super) struct LineClock {
    /// When the wall clock was read.
    read: Instant,
    /// The time of the wall clock at `read`, since 1970.
    wall: Duration,
    /// The second shown by `text`.
    second: u64,
    /// The time in the form `2026-11-25T21:55:12.123456789Z`.
    text: [u8; 30],
}

impl LineClock {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            read: now,
            wall: wall(),
            second: u64::MAX,
            text: *b"1970-01-01T00:00:00.000000000Z",
        }
    }

    /// The wall-clock time at `now`, in RFC 3339 with nanoseconds.
    pub(super) fn read(&mut self, now: Instant) -> &[u8] {
        if now.saturating_duration_since(self.read) > Duration::from_secs(1) {
            (self.read, self.wall) = (now, wall());
        }
        let time = self.wall + now.saturating_duration_since(self.read);
        if time.as_secs() != self.second {
            self.second = time.as_secs();
            let mut text = [0; 19];
            date::write_rfc3339(i64::try_from(self.second).unwrap_or(i64::MAX), &mut text);
            self.text[..19].copy_from_slice(&text);
        }
        let mut nanos = time.subsec_nanos();
        for digit in self.text[20..29].iter_mut().rev() {
            *digit = b'0' + (nanos % 10) as u8;
            nanos /= 10;
        }
        &self.text
    }
}

fn wall() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_nanoseconds() {
        let begun = Instant::now();
        let mut clock = LineClock::new(begun);
        clock.wall = Duration::new(1_700_000_000, 999_999_999);
        assert_eq!(clock.read(begun), b"2023-11-14T22:13:20.999999999Z");
        let next = begun + Duration::from_nanos(2);
        assert_eq!(clock.read(next), b"2023-11-14T22:13:21.000000001Z");
    }
}
