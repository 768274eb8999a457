//! Events of the program itself, such as a reload. They go to the event log and to the live stream, whichever exist.

use super::{EventSender, LiveSender, Recorder};
use serde_json::Value;

/// Emits events of the program itself.
#[derive(Clone, Debug, Default)]
pub struct ProgramEvents {
    file: Option<EventSender>,
    live: Option<LiveSender>,
}

impl ProgramEvents {
    /// Emits to those of the two that exist.
    pub fn new(recorder: Option<&Recorder>, live: Option<&LiveSender>) -> Self {
        Self {
            file: recorder.map(Recorder::sender),
            live: live.cloned(),
        }
    }

    /// Emits to the live stream only.
    #[must_use]
    pub fn without_file(&self) -> Self {
        Self {
            file: None,
            live: self.live.clone(),
        }
    }

    /// Emits an object with an `event`, to which the time is added.
    pub fn emit(&self, line: Value) {
        if let Some(live) = &self.live {
            live.emit(&line);
        }
        if let Some(file) = &self.file {
            file.emit(line);
        }
    }
}
