//! Why connections end: one set of reasons, shared by profiles, the log, events and the timeline's page.

use crate::locale::Lang;
use crate::sentences;
use std::fmt;

/// Which side ends a connection: whose FIN or RST comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The server.
    Server,
    /// The client.
    Client,
}

sentences! {
    /// Why a connection ended. The key names the reason in a profile's `[ends]`, in the log and in events.
    pub enum CloseReason in "close_reason" {
        Unused = "unused",
        LineTimeout = "line_timeout",
        HeadTimeout = "head_timeout",
        BodyTimeout = "body_timeout",
        Idle = "idle",
        RequestSaidClose = "request_said_close",
        Http10 = "http10",
        NotPersistent = "not_persistent",
        MaxRequests = "max_requests",
        MaxAge = "max_age",
        Response = "response",
        ContinueUnsent = "continue_unsent",
        BadRequest = "bad_request",
        BodyUnread = "body_unread",
        RequestDropped = "request_dropped",
        ClientFinUnused = "client_fin_unused",
        ClientFinInHead = "client_fin_in_head",
        ClientFinInBody = "client_fin_in_body",
        ClientFin = "client_fin",
        ClientReset = "client_reset",
        Shutdown = "shutdown",
        Asked = "asked",
        SlowReader = "slow_reader",
        FileChanged = "file_changed",
        TooMany = "too_many",
        IoError = "io_error",
        Panic = "panic",
    }
}

impl CloseReason {
    /// The reason in English, for the log and for events.
    pub fn words(self) -> &'static str {
        self.text(Lang::En)
    }

    /// Which side ended the connection.
    pub fn who(self) -> Who {
        match self {
            CloseReason::ClientFinUnused
            | CloseReason::ClientFinInHead
            | CloseReason::ClientFinInBody
            | CloseReason::ClientFin
            | CloseReason::ClientReset => Who::Client,
            _ => Who::Server,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
