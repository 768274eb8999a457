//! Checks the form and the characters of a request target (RFC 9112 section 3.2).

use super::scanner::Scanner;
use crate::http1::bytes::ByteSet;
use crate::http1::fault::Fault;
use crate::http1::host::is_host_with_port;
use crate::http1::uri;

/// The characters of a user, a host and a port, the brackets of an address and `@`.
static AUTHORITY: ByteSet = ByteSet::alphanumeric_and(b"-_.!~*'()%;:&=+$,[]@");

/// Whether a target begins with a scheme and `://`, as an absolute URI with an authority does.
pub fn has_scheme(target: &[u8]) -> bool {
    // A scheme begins with a letter, so the first byte rules out most targets.
    target.first().is_some_and(u8::is_ascii_alphabetic)
        && target
            .windows(3)
            .position(|w| w == b"://")
            .is_some_and(|at| is_scheme(&target[..at]))
}

/// Whether a target is a URI without an authority: a scheme and a colon, then a path, a query or nothing.
pub fn has_bare_scheme(target: &[u8]) -> bool {
    memchr::memchr(b':', target)
        .is_some_and(|colon| matches!(target[colon + 1..], [] | [b'/' | b'?', ..]) && is_scheme(&target[..colon]))
}

/// Whether a target begins with a scheme and a colon, whatever follows.
pub fn has_rootless_scheme(target: &[u8]) -> bool {
    memchr::memchr(b':', target).is_some_and(|colon| is_scheme(&target[..colon]))
}

/// The part of a target after the first `://`: the authority of an absolute URI and what follows it. The whole target
/// if it contains no `://`.
pub(in crate::http1) fn after_scheme(target: &[u8]) -> &[u8] {
    let start = target.windows(3).position(|w| w == b"://").map_or(0, |at| at + 3);
    &target[start..]
}

impl Scanner<'_> {
    /// Checks the target of a complete request line.
    pub(super) fn target_chars(&mut self) -> Result<(), Fault> {
        let target = self.head.target.of(self.bytes);
        self.head.at_fault = self.head.target;
        for byte in target {
            self.target_char(*byte)?;
        }
        self.count(target.len())?;
        let method = self.head.method.of(self.bytes);
        self.target_form(target, method)?;
        if self.policy.faults.accepts(Fault::TargetSyntax) || uri::is_valid(target, method == b"CONNECT") {
            return Ok(());
        }
        Err(Fault::TargetSyntax)
    }

    /// Checks the form of a target, which depends on the method.
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
            [b'*', b'?', ..] if method == b"OPTIONS" => self.check(Fault::OptionsAsteriskQuery),
            [b'*', ..] => self.check(Fault::TargetAsteriskMore),
            _ if has_scheme(target)
                && !has_scheme_of_letters(target)
                && !self.policy.faults.accepts(Fault::TargetScheme) =>
            {
                Err(Fault::TargetScheme)
            }
            _ if has_scheme(target) && has_plain_authority(target) => Ok(()),
            _ if has_scheme(target) => {
                self.authority_chars(target, method)?;
                self.check(Fault::TargetAuthority)
            }
            _ if method == b"CONNECT" => {
                self.authority_chars(target, method)?;
                self.check(Fault::ConnectAuthority)
            }
            [b'?', ..] => self.check(Fault::TargetQuery),
            _ if has_bare_scheme(target) => self.check(Fault::TargetBareScheme),
            _ => self.check(Fault::TargetForm),
        }
    }

    /// Checks the authority of an absolute URI that may be incomplete.
    pub(super) fn unfinished_authority(&self, target: &[u8], method: &[u8]) -> Result<(), Fault> {
        if !has_scheme(target) || is_plain_authority(after_scheme(target), false) {
            return Ok(());
        }
        self.authority_chars(target, method)?;
        self.check(Fault::TargetAuthority)
    }

    /// Checks the characters of the authority of an absolute URI. The target of CONNECT begins with an authority.
    fn authority_chars(&self, target: &[u8], method: &[u8]) -> Result<(), Fault> {
        let rest = if method == b"CONNECT" {
            target
        } else {
            after_scheme(target)
        };
        let end = rest.iter().position(|b| matches!(b, b'/' | b'?')).unwrap_or(rest.len());
        let authority = &rest[..end];
        if AUTHORITY.holds_all(authority) {
            Ok(())
        } else {
            self.check(Fault::TargetAuthorityChar)
        }
    }

    /// Checks one byte of a target.
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

/// Whether `text` is a target or a prefix of one. If `any_scheme` is false, a scheme must consist of letters.
pub(super) fn begins_a_target(text: &[u8], any_scheme: bool) -> bool {
    match text {
        [] | [b'/' | b'*', ..] => true,
        [first, ..] if first.is_ascii_alphabetic() => {
            let is_scheme =
                |b: &u8| b.is_ascii_alphabetic() || any_scheme && (b.is_ascii_digit() || b"+-.".contains(b));
            let rest = &text[text.iter().position(|b| !is_scheme(b)).unwrap_or(text.len())..];
            rest.starts_with(b"://") || b"://".starts_with(rest)
        }
        _ => false,
    }
}

/// Whether `target` is an absolute URI whose authority has no host.
pub(super) fn has_empty_authority(target: &[u8]) -> bool {
    has_scheme(target) && matches!(after_scheme(target).first(), None | Some(b'/' | b':' | b'?'))
}

/// Whether the scheme of an absolute URI consists of letters.
fn has_scheme_of_letters(target: &[u8]) -> bool {
    let letters = target.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    target[letters..].starts_with(b"://")
}

/// Whether the authority of an absolute URI is a host name or an address in brackets, with an optional port, and is
/// followed by a path, a query or nothing.
fn has_plain_authority(target: &[u8]) -> bool {
    is_plain_authority(after_scheme(target), true)
}

/// The same for the part of the URI after `://`. If it is not complete, more may follow.
fn is_plain_authority(rest: &[u8], is_complete: bool) -> bool {
    let rest = match rest {
        [b'[', inner @ ..] => {
            let is_address = |b: &u8| b.is_ascii_alphanumeric() || b":.-_~!$&'()*+,;=".contains(b);
            let end = inner.iter().position(|b| !is_address(b)).unwrap_or(inner.len());
            match &inner[end..] {
                [b']', after @ ..] => after,
                after => return after.is_empty() && !is_complete,
            }
        }
        _ => {
            let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"-.".contains(b);
            let end = rest.iter().position(|b| !is_name(b)).unwrap_or(rest.len());
            if end == 0 && (is_complete || !matches!(rest, [] | [b'/' | b'?' | b':', ..])) {
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

/// Whether `text` is a scheme: a letter, then letters, digits, `+`, `-` and `.` (RFC 3986 section 3.1).
pub(in crate::http1) fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
}
