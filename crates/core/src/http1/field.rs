//! Field names that the server itself reads, and how list-valued fields are read.

use super::bytes::ByteSet;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($variant:ident = $text:literal;)*) => {
        /// A request field that some decision depends on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // the names are those of RFC 9110
        pub enum Name { $($variant,)* }

        impl Name {
            /// How many names there are.
            pub const COUNT: usize = [$($text,)*].len();

            /// The name in `text`, compared without regard to case; `None` for a field nobody here reads.
            pub fn of(text: &[u8]) -> Option<Name> {
                // The length comes first: most fields of a browser's request are ruled out by it alone.
                match text.len() {
                    $(n if n == $text.len() && text.eq_ignore_ascii_case($text.as_bytes()) => Some(Name::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

names! {
    Host = "host";
    Connection = "connection";
    KeepAlive = "keep-alive";
    ContentLength = "content-length";
    TransferEncoding = "transfer-encoding";
    Expect = "expect";
    Range = "range";
    IfRange = "if-range";
    IfMatch = "if-match";
    IfNoneMatch = "if-none-match";
    IfModifiedSince = "if-modified-since";
    IfUnmodifiedSince = "if-unmodified-since";
    CacheControl = "cache-control";
    AcceptEncoding = "accept-encoding";
    Upgrade = "upgrade";
    UserAgent = "user-agent";
    ProxyConnection = "proxy-connection";
}

impl Name {
    /// Whether the connection, or where a message ends, depends on the field.
    pub fn is_framing(self) -> bool {
        matches!(
            self,
            Name::Connection | Name::ContentLength | Name::TransferEncoding | Name::Upgrade | Name::ProxyConnection
        )
    }
}

/// How a server looks for a word in the `Connection` field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenSearch {
    /// As one member of a comma-separated list, without regard to case (RFC 9110 section 5.6.1).
    #[default]
    List,
    /// As a run of token characters, whatever stands around it, without regard to case; the beginning of the word is
    /// enough (`clo` is `close`).
    Stems,
    /// Anywhere in the value, without regard to case.
    Substring,
    /// As the whole value, without regard to case.
    Whole,
    /// As the whole value with the white space behind it, without regard to case.
    Verbatim,
}

impl TokenSearch {
    /// Whether `word` (lower case) is found in `value`.
    pub fn finds(self, value: &[u8], word: &[u8]) -> bool {
        match self {
            TokenSearch::List => value
                .split(|b| *b == b',')
                .any(|member| member.trim_ascii().eq_ignore_ascii_case(word)),
            TokenSearch::Stems => value
                .split(|b| !is_token(*b))
                .any(|run| !run.is_empty() && word.len() >= run.len() && word[..run.len()].eq_ignore_ascii_case(run)),
            TokenSearch::Substring => value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)),
            TokenSearch::Whole | TokenSearch::Verbatim => value.eq_ignore_ascii_case(word),
        }
    }
}

/// Writes a value with each line end in it, and the white space around that, as one space (RFC 9112 section 5.2).
pub fn unfold(value: &[u8], out: &mut Vec<u8>) {
    let mut lines = value.split(|b| *b == b'\n');
    out.extend_from_slice(lines.next().unwrap_or_default().trim_ascii_end());
    for line in lines.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        out.push(b' ');
        out.extend_from_slice(line);
    }
}

/// What a token consists of (RFC 9110 section 5.6.2).
static TOKEN: ByteSet = ByteSet::alphanumeric_and(b"!#$%&'*+-.^_`|~");

/// Whether `byte` may stand in a token.
pub fn is_token(byte: u8) -> bool {
    TOKEN.contains(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_case() {
        assert_eq!(Name::of(b"IF-none-MATCH"), Some(Name::IfNoneMatch));
        assert_eq!(Name::of(b"Host "), None);
        assert_eq!(Name::of(b""), None);
    }

    #[test]
    fn a_token_is_searched_for_in_four_ways() {
        let cases: [(&[u8], [bool; 4]); 8] = [
            (b"close", [true, true, true, true]),
            (b"Close", [true, true, true, true]),
            (b"foo, close", [true, true, true, false]),
            (b"closed", [false, false, true, false]),
            (b"", [false, false, false, false]),
            (b"clos", [false, true, false, false]),
            (b"\"close\"", [false, true, true, false]),
            (b"a;close", [false, true, true, false]),
        ];
        for (value, want) in cases {
            let searches = [
                TokenSearch::List,
                TokenSearch::Stems,
                TokenSearch::Substring,
                TokenSearch::Whole,
            ];
            let got = searches.map(|s| s.finds(value, b"close"));
            assert_eq!(got, want, "{}", String::from_utf8_lossy(value));
        }
    }
}
