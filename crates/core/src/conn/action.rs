//! The actions that an exchange asks its caller for, and the results that the caller reports.

use super::{BodyEnd, Close, Patience};
use crate::close_reason::CloseReason;
use crate::facts::Found;
use crate::http1::range::ByteRange;
use crate::path::Located;
use crate::profile::{CloseStyle, Precompressed};
use crate::render::RenderContext;
use std::ops::Deref;

/// An action that the caller carries out for an exchange.
#[derive(Debug)]
pub enum Action {
    /// Send this number of `100 Continue` responses, then report [`Happened::Sent`].
    SendContinue(u8),
    /// Look up this path, then report [`Happened::Found`].
    Lookup(PathQuery),
    /// Read the part of the body that has arrived, without waiting, then report [`Happened::BodyPeeked`].
    PeekBody(Peek),
    /// Read the body to its end, then report [`Happened::BodyRead`].
    ReadBody(Patience),
    /// Look at the bytes in the socket's buffer without reading them, then report [`Happened::Unread`].
    PeekSocket,
    /// Read and discard this number of those bytes, then report [`Happened::Discarded`].
    Discard(usize),
    /// Render and send [`Exchange::reply`](super::Exchange::reply), then report [`Happened::Sent`].
    SendReply,
    /// Nothing: the exchange is finished.
    Finish(Finish),
}

/// The result of an action, or the start of the exchange.
#[derive(Debug)]
pub enum Happened<'e> {
    /// The exchange starts; no action was carried out yet.
    Begun,
    /// The result of sending.
    Sent(Result<(), SendFailure>),
    /// The result of a lookup.
    Found {
        /// What exists at the path.
        found: Found,
        /// The first name in the path that is not an existing directory, if [`PathQuery::first_missing`] asked for it.
        first_missing: Option<&'e [u8]>,
        /// The current time and the numbers that the decision may use.
        render: &'e RenderContext,
    },
    /// The result of reading what has arrived of the body: how the body ended, or `None` if it has not ended.
    BodyPeeked(Option<BodyEnd>),
    /// How reading the body ended.
    BodyRead(BodyEnd),
    /// The bytes in the socket's buffer.
    Unread(&'e [u8]),
    /// The bytes were discarded.
    Discarded,
}

/// When to look at the part of a body that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peek {
    /// Before the response. The body is read after it.
    BeforeReply,
    /// After the response. If the body has ended, no more is read.
    AfterReply,
}

/// Why a response was not sent completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendFailure {
    /// The client has reset the connection.
    Reset,
    /// Writing failed.
    Io,
    /// The client accepted too few bytes in time.
    SlowReader,
    /// The file changed while it was being sent.
    FileChanged {
        /// Whether all announced bytes had already been passed to the system. Otherwise fewer were sent than announced.
        all_sent: bool,
    },
}

impl SendFailure {
    /// How the connection closes. If all bytes were sent, they may mix two versions of the file. Then the connection is
    /// reset, so that bytes in flight do not arrive as a complete response.
    pub fn close(self) -> Close {
        match self {
            Self::Reset => CloseReason::ClientReset.into(),
            Self::Io => CloseReason::IoError.into(),
            Self::SlowReader => CloseReason::SlowReader.into(),
            Self::FileChanged { all_sent } => Close {
                reason: CloseReason::FileChanged,
                style: all_sent.then_some(CloseStyle::Rst),
            },
        }
    }
}

/// The result of an exchange, without the counters of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    /// How the connection closes; `None` if it persists.
    pub close: Option<Close>,
    /// The number of additional requests that the response counts as, beyond this one.
    pub also_counted: u64,
    /// Whether a response was begun.
    pub answered: bool,
    /// Whether the bytes that follow may belong to this request, because the connection closes before the request was
    /// read completely.
    pub cut_in_request: bool,
    /// Whether the trailers of the request say that no request follows. They are read after the response is decided.
    pub is_last: bool,
}

/// The result of an exchange, with the counters of the caller.
#[derive(Debug)]
pub struct ExchangeOutcome {
    /// How the connection closes; `None` if it persists.
    pub close: Option<Close>,
    /// The number of additional requests that the response counts as, beyond this one.
    pub also_counted: u64,
    /// Whether a response was begun.
    pub answered: bool,
    /// As [`Finish::cut_in_request`].
    pub cut_in_request: bool,
    /// As [`Finish::is_last`].
    pub is_last: bool,
    /// The number of bytes that had arrived when the exchange began: of the request, and of what follows it.
    pub arrived: u64,
    /// The number of bytes that were read from the socket for the body.
    pub received: u64,
    /// The number of bytes that were sent.
    pub sent: u64,
    /// Responses that are held back, of this exchange and of earlier ones.
    pub unsent: Unsent,
    /// The bytes after the request.
    pub left: Leftover,
}

/// Rendered responses that are held back for now ([`crate::profile::Hold`]).
#[derive(Debug, Default)]
pub struct Unsent {
    /// Their bytes.
    pub bytes: Vec<u8>,
    /// Their number.
    pub responses: u32,
}

impl Unsent {
    /// Adds a response.
    pub fn add(&mut self, head: &[u8], body: &[Piece<'_>]) {
        self.responses += 1;
        self.bytes.extend_from_slice(head);
        for piece in body {
            if let Piece::Bytes(bytes) = piece {
                self.bytes.extend_from_slice(bytes);
            }
        }
    }
}

/// The bytes after a request.
#[derive(Debug)]
pub enum Leftover {
    /// The input from this offset on.
    From(usize),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// A path to look up for a request.
#[derive(Clone, Debug)]
pub struct PathQuery {
    /// The path.
    pub located: Located,
    /// The content codings that the client accepts, the preferred one first.
    pub accepted: Vec<Precompressed>,
    /// Whether to report the first name in the path that is not an existing directory.
    pub first_missing: bool,
}

/// A part of a response body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// This range of the file.
    File(ByteRange),
}

/// The parts of a response body, in order. Most bodies have one part, for which no vector is allocated.
#[derive(Debug)]
pub enum Pieces<'a> {
    /// No body.
    None,
    /// One part.
    One(Piece<'a>),
    /// Several.
    Several(Vec<Piece<'a>>),
}

impl<'a> Deref for Pieces<'a> {
    type Target = [Piece<'a>];

    fn deref(&self) -> &[Piece<'a>] {
        match self {
            Self::None => &[],
            Self::One(piece) => std::slice::from_ref(piece),
            Self::Several(pieces) => pieces,
        }
    }
}

impl Piece<'_> {
    /// The number of its bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(range) => range.length(),
        }
    }
}

/// A response that is ready to be sent, in addition to its rendered head and page.
#[derive(Debug)]
pub struct Rendered<'a> {
    /// The body.
    pub body: Pieces<'a>,
    /// Whether the connection closes after the response.
    pub closes: bool,
    /// Whether the response may be held back while the client is in the middle of sending its next request.
    pub may_wait: bool,
    /// How the head is split into writes; `None` to split it as the profile says.
    pub split_head: Option<&'a [usize]>,
}
