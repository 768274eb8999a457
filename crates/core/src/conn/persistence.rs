//! Whether a connection persists after a response, and what the response announces about it (RFC 9112 section 9.3). The
//! two are separate decisions, because some servers announce one thing and do another.

use crate::close_reason::CloseReason;
use crate::http1::request::Delimiter;
use crate::http1::{Framing, Request, Version, field::Name};
use crate::profile::{
    Announce, AnnounceClose, ConnectionFields, ConnectionPolicy, Profile, RepeatedConnection, Response, Template,
};
use std::time::Duration;

/// Whether a connection persists, and what the response announces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Persistence<'p> {
    /// Why the connection closes after the response; `None` if it persists.
    pub close: Option<CloseReason>,
    /// The field lines that announce it.
    pub connection_fields: &'p [Template],
}

/// Whether a connection persists after `response` to `request`.
///
/// `number` is the number of the request on its connection, from 1. `age` is the time since the connection was
/// accepted. `ending` is a reason to close that is already known.
pub fn persistence<'p>(
    profile: &'p Profile,
    request: Option<&Request<'_>>,
    response: &Response,
    number: u64,
    age: Duration,
    ending: Option<CloseReason>,
) -> Persistence<'p> {
    let policy = &profile.connection;
    let (asked_to_close, asked_to_keep) = request.map_or((false, false), |request| asked(request, policy));
    let end_without = |response_ends: Option<bool>, ending: Option<CloseReason>| {
        ending.filter(|_| response_ends != Some(false)).or_else(|| {
            if response_ends == Some(true) {
                return Some(CloseReason::Response);
            }
            if !policy.persistent {
                return Some(CloseReason::NotPersistent);
            }
            let request = request?;
            let is_old = request.version() < Version::Http11;
            if is_old && policy.http10_needs_length && !response.has_length_field() {
                return Some(CloseReason::Http10);
            }
            if let Some(reason) = end_by(is_old, (asked_to_close, asked_to_keep), policy) {
                return Some(reason);
            }
            // Without chunks, only the end of the connection can end a body of unknown length (RFC 9112 section 6.3).
            if response.chunked && request.version() < Version::Http11 && request.method() != b"HEAD" {
                return Some(CloseReason::Http10);
            }
            if leaves_continue_unsent(profile, request) {
                return Some(CloseReason::ContinueUnsent);
            }
            if ends_by_both(profile, request) {
                return Some(CloseReason::BadRequest);
            }
            if !policy.not_kept.is_empty() && not_kept(request, policy) {
                return Some(CloseReason::NotPersistent);
            }
            if policy.max_requests.is_some_and(|most| number >= most) {
                return Some(CloseReason::MaxRequests);
            }
            policy.max_age.filter(|most| age >= *most).map(|_| CloseReason::MaxAge)
        })
    };
    let end = end_without(response.close, ending);
    let is_old = || request.is_some_and(|request| request.version() < Version::Http11);
    let truth = |end| match (end, policy.announce) {
        (Some(_), _) if policy.announce_close == AnnounceClose::Http11 && is_old() => ConnectionFields::Off,
        (Some(_), _) => ConnectionFields::Close,
        (None, Announce::Always) => ConnectionFields::Keep,
        (None, Announce::Asked) if asked_to_keep => ConnectionFields::Keep,
        (None, Announce::Http10) if is_old() => ConnectionFields::Keep,
        (None, Announce::Asked | Announce::Http10) => ConnectionFields::Off,
    };
    let choice = match response.connection_fields {
        None => truth(end),
        Some(ConnectionFields::AsIfKept) => {
            truth(end_without(None, ending.filter(|why| *why != CloseReason::BadRequest)))
        }
        Some(claim) => claim,
    };
    let connection_fields: &[Template] = match choice {
        ConnectionFields::Keep => &policy.keep_fields,
        ConnectionFields::Close => &policy.close_fields,
        ConnectionFields::Off | ConnectionFields::AsIfKept => &[],
    };
    Persistence {
        close: end,
        connection_fields,
    }
}

/// Whether the connection closes because the request asks for `100 Continue` but has no body.
pub(super) fn leaves_continue_unsent(profile: &Profile, request: &Request<'_>) -> bool {
    profile.request_body.continue_unsent_ends
        && request.asks_to_continue(&profile.head.body)
        && request.framing(&profile.head.body) == Framing::None
}

/// Whether the connection closes because the request has both Content-Length and Transfer-Encoding.
pub fn ends_by_both(profile: &Profile, request: &Request<'_>) -> bool {
    profile.request_body.both_ends
        && profile.head.body.delimiter == Delimiter::Coding
        && request.has_length_and_coding()
}

/// Whether the request itself makes this the last exchange of the connection.
pub fn is_last(request: &Request<'_>, policy: &ConnectionPolicy) -> bool {
    end_by(request.version() < Version::Http11, asked(request, policy), policy).is_some()
}

/// Why the connection closes because of the request: its version, and whether it asks to close or to keep the
/// connection.
fn end_by(is_old: bool, (asks_to_close, asks_to_keep): (bool, bool), policy: &ConnectionPolicy) -> Option<CloseReason> {
    if is_old && !(asks_to_keep && policy.http10_keep_alive) {
        Some(CloseReason::Http10)
    } else if asks_to_close && !(is_old && policy.http10_keep_wins) {
        Some(CloseReason::RequestSaidClose)
    } else {
        None
    }
}

/// Whether the request asks to close the connection, and whether it asks to keep it.
fn asked(request: &Request<'_>, policy: &ConnectionPolicy) -> (bool, bool) {
    let says = |value: &[u8], word: &[u8]| policy.search.finds(value, word);
    match policy.repeated {
        RepeatedConnection::Any => {
            let proxy = || {
                request
                    .all_as(Name::ProxyConnection, policy.search.needs_trailing_space())
                    .take_while(|_| policy.proxy_connection)
            };
            let any = |word: &[u8]| request.connection_lists(word, policy.search) || proxy().any(|v| says(v, word));
            (any(b"close"), any(b"keep-alive"))
        }
        RepeatedConnection::First => {
            let sent = policy.search.needs_trailing_space();
            let first = request.all_as(Name::Connection, sent).next().unwrap_or_default();
            (says(first, b"close"), says(first, b"keep-alive"))
        }
        RepeatedConnection::Last => request.all(Name::Connection).fold((false, false), |before, value| {
            match (says(value, b"close"), says(value, b"keep-alive")) {
                (true, _) => (true, false),
                (false, true) => (false, true),
                (false, false) => before,
            }
        }),
    }
}

/// Whether this is a request after which the profile closes the connection.
fn not_kept(request: &Request<'_>, policy: &ConnectionPolicy) -> bool {
    let agent = request.get(Name::UserAgent).unwrap_or_default();
    policy
        .not_kept
        .iter()
        .any(|rule| rule.method.as_bytes() == request.method() && rule.agents.iter().any(|kind| kind.fits(agent)))
}
