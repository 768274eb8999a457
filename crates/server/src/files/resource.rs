//! A file that can be sent: its facts, and where its bytes come from.

use crate::sys::file_id;
use labserve_core::facts::{FileFacts, FileId};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a file's bytes come from.
#[derive(Clone, Debug)]
pub enum Content {
    /// An open file.
    File(Arc<File>),
    /// Bytes in memory: a small file's, known to be those of this version, or the demo site's.
    Bytes(Arc<[u8]>),
    /// Bytes inside the program.
    Static(&'static [u8]),
}

/// A file that can be sent.
#[derive(Clone, Debug)]
pub struct Resource {
    /// What replies may say of it.
    pub facts: Arc<FileFacts>,
    /// Its bytes.
    pub content: Content,
    /// Where it is found again in the file system, to see whether it is still the same; `None` if it need not or cannot
    /// be.
    pub place: Option<PathBuf>,
}

impl Resource {
    /// Whether its place still holds the same version of the same file.
    pub(super) fn is_current(&self) -> bool {
        let now = self.place.as_ref().and_then(|place| crate::sys::file_id_at(place).ok());
        now == Some(self.facts.id)
    }

    /// Whether its open file still holds the bytes that it was opened with, as far as its size and its time of modification
    /// tell. A file that was replaced or deleted since does; one that was written to does not, be it only to its end.
    pub fn is_unchanged(&self) -> bool {
        let Content::File(file) = &self.content else {
            return true;
        };
        file.metadata().is_ok_and(|metadata| {
            let now = file_id(file, &metadata);
            let version = |id: &FileId| (id.size, id.mtime_secs, id.mtime_nanos);
            version(&now) == version(&self.facts.id)
        })
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.facts.size()
    }
}
