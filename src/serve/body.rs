//! hyper serves one exchange at a time over the bytes that are handed to it.
//!
//! [`Feed`] is the connection as hyper sees it: first the head, then no more than the body. What hyper writes is thrown
//! away, because its heads are its own; what it parses is the body's framing (RFC 9112 section 6 and 7).

use crate::http::Framing;
use crate::http::chunks::Chunks;
use bytes::Bytes;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::net::TcpStream;

/// A connection from which one request is read.
#[derive(Debug)]
pub struct Feed<'c> {
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
    pub received: u64,
    /// Whether the client has ended its side.
    pub ended: bool,
}

impl<'c> Feed<'c> {
    /// A feed of a head, and of as much of `rest`, the bytes behind it, as belongs to the body. Also says how many of
    /// them it takes.
    pub fn new(
        stream: &'c TcpStream,
        input: &'c [u8],
        head: usize,
        framing: Framing,
        chunks: Option<&'c Cell<Chunks>>,
    ) -> Feed<'c> {
        let (at_hand, allowed) = match framing {
            Framing::None => (&input[..head], Some(0)),
            Framing::Length(length) => {
                let there = (input.len() - head).min(usize::try_from(length).unwrap_or(usize::MAX));
                (&input[..head + there], Some(length - there as u64))
            }
            Framing::Chunked => (input, None),
        };
        Feed {
            stream,
            at_hand,
            allowed,
            chunks: chunks.filter(|_| framing == Framing::Chunked),
            head_left: head,
            received: 0,
            ended: false,
        }
    }

    /// The bytes that were at hand and have not been taken.
    pub fn left(&self) -> &'c [u8] {
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
        let mut chunk = [0; 4096];
        let most = room.min(chunk.len()).min(
            self.allowed
                .map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX)),
        );
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read(&mut chunk[..most]) {
                Ok(read) => {
                    self.ended |= read == 0;
                    self.received += read as u64;
                    self.allowed = self.allowed.map(|n| n - read as u64);
                    self.follow(&chunk[..read])?;
                    buffer.put_slice(&chunk[..read]);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
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
pub fn readable_head(head: &[u8], plain: bool, framing: Framing) -> std::borrow::Cow<'_, [u8]> {
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
pub type Unsent = http_body_util::Empty<Bytes>;
