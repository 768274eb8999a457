//! Linux, macOS and other Unix systems.

use labserve_core::facts::FileId;
use socket2::Socket;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Which version of which file this is, open with this metadata.
pub(crate) fn file_id(_: &File, metadata: &Metadata) -> FileId {
    told_by(metadata)
}

/// Which version of which file lies at `path`.
pub(crate) fn file_id_at(path: &Path) -> io::Result<FileId> {
    std::fs::metadata(path).map(|metadata| told_by(&metadata))
}

fn told_by(metadata: &Metadata) -> FileId {
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

/// How many files a worker keeps open between requests: whoever replaces one does not notice.
pub(crate) const KEPT_OPEN: usize = 256;

/// Reads at an offset, without moving the file's own position.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Raises the number of descriptors that this process may have as far as the system lets it.
#[allow(unsafe_code)]
pub(crate) fn raise_file_limit() {
    let Some(limit) = limits().filter(|limit| limit.rlim_cur < limit.rlim_max) else {
        return;
    };
    let raised = libc::rlimit {
        rlim_cur: limit.rlim_max,
        ..limit
    };
    // SAFETY: the call reads one rlimit that lives on this stack; a failure changes nothing.
    unsafe {
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const raised);
    }
}

/// How many descriptors this process may have; `None` if any number.
#[allow(clippy::unnecessary_cast)] // the type of the number differs between systems
pub(crate) fn file_limit() -> Option<u64> {
    limits()
        .filter(|limit| limit.rlim_cur != libc::RLIM_INFINITY)
        .map(|limit| limit.rlim_cur as u64)
}

#[allow(unsafe_code)]
fn limits() -> Option<libc::rlimit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call writes one rlimit that lives on this stack; a failure leaves it as it was.
    let done = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    (done == 0).then_some(limit)
}

/// Something that has a descriptor.
pub(crate) trait Descriptor: AsFd {}
impl<T: AsFd> Descriptor for T {}

/// The number of a descriptor: it was the lowest that was free when it was opened.
pub(crate) fn number(of: &impl Descriptor) -> u64 {
    u64::try_from(of.as_fd().as_raw_fd()).unwrap_or(0)
}

/// The lowest number that is free, found by duplicating `any` descriptor; `None` if there is none.
pub(crate) fn lowest_free(any: &impl Descriptor) -> Option<u64> {
    any.as_fd()
        .try_clone_to_owned()
        .ok()
        .and_then(|copy| u64::try_from(copy.as_raw_fd()).ok())
}

/// Whether something could not be opened because this process, or the system, has no descriptor left.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Whether a file could not be opened because another program keeps it for itself. On Unix none can.
pub(crate) fn is_taken(_: &io::Error) -> bool {
    false
}

/// Makes sure that an address that this socket is bound to is its own: no other server can share it, and connections of an
/// earlier one that rest in TIME_WAIT do not keep it from this one.
pub(crate) fn claim_address(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Whether what a person reads here shows ANSI colours. Every terminal does.
pub fn shows_colour<T>(_: &T) -> bool {
    true
}

/// Holds back segments that are not full, or lets them go: TCP_CORK (tcp(7)). The system itself lets them go after
/// 200 ms, and with FIN. Only Linux has it; elsewhere nothing is held back.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn cork(socket: &impl std::os::fd::AsFd, on: bool) {
    // What has been reset has nothing left to hold back.
    let _ = socket2::SockRef::from(socket).set_tcp_cork(on);
}

/// How many bytes a segment of the connection holds at most (TCP_MAXSEG); where nothing can be held back, any number. 0 if
/// the system does not say.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn segment(socket: &impl std::os::fd::AsFd) -> u32 {
    socket2::SockRef::from(socket).tcp_mss().unwrap_or(0)
}

/// Only Linux holds back segments on demand.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn cork<S>(_: &S, _: bool) {}

/// Nothing is held back until a segment is full.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn segment<S>(_: &S) -> u32 {
    u32::MAX
}
