//! From a path to a file: the only room that reads the file system.
//!
//! It gathers facts and hands over an open file; what is answered is decided elsewhere. Nothing outside the root is ever
//! opened: a path is resolved to what it really names, and that must lie below the root.

mod cache;
mod directory;
mod embedded;
#[cfg(test)]
mod escapes;
pub mod path;
mod resource;

pub use cache::{Arrival, Cache, Limits};
pub use directory::Directory;
pub use path::{Form, Located};
pub use resource::{Content, FileId, Resource, Written};

use crate::profile::{FilePolicy, IndexFor, Precompressed, Profile};
use std::sync::Arc;

/// What was found at a path.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file.
    File(Arc<Resource>),
    /// A file, though the path ended in a slash.
    FileWithSlash(Arc<Resource>),
    /// A directory, though the path did not end in a slash.
    Directory,
    /// A directory without an index file.
    NoIndex,
    /// Nothing.
    Missing,
    /// Something that may not be read.
    Denied,
    /// Nothing: a name on the way is longer than the file system allows.
    TooLong,
    /// Nothing: a name on the way is a file's.
    BehindFile,
    /// Neither a file nor a directory.
    Special,
    /// A file that cannot be opened now: no descriptor is left, or another program keeps it for itself.
    Unavailable,
}

impl IndexFor {
    fn allows(self, form: Form) -> bool {
        match self {
            IndexFor::Directories => true,
            IndexFor::Slash => form == Form::Slash,
            IndexFor::Slashes => form != Form::Other,
        }
    }
}

/// Where files come from.
#[derive(Clone, Debug)]
pub enum Root {
    /// A directory.
    Directory(Directory),
    /// The demo site inside the binary.
    Embedded,
}

impl Root {
    /// The path of the root directory, name by name; none for the demo site.
    pub fn names(&self) -> &[String] {
        match self {
            Root::Directory(directory) => directory.names(),
            Root::Embedded => &[],
        }
    }

    /// What the root is, for people.
    pub fn describe(&self) -> String {
        match self {
            Root::Directory(directory) => directory.named().display().to_string(),
            Root::Embedded => "the demo site inside this program".to_owned(),
        }
    }

    /// What is at `located`, for a profile and a client that accepts these content codings, the best first.
    pub fn find(&self, located: &Located, profile: &Profile, accepted: &[Precompressed], cache: &mut Cache) -> Found {
        let policy = &profile.files;
        let found = self.find_plain(located, profile, cache);
        match found {
            Found::File(resource) if !policy.precompressed.is_empty() => {
                Found::File(self.sibling(resource, profile, accepted, cache))
            }
            other => other,
        }
    }

    fn find_plain(&self, located: &Located, profile: &Profile, cache: &mut Cache) -> Found {
        if !located.trailing_slash {
            return match self.open(&located.path, profile, cache) {
                Found::File(_) if located.hidden_slash => Found::BehindFile,
                found => found,
            };
        }
        match self.open(&located.path, profile, cache) {
            Found::File(resource) => Found::FileWithSlash(resource),
            Found::Directory => self.index(located, profile, cache),
            other => other,
        }
    }

    fn index(&self, located: &Located, profile: &Profile, cache: &mut Cache) -> Found {
        let directory = &located.path;
        let policy: &FilePolicy = &profile.files;
        if !policy.index_for.allows(located.form) {
            return Found::NoIndex;
        }
        for name in &policy.index {
            let path = if directory.is_empty() {
                name.clone()
            } else {
                format!("{directory}/{name}")
            };
            match self.open(&path, profile, cache) {
                Found::Missing | Found::Directory => {}
                found => return found,
            }
        }
        Found::NoIndex
    }

    fn open(&self, path: &str, profile: &Profile, cache: &mut Cache) -> Found {
        match self {
            Root::Directory(directory) => cache.open(directory, path, profile),
            Root::Embedded => embedded::open(path, profile),
        }
    }

    /// The precompressed sibling that the client accepts, or the file itself; either way marked as negotiated if there
    /// is any sibling.
    fn sibling(
        &self,
        resource: Arc<Resource>,
        profile: &Profile,
        accepted: &[Precompressed],
        cache: &mut Cache,
    ) -> Arc<Resource> {
        let siblings: Vec<(Precompressed, Arc<Resource>)> = profile
            .files
            .precompressed
            .iter()
            .filter_map(
                |coding| match self.open(&format!("{}{}", resource.path, coding.ending()), profile, cache) {
                    Found::File(sibling) => Some((*coding, sibling)),
                    _ => None,
                },
            )
            .collect();
        let chosen = accepted
            .iter()
            .find_map(|coding| siblings.iter().find(|(sibling, _)| sibling == coding));
        match chosen {
            Some((coding, sibling)) => Arc::new(sibling.as_coded(&resource, *coding)),
            None if siblings.is_empty() => resource,
            None => Arc::new(resource.as_negotiated()),
        }
    }
}
