//! The recordings of `tests/data/recordings`.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use labserve_probe::recording::Answer;
pub(crate) use labserve_probe::recording::{End, Outcome};

/// What a server did in each case of a corpus. Cases to which it gave different answers are left out.
pub(crate) struct Recording {
    /// The `HOST:PORT` of the requests.
    pub(crate) target: String,
    pub(crate) outcomes: HashMap<String, Outcome>,
}

impl Recording {
    /// Loads the recording of this server for a corpus. `None` if there is none.
    pub(crate) fn load(corpus: &str, server: &str) -> Option<Self> {
        let path = |ending| folder().join(corpus).join(format!("{server}{ending}"));
        [path(PLAIN), path(COMPRESSED)]
            .iter()
            .find(|path| path.exists())
            .map(|path| Self::read(path))
    }

    fn read(path: &Path) -> Self {
        let content = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut text = String::new();
        let read = if path.extension().is_some_and(|ending| ending == "gz") {
            flate2::read::GzDecoder::new(content.as_slice()).read_to_string(&mut text)
        } else {
            content.as_slice().read_to_string(&mut text)
        };
        read.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
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

/// The suffix of a recording's name, and that of a compressed recording.
const PLAIN: &str = ".json";
const COMPRESSED: &str = ".json.gz";

/// The directory that contains a directory for each recorded corpus.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/recordings")
}

/// The names of the recorded corpora.
pub(crate) fn corpora() -> Vec<String> {
    names_in(&folder())
}

/// The names of all recorded servers.
pub(crate) fn servers() -> Vec<String> {
    let files = corpora()
        .into_iter()
        .flat_map(|corpus| names_in(&folder().join(corpus)));
    let mut names: Vec<String> = files
        .filter_map(|file| {
            let name = file.strip_suffix(PLAIN).or(file.strip_suffix(COMPRESSED))?;
            Some(name.to_owned())
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the recordings should be readable");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("the recordings should be readable").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}
