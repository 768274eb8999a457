//! The syntax of hosts: the value of Host (RFC 9110 section 7.2) and the authority of an absolute target (RFC 9112
//! section 3.2.2).

use super::bytes::ByteSet;
use serde::{Deserialize, Serialize};

/// Which texts a server accepts as a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HostSyntax {
    /// Any text of the characters that RFC 3986 section 3.2 allows, and of bytes above 0x7f.
    #[default]
    Characters,
    /// As `characters`, but ASCII alone.
    Ascii,
    /// Any characters except controls, spaces and `/`. A name must precede the first colon, and `..` is not allowed.
    Visible,
    /// A name of letters, digits, `-`, `_` and single dots, whose last label begins with a letter; an IPv4 address; or
    /// an IPv6 address in brackets. A port from 1 to 65535, modulo 2^32, must follow a colon.
    Name,
}

/// The characters of an authority (RFC 3986 section 3.2), and bytes above 0x7f.
static CHARACTERS: ByteSet = ByteSet::alphanumeric_and(b"!$%&'()*+,-.:;=[]_~").and_beyond_ascii();

/// The same without bytes above 0x7f.
static ASCII: ByteSet = ByteSet::alphanumeric_and(b"!$%&'()*+,-.:;=[]_~");

/// Visible ASCII characters except `/`, and bytes above 0x7f.
static VISIBLE: ByteSet = ByteSet::alphanumeric_and(b"!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~").and_beyond_ascii();

/// The characters of a host name.
static NAME: ByteSet = ByteSet::alphanumeric_and(b"-_.");

impl HostSyntax {
    /// Whether a server with this syntax accepts `host`, the value of a Host field.
    pub fn accepts(self, host: &[u8]) -> bool {
        match self {
            Self::Characters => CHARACTERS.holds_all(host),
            Self::Ascii => ASCII.holds_all(host),
            Self::Visible => is_visible(host),
            Self::Name => is_host_and_port(host),
        }
    }
}

impl HostSyntax {
    /// Whether a server with this syntax accepts the authority of an absolute URI. With `name`, an empty host is
    /// accepted, the host is checked only if the scheme is the server's own, and a port is a number that may have a
    /// sign.
    pub fn accepts_authority(self, authority: &[u8], is_own_scheme: bool) -> bool {
        if self != Self::Name {
            return self.accepts(authority);
        }
        let Some((host, port)) = split_authority(authority) else {
            return false;
        };
        let is_host = || host.is_empty() || is_name(host) || host.contains(&b':') && is_ipv6(host);
        (port.is_empty() || port_number(port).is_some()) && (!is_own_scheme || is_host())
    }
}

/// Splits an authority without a user into its host, without brackets, and its port, without the colon. `None` if it has
/// a user, or a bracket that is not closed or is followed by anything but a port.
pub(crate) fn split_authority(authority: &[u8]) -> Option<(&[u8], &[u8])> {
    if authority.contains(&b'@') {
        return None;
    }
    let (host, rest) = match authority {
        [b'[', inner @ ..] => {
            let end = memchr::memchr(b']', inner)?;
            (&inner[..end], &inner[end + 1..])
        }
        _ => authority.split_at(memchr::memchr(b':', authority).unwrap_or(authority.len())),
    };
    match rest {
        [] => Some((host, b"")),
        [b':', port @ ..] => Some((host, port)),
        _ => None,
    }
}

/// The host and the port of any authority, even a malformed one. The host begins after the last `@` and is returned
/// without brackets; the port begins after the next colon.
pub(crate) fn host_and_port(authority: &[u8]) -> (&[u8], &[u8]) {
    let split = |text: &'_ [u8], byte| memchr::memchr(byte, text).unwrap_or(text.len());
    let rest = &authority[memchr::memrchr(b'@', authority).map_or(0, |at| at + 1)..];
    let (host, rest) = match memchr::memchr(b'[', rest) {
        Some(open) => {
            let inner = &rest[open + 1..];
            inner.split_at(split(inner, b']'))
        }
        None => rest.split_at(split(rest, b':')),
    };
    (host, rest.get(split(rest, b':') + 1..).unwrap_or_default())
}

/// Whether an authority has no bracket, or brackets around an IPv6 address, perhaps with a zone, or around an address of a
/// later version (RFC 3986 section 3.2.2).
pub(crate) fn has_good_brackets(authority: &[u8]) -> bool {
    let at = |byte| memchr::memchr(byte, authority);
    let open = match (at(b'['), at(b']')) {
        (None, None) => return true,
        (Some(open), Some(_)) => open,
        _ => return false,
    };
    let inner = &authority[open + 1..];
    let inner = &inner[..memchr::memchr(b']', inner).unwrap_or(inner.len())];
    if let Some(later) = inner.strip_prefix(b"v") {
        let digits = later.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        return digits > 0 && later[digits..].starts_with(b".") && later.len() > digits + 1;
    }
    match memchr::memchr(b'%', inner) {
        Some(zone) => zone + 1 < inner.len() && !inner[zone + 1..].contains(&b'%') && is_ipv6(&inner[..zone]),
        None => is_ipv6(inner),
    }
}

/// Whether the text is a number of 16 bits.
pub(crate) fn is_16_bits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
        && text
            .iter()
            .try_fold(0u16, |number, digit| {
                number.checked_mul(10)?.checked_add(u16::from(digit - b'0'))
            })
            .is_some()
}

/// The port given by a number with an optional sign, modulo 65536; `None` if the text is not such a number.
pub(crate) fn port_number(text: &[u8]) -> Option<u16> {
    // Like C's `strtol`: a number that is too large counts as the largest.
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0i64, |number, digit| {
        number.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    Some(if is_negative { -number } else { number } as u16)
}

/// [`HostSyntax::Visible`].
fn is_visible(host: &[u8]) -> bool {
    VISIBLE.holds_all(host) && !holds_two_dots(host) && !matches!(host, [] | [b':', ..] | [b'.'] | [b'.', b':', ..])
}

/// Whether the host contains an empty label.
fn holds_two_dots(host: &[u8]) -> bool {
    host.windows(2).any(|pair| pair == b"..")
}

/// Whether `target` is in authority-form, a host and a port, as CONNECT requires (RFC 9112 section 3.2.3).
pub fn is_host_with_port(target: &[u8]) -> bool {
    let (host, port) = split_port(target);
    port.len() > 1 && !host.is_empty() && HostSyntax::Characters.accepts(host)
}

/// The host without its port and without a trailing dot.
pub fn host_name(host: &[u8]) -> &[u8] {
    let end = match (host.first(), memchr::memchr(b']', host)) {
        (Some(b'['), Some(bracket)) => bracket + 1,
        (Some(b'['), None) => host.len(),
        _ => memchr::memchr(b':', host).unwrap_or(host.len()),
    };
    let name = &host[..end];
    name.strip_suffix(b".").unwrap_or(name)
}

/// Splits a host into its name and its port. The port includes the colon; it is empty if the host has no port.
pub fn split_port(host: &[u8]) -> (&[u8], &[u8]) {
    let colon = host
        .iter()
        .rposition(|b| *b == b':')
        .filter(|colon| host[colon + 1..].iter().all(u8::is_ascii_digit));
    host.split_at(colon.unwrap_or(host.len()))
}

fn is_host_and_port(host: &[u8]) -> bool {
    if let [b'[', rest @ ..] = host {
        let Some(end) = memchr::memchr(b']', rest) else {
            return false;
        };
        let port = &rest[end + 1..];
        return is_ipv6(&rest[..end]) && (port.is_empty() || (port[0] == b':' && is_port(&port[1..])));
    }
    match memchr::memchr(b':', host) {
        Some(colon) => is_port(&host[colon + 1..]) && is_name(&host[..colon]),
        None => is_name(host),
    }
}

fn is_port(digits: &[u8]) -> bool {
    std::str::from_utf8(digits)
        .ok()
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse::<i64>().ok())
        // Like C's `atoi`, which keeps only the low 32 bits.
        .is_some_and(|port| (1..=65535).contains(&(port as i32)))
}

/// Whether `address` is an IPv6 address without brackets.
pub(super) fn is_ipv6(address: &[u8]) -> bool {
    std::str::from_utf8(address).is_ok_and(|text| text.parse::<core::net::Ipv6Addr>().is_ok())
}

fn is_name(name: &[u8]) -> bool {
    if name.is_empty() || !NAME.holds_all(name) {
        return false;
    }
    if holds_two_dots(name) {
        return false;
    }
    // A trailing dot is the root of the DNS and does not belong to a label.
    let name = name.strip_suffix(b".").unwrap_or(name);
    let mut parts = name.split(|b| *b == b'.');
    if name.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        let plain = |part: &[u8]| !part.is_empty() && (part.len() == 1 || part[0] != b'0');
        return name.split(|b| *b == b'.').count() == 4 && parts.all(plain);
    }
    let last = parts.next_back().unwrap_or_default();
    last.len() == name.len() || last.first().is_some_and(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (host, characters, name) in [
            ("example.com", true, true),
            ("EXAMPLE.com:80", true, true),
            ("a_b", true, true),
            (".example.com", true, true),
            ("example.com.", true, true),
            ("127.0.0.1:18082", true, true),
            ("[::1]", true, true),
            ("[::1]:80", true, true),
            ("1a", true, true),
            ("a..b", true, false),
            ("1.2.3", true, false),
            ("1.2.3.04", true, false),
            ("12", true, false),
            ("a.1b", true, false),
            ("a:", true, false),
            ("a:0", true, false),
            ("a:65536", true, false),
            ("a:4294967376", true, true),
            ("a:b", true, false),
            ("user@host", false, false),
            ("a/b", false, false),
            ("a%41", true, false),
            ("a,b", true, false),
            ("[::1", true, false),
            ("[1::2::3]", true, false),
        ] {
            assert_eq!(HostSyntax::Characters.accepts(host.as_bytes()), characters, "{host}");
            assert_eq!(HostSyntax::Name.accepts(host.as_bytes()), name, "{host}");
        }
        for (host, want) in [
            ("user@host:8", false),
            ("host:8", true),
            ("é", false),
            ("a b", false),
            ("", true),
        ] {
            assert_eq!(HostSyntax::Ascii.accepts(host.as_bytes()), want, "{host}");
        }
    }

    #[test]
    fn authorities() {
        for (authority, own, other) in [
            ("a", true, true),
            ("", true, true),
            ("a:", true, true),
            (":80", true, true),
            ("a:0", true, true),
            ("a:99999", true, true),
            ("a:+80", true, true),
            ("a:+", false, false),
            ("a:x", false, false),
            ("u@a", false, false),
            ("[::1]:8", true, true),
            ("[]", true, true),
            ("[::1", false, false),
            ("[::1]8", false, false),
            ("[::g]", false, true),
            ("a..b", false, true),
        ] {
            let accepts = |own| HostSyntax::Name.accepts_authority(authority.as_bytes(), own);
            assert_eq!((accepts(true), accepts(false)), (own, other), "{authority}");
        }
        for (text, want) in [
            ("80", Some(80)),
            ("-80", Some(65456)),
            ("65536", Some(0)),
            ("", None),
            ("8x", None),
        ] {
            assert_eq!(port_number(text.as_bytes()), want, "{text}");
        }
        for (target, want) in [
            ("a:80", true),
            ("[::1]:80", true),
            ("a", false),
            ("a:", false),
            (":80", false),
        ] {
            assert_eq!(is_host_with_port(target.as_bytes()), want, "{target}");
        }
    }

    #[test]
    fn an_authority_is_taken_apart_whatever_it_holds() {
        for (authority, host, port, good_brackets) in [
            ("a:80", "a", "80", true),
            ("a:80:80", "a", "80:80", true),
            ("u:p@a", "a", "", true),
            ("u@v@a:x", "a", "x", true),
            ("[::1]:8", "::1", "8", true),
            ("[fe80::1%25lo]", "fe80::1%25lo", "", true),
            ("[v1.x]", "v1.x", "", true),
            ("[::1]x", "::1", "", true),
            ("[::1", "::1", "", false),
            ("::1]", "", ":1]", false),
            ("[]", "", "", false),
            ("[1.2.3.4]", "1.2.3.4", "", false),
            ("[vx.y]", "vx.y", "", false),
            ("[fe80::1%]", "fe80::1%", "", false),
        ] {
            let got = host_and_port(authority.as_bytes());
            assert_eq!(got, (host.as_bytes(), port.as_bytes()), "{authority}");
            assert_eq!(has_good_brackets(authority.as_bytes()), good_brackets, "{authority}");
        }
        for (text, want) in [("65535", true), ("00080", true), ("65536", false), ("+80", false)] {
            assert_eq!(is_16_bits(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn a_port_is_cut_off() {
        for (host, want) in [
            ("a:80", ("a", ":80")),
            ("a", ("a", "")),
            ("[::1]:8", ("[::1]", ":8")),
            ("a:x", ("a:x", "")),
        ] {
            assert_eq!(
                split_port(host.as_bytes()),
                (want.0.as_bytes(), want.1.as_bytes()),
                "{host}"
            );
        }
    }
}
