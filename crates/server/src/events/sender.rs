//! The senders that carry JSON lines to the event log and to the live stream.

use super::recorder::stamped;
use super::{LiveSender, Observer};
use serde_json::Value;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex};

/// The size at which a batch of lines is sent, in bytes.
pub(super) const BATCH: usize = 128 << 10;

/// Sends batches of lines to the event log. See [`super::Recorder`].
#[derive(Clone, Debug)]
pub struct EventSender {
    pub(super) batches: SyncSender<Vec<u8>>,
    /// Buffers of batches that have been written. They are reused, because they are still in the processor's cache and
    /// need no allocation.
    pub(super) written: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl EventSender {
    /// An empty buffer for the next batch.
    pub(super) fn buffer(&self) -> Vec<u8> {
        let written = self.written.lock().ok().and_then(|mut buffers| buffers.pop());
        written.unwrap_or_else(|| Vec::with_capacity(BATCH + BATCH / 8))
    }

    /// Sends a batch. Returns it if the channel is full.
    pub(super) fn send(&self, batch: Vec<u8>) -> Result<(), Vec<u8>> {
        match self.batches.try_send(batch) {
            // Disconnected: the event log could not be written. The recorder has reported that.
            Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(()),
            Err(TrySendError::Full(batch)) => Err(batch),
        }
    }

    /// Sends a line about the program itself: an object with an `event`, to which the time is added.
    pub(super) fn emit(&self, line: Value) {
        if let Err(line) = self.send(stamped(line)) {
            let line = String::from_utf8_lossy(&line);
            tracing::warn!("the event log is too slow; this line is missing in it: {line}");
        }
    }
}

/// The senders in use.
#[derive(Clone, Debug, Default)]
pub struct EventSenders {
    /// To the event log.
    pub file: Option<EventSender>,
    /// To the live stream.
    pub live: Option<LiveSender>,
    /// To the observer in this process.
    pub observer: Option<Arc<dyn Observer>>,
}
