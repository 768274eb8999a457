//! Why a reply is the one it is: a word that every reply carries, and the steps that it stands for.

use crate::files::Found;
use serde::Serialize;

/// What decided on a reply. It costs nothing to carry; [`super::explain`] makes steps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Whoever answered knows: a fault of the request, or the end of a wait.
    Unsaid,
    /// The method or the target, before any file was looked for.
    Route,
    /// What was found at the path.
    Found(Lay),
    /// The request's conditions and ranges, held against the file.
    Conditions,
}

/// What was found at a path, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as in `Found`
pub enum Lay {
    File,
    FileWithSlash,
    Directory,
    NoIndex,
    Missing,
    Denied,
    TooLong,
    BehindFile,
    Special,
    Unavailable,
}

impl Lay {
    pub(super) fn of(found: &Found) -> Lay {
        match found {
            Found::File(_) => Lay::File,
            Found::FileWithSlash(_) => Lay::FileWithSlash,
            Found::Directory => Lay::Directory,
            Found::NoIndex => Lay::NoIndex,
            Found::Missing => Lay::Missing,
            Found::Denied => Lay::Denied,
            Found::TooLong => Lay::TooLong,
            Found::BehindFile => Lay::BehindFile,
            Found::Special => Lay::Special,
            Found::Unavailable => Lay::Unavailable,
        }
    }

    /// What lies there, to be read behind the path.
    pub(super) fn words(self) -> &'static str {
        match self {
            Lay::File => "is a file, which this method or type does not get",
            Lay::FileWithSlash => "is a file, with a slash behind it",
            Lay::Directory => "is a directory, and the path has no slash at its end",
            Lay::NoIndex => "is a directory without an index file",
            Lay::Missing => "does not exist",
            Lay::Denied => "may not be read",
            Lay::TooLong => "has a name longer than the file system allows",
            Lay::BehindFile => "goes on behind a file",
            Lay::Special => "is neither a file nor a directory",
            Lay::Unavailable => "cannot be opened now: no descriptor is left",
        }
    }
}

/// One step of a decision, as programs and people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at: `method`, `file`, `if_none_match` and so on.
    pub step: &'static str,
    /// Of a condition or a range: whether it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// The request's value: one character for each byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
    /// The file's, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<String>,
    /// The step in words.
    pub text: String,
}

impl Step {
    pub(super) fn new(step: &'static str, text: String) -> Step {
        Step {
            step,
            holds: None,
            theirs: None,
            ours: None,
            text,
        }
    }
}

/// Bytes of the wire, one character for each.
pub(super) fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
