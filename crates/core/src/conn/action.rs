//! What an exchange asks for, and what it is told.

use super::{BodyEnd, Close, Patience};
use crate::close_reason::CloseReason;
use crate::facts::Found;
use crate::http1::range::ByteRange;
use crate::path::Located;
use crate::profile::{CloseStyle, Precompressed};
use crate::render::RenderContext;

/// What is to be done for an exchange.
#[derive(Debug)]
pub enum Action {
    /// Send this many `100 Continue` responses, then tell [`Happened::Sent`].
    SendContinue(u8),
    /// Look up [`Exchange::query`](super::Exchange::query), then tell [`Happened::Found`].
    Lookup,
    /// Take in what has arrived of the body, without waiting for more, then tell [`Happened::BodyPeeked`].
    PeekBody(Peek),
    /// Read the body to its end, then tell [`Happened::BodyRead`].
    ReadBody(Patience),
    /// Look at the bytes that the socket has, without reading them, then tell [`Happened::Unread`].
    PeekSocket,
    /// Read this many of these bytes and throw them away, then tell [`Happened::Discarded`].
    Discard(usize),
    /// Render and send [`Exchange::reply`](super::Exchange::reply), then tell [`Happened::Sent`].
    SendReply,
    /// Nothing: the exchange is finished.
    Finish(Finish),
}

/// What happened in an exchange.
#[derive(Debug)]
pub enum Happened<'e> {
    /// Nothing yet: it begins.
    Begun,
    /// What was to be sent has been sent, or not.
    Sent(Result<(), SendFailure>),
    /// This lies at the path that was looked up.
    Found {
        /// What was found.
        found: Found,
        /// The first name of the path that is not a directory's, where [`PathQuery::first_missing`] asked for it.
        first_missing: Option<&'e [u8]>,
        /// The time and the numbers that the decision may use.
        render: &'e RenderContext,
    },
    /// What has arrived of the body has been taken in; how it ended, if it did.
    BodyPeeked(Option<BodyEnd>),
    /// The body has been read, to its end or not.
    BodyRead(BodyEnd),
    /// The bytes that the socket has.
    Unread(&'e [u8]),
    /// They have been thrown away.
    Discarded,
}

/// When a body is peeked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peek {
    /// Before the response: the body is read after it.
    BeforeReply,
    /// After the response: a body that has ended by now is not read any further.
    AfterReply,
}

/// Why a response was not sent to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendFailure {
    /// The client has reset the connection.
    Reset,
    /// Writing failed.
    Io,
    /// The client took too little in time.
    SlowReader,
    /// The file changed while it was sent. Less than was announced has been sent, unless all of it had been handed over
    /// before that was noticed.
    FileChanged {
        /// Whether all bytes had been handed over.
        all_sent: bool,
    },
}

impl SendFailure {
    /// How the connection closes. Where all of a response has been handed over that may mix two versions of a file, RST
    /// takes back what is still on its way.
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

/// The result of an exchange, as far as the exchange itself knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    /// How the connection closes, if it does.
    pub close: Option<Close>,
    /// The requests that the response counts for beyond the one.
    pub also_counted: u64,
}

/// The result of an exchange with what the caller counted.
#[derive(Debug)]
pub struct ExchangeOutcome {
    /// How the connection closes, if it does.
    pub close: Option<Close>,
    /// The requests that the response counts for beyond the one.
    pub also_counted: u64,
    /// The bytes that were read from the socket for the body.
    pub received: u64,
    /// The bytes that were sent.
    pub sent: u64,
    /// What stays unsent for now, of this response and of those before it.
    pub unsent: Unsent,
    /// The bytes that follow the request.
    pub left: Leftover,
}

/// Responses that are rendered and stay unsent for now ([`crate::profile::Hold`]).
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

/// The bytes that follow a request.
#[derive(Debug)]
pub enum Leftover {
    /// The input from this offset.
    From(usize),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// What is to be looked up for a request.
#[derive(Clone, Debug)]
pub struct PathQuery {
    /// The path.
    pub located: Located,
    /// The content codings that the client accepts, the best first.
    pub accepted: Vec<Precompressed>,
    /// Whether the first name of the path that is not a directory's is wanted too.
    pub first_missing: bool,
}

/// A stretch of a response body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// These bytes of the file.
    File(ByteRange),
}

/// A response that is ready to be sent, beside its rendered head and page.
#[derive(Debug)]
pub struct Rendered<'a> {
    /// The body.
    pub body: Vec<Piece<'a>>,
    /// Whether the connection closes after it.
    pub closes: bool,
    /// Whether it may stay unsent while a part of a next request has arrived.
    pub may_wait: bool,
    /// The cuts of its head, if they are not the profile's.
    pub split_head: Option<&'a [usize]>,
}
