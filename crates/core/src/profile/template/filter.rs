//! Filters: transformations of a value before it is written, by name.
//!
//! This module works on bytes. It does not know where a value comes from. The meanings are the table of filters in
//! `profiles/reference.md`.

use crate::digest::Digest;
use crate::http1::host::split_port;
use crate::http1::{percent, text};
use unicode_normalization::UnicodeNormalization as _;

macro_rules! filters {
    ($($variant:ident = $name:literal, $meaning:literal;)*) => {
        /// A transformation of a value before it is written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Filter { $(#[doc = $meaning] $variant,)* }

        impl Filter {
            /// Every filter, with its name and its meaning.
            pub const ALL: &'static [(Filter, &'static str, &'static str)] = &[$((Filter::$variant, $name, $meaning),)*];
        }
    };
}

filters! {
    Hex = "x", "a number in lower-case hexadecimal, with `-` before a negative one";
    Hex64 = "x64", "the same, but a negative number is its 64 bits in two's complement";
    HexBytes = "bytes", "the eight bytes of a number, lowest first, each in hexadecimal without leading zeros";
    Base36 = "base36", "a number of 64 bits in base 36 with lower-case letters, with `-` before a negative one";
    Pad20 = "pad20", "a number, padded with zeros to 20 decimal digits";
    Pad16Hex = "x16", "a number, padded with zeros to 16 hexadecimal digits";
    Upper = "upper", "in upper case";
    Html = "html", "& < > \" ' escaped as &amp; &lt; &gt; &quot; &#39;";
    HtmlNumbers = "html-numbers", "& < > \" ' escaped as &amp; &lt; &gt; &#34; &#39;";
    HtmlQuot = "html-quot", "& < > \" escaped as &amp; &lt; &gt; &quot;";
    HtmlText = "html-text", "& < > escaped as &amp; &lt; &gt;";
    Encode = "encode", "percent-encoded where RFC 3986 requires it; existing escapes are kept";
    EncodeMost = "encode-most", "the same, but \\ ^ and | are kept, too";
    UriEncode = "uri-encode", "percent-encoded where RFC 3986 requires it in a path; the `%` of existing escapes is encoded, too";
    Path = "path-encode", "percent-encoded, except for !$&'()*+,-./:;=@_~, letters and digits";
    Percent = "percent", "percent-encoded, except for letters, digits and !#$&+-.^_`|~";
    PercentPlain = "percent-plain", "percent-encoded, except for letters, digits and -._~/";
    Quoted = "literal", "as a quoted literal with escapes, in Latin-1";
    Latin1 = "latin1", "decoded as Latin-1, encoded in UTF-8";
    TokenOrQuoted = "token-or-quoted", "unchanged if it is a token; otherwise in double quotes, with \\ before \\ and \"";
    QuoteEscape = "quote-escape", "with \\ before \\ and \"";
    IfAscii = "if-ascii", "no value unless all characters are ASCII";
    IfBeyondAscii = "if-beyond-ascii", "no value if all characters are ASCII";
    DropBeyondAscii = "drop-beyond-ascii", "without characters outside ASCII";
    Lower = "lower", "in lower case";
    Reversed = "reversed", "for `{connection_fields}`: the lines in reverse order";
    HostPort = "host-port", "the port of a host; 80 if it has none";
    NoPort80 = "no-port-80", "a host without `:80` at its end";
    PlainHost = "plain-host", "a host of letters, digits, `-` and `.`, or an IPv6 address in brackets, with a port from 1 to 65535 or none; empty if it has another form";
    Authority = "authority", "a host as in a URI: in lower case, without a final dot, without the port 80";
    PathLower = "path-encode-lower", "percent-encoded with lower-case digits, except for letters, digits and $-_.+!*'(),:;@&=/~";
    EncodeBeyondAscii = "encode-beyond-ascii", "with characters outside ASCII percent-encoded, with lower-case digits";
    OneLine = "one-line", "with a space for each CR and LF";
    NoEndSlash = "no-end-slash", "without one slash at its end";
    Decompose = "decompose", "with every character decomposed (Unicode NFKD): a letter, followed by its accents";
    MergeSlashes = "merge-slashes", "with two or more slashes at the beginning merged into one";
    First128 = "first128", "the first 128 bytes";
    Md5 = "md5", "the MD5 digest, in lower-case hexadecimal";
    Sha1 = "sha1", "the SHA-1 digest, in lower-case hexadecimal";
    Sha256 = "sha256", "the SHA-256 digest, in lower-case hexadecimal";
    Sha512 = "sha512", "the SHA-512 digest, in lower-case hexadecimal";
}

/// Writes a number in the format of its first filter, or in decimal.
pub(super) fn write_number(filter: Option<Filter>, n: i128, out: &mut Vec<u8>) {
    // No number of a file or a connection is beyond 64 bits. The cast gives the two's complement of a negative one.
    let bits = n as u64;
    let mut magnitude = || {
        if n < 0 {
            out.push(b'-');
        }
        n.unsigned_abs() as u64
    };
    match filter {
        Some(Filter::Hex) => text::hexadecimal(magnitude(), out),
        Some(Filter::Hex64) => text::hexadecimal(bits, out),
        Some(Filter::HexBytes) => text::hexadecimal_bytes(bits, out),
        // Nanoseconds since 1970 exceed 64 bits with a sign in 2262.
        Some(Filter::Base36) => {
            if (n as i64) < 0 {
                out.push(b'-');
            }
            text::base36((n as i64).unsigned_abs(), out);
        }
        Some(Filter::Pad20) => out.extend_from_slice(format!("{n:020}").as_bytes()),
        Some(Filter::Pad16Hex) => out.extend_from_slice(format!("{bits:016x}").as_bytes()),
        _ => text::decimal(magnitude(), out),
    }
}

impl Filter {
    /// Whether it is a format for numbers.
    pub(super) fn is_for_numbers(self) -> bool {
        matches!(
            self,
            Self::Hex | Self::Hex64 | Self::HexBytes | Self::Base36 | Self::Pad20 | Self::Pad16Hex
        )
    }

    /// The algorithm, if the filter writes a digest. The value cannot be recovered from one.
    pub(super) fn digest(self) -> Option<Digest> {
        match self {
            Self::Md5 => Some(Digest::Md5),
            Self::Sha1 => Some(Digest::Sha1),
            Self::Sha256 => Some(Digest::Sha256),
            Self::Sha512 => Some(Digest::Sha512),
            _ => None,
        }
    }

    /// Writes `value` transformed. Returns false if no value is left.
    pub(super) fn apply(self, value: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Self::Hex | Self::Hex64 | Self::HexBytes | Self::Base36 | Self::Pad20 | Self::Pad16Hex => {
                out.extend_from_slice(value);
            }
            Self::Upper => out.extend(value.to_ascii_uppercase()),
            Self::Html => {
                text::escape(
                    value,
                    &[
                        (b'&', "&amp;"),
                        (b'<', "&lt;"),
                        (b'>', "&gt;"),
                        (b'"', "&quot;"),
                        (b'\'', "&#39;"),
                    ],
                    out,
                );
            }
            Self::HtmlNumbers => text::escape(
                value,
                &[
                    (b'&', "&amp;"),
                    (b'<', "&lt;"),
                    (b'>', "&gt;"),
                    (b'"', "&#34;"),
                    (b'\'', "&#39;"),
                ],
                out,
            ),
            Self::HtmlQuot => text::escape(
                value,
                &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'"', "&quot;")],
                out,
            ),
            Self::HtmlText => text::escape(value, &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;")], out),
            Self::Encode => percent::encode_rest(value, b"-._~!*'();:@&=+$,/?#[]", out),
            Self::EncodeMost => percent::encode_rest(value, b"-._~!*'();:@&=+$,/?#[]\\^|", out),
            Self::UriEncode => percent::encode(value, b"-._~!*'();:@&=+$,/[]", out),
            Self::Path => percent::encode(value, b"-._~!*'();:@&=+$,/", out),
            Self::Percent => percent::encode(value, b"!#$&+-.^_`|~", out),
            Self::PercentPlain => percent::encode(value, b"-._~/", out),
            Self::Quoted => text::quoted_literal(value, out),
            Self::Latin1 => text::latin1_to_utf8(value, out),
            Self::TokenOrQuoted if !value.is_empty() && value.iter().all(|b| crate::http1::field::is_token(*b)) => {
                out.extend_from_slice(value);
            }
            Self::TokenOrQuoted => {
                out.push(b'"');
                text::escape(value, &[(b'\\', "\\\\"), (b'"', "\\\"")], out);
                out.push(b'"');
            }
            Self::QuoteEscape => text::escape(value, &[(b'\\', "\\\\"), (b'"', "\\\"")], out),
            Self::IfAscii | Self::IfBeyondAscii if value.is_ascii() != (self == Self::IfAscii) => {
                return false;
            }
            Self::IfAscii | Self::IfBeyondAscii => out.extend_from_slice(value),
            Self::Decompose => {
                let apart = String::from_utf8_lossy(value).nfkd().collect::<String>();
                out.extend_from_slice(apart.as_bytes());
            }
            Self::DropBeyondAscii => out.extend(value.iter().filter(|b| b.is_ascii())),
            Self::Lower => out.extend(value.to_ascii_lowercase()),
            // `Response::render_head` reverses the lines.
            Self::Reversed => out.extend_from_slice(value),
            Self::HostPort => match split_port(value).1 {
                [] | [b':'] => out.extend_from_slice(b"80"),
                port => out.extend_from_slice(&port[1..]),
            },
            Self::NoPort80 => out.extend_from_slice(value.strip_suffix(b":80").unwrap_or(value)),
            Self::PlainHost if is_plain_host(value) => out.extend_from_slice(value),
            Self::PlainHost => {}
            Self::Authority => {
                let (host, port) = split_port(value);
                out.extend(host.strip_suffix(b".").unwrap_or(host).to_ascii_lowercase());
                let digits = port.get(1..).unwrap_or_default();
                let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
                // A zero alone stays.
                let number = &digits[zeros.min(digits.len().saturating_sub(1))..];
                if !number.is_empty() && number != b"80" {
                    out.push(b':');
                    out.extend_from_slice(number);
                }
            }
            Self::PathLower => percent::encode_lower(value, b"$-_.+!*'(),:;@&=/~", out),
            Self::EncodeBeyondAscii => percent::encode_beyond_ascii(value, out),
            Self::OneLine => out.extend(value.iter().map(|byte| match byte {
                b'\r' | b'\n' => b' ',
                byte => *byte,
            })),
            Self::NoEndSlash => out.extend_from_slice(value.strip_suffix(b"/").unwrap_or(value)),
            Self::MergeSlashes => {
                let slashes = value.iter().take_while(|b| **b == b'/').count();
                out.extend_from_slice(&value[slashes.saturating_sub(1)..]);
            }
            Self::First128 => out.extend_from_slice(&value[..value.len().min(128)]),
            Self::Md5 => Digest::Md5.write(value, out),
            Self::Sha1 => Digest::Sha1.write(value, out),
            Self::Sha256 => Digest::Sha256.write(value, out),
            Self::Sha512 => Digest::Sha512.write(value, out),
        }
        true
    }
}

fn is_plain_host(value: &[u8]) -> bool {
    let (host, port) = split_port(value);
    let is_port = |digits: &[u8]| {
        let number = std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse::<u16>().ok());
        !digits.starts_with(b"0") && number.is_some()
    };
    let is_host = match host.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
        Some(address) => {
            let is_part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
            address.contains(&b':') && address.iter().all(is_part)
        }
        None => host
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')),
    };
    is_host && (port.is_empty() || (!host.is_empty() && is_port(&port[1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_hosts() {
        for host in [
            "",
            "a.example",
            "a-",
            "1.2.3",
            "a:80",
            "a:65535",
            "[::1]",
            "[::ffff:1.2.3.4]:8080",
        ] {
            assert!(is_plain_host(host.as_bytes()), "{host}");
        }
        for host in [
            "a_b",
            "u@a",
            "a:",
            "a:080",
            "a:65536",
            "a:x",
            ":80",
            "[::1]x",
            "[v1.x]",
            "[1.2.3.4]",
            "[::1",
        ] {
            assert!(!is_plain_host(host.as_bytes()), "{host}");
        }
    }
}
