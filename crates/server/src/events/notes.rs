//! Lines about the program itself: told to the event log and to the live tape, whichever there are.

use super::{LiveTape, Recorder, Tape};
use serde_json::Value;

/// The way of such lines.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    file: Option<Tape>,
    live: Option<LiveTape>,
}

impl Notes {
    /// To these.
    pub fn to(recorder: Option<&Recorder>, live: Option<&LiveTape>) -> Notes {
        Notes {
            file: recorder.map(Recorder::tape),
            live: live.cloned(),
        }
    }

    /// To the live tape alone.
    #[must_use]
    pub fn without_file(&self) -> Notes {
        Notes {
            file: None,
            live: self.live.clone(),
        }
    }

    /// Tells an object with an `event`, to which the time is added.
    pub fn tell(&self, line: Value) {
        if let Some(live) = &self.live {
            live.note(&line);
        }
        if let Some(file) = &self.file {
            file.note(line);
        }
    }
}
