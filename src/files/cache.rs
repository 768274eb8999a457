//! Open files, kept between requests by one worker. Never trusted: every use asks the file system whether the path still
//! names the same version of the same file.

use super::Found;
use super::directory::Directory;
use super::resource::{Content, FileId, Resource};
use crate::profile::Profile;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::SystemTime;

/// How much a cache may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open files, or the contents of small ones.
    pub files: usize,
    /// Bytes of contents, of all files together.
    pub bytes: usize,
    /// The largest file whose content is kept.
    pub file: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            files: 256,
            bytes: 8 << 20,
            file: 16 << 10,
        }
    }
}

/// A worker's open files.
#[derive(Debug, Default)]
pub struct Cache {
    limits: Limits,
    entries: HashMap<String, Arc<Resource>>,
    bytes: usize,
}

impl Cache {
    /// A cache that holds at most this much.
    pub fn new(limits: Limits) -> Cache {
        Cache {
            limits,
            ..Cache::default()
        }
    }

    /// What lies at `path` in `directory`.
    pub(super) fn open(&mut self, directory: &Directory, path: &str, profile: &Profile) -> Found {
        if let Some(resource) = self.entries.get(path) {
            if resource.is_current() {
                return Found::File(Arc::clone(resource));
            }
            self.forget(path);
        }
        let largest = self.limits.file;
        let look = || directory.open_file(path, profile, |file, id| small_content(file, id, largest));
        let mut found = look();
        if matches!(found, Found::Unavailable) && !self.entries.is_empty() {
            self.clear();
            found = look();
        }
        if let Found::File(resource) = &found {
            self.keep(path, resource);
        }
        found
    }

    /// Closes all files but those that are being sent.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    fn keep(&mut self, path: &str, resource: &Arc<Resource>) {
        let bytes = held(resource);
        if resource.place.is_none() || self.limits.files == 0 || bytes > self.limits.bytes || just_changed(&resource.id)
        {
            return;
        }
        while self.entries.len() >= self.limits.files || self.bytes + bytes > self.limits.bytes {
            // The map's order is random: as good as any for a site larger than the cache, and it costs nothing.
            let Some(other) = self.entries.keys().next().cloned() else {
                break;
            };
            self.forget(&other);
        }
        self.bytes += bytes;
        self.entries.insert(path.to_owned(), Arc::clone(resource));
    }

    fn forget(&mut self, path: &str) {
        if let Some(resource) = self.entries.remove(path) {
            self.bytes -= held(&resource);
        }
    }
}

fn held(resource: &Resource) -> usize {
    match &resource.content {
        Content::Bytes(bytes) => bytes.len(),
        Content::File(_) | Content::Static(_) => 0,
    }
}

/// Whether the file changed so lately that another change could leave the same times behind: file systems tell times in
/// steps of up to a clock tick, which is at most 10 ms on Unix and 15.6 ms on Windows; some tell whole seconds or two.
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

/// The content of a small file, if it has exactly the size that was announced.
fn small_content(file: &File, id: &FileId, largest: usize) -> Option<Arc<[u8]>> {
    let size = usize::try_from(id.size).ok().filter(|size| *size <= largest)?;
    if just_changed(id) {
        return None;
    }
    let mut content = Vec::with_capacity(size + 1);
    file.take(id.size + 1).read_to_end(&mut content).ok()?;
    (content.len() == size && FileId::of(file, &file.metadata().ok()?) == *id).then(|| content.into())
}
