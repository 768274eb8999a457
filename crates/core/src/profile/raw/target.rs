//! `[target]`: how a request target becomes a path.

use super::word;
use crate::profile::units::Word;
use serde::{Deserialize, Serialize};

/// `[target]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawTarget {
    /// Whether a response that this table gives to a target takes precedence over the one for the method.
    pub before_method: bool,
    /// An absolute URI: use its `path`, take the whole of it `literally` as the path, or a response.
    /// Example: `http://a/a.txt`: `path` 200; `literally` 404; `403` 403.
    pub absolute: Word,
    /// The response for an absolute URI whose scheme is not in `schemes`. Required if `schemes` is not empty.
    pub other_scheme: Option<Word>,
    /// Accepted schemes of absolute URIs, in lower case, the server's own first. Only with that one does the authority
    /// name the host. `*` matches any other scheme. Empty: any scheme is accepted, but only if `//` follows it.
    pub schemes: Vec<String>,
    /// An absolute URI whose authority does not match [host] syntax: accept it (`literally`), or a response.
    pub bad_authority: Word,
    /// The target `*`, and a target without a path in an OPTIONS request: take it `literally`, or a response.
    pub asterisk: Word,
    /// Which host and port an absolute URI names, in redirects.
    /// Example: `GET http://b:+81/sub HTTP/1.1 + with response.301.head = "Location: http://{host}{path}/"`: `as-sent` 301
    /// with `Location: http://b:+81/sub/`; `numeric-port` 301 with `Location: http://b:81/sub/`.
    pub authority: AuthorityReader,
    /// How a target is taken apart.
    /// Example: `http://A:x/sub/a.txt`: `uri` 200 with `sub/a.txt`; `url-parse` 404.
    pub reader: TargetReader,
    /// The response for a target that `reader` refuses, whatever the method is.
    pub invalid: Word,
    /// A target without a path, such as `?x` or `http://host`: the `root`, or a response, whatever the method is.
    /// Example: `http://a`: `root` 200 with `index.html`; `403` 403.
    pub no_path: Word,
    /// A target that does not begin with a slash, escaped or not, and is not an absolute URI whose path counts: treat
    /// it as a `path`, or a response.
    /// Example: `a.txt`: `path` 200; `403` 403.
    pub no_slash: Word,
    /// A `#` in the target: the target `ends` there, the `#` is taken `literally`, or a response.
    /// Example: `/a.txt#b`: `ends` 200; `literally` 404; `403` 403.
    pub fragment: Word,
    /// The encoding of bytes above 0x7f.
    /// Example: `/\xc3\xa9.txt`: `utf-8` 200 with `é.txt`; `latin-1` 404.
    pub charset: Charset,
    /// A `%` without two hexadecimal digits: take it `literally`, or a response.
    /// Example: `/100%.txt`: `literally` 200 with `100%.txt`; `403` 403.
    pub bad_percent: Word,
    /// `%2f`, and `%5c` where `\` is a slash: treat it as a `slash`, or a response.
    /// Example: `/sub%2fa.txt`: `slash` 200 with `sub/a.txt`; `403` 403.
    pub encoded_slash: Word,
    /// A `\`: take it `literally`, treat it as a `slash`, or a response.
    /// Example: `/a\b.txt`: `literally` 200 with `a\b.txt`; `slash` 404; `403` 403.
    /// Example: `/sub\a.txt`: `literally` 404; `slash` 200 with `sub/a.txt`; `403` 403.
    pub backslash: Word,
    /// A path that is not valid UTF-8 after decoding: look it up (`literally`), look it up with each byte that is not
    /// part of a character percent-encoded again (`escaped`), or a response.
    /// Example: `/%ff`: `literally` 404; `escaped` 404; `403` 403.
    pub bad_utf8: Word,
    /// A percent-encoded LF: take it `literally`, or a response. The response takes precedence over the one for the
    /// method.
    /// Example: `/a%0a`: `literally` 404; `403` 403.
    pub line_feed: Word,
    /// The same for an LF that is the first character of the path after its slash. Without it: `line_feed`.
    pub line_feed_first: Option<Word>,
    /// The response for a NUL byte in the path.
    pub nul: Word,
    /// A path with more `..` than directories: stop at the `root`, or a response.
    /// Example: `/../a.txt`: `root` 200; `403` 403.
    pub above_root: Word,
    /// Whether `.` and `..` are resolved before anything other than `%2e` is decoded and checked, instead of
    /// afterwards.
    pub dots_first: bool,
    /// Whether `..` may leave the root directory if the next segment is the name of the root directory.
    pub back_into_root: bool,
    /// A path that contains `..`: `resolve` it, or a response.
    /// Example: `/sub/../a.txt`: `resolve` 200; `403` 403.
    pub dot_dot: Word,
    /// A percent-encoded control character: take it `literally`, or a response.
    /// Example: `/a%01`: `literally` 404; `403` 403.
    pub control: Word,
    /// A `+` or a percent-encoding that remains after decoding once: take it `literally`, or a response.
    /// Example: `/a%2541`: `literally` 404; `403` 403.
    pub double_encoding: Word,
    /// The response for a path or query over its limit in [limits].
    pub too_long: Word,
    /// The response for a path with too long or too many segments, as [limits] says.
    pub bad_segments: Word,
    /// Which path asks for a directory.
    /// Example: `/sub%2f`: `decoded` 200 with `sub/index.html`; `decoded-text` 200 with `sub/index.html`; `sent` 301.
    /// Example: `/sub/x/..`: `decoded` 200 with `sub/index.html`; `decoded-text` 301; `sent` 301.
    pub end_slash: EndSlash,
    /// Whether two or more slashes at the beginning of a path count as one.
    pub merge_leading_slashes: bool,
    /// Whether `..` cannot lead above the root in a path that begins with two slashes, of which the second may be
    /// percent-encoded. Slashes that are merged count as one.
    pub two_slashes_are_root: bool,
    /// Whether control characters and spaces at the beginning of a target are dropped.
    pub drop_leading_controls: bool,
    /// Whether a redirect names a host beyond ASCII in Punycode (RFC 3490), read as Latin-1. Otherwise it names the server.
    pub punycode: bool,
    /// Whether a URI may have a path that does not begin with a slash, as `foo:a/b`. Needs `schemes`.
    pub rootless: bool,
    /// Whether a URI has no path if no slash follows its scheme, as `foo:a/b`. Needs `schemes`.
    pub opaque: bool,
}

impl Default for RawTarget {
    fn default() -> Self {
        Self {
            before_method: false,
            absolute: word("path"),
            other_scheme: None,
            schemes: Vec::new(),
            bad_authority: word("literally"),
            asterisk: word("literally"),
            authority: AuthorityReader::AsSent,
            reader: TargetReader::Uri,
            invalid: word("400"),
            no_path: word("root"),
            no_slash: word("path"),
            fragment: word("400"),
            charset: Charset::Utf8,
            bad_percent: word("400"),
            encoded_slash: word("slash"),
            backslash: word("literally"),
            bad_utf8: word("404"),
            line_feed: word("literally"),
            line_feed_first: None,
            nul: word("400"),
            above_root: word("root"),
            dots_first: false,
            back_into_root: false,
            dot_dot: word("resolve"),
            control: word("literally"),
            double_encoding: word("literally"),
            too_long: word("414"),
            bad_segments: word("414"),
            end_slash: EndSlash::Decoded,
            merge_leading_slashes: false,
            two_slashes_are_root: false,
            drop_leading_controls: false,
            punycode: false,
            rootless: false,
            opaque: false,
        }
    }
}

/// Which host and port an absolute URI names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AuthorityReader {
    /// Those that were sent. An empty authority counts as none.
    #[default]
    AsSent,
    /// The host without brackets that it does not need, even if it is empty, and the port as a number modulo 65536:
    /// `http://[a]:+80` is `a:80`, `http://a:65536` is `a:0`. The port counts for any scheme: `https://a:81` with
    /// `Host: b` is `b:81`.
    NumericPort,
}

/// How a target is taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TargetReader {
    /// As RFC 3986 says: the authority ends at a slash, question mark or `#`. Each part is used as sent.
    #[default]
    Uri,
    /// As JavaScript's `url.parse` does. A path without white space and `#` is used as sent. Else backslashes become
    /// slashes, and `"'<>^{|}` and the backtick are percent-encoded. Of an absolute URI, scheme and host are written in
    /// lower case, and what cannot be part of the host begins the path: `http://A:/x` is `http://a` and `/x`, `http://a:x/y`
    /// is `http://a` and `/:x/y`, `http://a'b/c` is `http://a/` and `%27b/c`. `http://` and `foo://a` have no path.
    /// Brackets inside a host, a user name with a `%` alone, and a bad `xn--` name are invalid.
    UrlParse,
}

/// Which path asks for a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EndSlash {
    /// A path that ends in a slash after decoding and after resolving dot segments.
    #[default]
    Decoded,
    /// A path that ends in a slash after decoding, whatever its dot segments resolve to.
    DecodedText,
    /// A path that ends in a slash as sent.
    Sent,
}

/// The encoding of the bytes of a path above 0x7f.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Charset {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO 8859-1: each byte is a character.
    #[serde(rename = "latin-1")]
    Latin1,
}
