//! The body of a request in memory. Reads it from a [`Wire`], as the server's body reader does from a socket.

use super::wire::{Arrival, Wire};
use crate::conn::BodyEnd;
use crate::conn::{BodyProgress, Leftover, Patience};
use crate::http1::chunked_body::ChunkedBody;
use crate::http1::{Framing, HeadPolicy};
use crate::profile::{Profile, Timers};

/// The maximum number of bytes that one read takes from the connection. A profile may allow fewer.
const READ: usize = 64 << 10;

/// How a body is delimited, and how much of it has arrived.
enum Framed<'p> {
    Length {
        left: u64,
    },
    Chunked {
        chunks: ChunkedBody,
        policy: &'p HeadPolicy,
    },
}

/// A body that is being read.
pub(super) struct MemoryBody<'p> {
    framed: Framed<'p>,
    /// Bytes that were read but not decoded.
    buffer: Vec<u8>,
    /// The offset in the input at which the bytes after a body of known length start.
    after: usize,
    /// The maximum number of bytes that one read takes from the connection.
    most: usize,
    /// The number of content bytes so far.
    content: u64,
    /// The number of bytes that were read from the connection.
    pub(super) received: u64,
}

impl<'p> MemoryBody<'p> {
    /// The body after a head of `head_len` bytes in `input`.
    pub(super) fn new(input: &[u8], head_len: usize, framing: Framing, profile: &'p Profile) -> Option<Self> {
        let there = &input[head_len.min(input.len())..];
        let (framed, of_body) = match framing {
            Framing::None => return None,
            Framing::Length(length) => {
                let at_hand = there.len().min(usize::try_from(length).unwrap_or(usize::MAX));
                (Framed::Length { left: length }, at_hand)
            }
            Framing::Chunked => {
                let framed = Framed::Chunked {
                    chunks: ChunkedBody::default(),
                    policy: &profile.head,
                };
                (framed, there.len())
            }
        };
        Some(Self {
            framed,
            buffer: there[..of_body].to_vec(),
            after: head_len + of_body,
            most: READ.min(profile.read),
            content: 0,
            received: 0,
        })
    }

    /// Reads what has arrived, without waiting. Returns how the body ended, if it did.
    pub(super) fn peek(&mut self, wire: &mut Wire<'_>) -> Option<BodyEnd> {
        loop {
            if let Some(end) = self.decode() {
                return Some(end);
            }
            if wire.unread().is_empty() {
                return wire.at_fin().then_some(BodyEnd::ClientFin);
            }
            self.fill(wire);
        }
    }

    /// Reads the body to its end.
    pub(super) fn read(&mut self, wire: &mut Wire<'_>, timers: &Timers, patience: Patience) -> BodyEnd {
        let mut progress = BodyProgress::new(timers, patience, wire.now);
        loop {
            let before = self.content;
            let end = self.decode();
            if self.content > before {
                progress.received(self.content - before, wire.now);
            }
            if let Some(end) = end {
                return end;
            }
            match wire.wait(progress.deadline(), false) {
                Arrival::Bytes => self.fill(wire),
                Arrival::Fin => return BodyEnd::ClientFin,
                Arrival::Deadline => return progress.expired(),
            }
        }
    }

    /// Reads from the connection if no bytes are buffered. The server's body reader does so when it is set up.
    pub(super) fn read_ahead(&mut self, wire: &mut Wire<'_>) {
        if self.buffer.is_empty() {
            self.fill(wire);
        }
    }

    fn fill(&mut self, wire: &mut Wire<'_>) {
        let most = match &self.framed {
            Framed::Length { left } => usize::try_from(*left - self.buffer.len() as u64).unwrap_or(usize::MAX),
            Framed::Chunked { chunks, policy } => chunks.room(self.most, policy),
        };
        let bytes = wire.read(most.min(self.most));
        self.received += bytes.len() as u64;
        self.buffer.extend(bytes);
    }

    /// Decodes the bytes that were read. Returns how the body ended, if it did.
    fn decode(&mut self) -> Option<BodyEnd> {
        match &mut self.framed {
            Framed::Length { left } => {
                let count = self.buffer.len() as u64;
                *left -= count;
                self.content += count;
                self.buffer.clear();
                (*left == 0).then_some(BodyEnd::Complete)
            }
            Framed::Chunked { chunks, policy } => {
                let read = chunks.read(&self.buffer, policy);
                self.buffer.drain(..read);
                self.content = chunks.content();
                match chunks.fault() {
                    Some(fault) => Some(BodyEnd::Broken(fault)),
                    None if !chunks.is_complete() => None,
                    None if chunks.is_last() => Some(BodyEnd::CompleteLast),
                    None => Some(BodyEnd::Complete),
                }
            }
        }
    }

    /// The bytes that arrived with the end of the body, if it ended in bytes that arrived after the head.
    pub(super) fn beyond(&self) -> &[u8] {
        match &self.framed {
            Framed::Chunked { .. } if self.received > 0 => &self.buffer,
            _ => &[],
        }
    }

    /// Discards up to `count` of those bytes. Returns how many there were.
    pub(super) fn discard(&mut self, count: usize) -> usize {
        let there = self.beyond().len().min(count);
        self.buffer.drain(..there);
        there
    }

    /// The bytes that follow the body.
    pub(super) fn into_leftover(self) -> Leftover {
        match self.framed {
            Framed::Length { .. } => Leftover::From(self.after),
            Framed::Chunked { .. } => Leftover::Bytes(self.buffer),
        }
    }
}
