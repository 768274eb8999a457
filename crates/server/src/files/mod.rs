//! Finds the file for a path. This is the only module that reads the file system.
//!
//! It gathers facts and opens files. The response is decided elsewhere. Nothing outside the root is ever opened: a
//! path is resolved to the file that it really names, which must be below the root.

mod cache;
#[cfg(test)]
mod digests;
mod directory;
#[cfg(test)]
mod escapes;
mod memory;
mod resource;

pub use cache::{Arrival, Cache, Limits};
pub use directory::Directory;
pub use memory::Memory;
pub use resource::{Content, Resource};

use crate::text_file::shown;
use labserve_core::facts::FileFacts;
use labserve_core::lookup::{self, Tree};
use labserve_core::path::Located;
use labserve_core::profile::{DirectoryPermission, Precompressed, Profile};
use std::sync::Arc;

/// What exists at a path, opened if it is a file.
type Opened = lookup::Opened<Arc<Resource>>;

/// What was found at a path, and the open file if it is one.
pub type Lookup = lookup::Lookup<Arc<Resource>>;

/// Where files come from.
#[derive(Clone, Debug)]
pub enum Root {
    /// A directory.
    Directory(Directory),
    /// Files in memory.
    Memory(Memory),
}

impl Root {
    /// The path of the root directory as a list of names; empty for files in memory.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Directory(directory) => directory.names(),
            Self::Memory(_) => &[],
        }
    }

    /// A description for the user.
    pub fn describe(&self) -> String {
        match self {
            Self::Directory(directory) => shown(directory.named()),
            Self::Memory(memory) => memory.describe().to_owned(),
        }
    }

    /// What exists at `located`, for a profile and a client that accepts these content codings, the most preferred
    /// first.
    pub fn find(&self, located: &Located, profile: &Profile, accepted: &[Precompressed], cache: &mut Cache) -> Lookup {
        lookup::find(&mut self.tree(profile, cache), located, profile, accepted)
    }

    /// The first name in a path that does not exist, or the last name if all exist.
    pub fn first_missing<'l>(&self, located: &'l Located, profile: &Profile, cache: &mut Cache) -> &'l [u8] {
        lookup::first_missing(&mut self.tree(profile, cache), located)
    }

    fn tree<'a>(&'a self, profile: &'a Profile, cache: &'a mut Cache) -> CachedRoot<'a> {
        CachedRoot {
            root: self,
            profile,
            cache,
        }
    }
}

/// A root as seen through the cache of a worker thread, under a profile.
struct CachedRoot<'a> {
    root: &'a Root,
    profile: &'a Profile,
    cache: &'a mut Cache,
}

impl Tree for CachedRoot<'_> {
    type Handle = Arc<Resource>;

    fn open(&mut self, path: &[u8]) -> Opened {
        match self.root {
            Root::Directory(directory) => self.cache.open(directory, path, self.profile),
            Root::Memory(memory) => self.cache.open_in_memory(memory, path, self.profile),
        }
    }

    fn lacks(&mut self, path: &[u8], permission: DirectoryPermission) -> bool {
        match self.root {
            Root::Directory(directory) => directory.lacks(path, permission),
            Root::Memory(_) => false,
        }
    }

    fn facts(resource: &Arc<Resource>) -> &Arc<FileFacts> {
        &resource.facts
    }

    fn with_facts(resource: &Arc<Resource>, facts: FileFacts) -> Arc<Resource> {
        Arc::new(Resource {
            facts: Arc::new(facts),
            ..Resource::clone(resource)
        })
    }
}
