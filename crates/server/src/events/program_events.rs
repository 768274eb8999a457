//! Lines about the program itself: told to the event log and to the live tape, whichever there are.

use super::{EventSender, LiveSender, Recorder};
use serde_json::Value;

/// The way of such lines.
#[derive(Clone, Debug, Default)]
pub struct ProgramEvents {
    file: Option<EventSender>,
    live: Option<LiveSender>,
}

impl ProgramEvents {
    /// To these.
    pub fn new(recorder: Option<&Recorder>, live: Option<&LiveSender>) -> ProgramEvents {
        ProgramEvents {
            file: recorder.map(Recorder::sender),
            live: live.cloned(),
        }
    }

    /// To the live tape alone.
    #[must_use]
    pub fn without_file(&self) -> ProgramEvents {
        ProgramEvents {
            file: None,
            live: self.live.clone(),
        }
    }

    /// Tells an object with an `event`, to which the time is added.
    pub fn emit(&self, line: Value) {
        if let Some(live) = &self.live {
            live.note(&line);
        }
        if let Some(file) = &self.file {
            file.note(line);
        }
    }
}
