//! Linux, macOS and other Unix systems.

use labserve_core::facts::FileId;
use socket2::Socket;
use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The identity and version of an open file with this metadata.
pub(crate) fn file_id(_: &File, metadata: &Metadata) -> FileId {
    id_from(metadata)
}

/// The identity and version of the file at `path`.
pub(crate) fn file_id_at(path: &Path) -> io::Result<FileId> {
    std::fs::metadata(path).map(|metadata| id_from(&metadata))
}

fn id_from(metadata: &Metadata) -> FileId {
    FileId {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        mtime_secs: metadata.mtime(),
        mtime_nanos: u32::try_from(metadata.mtime_nsec()).unwrap_or(0),
        ctime_nanos: i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec()),
    }
}

/// Flags for opening a file: never wait, so that a FIFO does not block, and fail if the file has become a link since
/// its path was resolved.
pub(super) const OPEN_FLAGS: libc::c_int = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW;

/// Opens a file for reading by its resolved path, which contains no link.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    match super::linux::open_without_links(path) {
        // Kernels before 5.6 do not have the call, and some sandboxes forbid it.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {}
        opened => return opened,
    }
    OpenOptions::new().read(true).custom_flags(OPEN_FLAGS).open(path)
}

/// Opens a file for reading. A pipe without a writer does not keep the caller waiting.
pub(crate) fn open_without_waiting(path: &Path) -> io::Result<File> {
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Number of files that a worker thread keeps open between requests. On Unix, a file can be replaced while it is open.
pub(crate) const KEPT_OPEN: usize = 256;

/// Reads at an offset, without moving the file's position.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Raises the limit on this process's descriptors to the maximum that the system allows.
#[allow(unsafe_code, reason = "a call of the operating system")]
pub(crate) fn raise_file_limit() {
    let Some(limit) = limits().filter(|limit| limit.rlim_cur < limit.rlim_max) else {
        return;
    };
    let raised = libc::rlimit {
        rlim_cur: limit.rlim_max,
        ..limit
    };
    // SAFETY: the call reads one rlimit, which is on this stack. A failure changes nothing.
    unsafe {
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const raised);
    }
}

/// The limit on this process's descriptors; `None` if there is none.
#[allow(clippy::unnecessary_cast, reason = "the type of the number differs between systems")]
pub(crate) fn file_limit() -> Option<u64> {
    limits()
        .filter(|limit| limit.rlim_cur != libc::RLIM_INFINITY)
        .map(|limit| limit.rlim_cur as u64)
}

#[allow(unsafe_code, reason = "a call of the operating system")]
fn limits() -> Option<libc::rlimit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call writes one rlimit, which is on this stack. A failure leaves it unchanged.
    let done = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    (done == 0).then_some(limit)
}

/// An object with a file descriptor.
pub trait Descriptor: AsFd {}
impl<T: AsFd> Descriptor for T {}

/// The number of a descriptor. It was the lowest free one when the descriptor was opened.
pub(crate) fn number(of: &impl Descriptor) -> u64 {
    u64::try_from(of.as_fd().as_raw_fd()).unwrap_or(0)
}

/// The lowest free descriptor number, found by duplicating `any` descriptor; `None` if there is none.
pub(crate) fn lowest_free(any: &impl Descriptor) -> Option<u64> {
    any.as_fd()
        .try_clone_to_owned()
        .ok()
        .and_then(|copy| u64::try_from(copy.as_raw_fd()).ok())
}

/// A file name, or several joined by `/`. On Unix, any bytes are valid; `None` on systems where they are not.
pub(crate) fn file_name(bytes: &[u8]) -> Option<&Path> {
    Some(Path::new(OsStr::from_bytes(bytes)))
}

/// Whether a path could not be followed because symbolic links lead to each other.
pub(crate) fn is_link_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

/// Whether an open failed because this process, or the system, has no descriptor left.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Whether an open failed because another program has exclusive access to the file. This cannot happen on Unix.
pub(crate) fn is_locked(_: &io::Error) -> bool {
    false
}

/// Makes sure that the address that this socket is bound to is exclusive. No other server can share it. Connections of
/// an earlier server in TIME_WAIT do not prevent the bind.
pub(crate) fn claim_address(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Whether the system shows its menus in Chinese. On Unix, the locale variables tell the language.
pub fn shows_chinese() -> bool {
    false
}

/// Whether this output shows ANSI colours. Every terminal on Unix does.
pub fn shows_colour<T>(_: &T) -> bool {
    true
}

/// Holds back partial segments, or releases them: TCP_CORK (tcp(7)). The system releases them after 200 ms, and before
/// FIN. Linux only. Elsewhere nothing is held back.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn cork(socket: &impl AsFd, on: bool) {
    // This fails if the connection was reset. Then there is nothing to hold back.
    let _ = socket2::SockRef::from(socket).set_tcp_cork(on);
}

/// Maximum segment size of the connection in bytes (TCP_MAXSEG); 0 if the system does not report it. On systems
/// without [`cork`] it is the maximum number.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn segment(socket: &impl AsFd) -> u32 {
    socket2::SockRef::from(socket).tcp_mss().unwrap_or(0)
}

/// Only Linux holds back segments on demand.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn cork<S>(_: &S, _: bool) {}

/// The maximum number, because this system has no [`cork`].
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn segment<S>(_: &S) -> u32 {
    u32::MAX
}
