//! Linux: file content is sent from the page cache without a copy through this process, and a path is opened only if
//! it contains no link.

use socket2::SockRef;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Maximum number of bytes in one call. A call of this size takes about 0.4 ms, in which the worker thread cannot
/// serve its other connections.
const LARGEST: usize = 2 << 20;

/// Sends up to `length` bytes of `file` from `offset`. Returns the number of bytes that the socket accepted; 0 at the
/// end of the file.
#[allow(unsafe_code, reason = "a call of the operating system")]
pub(crate) fn send_file(socket: &impl AsFd, file: &File, offset: u64, length: usize) -> io::Result<usize> {
    let mut offset = libc::off64_t::try_from(offset).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let (socket, file) = (socket.as_fd().as_raw_fd(), file.as_raw_fd());
    // SAFETY: both descriptors are borrowed during the call, and the offset is on this stack.
    let sent = unsafe { libc::sendfile64(socket, file, &raw mut offset, length.min(LARGEST)) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Sends bytes that are followed by more at once, so that the kernel puts both into the same segments.
pub(crate) fn send_more(socket: &impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    SockRef::from(socket).send_with_flags(bytes, libc::MSG_MORE)
}

/// Opens a file for reading, unless a name in its path has become a link (openat2(2)). A path that has been resolved
/// then leads to the same file as before, or nowhere.
#[allow(unsafe_code, reason = "a call of the operating system")]
pub(crate) fn open_without_links(path: &Path) -> io::Result<File> {
    /// `struct open_how`.
    #[repr(C)]
    struct How {
        flags: u64,
        mode: u64,
        resolve: u64,
    }
    let path = CString::new(path.as_os_str().as_bytes())?;
    let how = How {
        flags: (libc::O_RDONLY | libc::O_CLOEXEC | super::unix::OPEN_FLAGS) as u64,
        mode: 0,
        resolve: libc::RESOLVE_NO_SYMLINKS,
    };
    // SAFETY: the path ends in NUL, `how` has the layout that the kernel expects, and both outlive the call.
    let descriptor = unsafe {
        libc::syscall(
            libc::SYS_openat2,
            libc::AT_FDCWD,
            path.as_ptr(),
            &raw const how,
            size_of::<How>(),
        )
    };
    match i32::try_from(descriptor) {
        // SAFETY: the call has just returned this descriptor, so nothing else owns it.
        Ok(descriptor @ 0..) => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }.into()),
        _ => Err(io::Error::last_os_error()),
    }
}
