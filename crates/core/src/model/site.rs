//! A site in memory: files, directories, and obstacles such as dangling links.

use crate::facts::{FileFacts, FileId, last_name};
use crate::http1::text::adler32;
use crate::lookup::{Opened, Tree};
use crate::profile::{DirectoryPermission, Profile};
use crate::render::with_digests;
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
    Unreadable(Arc<FileFacts>),
    Directory,
    Obstacle(Obstacle),
}

/// Something that is neither a usable file nor a usable directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A directory that the server has no permission to list or to search.
    ClosedDirectory,
    /// A symbolic link to a path that continues after a file.
    BelowFile,
    /// A symbolic link that leads nowhere.
    Dangling,
    /// A symbolic link that leads to itself.
    LinkLoop,
}

/// A site in memory, as seen under one profile.
#[derive(Clone, Debug)]
pub struct MemorySite<'p> {
    profile: &'p Profile,
    entries: Arc<HashMap<Vec<u8>, Entry>>,
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
            entries: Arc::new(HashMap::from([(Vec::new(), Entry::Directory)])),
            root: vec!["site".to_owned()],
            modified: (1_698_766_276, 361_000_000),
        }
    }

    /// The same site as seen under another profile with the same `[types]` and entity tags. The media types of its
    /// files and the digests of their contents are taken over.
    pub fn under<'q>(&self, profile: &'q Profile) -> MemorySite<'q> {
        MemorySite {
            profile,
            entries: Arc::clone(&self.entries),
            root: self.root.clone(),
            modified: self.modified,
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
    pub fn with_file(self, path: impl AsRef<[u8]>, content: &[u8]) -> Self {
        self.with_shared_file(path, content.into())
    }

    /// The same with content that other sites may share.
    #[must_use]
    pub fn with_shared_file(mut self, path: impl AsRef<[u8]>, content: Arc<[u8]>) -> Self {
        let path = path.as_ref();
        let id = FileId {
            device: 1,
            inode: self.entries.len() as u64,
            size: content.len() as u64,
            mtime_secs: self.modified.0,
            mtime_nanos: self.modified.1,
            ctime_nanos: 0,
        };
        let shown = [b"/", self.root.join("/").as_bytes(), b"/", path].concat();
        let facts = FileFacts::new(path, adler32(&shown), id, &self.profile.types);
        let facts = with_digests(facts, &self.profile.files, |take| {
            take(&content);
            Some(())
        });
        let file = MemoryFile {
            facts: Arc::new(facts),
            content,
        };
        self.insert(path, Entry::File(file));
        self
    }

    /// The same site with a directory at `path`, and those on the way.
    #[must_use]
    pub fn with_directory(mut self, path: impl AsRef<[u8]>) -> Self {
        self.insert(path.as_ref(), Entry::Directory);
        self
    }

    /// The same site, in which the server has no permission to read the file at `path`.
    #[must_use]
    pub fn unreadable(mut self, path: impl AsRef<[u8]>) -> Self {
        if let Some(entry) = Arc::make_mut(&mut self.entries).get_mut(path.as_ref())
            && let Entry::File(file) = entry
        {
            *entry = Entry::Unreadable(Arc::clone(&file.facts));
        }
        self
    }

    /// The same site with an obstacle at `path`, and the directories on the way.
    #[must_use]
    pub fn with_obstacle(mut self, path: impl AsRef<[u8]>, obstacle: Obstacle) -> Self {
        self.insert(path.as_ref(), Entry::Obstacle(obstacle));
        self
    }

    fn insert(&mut self, path: &[u8], entry: Entry) {
        let entries = Arc::make_mut(&mut self.entries);
        for at in memchr::memchr_iter(b'/', path) {
            entries.entry(path[..at].to_vec()).or_insert(Entry::Directory);
        }
        entries.insert(path.to_vec(), entry);
    }

    /// The path of the document root, name by name.
    pub fn root(&self) -> &[String] {
        &self.root
    }

    fn entry(&self, path: &[u8]) -> Option<&Entry> {
        self.entries.get(path).or_else(|| {
            let same = |name: &[u8]| self.profile.files.ignore_case && name.eq_ignore_ascii_case(path);
            let mut names = self.entries.iter();
            names.find(|(name, _)| same(name)).map(|(_, entry)| entry)
        })
    }
}

impl Tree for &MemorySite<'_> {
    type Handle = MemoryFile;

    fn open(&mut self, path: &[u8]) -> Opened<MemoryFile> {
        /// The maximum length of a name and of a path on Linux, in bytes.
        const LONGEST: (usize, usize) = (255, 4095);
        if path.len() > LONGEST.1 {
            return Opened::TooLong;
        }
        // A profile that treats dangling links differently checks for the link first.
        let below_file = if self.profile.files.dangling == self.profile.files.missing {
            Opened::PathAfterFile
        } else {
            Opened::Dangling
        };
        // The system examines one name after the other.
        for end in memchr::memchr_iter(b'/', path).chain([path.len()]) {
            let prefix = &path[..end];
            if last_name(prefix).len() > LONGEST.0 {
                return Opened::TooLong;
            }
            match self.entry(prefix) {
                _ if end == path.len() => {}
                Some(Entry::Directory) => {}
                Some(Entry::File(_) | Entry::Unreadable(_)) => {
                    return Opened::PathAfterFile;
                }
                Some(Entry::Obstacle(Obstacle::ClosedDirectory)) => return Opened::Denied,
                Some(Entry::Obstacle(Obstacle::BelowFile)) => return below_file,
                Some(Entry::Obstacle(Obstacle::Dangling)) => return Opened::Dangling,
                Some(Entry::Obstacle(Obstacle::LinkLoop)) => return Opened::LinkLoop,
                None => return Opened::Missing,
            }
        }
        match self.entry(path) {
            Some(Entry::File(file)) => Opened::File(file.clone()),
            Some(Entry::Directory | Entry::Obstacle(Obstacle::ClosedDirectory)) => Opened::Directory,
            Some(Entry::Unreadable(facts)) => Opened::Unreadable(Arc::clone(facts)),
            Some(Entry::Obstacle(Obstacle::BelowFile)) => below_file,
            Some(Entry::Obstacle(Obstacle::Dangling)) => Opened::Dangling,
            Some(Entry::Obstacle(Obstacle::LinkLoop)) => Opened::LinkLoop,
            None => Opened::Missing,
        }
    }

    fn lacks(&mut self, path: &[u8], _: DirectoryPermission) -> bool {
        matches!(self.entry(path), Some(Entry::Obstacle(Obstacle::ClosedDirectory)))
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
