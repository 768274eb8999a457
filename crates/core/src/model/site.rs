//! A site in memory, with files and directories only.

use crate::facts::{FileFacts, FileId};
use crate::http1::text::adler32;
use crate::lookup::{Opened, Tree};
use crate::profile::Profile;
use std::collections::HashMap;
use std::sync::Arc;

/// A file in memory.
#[derive(Clone, Debug)]
pub struct MemoryFile {
    facts: Arc<FileFacts>,
    /// Its bytes.
    pub content: Arc<[u8]>,
}

/// What exists at a path.
#[derive(Clone, Debug)]
enum Entry {
    File(MemoryFile),
    Directory,
}

/// A site in memory, as seen under one profile.
#[derive(Clone, Debug)]
pub struct MemorySite<'p> {
    profile: &'p Profile,
    entries: HashMap<String, Entry>,
    /// The path of the document root, name by name.
    root: Vec<String>,
    /// The modification time of files that are added from now on: seconds since 1970, and nanoseconds.
    modified: (i64, u32),
}

impl<'p> MemorySite<'p> {
    /// An empty site with the root directory `/site`. Its files are dated 2023-10-31 15:31:16.361 UTC.
    pub fn new(profile: &'p Profile) -> Self {
        MemorySite {
            profile,
            entries: HashMap::from([(String::new(), Entry::Directory)]),
            root: vec!["site".to_owned()],
            modified: (1_698_766_276, 361_000_000),
        }
    }

    /// Moves the site to another root directory, given name by name.
    #[must_use]
    pub fn at(self, root: Vec<String>) -> Self {
        MemorySite { root, ..self }
    }

    /// Sets the modification time of files that are added from now on: seconds since 1970, and nanoseconds.
    #[must_use]
    pub fn dated(self, secs: i64, nanos: u32) -> Self {
        MemorySite {
            modified: (secs, nanos),
            ..self
        }
    }

    /// Adds a file at `path` (names joined by `/`) and the directories above it.
    #[must_use]
    pub fn with_file(mut self, path: &str, content: &[u8]) -> Self {
        for (at, _) in path.match_indices('/') {
            self.entries.insert(path[..at].to_owned(), Entry::Directory);
        }
        let id = FileId {
            device: 1,
            inode: self.entries.len() as u64,
            size: content.len() as u64,
            mtime_secs: self.modified.0,
            mtime_nanos: self.modified.1,
            ctime_nanos: 0,
        };
        let shown = format!("/{}/{path}", self.root.join("/"));
        let facts = FileFacts::new(path, adler32(shown.as_bytes()), id, &self.profile.types);
        let file = MemoryFile {
            facts: Arc::new(facts),
            content: content.into(),
        };
        self.entries.insert(path.to_owned(), Entry::File(file));
        self
    }

    /// The path of the document root, name by name.
    pub fn root(&self) -> &[String] {
        &self.root
    }

    fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path).or_else(|| {
            let same = |name: &str| self.profile.files.ignore_case && name.eq_ignore_ascii_case(path);
            let mut names = self.entries.iter();
            names.find(|(name, _)| same(name)).map(|(_, entry)| entry)
        })
    }
}

impl Tree for &MemorySite<'_> {
    type Handle = MemoryFile;

    fn open(&mut self, path: &str) -> Opened<MemoryFile> {
        /// The maximum length of a name and of a path on Linux, in bytes.
        const LONGEST: (usize, usize) = (255, 4095);
        match self.entry(path) {
            Some(Entry::File(file)) => return Opened::File(file.clone()),
            Some(Entry::Directory) => return Opened::Directory,
            None => {}
        }
        // The system looks at one name after the other.
        let is_directory = |path: &str| path.is_empty() || matches!(self.entry(path), Some(Entry::Directory));
        let mut parent = "";
        let long_name = path.split('/').any(|name| {
            let is_long = name.len() > LONGEST.0 && is_directory(parent);
            let end = parent.len() + usize::from(!parent.is_empty()) + name.len();
            parent = &path[..end];
            is_long
        });
        if path.len() > LONGEST.1 || long_name {
            return Opened::TooLong;
        }
        let after_file = path
            .match_indices('/')
            .any(|(at, _)| matches!(self.entry(&path[..at]), Some(Entry::File(_))));
        if after_file {
            Opened::PathAfterFile
        } else {
            Opened::Missing
        }
    }

    fn facts(handle: &MemoryFile) -> &Arc<FileFacts> {
        &handle.facts
    }

    fn with_facts(handle: &MemoryFile, facts: FileFacts) -> MemoryFile {
        MemoryFile {
            facts: Arc::new(facts),
            content: Arc::clone(&handle.content),
        }
    }
}
