//! What a decision needs to know about a file, as plain data.
//!
//! The caller reads the file system and passes the values in, so that decisions are pure.

use crate::digest::Digest;
use crate::modified::Modified;
use crate::profile::types::MediaTypes;
use crate::profile::{About, Precompressed};
use std::sync::{Arc, OnceLock};

/// The identity of one version of a file. Two equal values mean that the file has not changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileId {
    /// The device that holds the file (`st_dev`, or the volume serial number on Windows).
    pub device: u64,
    /// The file's number on that device (`st_ino`, or the file index on Windows).
    pub inode: u64,
    /// The size in bytes.
    pub size: u64,
    /// The modification time in whole seconds since 1970-01-01 UTC. Negative for earlier times.
    pub mtime_secs: i64,
    /// The fraction of the modification time in nanoseconds, 0 to 999,999,999.
    pub mtime_nanos: u32,
    /// The time of the last metadata change, in nanoseconds since 1970-01-01 UTC.
    pub ctime_nanos: i128,
}

impl FileId {
    /// The modification time.
    pub fn modified(&self) -> Modified {
        Modified {
            secs: self.mtime_secs,
            nanos: self.mtime_nanos,
        }
    }
}

/// Everything about a file that a response may contain.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// The path below the root: decoded names, joined by `/`. Any bytes: a name need not be UTF-8.
    pub path: Vec<u8>,
    /// The version of the file that these facts are about.
    pub id: FileId,
    /// The value of Content-Type; empty if the response has no such field.
    pub content_type: String,
    /// The content coding that the file's name implies, such as `gzip` for `a.tar.gz`; empty for none.
    pub named_coding: String,
    /// The Adler-32 checksum of the file's absolute path. Some servers put it into the entity tag.
    pub path_adler32: u32,
    /// The content coding of the bytes, if this is a precompressed sibling of the requested file.
    pub coding: Option<Precompressed>,
    /// Whether precompressed siblings exist, so that the response depends on Accept-Encoding and needs Vary.
    pub negotiated: bool,
    /// The digests of the content that the profile asks for; see [`crate::render::with_digests`].
    pub digests: Digests,
    cached_fields: OnceLock<CachedFields>,
}

/// Digests of one version of a file. Empty for most profiles.
#[derive(Clone, Debug, Default)]
pub struct Digests(Option<Arc<[KnownDigest]>>);

/// A digest, and its text.
type KnownDigest = ((About, Digest), Box<[u8]>);

impl Digests {
    /// The text of a digest, if it is known.
    pub fn get(&self, about: About, digest: Digest) -> Option<&[u8]> {
        let mut known = self.0.iter().flat_map(|known| known.iter());
        known
            .find(|(which, _)| *which == (about, digest))
            .map(|(_, text)| &**text)
    }
}

impl FromIterator<KnownDigest> for Digests {
    fn from_iter<I: IntoIterator<Item = KnownDigest>>(known: I) -> Self {
        Self(Some(known.into_iter().collect()))
    }
}

/// Field values that are the same in every response about a file, rendered once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CachedFields {
    /// The entity tag, without the `W/` that recently modified files get; `None` if the profile sends no tag.
    pub etag: Option<Box<[u8]>>,
    /// The value of Last-Modified of a file that is not from the future; `None` if the profile sends none.
    pub last_modified: Option<[u8; 29]>,
}

impl FileFacts {
    /// Collects the facts about the file at `path` below the root.
    ///
    /// `path_adler32` is the Adler-32 checksum of the file's absolute path. The media type follows from the name and
    /// `types`.
    pub fn new(path: &[u8], path_adler32: u32, id: FileId, types: &MediaTypes) -> Self {
        let (content_type, named_coding) = types.of(path);
        Self {
            path: path.to_owned(),
            id,
            content_type,
            named_coding,
            path_adler32,
            coding: None,
            negotiated: false,
            digests: Digests::default(),
            cached_fields: OnceLock::new(),
        }
    }

    /// The rendered field values. `render` is called at most once, so it must not depend on anything but the file.
    pub fn cached_fields(&self, render: impl FnOnce() -> CachedFields) -> &CachedFields {
        self.cached_fields.get_or_init(render)
    }

    /// The file's name, without directories.
    pub fn name(&self) -> &[u8] {
        last_name(&self.path)
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.id.size
    }

    /// The facts about a precompressed sibling that is served instead of `plain`: the sibling's bytes and validators,
    /// with the path and media type of the plain file.
    #[must_use]
    pub fn as_coded(&self, plain: &Self, coding: Precompressed) -> Self {
        Self {
            coding: Some(coding),
            negotiated: true,
            content_type: plain.content_type.clone(),
            path: plain.path.clone(),
            cached_fields: OnceLock::new(),
            ..self.clone()
        }
    }

    /// The same facts for a file that has precompressed siblings, none of which the client accepts.
    #[must_use]
    pub fn as_negotiated(&self) -> Self {
        Self {
            negotiated: true,
            cached_fields: OnceLock::new(),
            ..self.clone()
        }
    }
}

/// The last name of a path.
pub(crate) fn last_name(path: &[u8]) -> &[u8] {
    &path[memchr::memrchr(b'/', path).map_or(0, |at| at + 1)..]
}

/// The result of looking a path up.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file.
    File(Arc<FileFacts>),
    /// A file, but the path ended in a slash.
    FileWithSlash(Arc<FileFacts>),
    /// A directory, but the path did not end in a slash.
    Directory,
    /// A directory without an index file. The path ended in a slash.
    NoIndex,
    /// A directory without an index file, for a profile that has a response for it. The path did not end in a slash.
    DirectoryWithoutIndex,
    /// Nothing exists there.
    Missing,
    /// The server has no permission to search a directory on the way.
    Denied,
    /// A file that the server has no permission to read.
    Unreadable(Arc<FileFacts>),
    /// A directory with the name of an index file. The value is that name, as in `[files] index`.
    IndexDirectory(String),
    /// Nothing exists there: a symbolic link on the way leads nowhere.
    Dangling,
    /// Nothing exists there: symbolic links on the way lead to each other.
    LinkLoop,
    /// Nothing exists there: one of the names is longer than the file system allows.
    TooLong,
    /// The path continues after the name of a file, as in `/index.html/more`.
    PathAfterFile,
    /// Neither a file nor a directory, such as a FIFO or a device.
    Special,
    /// A file that cannot be opened at the moment: no descriptor is left, or another program has locked it.
    Unavailable,
}
