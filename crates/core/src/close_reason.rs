//! Why connections end: the one vocabulary that profiles, the log and later tools share.

use std::fmt;

macro_rules! reasons {
    ($($variant:ident = $key:literal $who:ident, $words:literal;)*) => {
        /// Why a connection ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CloseReason { $(#[doc = $words] $variant,)* }

        impl CloseReason {
            /// Every reason.
            pub const ALL: &'static [CloseReason] = &[$(CloseReason::$variant,)*];

            /// The reason's key in a profile's `[close]`, in the log and in events.
            pub fn key(self) -> &'static str {
                match self { $(CloseReason::$variant => $key,)* }
            }

            /// The reason in words.
            pub fn words(self) -> &'static str {
                match self { $(CloseReason::$variant => $words,)* }
            }

            /// Who ended the connection.
            pub fn who(self) -> Who {
                match self { $(CloseReason::$variant => Who::$who,)* }
            }
        }
    };
}

/// Who ends a connection: whose FIN or RST comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The server.
    Server,
    /// The client.
    Client,
}

reasons! {
    Unused = "unused" Server, "no byte came in time";
    LineTimeout = "line_timeout" Server, "the request line was not complete in time";
    HeadTimeout = "head_timeout" Server, "the request head was not complete in time";
    BodyTimeout = "body_timeout" Server, "the request body was not complete in time";
    Idle = "idle" Server, "no further request came in time";
    RequestSaidClose = "request_said_close" Server, "the request asked for it";
    Http10 = "http10" Server, "an HTTP/1.0 request did not ask to keep it";
    NotPersistent = "not_persistent" Server, "this server ends every connection after its reply";
    MaxRequests = "max_requests" Server, "it has served as many requests as it may";
    MaxAge = "max_age" Server, "it has lasted as long as it may";
    Response = "response" Server, "this reply ends the connection";
    ContinueUnsent = "continue_unsent" Server, "the client waits for a 100 Continue that it does not get";
    BadRequest = "bad_request" Server, "the request could not be accepted";
    BodyUnread = "body_unread" Server, "the request's body was not read to its end";
    RequestDropped = "request_dropped" Server, "the client had ended its side behind the request, which this server drops";
    ClientFinUnused = "client_fin_unused" Client, "it sent no request";
    ClientFinInHead = "client_fin_in_head" Client, "in the middle of a request head";
    ClientFinInBody = "client_fin_in_body" Client, "in the middle of a request body";
    ClientFin = "client_fin" Client, "between requests";
    ClientReset = "client_reset" Client, "it reset the connection";
    Shutdown = "shutdown" Server, "the server stops";
    Asked = "asked" Server, "somebody asked the server to close it";
    SlowReader = "slow_reader" Server, "the client took too little of a reply in time";
    FileChanged = "file_changed" Server, "the file changed while it was sent";
    TooMany = "too_many" Server, "there are as many connections as there may be";
    IoError = "io_error" Server, "reading or writing failed";
    Panic = "panic" Server, "a defect in this server";
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
