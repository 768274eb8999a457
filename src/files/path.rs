//! From a request target to a path below the root, without touching the file system.

use crate::http::field::Name;
use crate::http::head::{has_bare_scheme, has_scheme};
use crate::http::{Request, ResponseId, percent};
use crate::profile::raw::{AbsoluteHost, EndSlash};
use crate::profile::{AbsoluteTarget, Backslash, FilePolicy, Fragment, Limit, Take, TargetPolicy, types};
use std::borrow::Cow;

/// A path below the root, and the pieces of the target that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The path: segments joined by `/`, decoded, without `.`, `..`, empty segments or a slash at either end. Empty for
    /// the root.
    pub path: String,
    /// Whether the target's path ended in a slash, or named the root.
    pub trailing_slash: bool,
    /// Whether the path ends in a slash by its escapes alone, where that does not ask for a directory: no file is meant.
    pub hidden_slash: bool,
    /// How it was written.
    pub form: Form,
}

/// How a path was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As `/`, or as nothing at all.
    Slash,
    /// As several slashes, or with a slash percent-encoded.
    Slashes,
    /// In any other way.
    #[default]
    Other,
}

impl Form {
    fn of(sent: &[u8], policy: &TargetPolicy) -> Form {
        if !sent.iter().all(|b| *b == b'/') {
            Form::Other
        } else if sent.len() < 2 || policy.merge_leading_slashes {
            Form::Slash
        } else {
            Form::Slashes
        }
    }
}

/// Whether the target is an absolute URI. Where the policy lists schemes, it needs no authority.
fn is_absolute(target: &[u8], policy: &TargetPolicy) -> bool {
    has_scheme(target) || (policy.schemes.is_some() && has_bare_scheme(target))
}

/// Whether the target names no path at all, not even `/`.
pub fn has_no_path(target: &[u8], policy: &TargetPolicy) -> bool {
    let rest = if is_absolute(target, policy) {
        &target[authority_end(target)..]
    } else {
        target
    };
    matches!(rest, [] | [b'?' | b'#', ..])
}

/// The host that the request is for, where the policy says which: that of a URI with the server's own scheme, else the
/// Host field.
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

/// The scheme and the authority of an absolute URI; no authority without `//`.
fn scheme_and_authority(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    let scheme = until(target, b':');
    let rest = target.get(scheme.len() + 1..).unwrap_or_default();
    let authority = rest.strip_prefix(b"//").map(|rest| {
        let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#'));
        &rest[..end.unwrap_or(rest.len())]
    });
    (scheme, authority)
}

/// A target cut into its parts, each as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'t> {
    /// The scheme and authority of an absolute URI, if its path is what counts; else nothing.
    pub origin: &'t [u8],
    /// The path.
    pub path: Cow<'t, [u8]>,
    /// The query with its `?`, or nothing.
    pub query: &'t [u8],
    /// The fragment with its `#`, or nothing.
    pub fragment: &'t [u8],
}

/// Cuts a target into its parts.
pub fn split<'t>(target: &'t [u8], policy: &TargetPolicy) -> Parts<'t> {
    let is_absolute = policy.absolute == Take::As(AbsoluteTarget::Path) && is_absolute(target, policy);
    let authority_end = if is_absolute { authority_end(target) } else { 0 };
    let (origin, rest) = target.split_at(authority_end);
    let (rest, fragment) = match policy.fragment {
        Take::As(Fragment::Literal) => (rest, &rest[rest.len()..]),
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
        let (host, behind) = match policy.absolute_host {
            AbsoluteHost::Slash => (origin, &[][..]),
            AbsoluteHost::Name => split_host(origin),
        };
        parts.origin = host;
        if !behind.is_empty() {
            parts.path = [b"/", behind, path].concat().into();
        } else if !path.starts_with(b"/") {
            parts.path = Cow::Borrowed(b"/");
        }
    }
    parts
}

/// Where the authority of an absolute URI ends.
fn authority_end(target: &[u8]) -> usize {
    let Some(authority) = target.windows(3).position(|w| w == b"://").map(|at| at + 3) else {
        return until(target, b':').len() + 1;
    };
    let length = target[authority..]
        .iter()
        .position(|b| matches!(b, b'/' | b'?' | b'#'))
        .unwrap_or(target.len() - authority);
    authority + length
}

/// Cuts a scheme and authority at the first character that no host name has; a port may end it.
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

fn until(text: &[u8], end: u8) -> &[u8] {
    memchr::memchr(end, text).map_or(text, |at| &text[..at])
}

/// Why a target names no path below the root.
enum Unnamed {
    /// The policy has a response for such a target.
    Refused(ResponseId),
    /// It is no UTF-8 after decoding. Names that are none are not served: such a path leads to nothing.
    NoUtf8,
}

impl From<ResponseId> for Unnamed {
    fn from(id: ResponseId) -> Unnamed {
        Unnamed::Refused(id)
    }
}

/// The response that `target` gets whatever files there are.
pub fn malformed(target: &[u8], policy: &TargetPolicy, files: &FilePolicy, root: &[String]) -> Option<ResponseId> {
    match resolve(target, policy, files, root) {
        Err(Unnamed::Refused(id)) => Some(id),
        Err(Unnamed::NoUtf8) | Ok(_) => None,
    }
}

/// The path below the root that `target` names. `root` is the path of the root directory, name by name.
///
/// # Errors
/// The response that the policy gives to such a target.
pub fn locate(
    target: &[u8],
    policy: &TargetPolicy,
    files: &FilePolicy,
    root: &[String],
) -> Result<Located, ResponseId> {
    resolve(target, policy, files, root).map_err(|unnamed| match unnamed {
        Unnamed::Refused(id) => id,
        Unnamed::NoUtf8 => files.missing,
    })
}

fn resolve(target: &[u8], policy: &TargetPolicy, files: &FilePolicy, root: &[String]) -> Result<Located, Unnamed> {
    if let Take::Answer(id) = policy.absolute
        && has_scheme(target)
    {
        return Err(id.into());
    }
    if is_absolute(target, policy) {
        check_absolute(target, policy)?;
    }
    if let Take::Answer(id) = policy.fragment
        && target.contains(&b'#')
    {
        return Err(id.into());
    }
    if let Some(id) = policy.absolute_empty
        && has_scheme(target)
        && target.ends_with(b"://")
    {
        return Err(id.into());
    }
    if let Take::Answer(id) = policy.no_path
        && has_no_path(target, policy)
    {
        return Err(id.into());
    }
    if let Take::Answer(id) = policy.no_slash
        && !target.starts_with(b"/")
        && !has_no_path(target, policy)
        && !(policy.absolute == Take::As(AbsoluteTarget::Path) && is_absolute(target, policy))
    {
        return Err(id.into());
    }
    let parts = split(target, policy);
    let sent: &[u8] = &parts.path;
    let resolved = if policy.dots_first && plain(sent).is_none() {
        Some(resolve_sent(sent, policy)?)
    } else {
        None
    };
    within(policy.longest_path, sent.len())?;
    within(policy.longest_query, parts.query.len().saturating_sub(1))?;
    let Decoded {
        path,
        trailing_slash,
        ends_in_slash,
        form,
    } = match plain(sent) {
        Some(path) => Decoded {
            path: path.to_owned(),
            trailing_slash: path.is_empty(),
            ends_in_slash: path.is_empty(),
            form: Form::of(sent, policy),
        },
        None => decode(resolved.as_deref().unwrap_or(sent), policy, root)?,
    };
    within(policy.most_segments, path.split('/').count())?;
    for segment in path.split('/') {
        within(policy.longest_segment, segment.chars().count())?;
    }
    check_names(&path, ends_in_slash, files)?;
    Ok(Located {
        trailing_slash,
        hidden_slash: ends_in_slash && !trailing_slash,
        path,
        form,
    })
}

/// What a target's path is once it is decoded.
struct Decoded {
    /// The path below the root.
    path: String,
    /// Whether it asks for a directory.
    trailing_slash: bool,
    /// Whether the decoded text ends in a slash.
    ends_in_slash: bool,
    /// How it was written.
    form: Form,
}

/// Decodes any target's path.
fn decode(sent: &[u8], policy: &TargetPolicy, root: &[String]) -> Result<Decoded, Unnamed> {
    if let Take::Answer(id) = policy.bad_percent
        && percent::first_bad(sent).is_some()
    {
        return Err(id.into());
    }
    if let Take::Answer(id) = policy.encoded_slash
        && (percent::holds_escape_of(sent, b'/')
            || (policy.backslash == Take::As(Backslash::Slash) && percent::holds_escape_of(sent, b'\\')))
    {
        return Err(id.into());
    }
    let slash_sent = sent.ends_with(b"/");
    let sent: Cow<'_, [u8]> = if policy.latin1 && !sent.is_ascii() {
        let mut utf8 = Vec::new();
        crate::http::text::latin1_to_utf8(sent, &mut utf8);
        utf8.into()
    } else {
        sent.into()
    };
    let mut decoded = percent::decode(&sent);
    if decoded.contains(&0) {
        return Err(policy.nul.into());
    }
    if let Take::Answer(id) = policy.control
        && decoded.iter().any(u8::is_ascii_control)
    {
        return Err(id.into());
    }
    if let Take::Answer(id) = policy.double_encoding
        && (decoded.contains(&b'+') || percent::decode(&decoded) != decoded)
    {
        return Err(id.into());
    }
    if decoded.contains(&b'\\') {
        match policy.backslash {
            Take::As(Backslash::Literal) => {}
            Take::As(Backslash::Slash) => decoded.iter_mut().filter(|b| **b == b'\\').for_each(|b| *b = b'/'),
            Take::Answer(id) => return Err(id.into()),
        }
    }
    let decoded = match (String::from_utf8(decoded), policy.bad_utf8) {
        (Ok(decoded), _) => decoded,
        (Err(_), Take::Answer(id)) => return Err(id.into()),
        (Err(_), Take::As(())) => return Err(Unnamed::NoUtf8),
    };
    let path = match resolve_dots(&decoded, policy) {
        Err(id) if policy.back_into_root => resolve_dots_from(root, &decoded).ok_or(id)?,
        resolved => resolved?,
    };
    let ends_in_slash = decoded.ends_with('/');
    let trailing_slash = match policy.end_slash {
        EndSlash::Sent => slash_sent,
        EndSlash::Decoded => path.is_empty() || ends_in_slash || decoded.ends_with("/.") || decoded.ends_with("/.."),
    };
    let slashes_alone = decoded.bytes().all(|b| b == b'/');
    let form = match Form::of(sent.as_ref(), policy) {
        Form::Other if slashes_alone => Form::Slashes,
        form => form,
    };
    Ok(Decoded {
        path,
        trailing_slash,
        ends_in_slash,
        form,
    })
}

fn within(limit: Limit, count: usize) -> Result<(), ResponseId> {
    match limit {
        Some((most, id)) if count > most => Err(id),
        _ => Ok(()),
    }
}

/// The path below the root of a target that needs no decoding and no joining, as most do not.
fn plain(sent: &[u8]) -> Option<&str> {
    let path = sent.strip_prefix(b"/")?;
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_');
    let joined = |pair: &[u8]| matches!(pair, b"//" | b"/." | b"..");
    if path.ends_with(b"/") || path.starts_with(b"/") || path.starts_with(b".") {
        return None;
    }
    (path.iter().all(is_plain) && !path.windows(2).any(joined)).then(|| std::str::from_utf8(path).ok())?
}

fn check_absolute(target: &[u8], policy: &TargetPolicy) -> Result<(), ResponseId> {
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

/// A path as it was sent, with nothing but `%2e` decoded, and with `.` and `..` worked in.
fn resolve_sent(sent: &[u8], policy: &TargetPolicy) -> Result<Vec<u8>, ResponseId> {
    if let Take::Answer(id) = policy.bad_percent
        && percent::first_bad(sent).is_some()
    {
        return Err(id);
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut ends_in_dots = false;
    for segment in sent.split(|b| *b == b'/') {
        // Neither dot can be longer than its escape.
        let decoded = if segment.len() <= 6 {
            percent::decode(segment)
        } else {
            Vec::new()
        };
        ends_in_dots = matches!(decoded.as_slice(), b"." | b"..");
        match decoded.as_slice() {
            b".." => {
                if let (None, Take::Answer(id)) = (kept.pop(), policy.above_root) {
                    return Err(id);
                }
            }
            b"." => {}
            _ if segment.is_empty() => {}
            _ => kept.push(segment),
        }
    }
    let mut path = Vec::with_capacity(sent.len());
    for segment in &kept {
        path.push(b'/');
        path.extend_from_slice(segment);
    }
    if ends_in_dots || sent.ends_with(b"/") {
        path.push(b'/');
    }
    Ok(path)
}

/// Joins the segments of `path`, with `.` and `..` worked in (RFC 3986 section 5.2.4).
fn resolve_dots(path: &str, policy: &TargetPolicy) -> Result<String, ResponseId> {
    let mut out = String::with_capacity(path.len());
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                if let Take::Answer(id) = policy.dot_dot {
                    return Err(id);
                }
                if out.is_empty()
                    && let Take::Answer(id) = policy.above_root
                {
                    return Err(id);
                }
                out.truncate(out.rfind('/').unwrap_or(0));
            }
            name => {
                if !out.is_empty() {
                    out.push('/');
                }
                out.push_str(name);
            }
        }
    }
    Ok(out)
}

/// The same from the top of the file system, so that a path may leave `root` and come back by its name; `None` if it
/// does not come back. Only whole names are compared, and `root` is cut off again: the rest lies below it.
fn resolve_dots_from(root: &[String], path: &str) -> Option<String> {
    let mut names: Vec<&str> = root.iter().map(String::as_str).collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    let is_below = !root.is_empty() && names.len() >= root.len() && names.iter().zip(root).all(|(a, b)| a == b);
    is_below.then(|| names[root.len()..].join("/"))
}

fn check_names(path: &str, ends_in_slash: bool, files: &FilePolicy) -> Result<(), ResponseId> {
    let last = path.split('/').count() - 1;
    for (index, name) in path.split('/').enumerate() {
        if let Take::Answer(id) = files.dotfiles
            && (!files.dotfiles_at_end_only || index == last && !ends_in_slash)
            && name.len() > 1
            && name.starts_with('.')
            && !files.dotfiles_served.iter().any(|served| served == name)
        {
            return Err(id);
        }
        let denied = |pattern: &String| {
            types::matches(pattern, name)
                || (files.ignore_case && types::matches(&pattern.to_lowercase(), &name.to_lowercase()))
        };
        if files.deny.iter().any(denied) {
            return Err(files.deny_with);
        }
    }
    Ok(())
}

/// Whether a name is unsafe to hand to Windows: a device, an alternate stream, or a name that Windows would read as
/// another one (a dot or space at its end, a short 8.3 name). Harmless elsewhere, so it is asked on Windows alone.
pub fn is_unsafe_on_windows(name: &str) -> bool {
    let stem = name
        .split(['.', ':'])
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| {
            matches!(
                n,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    };
    let device = matches!(
        stem.as_str(),
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$"
    ) || numbered("com")
        || numbered("lpt");
    let short = name
        .char_indices()
        .any(|(at, c)| c == '~' && name[at + 1..].starts_with(|d: char| d.is_ascii_digit()));
    device
        || short
        || name.ends_with(['.', ' '])
        || name.contains(|c: char| c < ' ' || matches!(c, ':' | '\\' | '/' | '<' | '>' | '"' | '|' | '?' | '*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::layers;

    /// (target, path, trailing slash) for the profile that follows the RFCs; `None` for a refusal.
    const CASES: &[(&str, Option<(&str, bool)>)] = &[
        ("/", Some(("", true))),
        ("/a", Some(("a", false))),
        ("/a/", Some(("a", true))),
        ("/a?b#c", None),
        ("/a?b/c", Some(("a", false))),
        ("//a//b", Some(("a/b", false))),
        ("/a/./b/../c", Some(("a/c", false))),
        ("/a/..", Some(("", true))),
        ("/..", Some(("", true))),
        ("/../../etc/passwd", Some(("etc/passwd", false))),
        ("/%2e%2e/x", Some(("x", false))),
        ("/%252e%252e/x", Some(("%2e%2e/x", false))),
        ("/a%2fb", None),
        ("/a%00b", None),
        ("/a%zz", None),
        ("/%ff", None),
        ("/%c0%ae%c0%ae/x", None),
        ("/%E9%9F%B3", Some(("音", false))),
        ("http://h/a?b", Some(("a", false))),
        ("http://h", Some(("", true))),
        ("/a+b", Some(("a+b", false))),
    ];

    #[test]
    fn targets_become_paths() {
        let profile = layers::load("book").expect("the profile");
        for (target, want) in CASES {
            let got = locate(target.as_bytes(), &profile.target, &profile.files, &[]).ok();
            let got = got.map(|located| (located.path, located.trailing_slash));
            assert_eq!(got, want.map(|(path, slash)| (path.to_owned(), slash)), "{target}");
        }
    }

    /// Limits, names and escapes that a profile refuses, and their nearest neighbours that it does not.
    #[test]
    fn a_profile_may_refuse_targets() {
        let profile = layers::load("iis").expect("the profile");
        let long = |n: usize| "a".repeat(n);
        for (target, want) in [
            (format!("/{}", long(260)), true),
            (format!("/{}", long(261)), false),
            (format!("/{}", "%C3%A9".repeat(260)), true),
            (format!("/{}", ["a"; 255].join("/")), true),
            (format!("/{}", ["a"; 256].join("/")), false),
            (format!("/{}", [long(200).as_str(); 20].join("/")), true),
            (format!("/{}", [long(200).as_str(); 21].join("/")), false),
            (format!("/?{}", long(2048)), true),
            (format!("/?{}", long(2049)), false),
            ("/a%0Ab".into(), false),
            ("/a%7fb".into(), false),
            ("/a%20b".into(), true),
            ("/a+b".into(), false),
            ("/a%2Bb".into(), false),
            ("/?a+b".into(), true),
            ("/%2541".into(), false),
            ("/%25zz".into(), true),
            ("/x/BIN/y".into(), false),
            ("/x/binary".into(), true),
        ] {
            let got = locate(target.as_bytes(), &profile.target, &profile.files, &[]);
            assert_eq!(got.is_ok(), want, "{target}");
        }
    }

    #[test]
    fn names_with_a_dot_may_be_refused_but_for_some() {
        let profile = layers::load("book").expect("the profile");
        for (target, want) in [
            ("/.git/config", false),
            ("/a/.hidden", false),
            ("/.well-known/x", true),
            ("/.well-known/.x", false),
            ("/a.b", true),
        ] {
            let got = locate(target.as_bytes(), &profile.target, &profile.files, &[]);
            assert_eq!(got.is_ok(), want, "{target}");
        }
    }

    #[test]
    fn a_path_may_come_back_by_the_name_of_the_root() {
        let profile = layers::load("django").expect("the profile");
        let root = ["srv", "site"].map(String::from);
        for (target, want) in [
            ("/../site/a", Some("a")),
            ("/x/../../site/a/../b", Some("b")),
            ("/../../../srv/site/a", Some("a")),
            ("/../sit/a", None),
            ("/../site2/a", None),
            ("/../site/../a", None),
            ("/..", None),
        ] {
            let got = locate(target.as_bytes(), &profile.target, &profile.files, &root).ok();
            assert_eq!(got.map(|located| located.path).as_deref(), want, "{target}");
        }
        assert!(locate(b"/../site/a", &profile.target, &profile.files, &[]).is_err());
    }

    #[test]
    fn no_target_leads_above_the_root() {
        let pieces = [
            "..", "%2e%2e", ".%2e", "/", "%2f", "\\", "%5c", ".", "a", "//", "..;", "%00", "..%c0%af",
        ];
        for profile in crate::profile::builtin::names().map(|name| layers::load(name).expect(name)) {
            for i in 0..pieces.len().pow(4) {
                let target: String = std::iter::once("/")
                    .chain((0..4).map(|k| pieces[i / pieces.len().pow(k) % pieces.len()]))
                    .collect();
                if let Ok(located) = locate(target.as_bytes(), &profile.target, &profile.files, &[]) {
                    let bad = located.path.split('/').any(|s| s == ".." || s == ".") || located.path.starts_with('/');
                    assert!(!bad, "{target} -> {}", located.path);
                }
            }
        }
    }

    #[test]
    fn names_that_windows_would_misread() {
        for name in [
            "con", "NUL.txt", "com1", "lpt9.a.b", "a:b", "a::$DATA", "a.", "a ", "PROGRA~1", "aux .txt", "com¹",
            "a\\b", "conin$",
        ] {
            assert!(is_unsafe_on_windows(name), "{name}");
        }
        for name in [
            "console",
            "a.con",
            "com10",
            "com",
            "index.html",
            "音乐.txt",
            "a~b",
            "nuls",
        ] {
            assert!(!is_unsafe_on_windows(name), "{name}");
        }
    }
}
