//! Decides the response to a request: pure functions of profile, request and file facts.
//!
//! [`route`] maps a request to a fixed response or to a path to look up. [`file_reply`] decides the response for the
//! result of that lookup. [`crate::render`] writes the bytes. [`trace`](fn@trace) repeats a decision step by step, for
//! people.

mod conditional_fields;
mod conditions;
mod message;
mod step;
mod trace;

pub use message::TraceMessage;
pub use step::Step;
pub use trace::{Refused, trace};

use crate::facts::{FileFacts, Found, last_name};
use crate::http1::field::Name;
use crate::http1::precondition::{self, Validators, Verdict};
use crate::http1::range::{self, Selection};
use crate::http1::{Request, ResponseId};
use crate::path::{self, Located};
use crate::profile::{FailureNoticed, FilePolicy, MethodRule, OnInput, Precompressed, Profile};
use crate::render::{Body, Decision, LookupKind, Place, RenderContext, Reply, write_etag};
use conditional_fields::{CONDITIONS, ConditionalFields, has_date_overflow};
use std::sync::Arc;

/// The first half of a decision, which needs no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Send this response. No file is looked up.
    Respond(ResponseId),
    /// Look this path up, then call [`file_reply`].
    Lookup(Located),
}

/// Maps `request` to a fixed response or to a path to look up.
///
/// `root` is the absolute path of the root directory, name by name. Only profiles in which a path may leave the root
/// and return by the root's name use it; otherwise it may be empty.
///
/// ```
/// use labserve_core::decide::{Route, route};
/// use labserve_core::http1::{Request, Scan, head};
/// use labserve_core::profile::layers;
///
/// let profile = layers::load("nginx").expect("a built-in profile");
/// let bytes = b"GET /a%20b/ HTTP/1.1\r\nHost: example.com\r\n\r\n";
/// let Scan::Complete(head) = head::scan(bytes, &profile.head) else {
///     panic!("the head is complete and valid")
/// };
/// let Route::Lookup(located) = route(&profile, &Request::new(bytes, &head), &[]) else {
///     panic!("GET is served from files")
/// };
/// assert_eq!(located.path, b"a b");
/// assert!(located.trailing_slash);
/// ```
pub fn route(profile: &Profile, request: &Request<'_>, root: &[String]) -> Route {
    if let Some(id) = path::unroutable(request.target(), &profile.target) {
        return Route::Respond(id);
    }
    let rule = profile.methods.rule(request.method());
    match rule {
        MethodRule::Always(id) => return Route::Respond(id),
        MethodRule::Respond(id) if !profile.target.before_method => {
            return Route::Respond(path::unreadable(request.target(), &profile.target).unwrap_or(id));
        }
        _ => {}
    }
    let target = request.target();
    if let OnInput::Respond(id) = profile.target.asterisk
        && (target == b"*" || (request.method() == b"OPTIONS" && is_of_the_server(profile, target)))
    {
        return Route::Respond(path::malformed(target, &profile.target, &profile.files, root).unwrap_or(id));
    }
    if let MethodRule::Respond(id) = rule {
        return Route::Respond(path::malformed(target, &profile.target, &profile.files, root).unwrap_or(id));
    }
    match path::locate(target, &profile.target, &profile.files, root) {
        Ok(located) => match profile.files.index_named {
            OnInput::Respond(id) if names_index(&profile.files, &located) => Route::Respond(id),
            _ => Route::Lookup(located),
        },
        Err(id) => Route::Respond(id),
    }
}

/// Whether a path ends in the name of an index file.
fn names_index(files: &FilePolicy, located: &Located) -> bool {
    let name = last_name(&located.path);
    !located.trailing_slash && files.index.iter().any(|index| index.as_bytes() == name)
}

/// Whether a target names the server as a whole: it has no path, or the path `*`.
fn is_of_the_server(profile: &Profile, target: &[u8]) -> bool {
    let parts = path::split(target, &profile.target);
    parts.kind == path::Kind::NoPath || &*parts.path == b"*"
}

/// The content codings among `known` that the client prefers to no coding, the preferred one first. Codings of equal
/// weight keep the order of `known` (RFC 9110 section 12.5.3).
pub fn accepted_codings(request: &Request<'_>, known: &[Precompressed]) -> Vec<Precompressed> {
    let members: Vec<(&[u8], u16)> = request
        .all(Name::AcceptEncoding)
        .flat_map(|value| value.split(|b| *b == b','))
        .map(weighted)
        .collect();
    let weight = |name: &str| {
        members
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, q)| *q)
    };
    let rest = weight("*");
    // `identity` is acceptable unless it is excluded. It is preferred to a coding only where its weight is higher.
    let none = weight("identity").unwrap_or(0);
    let mut accepted: Vec<(u16, Precompressed)> = known
        .iter()
        .map(|coding| (weight(coding.token()).or(rest).unwrap_or(0), *coding))
        .filter(|(q, _)| *q > 0 && *q >= none)
        .collect();
    accepted.sort_by_key(|(q, _)| std::cmp::Reverse(*q));
    accepted.into_iter().map(|(_, coding)| coding).collect()
}

/// A member of Accept-Encoding: its name, and its weight in thousandths (RFC 9110 section 12.4.2). A malformed weight
/// counts as 1.
fn weighted(member: &[u8]) -> (&[u8], u16) {
    let mut parts = member.split(|b| *b == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    let q = parts.find_map(|p| p.strip_prefix(b"q=").or(p.strip_prefix(b"Q=")));
    let thousandths = |text: &[u8]| -> Option<u16> {
        let weight: f32 = std::str::from_utf8(text).ok()?.parse().ok()?;
        (0.0..=1.0)
            .contains(&weight)
            .then_some((weight * 1000.0).round() as u16)
    };
    (name, q.map_or(1000, |q| thousandths(q).unwrap_or(1000)))
}

/// Decides the response to `request` for the result of its lookup.
///
/// `named` is a file name from which the media type is derived if there is no file; some servers send that type with an
/// error. `context` supplies the time for preconditions and the numbers of multipart boundaries.
///
/// ```
/// use labserve_core::decide::file_reply;
/// use labserve_core::facts::{FileFacts, FileId, Found};
/// use labserve_core::http1::{Request, Scan, head};
/// use labserve_core::profile::layers;
/// use labserve_core::render::RenderContext;
/// use std::sync::Arc;
///
/// let profile = layers::load("nginx").expect("a built-in profile");
/// let bytes = b"GET /a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9\r\n\r\n";
/// let Scan::Complete(head) = head::scan(bytes, &profile.head) else {
///     panic!("the head is complete and valid")
/// };
/// let id = FileId { size: 100, ..FileId::default() };
/// let file = Arc::new(FileFacts::new(b"a.txt", 0, id, &profile.types));
/// let request = Request::new(bytes, &head);
/// let reply = file_reply(&profile, &request, Found::File(file), None, &RenderContext::at(1_700_000_000));
/// assert_eq!(reply.response.status, 206);
/// ```
pub fn file_reply<'p>(
    profile: &'p Profile,
    request: &Request<'_>,
    found: Found,
    named: Option<&[u8]>,
    context: &RenderContext,
) -> Reply<'p> {
    let kind = LookupKind::of(&found);
    let reply = reply_to_found(profile, request, found, named, context);
    match reply.decision {
        Decision::Unspecified => reply.decided_by(Decision::Found(kind)),
        _ => reply,
    }
}

fn reply_to_found<'p>(
    profile: &'p Profile,
    request: &Request<'_>,
    found: Found,
    named: Option<&[u8]>,
    context: &RenderContext,
) -> Reply<'p> {
    let files = &profile.files;
    let method = request.method();
    let rule = profile.methods.rule(method);
    let resolved = |place: Place| match rule {
        MethodRule::Resolved(id) => Some(Reply::resolved(profile, id, method, place)),
        _ => None,
    };
    let nothing = || Place::Nothing(named.map(|name| profile.types.of(name).0).unwrap_or_default());
    let mut failure = None;
    let file = match found {
        Found::File(file) => file,
        Found::Unreadable(file) => {
            failure = Some(files.unreadable);
            file
        }
        Found::IndexDirectory(name) => {
            let OnInput::Respond(id) = files.index_directory else {
                return Reply::plain(profile, files.no_index, method);
            };
            return Reply::plain(profile, id, method).with_index(name);
        }
        Found::Dangling => return Reply::plain(profile, files.dangling, method),
        Found::LinkLoop => return Reply::plain(profile, files.link_loop, method),
        Found::FileWithSlash(file) => match files.file_slash {
            OnInput::Accept(()) => file,
            OnInput::Respond(id) => return resolved(nothing()).unwrap_or_else(|| Reply::plain(profile, id, method)),
        },
        Found::Directory => return Reply::plain(profile, files.directory, method),
        Found::DirectoryWithoutIndex => {
            let id = files.directory_without_index.unwrap_or(files.directory);
            return Reply::plain(profile, id, method);
        }
        Found::NoIndex => {
            return resolved(Place::Directory).unwrap_or_else(|| Reply::plain(profile, files.no_index, method));
        }
        Found::Missing => {
            if let Some(reply) = resolved(nothing()) {
                return reply;
            }
            let slash = path::split(request.target(), &profile.target).path.ends_with(b"/");
            return Reply::plain(profile, if slash { files.missing_slash } else { files.missing }, method);
        }
        Found::Denied => return Reply::plain(profile, files.denied, method),
        Found::TooLong => return Reply::plain(profile, files.too_long, method),
        Found::PathAfterFile => {
            return resolved(nothing()).unwrap_or_else(|| Reply::plain(profile, files.path_after_file, method));
        }
        Found::Special => return Reply::plain(profile, files.special, method),
        Found::Unavailable => return Reply::plain(profile, profile.connection.full, method),
    };
    if let OnInput::Respond(id) = files.untyped
        && file.content_type.is_empty()
    {
        return Reply::plain(profile, id, method);
    }
    if let OnInput::Respond(id) = files.line_break
        && file.name().iter().any(|b| matches!(b, b'\r' | b'\n'))
    {
        failure = Some(id);
    }
    if let Some(id) = failure
        && files.failure_noticed == FailureNoticed::Open
    {
        return resolved(Place::File(file)).unwrap_or_else(|| Reply::plain(profile, id, method));
    }
    match rule {
        MethodRule::Found(id) => Reply::plain(profile, id, method),
        MethodRule::Resolved(id) => Reply::resolved(profile, id, method, Place::File(file)),
        _ => {
            let reply = file_conditions(profile, request, file, context);
            let needs_content = reply.response.status / 100 == 2
                && (method != b"HEAD" || files.failure_noticed != FailureNoticed::Content);
            match (failure.filter(|_| needs_content), &reply.file) {
                (Some(id), Some(file)) => Reply::about(profile, id, method, Arc::clone(file), Body::Whole),
                _ => reply.decided_by(Decision::Conditions),
            }
        }
    }
}

/// Evaluates preconditions and ranges. The file exists and the method asks for its content.
fn file_conditions<'p>(
    profile: &'p Profile,
    request: &Request<'_>,
    file: Arc<FileFacts>,
    context: &RenderContext,
) -> Reply<'p> {
    let responses = &profile.responses;
    let method = request.method();
    // The common case.
    if !request.has_any(&CONDITIONS) {
        return Reply::about(profile, responses.ok(), method, file, Body::Whole);
    }
    let fields = ConditionalFields::of(profile, request);
    let selection = fields
        .range
        .as_deref()
        .map(|range| range::select(range, file.size(), &profile.range));
    let mut conditional = fields.conditional(selection.as_ref());
    if profile.files.mtime.is_unknown(file.id.modified()) {
        // Without a modification date, the field is ignored (RFC 9110 section 13.1.4).
        conditional.if_unmodified_since = None;
    }
    let mut etag = Vec::new();
    // Most requests compare no tag, so it is rendered only on demand.
    let compares = [conditional.if_match, conditional.if_none_match, conditional.if_range];
    let has_etag = compares.iter().any(Option::is_some) && write_etag(profile, &file, context.now_secs, &mut etag);
    let validators = Validators {
        etag: has_etag.then_some(etag.as_slice()),
        mtime_secs: profile.files.mtime.compared(file.id.modified(), context.now_secs),
        now_secs: context.now_secs,
    };
    if let OnInput::Respond(id) = profile.files.date_overflow
        && has_date_overflow(&profile.conditions, &conditional)
    {
        return Reply::about(profile, id, method, file, Body::Whole);
    }
    let honour_range = match precondition::evaluate(&profile.conditions, &conditional, &validators) {
        Verdict::NotModified => {
            return Reply::about(profile, responses.not_modified(), method, file, Body::Empty);
        }
        Verdict::PreconditionFailed => {
            return Reply::about(profile, responses.precondition_failed(), method, file, Body::Whole);
        }
        Verdict::Proceed { honour_range } => honour_range,
    };
    match selection.filter(|_| honour_range) {
        None | Some(Selection::Whole) => Reply::about(profile, responses.ok(), method, file, Body::Whole),
        Some(Selection::Single(range)) => Reply::about(profile, responses.partial(), method, file, Body::Range(range)),
        Some(Selection::Several(ranges)) => Reply::multipart(profile, request, file, &ranges, context),
        Some(Selection::Respond(id)) => Reply::about(profile, id, method, file, Body::Whole),
        Some(Selection::Unsatisfiable) => {
            Reply::about(profile, responses.unsatisfiable(), method, file, Body::Unsatisfiable)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::{Scan, head};
    use crate::profile::layers;

    #[test]
    fn codings_are_sorted_by_preference() {
        let profile = layers::load("rfc").expect("the profile");
        for (field, want) in [
            ("gzip", "gzip"),
            ("gzip, br", "br gzip"),
            ("br;q=0.5, gzip;q=0.8", "gzip br"),
            ("GZIP; Q=0.1", "gzip"),
            ("gzip;q=0, br", "br"),
            ("gzip;q=0.000", ""),
            ("*", "br gzip"),
            ("*;q=0", ""),
            ("gzip;q=0, *;q=0.3", "br"),
            ("identity, gzip;q=0.5", ""),
            ("identity;q=0.2, gzip;q=0.5", "gzip"),
            ("identity;q=0", ""),
            ("", ""),
            ("x-gzip", ""),
            ("deflate, gzip;q=2", "gzip"),
        ] {
            let text = format!("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {field}\r\n\r\n");
            let Scan::Complete(head) = head::scan(text.as_bytes(), &profile.head) else {
                panic!("{text}")
            };
            let request = Request::new(text.as_bytes(), &head);
            let got = accepted_codings(&request, &profile.files.precompressed);
            let got: Vec<&str> = got.iter().map(|coding| coding.token()).collect();
            assert_eq!(got.join(" "), want, "{field}");
        }
    }
}
