//! Linux: file content goes from the page cache to the socket without passing through this process.

use socket2::SockRef;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

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
