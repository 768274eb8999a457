//! The resolved tables `[connection]`, `[timers]`, `[close]` and `[client_fin]`.

use crate::close_reason::CloseReason;
use crate::http1::ResponseId;
use crate::http1::field::TokenSearch;
use crate::profile::raw::{Announce, AnnounceClose, AtExpiry, CloseStyle, RawUnkept, RepeatedConnection};
use crate::profile::{Since, Template};
use std::time::Duration;

/// How long connections persist, what responses announce about it, and how connections are closed.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the keys are documented in `raw`")]
pub struct ConnectionPolicy {
    pub persistent: bool,
    pub http10_keep_alive: bool,
    pub http10_needs_length: bool,
    pub http10_keep_wins: bool,
    pub proxy_connection: bool,
    pub upgrade_swallows: bool,
    pub search: TokenSearch,
    pub repeated: RepeatedConnection,
    pub not_kept: Vec<RawUnkept>,
    pub max_requests: Option<u64>,
    pub max_age: Option<Duration>,
    pub max_connections: Option<u64>,
    pub served_at_once: Option<u64>,
    pub backlog: u32,
    pub full: ResponseId,
    pub announce: Announce,
    pub announce_close: AnnounceClose,
    pub keep_fields: Vec<Template>,
    pub close_fields: Vec<Template>,
    pub timers: Timers,
    pub close: ClosePolicy,
    pub client_fin: ClientFinPolicy,
}

/// When silent connections are closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the keys are documented in `raw::RawTimers`")]
pub struct Timers {
    pub unused: Timer,
    pub line: Timer,
    pub head: Timer,
    pub line_again: Timer,
    pub head_again: Timer,
    pub blank: Option<Timer>,
    pub leftover: Option<Timer>,
    pub body_after_reply: Option<Timer>,
    pub idle: Timer,
    pub body: Timer,
    pub tie: AtExpiry,
}

/// A timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// How long; `None` for no timer.
    pub after: Option<Duration>,
    /// The event that the time is counted from.
    pub since: Since,
    /// The response that is sent when it expires.
    pub response: Option<ResponseId>,
    /// The timer is extended by one second each time this number of bytes is received.
    pub bytes_per_second: Option<u64>,
    /// The maximum time to which received bytes can extend it.
    pub at_most: Option<Duration>,
    /// It is checked only at multiples of this time since the start of the server.
    pub tick: Option<Duration>,
}

/// How connections are closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosePolicy {
    /// By the number of the [`CloseReason`].
    pub(in crate::profile) styles: Vec<CloseStyle>,
    /// The same, for connections with unread bytes.
    pub(in crate::profile) unread: Vec<Option<CloseStyle>>,
    /// The style after the response to a request whose body was read completely.
    pub after_body: Option<CloseStyle>,
    /// With [`CloseStyle::Linger`]: how long the client may be silent.
    pub linger_quiet: Duration,
    /// With [`CloseStyle::Linger`]: how long it lasts in any case.
    pub linger_total: Duration,
    /// How long to wait between the last response and the close.
    pub pause: Option<Duration>,
    /// Whether a byte received in that time leaves the close to the client.
    pub pause_holds: bool,
}

impl ClosePolicy {
    /// The style for `reason`.
    pub fn style(&self, reason: CloseReason) -> CloseStyle {
        self.styles[reason as usize]
    }

    /// The style for `reason` if bytes from the client are unread; `None` if that makes no difference.
    pub fn unread(&self, reason: CloseReason) -> Option<CloseStyle> {
        self.unread[reason as usize]
    }
}

/// What the client's FIN means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the keys are documented in `raw::RawClientFin`")]
pub struct ClientFinPolicy {
    pub in_line: EofInHead,
    pub in_head: EofInHead,
    pub in_body: Option<ResponseId>,
    pub drops_request: bool,
    /// How long after the request's last byte a FIN still drops it. The response waits for that time.
    pub drop_within: Duration,
}

/// What a client's FIN inside a head means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EofInHead {
    /// Close without a response.
    Silent,
    /// Send this response.
    Respond(ResponseId),
    /// Treat the head as complete.
    Complete,
}
