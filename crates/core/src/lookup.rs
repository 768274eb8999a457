//! Finds the file for a located path: trailing slashes, index files, precompressed siblings.
//!
//! The caller implements [`Tree`], which opens one path at a time. A directory on disk, an embedded site and a site in
//! memory therefore follow the same rules.

use crate::facts::{FileFacts, Found, last_name};
use crate::path::{Form, Located};
use crate::profile::{DirectoryPermission, IndexFor, OnInput, Precompressed, Profile};
use std::sync::Arc;

/// The result of opening one path.
#[derive(Clone, Debug)]
pub enum Opened<H> {
    /// A file, with an open handle.
    File(H),
    /// A directory.
    Directory,
    /// Nothing exists there.
    Missing,
    /// The server has no permission to search a directory on the way.
    Denied,
    /// A file that the server has no permission to read.
    Unreadable(Arc<FileFacts>),
    /// Nothing exists there: a symbolic link on the way leads nowhere.
    Dangling,
    /// Nothing exists there: symbolic links on the way lead to each other.
    LinkLoop,
    /// Nothing exists there: one of the names is longer than the file system allows.
    TooLong,
    /// The path continues after the name of a file.
    PathAfterFile,
    /// Neither a file nor a directory, such as a FIFO or a device.
    Special,
    /// A file that cannot be opened at the moment.
    Unavailable,
}

/// The files below a root.
pub trait Tree {
    /// An open file. Cloning it must be cheap.
    type Handle: Clone;

    /// Opens `path`: decoded names below the root, joined by `/`; empty for the root itself.
    fn open(&mut self, path: &[u8]) -> Opened<Self::Handle>;

    /// Whether the server lacks a permission for the directory at `path`.
    fn lacks(&mut self, path: &[u8], permission: DirectoryPermission) -> bool {
        let _ = (path, permission);
        false
    }

    /// The facts about an open file.
    fn facts(handle: &Self::Handle) -> &Arc<FileFacts>;

    /// The same open file with other facts: `facts`.
    fn with_facts(handle: &Self::Handle, facts: FileFacts) -> Self::Handle;
}

/// The result of [`find`].
#[derive(Clone, Debug)]
pub struct Lookup<H> {
    /// What was found.
    pub found: Found,
    /// The open file. Present for [`Found::File`] and [`Found::FileWithSlash`] only.
    pub resource: Option<H>,
}

impl<H> Lookup<H> {
    fn without_file(found: Found) -> Self {
        Self { found, resource: None }
    }
}

/// Looks up `located`.
///
/// `accepted` lists the content codings that the client accepts, the preferred one first; see
/// [`crate::decide::accepted_codings`].
///
/// ```
/// use labserve_core::facts::{FileFacts, FileId, Found};
/// use labserve_core::lookup::{Opened, Tree, find};
/// use labserve_core::{path, profile::layers};
/// use std::sync::Arc;
///
/// /// A site that consists of one file.
/// struct Site(Arc<FileFacts>);
///
/// impl Tree for Site {
///     type Handle = Arc<FileFacts>;
///     fn open(&mut self, path: &[u8]) -> Opened<Arc<FileFacts>> {
///         match path {
///             b"" => Opened::Directory,
///             b"index.html" => Opened::File(Arc::clone(&self.0)),
///             _ => Opened::Missing,
///         }
///     }
///     fn facts(handle: &Arc<FileFacts>) -> &Arc<FileFacts> {
///         handle
///     }
///     fn with_facts(_: &Arc<FileFacts>, facts: FileFacts) -> Arc<FileFacts> {
///         Arc::new(facts)
///     }
/// }
///
/// let profile = layers::load("nginx").expect("a built-in profile");
/// let mut site = Site(Arc::new(FileFacts::new(b"index.html", 0, FileId::default(), &profile.types)));
/// let mut found = |target: &[u8]| {
///     let located = path::locate(target, &profile.target, &profile.files, &[]).expect("a path");
///     find(&mut site, &located, &profile, &[]).found
/// };
/// assert!(matches!(found(b"/"), Found::File(file) if file.name() == b"index.html"));
/// assert!(matches!(found(b"/index.html/"), Found::FileWithSlash(_)));
/// assert!(matches!(found(b"/none"), Found::Missing));
/// ```
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
        Opened::Directory
            if profile
                .files
                .directory_needs
                .is_some_and(|permission| tree.lacks(&located.path, permission)) =>
        {
            Lookup::without_file(Found::Denied)
        }
        Opened::Directory if profile.files.directory_without_index.is_some() => {
            match index(tree, located, profile, accepted).found {
                Found::NoIndex => Lookup::without_file(Found::DirectoryWithoutIndex),
                _ => Lookup::without_file(Found::Directory),
            }
        }
        other => plain::<T>(other),
    }
}

/// The first name in the path that is not an existing directory; the last name if all of them are.
///
/// Some servers derive the media type of an error response from this name.
pub fn first_missing<'l, T: Tree>(tree: &mut T, located: &'l Located) -> &'l [u8] {
    let path = located.path.as_slice();
    let ends = memchr::memchr_iter(b'/', path).chain([path.len()]);
    let end = ends
        .map(|end| &path[..end])
        .find(|prefix| !matches!(tree.open(prefix), Opened::Directory))
        .unwrap_or(path);
    last_name(end)
}

/// Looks for an index file in a directory, in the order of the profile.
fn index<T: Tree>(tree: &mut T, located: &Located, profile: &Profile, accepted: &[Precompressed]) -> Lookup<T::Handle> {
    let directory = &located.path;
    let policy = &profile.files;
    if !allows(policy.index_for, located.form) {
        return Lookup::without_file(Found::NoIndex);
    }
    for name in &policy.index {
        let path = if directory.is_empty() {
            name.as_bytes().to_vec()
        } else {
            [directory, name.as_bytes()].join(&b'/')
        };
        match tree.open(&path) {
            Opened::Missing => {}
            Opened::Dangling if policy.dangling == policy.missing => {}
            Opened::Unreadable(_) | Opened::Dangling | Opened::LinkLoop if policy.skip_unopened_index => {}
            Opened::Directory if policy.index_directory == OnInput::Accept(()) => {}
            Opened::Directory => return Lookup::without_file(Found::IndexDirectory(name.clone())),
            Opened::File(handle) => return file(tree, handle, profile, accepted),
            other => return plain::<T>(other),
        }
    }
    Lookup::without_file(Found::NoIndex)
}

/// Whether the profile looks for index files when the path of the directory was written in this form.
fn allows(index_for: IndexFor, form: Form) -> bool {
    match index_for {
        IndexFor::Directories => true,
        IndexFor::Slash => form == Form::Slash,
        IndexFor::Slashes => form != Form::Other,
    }
}

/// The file itself, or a precompressed sibling that the client accepts.
fn file<T: Tree>(tree: &mut T, handle: T::Handle, profile: &Profile, accepted: &[Precompressed]) -> Lookup<T::Handle> {
    let handle = if profile.files.precompressed.is_empty() {
        handle
    } else {
        sibling(tree, handle, profile, accepted)
    };
    plain::<T>(Opened::File(handle))
}

/// The precompressed sibling that the client prefers, or the file itself if it accepts none of them. The result is
/// marked as negotiated if any sibling exists, because the response then depends on Accept-Encoding (RFC 9110 section
/// 12.5.5).
fn sibling<T: Tree>(tree: &mut T, handle: T::Handle, profile: &Profile, accepted: &[Precompressed]) -> T::Handle {
    let plain = T::facts(&handle);
    let siblings: Vec<(Precompressed, T::Handle)> = profile
        .files
        .precompressed
        .iter()
        .filter_map(
            |coding| match tree.open(&[plain.path.as_slice(), coding.ending().as_bytes()].concat()) {
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

/// Converts the result of opening one path.
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
        Opened::Unreadable(facts) => Found::Unreadable(facts),
        Opened::Dangling => Found::Dangling,
        Opened::LinkLoop => Found::LinkLoop,
        Opened::TooLong => Found::TooLong,
        Opened::PathAfterFile => Found::PathAfterFile,
        Opened::Special => Found::Special,
        Opened::Unavailable => Found::Unavailable,
    };
    Lookup::without_file(found)
}
