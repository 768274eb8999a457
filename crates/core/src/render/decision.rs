//! Why a reply is the one it is: a word that every reply carries.

use crate::facts::Found;

/// What decided on a reply. It costs nothing to carry; `decide::trace` makes steps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Whoever answered knows: a fault of the request, or the end of a wait.
    Unspecified,
    /// The method or the target, before any file was looked for.
    Route,
    /// What was found at the path.
    Found(LookupKind),
    /// The request's conditions and ranges, held against the file.
    Conditions,
}

/// What was found at a path, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as in `Found`
pub enum LookupKind {
    File,
    FileWithSlash,
    Directory,
    NoIndex,
    Missing,
    Denied,
    TooLong,
    PathAfterFile,
    Special,
    Unavailable,
}

impl LookupKind {
    /// Of what was found.
    pub fn of(found: &Found) -> LookupKind {
        match found {
            Found::File(_) => LookupKind::File,
            Found::FileWithSlash(_) => LookupKind::FileWithSlash,
            Found::Directory => LookupKind::Directory,
            Found::NoIndex => LookupKind::NoIndex,
            Found::Missing => LookupKind::Missing,
            Found::Denied => LookupKind::Denied,
            Found::TooLong => LookupKind::TooLong,
            Found::PathAfterFile => LookupKind::PathAfterFile,
            Found::Special => LookupKind::Special,
            Found::Unavailable => LookupKind::Unavailable,
        }
    }
}
