//! Puts a reply on the wire: in the writes that the profile asks for, without ever holding a file in memory. Decides
//! nothing.

use super::end::End;
use super::pace::Pace;
use crate::events::Cuts;
use crate::files::{Content, Resource};
use labserve_core::close_reason::CloseReason;
use labserve_core::http1::range::ByteRange;
use labserve_core::profile::{CloseStyle, WritePolicy};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice};
#[cfg(target_os = "linux")]
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// From how many bytes on a second system call costs less than copying them twice.
const SENDFILE_PAYS: usize = 16 << 10;

/// How many bytes of a file pass through memory at a time, at most.
const COPIED_AT_ONCE: usize = 256 << 10;

/// Up to how many bytes copying them side by side costs less than handing them over as two stretches.
const COPYING_PAYS: usize = 8 << 10;

thread_local! {
    /// Where a short head and its content are put side by side.
    static JOINED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// Where file content passes through. Never kept across a wait: after one, the content is read again.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// One stretch of a body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// These bytes of the file.
    File(ByteRange),
}

/// How far a reply has got.
struct Progress<'c> {
    pace: Pace,
    /// The writes so far, if somebody wants to know.
    cuts: Option<&'c mut Cuts>,
}

impl<'c> Progress<'c> {
    fn of(policy: &WritePolicy, cuts: Option<&'c mut Cuts>) -> Progress<'c> {
        Progress {
            pace: Pace::of(policy),
            cuts,
        }
    }

    /// The socket has taken so many bytes.
    fn took(&mut self, bytes: usize, sent: &mut u64) {
        *sent += bytes as u64;
        if let Some(cuts) = &mut self.cuts {
            cuts.push(bytes);
        }
    }
}

/// Why a reply was not sent to its end.
pub(super) fn reason_of(error: &io::Error) -> CloseReason {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => CloseReason::ClientReset,
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData => CloseReason::FileChanged,
        // The system's own, a connection that the network has lost, has a number.
        ErrorKind::TimedOut if error.raw_os_error().is_none() => CloseReason::SlowReader,
        _ => CloseReason::IoError,
    }
}

/// How a connection ends whose reply was not sent to its end. Where all of it has been handed over, and it may be a mixture, RST
/// takes back what is still on its way.
pub(super) fn end_of(error: &io::Error) -> End {
    End {
        reason: reason_of(error),
        style: (error.kind() == ErrorKind::InvalidData).then_some(CloseStyle::Rst),
    }
}

/// Sends `head`, then `body`, in the writes of the policy; `split_head` stands for the policy's own. Adds what was sent to
/// `sent`, and each write to `cuts` if somebody wants to know.
///
/// # Errors
/// The client's reset; `UnexpectedEof` if the file has changed, `TimedOut` if the client takes too little: then less than was
/// announced has been sent; `InvalidData` if the file has changed and that was noticed when all had been handed over.
pub(super) async fn send(
    stream: &TcpStream,
    head: &[u8],
    body: &[Piece<'_>],
    resource: Option<&Resource>,
    (policy, split_head): (&WritePolicy, Option<&[usize]>),
    (sent, cuts): (&mut u64, Option<&mut Cuts>),
) -> io::Result<()> {
    let is_file = body.iter().any(|piece| matches!(piece, Piece::File(_)));
    let usual = if is_file {
        &policy.split_head
    } else {
        &policy.split_page_head
    };
    let waits = policy.body_delay.filter(|_| !head.is_empty() && !body.is_empty());
    let apart = split_head.or(usual.as_deref()).or(waits.map(|_| [].as_slice()));
    let pace = &mut Progress::of(policy, cuts);
    let mut head = head;
    if let Some(lines) = apart {
        for part in split_lines(head, lines) {
            write_all(stream, part, &[], pace, sent).await?;
        }
        head = &[];
    }
    if let Some(time) = waits {
        Box::pin(sleep(time)).await;
    }
    for piece in body {
        match piece {
            Piece::Bytes(bytes) => {
                write_all(stream, head, bytes, pace, sent).await?;
                head = &[];
            }
            Piece::File(range) => {
                let Some(resource) = resource else { continue };
                send_file(
                    stream,
                    std::mem::take(&mut head),
                    *range,
                    resource,
                    (policy, pace),
                    sent,
                )
                .await?;
            }
        }
    }
    write_all(stream, head, &[], pace, sent).await
}

/// Sends bytes that belong to no reply, at the pace of the policy.
pub(super) async fn send_bytes(
    stream: &TcpStream,
    bytes: &[u8],
    policy: &WritePolicy,
    sent: &mut u64,
) -> io::Result<()> {
    write_all(stream, bytes, &[], &mut Progress::of(policy, None), sent).await
}

/// Cuts a head behind the first so many lines, the next so many, and so on.
fn split_lines<'h>(head: &'h [u8], counts: &[usize]) -> Vec<&'h [u8]> {
    let mut parts = Vec::new();
    let mut rest = head;
    for count in counts {
        let Some(end) = memchr::memchr_iter(b'\n', rest).nth(count.saturating_sub(1)) else {
            break;
        };
        let (part, after) = rest.split_at(end + 1);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

/// Sends a range of a file in writes of `piece` bytes, the first of them together with `head`. Each is of the version that
/// was announced: what is read is looked at before it is written, and what the kernel sends by itself behind that.
async fn send_file(
    stream: &TcpStream,
    head: &[u8],
    range: ByteRange,
    resource: &Resource,
    (policy, pace): (&WritePolicy, &mut Progress<'_>),
    sent: &mut u64,
) -> io::Result<()> {
    let piece = policy.chunk_size;
    let mut head = head;
    let mut at = range.first;
    let end = range.last.saturating_add(1);
    if at >= end {
        return write_all(stream, head, &[], pace, sent).await;
    }
    while at < end {
        // The end of the write that is under way: a write that the socket takes only in part is finished first.
        let piece_end = end.min(range.first + ((at - range.first) / piece as u64 + 1) * piece as u64);
        let wanted = (piece_end - at) as usize;
        let taken = match &resource.content {
            Content::Bytes(bytes) => try_write(stream, head, slice(bytes, at, wanted)?),
            Content::Static(bytes) => try_write(stream, head, slice(bytes, at, wanted)?),
            Content::File(file) => try_send_file(stream, head, (file, resource), at, wanted),
        };
        match taken {
            Ok(taken) => {
                pace.took(taken, sent);
                let of_head = taken.min(head.len());
                head = &head[of_head..];
                at += (taken - of_head) as u64;
                if by_kernel(&resource.content, wanted) && !resource.is_unchanged() {
                    let kind = if at < end {
                        ErrorKind::UnexpectedEof
                    } else {
                        ErrorKind::InvalidData
                    };
                    return Err(kind.into());
                }
                if let Some(time) = policy.pause.filter(|_| at == piece_end && at < end) {
                    Box::pin(sleep(time)).await;
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => pace.pace.writable(stream, *sent).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether the kernel sends so many bytes of a file by itself.
fn by_kernel(content: &Content, wanted: usize) -> bool {
    cfg!(target_os = "linux") && matches!(content, Content::File(_)) && wanted >= SENDFILE_PAYS
}

/// Sends what the socket takes of `head` and of `wanted` bytes of a resource's `file` from `at` on.
fn try_send_file(
    stream: &TcpStream,
    head: &[u8],
    (file, resource): (&File, &Resource),
    at: u64,
    wanted: usize,
) -> io::Result<usize> {
    #[cfg(target_os = "linux")]
    if by_kernel(&resource.content, wanted) {
        if !head.is_empty() {
            return stream.try_io(Interest::WRITABLE, || crate::sys::send_more(stream, head));
        }
        return match stream.try_io(Interest::WRITABLE, || crate::sys::send_file(stream, file, at, wanted))? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            sent => Ok(sent),
        };
    }
    try_copy_file(stream, head, (file, resource), at, wanted)
}

/// The same on any system: through memory, and so in smaller steps where the piece is large.
fn try_copy_file(
    stream: &TcpStream,
    head: &[u8],
    (file, resource): (&File, &Resource),
    at: u64,
    wanted: usize,
) -> io::Result<usize> {
    let wanted = wanted.min(COPIED_AT_ONCE);
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.len() < wanted {
            scratch.resize(wanted, 0);
        }
        match crate::sys::read_at(file, &mut scratch[..wanted], at)? {
            read if read == 0 || !resource.is_unchanged() => Err(ErrorKind::UnexpectedEof.into()),
            read => try_write(stream, head, &scratch[..read]),
        }
    })
}

fn slice(bytes: &[u8], at: u64, wanted: usize) -> io::Result<&[u8]> {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    bytes
        .get(at..at.saturating_add(wanted))
        .ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

fn try_write(stream: &TcpStream, first: &[u8], second: &[u8]) -> io::Result<usize> {
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

/// Sends both, in one write if the socket takes them.
async fn write_all(
    stream: &TcpStream,
    first: &[u8],
    second: &[u8],
    pace: &mut Progress<'_>,
    sent: &mut u64,
) -> io::Result<()> {
    let (mut first, mut second) = (first, second);
    while !(first.is_empty() && second.is_empty()) {
        match try_write(stream, first, second) {
            Ok(taken) => {
                pace.took(taken, sent);
                let of_first = taken.min(first.len());
                first = &first[of_first..];
                second = &second[taken - of_first..];
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => pace.pace.writable(stream, *sent).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use labserve_core::facts::FileFacts;
    use std::sync::Arc;

    #[test]
    fn a_head_is_cut_behind_lines() {
        let head = b"a\r\nb\r\nc\r\nd\r\n\r\n";
        let parts = |counts: &[usize]| split_lines(head, counts).iter().map(|p| p.len()).collect::<Vec<_>>();
        assert_eq!(parts(&[]), [14]);
        assert_eq!(parts(&[1, 1, 1]), [3, 3, 3, 5]);
        assert_eq!(parts(&[2]), [6, 8]);
        assert_eq!(parts(&[9]), [14]);
    }

    type Send = fn(&TcpStream, &[u8], (&File, &Resource), u64, usize) -> io::Result<usize>;

    /// What the client gets of a head and a file of 600,000 bytes, if `send` sends them from the 7th byte on.
    fn received(send: Send) -> Vec<u8> {
        use std::io::{Read, Seek, Write};
        let content: Vec<u8> = (0..600_000u32).map(|n| (n / 7) as u8).collect();
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&content).and_then(|()| file.rewind()).expect("written");
        let id = crate::sys::file_id(&file, &file.metadata().expect("its metadata"));
        let file = Arc::new(file);
        let profile = labserve_core::profile::layers::load("rfc").expect("a profile");
        let resource = Resource {
            facts: Arc::new(FileFacts::new("a", 0, id, &profile.types)),
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
                match send(
                    &stream,
                    head,
                    (&file, &resource),
                    at,
                    (content.len() - at as usize).min(65_536),
                ) {
                    Ok(taken) => {
                        let of_head = taken.min(head.len());
                        head = &head[of_head..];
                        at += (taken - of_head) as u64;
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => stream.writable().await.expect("writable"),
                    Err(error) => panic!("{error}"),
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
