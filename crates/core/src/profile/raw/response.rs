//! `[response.NAME]`: the responses of a server.

use super::{CloseStyle, ReadBody};
use crate::http1::Version;
use crate::profile::template::Template;
use crate::profile::units::Word;
use serde::{Deserialize, Serialize};

/// `[response.NAME]`. `[response."NAME METHOD"]` replaces it for that method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawResponse {
    /// The response that supplies every key not set here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<Word>,
    /// The status code, 200 to 599. Without it: the name if that is a number, otherwise the status of the response in
    /// `like`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(example = 404))]
    pub status: Option<u16>,
    /// The version in the status line. Without it: the profile's `http_version`.
    /// Example: `GET /no HTTP/1.0`: `1.1` `HTTP/1.1 404 Not Found`; `1.0` `HTTP/1.0 404 Not Found`; `as-asked` `HTTP/1.0
    /// 404 Not Found`.
    /// Example: `GET /no HTTP/1.1`: `1.1` `HTTP/1.1 404 Not Found`; `1.0` `HTTP/1.0 404 Not Found`; `as-asked` `HTTP/1.1
    /// 404 Not Found`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_version: Option<StatusVersion>,
    /// The reason phrase. Without it: the registered phrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(example = "Not Found"))]
    pub reason: Option<Template>,
    /// The field lines, one per line. A line is left out if a placeholder in it has no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        test,
        schemars(
            with = "Option<Template>",
            example = "Date: {date}\nContent-Length: {content_length}"
        )
    )]
    pub head: Option<String>,
    /// Field lines of its own, which stand where a `head` that several responses share has the line `{fields}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<Template>", example = "Location: {path:encode}/"))]
    pub fields: Option<String>,
    /// The body, as a page. Its line terminators are sent as written here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(example = "<h1>{status} {reason}</h1>"))]
    pub body: Option<Template>,
    /// Whether the line terminators of the body are sent as CR LF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crlf: Option<bool>,
    /// How many requests this response counts for in [connection] max_requests. Without it: one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_count: Option<u64>,
    /// The text of `{title}` in the body, where several responses share a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(example = "{status} {reason}"))]
    pub title: Option<Template>,
    /// The text of `{text}` in the body, where several responses share a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(example = "No {path:html} here."))]
    pub text: Option<Template>,
    /// Whether the body is the file itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<bool>,
    /// Whether the body is sent in chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunked: Option<bool>,
    /// With `chunked`: only if the connection persists. Otherwise the close of the connection ends the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunked_if_kept: Option<bool>,
    /// The value of `{content_length}` in a response to HEAD.
    /// Example: `with response.404.head = "Content-Length: {content_length}" + with response.404.body = "ten bytes." +
    /// HEAD /no HTTP/1.1`: `same` 404 with `Content-Length: 10`; `nonzero` 404 with `Content-Length: 10`; `off` 404.
    /// Example: `with response.404.head = "Content-Length: {content_length}" + with response.404.body = "" + HEAD /no
    /// HTTP/1.1`: `same` 404 with `Content-Length: 0`; `nonzero` 404; `off` 404.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_for_head: Option<LengthForHead>,
    /// Whether the head is left out, so that only the body is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_head: Option<bool>,
    /// Whether the body is sent even in response to HEAD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_for_head: Option<bool>,
    /// How the head is split into writes. Without it: as in [writes].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_head: Option<Vec<usize>>,
    /// Whether the connection is closed after this response. Without it, the request and the profile decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close: Option<bool>,
    /// The lines of `{connection_fields}`. Without it, they match what happens to the connection.
    /// Example: `with response.404.head = "{connection_fields}" + with connection.fields.keep = ["Connection: keep-alive"] +
    /// GET /no HTTP/1.1`: `keep` 404 with `Connection: keep-alive`; `close` 404 with `Connection: close`; `off` 404;
    /// `as-if-kept` 404.
    /// Example: `with response.404.head = "{connection_fields}" + with connection.fields.keep = ["Connection: keep-alive"] +
    /// GET /no HTTP/1.1 + Connection: close`: `keep` 404 with `Connection: keep-alive`; `close` 404 with `Connection:
    /// close`; `off` 404; `as-if-kept` 404 with `Connection: close`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_fields: Option<ConnectionFields>,
    /// The response that replaces this one for a request with a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_body: Option<Word>,
    /// The response to a request that would get this one, but whose body has malformed chunks or is cut short by the
    /// client's FIN. Without it: that of the fault, or [client_fin] in_body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_broken_body: Option<Word>,
    /// The same for a body with malformed trailers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_broken_trailers: Option<Word>,
    /// The same for a body with a chunk that is too large, or too long a line before a chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_large_chunk: Option<Word>,
    /// When the request's body is read. Without it: as in [request_body] read.
    /// Example: `POST /no HTTP/1.1 + Content-Length: 1`: `first` nothing, open; `first-if-kept` nothing, open; `after`
    /// 404, open; `off` 404, closed.
    /// Example: `POST /no HTTP/1.1 + Content-Length: 1 + body a`: `first` 404, open; `first-if-kept` 404, open; `after`
    /// 404, open; `off` 404, closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_body: Option<ReadBody>,
    /// `false`: a client that waits for `100 Continue` gets this response instead, and the connection is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_continue: Option<bool>,
    /// How the connection is closed, if this response closes it. Without it: as in [close].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_with: Option<CloseStyle>,
}

/// The version in the status line of a response. Interim responses always have 1.1: they are sent to HTTP/1.1 clients only
/// (RFC 9110 section 15.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum StatusVersion {
    /// `HTTP/1.1`, the highest version that the server conforms to (RFC 9110 section 6.2).
    #[default]
    #[serde(rename = "1.1")]
    Http11,
    /// `HTTP/1.0`.
    #[serde(rename = "1.0")]
    Http10,
    /// `HTTP/1.0` to a request that is treated as HTTP/1.0 or older, otherwise `HTTP/1.1`.
    #[serde(rename = "as-asked")]
    AsAsked,
}

impl StatusVersion {
    /// The bytes of the status line if they do not depend on the request.
    pub(in crate::profile) fn fixed(self) -> Option<&'static [u8]> {
        match self {
            Self::Http11 => Some(b"HTTP/1.1"),
            Self::Http10 => Some(b"HTTP/1.0"),
            Self::AsAsked => None,
        }
    }

    /// The bytes of [`StatusVersion::AsAsked`] for a request of this version; `None` without a request.
    pub(in crate::profile) fn as_asked(asked: Option<Version>) -> &'static [u8] {
        match asked {
            Some(Version::Http09 | Version::Http10) => b"HTTP/1.0",
            Some(Version::Http11) | None => b"HTTP/1.1",
        }
    }
}

/// Which lines `{connection_fields}` stands for in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionFields {
    /// Those of [connection.fields] keep.
    Keep,
    /// Those of [connection.fields] close.
    Close,
    /// None.
    Off,
    /// Those that the response would have if it did not close the connection.
    AsIfKept,
}

/// The value of `{content_length}` in a response to HEAD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LengthForHead {
    /// The same as in a response to GET.
    #[default]
    Same,
    /// The same, but no value if it is zero.
    Nonzero,
    /// No value.
    Off,
}
