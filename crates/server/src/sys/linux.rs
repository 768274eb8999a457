//! Linux: file content goes from the page cache to the socket without passing through this process, and a path is opened
//! only if no name in it is a link's.

use socket2::SockRef;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The most bytes of one call: more would keep a worker from its other connections (about 0.4 ms a call at this size).
const LARGEST: usize = 2 << 20;

/// Sends up to `length` bytes of `file` from `offset` on. Returns how many the socket took; 0 at the file's end.
#[allow(unsafe_code)]
pub(crate) fn send_file(socket: &impl AsFd, file: &File, offset: u64, length: usize) -> io::Result<usize> {
    let mut offset = libc::off64_t::try_from(offset).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let (socket, file) = (socket.as_fd().as_raw_fd(), file.as_raw_fd());
    // SAFETY: both descriptors are borrowed for the length of the call, and the offset lives on this stack.
    let sent = unsafe { libc::sendfile64(socket, file, &raw mut offset, length.min(LARGEST)) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Sends bytes that more follow on at once, so that the kernel puts both into the same segments.
pub(crate) fn send_more(socket: &impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    SockRef::from(socket).send_with_flags(bytes, libc::MSG_MORE)
}

/// Opens a file for reading, unless a name in its path has become a link's (openat2(2)): a path that was resolved leads to
/// where it led then, or nowhere.
#[allow(unsafe_code)]
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
    // SAFETY: the path ends in NUL and `how` is laid out as the kernel has it; both live until the call returns.
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
        // SAFETY: the call has just made this descriptor, and nobody else has it.
        Ok(descriptor @ 0..) => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }.into()),
        _ => Err(io::Error::last_os_error()),
    }
}
