//! Connections and requests that rules hold, by name, until the name is released.
//!
//! A release lets everything pass that is held under the name at that time. If nothing is held, the next request or
//! connection to be held passes instead: a test may send the release before its request has arrived.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Everything that the workers hold.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<BTreeMap<String, Gate>>);

/// What is held under one name.
#[derive(Debug, Default)]
struct Gate {
    waiting: Vec<oneshot::Sender<()>>,
    /// How many releases came before there was anything to release. Each lets one pass.
    early: usize,
}

/// One held request or connection. It is held until it is released or this is dropped.
#[derive(Debug)]
#[must_use = "nothing is held once this is dropped"]
pub(super) struct Hold(oneshot::Receiver<()>);

impl Hold {
    /// Waits until it is released.
    pub(super) async fn released(self) {
        // A reset of the server drops the sender. The held request or connection then continues.
        let _ = self.0.await;
    }
}

impl Holds {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Gate>> {
        // Every step leaves the gates consistent, so a panic on another thread does not matter.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to hold something under `name`; `None` if it may pass, because `name` was released before.
    pub(super) fn hold(&self, name: &str) -> Option<Hold> {
        let mut gates = self.lock();
        let gate = gates.entry(name.to_owned()).or_default();
        if gate.early > 0 {
            gate.early -= 1;
            return None;
        }
        let (sender, released) = oneshot::channel();
        gate.waiting.retain(|other| !other.is_closed());
        gate.waiting.push(sender);
        Some(Hold(released))
    }

    /// Releases `name`. Returns how many were held.
    pub(super) fn release(&self, name: &str) -> usize {
        let mut gates = self.lock();
        let gate = gates.entry(name.to_owned()).or_default();
        let waiting = std::mem::take(&mut gate.waiting);
        // A connection that has closed meanwhile is no longer held.
        let released = waiting.into_iter().filter_map(|sender| sender.send(()).ok()).count();
        if released == 0 {
            gate.early += 1;
        }
        released
    }

    /// The names under which something is held, each with the number of what it holds.
    pub(super) fn held(&self) -> Vec<(String, usize)> {
        let count = |gate: &Gate| gate.waiting.iter().filter(|sender| !sender.is_closed()).count();
        let gates = self.lock();
        let held = gates.iter().map(|(name, gate)| (name.clone(), count(gate)));
        held.filter(|(_, count)| *count > 0).collect()
    }

    /// Lets everything pass, and forgets early releases.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn is_ready(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn a_release_lets_pass_what_is_held_or_the_next_that_comes() {
        let holds = Holds::default();
        let hold = |name: &str| holds.hold(name).expect("a hold");
        // Both are held before anything waits.
        let (first, second) = (hold("a"), hold("a"));
        assert_eq!(holds.held(), [("a".to_owned(), 2)]);
        let (mut first, mut second) = (pin!(first.released()), pin!(second.released()));
        assert!(!is_ready(first.as_mut()) && !is_ready(second.as_mut()));
        assert_eq!(holds.release("b"), 0);
        assert_eq!(holds.release("a"), 2);
        assert!(is_ready(first.as_mut()) && is_ready(second.as_mut()));
        assert!(holds.hold("b").is_none(), "it was released before");
        drop(hold("b"));
        assert_eq!(holds.held(), []);
        let mut third = pin!(hold("a").released());
        assert!(!is_ready(third.as_mut()));
        holds.clear();
        assert!(is_ready(third.as_mut()));
    }
}
