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
    /// Example: `with faults.content_length.invalid = "accept" + POST + Content-Length: +1 + body 0GET /no
    /// HTTP/1.1\r\nHost: a\r\n\r\n`: `digits` 200 and 501; `integer` 200 and 404.
    pub length_syntax: LengthSyntax,
    /// The largest Content-Length that counts as a number.
    pub largest_length: Size,
    /// The largest Content-Length of a body that is read. A longer body is left unread, as if there were none.
    pub largest_read: SizeLimit,
    /// The response to a body longer than [limits] body.
    pub too_large: Option<Word>,
    /// When the body is read, relative to the response.
    /// Example: `POST /a.txt HTTP/1.1 + Content-Length: 1 + body 0GET /no HTTP/1.1\r\nHost: a\r\n\r\n`:
    /// `first` 200 and 404; `first-if-kept` 200 and 404;
    /// `after` 200 and 404; `off` 200.
    pub read: ReadBody,
    /// With `read = "after"`: whether the part of the body that has arrived when the response is due is checked first.
    /// If it is broken, a response about a file is replaced by that of the fault `chunk`, and any other response closes
    /// the connection. If the body turns out to be broken later, the connection is closed without a response.
    pub check_arrived: bool,
    /// What a body that breaks off, or that breaks RFC 9112 section 7.1, means for a response that is sent after it.
    /// Example: `with request_body.read = "first" + POST + Transfer-Encoding: chunked + body x\r\n`: `refused` 400,
    /// closed; `ignored` 200, closed.
    pub broken: BrokenBody,
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
            broken: BrokenBody::default(),
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
    /// Example: `POST + Content-Length: 1 + Expect: 100-Continue`: `exact` 100 and 200; `sole` 100 and 200; `verbatim` 100
    /// and 200; `word` 100 and 200.
    /// Example: `POST + Content-Length: 1 + Expect: 100-continue + Expect: 100-continue`: `exact` 100 and 200; `sole` 417;
    /// `verbatim` 100 and 200; `word` 100 and 200.
    /// Example: `POST + Content-Length: 1 + Expect: 100-continue `: `exact` 100 and 200; `sole` 100 and 200; `verbatim`
    /// 417; `word` 100 and 200.
    /// Example: `POST + Content-Length: 1 + Expect: a + Expect: 100-continue`: `exact` 417; `sole` 417; `verbatim` 417;
    /// `word` 100 and 200.
    /// Example: `POST + Content-Length: 1 + Expect: a, 100-continue`: `exact` 417; `sole` 417; `verbatim` 417; `word` 100
    /// and 200.
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
    /// Example: `POST + Content-Length: 1 + Expect: 100-continue`: `at-once` 100 and 200; `when-read` 200; `with-file` 100
    /// and 200; `off` 200.
    /// Example: `with request_body.read = "first" + POST + Content-Length: 1 + Expect: 100-continue + body a`: `at-once`
    /// 100 and 200; `when-read` 100 and 200; `with-file` 100 and 200; `off` 200.
    /// Example: `POST /no HTTP/1.1 + Content-Length: 1 + Expect: 100-continue`: `at-once` 100 and 404; `when-read` 404;
    /// `with-file` 404; `off` 404.
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
    /// The faults that the server notices only after it has sent `100 Continue`, such as a host that it does not serve.
    pub before_faults: Vec<String>,
    /// Whether the connection is closed after a request that asked for `100 Continue` and has no body. The response to
    /// it is not sent in chunks.
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
            before_faults: Vec::new(),
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
    /// The most digits of a chunk size, with leading zeros. More are the fault `chunk.too_large`.
    pub max_digits: Count,
    /// The largest chunk size that any byte may follow on its line.
    pub max_size_followed: SizeLimit,
    /// What ends a line.
    /// Example: `1\na\r\n0\r\n\r\n`: `crlf` 400; `lf` 200; `any-cr` 200; `unchecked` 400.
    /// Example: `1\r\r\na\r\n0\r\n\r\n`: `crlf` 400; `lf` 400; `any-cr` 200; `unchecked` 400.
    /// Example: `1\rxa--0\rx\r\n`: `crlf` 400; `lf` 400; `any-cr` nothing; `unchecked` 200.
    pub line_ends: LineEnds,
    /// What white space after a chunk size means.
    /// Example: `1 \r\na\r\n0\r\n\r\n`: `skipped` 200; `skipped-at-end` 200; `space-begins-extension` 200;
    /// `begins-extension` 200; `refused` 400.
    /// Example: `1\t\r\na\r\n0\r\n\r\n`: `skipped` 200; `skipped-at-end` 200; `space-begins-extension` 400;
    /// `begins-extension` 200; `refused` 400.
    /// Example: `1 ;x\r\na\r\n0\r\n\r\n`: `skipped` 200; `skipped-at-end` 400; `space-begins-extension` 200;
    /// `begins-extension` 200; `refused` 400.
    /// Example: `1 x\r\na\r\n0\r\n\r\n`: `skipped` 400; `skipped-at-end` 400; `space-begins-extension` 200;
    /// `begins-extension` 200; `refused` 400.
    pub size_space: SizeSpace,
    /// The most white space after a chunk size, in bytes.
    pub max_spaces: Count,
    /// The syntax of a chunk extension.
    /// Example: `1;x\x00\r\na\r\n0\r\n\r\n`: `any` 200; `text` 400; `no-controls` 400; `tokens` 400.
    /// Example: `1;x\xff\r\na\r\n0\r\n\r\n`: `any` 200; `text` 200; `no-controls` 200; `tokens` 400.
    /// Example: `1;x\x7f\r\na\r\n0\r\n\r\n`: `any` 200; `text` 400; `no-controls` 400; `tokens` 400.
    /// Example: `1;x="y\r\na\r\n0\r\n\r\n`: `any` 200; `text` 200; `no-controls` 200; `tokens` 400.
    pub extension_syntax: ExtensionText,
    /// The most bytes of the names and values of a chunk's extensions. More are the fault `chunk.extension`.
    pub max_extensions: SizeLimit,
    /// The most bytes of a line with a chunk size, with its line end. A longer one is the fault `chunk.extension`.
    pub max_line: SizeLimit,
    /// Whether a fault is noticed only at the end of its line, or after 8192 bytes of it.
    pub check_complete_lines: bool,
    /// What the trailer section must look like. A fault in a field line is treated as in a head.
    /// Example: `0\r\nx y\r\n\r\n`: `fields` 400; `whole-section` 400; `lines` 200.
    /// Example: `0\r\nX: y\r\n\r\n`: `fields` 200; `whole-section` 200; `lines` 200.
    /// Example: `0\r\nX: y\n\n`: `fields` 400; `whole-section` nothing; `lines` 400.
    pub trailers: Trailers,
    /// Which trailers about the length of the message are the fault `chunk`.
    /// Example: `0\r\nTransfer-Encoding: x\r\n\r\n`: `off` 200; `coding` 400; `framing` 400.
    /// Example: `0\r\nContent-Length: 1\r\n\r\n`: `off` 200; `coding` 200; `framing` 400.
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
            max_digits: Count(None),
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
    /// Before the response is sent if the connection persists after it, otherwise after it.
    FirstIfKept,
    /// After the response has been sent.
    #[default]
    After,
    /// Never. The connection is closed after the response.
    Off,
}

/// What a body that breaks off or is malformed means for the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BrokenBody {
    /// It is replaced by the response of the fault, of [client_fin] in_body, or of [timers] body.
    #[default]
    Refused,
    /// Nothing. The connection closes after it.
    Ignored,
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
