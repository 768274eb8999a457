//! Reads a target as the function `url.parse` of JavaScript servers does. It is older than the URL standard: a
//! character that is not allowed in a host ends the host and begins the path, and backslashes are slashes.
//!
//! A target is Latin-1 text, so its bytes are its characters.

use super::target::{Kind, Parts};
use crate::http1::ace::is_ace_host;
use crate::http1::{percent, text};
use std::borrow::Cow;

/// Schemes whose URIs have a path even if none was sent.
const SLASHED: [&[u8]; 7] = [b"http:", b"https:", b"ftp:", b"gopher:", b"file:", b"ws:", b"wss:"];

/// The scheme whose URIs have no host.
const HOSTLESS: &[u8] = b"javascript:";

/// The maximum length of a host name in bytes. A longer one counts as empty.
const LONGEST_HOST: usize = 255;

/// The parts of a target. A path without white space and `#` is taken as it is; anything else is read as a URI.
pub(super) fn read(target: &[u8]) -> Parts<'_> {
    let is_plain = target.starts_with(b"/") && !target.iter().any(|b| is_space(*b) && *b != 0x0b || *b == b'#');
    if is_plain {
        return path_and_query(Cow::Borrowed(target));
    }
    parsed(target).unwrap_or_else(|Invalid| Parts::of_kind(Kind::Invalid))
}

/// The target is not a valid URI.
struct Invalid;

/// White space of JavaScript's regular expressions.
fn is_space(byte: u8) -> bool {
    matches!(byte, 0x09..=0x0d | b' ' | 0xa0)
}

/// A path with a query, and nothing else.
fn path_and_query(text: Cow<'_, [u8]>) -> Parts<'_> {
    let at = memchr::memchr(b'?', &text).unwrap_or(text.len());
    let (path, query) = match text {
        Cow::Borrowed(text) => (Cow::Borrowed(&text[..at]), Cow::Borrowed(&text[at..])),
        Cow::Owned(mut text) => {
            let query = text.split_off(at);
            (text.into(), query.into())
        }
    };
    Parts {
        path,
        query,
        ..Parts::of_kind(Kind::Path)
    }
}

fn parsed(target: &[u8]) -> Result<Parts<'static>, Invalid> {
    let mut rest = trimmed(target);
    if is_simple_path(&rest) {
        return Ok(path_and_query(rest.into()));
    }
    let is_scheme = |b: &u8| b.is_ascii_alphanumeric() || b".+-".contains(b);
    let letters = rest.iter().take_while(|b| is_scheme(b)).count();
    let has_scheme = letters > 0 && rest.get(letters) == Some(&b':');
    let sent_scheme: Vec<u8> = if has_scheme {
        rest.drain(..=letters).collect()
    } else {
        Vec::new()
    };
    let scheme = sent_scheme.to_ascii_lowercase();
    let is_hostless = scheme == HOSTLESS;
    let two_slashes = (has_scheme || names_user_and_host(&rest)) && rest.starts_with(b"//");
    let mut authority = None;
    if two_slashes && !is_hostless {
        rest.drain(..2);
    }
    if !is_hostless && (two_slashes || has_scheme && !SLASHED.contains(&sent_scheme.as_slice())) {
        authority = Some(Authority::taken_from(&mut rest)?);
    }
    if !is_hostless {
        rest = escaped(&rest);
    }
    let hash = memchr::memchr(b'#', &rest).unwrap_or(rest.len());
    let fragment = rest.split_off(hash);
    let question = memchr::memchr(b'?', &rest).unwrap_or(rest.len());
    let query = rest.split_off(question);
    let mut path = rest;
    if path.is_empty() && SLASHED.contains(&scheme.as_slice()) && authority.as_ref().is_some_and(|a| a.has_name) {
        path.push(b'/');
    }
    let mut origin = scheme;
    if two_slashes && !is_hostless {
        origin.extend_from_slice(b"//");
    }
    origin.extend(authority.map(|a| a.text).unwrap_or_default());
    // Add a slash, so that origin and path together are the URI.
    if two_slashes && !is_hostless && !path.is_empty() && !path.starts_with(b"/") {
        origin.push(b'/');
    }
    Ok(Parts {
        kind: if path.is_empty() { Kind::NoPath } else { Kind::Path },
        origin: origin.into(),
        path: path.into(),
        query: query.into(),
        fragment: fragment.into(),
    })
}

/// The target without white space and controls at its ends. Backslashes before the first `?` or `#` become slashes.
fn trimmed(target: &[u8]) -> Vec<u8> {
    let is_blank = |b: &u8| *b <= b' ' || *b == 0xa0;
    let start = target.iter().position(|b| !is_blank(b)).unwrap_or(target.len());
    let end = target.iter().rposition(|b| !is_blank(b)).map_or(start, |at| at + 1);
    let mut text = target[start..end].to_vec();
    let split = text.iter().position(|b| matches!(b, b'?' | b'#')).unwrap_or(text.len());
    text[..split]
        .iter_mut()
        .filter(|b| **b == b'\\')
        .for_each(|b| *b = b'/');
    text
}

/// Whether the text is a path, perhaps with a query, that needs no further parsing.
fn is_simple_path(text: &[u8]) -> bool {
    let split = text.iter().position(|b| matches!(b, b'?' | b'#')).unwrap_or(text.len());
    text.starts_with(b"/")
        && !text.starts_with(b"///")
        && !text.contains(&b'#')
        && !text[..split].contains(&b'@')
        && !text.iter().any(|b| is_space(*b))
}

/// Whether the text begins with `//`, a user, `@` and a host.
fn names_user_and_host(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"//") else {
        return false;
    };
    let ends = |b: &u8| matches!(b, b'@' | b'/');
    match rest.iter().position(ends) {
        Some(at) if at > 0 && rest[at] == b'@' => rest.get(at + 1).is_some_and(|b| !ends(b)),
        _ => false,
    }
}

/// Characters that end a host and begin the path.
fn is_never_in_a_host(byte: u8) -> bool {
    b" \"%';<>\\^`{|}".contains(&byte)
}

/// An authority in its normal form.
struct Authority {
    /// User and password, host and port, as a URI has them.
    text: Vec<u8>,
    /// Whether it has a host name, without brackets.
    has_name: bool,
}

impl Authority {
    /// Removes the authority from the start of `rest`. Text that cannot belong to it stays in `rest`.
    fn taken_from(rest: &mut Vec<u8>) -> Result<Self, Invalid> {
        let end = |text: &[u8]| text.iter().position(|b| matches!(b, b'/' | b'?' | b'#'));
        let before = end(rest).unwrap_or(rest.len());
        let after = rest.split_off(before);
        rest.retain(|b| !matches!(b, b'\t' | b'\n' | b'\r'));
        let host_start = memchr::memrchr(b'@', rest).map_or(0, |at| at + 1);
        let host_end = rest[host_start..].iter().position(|b| is_never_in_a_host(*b));
        let mut host = rest[host_start..host_end.map_or(rest.len(), |at| host_start + at)].to_vec();
        let mut left = host_end.map_or_else(Vec::new, |at| rest[host_start + at..].to_vec());
        left.extend(after);
        let user = user(&rest[..host_start.saturating_sub(1)])?;
        *rest = left;

        let digits = host.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let port = match host.len().checked_sub(digits + 1) {
            Some(colon) if host[colon] == b':' => host.split_off(colon),
            _ => Vec::new(),
        };
        let is_bracketed = host.starts_with(b"[") && host.ends_with(b"]");
        if !is_bracketed && let Some(colon) = memchr::memchr(b':', &host) {
            let no_port = host.split_off(colon);
            *rest = [b"/", &no_port[..], &rest[..]].concat();
        }
        if host.len() > LONGEST_HOST {
            host.clear();
        }
        host.make_ascii_lowercase();
        let refused: &[u8] = if is_bracketed {
            b"#%/<>?@\\^|"
        } else {
            b"#%/<>?@\\^|[]:"
        };
        if host.iter().any(|b| refused.contains(b) || *b <= b' ') || !is_bracketed && !is_ace_host(&host) {
            return Err(Invalid);
        }
        if is_bracketed && !rest.starts_with(b"/") {
            rest.insert(0, b'/');
        }
        let has_name = !host.is_empty() && host != b"[]";
        let mut text = host;
        if port.len() > 1 {
            text.extend(port);
        }
        if !text.is_empty() && !user.is_empty() {
            text = [&user[..], b"@", &text[..]].concat();
        }
        Ok(Self { text, has_name })
    }
}

/// User and password, decoded and encoded again.
fn user(sent: &[u8]) -> Result<Vec<u8>, Invalid> {
    let mut utf8 = Vec::new();
    text::latin1_to_utf8(sent, &mut utf8);
    if percent::first_bad(&utf8).is_some() {
        return Err(Invalid);
    }
    let decoded = percent::decode(&utf8);
    if std::str::from_utf8(&decoded).is_err() {
        return Err(Invalid);
    }
    let mut encoded = Vec::new();
    percent::encode(&decoded, b"!'()*-.:_~", &mut encoded);
    Ok(encoded)
}

/// The text with the characters percent-encoded that a URI must not contain or that are unsafe in a page.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if b"\t\n\r \"'<>\\^`{|}".contains(byte) {
            percent::encode(&[*byte], b"", &mut out);
        } else {
            out.push(*byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target, and what it becomes: origin, path, query and fragment, each after a space; or why it becomes nothing.
    const CASES: &[(&str, &str)] = &[
        ("/a?b", " /a ?b "),
        ("/a\\b", " /a\\b  "),
        ("/a\\b#c", " /a/b  #c"),
        ("/a\t", " /a  "),
        ("/a\tb", " /a%09b  "),
        ("/a b'c", " /a%20b%27c  "),
        ("//a@B/c#", "//a@b /c  #"),
        ("*?x", " * ?x "),
        ("http://A:80/b?c#d", "http://a:80 /b ?c #d"),
        ("HTTP://a/b", "http://a /b  "),
        ("http://a:/b", "http://a /b  "),
        ("http://a:x/b", "http://a /:x/b  "),
        ("http://a'b/c", "http://a/ %27b/c  "),
        ("http://a*b/c", "http://a*b /c  "),
        ("http://[A::B]:8?c", "http://[a::b]:8 / ?c "),
        ("http://u;s%40:p@a/", "http://u%3Bs%40:p@a /  "),
        ("http://user@/b", "http:// /b  "),
        ("javascript://a/b", "javascript: //a/b  "),
        ("http://a", "http://a /  "),
        ("http://", "no path"),
        ("http://:80", "no path"),
        ("foo://a", "no path"),
        ("?x", "no path"),
        ("http://[a/b", "invalid"),
        ("http://us%zz@a/b", "invalid"),
        ("http://xn--a/b", "invalid"),
    ];

    #[test]
    fn targets_are_taken_apart() {
        for (target, want) in CASES {
            let parts = read(target.as_bytes());
            let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
            let got = match parts.kind {
                Kind::Path => [&parts.origin, &parts.path, &parts.query, &parts.fragment]
                    .map(|part| text(part))
                    .join(" "),
                Kind::NoPath => "no path".to_owned(),
                Kind::Invalid => "invalid".to_owned(),
            };
            assert_eq!(got, *want, "{target}");
        }
        let long = format!("http://{}/b", "a".repeat(256));
        assert_eq!(&*read(long.as_bytes()).origin, b"http://");
    }
}
