//! Maps a request target to a path below the root. The file system is not involved.
//!
//! No target leads above the root: `.` and `..` are resolved in the text, and only the result is ever opened.

mod denied;
mod dots;
mod names;
mod target;
mod url_parse;

pub use names::NameRules;
pub use target::{Kind, Parts, bad_authority, has_no_path, host, replaced_host, split, unreadable};

use crate::http1::bytes::ByteSet;
use crate::http1::head::has_scheme;
use crate::http1::{ResponseId, percent};
use crate::profile::raw::EndSlash;
use crate::profile::{AbsoluteTarget, Backslash, BadUtf8, FilePolicy, Limit, OnInput, TargetPolicy};
use denied::{check_names, may_refuse_names};
use dots::{resolve_dots, resolve_dots_from, resolve_sent};
use std::borrow::Cow;
use target::{check_absolute, is_absolute};

/// A path below the root, and what the target said about its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The path: decoded segments joined by `/`, without `.`, `..`, empty segments, or a slash at either end. Empty for
    /// the root. Any bytes: a name need not be UTF-8.
    pub path: Vec<u8>,
    /// Whether the path asks for a directory: it ended in a slash, or it is the root.
    pub trailing_slash: bool,
    /// Whether only the decoded path ends in a slash (`%2F`), and the server does not treat that as a directory. No
    /// file has such a path either.
    pub hidden_slash: bool,
    /// How the path was written.
    pub form: Form,
}

/// How a path was written. Some servers look for index files only if it was written in one of these forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// `/`, or an empty path.
    Slash,
    /// Several slashes, or slashes of which at least one is percent-encoded.
    Slashes,
    /// Any other path.
    #[default]
    Other,
}

impl Form {
    fn of(sent: &[u8], policy: &TargetPolicy) -> Self {
        if !sent.iter().all(|b| *b == b'/') {
            Self::Other
        } else if sent.len() < 2 || policy.merge_leading_slashes {
            Self::Slash
        } else {
            Self::Slashes
        }
    }
}

/// The response to a target that the policy refuses; `None` for a valid target, whether or not a file exists.
///
/// The arguments are those of [`locate`].
pub fn malformed(target: &[u8], policy: &TargetPolicy, files: &FilePolicy, root: &[String]) -> Option<ResponseId> {
    if let Some(path) = plain(target)
        && !may_refuse_names(path, files)
    {
        return check_plain(path, policy).err();
    }
    locate(target, policy, files, root).err()
}

/// Maps `target` to a path below the root: removes scheme, query and fragment, decodes escapes, resolves `.` and `..`,
/// and checks names and limits.
///
/// `root` is the absolute path of the root directory, name by name. It is used only by policies in which a path may
/// leave the root and re-enter it by name; otherwise it may be empty.
///
/// # Errors
/// The response of the policy, if it refuses the target.
///
/// ```
/// use labserve_core::path::locate;
/// use labserve_core::profile::layers;
///
/// let profile = layers::load("rfc").expect("a built-in profile");
/// let path = |target: &[u8]| locate(target, &profile.target, &profile.files, &[]).map(|located| located.path);
/// assert_eq!(path(b"/a/./b/../c%20d?query"), Ok(b"a/c d".to_vec()));
/// assert_eq!(path(b"/../../etc/passwd"), Ok(b"etc/passwd".to_vec()));
/// assert!(path(b"/a%00b").is_err());
/// ```
pub fn locate(
    target: &[u8],
    policy: &TargetPolicy,
    files: &FilePolicy,
    root: &[String],
) -> Result<Located, ResponseId> {
    // A plain target is its path: it has no scheme, query or fragment.
    if let Some(path) = plain(target) {
        check_plain(path, policy)?;
        check_names(path, path.is_empty(), files)?;
        return Ok(Located {
            path: path.to_owned(),
            trailing_slash: path.is_empty(),
            hidden_slash: false,
            form: Form::of(target, policy),
        });
    }
    if let OnInput::Respond(id) = policy.absolute
        && has_scheme(target)
    {
        return Err(id);
    }
    if is_absolute(target, policy) {
        check_absolute(target, policy)?;
    }
    if let OnInput::Respond(id) = policy.fragment
        && target.contains(&b'#')
    {
        return Err(id);
    }
    let parts = split(target, policy);
    match (parts.kind, policy.no_path) {
        (Kind::Invalid, _) => return Err(policy.invalid),
        (Kind::NoPath, OnInput::Respond(id)) => return Err(id),
        _ => {}
    }
    if let OnInput::Respond(id) = policy.no_slash
        && !begins_with_slash(target)
        && parts.kind == Kind::Path
        && !(policy.absolute == OnInput::Accept(AbsoluteTarget::Path) && is_absolute(target, policy))
    {
        return Err(id);
    }
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
    check_segments(&path, policy)?;
    check_names(&path, ends_in_slash, files)?;
    Ok(Located {
        trailing_slash,
        hidden_slash: ends_in_slash && !trailing_slash,
        path,
        form,
    })
}

/// Whether the decoded target begins with a slash.
fn begins_with_slash(target: &[u8]) -> bool {
    matches!(target, [b'/', ..] | [b'%', b'2', b'F' | b'f', ..])
}

/// A decoded path.
struct Decoded {
    /// The path below the root.
    path: Vec<u8>,
    /// Whether the path asks for a directory.
    trailing_slash: bool,
    /// Whether the decoded text ends in a slash.
    ends_in_slash: bool,
    /// How the path was written.
    form: Form,
}

/// Decodes a path that may contain escapes, dots and empty segments.
fn decode(sent: &[u8], policy: &TargetPolicy, root: &[String]) -> Result<Decoded, ResponseId> {
    check_percent(sent, policy)?;
    if let OnInput::Respond(id) = policy.encoded_slash
        && (percent::holds_escape_of(sent, b'/')
            || (policy.backslash == OnInput::Accept(Backslash::Slash) && percent::holds_escape_of(sent, b'\\')))
    {
        return Err(id);
    }
    let slash_sent = sent.ends_with(b"/");
    let sent: Cow<'_, [u8]> = if policy.latin1 && !sent.is_ascii() {
        let mut utf8 = Vec::new();
        crate::http1::text::latin1_to_utf8(sent, &mut utf8);
        utf8.into()
    } else {
        sent.into()
    };
    let mut decoded = percent::decode(&sent);
    if decoded.contains(&0) {
        return Err(policy.nul);
    }
    if let OnInput::Respond(id) = policy.control
        && decoded.iter().any(u8::is_ascii_control)
    {
        return Err(id);
    }
    if let OnInput::Respond(id) = policy.double_encoding
        && (decoded.contains(&b'+') || percent::decode(&decoded) != decoded)
    {
        return Err(id);
    }
    if decoded.contains(&b'\\') {
        match policy.backslash {
            OnInput::Accept(Backslash::Literal) => {}
            OnInput::Accept(Backslash::Slash) => decoded.iter_mut().filter(|b| **b == b'\\').for_each(|b| *b = b'/'),
            OnInput::Respond(id) => return Err(id),
        }
    }
    if std::str::from_utf8(&decoded).is_err() {
        match policy.bad_utf8 {
            OnInput::Accept(BadUtf8::Literal) => {}
            OnInput::Accept(BadUtf8::Escaped) => decoded = with_escapes(&decoded),
            OnInput::Respond(id) => return Err(id),
        }
    }
    let above_root = if policy.two_slashes_are_root && begins_with_slash(rest_of_path(&sent, policy)) {
        OnInput::Accept(())
    } else {
        policy.above_root
    };
    let path = match resolve_dots(&decoded, above_root, policy) {
        Err(id) if policy.back_into_root => resolve_dots_from(root, &decoded).ok_or(id)?,
        resolved => resolved?,
    };
    let ends_in_slash = decoded.ends_with(b"/");
    let trailing_slash = match policy.end_slash {
        EndSlash::Sent => slash_sent,
        EndSlash::DecodedText => ends_in_slash,
        EndSlash::Decoded => path.is_empty() || ends_in_slash || decoded.ends_with(b"/.") || decoded.ends_with(b"/.."),
    };
    let slashes_alone = decoded.iter().all(|b| *b == b'/');
    let form = match Form::of(sent.as_ref(), policy) {
        Form::Other if decoded == b"/" => Form::Slash,
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

/// The path without its leading slash, which may be escaped, or without all leading slashes if the policy merges them.
fn rest_of_path<'s>(sent: &'s [u8], policy: &TargetPolicy) -> &'s [u8] {
    let slashes = sent.iter().take_while(|b| **b == b'/').count();
    match slashes {
        0 if begins_with_slash(sent) => &sent["%2f".len()..],
        0 | 1 => &sent[slashes..],
        _ if policy.merge_leading_slashes => &sent[slashes..],
        _ => &sent[1..],
    }
}

/// The text with each byte that is not part of a UTF-8 character percent-encoded.
fn with_escapes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        percent::encode(chunk.invalid(), b"", &mut out);
    }
    out
}

/// The response to a target with an LF in its path, in a policy that refuses such a target whatever the method is.
pub fn unroutable(target: &[u8], policy: &TargetPolicy) -> Option<ResponseId> {
    if let (OnInput::Accept(()), OnInput::Accept(())) = (policy.line_feed, policy.line_feed_first) {
        return None;
    }
    if !percent::holds_escape_of(target, b'\n') {
        return None;
    }
    let path = percent::decode(&split(target, policy).path);
    let path = path.strip_prefix(b"/").unwrap_or(&path);
    let (first, rest) = path.split_at(path.len().min(1));
    [(rest, policy.line_feed), (first, policy.line_feed_first)]
        .into_iter()
        .find_map(|(part, rule)| match rule {
            OnInput::Respond(id) if part.contains(&b'\n') => Some(id),
            _ => None,
        })
}

/// Refuses a `%` that is not followed by two hexadecimal digits, if the policy does.
fn check_percent(sent: &[u8], policy: &TargetPolicy) -> Result<(), ResponseId> {
    match policy.bad_percent {
        OnInput::Respond(id) if percent::first_bad(sent).is_some() => Err(id),
        _ => Ok(()),
    }
}

/// Checks the length of a plain path, and the number and length of its segments. A plain path is ASCII, so bytes are
/// characters.
fn check_plain(path: &[u8], policy: &TargetPolicy) -> Result<(), ResponseId> {
    within(policy.longest_path, "/".len() + path.len())?;
    if policy.most_segments.is_none() && policy.longest_segment.is_none() {
        return Ok(());
    }
    within(policy.most_segments, segments(path).count())?;
    segments(path).try_for_each(|segment| within(policy.longest_segment, segment.len()))
}

/// Checks the number of segments and their length in characters.
fn check_segments(path: &[u8], policy: &TargetPolicy) -> Result<(), ResponseId> {
    if policy.most_segments.is_some() {
        within(policy.most_segments, segments(path).count())?;
    }
    if policy.longest_segment.is_some() {
        for segment in segments(path) {
            within(policy.longest_segment, String::from_utf8_lossy(segment).chars().count())?;
        }
    }
    Ok(())
}

/// The names of a path.
fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| *b == b'/')
}

fn within(limit: Limit, count: usize) -> Result<(), ResponseId> {
    match limit {
        Some((most, id)) if count > most => Err(id),
        _ => Ok(()),
    }
}

/// The characters of a plain path, besides dots and slashes.
static PLAIN: ByteSet = ByteSet::alphanumeric_and(b"-_");

/// The path below the root, if `sent` needs neither decoding nor resolving. Most targets do not.
fn plain(sent: &[u8]) -> Option<&[u8]> {
    let path = sent.strip_prefix(b"/")?;
    let mut before = b'/';
    for byte in path {
        // Empty segments and names that begin with a dot or contain two dots take the slow path.
        let needs_care = match byte {
            b'.' => matches!(before, b'/' | b'.'),
            b'/' => before == b'/',
            _ => !PLAIN.contains(*byte),
        };
        if needs_care {
            return None;
        }
        before = *byte;
    }
    (path.is_empty() || before != b'/').then_some(path)
}

#[cfg(test)]
mod tests;
