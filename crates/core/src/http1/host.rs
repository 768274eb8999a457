//! What a host may look like: the value of a Host field, and the authority of an absolute target.

use super::bytes::ByteSet;
use serde::{Deserialize, Serialize};

/// What is taken for a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostSyntax {
    /// Any text of the characters that RFC 3986 section 3.2 allows, and bytes above 0x7f.
    #[default]
    Characters,
    /// Any characters but controls, spaces and `/`, with a name before the first colon, and no `..` in it.
    Visible,
    /// A name of letters, digits, `-`, `_` and single dots, whose last part begins with a letter; four decimal numbers;
    /// or an IPv6 address in brackets; each with a port if there is a colon.
    Name,
}

/// What an authority consists of (RFC 3986 section 3.2), and bytes above 0x7f.
static CHARACTERS: ByteSet = ByteSet::alphanumeric_and(b"!$%&'()*+,-.:;=[]_~").and_beyond_ascii();

/// What can be seen, but `/`, and bytes above 0x7f.
static VISIBLE: ByteSet = ByteSet::alphanumeric_and(b"!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~").and_beyond_ascii();

/// What a name consists of.
static NAME: ByteSet = ByteSet::alphanumeric_and(b"-_.");

impl HostSyntax {
    /// Whether `host` is one.
    pub fn accepts(self, host: &[u8]) -> bool {
        match self {
            HostSyntax::Characters => CHARACTERS.holds_all(host),
            HostSyntax::Visible => is_visible(host),
            HostSyntax::Name => is_host_and_port(host),
        }
    }
}

impl HostSyntax {
    /// Whether `authority`, that of an absolute URI, is one. Its port may be any number, or missing behind the colon.
    pub fn accepts_authority(self, authority: &[u8]) -> bool {
        if self != HostSyntax::Name {
            return self.accepts(authority);
        }
        let (host, port) = match (authority, memchr::memchr(b']', authority)) {
            ([b'[', ..], Some(end)) => authority.split_at(end + 1),
            ([b'[', ..], None) => return false,
            _ => authority.split_at(memchr::memchr(b':', authority).unwrap_or(authority.len())),
        };
        let is_host = match host {
            [b'[', inner @ .., b']'] if inner.contains(&b':') => is_ipv6(inner),
            [b'[', inner @ .., b']'] => is_name(inner),
            _ => is_name(host),
        };
        is_host && port.strip_prefix(b":").unwrap_or(port).iter().all(u8::is_ascii_digit)
    }
}

/// Whether a host has visible characters only, no `/`, no two dots side by side, and a name before its port.
fn is_visible(host: &[u8]) -> bool {
    VISIBLE.holds_all(host) && !holds_two_dots(host) && !matches!(host, [] | [b':', ..] | [b'.'] | [b'.', b':', ..])
}

/// Whether two dots stand side by side.
fn holds_two_dots(host: &[u8]) -> bool {
    host.windows(2).any(|pair| pair == b"..")
}

/// Whether `target` is a host and a port, as CONNECT has it.
pub fn is_host_with_port(target: &[u8]) -> bool {
    let (host, port) = split_port(target);
    port.len() > 1 && !host.is_empty() && HostSyntax::Characters.accepts(host)
}

/// A host without its port, if there is one, and without a dot at its end.
pub fn host_name(host: &[u8]) -> &[u8] {
    let end = match (host.first(), memchr::memchr(b']', host)) {
        (Some(b'['), Some(bracket)) => bracket + 1,
        (Some(b'['), None) => host.len(),
        _ => memchr::memchr(b':', host).unwrap_or(host.len()),
    };
    let name = &host[..end];
    name.strip_suffix(b".").unwrap_or(name)
}

/// The host without its port, and the port with its colon, or nothing.
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
        .and_then(|text| text.parse::<u16>().ok())
        .is_some_and(|port| port > 0)
}

/// Pairs of what must not follow each other are looked at, groups are not counted.
fn is_ipv6(address: &[u8]) -> bool {
    std::str::from_utf8(address).is_ok_and(|text| text.parse::<core::net::Ipv6Addr>().is_ok())
}

fn is_name(name: &[u8]) -> bool {
    if name.is_empty() || !NAME.holds_all(name) {
        return false;
    }
    if holds_two_dots(name) {
        return false;
    }
    // A dot at the end is the DNS's root, and says nothing.
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
    }

    #[test]
    fn authorities() {
        for (authority, name) in [
            ("a", true),
            ("a:", true),
            ("a:0", true),
            ("a:99999", true),
            ("a:x", false),
            ("u@a", false),
            ("[::1]:8", true),
            ("[::1", false),
            ("a..b", false),
        ] {
            assert_eq!(
                HostSyntax::Name.accepts_authority(authority.as_bytes()),
                name,
                "{authority}"
            );
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
