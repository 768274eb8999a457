//! The body of a request, read by hyper.
//!
//! hyper serves one exchange over the bytes that it gets, so that it parses the framing of the body (RFC 9112 sections
//! 6 and 7). Its service returns the body and never responds. What hyper writes is discarded, because it would send its
//! own heads. [`Feed`] is the connection that hyper reads: the head, then the body and nothing after it.

mod feed;

use feed::{AT_ONCE, AtHand, ChunkedFeed, Feed, FeedProgress};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use labserve_core::conn::{BodyEnd, Leftover};
use labserve_core::http1::chunked::ChunkFault;
use labserve_core::http1::field::{Name, is_token};
use labserve_core::http1::{Framing, Request, Version};
use labserve_core::profile::Profile;
use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Pending, pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// The most bytes of a body that hyper buffers. A connection holds no more while a body streams.
const HYPER_BUFFER: usize = 16 << 10;

/// The largest Content-Length that hyper reads. It reserves the two values above it.
const LARGEST: u64 = u64::MAX - 2;

/// The most bytes and fields of a head that is passed to hyper unchanged.
const PLAIN_HEAD: usize = 4 << 10;
const PLAIN_FIELDS: usize = 100;

/// A body that is being read.
pub(super) struct RequestBody<'c> {
    connection: Pin<Box<http1::Connection<TokioIo<Feed<'c>>, HandOut>>>,
    incoming: Incoming,
    /// The progress of the feed. The feed belongs to hyper's connection, so the progress is shared.
    progress: Rc<Cell<FeedProgress>>,
    /// Whether hyper is still reading.
    reading: bool,
    arrived: u64,
    content: u64,
    /// The offset in the input at which the bytes after a body of known length start; `None` for a chunked body.
    after: Option<usize>,
}

impl<'c> RequestBody<'c> {
    /// Opens the body of a request. `arrived` are the `head_len` bytes of its head and what has arrived after them; if
    /// they are owned, they are freed as soon as the body has been read beyond them. `profile` says which chunks are
    /// accepted, and how much one read takes.
    ///
    /// `None` if hyper refuses the head, which is a bug.
    pub(super) async fn open(
        stream: &'c TcpStream,
        request: &Request<'c>,
        (arrived, head_len, framing): (Cow<'c, [u8]>, usize, Framing),
        profile: &'c Profile,
    ) -> Option<RequestBody<'c>> {
        let input = request.bytes();
        let head_len = head_len.min(input.len());
        let count = arrived.len();
        let rest = count - head_len;
        let at_hand = match framing {
            Framing::None => 0,
            Framing::Length(length) => rest.min(usize::try_from(length).unwrap_or(usize::MAX)),
            Framing::Chunked => rest,
        };
        let progress = Rc::new(Cell::new(FeedProgress::default()));
        let feed = Feed {
            stream,
            head: readable_head(&input[..head_len], is_plain(request, framing), framing),
            head_read: 0,
            at_hand: AtHand::new(arrived, head_len..head_len + at_hand),
            allowed: match framing {
                Framing::None => Some(0),
                Framing::Length(length) => Some(length - at_hand as u64),
                Framing::Chunked => None,
            },
            chunked: (framing == Framing::Chunked).then(|| Box::new(ChunkedFeed::new(&profile.head))),
            at_once: AT_ONCE.min(profile.read),
            progress: Rc::clone(&progress),
        };
        let (hand_out, mut handed_out) = unbounded_channel();
        let connection = http1::Builder::new()
            .keep_alive(false)
            .half_close(true)
            .auto_date_header(false)
            .max_headers(PLAIN_FIELDS)
            .max_buf_size(HYPER_BUFFER)
            .serve_connection(TokioIo::new(feed), HandOut(hand_out));
        let mut connection = Box::pin(connection);
        let mut reading = true;
        let incoming = poll_fn(|cx| {
            if let Poll::Ready(served) = connection.poll_without_shutdown(cx) {
                reading = false;
                if let Err(error) = served {
                    tracing::debug!("hyper: {error}");
                }
            }
            match handed_out.try_recv() {
                Ok(incoming) => Poll::Ready(Some(incoming)),
                Err(_) if reading => Poll::Pending,
                Err(_) => Poll::Ready(None),
            }
        });
        let incoming = incoming.await?;
        Some(RequestBody {
            connection,
            incoming,
            progress,
            reading,
            arrived: count as u64,
            content: 0,
            after: (framing != Framing::Chunked).then_some((head_len + at_hand).min(input.len())),
        })
    }

    /// The number of bytes that had arrived before the body was opened, head included.
    pub(super) fn arrived(&self) -> u64 {
        self.arrived
    }

    /// The number of content bytes so far.
    pub(super) fn content(&self) -> u64 {
        self.content
    }

    /// The number of bytes that were read from the socket.
    pub(super) fn received(&self) -> u64 {
        self.progress.get().received
    }

    /// The size of the next piece of content.
    ///
    /// # Errors
    /// How the body ended.
    pub(super) async fn next_chunk(&mut self) -> Result<u64, BodyEnd> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Reads what has arrived, without waiting. Returns how the body ended, if it did.
    pub(super) async fn peek(&mut self) -> Option<BodyEnd> {
        // If two turns of the reactor bring nothing new, nothing more has arrived.
        let mut quiet = 0;
        poll_fn(|cx| {
            loop {
                match self.poll_chunk(cx) {
                    Poll::Ready(Ok(_)) => quiet = 0,
                    Poll::Ready(Err(end)) => return Poll::Ready(Some(end)),
                    Poll::Pending if quiet >= 2 => return Poll::Ready(None),
                    Poll::Pending => {
                        quiet += 1;
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
            }
        })
        .await
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<u64, BodyEnd>> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(None) => return Poll::Ready(Err(self.complete())),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(self.end_of(&error))),
                Poll::Ready(Some(Ok(frame))) => {
                    let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                    self.content += length;
                    return Poll::Ready(Ok(length));
                }
                Poll::Pending if !self.reading => return Poll::Ready(Err(BodyEnd::ClientFin)),
                Poll::Pending => {}
            }
            // hyper reads when it is polled. What it has read is in the body at once.
            if self.connection.poll_without_shutdown(cx).is_ready() {
                self.reading = false;
                continue;
            }
            return match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(Err(self.complete())),
                Poll::Ready(Some(Err(error))) => Poll::Ready(Err(self.end_of(&error))),
                Poll::Ready(Some(Ok(frame))) => {
                    let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                    self.content += length;
                    Poll::Ready(Ok(length))
                }
            };
        }
    }

    /// How the body ended, if hyper has read it to its end.
    fn complete(&self) -> BodyEnd {
        match self.progress.get().is_last {
            true => BodyEnd::CompleteLast,
            false => BodyEnd::Complete,
        }
    }

    /// How the body ended, for an error of hyper's.
    fn end_of(&self, error: &hyper::Error) -> BodyEnd {
        use std::error::Error;
        let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        if error.is_incomplete_message()
            || error.is_closed()
            || cause.is_some_and(|cause| cause.kind() == io::ErrorKind::UnexpectedEof)
        {
            return BodyEnd::ClientFin;
        }
        tracing::debug!("request body: {error}");
        BodyEnd::Broken(self.progress.get().fault.unwrap_or(ChunkFault::Syntax))
    }

    /// The bytes after the body. For a chunked body: those that were read beyond its end, then those that were not
    /// read.
    pub(super) fn into_leftover(self) -> Leftover {
        if let Some(after) = self.after {
            return Leftover::From(after);
        }
        let parts = Pin::into_inner(self.connection).into_parts();
        let feed = parts.io.into_inner();
        let beyond = feed.chunked.map(|chunked| chunked.beyond).unwrap_or_default();
        Leftover::Bytes([beyond.as_slice(), feed.at_hand.rest()].concat())
    }
}

/// A service that returns the body and never responds.
struct HandOut(UnboundedSender<Incoming>);

impl Service<hyper::Request<Incoming>> for HandOut {
    type Response = hyper::Response<http_body_util::Empty<bytes::Bytes>>;
    type Error = Infallible;
    type Future = Pending<Result<Self::Response, Infallible>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        // The receiver is gone only if the body is no longer needed.
        let _ = self.0.send(request.into_body());
        pending()
    }
}

/// Whether hyper parses the head unchanged. Only a form that hyper is known to accept qualifies; other heads are
/// rewritten.
fn is_plain(request: &Request<'_>, framing: Framing) -> bool {
    let target = request.target();
    let visible = |b: &u8| (b'!'..=b'~').contains(b) && !b"\"#<>\\^`{|}".contains(b);
    !request.has_faults()
        && target.starts_with(b"/")
        && !request.is_folded()
        && request.head_bytes().len() <= PLAIN_HEAD
        && request.fields().count() <= PLAIN_FIELDS
        && request.method().iter().all(|b| is_token(*b))
        && target.len() < 60_000
        && target.iter().all(visible)
        && request.version() == Version::Http11
        && request.version_text() == b"HTTP/1.1"
        && request.get(Name::TransferEncoding).is_none()
        && match request.get(Name::ContentLength) {
            None => true,
            Some(length) => {
                !matches!(framing, Framing::None | Framing::Length(LARGEST..))
                    && length.iter().all(u8::is_ascii_digit)
                    && request.all(Name::ContentLength).nth(1).is_none()
            }
        }
        && request.line().len() == request.method().len() + target.len() + 10
        && request.head_bytes().starts_with(request.line())
        && memchr::memmem::find(request.head_bytes(), b"\r\r").is_none()
        // Every line is an ordinary field line: none was dropped, and none has an unusual line end.
        && request.head_bytes().len()
            == request.line().len() + 4 + request.fields().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>()
        && request.fields().all(|(name, value)| {
            !name.is_empty()
                && name.iter().all(|b| is_token(*b))
                && value.iter().all(|b| matches!(b, b'\t' | b' '..=b'~'))
        })
}

/// The head for hyper: the original if hyper parses it, otherwise a head with the same framing. Some servers accept
/// heads that hyper refuses; how such a head is read has already been decided.
fn readable_head(head: &[u8], plain: bool, framing: Framing) -> Cow<'_, [u8]> {
    if plain {
        return head.into();
    }
    let framing = match framing {
        Framing::None => String::new(),
        Framing::Length(length) => format!("content-length: {}\r\n", length.min(LARGEST)),
        Framing::Chunked => "transfer-encoding: chunked\r\n".to_owned(),
    };
    format!("POST / HTTP/1.1\r\n{framing}\r\n").into_bytes().into()
}
