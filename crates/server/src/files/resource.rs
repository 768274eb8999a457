//! A file that can be sent: its facts, and the source of its bytes.

use crate::sys::file_id;
use labserve_core::facts::{FileFacts, FileId};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;

/// The source of a file's bytes.
#[derive(Clone, Debug)]
pub enum Content {
    /// An open file.
    File(Arc<File>),
    /// Bytes in memory: the content of a small file, which is known to belong to this version of the file.
    Bytes(Arc<[u8]>),
    /// Bytes inside the program.
    Static(&'static [u8]),
}

/// How many bytes of a file to read at a time. It is less than the processor's caches hold.
const PIECE: usize = 64 << 10;

impl Content {
    /// Passes the first `size` bytes to `take`, piece by piece.
    ///
    /// # Errors
    /// They cannot be read, or there are fewer.
    pub(super) fn read(&self, size: u64, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let file = match self {
            Self::File(file) => file,
            Self::Bytes(bytes) => {
                take(bytes);
                return Ok(());
            }
            Self::Static(bytes) => {
                take(bytes);
                return Ok(());
            }
        };
        let mut piece = vec![0; PIECE];
        let mut at = 0;
        while at < size {
            let wanted = usize::try_from(size - at).map_or(PIECE, |left| left.min(PIECE));
            match crate::sys::read_at(file, &mut piece[..wanted], at) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    take(&piece[..count]);
                    at += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A file that can be sent.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The facts about it that a response may contain.
    pub facts: Arc<FileFacts>,
    /// Its bytes.
    pub content: Content,
    /// The path at which to check whether it is still the same file; `None` if that is unnecessary or impossible.
    pub place: Option<PathBuf>,
}

impl Resource {
    /// Whether its path still names the same version of the same file.
    pub(super) fn is_current(&self) -> bool {
        let now = self.place.as_ref().and_then(|place| crate::sys::file_id_at(place).ok());
        now == Some(self.facts.id)
    }

    /// Whether the open file still has the bytes that it was opened with, judged by its size and modification time.
    /// This holds for a file that was replaced or deleted since. It does not hold for one that was written to, even if
    /// only at its end.
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
