//! Why connections end: one set of reasons, shared by profiles, the log, events and the timeline's page.

use crate::locale::Lang;
use crate::sentences;
use std::fmt;

/// Which side closes a connection: whose FIN or RST comes first.
///
/// ```
/// use labserve_core::close_reason::{CloseReason, Who};
///
/// assert_eq!(CloseReason::Idle.who(), Who::Server);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The server.
    Server,
    /// The client.
    Client,
}

sentences! {
    /// Why a connection closed. The key names the reason in the table `[close]` of a profile, in the log and in events.
    ///
    /// ```
    /// use labserve_core::close_reason::CloseReason;
    ///
    /// assert_eq!(CloseReason::MaxRequests.key(), "max_requests");
    /// assert_eq!(CloseReason::Idle.to_string(), "no further request came in time");
    /// ```
    #[non_exhaustive]
    pub enum CloseReason in "close_reason" {
        /// No byte came in time.
        Unused = "unused",
        /// The request line was not complete in time.
        LineTimeout = "line_timeout",
        /// The request head was not complete in time.
        HeadTimeout = "head_timeout",
        /// The request body was not complete in time.
        BodyTimeout = "body_timeout",
        /// No further request came in time.
        Idle = "idle",
        /// The request asked for it with `Connection: close`.
        RequestSaidClose = "request_said_close",
        /// An HTTP/1.0 request did not ask to keep the connection open.
        Http10 = "http10",
        /// The server closes every connection after its response.
        NotPersistent = "not_persistent",
        /// The connection has served as many requests as the server allows.
        MaxRequests = "max_requests",
        /// The connection has been open as long as the server allows.
        MaxAge = "max_age",
        /// The server closes connections after this response.
        Response = "response",
        /// The client waits for a 100 Continue that the server does not send.
        ContinueUnsent = "continue_unsent",
        /// The request was rejected.
        BadRequest = "bad_request",
        /// The request body was not read to its end.
        BodyUnread = "body_unread",
        /// The client sent FIN after the request, and the server drops such a request.
        RequestDropped = "request_dropped",
        /// The client sent FIN and no request.
        ClientFinUnused = "client_fin_unused",
        /// The client sent FIN in a request head.
        ClientFinInHead = "client_fin_in_head",
        /// The client sent FIN in a request body.
        ClientFinInBody = "client_fin_in_body",
        /// The client sent FIN between requests.
        ClientFin = "client_fin",
        /// The client sent RST.
        ClientReset = "client_reset",
        /// The server is shutting down.
        Shutdown = "shutdown",
        /// The server was asked, from outside, to close the connection.
        Asked = "asked",
        /// A rule ended the connection.
        Rule = "rule",
        /// The client read too little of a response in time.
        SlowReader = "slow_reader",
        /// The file changed while it was sent.
        FileChanged = "file_changed",
        /// The server has as many connections as it allows.
        TooMany = "too_many",
        /// Reading or writing failed.
        IoError = "io_error",
        /// A bug in labserve.
        Panic = "panic",
    }
}

impl CloseReason {
    /// The reason in English, for the log and for events.
    ///
    /// ```
    /// # use labserve_core::close_reason::CloseReason;
    /// assert_eq!(CloseReason::ClientReset.words(), CloseReason::ClientReset.to_string());
    /// ```
    pub fn words(self) -> &'static str {
        self.text(Lang::En)
    }

    /// Which side closed the connection.
    ///
    /// ```
    /// # use labserve_core::close_reason::{CloseReason, Who};
    /// assert_eq!(CloseReason::ClientFin.who(), Who::Client);
    /// ```
    pub fn who(self) -> Who {
        match self {
            Self::ClientFinUnused
            | Self::ClientFinInHead
            | Self::ClientFinInBody
            | Self::ClientFin
            | Self::ClientReset => Who::Client,
            _ => Who::Server,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
