//! Open files, kept between requests by one worker thread.
//!
//! The cache is never trusted. Each use asks the file system whether the path still names the same version of the same
//! file, unless another request has already asked after this request arrived.

use super::Opened;
use super::directory::Directory;
use super::memory::Memory;
use super::resource::{Content, Resource};
use labserve_core::facts::FileId;
use labserve_core::profile::Profile;
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::hash::BuildHasher;
use std::io::Read;
use std::sync::Arc;
use std::time::SystemTime;

/// Maximum size of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of open files. A file whose content is in memory is not open.
    pub files: usize,
    /// Maximum number of bytes of contents and facts, for all files together.
    pub bytes: usize,
    /// Maximum size in bytes of a file whose content is kept in memory.
    pub file: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            files: crate::sys::KEPT_OPEN,
            bytes: 16 << 20,
            file: 64 << 10,
        }
    }
}

/// The approximate memory for an entry in addition to its path and content, measured with 10,000 entries.
const ENTRY: usize = 512;

/// Maximum number of remembered paths at which nothing exists. They are forgotten at the next arrival.
const MOST_MISSING: usize = 256;

/// A point in the order of arrivals: the number of arrivals so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival(pub u64);

/// The open files of a worker thread.
#[derive(Debug, Default)]
pub struct Cache {
    limits: Limits,
    entries: HashMap<Vec<u8>, Entry>,
    bytes: usize,
    /// The paths of open files, oldest first.
    open: VecDeque<Vec<u8>>,
    /// Hashes of paths at which nothing exists, all looked up since the same arrival. The hash key is random, so that
    /// a client cannot construct two paths with the same hash.
    missing: (Arrival, Vec<u64>),
    /// The latest arrival.
    latest: Arrival,
    /// The arrival of the request that is being served.
    served: Arrival,
}

/// An open file, and the latest arrival at the time when the file system was last asked about it.
#[derive(Debug)]
struct Entry {
    resource: Arc<Resource>,
    asked: Arrival,
}

impl Cache {
    /// A cache with these limits.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Records an arrival. Later lookups count as after it.
    pub fn arrival(&mut self) -> Arrival {
        self.latest.0 += 1;
        self.latest
    }

    /// The cache for a request that arrived as `arrival`.
    ///
    /// A client that changes a file and then requests it must see the change. Therefore the file system must have been
    /// asked after the request arrived. It does not matter whether it was asked for this request or for another one.
    pub fn for_request(&mut self, arrival: Arrival) -> &mut Self {
        self.served = arrival;
        self
    }

    /// What exists at `path` in `directory`.
    pub(super) fn open(&mut self, directory: &Directory, path: &[u8], profile: &Profile) -> Opened {
        if let Some(entry) = self.entries.get_mut(path) {
            let known = entry.asked >= self.served;
            if known || entry.resource.is_current() {
                if !known {
                    entry.asked = self.latest;
                }
                return Opened::File(Arc::clone(&entry.resource));
            }
            self.forget(path);
        }
        if self.is_missing(path) {
            return Opened::Missing;
        }
        let largest = self.limits.file;
        let look = || directory.open_file(path, profile, |file, id| small_content(file, id, largest));
        let mut found = look();
        if matches!(found, Opened::Unavailable) && !self.entries.is_empty() {
            self.clear();
            found = look();
        }
        match &found {
            Opened::File(resource) => self.keep(path, resource),
            Opened::Missing => self.remember_missing(path),
            _ => {}
        }
        found
    }

    /// Whether nothing was found at a path since the request arrived.
    fn is_missing(&self, path: &[u8]) -> bool {
        let (since, paths) = &self.missing;
        *since >= self.served && !paths.is_empty() && paths.contains(&self.hash(path))
    }

    fn hash(&self, path: &[u8]) -> u64 {
        self.entries.hasher().hash_one(path)
    }

    fn remember_missing(&mut self, path: &[u8]) {
        let hash = self.hash(path);
        let (since, paths) = &mut self.missing;
        if *since != self.latest {
            *since = self.latest;
            paths.clear();
        }
        if paths.len() < MOST_MISSING {
            paths.push(hash);
        }
    }

    /// Closes all files except those that are being sent.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.open.clear();
        self.bytes = 0;
    }

    /// What exists at `path` in memory. Files in memory do not change, so they are kept only if their digests are
    /// needed.
    pub(super) fn open_in_memory(&mut self, memory: &Memory, path: &[u8], profile: &Profile) -> Opened {
        if profile.files.digests.is_empty() {
            return memory.open(path, profile);
        }
        if let Some(entry) = self.entries.get(path) {
            return Opened::File(Arc::clone(&entry.resource));
        }
        let found = memory.open(path, profile);
        if let Opened::File(resource) = &found {
            self.insert(path, resource);
        }
        found
    }

    fn keep(&mut self, path: &[u8], resource: &Arc<Resource>) {
        if resource.place.is_none()
            || matches!(resource.content, Content::File(_)) && self.limits.files == 0
            || just_changed(&resource.facts.id)
        {
            return;
        }
        self.insert(path, resource);
    }

    /// Adds an entry, and removes others if there are too many. An entry that is larger than the cache is not kept.
    fn insert(&mut self, path: &[u8], resource: &Arc<Resource>) {
        let bytes = held(path, resource);
        if bytes > self.limits.bytes {
            return;
        }
        let is_open = matches!(resource.content, Content::File(_));
        while is_open && self.open.len() >= self.limits.files {
            let Some(oldest) = self.open.front().cloned() else {
                break;
            };
            self.forget(&oldest);
        }
        while self.bytes + bytes > self.limits.bytes {
            // Any entry: the map's order is random. For a site larger than the cache, no other order is better.
            let Some(other) = self.entries.keys().next().cloned() else {
                break;
            };
            self.forget(&other);
        }
        self.bytes += bytes;
        if is_open {
            self.open.push_back(path.to_vec());
        }
        let entry = Entry {
            resource: Arc::clone(resource),
            asked: self.latest,
        };
        self.entries.insert(path.to_vec(), entry);
    }

    fn forget(&mut self, path: &[u8]) {
        if let Some(entry) = self.entries.remove(path) {
            self.bytes -= held(path, &entry.resource);
            self.open.retain(|open| open != path);
        }
    }
}

/// The memory that an entry takes up, in bytes.
fn held(path: &[u8], resource: &Resource) -> usize {
    let content = match &resource.content {
        Content::Bytes(bytes) => bytes.len(),
        Content::File(_) | Content::Static(_) => 0,
    };
    // The path is stored three times: as the key, in the facts, and in the file system path.
    ENTRY + 3 * path.len() + content
}

/// Whether the file changed so recently that another change could have the same times. The resolution of file times is
/// up to a clock tick, which is at most 10 ms on Unix and 15.6 ms on Windows. Some file systems have a resolution of
/// one or two seconds.
fn just_changed(id: &FileId) -> bool {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |d| d.as_nanos() as i128);
    let changed = id
        .ctime_nanos
        .max(i128::from(id.mtime_secs) * 1_000_000_000 + i128::from(id.mtime_nanos));
    let step = if changed % 1_000_000_000 == 0 {
        2_000_000_000
    } else {
        20_000_000
    };
    now - changed < step
}

/// The content of a small file, if it has exactly the size in `id`.
fn small_content(file: &File, id: &FileId, largest: usize) -> Option<Arc<[u8]>> {
    let size = usize::try_from(id.size).ok().filter(|size| *size <= largest)?;
    if just_changed(id) {
        return None;
    }
    let mut content = Vec::with_capacity(size + 1);
    file.take(id.size + 1).read_to_end(&mut content).ok()?;
    (content.len() == size && crate::sys::file_id(file, &file.metadata().ok()?) == *id).then(|| content.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Lookup, Root};
    use labserve_core::path::Located;
    use labserve_core::profile::layers;
    use std::time::Duration;

    /// The text of the file at `a`, for a request that arrived as `arrival`.
    fn text(root: &Root, profile: &Profile, cache: &mut Cache, arrival: Arrival) -> Vec<u8> {
        let located = Located {
            path: b"a".to_vec(),
            trailing_slash: false,
            hidden_slash: false,
            form: Default::default(),
        };
        match root.find(&located, profile, &[], cache.for_request(arrival)) {
            Lookup {
                resource: Some(resource),
                ..
            } => match &resource.content {
                Content::Bytes(bytes) => bytes.to_vec(),
                content => panic!("not in memory: {content:?}"),
            },
            lookup => panic!("{lookup:?}"),
        }
    }

    #[test]
    fn what_is_missing_is_looked_for_after_each_arrival_and_not_more_often() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = Directory::open(place.path(), false).expect("a root");
        let profile = layers::load("rfc").expect("a profile");
        let mut cache = Cache::new(Limits::default());
        let finds = |arrival: Arrival, cache: &mut Cache| {
            matches!(
                cache.for_request(arrival).open(&directory, b"a", &profile),
                Opened::File(_)
            )
        };
        let (first, second) = (cache.arrival(), cache.arrival());
        assert!(!finds(first, &mut cache));
        std::fs::write(place.path().join("a"), "now").expect("written");
        // The second request had arrived before the path was looked up for the first one.
        assert!(!finds(second, &mut cache));
        let third = cache.arrival();
        assert!(finds(third, &mut cache));
        for number in 0..2 * MOST_MISSING {
            cache.open(&directory, format!("missing-{number}").as_bytes(), &profile);
        }
        assert_eq!(cache.missing.1.len(), MOST_MISSING);
    }

    #[test]
    fn a_file_is_looked_at_after_each_arrival_and_not_more_often() {
        let place = tempfile::tempdir().expect("a directory");
        let root = Root::Directory(Directory::open(place.path(), false).expect("a root"));
        let profile = layers::load("rfc").expect("a profile");
        let mut cache = Cache::new(Limits::default());
        let write = |content: &str, age: u64| {
            let path = place.path().join("a");
            std::fs::write(&path, content).expect("written");
            let time = SystemTime::now() - Duration::from_secs(age);
            let file = File::options().append(true).open(&path).expect("opened");
            file.set_modified(time).expect("dated");
            // A file that changed within the last clock ticks is not cached.
            std::thread::sleep(Duration::from_millis(50));
        };
        write("one", 100);
        let (first, second) = (cache.arrival(), cache.arrival());
        assert_eq!(text(&root, &profile, &mut cache, first), b"one");
        write("two", 50);
        // The second request had arrived before the file was looked up for the first one, so it may get the same
        // content.
        assert_eq!(text(&root, &profile, &mut cache, second), b"one");
        let third = cache.arrival();
        assert_eq!(text(&root, &profile, &mut cache, third), b"two");
    }
}
