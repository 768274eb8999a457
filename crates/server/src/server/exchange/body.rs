//! The body of a request during its exchange: while it is read, and what is left of it afterwards.

use super::super::request_body::RequestBody;
use labserve_core::conn::Leftover;

/// The body of a request.
pub(in super::super) enum Body<'c> {
    /// A long body that has not been read yet: the head, and what has arrived with it.
    Arrived(Vec<u8>),
    /// It is being read.
    Reading(RequestBody<'c>),
    /// It was read to its end.
    Ended {
        /// The bytes after it.
        left: Leftover,
        /// The number of bytes that had arrived before reading began, head included.
        arrived: u64,
        /// The number of content bytes.
        content: u64,
        /// The number of bytes that were read from the socket.
        received: u64,
    },
}

impl<'c> Body<'c> {
    /// The reader; `None` after the end.
    pub(super) fn reader(&mut self) -> Option<&mut RequestBody<'c>> {
        match self {
            Self::Reading(body) => Some(body),
            Self::Arrived(_) | Self::Ended { .. } => None,
        }
    }

    /// The number of bytes that had arrived before reading began, head included.
    pub(super) fn arrived(&self) -> u64 {
        match self {
            Self::Arrived(bytes) => bytes.len() as u64,
            Self::Reading(body) => body.arrived(),
            Self::Ended { arrived, .. } => *arrived,
        }
    }

    /// The number of content bytes so far.
    pub(super) fn content(&self) -> u64 {
        match self {
            Self::Arrived(_) => 0,
            Self::Reading(body) => body.content(),
            Self::Ended { content, .. } => *content,
        }
    }

    /// The number of bytes that were read from the socket.
    pub(super) fn received(&self) -> u64 {
        match self {
            Self::Arrived(_) => 0,
            Self::Reading(body) => body.received(),
            Self::Ended { received, .. } => *received,
        }
    }

    /// The same body after the end of its reading.
    pub(super) fn ended(self) -> Self {
        match self {
            Self::Reading(body) => Self::Ended {
                arrived: body.arrived(),
                content: body.content(),
                received: body.received(),
                left: body.into_leftover(),
            },
            Self::Arrived(_) | Self::Ended { .. } => self,
        }
    }

    /// The bytes after the body.
    pub(super) fn into_leftover(self) -> Leftover {
        match self {
            Self::Arrived(bytes) => Leftover::Bytes(bytes),
            Self::Reading(body) => body.into_leftover(),
            Self::Ended { left, .. } => left,
        }
    }

    /// The bytes that arrived with the end of the body, if it ended in bytes that arrived after the head.
    pub(super) fn beyond(&self) -> &[u8] {
        match self {
            Self::Ended {
                left: Leftover::Bytes(bytes),
                received: 1..,
                ..
            } => bytes,
            _ => &[],
        }
    }

    /// Discards up to `count` of those bytes. Returns how many there were.
    pub(super) fn discard(&mut self, count: usize) -> usize {
        match self {
            Self::Ended {
                left: Leftover::Bytes(bytes),
                received: 1..,
                ..
            } => bytes.drain(..bytes.len().min(count)).count(),
            _ => 0,
        }
    }
}
