//! The recordings of `tests/data/recordings`.

use std::collections::HashMap;
use std::path::Path;

use labserve_probe::recording::Answer;
pub(crate) use labserve_probe::recording::{End, Outcome};

/// What a server did in each case of a corpus. A case that it did not answer alike each time is left out.
pub(crate) struct Recording {
    /// The `HOST:PORT` of the requests.
    pub(crate) target: String,
    pub(crate) outcomes: HashMap<String, Outcome>,
}

impl Recording {
    /// Loads a file in `tests/data/recordings`.
    pub(crate) fn load(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/recordings")
            .join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let recording = labserve_probe::Recording::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let stable = recording.cases.into_iter().filter_map(|(name, answer)| match answer {
            Answer::Stable(outcome) => Some((name, outcome)),
            _ => None,
        });
        Self {
            target: recording.target,
            outcomes: stable.collect(),
        }
    }
}
