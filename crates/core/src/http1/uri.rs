//! Whether a request target is a valid URI, or the path of one (RFC 3986). Only the escapes of a path are checked.

use super::bytes::ByteSet;
use super::head::is_scheme;
use super::host::is_ipv6;
use super::percent;

/// The characters of a host outside brackets: those of RFC 3986, quotes, angle brackets and `]`, and bytes above 0x7f.
static HOST: ByteSet = ByteSet::alphanumeric_and(b"-_.~!$&'()*+,;=]<>\"%").and_beyond_ascii();

/// The characters of a user and a password.
static USER: ByteSet = ByteSet::alphanumeric_and(b"-._:~!$&'()*+,;=%@");

/// Whether the escapes of the path and the authority of `target` are well-formed. `is_authority`: the target begins
/// with an authority unless it begins with a slash, as for CONNECT.
pub(super) fn is_valid(target: &[u8], is_authority: bool) -> bool {
    let end = memchr::memchr(b'?', target).unwrap_or(target.len());
    let target = &target[..end];
    if is_authority && !target.starts_with(b"/") {
        return is_valid_from_authority(target);
    }
    if matches!(target, b"*" | [b'/', ..]) {
        return has_good_escapes(target);
    }
    let Some(colon) = memchr::memchr(b':', target).filter(|colon| is_scheme(&target[..*colon])) else {
        return false;
    };
    match &target[colon + 1..] {
        [b'/', b'/', rest @ ..] => is_valid_from_authority(rest),
        path @ [b'/', ..] => has_good_escapes(path),
        // Without a slash after the scheme, the rest is opaque.
        _ => true,
    }
}

fn is_valid_from_authority(rest: &[u8]) -> bool {
    let (authority, path) = rest.split_at(memchr::memchr(b'/', rest).unwrap_or(rest.len()));
    is_authority(authority) && has_good_escapes(path)
}

fn is_authority(authority: &[u8]) -> bool {
    let (user, host) = match memchr::memrchr(b'@', authority) {
        Some(at) => (&authority[..at], &authority[at + 1..]),
        None => (&authority[..0], authority),
    };
    USER.holds_all(user) && has_good_escapes(user) && is_host_and_port(host)
}

fn is_host_and_port(text: &[u8]) -> bool {
    if let [b'[', inner @ ..] = text {
        let Some(end) = memchr::memrchr(b']', inner) else {
            return false;
        };
        let address = &inner[..end];
        let zone = memchr::memmem::find(address, b"%25").unwrap_or(address.len());
        let has_empty_zone = zone + "%25".len() == address.len();
        return is_optional_port(&inner[end + 1..]) && is_ipv6(&address[..zone]) && !has_empty_zone;
    }
    let name_end = memchr::memrchr(b':', text).unwrap_or(text.len());
    is_optional_port(&text[name_end..]) && HOST.holds_all(&text[..name_end]) && has_good_host_escapes(text)
}

/// Whether the text is empty, or a colon and any number of digits.
fn is_optional_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn has_good_escapes(text: &[u8]) -> bool {
    percent::first_bad(text).is_none()
}

/// Whether the escapes of a host stand for bytes above 0x7f or for `%` (RFC 3986 section 3.2.2, RFC 6874 section 2).
fn has_good_host_escapes(text: &[u8]) -> bool {
    has_good_escapes(text)
        && memchr::memchr_iter(b'%', text).all(|at| {
            let high = text.get(at + 1).copied().unwrap_or_default();
            matches!(high, b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F') || text[at..].starts_with(b"%25")
        })
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    /// What net/http of Go 1.25 accepts.
    #[test]
    fn targets() {
        for (target, want) in [
            ("/", true),
            ("/a%20b", true),
            ("/100%", false),
            ("/a?b%zz", true),
            ("*", true),
            ("http://a.example:65536/x", true),
            ("http://a:x/", false),
            ("http://a:/", true),
            ("http:///x", true),
            ("http://[::1]:8/", true),
            ("http://[::1/", false),
            ("http://[1.2.3.4]/", false),
            ("http://[::G]/", false),
            ("http://[fe80::1%25lo]/", true),
            ("http://a]/", true),
            ("http://a[b]/", false),
            ("http://a:80:80/", false),
            ("static", false),
            ("?x", false),
            ("1f:x", false),
            ("f1+-.:x", true),
            ("http://a#b", false),
            ("http://a\\b/", false),
            ("http://u:p@a/", true),
            ("http://u{@a/", false),
            ("http://a%41/", false),
            ("http://a%c3/", true),
            ("http://a%25/", true),
            ("foo:%zz", true),
            ("foo:/%zz", false),
        ] {
            assert_eq!(is_valid(target.as_bytes(), false), want, "{target}");
        }
        assert!(is_valid(b"a:80", true));
        assert!(!is_valid(b"a:b", true));
        assert!(is_valid(b"/a:b", true));
    }
}
