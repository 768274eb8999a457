//! Field names that decisions depend on, tokens, and lists in field values (RFC 9110 section 5).

use super::bytes::ByteSet;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($variant:ident = $text:literal;)*) => {
        /// A request field that some decision depends on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are those of RFC 9110")]
        pub enum Name { $($variant,)* }

        impl Name {
            /// The number of names.
            pub const COUNT: usize = [$($text,)*].len();

            /// The name that `text` spells, in any case; `None` for a field that no decision depends on.
            pub fn of(text: &[u8]) -> Option<Name> {
                // Comparing the length first rules out most fields of a browser's request.
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
    /// Whether the field controls the connection or the length of the message.
    pub fn is_framing(self) -> bool {
        matches!(
            self,
            Self::Connection | Self::ContentLength | Self::TransferEncoding | Self::Upgrade | Self::ProxyConnection
        )
    }
}

/// How a server searches the `Connection` field for an option such as `close`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TokenSearch {
    /// As one member of a comma-separated list, in any case (RFC 9110 section 5.6.1).
    #[default]
    List,
    /// As `list`, but only spaces may follow the option, and the lines of a folded value are lists of their own.
    Lines,
    /// As a run of token characters, in any case. A prefix of the option is enough: `clo` counts as `close`.
    Stems,
    /// As one of the words between commas, spaces and tabs, in any case: `x close` contains `close`.
    Words,
    /// Anywhere in the value, in any case.
    Substring,
    /// As the whole value, in any case.
    Whole,
    /// As the whole value including trailing white space, in any case.
    Verbatim,
}

impl TokenSearch {
    /// Whether the value is searched with its trailing white space.
    pub fn needs_trailing_space(self) -> bool {
        matches!(self, Self::Lines | Self::Verbatim)
    }

    /// Whether `value` contains `word`, which must be in lower case.
    pub fn finds(self, value: &[u8], word: &[u8]) -> bool {
        match self {
            Self::List => value
                .split(|b| *b == b',')
                .any(|member| member.trim_ascii().eq_ignore_ascii_case(word)),
            Self::Lines => value.split(|b| matches!(b, b',' | b'\n')).any(|member| {
                let start = member
                    .iter()
                    .position(|b| !matches!(b, b' ' | b'\t'))
                    .unwrap_or(member.len());
                let member = member[start..].strip_suffix(b"\r").unwrap_or(&member[start..]);
                let end = member.iter().rposition(|b| *b != b' ').map_or(0, |at| at + 1);
                member[..end].eq_ignore_ascii_case(word)
            }),
            Self::Stems => value
                .split(|b| !is_token(*b))
                .any(|run| !run.is_empty() && word.len() >= run.len() && word[..run.len()].eq_ignore_ascii_case(run)),
            Self::Words => value
                .split(|b| matches!(b, b',' | b' ' | b'\t' | b'\r' | b'\n'))
                .any(|run| run.eq_ignore_ascii_case(word)),
            Self::Substring => value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)),
            Self::Whole | Self::Verbatim => value.eq_ignore_ascii_case(word),
        }
    }
}

/// Writes a value with obs-fold replaced: each line end and the white space around it becomes one space (RFC 9112
/// section 5.2).
pub fn unfold(value: &[u8], out: &mut Vec<u8>) {
    let mut lines = value.split(|b| *b == b'\n');
    out.extend_from_slice(lines.next().unwrap_or_default().trim_ascii_end());
    for line in lines.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        out.push(b' ');
        out.extend_from_slice(line);
    }
}

/// The characters of a token (RFC 9110 section 5.6.2).
static TOKEN: ByteSet = ByteSet::alphanumeric_and(b"!#$%&'*+-.^_`|~");

/// Whether `byte` is a token character (RFC 9110 section 5.6.2).
pub fn is_token(byte: u8) -> bool {
    TOKEN.contains(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case() {
        assert_eq!(Name::of(b"IF-none-MATCH"), Some(Name::IfNoneMatch));
        assert_eq!(Name::of(b"Host "), None);
        assert_eq!(Name::of(b""), None);
    }

    #[test]
    fn each_search_finds_an_option_by_its_own_rule() {
        let cases: [(&[u8], [bool; 5]); 9] = [
            (b"close", [true, true, true, true, true]),
            (b"Close", [true, true, true, true, true]),
            (b"foo, close", [true, true, true, false, true]),
            (b"closed", [false, false, true, false, false]),
            (b"", [false, false, false, false, false]),
            (b"clos", [false, true, false, false, false]),
            (b"\"close\"", [false, true, true, false, false]),
            (b"a;close", [false, true, true, false, false]),
            (b"x close", [false, true, true, false, true]),
        ];
        for (value, want) in cases {
            let searches = [
                TokenSearch::List,
                TokenSearch::Stems,
                TokenSearch::Substring,
                TokenSearch::Whole,
                TokenSearch::Words,
            ];
            let got = searches.map(|s| s.finds(value, b"close"));
            assert_eq!(got, want, "{}", String::from_utf8_lossy(value));
        }
    }
}
