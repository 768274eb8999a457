//! Resolves `.` and `..` (RFC 3986 section 5.2.4).

use super::{check_percent, segments};
use crate::http1::{ResponseId, percent};
use crate::profile::{OnInput, TargetPolicy};

/// Resolves `.` and `..` in a path as sent. Only `%2e` is decoded; other escapes stay. For servers that resolve before
/// they decode.
pub(super) fn resolve_sent(sent: &[u8], policy: &TargetPolicy) -> Result<Vec<u8>, ResponseId> {
    check_percent(sent, policy)?;
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut ends_in_dots = false;
    for segment in segments(sent) {
        // `%2e%2e` is the longest spelling of two dots.
        let decoded = if segment.len() <= 6 {
            percent::decode(segment)
        } else {
            Vec::new()
        };
        ends_in_dots = matches!(decoded.as_slice(), b"." | b"..");
        match decoded.as_slice() {
            b".." => {
                if let (None, OnInput::Respond(id)) = (kept.pop(), policy.above_root) {
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

/// Resolves `.` and `..` in a decoded path, and removes empty segments. `above_root` says how a `..` that leads above
/// the root is treated.
pub(super) fn resolve_dots(path: &[u8], above_root: OnInput<()>, policy: &TargetPolicy) -> Result<Vec<u8>, ResponseId> {
    let mut out = Vec::with_capacity(path.len());
    for segment in segments(path) {
        match segment {
            b"" | b"." => {}
            b".." => {
                if let OnInput::Respond(id) = policy.dot_dot {
                    return Err(id);
                }
                if out.is_empty()
                    && let OnInput::Respond(id) = above_root
                {
                    return Err(id);
                }
                out.truncate(memchr::memrchr(b'/', &out).unwrap_or(0));
            }
            name => {
                if !out.is_empty() {
                    out.push(b'/');
                }
                out.extend_from_slice(name);
            }
        }
    }
    Ok(out)
}

/// Resolves `path` from the top of the file system, for servers in which a path may leave `root` and re-enter it by
/// name, as in `/../site/a`. Returns the part below `root`, or `None` if the path ends outside it. Whole names are
/// compared, so that `/srv/site2` is not below `/srv/site`.
pub(super) fn resolve_dots_from(root: &[String], path: &[u8]) -> Option<Vec<u8>> {
    let mut names: Vec<&[u8]> = root.iter().map(String::as_bytes).collect();
    for segment in segments(path) {
        match segment {
            b"" | b"." => {}
            b".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    let is_below =
        !root.is_empty() && names.len() >= root.len() && names.iter().zip(root).all(|(a, b)| *a == b.as_bytes());
    is_below.then(|| names[root.len()..].join(&b'/'))
}
