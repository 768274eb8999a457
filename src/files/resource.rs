//! A file that can be sent: open, with everything about it that a reply may say.

use crate::http::text;
use crate::profile::{Precompressed, Profile};
use std::fs::{File, Metadata};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileId {
    /// The file system's number for the device.
    pub device: u64,
    /// The file's number on it.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time: seconds since 1970.
    pub mtime_secs: i64,
    /// The nanoseconds of the same.
    pub mtime_nanos: u32,
    /// The time at which its metadata changed last, in nanoseconds since 1970.
    pub ctime_nanos: i128,
}

impl FileId {
    /// What the file system says of an open file.
    pub fn of(file: &File, metadata: &Metadata) -> FileId {
        crate::sys::file_id(file, metadata)
    }
}

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
    /// Its path below the root.
    pub path: String,
    /// Where it is found again in the file system, to see whether it is still the same; `None` if it need not or cannot
    /// be.
    pub place: Option<PathBuf>,
    /// Its bytes.
    pub content: Content,
    /// Which version of which file it is.
    pub id: FileId,
    /// Its Content-Type; empty for none.
    pub content_type: String,
    /// The content coding that its name ends in; empty for none.
    pub named_coding: String,
    /// The Adler-32 checksum of its path on this machine.
    pub path_adler32: u32,
    /// The content coding that its bytes are in.
    pub coding: Option<Precompressed>,
    /// Whether there are siblings in other codings.
    pub negotiated: bool,
    written: OnceLock<Written>,
}

/// What replies say of a file in the same words each time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its entity tag, without what makes it weak for a while; `None` if it has none.
    pub etag: Option<Box<[u8]>>,
    /// Its time of modification, as a field says it.
    pub last_modified: Box<[u8]>,
}

impl Resource {
    /// A resource at `path` below the root.
    pub fn new(path: &str, full_path: &std::path::Path, content: Content, id: FileId, profile: &Profile) -> Resource {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (content_type, named_coding) = profile.types.of(name);
        Resource {
            path: path.to_owned(),
            place: None,
            content,
            id,
            content_type,
            named_coding,
            path_adler32: text::adler32(full_path.as_os_str().as_encoded_bytes()),
            coding: None,
            negotiated: false,
            written: OnceLock::new(),
        }
    }

    /// The same, to be found again at `place`.
    pub(super) fn at(self, place: Option<PathBuf>) -> Resource {
        Resource { place, ..self }
    }

    /// What replies say of it. `write` must say the same each time; it is asked once.
    pub fn written(&self, write: impl FnOnce() -> Written) -> &Written {
        self.written.get_or_init(write)
    }

    /// Whether its place still holds the same version of the same file.
    pub(super) fn is_current(&self) -> bool {
        let now = self.place.as_ref().and_then(|place| crate::sys::file_id_at(place).ok());
        now == Some(self.id)
    }

    /// Whether its open file still holds the bytes that it was opened with, as far as its size and its time of modification
    /// tell. A file that was replaced or deleted since does; one that was written to does not, be it only to its end.
    pub fn is_unchanged(&self) -> bool {
        let Content::File(file) = &self.content else {
            return true;
        };
        file.metadata().is_ok_and(|metadata| {
            let now = FileId::of(file, &metadata);
            let version = |id: &FileId| (id.size, id.mtime_secs, id.mtime_nanos);
            version(&now) == version(&self.id)
        })
    }

    /// Its name, without directories.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.id.size
    }

    /// This sibling in place of `plain`: its bytes and validators, the other's type and name.
    pub(super) fn as_coded(&self, plain: &Resource, coding: Precompressed) -> Resource {
        Resource {
            coding: Some(coding),
            negotiated: true,
            content_type: plain.content_type.clone(),
            path: plain.path.clone(),
            written: OnceLock::new(),
            ..self.clone()
        }
    }

    /// The same, marked as one of several.
    pub(super) fn as_negotiated(&self) -> Resource {
        Resource {
            negotiated: true,
            written: OnceLock::new(),
            ..self.clone()
        }
    }
}

impl Precompressed {
    /// What a sibling's name ends in.
    pub fn ending(self) -> &'static str {
        match self {
            Precompressed::Br => ".br",
            Precompressed::Gzip => ".gz",
        }
    }

    /// The coding's name in Content-Encoding and Accept-Encoding.
    pub fn token(self) -> &'static str {
        match self {
            Precompressed::Br => "br",
            Precompressed::Gzip => "gzip",
        }
    }
}
