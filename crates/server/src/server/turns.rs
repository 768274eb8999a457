//! Limits how many connections of a server are served at once, for profiles that have such a limit.
//!
//! A turn is the right to serve one connection. The turns of all worker threads are counted together.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Counts the connections of one server that are being served.
#[derive(Debug, Default)]
pub(super) struct Turns {
    taken: AtomicU64,
    /// Notified whenever a turn ends.
    ended: Notify,
}

impl Turns {
    /// Waits until fewer than `limit` connections are served, and counts one more.
    pub(super) async fn next(&self, limit: u64) -> Turn<'_> {
        let mut waited = false;
        loop {
            let one_more = |taken: u64| (taken < limit).then_some(taken + 1);
            // Created before the count is read, so that a turn that ends in between is not missed.
            let ended = self.ended.notified();
            if self
                .taken
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
                .is_ok()
            {
                return Turn {
                    turns: Some(self),
                    waited,
                };
            }
            waited = true;
            ended.await;
        }
    }

    /// Ends a turn that was [`kept`](Turn::keep).
    pub(super) fn end(&self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
        // At most one task per worker thread waits. If the notified task is aborted, tokio notifies the next one.
        self.ended.notify_one();
    }
}

/// The right to serve one connection. It ends when this is dropped, unless it is kept.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    /// Where the turn is counted; `None` if it is kept.
    turns: Option<&'t Turns>,
    /// Whether a connection had to end first.
    pub(super) waited: bool,
}

impl Turn<'_> {
    /// Keeps the turn until [`Turns::end`].
    pub(super) fn keep(mut self) {
        self.turns = None;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(turns) = self.turns {
            turns.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn a_turn_is_waited_for_until_another_ends() {
        let mut cx = Context::from_waker(Waker::noop());
        let turns = Turns::default();
        let mut first = pin!(turns.next(2));
        let mut second = pin!(turns.next(2));
        let (Poll::Ready(first), Poll::Ready(second)) = (first.as_mut().poll(&mut cx), second.as_mut().poll(&mut cx))
        else {
            panic!("two are served at once")
        };
        assert!(!first.waited && !second.waited);
        let mut third = pin!(turns.next(2));
        assert!(third.as_mut().poll(&mut cx).is_pending());
        first.keep();
        assert!(third.as_mut().poll(&mut cx).is_pending(), "a kept turn goes on");
        turns.end();
        let Poll::Ready(third) = third.as_mut().poll(&mut cx) else {
            panic!("a turn has ended")
        };
        assert!(third.waited);
        drop((second, third));
        assert!(matches!(pin!(turns.next(1)).poll(&mut cx), Poll::Ready(turn) if !turn.waited));
    }

    #[test]
    fn a_waiting_task_that_is_dropped_does_not_lose_a_turn() {
        let mut cx = Context::from_waker(Waker::noop());
        let turns = Turns::default();
        let Poll::Ready(held) = pin!(turns.next(1)).poll(&mut cx) else {
            panic!("the first is served")
        };
        let mut stays = pin!(turns.next(1));
        {
            let mut leaves = Box::pin(turns.next(1));
            assert!(leaves.as_mut().poll(&mut cx).is_pending() && stays.as_mut().poll(&mut cx).is_pending());
            drop(held);
        }
        assert!(stays.as_mut().poll(&mut cx).is_ready());
    }
}
