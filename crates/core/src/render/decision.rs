//! What a reply is based on.

use crate::facts::Found;

/// What a reply is based on. It costs nothing to carry; [`decide::trace`](fn@crate::decide::trace) expands it into
/// steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Not decided from the request: the head has a fault, or the connection closes. The caller knows which.
    Unspecified,
    /// The method or the target alone. No file was looked up.
    Route,
    /// The result of the lookup.
    Found(LookupKind),
    /// Preconditions and ranges, evaluated for the file.
    Conditions,
}

/// The kind of a lookup result: [`Found`] without the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in `Found`")]
pub enum LookupKind {
    File,
    FileWithSlash,
    Directory,
    NoIndex,
    Missing,
    Denied,
    Unreadable,
    IndexDirectory,
    Dangling,
    LinkLoop,
    TooLong,
    PathAfterFile,
    Special,
    Unavailable,
}

impl LookupKind {
    /// The kind of `found`.
    pub fn of(found: &Found) -> Self {
        match found {
            Found::File(_) => Self::File,
            Found::FileWithSlash(_) => Self::FileWithSlash,
            Found::Directory => Self::Directory,
            Found::NoIndex | Found::DirectoryWithoutIndex => Self::NoIndex,
            Found::Missing => Self::Missing,
            Found::Denied => Self::Denied,
            Found::Unreadable(_) => Self::Unreadable,
            Found::IndexDirectory(_) => Self::IndexDirectory,
            Found::Dangling => Self::Dangling,
            Found::LinkLoop => Self::LinkLoop,
            Found::TooLong => Self::TooLong,
            Found::PathAfterFile => Self::PathAfterFile,
            Found::Special => Self::Special,
            Found::Unavailable => Self::Unavailable,
        }
    }
}
