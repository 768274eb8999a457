//! Passes the bytes of one request from the socket to hyper.

use labserve_core::http1::HeadPolicy;
use labserve_core::http1::chunked::ChunkFault;
use labserve_core::http1::chunked_body::ChunkedBody;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most bytes of one read.
pub(super) const AT_ONCE: usize = 64 << 10;

thread_local! {
    /// The buffer for bytes between the socket and hyper.
    static PASSING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The progress of a feed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FeedProgress {
    /// The number of bytes that were read from the socket.
    pub(super) received: u64,
    /// The fault of the chunks, if any.
    pub(super) fault: Option<ChunkFault>,
    /// Whether the trailers say that no request follows.
    pub(super) is_last: bool,
}

/// A chunked body on its way to hyper. Chunks that the profile accepts are rewritten in canonical form, so that hyper
/// cannot interpret them differently.
#[derive(Debug)]
pub(super) struct ChunkedFeed<'c> {
    chunks: ChunkedBody,
    policy: &'c HeadPolicy,
    /// The canonical form that hyper has not read yet.
    canonical: Vec<u8>,
    read: usize,
    /// Bytes that were read from the socket after the body.
    pub(super) beyond: Vec<u8>,
}

impl<'c> ChunkedFeed<'c> {
    pub(super) fn new(policy: &'c HeadPolicy) -> Self {
        Self {
            chunks: ChunkedBody::default(),
            policy,
            canonical: Vec::new(),
            read: 0,
            beyond: Vec::new(),
        }
    }

    /// Accepts bytes from the connection.
    fn take(&mut self, bytes: &[u8]) {
        let read = self.chunks.rewrite(bytes, self.policy, &mut self.canonical);
        self.beyond.extend_from_slice(&bytes[read..]);
    }

    /// Copies canonical bytes into `buffer`. Returns false if there are none.
    fn hand_out(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let rest = &self.canonical[self.read..];
        let now = &rest[..rest.len().min(buffer.remaining())];
        buffer.put_slice(now);
        self.read += now.len();
        let some = !now.is_empty();
        if self.read == self.canonical.len() {
            // The buffer is freed, so that a stalled body holds no memory.
            (self.canonical, self.read) = (Vec::new(), 0);
        }
        some
    }
}

/// The bytes after a head that arrived together with it.
#[derive(Debug, Default)]
pub(super) struct AtHand<'c> {
    /// The bytes. If they are owned, they are freed once all have been read.
    bytes: Cow<'c, [u8]>,
    /// The range that has not been read.
    unread: Range<usize>,
}

impl<'c> AtHand<'c> {
    /// The range `unread` of `bytes`.
    pub(super) fn new(bytes: Cow<'c, [u8]>, unread: Range<usize>) -> Self {
        Self { bytes, unread }
    }

    /// The bytes that have not been read.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.unread.clone()]
    }

    /// Copies as much into `buffer` as fits.
    fn hand_out(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = buffer.remaining().min(self.unread.len());
        buffer.put_slice(&self.rest()[..count]);
        self.unread.start += count;
        if self.unread.is_empty() {
            *self = Self::default();
        }
    }
}

/// A connection on which hyper finds one request.
#[derive(Debug)]
pub(super) struct Feed<'c> {
    pub(super) stream: &'c TcpStream,
    pub(super) head: Cow<'c, [u8]>,
    /// The number of bytes of the head that hyper has read.
    pub(super) head_read: usize,
    pub(super) at_hand: AtHand<'c>,
    /// The number of bytes that may still be read from the socket; `None` if the body itself shows its end.
    pub(super) allowed: Option<u64>,
    /// The decoder of a chunked body.
    pub(super) chunked: Option<Box<ChunkedFeed<'c>>>,
    /// The most bytes that one read from the socket takes.
    pub(super) at_once: usize,
    pub(super) progress: Rc<Cell<FeedProgress>>,
}

impl Feed<'_> {
    /// The most bytes that the next read from the socket may take.
    fn room(&self) -> usize {
        self.chunked.as_ref().map_or(self.at_once, |chunked| {
            chunked.chunks.room(self.at_once, chunked.policy)
        })
    }

    /// Copies canonical bytes of a chunked body; `None` if more input is needed first.
    fn poll_canonical(&mut self, buffer: &mut ReadBuf<'_>) -> Option<Poll<io::Result<()>>> {
        let chunked = self.chunked.as_mut()?;
        if !self.at_hand.rest().is_empty() && chunked.canonical.is_empty() && chunked.chunks.fault().is_none() {
            chunked.take(self.at_hand.rest());
            self.at_hand = AtHand::default();
        }
        // hyper asks for nothing more once it has the canonical end of the body.
        if chunked.chunks.is_last() {
            let progress = self.progress.get();
            self.progress.set(FeedProgress {
                is_last: true,
                ..progress
            });
        }
        if chunked.hand_out(buffer) {
            return Some(Poll::Ready(Ok(())));
        }
        let fault = chunked.chunks.fault();
        let complete = chunked.chunks.is_complete();
        if fault.is_some() {
            let progress = self.progress.get();
            self.progress.set(FeedProgress { fault, ..progress });
            return Some(Poll::Ready(Err(io::ErrorKind::InvalidData.into())));
        }
        complete.then_some(Poll::Pending)
    }
}

impl AsyncRead for Feed<'_> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        // hyper first gets the head alone, so that a fault in the body cannot prevent the call of the service.
        if self.head_read < self.head.len() {
            let most = room.min(self.head.len() - self.head_read);
            buffer.put_slice(&self.head[self.head_read..self.head_read + most]);
            self.head_read += most;
            return Poll::Ready(Ok(()));
        }
        if let Some(ready) = self.poll_canonical(buffer) {
            return ready;
        }
        if !self.at_hand.rest().is_empty() {
            self.at_hand.hand_out(buffer);
            return Poll::Ready(Ok(()));
        }
        if self.allowed == Some(0) {
            // The request is complete. hyper gets nothing more from this connection.
            return Poll::Pending;
        }
        let most = room.min(self.room()).min(
            self.allowed
                .map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX)),
        );
        PASSING.with_borrow_mut(|passing| {
            passing.resize(passing.len().max(most), 0);
            loop {
                ready!(self.stream.poll_read_ready(cx))?;
                match self.stream.try_read(&mut passing[..most]) {
                    Ok(read) => {
                        let mut progress = self.progress.get();
                        progress.received += read as u64;
                        self.progress.set(progress);
                        self.allowed = self.allowed.map(|n| n - read as u64);
                        let Some(chunked) = &mut self.chunked else {
                            buffer.put_slice(&passing[..read]);
                            return Poll::Ready(Ok(()));
                        };
                        if read == 0 {
                            return Poll::Ready(Ok(()));
                        }
                        chunked.take(&passing[..read]);
                        // A partial line may produce nothing for hyper to read.
                        if let Some(ready) = self.poll_canonical(buffer) {
                            return ready;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
        })
    }
}

/// Discards what hyper writes.
impl AsyncWrite for Feed<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
