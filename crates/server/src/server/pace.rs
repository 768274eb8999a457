//! How fast a client must take a reply. Waits for the socket to take more, and gives up on a client that takes too little.

use labserve_core::profile::WritePolicy;
use std::io::{self, ErrorKind};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// The pace of one reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    stalled: Option<Duration>,
    /// Bytes a second, and for how long a client may stay below.
    rate: Option<(u64, Duration)>,
    /// When the client first kept the reply waiting, and how many bytes had been sent by then.
    begun: Option<(Instant, u64)>,
}

impl Pace {
    /// The pace that the policy asks for.
    pub(super) fn of(policy: &WritePolicy) -> Pace {
        Pace {
            stalled: policy.send_timeout,
            rate: policy.min_rate.map(|rate| (rate, policy.min_rate_after)),
            begun: None,
        }
    }

    /// Waits until the socket takes more; `sent` bytes have been sent by now.
    ///
    /// # Errors
    /// `TimedOut` (without a number of the system's) if the client takes too little; the socket's own.
    pub(super) async fn writable(&mut self, stream: &TcpStream, sent: u64) -> io::Result<()> {
        match self.deadline(Instant::now(), sent) {
            None => stream.writable().await,
            // On the heap: most replies never wait, and each would hold the room for it.
            Some(deadline) => match Box::pin(timeout_at(deadline, stream.writable())).await {
                Ok(done) => done,
                Err(_) => Err(ErrorKind::TimedOut.into()),
            },
        }
    }

    /// Until when the socket must take more, if at `now` it takes nothing and `sent` bytes have been sent.
    fn deadline(&mut self, now: Instant, sent: u64) -> Option<Instant> {
        let (begun, before) = *self.begun.get_or_insert((now, sent));
        let stalled = self.stalled.and_then(|time| now.checked_add(time));
        let slow = self.rate.and_then(|(rate, after)| {
            let earned = Duration::from_secs_f64((sent - before) as f64 / rate as f64);
            begun.checked_add(after)?.checked_add(earned)
        });
        [stalled, slow].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn pace(stalled: Option<Duration>, rate: Option<(u64, Duration)>) -> Pace {
        Pace {
            stalled,
            rate,
            begun: None,
        }
    }

    #[test]
    fn a_client_that_takes_nothing_has_so_long_each_time() {
        let (mut pace, now) = (pace(Some(S(60)), None), Instant::now());
        assert_eq!(pace.deadline(now, 1000), Some(now + S(60)));
        assert_eq!(pace.deadline(now + S(59), 1001), Some(now + S(119)));
    }

    #[test]
    fn bytes_that_are_taken_earn_time_from_the_first_wait_on() {
        let (mut pace, now) = (pace(None, Some((240, S(5)))), Instant::now());
        assert_eq!(pace.deadline(now, 9_000), Some(now + S(5)));
        assert_eq!(pace.deadline(now + S(4), 9_240), Some(now + S(6)));
        assert_eq!(pace.deadline(now + S(4), 9_000 + 2400), Some(now + S(15)));
    }

    #[test]
    fn the_earlier_of_both_counts_and_without_either_there_is_none() {
        let now = Instant::now();
        assert_eq!(pace(Some(S(3)), Some((1, S(5)))).deadline(now, 0), Some(now + S(3)));
        assert_eq!(pace(None, None).deadline(now, 0), None);
    }
}
