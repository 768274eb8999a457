//! What can be done to a value before it is written: by name, and byte by byte.
//!
//! Knows bytes and how servers spell them. Does not know where a value comes from.

use crate::http1::host::split_port;
use crate::http1::{percent, text};
use unicode_normalization::UnicodeNormalization as _;

macro_rules! filters {
    ($($variant:ident = $name:literal, $meaning:literal;)*) => {
        /// What can be done to a value before it is written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Filter { $(#[doc = $meaning] $variant,)* }

        impl Filter {
            /// Every filter: itself, its name, its meaning.
            pub const ALL: &'static [(Filter, &'static str, &'static str)] = &[$((Filter::$variant, $name, $meaning),)*];
        }
    };
}

filters! {
    Hex = "x", "a number in lower-case hexadecimal";
    HexBytes = "bytes", "a number's eight bytes, lowest first, each in hexadecimal without leading zeros";
    Pad20 = "pad20", "a number with leading zeros, 20 digits in all";
    Pad16Hex = "x16", "a number in hexadecimal with leading zeros, 16 digits in all";
    Upper = "upper", "in upper case";
    Html = "html", "with & < > \" ' as &amp; &lt; &gt; &quot; &#39;";
    HtmlNumbers = "html-numbers", "with & < > \" ' as &amp; &lt; &gt; &#34; &#39;";
    HtmlQuot = "html-quot", "with & < > \" as &amp; &lt; &gt; &quot;";
    HtmlText = "html-text", "with & < > as &amp; &lt; &gt;";
    Encode = "encode", "percent-encoded where RFC 3986 asks for it, leaving escapes that are there";
    UriEncode = "uri-encode", "percent-encoded where RFC 3986 asks for it in a path, and in escapes that are there";
    Path = "path-encode", "percent-encoded but for unreserved characters and `/`";
    Percent = "percent", "percent-encoded but for letters, digits and !#$&+-.^_`|~";
    PercentPlain = "percent-plain", "percent-encoded but for letters, digits and -._~/";
    Quoted = "literal", "as a quoted literal with escapes, in Latin-1";
    Latin1 = "latin1", "read as Latin-1, written in UTF-8";
    TokenOrQuoted = "token-or-quoted", "as it is if it is a token, else in double quotes with \\ before \\ and \"";
    QuoteEscape = "quote-escape", "with \\ before \\ and \"";
    IfAscii = "if-ascii", "no value unless all is ASCII";
    IfBeyondAscii = "if-beyond-ascii", "no value if all is ASCII";
    DropBeyondAscii = "drop-beyond-ascii", "without the characters beyond ASCII";
    Lower = "lower", "in lower case";
    Reversed = "reversed", "of `{connection_fields}`: the last line first";
    HostPort = "host-port", "of a host, its port; 80 if it has none";
    Authority = "authority", "a host as a URI has it: in lower case, without a dot at its end, without the port 80";
    PathLower = "path-encode-lower", "percent-encoded with lower-case digits but for letters, digits and $-_.+!*'(),:;@&=/~";
    Decompose = "decompose", "with every character taken apart (Unicode NFKD): a letter first, then its accents";
    MergeSlashes = "merge-slashes", "with every run of slashes at its beginning as one";
    First128 = "first128", "its first 128 bytes";
}

/// Writes a number as its first filter has it, or in decimal.
pub(super) fn write_number(filter: Option<Filter>, n: u64, out: &mut Vec<u8>) {
    match filter {
        Some(Filter::Hex) => text::hexadecimal(n, out),
        Some(Filter::HexBytes) => text::hexadecimal_bytes(n, out),
        Some(Filter::Pad20) => out.extend_from_slice(format!("{n:020}").as_bytes()),
        Some(Filter::Pad16Hex) => out.extend_from_slice(format!("{n:016x}").as_bytes()),
        _ => text::decimal(n, out),
    }
}

impl Filter {
    /// Whether it says how a number is written.
    pub(super) fn is_for_numbers(self) -> bool {
        matches!(self, Filter::Hex | Filter::HexBytes | Filter::Pad20 | Filter::Pad16Hex)
    }

    /// Writes `value` as it has it; false if there is no value left.
    pub(super) fn apply(self, value: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Filter::Hex | Filter::HexBytes | Filter::Pad20 | Filter::Pad16Hex => out.extend_from_slice(value),
            Filter::Upper => out.extend(value.to_ascii_uppercase()),
            Filter::Html => {
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
            Filter::HtmlNumbers => text::escape(
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
            Filter::HtmlQuot => text::escape(
                value,
                &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'"', "&quot;")],
                out,
            ),
            Filter::HtmlText => text::escape(value, &[(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;")], out),
            Filter::Encode => percent::encode_rest(value, b"-._~!*'();:@&=+$,/?#[]", out),
            Filter::UriEncode => percent::encode(value, b"-._~!*'();:@&=+$,/[]", out),
            Filter::Path => percent::encode(value, b"-._~!*'();:@&=+$,/", out),
            Filter::Percent => percent::encode(value, b"!#$&+-.^_`|~", out),
            Filter::PercentPlain => percent::encode(value, b"-._~/", out),
            Filter::Quoted => text::quoted_literal(value, out),
            Filter::Latin1 => text::latin1_to_utf8(value, out),
            Filter::TokenOrQuoted if !value.is_empty() && value.iter().all(|b| crate::http1::field::is_token(*b)) => {
                out.extend_from_slice(value)
            }
            Filter::TokenOrQuoted => {
                out.push(b'"');
                text::escape(value, &[(b'\\', "\\\\"), (b'"', "\\\"")], out);
                out.push(b'"');
            }
            Filter::QuoteEscape => text::escape(value, &[(b'\\', "\\\\"), (b'"', "\\\"")], out),
            Filter::IfAscii | Filter::IfBeyondAscii if value.is_ascii() != (self == Filter::IfAscii) => {
                return false;
            }
            Filter::IfAscii | Filter::IfBeyondAscii => out.extend_from_slice(value),
            Filter::Decompose => {
                let apart = String::from_utf8_lossy(value).nfkd().collect::<String>();
                out.extend_from_slice(apart.as_bytes());
            }
            Filter::DropBeyondAscii => out.extend(value.iter().filter(|b| b.is_ascii())),
            Filter::Lower => out.extend(value.to_ascii_lowercase()),
            // Lines are turned round where they are written: see `Response::render_head`.
            Filter::Reversed => out.extend_from_slice(value),
            Filter::HostPort => match split_port(value).1 {
                [] | [b':'] => out.extend_from_slice(b"80"),
                port => out.extend_from_slice(&port[1..]),
            },
            Filter::Authority => {
                let (host, port) = split_port(value);
                out.extend(host.strip_suffix(b".").unwrap_or(host).to_ascii_lowercase());
                let number = port.iter().skip(1).skip_while(|digit| **digit == b'0');
                let number: Vec<u8> = number.copied().collect();
                if !number.is_empty() && number != b"80" {
                    out.push(b':');
                    out.extend(number);
                }
            }
            Filter::PathLower => percent::encode_lower(value, b"$-_.+!*'(),:;@&=/~", out),
            Filter::MergeSlashes => {
                let slashes = value.iter().take_while(|b| **b == b'/').count();
                out.extend_from_slice(&value[slashes.saturating_sub(1)..]);
            }
            Filter::First128 => out.extend_from_slice(&value[..value.len().min(128)]),
        }
        true
    }
}
