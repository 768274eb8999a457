//! Maps a request target to a path below the root. The file system is not involved.
//!
//! No target leads above the root: `.` and `..` are resolved in the text, and only the result is ever opened.

mod dots;
mod names;
mod target;
mod url_parse;

pub use names::NameRules;
pub use target::{Kind, Parts, has_no_path, host, split, unreadable};

use crate::http1::bytes::ByteSet;
use crate::http1::head::has_scheme;
use crate::http1::{ResponseId, percent};
use crate::profile::raw::EndSlash;
use crate::profile::{AbsoluteTarget, Backslash, FilePolicy, Limit, OnInput, TargetPolicy, types};
use dots::{resolve_dots, resolve_dots_from, resolve_sent};
use std::borrow::Cow;
use target::{check_absolute, is_absolute};

/// A path below the root, and what the target said about its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The path: decoded segments joined by `/`, without `.`, `..`, empty segments, or a slash at either end. Empty for
    /// the root.
    pub path: String,
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
    /// Several slashes, or slashes of which some are percent-encoded.
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

/// Why a target does not lead to a path below the root.
enum Unnamed {
    /// The policy responds to such a target.
    Refused(ResponseId),
    /// The decoded path is not UTF-8. Files with such names are not served, so the path is missing.
    NotUtf8,
}

impl From<ResponseId> for Unnamed {
    fn from(id: ResponseId) -> Self {
        Self::Refused(id)
    }
}

/// The response to a target that the policy refuses; `None` for a valid target, whether or not a file exists.
///
/// The arguments are those of [`locate`].
pub fn malformed(target: &[u8], policy: &TargetPolicy, files: &FilePolicy, root: &[String]) -> Option<ResponseId> {
    if let Some(path) = plain_bytes(target)
        && !may_refuse_names(path, files)
    {
        return check_plain(path, policy).err();
    }
    match resolve(target, policy, files, root) {
        Err(Unnamed::Refused(id)) => Some(id),
        Err(Unnamed::NotUtf8) | Ok(_) => None,
    }
}

/// Maps `target` to a path below the root: removes scheme, query and fragment, decodes escapes, resolves `.` and `..`,
/// and checks names and limits.
///
/// `root` is the absolute path of the root directory, name by name. It is used only by policies in which a path may
/// leave the root and come back by the root's name; otherwise it may be empty.
///
/// # Errors
/// The response of the policy, if it refuses the target or if the decoded path is not UTF-8.
///
/// ```
/// use labserve_core::path::locate;
/// use labserve_core::profile::layers;
///
/// let profile = layers::load("rfc").expect("a built-in profile");
/// let path = |target: &[u8]| locate(target, &profile.target, &profile.files, &[]).map(|located| located.path);
/// assert_eq!(path(b"/a/./b/../c%20d?query"), Ok("a/c d".to_owned()));
/// assert_eq!(path(b"/../../etc/passwd"), Ok("etc/passwd".to_owned()));
/// assert!(path(b"/a%00b").is_err());
/// ```
pub fn locate(
    target: &[u8],
    policy: &TargetPolicy,
    files: &FilePolicy,
    root: &[String],
) -> Result<Located, ResponseId> {
    resolve(target, policy, files, root).map_err(|unnamed| match unnamed {
        Unnamed::Refused(id) => id,
        Unnamed::NotUtf8 => files.missing,
    })
}

fn resolve(target: &[u8], policy: &TargetPolicy, files: &FilePolicy, root: &[String]) -> Result<Located, Unnamed> {
    // A plain target is its path: it has no scheme, query or fragment.
    if let Some(path) = plain(target) {
        check_plain(path.as_bytes(), policy)?;
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
        return Err(id.into());
    }
    if is_absolute(target, policy) {
        check_absolute(target, policy)?;
    }
    if let OnInput::Respond(id) = policy.fragment
        && target.contains(&b'#')
    {
        return Err(id.into());
    }
    let parts = split(target, policy);
    match (parts.kind, policy.no_path) {
        (Kind::Invalid, _) => return Err(policy.invalid.into()),
        (Kind::NoPath, OnInput::Respond(id)) => return Err(id.into()),
        _ => {}
    }
    if let OnInput::Respond(id) = policy.no_slash
        && !begins_with_slash(target)
        && parts.kind == Kind::Path
        && !(policy.absolute == OnInput::Accept(AbsoluteTarget::Path) && is_absolute(target, policy))
    {
        return Err(id.into());
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
    path: String,
    /// Whether the path asks for a directory.
    trailing_slash: bool,
    /// Whether the decoded text ends in a slash.
    ends_in_slash: bool,
    /// How the path was written.
    form: Form,
}

/// Decodes a path that may contain escapes, dots and empty segments.
fn decode(sent: &[u8], policy: &TargetPolicy, root: &[String]) -> Result<Decoded, Unnamed> {
    check_percent(sent, policy)?;
    if let OnInput::Respond(id) = policy.encoded_slash
        && (percent::holds_escape_of(sent, b'/')
            || (policy.backslash == OnInput::Accept(Backslash::Slash) && percent::holds_escape_of(sent, b'\\')))
    {
        return Err(id.into());
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
        return Err(policy.nul.into());
    }
    if let OnInput::Respond(id) = policy.control
        && decoded.iter().any(u8::is_ascii_control)
    {
        return Err(id.into());
    }
    if let OnInput::Respond(id) = policy.double_encoding
        && (decoded.contains(&b'+') || percent::decode(&decoded) != decoded)
    {
        return Err(id.into());
    }
    if decoded.contains(&b'\\') {
        match policy.backslash {
            OnInput::Accept(Backslash::Literal) => {}
            OnInput::Accept(Backslash::Slash) => decoded.iter_mut().filter(|b| **b == b'\\').for_each(|b| *b = b'/'),
            OnInput::Respond(id) => return Err(id.into()),
        }
    }
    let decoded = match (String::from_utf8(decoded), policy.bad_utf8) {
        (Ok(decoded), _) => decoded,
        (Err(_), OnInput::Respond(id)) => return Err(id.into()),
        (Err(_), OnInput::Accept(())) => return Err(Unnamed::NotUtf8),
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
        Form::Other if decoded == "/" => Form::Slash,
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
    let segments = || path.split(|b| *b == b'/');
    within(policy.most_segments, segments().count())?;
    segments().try_for_each(|segment| within(policy.longest_segment, segment.len()))
}

/// Checks the number of segments and their length in characters.
fn check_segments(path: &str, policy: &TargetPolicy) -> Result<(), ResponseId> {
    if policy.most_segments.is_some() {
        within(policy.most_segments, path.split('/').count())?;
    }
    if policy.longest_segment.is_some() {
        for segment in path.split('/') {
            within(policy.longest_segment, segment.chars().count())?;
        }
    }
    Ok(())
}

fn within(limit: Limit, count: usize) -> Result<(), ResponseId> {
    match limit {
        Some((most, id)) if count > most => Err(id),
        _ => Ok(()),
    }
}

/// The path below the root, if `sent` needs neither decoding nor resolving. Most targets do not.
fn plain(sent: &[u8]) -> Option<&str> {
    std::str::from_utf8(plain_bytes(sent)?).ok()
}

/// The characters of a plain path, besides dots and slashes.
static PLAIN: ByteSet = ByteSet::alphanumeric_and(b"-_");

fn plain_bytes(sent: &[u8]) -> Option<&[u8]> {
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

/// Whether the policy may refuse a name of this path.
fn may_refuse_names(path: &[u8], files: &FilePolicy) -> bool {
    // A name that begins with a dot is at the start of the path or after a slash.
    let has_dotfile = || path.starts_with(b".") || memchr::memmem::find(path, b"/.").is_some();
    !files.deny.is_empty() || matches!(files.dotfiles, OnInput::Respond(_)) && has_dotfile()
}

/// Refuses dotfiles and denied names, whether or not such a file exists.
fn check_names(path: &str, ends_in_slash: bool, files: &FilePolicy) -> Result<(), ResponseId> {
    if !may_refuse_names(path.as_bytes(), files) {
        return Ok(());
    }
    let last = path.split('/').count() - 1;
    for (index, name) in path.split('/').enumerate() {
        if let OnInput::Respond(id) = files.dotfiles
            && (!files.dotfiles_at_end_only || index == last && !ends_in_slash)
            && name.len() > 1
            && name.starts_with('.')
            && !files.dotfiles_served.iter().any(|served| served == name)
        {
            return Err(id);
        }
        let is_lower = || name.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
        let name: Cow<'_, str> = if files.deny.is_empty() || !files.ignore_case || is_lower() {
            name.into()
        } else {
            name.to_lowercase().into()
        };
        if files.deny.iter().any(|pattern| types::matches(pattern, &name)) {
            return Err(files.deny_with);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
