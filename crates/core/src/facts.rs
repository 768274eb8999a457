//! What there is to know of a file before it is answered with: plain data, gathered by whoever can look at it.
//!
//! Knows no file system: the numbers and the path are handed in.

use crate::profile::Precompressed;
use crate::profile::types::MediaTypes;
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

/// Everything about a file that a reply may say.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// Its path below the root.
    pub path: String,
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

impl FileFacts {
    /// Of the file at `path` below the root, whose path on this machine has this checksum.
    pub fn new(path: &str, path_adler32: u32, id: FileId, types: &MediaTypes) -> FileFacts {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (content_type, named_coding) = types.of(name);
        FileFacts {
            path: path.to_owned(),
            id,
            content_type,
            named_coding,
            path_adler32,
            coding: None,
            negotiated: false,
            written: OnceLock::new(),
        }
    }

    /// What replies say of it. `write` must say the same each time; it is asked once.
    pub fn written(&self, write: impl FnOnce() -> Written) -> &Written {
        self.written.get_or_init(write)
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
    pub fn as_coded(&self, plain: &FileFacts, coding: Precompressed) -> FileFacts {
        FileFacts {
            coding: Some(coding),
            negotiated: true,
            content_type: plain.content_type.clone(),
            path: plain.path.clone(),
            written: OnceLock::new(),
            ..self.clone()
        }
    }

    /// The same, marked as one of several.
    pub fn as_negotiated(&self) -> FileFacts {
        FileFacts {
            negotiated: true,
            written: OnceLock::new(),
            ..self.clone()
        }
    }
}

/// What was found at a path.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file.
    File(Arc<FileFacts>),
    /// A file, though the path ended in a slash.
    FileWithSlash(Arc<FileFacts>),
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
    PathAfterFile,
    /// Neither a file nor a directory.
    Special,
    /// A file that cannot be opened now: no descriptor is left, or another program keeps it for itself.
    Unavailable,
}
