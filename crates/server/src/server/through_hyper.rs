//! hyper serves one exchange at a time over the bytes that are handed to it, so that the request's body can be read.
//!
//! Of the exchange it knows only that the service calls for the answer; when the body is read, and what comes of it, is
//! [`super::body`]'s. [`Feed`] is the connection as hyper sees it: first the head, then no more than the body. What hyper writes is thrown
//! away, because its heads are its own; what it parses is the body's framing (RFC 9112 section 6 and 7).

use super::end::End;
use super::exchange::{Exchange, Left, Outcome};
use super::guard::message;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper_util::service::TowerToHyperService;
use labserve_core::close_reason::CloseReason;
use labserve_core::http1::chunks::Chunks;
use labserve_core::http1::field::{Name, is_token};
use labserve_core::http1::{Fault, Framing, Request, ResponseId, Version};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::net::TcpStream;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

/// The most bytes of one read. hyper makes room for as many, once reads have filled what it had; a read that leaves room free
/// would keep it from that, and a long body would be read in small pieces.
const AT_ONCE: usize = 64 << 10;

thread_local! {
    /// Where bytes pass through on their way from the socket to hyper.
    static PASSING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Exchange<'_> {
    /// Hands a request with a body to hyper and answers it, or refuses it with `refusal` once the body is read.
    pub(super) async fn serve_through_hyper(
        &self,
        request: &Request<'_>,
        framing: Framing,
        refusal: Option<ResponseId>,
    ) -> Outcome {
        let head_len = self.head.len;
        let readable = readable_head(&self.input[..head_len], is_plain(request, framing), framing);
        let rewritten: Vec<u8>;
        let (input, readable_len) = match &readable {
            Cow::Borrowed(_) => (self.input, head_len),
            Cow::Owned(head) => {
                rewritten = [head.as_slice(), &self.input[head_len..]].concat();
                (rewritten.as_slice(), head.len())
            }
        };
        let answered: RefCell<Option<(Option<End>, u64, bool)>> = RefCell::new(None);
        let service = ServiceBuilder::new()
            .layer(CatchPanicLayer::custom(panicked))
            .service(tower::service_fn(|incoming: hyper::Request<Incoming>| {
                let answered = &answered;
                Box::pin(async move {
                    let mut sent = 0;
                    let (end, complete) = self
                        .answer(request, refusal, Some((framing, incoming.into_body())), &mut sent)
                        .await;
                    *answered.borrow_mut() = Some((end, sent, complete));
                    Ok::<_, Infallible>(hyper::Response::new(Unsent::new()))
                })
            }));
        let judged = !self.profile().head.faults.accepts(Fault::ChunkTooLarge);
        let feed = Feed::new(
            self.stream,
            input,
            readable_len,
            framing,
            (judged.then_some(&self.chunks), &self.received),
        );
        let connection = http1::Builder::new()
            .keep_alive(false)
            .half_close(true)
            .auto_date_header(false)
            .max_headers(self.profile().head.fields.max(100))
            .serve_connection(feed, TowerToHyperService::new(service));
        let mut connection = Box::pin(connection);
        let served = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
        if let Err(error) = &served {
            tracing::debug!("hyper: {error}");
        }
        let parts = std::pin::Pin::into_inner(connection).into_parts();
        let Some((end, sent, complete)) = answered.take() else {
            // hyper did not take the request, or the answer panicked.
            return Outcome::without_body(Some(CloseReason::Panic.into()), 0, self.input.len());
        };
        let end = end.or((!complete).then(|| CloseReason::BodyUnread.into()));
        self.uncork(end);
        Outcome {
            end,
            sent,
            counts_more: self.counts_more.get(),
            received: self.received.get(),
            left: self.left_behind(framing, &parts.read_buf, parts.io.left()),
        }
    }

    /// What belongs to the next request. Behind chunks that is what hyper has read and not parsed, and what it has not
    /// read.
    fn left_behind(&self, framing: Framing, unparsed: &[u8], unread: &[u8]) -> Left {
        let head_len = self.head.len;
        match framing {
            Framing::None => Left::From(head_len),
            Framing::Length(length) => {
                let there = usize::try_from(length)
                    .unwrap_or(usize::MAX)
                    .min(self.input.len() - head_len);
                Left::From(head_len + there)
            }
            Framing::Chunked => Left::Bytes([unparsed, unread].concat()),
        }
    }
}

/// Whether hyper parses the head as it is. Only what its parser is known to take passes: the rest is rewritten.
fn is_plain(request: &Request<'_>, framing: Framing) -> bool {
    let target = request.target();
    let visible = |b: &u8| (b'!'..=b'~').contains(b) && !b"\"#<>\\^`{|}".contains(b);
    !request.has_faults()
        && target.starts_with(b"/")
        && !request.is_folded()
        && request.method().iter().all(|b| is_token(*b))
        && target.len() < 60_000
        && target.iter().all(visible)
        && request.version() == Version::Http11
        && request.version_text() == b"HTTP/1.1"
        && request.get(Name::TransferEncoding).is_none()
        && match request.get(Name::ContentLength) {
            None => true,
            Some(length) => {
                framing != Framing::None
                    && length.iter().all(u8::is_ascii_digit)
                    && request.all(Name::ContentLength).nth(1).is_none()
            }
        }
        && request.line().len() == request.method().len() + target.len() + 10
        && request.head_bytes().starts_with(request.line())
        && memchr::memmem::find(request.head_bytes(), b"\r\r").is_none()
        // Every line is a field's, written the usual way: none was left out, or has another end.
        && request.head_bytes().len()
            == request.line().len() + 4 + request.fields().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>()
        && request.fields().all(|(name, value)| {
            !name.is_empty()
                && name.iter().all(|b| is_token(*b))
                && value.iter().all(|b| matches!(b, b'\t' | b' '..=b'~'))
        })
}

fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> hyper::Response<Unsent> {
    tracing::error!(
        "a request was not answered, because of a defect in labserve: {}",
        message(&*panic)
    );
    hyper::Response::new(Unsent::new())
}

/// A connection from which one request is read.
#[derive(Debug)]
struct Feed<'c> {
    stream: &'c TcpStream,
    /// Bytes that are there already: the head, and what of the body came with it.
    at_hand: &'c [u8],
    /// How many bytes may still be read from the socket; `None` for as many as the body's own end asks for.
    allowed: Option<u64>,
    /// For a chunked body: how far hyper has come in it.
    chunks: Option<&'c Cell<Chunks>>,
    /// How many bytes of the head are still to come before the body.
    head_left: usize,
    /// How many bytes were read from the socket.
    received: &'c Cell<u64>,
}

impl<'c> Feed<'c> {
    /// A feed of a head of `head_len` bytes, and of as much of the input behind it as belongs to the body.
    fn new(
        stream: &'c TcpStream,
        input: &'c [u8],
        head_len: usize,
        framing: Framing,
        (chunks, received): (Option<&'c Cell<Chunks>>, &'c Cell<u64>),
    ) -> Feed<'c> {
        let (at_hand, allowed) = match framing {
            Framing::None => (&input[..head_len], Some(0)),
            Framing::Length(length) => {
                let there = (input.len() - head_len).min(usize::try_from(length).unwrap_or(usize::MAX));
                (&input[..head_len + there], Some(length - there as u64))
            }
            Framing::Chunked => (input, None),
        };
        Feed {
            stream,
            at_hand,
            allowed,
            chunks: chunks.filter(|_| framing == Framing::Chunked),
            head_left: head_len,
            received,
        }
    }

    /// The bytes that were at hand and have not been taken.
    fn left(&self) -> &'c [u8] {
        self.at_hand
    }
}

impl Feed<'_> {
    /// Keeps track of the body's chunks.
    fn follow(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(chunks) = self.chunks else { return Ok(()) };
        let of_head = self.head_left.min(bytes.len());
        self.head_left -= of_head;
        let mut state = chunks.get();
        state.follow(&bytes[of_head..]);
        chunks.set(state);
        if state.too_large() {
            Err(io::ErrorKind::InvalidData.into())
        } else {
            Ok(())
        }
    }
}

impl Read for Feed<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        if !self.at_hand.is_empty() {
            // The head by itself: what is wrong with the body must not keep hyper from calling the service.
            let most = if self.head_left > 0 {
                room.min(self.head_left)
            } else {
                room
            };
            let (now, later) = self.at_hand.split_at(most.min(self.at_hand.len()));
            self.follow(now)?;
            buffer.put_slice(now);
            self.at_hand = later;
            return Poll::Ready(Ok(()));
        }
        if self.allowed == Some(0) {
            // The request is complete: whatever else hyper waits for, it is not on this exchange's bytes.
            return Poll::Pending;
        }
        let most = room.min(AT_ONCE).min(
            self.allowed
                .map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX)),
        );
        PASSING.with_borrow_mut(|passing| {
            passing.resize(passing.len().max(most), 0);
            loop {
                ready!(self.stream.poll_read_ready(cx))?;
                match self.stream.try_read(&mut passing[..most]) {
                    Ok(read) => {
                        self.received.set(self.received.get() + read as u64);
                        self.allowed = self.allowed.map(|n| n - read as u64);
                        self.follow(&passing[..read])?;
                        buffer.put_slice(&passing[..read]);
                        return Poll::Ready(Ok(()));
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
        })
    }
}

impl Write for Feed<'_> {
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

/// What hyper is handed for a head: the head itself if hyper parses it, else one that says the same about the body.
/// Some servers accept heads that hyper does not; what such a head means has been decided before.
fn readable_head(head: &[u8], plain: bool, framing: Framing) -> Cow<'_, [u8]> {
    if plain {
        return head.into();
    }
    let framing = match framing {
        Framing::None => String::new(),
        Framing::Length(length) => format!("content-length: {length}\r\n"),
        Framing::Chunked => "transfer-encoding: chunked\r\n".to_owned(),
    };
    format!("POST / HTTP/1.1\r\n{framing}\r\n").into_bytes().into()
}

/// The empty body of the responses that hyper writes and nobody sees.
type Unsent = http_body_util::Empty<Bytes>;
