//! A directory as document root.

use super::Opened;
use super::resource::{Content, Resource};
use labserve_core::facts::{FileFacts, FileId};
use labserve_core::http1::text;
use labserve_core::path::NameRules;
use labserve_core::profile::{DirectoryPermission, Profile};
use labserve_core::render::with_digests;
use std::fs::{DirEntry, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A directory whose files are served.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The path as given.
    named: PathBuf,
    /// The same path, made absolute. Checksums of file paths are computed from it.
    shown: PathBuf,
    /// The path as resolved by the system, so that paths can be checked to be below it.
    real: PathBuf,
    follow_symlinks: bool,
    names: Vec<String>,
    rules: NameRules,
}

/// Maximum length of a name and of a path on Linux, in bytes. Other systems have other limits. A file that exists is
/// served even if its name is longer.
const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 4095;

impl Directory {
    /// Opens a document root. With `follow_symlinks`, links may lead out of it.
    ///
    /// # Errors
    /// It does not exist, is not a directory, or cannot be read.
    pub fn open(path: &Path, follow_symlinks: bool) -> io::Result<Self> {
        let real = path.canonicalize()?;
        std::fs::read_dir(&real)?;
        let shown = std::path::absolute(path)?;
        let names = shown.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        Ok(Self {
            named: path.to_owned(),
            names: names.collect(),
            shown,
            real,
            follow_symlinks,
            rules: NameRules::HERE,
        })
    }

    /// The same directory, with the name rules of another system.
    #[cfg(test)]
    pub(crate) fn with_rules(self, rules: NameRules) -> Self {
        Self { rules, ..self }
    }

    /// Its path as a list of names.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The path as given.
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// The full path of `path`; `None` if this system cannot have such a name.
    pub(super) fn full(&self, path: &[u8]) -> Option<PathBuf> {
        let name = crate::sys::file_name(path).filter(|_| self.rules.accepts(path))?;
        Some(match path {
            [] => self.real.clone(),
            _ => self.real.join(name),
        })
    }

    /// Whether the system denies this program a permission for the directory at `path`.
    pub(super) fn lacks(&self, path: &[u8], permission: DirectoryPermission) -> bool {
        let refused = |full: PathBuf| match permission {
            DirectoryPermission::Read => std::fs::read_dir(full).err(),
            DirectoryPermission::Search => std::fs::metadata(full.join(".")).err(),
        };
        let error = self.full(path).and_then(refused);
        error.is_some_and(|error| error.kind() == ErrorKind::PermissionDenied)
    }

    /// What exists at `path`, opened if it is a file. `keep` may read the content into memory.
    pub(super) fn open_file(
        &self,
        path: &[u8],
        profile: &Profile,
        keep: impl FnOnce(&File, &FileId) -> Option<Arc<[u8]>>,
    ) -> Opened {
        let ignore_case = profile.files.ignore_case;
        let Some(full) = self.full(path) else {
            return self.cause_of_absence(path, ignore_case, Opened::Missing);
        };
        let (full, metadata, is_exact) = match std::fs::metadata(&full) {
            Ok(metadata) => (full, metadata, true),
            Err(error) if error.kind() == ErrorKind::NotFound && ignore_case => match self.any_case(path) {
                Some((full, metadata)) => (full, metadata, false),
                None => return self.cause_of_absence(path, ignore_case, Opened::Missing),
            },
            Err(error) => {
                return match not_there(&error) {
                    Opened::Missing | Opened::PathAfterFile
                        if profile.files.dangling != profile.files.missing && has_dangling_link(&self.real, path) =>
                    {
                        Opened::Dangling
                    }
                    reported @ (Opened::Missing | Opened::TooLong) => {
                        self.cause_of_absence(path, ignore_case, reported)
                    }
                    found => found,
                };
            }
        };
        if metadata.is_dir() {
            return if path.is_empty() || self.resolved(path, &full, ignore_case).is_some() {
                Opened::Directory
            } else {
                Opened::Missing
            };
        }
        if !metadata.is_file() {
            // Never opened: opening a FIFO may block, and opening a device may have side effects.
            return Opened::Special;
        }
        let Some(real) = self.resolved(path, &full, ignore_case) else {
            return Opened::Missing;
        };
        match crate::sys::open_for_reading(&real).and_then(|file| Ok((file.metadata()?, file))) {
            Ok((metadata, file)) if metadata.is_file() => {
                let id = crate::sys::file_id(&file, &metadata);
                let content = match keep(&file, &id) {
                    Some(bytes) => Content::Bytes(bytes),
                    None => Content::File(Arc::new(file)),
                };
                let facts = with_digests(self.facts(path, id, profile), &profile.files, |take| {
                    content.read(id.size, take).ok()
                });
                Opened::File(Arc::new(Resource {
                    facts: Arc::new(facts),
                    content,
                    // A file found by another spelling is not kept, because the exact name may be created at any time.
                    place: is_exact.then_some(full),
                }))
            }
            // It was replaced between the two system calls.
            Ok(_) => Opened::Special,
            Err(error) => match (not_there(&error), crate::sys::file_id_at(&real)) {
                (Opened::Denied, Ok(id)) => Opened::Unreadable(Arc::new(self.facts(path, id, profile))),
                (found, _) => found,
            },
        }
    }

    fn facts(&self, path: &[u8], id: FileId, profile: &Profile) -> FileFacts {
        // The root may be given with a slash at its end, or be `/`.
        let root = self.shown.as_os_str().as_encoded_bytes();
        let shown = [root.strip_suffix(b"/").unwrap_or(root), path].join(&b'/');
        FileFacts::new(path, text::adler32(&shown), id, &profile.types)
    }

    /// The file that `path`, found at `full`, really names. `None` if it is outside the root and links may not lead
    /// out of it, or if `path` is not spelled as its directories list it.
    fn resolved(&self, path: &[u8], full: &Path, ignore_case: bool) -> Option<PathBuf> {
        let real = full.canonicalize().ok()?;
        let is_ours = self.follow_symlinks || real.starts_with(&self.real);
        (is_ours && self.is_spelled(path, &real, ignore_case)).then_some(real)
    }

    /// Whether `path`, which led to `real`, is spelled as its directories list it. A system that compares names loosely
    /// also finds a file by other spellings: in another case, or by its short 8.3 name. Those are not accepted.
    /// Otherwise a name that a profile refuses could be reached by another spelling, and a link could work here but on
    /// no other system.
    fn is_spelled(&self, path: &[u8], real: &Path, ignore_case: bool) -> bool {
        if self.rules == NameRules::Exact {
            return true;
        }
        // A system that compares names loosely has no names that are not UTF-8.
        let Ok(path) = std::str::from_utf8(path) else {
            return false;
        };
        if *real == self.real.join(path) {
            return true;
        }
        let listed = path.split('/').try_fold(self.real.clone(), |directory, name| {
            listed(&directory, name, ignore_case)
        });
        listed.is_some()
    }

    /// What the cause is when the system reports that nothing exists at `path`. Unix reports the cause, `reported`. On
    /// Windows the path is checked again, name by name, for the cause that Unix would have reported.
    fn cause_of_absence(&self, path: &[u8], ignore_case: bool, reported: Opened) -> Opened {
        if self.rules != NameRules::Windows {
            return reported;
        }
        if self.real.as_os_str().len() + "/".len() + path.len() > LONGEST_PATH {
            return Opened::TooLong;
        }
        for end in memchr::memchr_iter(b'/', path).chain([path.len()]) {
            let above = &path[..end];
            if above.len() - memchr::memrchr(b'/', above).map_or(0, |at| at + 1) > LONGEST_NAME {
                return Opened::TooLong;
            }
            let Some(full) = self.full(above) else {
                return Opened::Missing;
            };
            match std::fs::metadata(&full) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) if end < path.len() && self.resolved(above, &full, ignore_case).is_some() => {
                    return Opened::PathAfterFile;
                }
                _ => return Opened::Missing,
            }
        }
        Opened::Missing
    }

    /// Looks up a path without regard to case, name by name.
    fn any_case(&self, path: &[u8]) -> Option<(PathBuf, Metadata)> {
        let mut full = self.real.clone();
        for name in std::str::from_utf8(path).ok()?.split('/') {
            let exact = full.join(name);
            full = if exact.symlink_metadata().is_ok() {
                exact
            } else {
                listed(&full, name, true)?
            };
        }
        let metadata = std::fs::metadata(&full).ok()?;
        Some((full, metadata))
    }
}

/// The path of the entry that `directory` lists under a name.
fn listed(directory: &Path, name: &str, ignore_case: bool) -> Option<PathBuf> {
    let lower = name.to_lowercase();
    let is_it = |entry: &DirEntry| {
        let entry = entry.file_name();
        entry == *name || ignore_case && entry.to_str().is_some_and(|entry| entry.to_lowercase() == lower)
    };
    let mut entries = std::fs::read_dir(directory).ok()?.flatten();
    entries.find(is_it).map(|entry| entry.path())
}

/// Whether a name in `path` below `root` is a symbolic link whose target does not exist.
fn has_dangling_link(root: &Path, path: &[u8]) -> bool {
    for end in memchr::memchr_iter(b'/', path).chain([path.len()]) {
        let Some(full) = crate::sys::file_name(&path[..end]).map(|name| root.join(name)) else {
            return false;
        };
        match full.symlink_metadata() {
            Ok(found) if found.is_symlink() && !full.exists() => return true,
            Ok(_) => {}
            // If a name is missing, nothing below it exists.
            Err(_) => return false,
        }
    }
    false
}

fn not_there(error: &io::Error) -> Opened {
    if crate::sys::is_out_of_descriptors(error) || crate::sys::is_locked(error) {
        return Opened::Unavailable;
    }
    if crate::sys::is_link_loop(error) {
        return Opened::LinkLoop;
    }
    match error.kind() {
        ErrorKind::PermissionDenied => Opened::Denied,
        ErrorKind::NotADirectory => Opened::PathAfterFile,
        ErrorKind::InvalidFilename => Opened::TooLong,
        _ => Opened::Missing,
    }
}
