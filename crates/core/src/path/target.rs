//! Splits a request target into scheme and authority, path, query and fragment.

use super::url_parse;
use crate::http1::field::Name;
use crate::http1::head::{has_bare_scheme, has_rootless_scheme, has_scheme};
use crate::http1::host::{port_number, split_authority};
use crate::http1::{Request, ResponseId};
use crate::profile::raw::{AuthorityReader, TargetReader};
use crate::profile::{AbsoluteTarget, Fragment, OnInput, TargetPolicy};
use std::borrow::Cow;

/// Whether the target is an absolute URI. If the policy lists schemes, the URI needs no authority.
pub(super) fn is_absolute(target: &[u8], policy: &TargetPolicy) -> bool {
    has_scheme(target)
        || (policy.schemes.is_some()
            && (has_bare_scheme(target) || ((policy.rootless || policy.opaque) && has_rootless_scheme(target))))
}

/// Whether the target has an empty path, not even `/`.
pub fn has_no_path(target: &[u8], policy: &TargetPolicy) -> bool {
    match policy.reader {
        TargetReader::Uri => is_uri_without_path(target, policy),
        TargetReader::UrlParse => url_parse::read(target).kind == Kind::NoPath,
    }
}

/// The response to a target without a path, or to one that the policy's reader refuses, whatever the method is.
pub fn unreadable(target: &[u8], policy: &TargetPolicy) -> Option<ResponseId> {
    match (split(target, policy).kind, policy.no_path) {
        (Kind::Invalid, _) => Some(policy.invalid),
        (Kind::NoPath, OnInput::Respond(id)) => Some(id),
        _ => None,
    }
}

fn is_uri_without_path(target: &[u8], policy: &TargetPolicy) -> bool {
    // An absolute URI that is taken literally is a path.
    let has_authority = policy.absolute == OnInput::Accept(AbsoluteTarget::Path) && is_absolute(target, policy);
    let rest = if has_authority {
        &target[authority_end(target)..]
    } else {
        target
    };
    matches!(rest, [] | [b'?' | b'#', ..]) || (has_authority && policy.opaque && !rest.starts_with(b"/"))
}

/// The host and port that the request is for: those of an absolute target with the server's own scheme, else those of
/// the Host field.
pub fn host<'a>(request: &Request<'a>, policy: &'a TargetPolicy) -> Option<Cow<'a, [u8]>> {
    let field = || request.get(Name::Host).filter(|host| !host.is_empty());
    let target = request.target();
    if policy.authority == AuthorityReader::NumericPort {
        let authority = is_absolute(target, policy).then(|| scheme_and_authority(target).1);
        let own_name = Some(policy.own_name.as_bytes()).filter(|name| !name.is_empty());
        return with_numeric_port(authority.flatten(), is_own_scheme(target, policy), field(), own_name);
    }
    let host = if is_own_scheme(target, policy) {
        request.host()
    } else {
        field()
    };
    host.filter(|host| !host.is_empty()).map(Cow::Borrowed)
}

/// Whether the target has the server's own scheme, so that its authority names the host.
fn is_own_scheme(target: &[u8], policy: &TargetPolicy) -> bool {
    policy.schemes.as_ref().is_none_or(|(schemes, _)| {
        let own = schemes.first().map(String::as_bytes).unwrap_or_default();
        own == b"*" || scheme_and_authority(target).0.eq_ignore_ascii_case(own)
    })
}

/// The Host field of a request as the server passes it on: with the host and port of an absolute target, if that has the
/// server's own scheme. `None` if the field is passed on as it is.
pub fn replaced_host(request: &Request<'_>, policy: &TargetPolicy) -> Option<Vec<u8>> {
    let target = request.target();
    if policy.authority != AuthorityReader::NumericPort {
        return host(request, policy).map(Cow::into_owned);
    }
    if !is_absolute(target, policy) || !is_own_scheme(target, policy) {
        return None;
    }
    let (name, port) = split_authority(scheme_and_authority(target).1?)?;
    let mut host = in_brackets(name.strip_suffix(b".").unwrap_or(name)).to_ascii_lowercase();
    if !port.is_empty() {
        host.push(b':');
        host.extend_from_slice(port);
    }
    Some(host)
}

/// A host name as in a URI: an IPv6 address is in brackets.
fn in_brackets(name: &[u8]) -> Vec<u8> {
    if name.contains(&b':') {
        [b"[", name, b"]"].concat()
    } else {
        name.to_vec()
    }
}

/// [`AuthorityReader::NumericPort`]. `own_name`: the server's name, which is used if a URI does not name the host and
/// there is no Host field.
fn with_numeric_port<'a>(
    authority: Option<&[u8]>,
    is_own: bool,
    field: Option<&'a [u8]>,
    own_name: Option<&'a [u8]>,
) -> Option<Cow<'a, [u8]>> {
    let sent = authority.map(split_authority);
    let (name, port) = match (sent, is_own) {
        (None, _) => split_authority(field?)?,
        (Some(None), _) => return None,
        (Some(Some(sent)), true) => sent,
        (Some(Some((_, port))), false) => {
            let (name, own_port) = match field {
                Some(field) => split_authority(field)?,
                None => (own_name?, &b""[..]),
            };
            (name, if own_port.is_empty() { port } else { own_port })
        }
    };
    let mut host = in_brackets(name);
    if let Some(port) = port_number(port) {
        host.extend_from_slice(format!(":{port}").as_bytes());
    }
    Some(host.into())
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

/// The parts of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'t> {
    /// Whether there is a path.
    pub kind: Kind,
    /// Scheme and authority of an absolute URI; empty for other targets, or if the policy treats the whole URI as a
    /// path.
    pub origin: Cow<'t, [u8]>,
    /// The path.
    pub path: Cow<'t, [u8]>,
    /// The query with its `?`, or empty.
    pub query: Cow<'t, [u8]>,
    /// The fragment with its `#`, or empty.
    pub fragment: Cow<'t, [u8]>,
}

impl Parts<'_> {
    /// A target of that kind with empty parts.
    pub(super) fn of_kind(kind: Kind) -> Self {
        Parts {
            kind,
            origin: Cow::default(),
            path: Cow::default(),
            query: Cow::default(),
            fragment: Cow::default(),
        }
    }
}

/// What a target names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A path.
    Path,
    /// No path, not even `/`.
    NoPath,
    /// Nothing: the reader of the policy refuses it.
    Invalid,
}

/// Splits a target into its parts.
pub fn split<'t>(target: &'t [u8], policy: &TargetPolicy) -> Parts<'t> {
    match policy.reader {
        TargetReader::Uri => split_uri(target, policy),
        TargetReader::UrlParse => url_parse::read(target),
    }
}

fn split_uri<'t>(target: &'t [u8], policy: &TargetPolicy) -> Parts<'t> {
    let is_absolute = policy.absolute == OnInput::Accept(AbsoluteTarget::Path) && is_absolute(target, policy);
    let authority_end = if is_absolute { authority_end(target) } else { 0 };
    let (origin, rest) = target.split_at(authority_end);
    let (rest, fragment) = match policy.fragment {
        OnInput::Accept(Fragment::Literal) => (rest, &rest[rest.len()..]),
        _ => rest.split_at(until(rest, b'#').len()),
    };
    let (path, query) = rest.split_at(until(rest, b'?').len());
    let has_no_path = is_uri_without_path(target, policy);
    let has_other_path = policy.rootless && !path.is_empty();
    let path = if is_absolute && !path.starts_with(b"/") && !has_other_path {
        b"/"
    } else {
        path
    };
    Parts {
        kind: if has_no_path { Kind::NoPath } else { Kind::Path },
        origin: origin.into(),
        path: path.into(),
        query: query.into(),
        fragment: fragment.into(),
    }
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
    refused_authority(target, authority, policy).map_or(Ok(()), Err)
}

/// The response to an absolute URI whose authority the policy does not accept.
pub fn bad_authority(target: &[u8], policy: &TargetPolicy) -> Option<ResponseId> {
    policy.bad_authority.as_ref()?;
    if !is_absolute(target, policy) {
        return None;
    }
    refused_authority(target, scheme_and_authority(target).1, policy)
}

fn refused_authority(target: &[u8], authority: Option<&[u8]>, policy: &TargetPolicy) -> Option<ResponseId> {
    let (syntax, id) = policy.bad_authority.as_ref()?;
    let authority = authority.filter(|authority| !authority.is_empty())?;
    (!syntax.accepts_authority(authority, is_own_scheme(target, policy))).then_some(*id)
}
