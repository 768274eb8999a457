//! `[parser]`: how tolerantly request heads are parsed.

use crate::http1::head::{FramingJudgedBy, Http09, Separators};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[parser]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawParser {
    /// When a bad request line is detected.
    /// Example: `raw GET /\x01`: `byte` 400; `line` nothing.
    pub check_request_line: JudgedBy,
    /// When a bad field line is detected.
    /// Example: `raw GET / HTTP/1.1\r\nHost: a\r\nX\x01: y\r\n`: `line` 400; `next-line` nothing; `next-line-but-colon`
    /// nothing.
    /// Example: `raw GET / HTTP/1.1\r\nHost: a\r\nX y\r\n`: `line` 400; `next-line` nothing; `next-line-but-colon` 400.
    pub check_field_lines: FieldsJudgedBy,
    /// When a fault of Content-Length and Transfer-Encoding is detected.
    /// Example: `with parser.check_request_line = "byte" + raw POST / HTTP/1.1\r\nHost: a\r\nContent-Length:
    /// 1\r\nContent-Length: 1`: `head` nothing; `value` 400; `name` 400.
    /// Example: `with parser.check_request_line = "byte" + raw POST / HTTP/1.1\r\nHost: a\r\nContent-Length:
    /// 1\r\nTransfer-Encoding:`: `head` nothing; `value` nothing; `name` 400.
    pub check_framing: FramingJudgedBy,
    /// What separates the three parts of the request line.
    /// Example: `GET /a.txt\x0bHTTP/1.1`: `spaces` `404 Not Found` alone; `white-space` 200.
    pub request_line_separators: Separators,
    /// What a tab in the request line is.
    /// Example: `GET /a.txt\tHTTP/1.1`: `space` 200; `text` `404 Not Found` alone.
    pub request_line_tab: Tab,
    /// What spaces between a field name and its colon are, if the profile accepts them.
    /// Example: `Range : bytes=0-1`: `removed` 206 of 0-1; `part-of-name` 200.
    pub space_before_colon: NameSpace,
    /// Whether a CR inside a field line ends it as LF does. The rest is then a field line of its own.
    /// Example: `X: a\rRange: bytes=0-1`: `true` 206 of 0-1; `false` 200.
    pub cr_ends_field: bool,
    /// Whether [methods] matches names case-sensitively. Rules that apply to GET or HEAD only (conditions, ranges, no
    /// body for HEAD) always need the exact name.
    /// Example: `post /a.txt HTTP/1.1`: `exact` 501; `ignored` 200.
    pub method_case: MethodCase,
    /// The response to a request line without a version (HTTP/0.9).
    /// Example: `GET /a.txt`: `body` `0123456789` alone; `late-body` `0123456789` alone; `full` 200.
    pub http09: Http09,
    /// The same for a request line without a version that is refused because of another fault.
    /// Example: `with faults.version.missing = "accept" + raw GET /\x01\r\n`: `body` `400 Bad Request` alone; `late-body`
    /// `400 Bad Request` alone; `full` 400.
    pub http09_refused: Http09,
    /// The version that a request for HTTP/2.0 is treated as, if the profile accepts it.
    /// Example: `GET /a.txt HTTP/2.0`: `1.1` 200, open; `1.0` 200, closed.
    pub http2: Http2,
    /// What a faulty request does to requests before it that are still unanswered.
    /// Example: `raw GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /\x01 HTTP/1.1\r\n\r\n`: `answer-earlier` 200 and 400;
    /// `drop-earlier` 400.
    pub pipelined_fault: PipelinedFault,
    /// Other protocols whose requests are read as those of HTTP with the same version, by name.
    pub protocols: BTreeMap<String, RawProtocol>,
}

/// A protocol beside HTTP. Its methods are also listed in [methods].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawProtocol {
    /// Methods of this protocol that are methods of HTTP, too.
    pub shared: Vec<String>,
    /// Methods that are not methods of HTTP.
    pub own: Vec<String>,
}

/// When a bad request line is detected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum JudgedBy {
    /// At its first bad byte.
    Byte,
    /// When the line is complete.
    #[default]
    Line,
}

/// When a bad field line is detected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FieldsJudgedBy {
    /// When the line is complete.
    #[default]
    Line,
    /// When the line after it is complete, because that one might be a continuation (obs-fold). A NUL is detected when the
    /// line is complete.
    NextLine,
    /// As `next-line`, and a NUL too; but a missing colon is detected when the line is complete.
    NextLineButColon,
}

/// What a tab in the request line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Tab {
    /// Whitespace.
    #[default]
    Space,
    /// A character of the part that it occurs in.
    Text,
}

/// What spaces between a field name and its colon are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NameSpace {
    /// They are removed.
    #[default]
    Removed,
    /// They are part of the name, so it is the name of another field.
    PartOfName,
}

/// Whether method names are case-sensitive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MethodCase {
    /// Case-sensitive (RFC 9110 section 9.1).
    #[default]
    Exact,
    /// Not case-sensitive.
    Ignored,
}

/// The version that HTTP/2.0 in a request line is treated as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Http2 {
    /// HTTP/1.1.
    #[default]
    #[serde(rename = "1.1")]
    Http11,
    /// HTTP/1.0.
    #[serde(rename = "1.0")]
    Http10,
}

/// What a faulty request does to requests before it that are still unanswered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PipelinedFault {
    /// They are answered first.
    #[default]
    AnswerEarlier,
    /// They are dropped, and the fault is answered at once. This applies to bytes that arrived with them or before
    /// their responses.
    DropEarlier,
}
