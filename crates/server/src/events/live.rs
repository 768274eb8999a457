//! The live stream: the lines of the event log with more detail, within a budget, for clients that watch them as they
//! happen.

use super::recorder::stamped;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Maximum number of batches that wait for the reader, about 4 MiB.
const WAITING: usize = 32;

/// Sends lines to the reader of the live stream. A batch that does not fit into the channel is dropped.
#[derive(Clone, Debug)]
pub struct LiveSender {
    sender: Sender<Vec<u8>>,
    watchers: Watchers,
}

impl LiveSender {
    /// A sender, and the receiver of its batches of lines.
    pub fn new() -> (Self, Receiver<Vec<u8>>) {
        let (sender, receiver) = channel(WAITING);
        let watchers = Watchers::default();
        (Self { sender, watchers }, receiver)
    }

    /// The number of watchers.
    pub fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// Sends a batch. Returns it if the channel is full.
    pub(super) fn send(&self, batch: Vec<u8>) -> Result<(), Vec<u8>> {
        use tokio::sync::mpsc::error::TrySendError;
        match self.sender.try_send(batch) {
            // Without a reader, nothing is lost.
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            Err(TrySendError::Full(batch)) => Err(batch),
        }
    }

    /// Sends a line about the program itself: an object with an `event`, to which the time is added.
    pub fn emit(&self, line: &Value) {
        // The channel is full only if the reader is seconds behind. It then fetches the whole state again anyway.
        let _ = self.send(stamped(line.clone()));
    }
}

/// The number of watchers, shared by all senders.
#[derive(Clone, Debug, Default)]
pub struct Watchers(Arc<AtomicUsize>);

impl Watchers {
    /// Whether there is a watcher.
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// Adds a watcher until the returned value is dropped.
    pub fn watch(&self) -> Watching {
        self.0.fetch_add(1, Ordering::Relaxed);
        Watching(self.clone())
    }
}

/// A watcher.
#[derive(Debug)]
pub struct Watching(Watchers);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
