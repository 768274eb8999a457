//! Why a reply is the one it is: a word that every reply carries.

use crate::facts::Found;

/// What decided on a reply. It costs nothing to carry; `decide::explain` makes steps of it.
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
    /// Of what was found.
    pub fn of(found: &Found) -> Lay {
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
}
