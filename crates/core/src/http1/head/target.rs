//! The request target: which of its forms it has, and which bytes may stand in it (RFC 9112 section 3.2).
//!
//! Does not know what a target names; that is read where files are looked for.

use super::scanner::Scanner;
use crate::http1::fault::Fault;
use crate::http1::host::is_host_with_port;

/// Whether a target is an absolute URI: a scheme and `://`.
pub fn has_scheme(target: &[u8]) -> bool {
    // A scheme begins with a letter: most targets are ruled out by their first byte.
    target.first().is_some_and(u8::is_ascii_alphabetic)
        && target
            .windows(3)
            .position(|w| w == b"://")
            .is_some_and(|at| is_scheme(&target[..at]))
}

/// Whether a target begins with a scheme and a colon, and goes on with a path or a query, or not at all: a URI without an
/// authority.
pub fn has_bare_scheme(target: &[u8]) -> bool {
    memchr::memchr(b':', target)
        .is_some_and(|colon| matches!(target[colon + 1..], [] | [b'/' | b'?', ..]) && is_scheme(&target[..colon]))
}

/// What stands behind the first `://` of a target: the authority of an absolute URI, and what follows it. All of a target
/// that has none.
pub(in crate::http1) fn behind_scheme(target: &[u8]) -> &[u8] {
    let start = target.windows(3).position(|w| w == b"://").map_or(0, |at| at + 3);
    &target[start..]
}

impl Scanner<'_> {
    /// Judges the target of a complete request line.
    pub(super) fn target_chars(&mut self) -> Result<(), Fault> {
        let target = self.head.target.of(self.bytes);
        self.head.at_fault = self.head.target;
        for byte in target {
            self.target_char(*byte)?;
        }
        self.count(target.len())?;
        self.target_form(target, self.head.method.of(self.bytes))
    }

    /// Judges the form of a target, for this method.
    pub(super) fn target_form(&self, target: &[u8], method: &[u8]) -> Result<(), Fault> {
        match target {
            _ if method == b"CONNECT"
                && !self.policy.faults.accepts(Fault::ConnectOther)
                && !is_host_with_port(target) =>
            {
                Err(Fault::ConnectOther)
            }
            [b'/', ..] => Ok(()),
            b"*" if method == b"OPTIONS" => self.check(Fault::OptionsAsterisk),
            b"*" => self.check(Fault::TargetAsterisk),
            _ if has_scheme(target)
                && !has_scheme_of_letters(target)
                && !self.policy.faults.accepts(Fault::TargetScheme) =>
            {
                Err(Fault::TargetScheme)
            }
            _ if has_scheme(target) && has_plain_authority(target) => Ok(()),
            _ if has_scheme(target) => self.check(Fault::TargetAuthority),
            _ if method == b"CONNECT" => self.check(Fault::ConnectAuthority),
            [b'?', ..] => self.check(Fault::TargetQuery),
            _ if has_bare_scheme(target) => self.check(Fault::TargetBareScheme),
            _ => self.check(Fault::TargetForm),
        }
    }

    pub(super) fn target_char(&self, byte: u8) -> Result<(), Fault> {
        match byte {
            0 => self.check(Fault::TargetNul),
            b'\t' if self.policy.tab_is_text => self.check(Fault::TargetTab),
            0x0c => self.check(Fault::TargetTab),
            b' ' | b'\t' => self.check(Fault::TargetSpace),
            1..=0x1f | 0x7f => self.check(Fault::TargetControl),
            0x80.. => self.check(Fault::TargetHigh),
            b'#' => self.check(Fault::TargetFragment),
            _ => Ok(()),
        }
    }
}

/// Whether `text` is a target, or can become one.
pub(super) fn begins_a_target(text: &[u8], any_scheme: bool) -> bool {
    match text {
        [] | [b'/' | b'*', ..] => true,
        [first, ..] if first.is_ascii_alphabetic() => {
            let is_scheme =
                |b: &u8| b.is_ascii_alphabetic() || any_scheme && (b.is_ascii_digit() || b"+-.".contains(b));
            let behind = &text[text.iter().position(|b| !is_scheme(b)).unwrap_or(text.len())..];
            behind.starts_with(b"://") || b"://".starts_with(behind)
        }
        _ => false,
    }
}

/// Whether an absolute URI's authority has no host.
pub(super) fn has_empty_authority(target: &[u8]) -> bool {
    has_scheme(target) && matches!(behind_scheme(target).first(), None | Some(b'/' | b':' | b'?'))
}

/// Whether the scheme of an absolute URI is of letters alone.
fn has_scheme_of_letters(target: &[u8]) -> bool {
    let letters = target.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    target[letters..].starts_with(b"://")
}

/// Whether an absolute URI's authority is a host name or an address in brackets, with or without a port, and a path or a
/// query follows it, or nothing.
fn has_plain_authority(target: &[u8]) -> bool {
    let rest = behind_scheme(target);
    let rest = match rest {
        [b'[', ..] => {
            let is_address = |b: &u8| b.is_ascii_alphanumeric() || b":.-_~!$&'()*+,;=".contains(b);
            let Some(end) = memchr::memchr(b']', rest).filter(|end| *end > 1 && rest[1..*end].iter().all(is_address))
            else {
                return false;
            };
            &rest[end + 1..]
        }
        _ => {
            let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"-.".contains(b);
            let end = rest.iter().position(|b| !is_name(b)).unwrap_or(rest.len());
            if end == 0 {
                return false;
            }
            &rest[end..]
        }
    };
    let rest = match rest {
        [b':', port @ ..] => &port[port.iter().position(|b| !b.is_ascii_digit()).unwrap_or(port.len())..],
        _ => rest,
    };
    matches!(rest, [] | [b'/' | b'?', ..])
}

/// Whether `text` is a scheme: a letter, then letters, digits and three marks (RFC 3986 section 3.1).
fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
}
