//! From a located path to what is found there: trailing slashes, index files, precompressed siblings.
//!
//! Knows no file system: whoever does opens one path at a time for it, so that a site in memory is searched by the same
//! rules.

use crate::facts::{FileFacts, Found};
use crate::path::{Form, Located};
use crate::profile::{IndexFor, Precompressed, Profile};
use std::sync::Arc;

/// What lies at one path, opened if it is a file.
#[derive(Clone, Debug)]
pub enum Opened<H> {
    /// A file.
    File(H),
    /// A directory.
    Directory,
    /// Nothing.
    Missing,
    /// Something that may not be read.
    Denied,
    /// Nothing: a name on the way is longer than the file system allows.
    TooLong,
    /// Nothing: a name on the way is a file's.
    PathAfterFile,
    /// Neither a file nor a directory.
    Special,
    /// A file that cannot be opened now.
    Unavailable,
}

/// Files below a root, opened one path at a time.
pub trait Tree {
    /// An open file.
    type Handle: Clone;

    /// What lies at `path`: decoded names below the root, joined by `/`; empty for the root.
    fn open(&mut self, path: &str) -> Opened<Self::Handle>;

    /// The facts of an open file.
    fn facts(handle: &Self::Handle) -> &Arc<FileFacts>;

    /// The same open file, of which these facts are told.
    fn with_facts(handle: &Self::Handle, facts: FileFacts) -> Self::Handle;
}

/// What was found at a path, and the open file if it is one.
#[derive(Clone, Debug)]
pub struct Lookup<H> {
    /// What was found.
    pub found: Found,
    /// The open file; there for [`Found::File`] and [`Found::FileWithSlash`].
    pub resource: Option<H>,
}

impl<H> Lookup<H> {
    fn without_file(found: Found) -> Lookup<H> {
        Lookup { found, resource: None }
    }
}

/// What is at `located`, for a profile and a client that accepts these content codings, the best first.
pub fn find<T: Tree>(
    tree: &mut T,
    located: &Located,
    profile: &Profile,
    accepted: &[Precompressed],
) -> Lookup<T::Handle> {
    let opened = tree.open(&located.path);
    match opened {
        Opened::File(_) if located.hidden_slash && !located.trailing_slash => {
            Lookup::without_file(Found::PathAfterFile)
        }
        Opened::File(handle) if located.trailing_slash => Lookup {
            found: Found::FileWithSlash(Arc::clone(T::facts(&handle))),
            resource: Some(handle),
        },
        Opened::File(handle) => file(tree, handle, profile, accepted),
        Opened::Directory if located.trailing_slash => index(tree, located, profile, accepted),
        other => plain::<T>(other),
    }
}

/// The name in a path at which it leaves what exists, or its last one.
pub fn first_missing<'l, T: Tree>(tree: &mut T, located: &'l Located) -> &'l str {
    let path = located.path.as_str();
    let ends = memchr::memchr_iter(b'/', path.as_bytes()).chain([path.len()]);
    let end = ends
        .map(|end| &path[..end])
        .find(|prefix| !matches!(tree.open(prefix), Opened::Directory))
        .unwrap_or(path);
    end.rsplit('/').next().unwrap_or(end)
}

/// The first index file of a directory.
fn index<T: Tree>(tree: &mut T, located: &Located, profile: &Profile, accepted: &[Precompressed]) -> Lookup<T::Handle> {
    let directory = &located.path;
    let policy = &profile.files;
    if !allows(policy.index_for, located.form) {
        return Lookup::without_file(Found::NoIndex);
    }
    for name in &policy.index {
        let path = if directory.is_empty() {
            name.clone()
        } else {
            format!("{directory}/{name}")
        };
        match tree.open(&path) {
            Opened::Missing | Opened::Directory => {}
            Opened::File(handle) => return file(tree, handle, profile, accepted),
            other => return plain::<T>(other),
        }
    }
    Lookup::without_file(Found::NoIndex)
}

/// Whether index files are looked for in a directory whose path was written so.
fn allows(index_for: IndexFor, form: Form) -> bool {
    match index_for {
        IndexFor::Directories => true,
        IndexFor::Slash => form == Form::Slash,
        IndexFor::Slashes => form != Form::Other,
    }
}

/// A file that was found, or its sibling in a coding that the client accepts.
fn file<T: Tree>(tree: &mut T, handle: T::Handle, profile: &Profile, accepted: &[Precompressed]) -> Lookup<T::Handle> {
    let handle = if profile.files.precompressed.is_empty() {
        handle
    } else {
        sibling(tree, handle, profile, accepted)
    };
    plain::<T>(Opened::File(handle))
}

/// The precompressed sibling that the client accepts, or the file itself; either way marked as negotiated if there is any
/// sibling.
fn sibling<T: Tree>(tree: &mut T, handle: T::Handle, profile: &Profile, accepted: &[Precompressed]) -> T::Handle {
    let plain = T::facts(&handle);
    let siblings: Vec<(Precompressed, T::Handle)> = profile
        .files
        .precompressed
        .iter()
        .filter_map(
            |coding| match tree.open(&format!("{}{}", plain.path, coding.ending())) {
                Opened::File(sibling) => Some((*coding, sibling)),
                _ => None,
            },
        )
        .collect();
    let chosen = accepted
        .iter()
        .find_map(|coding| siblings.iter().find(|(sibling, _)| sibling == coding));
    match chosen {
        Some((coding, sibling)) => T::with_facts(sibling, T::facts(sibling).as_coded(plain, *coding)),
        None if siblings.is_empty() => handle,
        None => T::with_facts(&handle, plain.as_negotiated()),
    }
}

/// What was opened, as what was found.
fn plain<T: Tree>(opened: Opened<T::Handle>) -> Lookup<T::Handle> {
    let found = match opened {
        Opened::File(handle) => {
            return Lookup {
                found: Found::File(Arc::clone(T::facts(&handle))),
                resource: Some(handle),
            };
        }
        Opened::Directory => Found::Directory,
        Opened::Missing => Found::Missing,
        Opened::Denied => Found::Denied,
        Opened::TooLong => Found::TooLong,
        Opened::PathAfterFile => Found::PathAfterFile,
        Opened::Special => Found::Special,
        Opened::Unavailable => Found::Unavailable,
    };
    Lookup::without_file(found)
}
