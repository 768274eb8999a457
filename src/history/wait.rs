//! The wait for an event as a future.

use super::History;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The wait for an event.
#[derive(Debug)]
pub(crate) struct Wait<'h> {
    pub(super) history: &'h History,
    pub(super) number: u64,
}

impl Future for Wait<'_> {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        let mut state = self.history.lock();
        let Some(waiter) = state.waiter(self.number) else {
            return Poll::Pending;
        };
        match waiter.found {
            Some(connection) => Poll::Ready(connection),
            None => {
                waiter.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let number = self.number;
        self.history.lock().waiters.retain(|waiter| waiter.number != number);
    }
}
