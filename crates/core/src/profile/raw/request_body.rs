//! `[request_body]`: how request bodies are delimited and read, and when `100 Continue` is sent.

use crate::http1::chunked::{ChunkPolicy, ExtensionText, LineEnds, RefusedTrailers, SizeSpace, Trailers};
use crate::http1::request::{Delimiter, Expect, LengthSyntax};
use crate::profile::units::{Count, Size, SizeLimit, Word};
use serde::{Deserialize, Serialize};

/// `[request_body]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawRequestBody {
    /// What delimits a body if the request has both Content-Length and Transfer-Encoding.
    /// Example: `POST /a.txt HTTP/1.1 + Transfer-Encoding: chunked + body 0\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\n\r\n`:
    /// `coding` 200 and 404;
    /// `length` 200 and 404; `length-only` 200 and 400; `off` 200 and 400.
    /// Example: `POST /a.txt HTTP/1.1 + Content-Length: 1 + body 0GET /no HTTP/1.1\r\nHost: a\r\n\r\n`:
    /// `coding` 200 and 404;
    /// `length` 200 and 404; `length-only` 200 and 404; `off` 200 and 501.
    pub delimiter: Delimiter,
    /// Whether only spaces, not tabs, may stand between a comma and the coding after it in Transfer-Encoding.
    pub coding_after_spaces: bool,
    /// Whether the connection is closed after a request that has both Content-Length and Transfer-Encoding.
    pub close_after_both: bool,
    /// The syntax of Content-Length.
    pub length_syntax: LengthSyntax,
    /// The largest Content-Length that counts as a number.
    pub largest_length: Size,
    /// The largest Content-Length of a body that is read. A longer body is left unread, as if there were none.
    pub largest_read: SizeLimit,
    /// The response to a body longer than [limits] body.
    pub too_large: Option<Word>,
    /// When the body is read, relative to the response.
    /// Example: `POST /a.txt HTTP/1.1 + Content-Length: 1 + body 0GET /no HTTP/1.1\r\nHost: a\r\n\r\n`:
    /// `first` 200 and 404;
    /// `after` 200 and 404; `off` 200.
    pub read: ReadBody,
    /// With `read = "after"`: whether the part of the body that has arrived when the response is due is checked first.
    /// If it is broken, a response about a file is replaced by that of the fault `chunk`, and any other response closes
    /// the connection. If the body turns out to be broken later, the connection is closed without a response.
    pub check_arrived: bool,
    /// With `read = "after"`: whether the body is also read after a response that closes the connection, before the
    /// close.
    pub read_before_close: bool,
    /// What the Expect field does.
    pub expect: RawExpect,
    /// What a chunked body must look like.
    pub chunks: RawChunks,
}

impl Default for RawRequestBody {
    fn default() -> Self {
        Self {
            delimiter: Delimiter::default(),
            coding_after_spaces: false,
            close_after_both: false,
            length_syntax: LengthSyntax::default(),
            largest_length: Size(i64::MAX.unsigned_abs()),
            largest_read: SizeLimit(None),
            too_large: None,
            read: ReadBody::default(),
            check_arrived: false,
            read_before_close: false,
            expect: RawExpect::default(),
            chunks: RawChunks::default(),
        }
    }
}

/// `[request_body.expect]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ExpectRules"))]
#[serde(default, deny_unknown_fields)]
pub struct RawExpect {
    /// Which Expect field asks for `100 Continue`.
    #[serde(rename = "match")]
    pub matches: Expect,
    /// Whether any other Expect field is a fault even in an HTTP/1.0 request.
    pub http10: bool,
    /// Whether the Expect field of a CONNECT request counts.
    pub connect: bool,
    /// Whether versions are compared as text to decide which client may get `100 Continue`: `HTTP/01.1` and `HTTP/1.01`
    /// are older than HTTP/1.1 then.
    pub version_as_text: bool,
    /// When `100 Continue` is sent to a client that asks for it.
    pub send_continue: Continue,
    /// How many times it is sent. Without it: once.
    pub times: Option<u8>,
    /// How many times it is sent to a client older than HTTP/1.1. Without it: never.
    pub times_http10: Option<u8>,
    /// How many times it is sent to an HTTP/1.1 client whose field has white space after the value. Without it: as
    /// without white space.
    pub times_padded: Option<u8>,
    /// Whether it is sent to a client that asks for it but has no body to send.
    pub without_body: bool,
    /// Whether the connection is closed after a request that asked for it and had no body to get it for.
    /// The response is not sent in chunks then.
    pub close_unsent: bool,
}

impl Default for RawExpect {
    fn default() -> Self {
        Self {
            matches: Expect::default(),
            http10: true,
            connect: true,
            version_as_text: false,
            send_continue: Continue::default(),
            times: None,
            times_http10: None,
            times_padded: None,
            without_body: false,
            close_unsent: false,
        }
    }
}

/// `[request_body.chunks]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawChunks {
    /// The largest chunk size. A larger one is the fault `chunk.too_large`.
    pub max_size: Size,
    /// The largest chunk size that any byte may follow on its line.
    pub max_size_followed: SizeLimit,
    /// What ends a line.
    pub line_ends: LineEnds,
    /// What white space after a chunk size means.
    pub size_space: SizeSpace,
    /// The most white space after a chunk size, in bytes.
    pub max_spaces: Count,
    /// The syntax of a chunk extension.
    pub extension_syntax: ExtensionText,
    /// The most bytes of the names and values of a chunk's extensions. More are the fault `chunk.extension`.
    pub max_extensions: SizeLimit,
    /// The most bytes of a line with a chunk size, with its line end. A longer one is the fault `chunk.extension`.
    pub max_line: SizeLimit,
    /// Whether a fault is noticed only at the end of its line, or after 8192 bytes of it.
    pub check_complete_lines: bool,
    /// What the trailer section must look like. A fault in a field line is treated as in a head.
    pub trailers: Trailers,
    /// Which trailers about the length of the message are the fault `chunk`.
    pub refused_trailers: RefusedTrailers,
    /// Whether `close` in a trailer named Connection or Proxy-Connection makes the request the last one of its connection.
    /// The response may have said otherwise by then. What follows meets `faults.after_last_request`; if that is accepted,
    /// it is not parsed, and the connection stays open until a timer ends it.
    pub close_in_trailers: bool,
}

impl Default for RawChunks {
    fn default() -> Self {
        let policy = ChunkPolicy::default();
        Self {
            max_size: Size(policy.largest),
            max_size_followed: SizeLimit(None),
            line_ends: policy.line_ends,
            size_space: policy.size_space,
            max_spaces: Count(None),
            extension_syntax: policy.extension,
            max_extensions: SizeLimit::of(policy.extensions),
            max_line: SizeLimit(None),
            check_complete_lines: policy.by_line,
            trailers: policy.trailers,
            refused_trailers: policy.refused,
            close_in_trailers: policy.close_in_trailers,
        }
    }
}

/// When a request body is read, relative to the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReadBody {
    /// Before the response is sent.
    First,
    /// After the response has been sent.
    #[default]
    After,
    /// Never. The connection is closed after the response.
    Off,
}

/// When `100 Continue` is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Continue {
    /// As soon as the head is complete.
    #[default]
    AtOnce,
    /// When the body is about to be read before the response; otherwise not at all.
    WhenRead,
    /// Before a response about a file, even if the file itself is not sent; otherwise not at all.
    WithFile,
    /// Not at all.
    Off,
}
