//! Linux, macOS and other Unix systems.

use crate::files::FileId;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Which version of which file `metadata` is about.
pub(crate) fn file_id(metadata: &Metadata) -> FileId {
    FileId {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        mtime_secs: metadata.mtime(),
        mtime_nanos: u32::try_from(metadata.mtime_nsec()).unwrap_or(0),
        ctime_nanos: i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec()),
    }
}

/// How a file is opened: without ever waiting, so that what turns out to be a FIFO does not block, and not if it has become
/// a link since its path was resolved.
pub(super) const OPEN_FLAGS: libc::c_int = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW;

/// Opens a file for reading by its resolved path, in which no name is a link's.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    match super::linux::open_without_links(path) {
        // Kernels before 5.6 do not know the call, and sandboxes forbid it.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {}
        opened => return opened,
    }
    OpenOptions::new().read(true).custom_flags(OPEN_FLAGS).open(path)
}

/// Reads at an offset, without moving the file's own position.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Raises the number of files that this process may have open as far as the system lets it.
#[allow(unsafe_code)]
pub(crate) fn raise_file_limit() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: both calls read or write one rlimit that lives on this stack; a failure leaves it as it was.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// Holds back segments that are not full, or lets them go: TCP_CORK (tcp(7)). The system itself lets them go after
/// 200 ms, and with FIN. Only Linux has it; elsewhere nothing is held back.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(unsafe_code)]
pub(crate) fn cork(socket: &impl std::os::fd::AsRawFd, on: bool) {
    let value = libc::c_int::from(on);
    // SAFETY: the option's value is one int that lives on this stack; the descriptor is open while `socket` is borrowed.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_CORK,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        );
    }
}

/// Only Linux holds back segments on demand.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn cork<S>(_: &S, _: bool) {}
