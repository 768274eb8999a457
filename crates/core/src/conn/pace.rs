//! How fast a client must accept a response.

use crate::profile::WritePolicy;
use std::time::Duration;

/// The pace at which a client accepts one response.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    send_timeout: Option<Duration>,
    /// The minimum rate in bytes per second, and how long a client may stay below it.
    rate: Option<(u64, Duration)>,
    /// When the client first made the server wait, and how many bytes had been sent by then.
    begun: Option<(Duration, u64)>,
}

impl Pace {
    /// The pace that a profile requires.
    pub fn of(policy: &WritePolicy) -> Self {
        Self {
            send_timeout: policy.send_timeout,
            rate: policy.min_rate.map(|rate| (rate, policy.min_rate_after)),
            begun: None,
        }
    }

    /// When the socket must accept more bytes, if it accepts none at `now` and `sent` bytes have been sent.
    pub fn deadline(&mut self, now: Duration, sent: u64) -> Option<Duration> {
        let (begun, before) = *self.begun.get_or_insert((now, sent));
        let send_timeout = self.send_timeout.and_then(|time| now.checked_add(time));
        let slow = self.rate.and_then(|(rate, after)| {
            let earned = Duration::from_secs_f64((sent - before) as f64 / rate as f64);
            begun.checked_add(after)?.checked_add(earned)
        });
        [send_timeout, slow].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn pace(send_timeout: Option<Duration>, rate: Option<(u64, Duration)>) -> Pace {
        Pace {
            send_timeout,
            rate,
            begun: None,
        }
    }

    #[test]
    fn a_client_that_takes_nothing_has_the_same_time_after_each_byte() {
        let mut pace = pace(Some(S(60)), None);
        assert_eq!(pace.deadline(S(0), 1000), Some(S(60)));
        assert_eq!(pace.deadline(S(59), 1001), Some(S(119)));
    }

    #[test]
    fn bytes_that_are_taken_earn_time_from_the_first_wait_on() {
        let mut pace = pace(None, Some((240, S(5))));
        assert_eq!(pace.deadline(S(0), 9_000), Some(S(5)));
        assert_eq!(pace.deadline(S(4), 9_240), Some(S(6)));
        assert_eq!(pace.deadline(S(4), 9_000 + 2400), Some(S(15)));
    }

    #[test]
    fn the_earlier_of_both_counts_and_without_either_there_is_none() {
        assert_eq!(pace(Some(S(3)), Some((1, S(5)))).deadline(S(0), 0), Some(S(3)));
        assert_eq!(pace(None, None).deadline(S(0), 0), None);
    }
}
