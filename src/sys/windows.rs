//! Windows.

use crate::files::FileId;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Units of 100 ns between 1601, where Windows counts from, and 1970.
const EPOCH: i128 = 116_444_736_000_000_000;

/// Which version of which file `metadata` is about. Windows tells device and file number of open files only, and the
/// standard library not at all: the creation time stands in for them.
pub(crate) fn file_id(metadata: &Metadata) -> FileId {
    let written = (i128::from(metadata.last_write_time()) - EPOCH) * 100;
    FileId {
        device: 0,
        inode: metadata.creation_time(),
        size: metadata.file_size(),
        mtime_secs: i64::try_from(written.div_euclid(1_000_000_000)).unwrap_or(0),
        mtime_nanos: u32::try_from(written.rem_euclid(1_000_000_000)).unwrap_or(0),
        ctime_nanos: written,
    }
}

/// Opens a file for reading, and lets others write, rename and delete it meanwhile.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    const SHARE_ALL: u32 = 0x1 | 0x2 | 0x4;
    OpenOptions::new().read(true).share_mode(SHARE_ALL).open(path)
}

/// Reads at an offset.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

/// There is no such limit on Windows.
pub(crate) fn raise_file_limit() {}

/// There is none.
pub(crate) fn file_limit() -> Option<u64> {
    None
}

/// Something that has a handle.
pub(crate) trait Descriptor {}
impl<T> Descriptor for T {}

/// Handles are not numbered so that their numbers would tell anything.
pub(crate) fn number(_: &impl Descriptor) -> u64 {
    0
}

/// As if there were always room.
pub(crate) fn lowest_free(_: &impl Descriptor) -> Option<u64> {
    Some(0)
}

/// Whether this process has no handle left: ERROR_TOO_MANY_OPEN_FILES.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    error.raw_os_error() == Some(4)
}

/// Windows cannot hold back segments on demand.
pub(crate) fn cork<S>(_: &S, _: bool) {}
