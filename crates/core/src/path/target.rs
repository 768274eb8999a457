//! Splits a request target into scheme and authority, path, query and fragment.

use crate::http1::field::Name;
use crate::http1::head::{has_bare_scheme, has_scheme};
use crate::http1::{Request, ResponseId};
use crate::profile::raw::AbsoluteHost;
use crate::profile::{AbsoluteTarget, Fragment, OnInput, TargetPolicy};
use std::borrow::Cow;

/// Whether the target is an absolute URI. If the policy lists schemes, the URI needs no authority.
pub(super) fn is_absolute(target: &[u8], policy: &TargetPolicy) -> bool {
    has_scheme(target) || (policy.schemes.is_some() && has_bare_scheme(target))
}

/// Whether the target has an empty path, not even `/`.
pub fn has_no_path(target: &[u8], policy: &TargetPolicy) -> bool {
    let rest = if is_absolute(target, policy) {
        &target[authority_end(target)..]
    } else {
        target
    };
    matches!(rest, [] | [b'?' | b'#', ..])
}

/// The host and port that the request is for: those of an absolute target with the server's own scheme, else those of
/// the Host field.
pub fn host<'a>(request: &Request<'a>, policy: &TargetPolicy) -> Option<&'a [u8]> {
    let foreign = policy.schemes.as_ref().is_some_and(|(schemes, _)| {
        let own = schemes.first().map(String::as_bytes).unwrap_or_default();
        own != b"*" && !scheme_and_authority(request.target()).0.eq_ignore_ascii_case(own)
    });
    if foreign {
        request.get(Name::Host).filter(|host| !host.is_empty())
    } else {
        request.host().filter(|host| !host.is_empty())
    }
}

/// Scheme and authority of an absolute URI. `None` for the authority if the URI has no `//`.
fn scheme_and_authority(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    let scheme = until(target, b':');
    let rest = target.get(scheme.len() + 1..).unwrap_or_default();
    let authority = rest.strip_prefix(b"//").map(|rest| {
        let end = rest.iter().position(|byte| ends_authority(*byte));
        &rest[..end.unwrap_or(rest.len())]
    });
    (scheme, authority)
}

/// The parts of a target, each as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'t> {
    /// Scheme and authority of an absolute URI; empty for other targets, or if the policy treats the whole URI as a
    /// path.
    pub origin: &'t [u8],
    /// The path.
    pub path: Cow<'t, [u8]>,
    /// The query with its `?`, or empty.
    pub query: &'t [u8],
    /// The fragment with its `#`, or empty.
    pub fragment: &'t [u8],
}

/// Splits a target into its parts.
pub fn split<'t>(target: &'t [u8], policy: &TargetPolicy) -> Parts<'t> {
    let is_absolute = policy.absolute == OnInput::Accept(AbsoluteTarget::Path) && is_absolute(target, policy);
    let authority_end = if is_absolute { authority_end(target) } else { 0 };
    let (origin, rest) = target.split_at(authority_end);
    let (rest, fragment) = match policy.fragment {
        OnInput::Accept(Fragment::Literal) => (rest, &rest[rest.len()..]),
        _ => rest.split_at(until(rest, b'#').len()),
    };
    let (path, query) = rest.split_at(until(rest, b'?').len());
    let mut parts = Parts {
        origin,
        path: Cow::Borrowed(path),
        query,
        fragment,
    };
    if is_absolute {
        let (host, rest) = match policy.absolute_host {
            AbsoluteHost::Slash => (origin, &[][..]),
            AbsoluteHost::Name => split_host(origin),
        };
        parts.origin = host;
        if !rest.is_empty() {
            parts.path = [b"/", rest, path].concat().into();
        } else if !path.starts_with(b"/") {
            parts.path = Cow::Borrowed(b"/");
        }
        if policy.absolute_host == AbsoluteHost::Name && parts.path.contains(&b'\\') {
            let slashes = parts.path.iter().map(|b| if *b == b'\\' { b'/' } else { *b });
            parts.path = slashes.collect::<Vec<u8>>().into();
        }
    }
    parts
}

/// The offset at which the authority of an absolute URI ends.
fn authority_end(target: &[u8]) -> usize {
    let Some(authority) = target.windows(3).position(|w| w == b"://").map(|at| at + 3) else {
        return until(target, b':').len() + 1;
    };
    let length = target[authority..]
        .iter()
        .position(|byte| ends_authority(*byte))
        .unwrap_or(target.len() - authority);
    authority + length
}

/// Whether this byte ends the authority of a URI.
fn ends_authority(byte: u8) -> bool {
    matches!(byte, b'/' | b'?' | b'#')
}

/// Splits scheme and authority at the first character that is not part of a host name. A port belongs to the first
/// part.
fn split_host(origin: &[u8]) -> (&[u8], &[u8]) {
    let digits = origin.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let port = origin.len() - digits;
    let without_port = match origin[..port].last() {
        Some(b':') => &origin[..port - 1],
        _ => origin,
    };
    let scheme = origin.windows(3).position(|w| w == b"://").map_or(0, |at| at + 3);
    let start =
        memchr::memrchr(b'@', &without_port[scheme.min(without_port.len())..]).map_or(scheme, |at| scheme + at + 1);
    let host = without_port.get(start..).unwrap_or_default();
    if host.starts_with(b"[") && host.ends_with(b"]") {
        return (origin, &[]);
    }
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || b".-+_".contains(b) || *b >= 0x80;
    match host.iter().position(|b| !in_name(b)) {
        Some(at) => (&origin[..start + at], &host[at..]),
        None => (origin, &[]),
    }
}

/// `text` up to the first `end`; all of it if there is none.
fn until(text: &[u8], end: u8) -> &[u8] {
    memchr::memchr(end, text).map_or(text, |at| &text[..at])
}

/// Refuses a scheme or an authority that the policy does not accept.
pub(super) fn check_absolute(target: &[u8], policy: &TargetPolicy) -> Result<(), ResponseId> {
    let (scheme, authority) = scheme_and_authority(target);
    if let Some((schemes, id)) = &policy.schemes
        && !schemes
            .iter()
            .any(|s| s == "*" || s.as_bytes().eq_ignore_ascii_case(scheme))
    {
        return Err(*id);
    }
    match (&policy.bad_authority, authority) {
        (Some((syntax, id)), Some(authority)) if !authority.is_empty() && !syntax.accepts_authority(authority) => {
            Err(*id)
        }
        _ => Ok(()),
    }
}
