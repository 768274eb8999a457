//! The seats of the timeline's connections: how many there may be, and which one loses its seat to a new connection.
//!
//! Any program on this machine can connect to the timeline without a token. Each connection of the timeline needs a
//! descriptor, as served connections do. Without a limit, idle connections here would keep clients from the served
//! ports.

use labserve_server::server::FdReserve;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The most connections of the timeline. Its event streams are limited to half as many (`stream::READERS`).
const MOST: u64 = 128;

/// How long a new connection may take to send its first request before it becomes the first to lose its seat. A browser
/// opens several connections at once: without this time, each of them would take the seat of the one before. New
/// connections have this time while they hold at most half of the seats. A client that opens more at once is not a
/// browser, and must not take the seats of clients that have sent requests.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// How many connections the timeline may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeatLimits {
    /// The limit while the process has descriptors to spare.
    most: usize,
    /// The limit while served connections wait for a descriptor: a quarter of the reserve, so that the page can still
    /// be read and files can still be opened.
    in_reserve: usize,
}

impl SeatLimits {
    /// The limits of this process, from its limit of descriptors.
    pub(super) fn of(reserve: FdReserve) -> Self {
        let Some(limit) = reserve.limit() else {
            return Self {
                most: MOST as usize,
                in_reserve: MOST as usize,
            };
        };
        let at_least_one = |number: u64| usize::try_from(number.max(1)).unwrap_or(1);
        Self {
            most: at_least_one(MOST.min(limit / 8)),
            in_reserve: at_least_one(reserve.size() / 4),
        }
    }

    pub(super) fn in_force(self, reserve_is_reached: bool) -> usize {
        if reserve_is_reached { self.in_reserve } else { self.most }
    }
}

/// The activity of a connection. The order is that in which connections lose their seats: first those that should have
/// sent a request by now, then the one that has been idle longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// It has sent a request.
    has_asked: bool,
    latest: Instant,
    accepted: Instant,
}

impl Rank {
    /// Whether it has sent no request, and the time for its first one has not passed.
    fn is_new(self, now: Instant) -> bool {
        !self.has_asked && now < self.accepted + FIRST_REQUEST
    }
}

/// The index in `ranks` of the connection that loses its seat, if there are `limit` seats.
fn loser(ranks: &[Rank], limit: usize, now: Instant) -> Option<usize> {
    let new = ranks.iter().filter(|rank| rank.is_new(now)).count();
    let new_may_wait = 2 * new <= limit;
    (0..ranks.len()).min_by_key(|&at| {
        let rank = ranks[at];
        let has_asked = rank.has_asked || new_may_wait && rank.is_new(now);
        Rank { has_asked, ..rank }
    })
}

/// The activity of one connection, shared between its seat and its task.
#[derive(Clone, Debug)]
pub(super) struct Activity(Arc<Mutex<Rank>>);

impl Activity {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(Rank {
            has_asked: false,
            latest: now,
            accepted: now,
        })))
    }

    /// Records that bytes went through the connection.
    pub(super) fn transferred(&self) {
        self.change(|rank| rank.latest = Instant::now());
    }

    /// Records that a request head was read.
    pub(super) fn asked(&self) {
        self.change(|rank| rank.has_asked = true);
    }

    fn change(&self, change: impl FnOnce(&mut Rank)) {
        // Nothing panics while it holds this lock.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn rank(&self) -> Rank {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that has a seat.
#[derive(Debug)]
struct Seat {
    activity: Activity,
    task: JoinHandle<()>,
}

/// All seats that are taken.
#[derive(Debug, Default)]
pub(super) struct Seats(Vec<Seat>);

impl Seats {
    /// Closes connections until fewer than `limit` are open: first those that have sent no request in
    /// [`FIRST_REQUEST`], then those that have been idle for longest. Returns when their descriptors are free.
    pub(super) async fn make_room(&mut self, limit: usize) {
        self.0.retain(|seat| !seat.task.is_finished());
        while self.0.len() >= limit.max(1) {
            let ranks: Vec<Rank> = self.0.iter().map(|seat| seat.activity.rank()).collect();
            let Some(loser) = loser(&ranks, limit, Instant::now()) else {
                return;
            };
            let Seat { task, .. } = self.0.swap_remove(loser);
            task.abort();
            // An aborted task returns an error. Only its end matters.
            let _ = task.await;
        }
    }

    /// Gives a connection a seat, until its task ends.
    pub(super) fn take(&mut self, activity: Activity, task: JoinHandle<()>) {
        self.0.push(Seat { activity, task });
    }
}

impl Drop for Seats {
    fn drop(&mut self) {
        self.0.iter().for_each(|seat| seat.task.abort());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_an_eighth_of_the_descriptors_and_at_most_128() {
        for (limit, most, in_reserve) in [
            (None, 128, 128),
            (Some(4), 1, 1),
            (Some(64), 8, 2),
            (Some(1024), 128, 16),
            (Some(1 << 20), 128, 16),
        ] {
            let limits = SeatLimits::of(FdReserve::within(limit));
            assert_eq!(limits, SeatLimits { most, in_reserve }, "{limit:?}");
            assert_eq!((limits.in_force(false), limits.in_force(true)), (most, in_reserve));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_asked_loses_the_seat_first_and_then_who_is_idle_for_longest() {
        let activities: Vec<Activity> = (0..4).map(|_| Activity::new()).collect();
        let mut seats = Seats::default();
        for activity in &activities {
            seats.take(activity.clone(), tokio::spawn(std::future::pending()));
        }
        let after = async |seconds: u64| tokio::time::advance(Duration::from_secs(seconds)).await;
        activities[0].asked();
        after(1).await;
        activities[1].asked();
        activities[1].transferred();
        after(1).await;
        activities[3].transferred();
        after(1).await;
        // First the two without a request, the idle one before the other; then the two that sent one.
        for loser in [2, 3, 0, 1] {
            let taken = seats.0.len();
            seats.make_room(taken).await;
            assert_eq!(seats.0.len(), taken - 1);
            let gone = |at: usize| Arc::strong_count(&activities[at].0) == 1;
            assert!(gone(loser), "{loser}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_has_time_for_its_first_request() {
        let idle = Activity::new();
        idle.asked();
        tokio::time::advance(2 * FIRST_REQUEST).await;
        let new = Activity::new();
        let ranks = |new: usize| [vec![idle.rank(); 4 - new], vec![Activity::new().rank(); new]].concat();
        let now = Instant::now();
        assert_eq!(
            loser(&ranks(2), 4, now),
            Some(0),
            "the idle one, for new ones hold half of the seats"
        );
        assert_eq!(
            loser(&ranks(3), 4, now),
            Some(1),
            "the first new one, for they hold more"
        );
        let later = now + FIRST_REQUEST;
        assert_eq!(
            loser(&[idle.rank(), new.rank()], 4, later),
            Some(1),
            "it has sent nothing in its time"
        );
    }
}
