//! A directory as document root.

use super::Found;
use super::path::is_unsafe_on_windows;
use super::resource::{Content, FileId, Resource};
use crate::profile::Profile;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A directory whose files are served.
#[derive(Clone, Debug)]
pub struct Directory {
    /// As it was named.
    named: PathBuf,
    /// The same, made absolute: what a checksum of a file's path is taken of.
    shown: PathBuf,
    /// As the system resolves it, so that what lies below it can be told.
    real: PathBuf,
    follow_symlinks: bool,
    names: Vec<String>,
}

impl Directory {
    /// Opens a document root. With `follow_symlinks`, links may lead out of it.
    ///
    /// # Errors
    /// It does not exist, is no directory, or cannot be read.
    pub fn open(path: &Path, follow_symlinks: bool) -> io::Result<Directory> {
        let real = path.canonicalize()?;
        std::fs::read_dir(&real)?;
        let shown = std::path::absolute(path)?;
        let names = shown.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        Ok(Directory {
            named: path.to_owned(),
            names: names.collect(),
            shown,
            real,
            follow_symlinks,
        })
    }

    /// Its path, name by name.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The directory, as it was named.
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// The place of `path` in the file system; `None` if its names cannot be handed to this system.
    pub(super) fn full(&self, path: &str) -> Option<PathBuf> {
        if cfg!(windows) && path.split('/').any(is_unsafe_on_windows) && !path.is_empty() {
            return None;
        }
        Some(if path.is_empty() {
            self.real.clone()
        } else {
            self.real.join(path)
        })
    }

    /// What lies at `path`, opened if it is a file. `keep` may take the file's content into memory.
    pub(super) fn open_file(
        &self,
        path: &str,
        profile: &Profile,
        keep: impl FnOnce(&File, &FileId) -> Option<Arc<[u8]>>,
    ) -> Found {
        let Some(full) = self.full(path) else {
            return Found::Missing;
        };
        let (full, metadata, is_exact) = match std::fs::metadata(&full) {
            Ok(metadata) => (full, metadata, true),
            Err(error) if error.kind() == ErrorKind::NotFound && profile.files.ignore_case => match self.any_case(path)
            {
                Some((full, metadata)) => (full, metadata, false),
                None => return Found::Missing,
            },
            Err(error) => return not_there(&error),
        };
        if metadata.is_dir() {
            return if path.is_empty() || self.is_inside(&full) {
                Found::Directory
            } else {
                Found::Missing
            };
        }
        if !metadata.is_file() {
            // Never opened: opening a FIFO or a device may block, or do something.
            return Found::Special;
        }
        let Some(real) = self.resolved(&full) else {
            return Found::Missing;
        };
        match crate::sys::open_for_reading(&real).and_then(|file| Ok((file.metadata()?, file))) {
            Ok((metadata, file)) if metadata.is_file() => {
                let id = FileId::of(&metadata);
                let content = match keep(&file, &id) {
                    Some(bytes) => Content::Bytes(bytes),
                    None => Content::File(Arc::new(file)),
                };
                let resource = Resource::new(path, &self.shown.join(path), content, id, profile);
                // A name found in another spelling is not kept: the exact one may appear at any time.
                let place = is_exact.then_some(full);
                Found::File(Arc::new(Resource { place, ..resource }))
            }
            // It was replaced between the two looks.
            Ok(_) => Found::Special,
            Err(error) => not_there(&error),
        }
    }

    fn is_inside(&self, full: &Path) -> bool {
        self.resolved(full).is_some()
    }

    /// What `full` really names, if that lies below the root or links may lead out of it.
    fn resolved(&self, full: &Path) -> Option<PathBuf> {
        let real = full.canonicalize().ok()?;
        (self.follow_symlinks || real.starts_with(&self.real)).then_some(real)
    }

    /// Looks a path up without regard to case, name by name.
    fn any_case(&self, path: &str) -> Option<(PathBuf, Metadata)> {
        let mut full = self.real.clone();
        for name in path.split('/') {
            let exact = full.join(name);
            full = if exact.symlink_metadata().is_ok() {
                exact
            } else {
                let lower = name.to_lowercase();
                let entries = std::fs::read_dir(&full).ok()?;
                entries
                    .flatten()
                    .find(|entry| entry.file_name().to_str().is_some_and(|n| n.to_lowercase() == lower))?
                    .path()
            };
        }
        let metadata = std::fs::metadata(&full).ok()?;
        Some((full, metadata))
    }
}

fn not_there(error: &io::Error) -> Found {
    if crate::sys::is_out_of_descriptors(error) {
        return Found::Unavailable;
    }
    match error.kind() {
        ErrorKind::PermissionDenied => Found::Denied,
        ErrorKind::NotADirectory => Found::BehindFile,
        ErrorKind::InvalidFilename => Found::TooLong,
        _ => Found::Missing,
    }
}
