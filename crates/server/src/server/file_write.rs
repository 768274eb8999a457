//! One write of a response: as much of the head and the file as the socket accepts now.

use crate::files::{Content, Resource};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice};
#[cfg(target_os = "linux")]
use tokio::io::Interest;
use tokio::net::TcpStream;

/// From this size on, in bytes, a second system call costs less than copying the file content.
const SENDFILE_PAYS: usize = 16 << 10;

/// The most bytes of a file that are copied through memory at a time.
const COPIED_AT_ONCE: usize = 256 << 10;

/// Up to this size, in bytes, copying head and content into one buffer costs less than a write of two buffers.
const COPYING_PAYS: usize = 8 << 10;

thread_local! {
    /// The buffer in which a short head and its content are joined.
    static JOINED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// The buffer for file content. It is not kept across a wait: the content is read again afterwards.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum Error {
    /// The socket accepts nothing now.
    WouldBlock,
    /// The file is no longer the announced version.
    FileChanged,
    /// The connection failed, or the file cannot be read.
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock => Self::WouldBlock,
            _ => Self::Io(error),
        }
    }
}

/// Whether the kernel sends this content itself (sendfile), if `wanted` bytes of it are needed.
pub(super) fn by_kernel(content: &Content, wanted: usize) -> bool {
    cfg!(target_os = "linux") && matches!(content, Content::File(_)) && wanted >= SENDFILE_PAYS
}

/// Sends as much as the socket accepts of `head` and of `wanted` bytes of a resource from offset `at` on. Returns the
/// number of bytes that it accepted of both. `same_version`: file content that passes through this process must be of
/// the announced version.
///
/// # Errors
/// See [`Error`].
pub(super) fn try_send(
    stream: &TcpStream,
    head: &[u8],
    resource: &Resource,
    at: u64,
    wanted: usize,
    same_version: bool,
) -> Result<usize, Error> {
    match &resource.content {
        Content::Bytes(bytes) => Ok(try_write(stream, head, slice(bytes, at, wanted)?)?),
        Content::Static(bytes) => Ok(try_write(stream, head, slice(bytes, at, wanted)?)?),
        Content::File(file) => try_send_file(stream, head, file, resource, at, wanted, same_version),
    }
}

fn try_send_file(
    stream: &TcpStream,
    head: &[u8],
    file: &File,
    resource: &Resource,
    at: u64,
    wanted: usize,
    same_version: bool,
) -> Result<usize, Error> {
    #[cfg(target_os = "linux")]
    if by_kernel(&resource.content, wanted) {
        if !head.is_empty() {
            return Ok(stream.try_io(Interest::WRITABLE, || crate::sys::send_more(stream, head))?);
        }
        return match stream.try_io(Interest::WRITABLE, || crate::sys::send_file(stream, file, at, wanted))? {
            // The file is shorter than announced.
            0 => Err(Error::FileChanged),
            sent => Ok(sent),
        };
    }
    try_copy_file(stream, head, file, resource, at, wanted, same_version)
}

/// Sends head and content through memory, on any system. A large write is made in smaller steps.
fn try_copy_file(
    stream: &TcpStream,
    head: &[u8],
    file: &File,
    resource: &Resource,
    at: u64,
    wanted: usize,
    same_version: bool,
) -> Result<usize, Error> {
    let wanted = wanted.min(COPIED_AT_ONCE);
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.len() < wanted {
            scratch.resize(wanted, 0);
        }
        match crate::sys::read_at(file, &mut scratch[..wanted], at)? {
            read if read == 0 || (same_version && !resource.is_unchanged()) => Err(Error::FileChanged),
            read => Ok(try_write(stream, head, &scratch[..read])?),
        }
    })
}

fn slice(bytes: &[u8], at: u64, wanted: usize) -> Result<&[u8], Error> {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    bytes.get(at..at.saturating_add(wanted)).ok_or(Error::FileChanged)
}

/// Writes as much of two buffers as the socket accepts.
///
/// # Errors
/// The error of the socket; `WouldBlock` if it accepts nothing now.
pub(super) fn try_write(stream: &TcpStream, first: &[u8], second: &[u8]) -> io::Result<usize> {
    let taken = if first.is_empty() {
        stream.try_write(second)?
    } else if second.is_empty() {
        stream.try_write(first)?
    } else if first.len() + second.len() <= COPYING_PAYS {
        JOINED.with_borrow_mut(|joined| {
            joined.clear();
            joined.extend_from_slice(first);
            joined.extend_from_slice(second);
            stream.try_write(joined)
        })?
    } else {
        stream.try_write_vectored(&[IoSlice::new(first), IoSlice::new(second)])?
    };
    if taken == 0 {
        Err(ErrorKind::WriteZero.into())
    } else {
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use labserve_core::facts::FileFacts;
    use std::sync::Arc;

    type Send = fn(&TcpStream, &[u8], &File, &Resource, u64, usize, bool) -> Result<usize, Error>;

    /// What the client receives of a head and a file of 600,000 bytes, if `send` sends the file from byte 7 on.
    fn received(send: Send) -> Vec<u8> {
        use std::io::{Read, Seek, Write};
        let content: Vec<u8> = (0..600_000u32).map(|n| (n / 7) as u8).collect();
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&content).and_then(|()| file.rewind()).expect("written");
        let id = crate::sys::file_id(&file, &file.metadata().expect("its metadata"));
        let file = Arc::new(file);
        let profile = labserve_core::profile::layers::load("rfc").expect("a profile");
        let resource = Resource {
            facts: Arc::new(FileFacts::new(b"a", 0, id, &profile.types)),
            content: Content::File(Arc::clone(&file)),
            place: None,
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let client = std::thread::spawn(move || {
            let mut all = Vec::new();
            let mut stream = std::net::TcpStream::connect(address).expect("connected");
            stream.read_to_end(&mut all).expect("read");
            all
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let (stream, _) = listener.accept().expect("accepted");
            stream.set_nonblocking(true).expect("a socket");
            let stream = TcpStream::from_std(stream).expect("a socket");
            let (mut head, mut at) = (&b"head\r\n\r\n"[..], 7);
            while at < content.len() as u64 {
                let wanted = (content.len() - at as usize).min(65_536);
                match send(&stream, head, &file, &resource, at, wanted, true) {
                    Ok(taken) => {
                        let of_head = taken.min(head.len());
                        head = &head[of_head..];
                        at += (taken - of_head) as u64;
                    }
                    Err(Error::WouldBlock) => stream.writable().await.expect("writable"),
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
        client.join().expect("no panic")
    }

    #[test]
    fn a_file_is_the_same_on_the_wire_whether_the_system_sends_it_or_it_is_copied() {
        let copied = received(try_copy_file);
        assert_eq!(copied.len(), 8 + 600_000 - 7);
        assert!(copied.starts_with(b"head\r\n\r\n\x01\x01"), "{:?}", &copied[..12]);
        assert!(copied == received(try_send_file));
    }
}
