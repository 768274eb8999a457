//! The live tape: the lines of the event log, with more detail and within a budget, for whoever watches while it happens.

use super::recorder::stamped;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many batches wait for the reader at the most: 4 MiB or so.
const WAITING: usize = 32;

/// A way of lines to the reader of the live tape. What it has no room for is dropped.
#[derive(Clone, Debug)]
pub struct LiveSender {
    sender: Sender<Vec<u8>>,
    watchers: Watchers,
}

impl LiveSender {
    /// A tape, and its reader's end: batches of lines.
    pub fn new() -> (LiveSender, Receiver<Vec<u8>>) {
        let (sender, receiver) = channel(WAITING);
        let watchers = Watchers::default();
        (LiveSender { sender, watchers }, receiver)
    }

    /// Who watches it.
    pub fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// Hands over a batch; gives it back if there is no room.
    pub(super) fn hand_over(&self, batch: Vec<u8>) -> Result<(), Vec<u8>> {
        use tokio::sync::mpsc::error::TrySendError;
        match self.sender.try_send(batch) {
            // Without a reader there is nobody to whom anything is lost.
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            Err(TrySendError::Full(batch)) => Err(batch),
        }
    }

    /// Adds a line about the program itself: an object with an `event`, to which the time is added.
    pub fn note(&self, line: &Value) {
        // There is room unless the reader is seconds behind; then it asks for the state anew anyway.
        let _ = self.hand_over(stamped(line.clone()));
    }
}

/// How many watch.
#[derive(Clone, Debug, Default)]
pub struct Watchers(Arc<AtomicUsize>);

impl Watchers {
    /// Whether anybody watches.
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// Watches until what it returns is dropped.
    pub fn watch(&self) -> Watching {
        self.0.fetch_add(1, Ordering::Relaxed);
        Watching(self.clone())
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub struct Watching(Watchers);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
