//! `[request_body]`: how request bodies are delimited and read, and when `100 Continue` is sent.

use crate::http1::chunked::{ChunkPolicy, ExtensionText, LineEnds, RefusedTrailers, SizeSpace, Trailers};
use crate::http1::request::{Delimiter, Expect, LengthSyntax};
use crate::profile::units::{Size, Word};
use serde::{Deserialize, Serialize};

/// `[request_body]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawRequestBody {
    /// What delimits a body if the request has both Content-Length and Transfer-Encoding.
    pub delimiter: Delimiter,
    /// Whether only spaces, not tabs, may stand between a comma and the coding after it in Transfer-Encoding.
    pub coding_after_spaces: bool,
    /// The syntax of Content-Length.
    pub length: LengthSyntax,
    /// Whether the connection is closed after a request that has both Content-Length and Transfer-Encoding.
    pub both_ends: bool,
    /// The largest Content-Length that counts as a number.
    pub largest: Size,
    /// The largest Content-Length of a body that is read. A longer body is left unread, as if there were none. 0 for no
    /// limit.
    pub readable: Size,
    /// Which Expect field asks for `100 Continue`.
    pub expect: Expect,
    /// Whether any other Expect field is a fault even in an HTTP/1.0 request.
    pub expect_http10: bool,
    /// Whether the Expect field of a CONNECT request counts.
    pub expect_connect: bool,
    /// Whether versions are compared as text to decide which client may get `100 Continue`: `HTTP/01.1` and `HTTP/1.01`
    /// are older than HTTP/1.1 then.
    pub expect_version_as_text: bool,
    /// When the body is read, relative to the response.
    pub read: ReadBody,
    /// When `100 Continue` is sent to a client that asks for it.
    pub continues: Continue,
    /// How many times `100 Continue` is sent. Without it: once.
    pub continue_times: Option<u8>,
    /// How many times it is sent to a client older than HTTP/1.1. Without it: never.
    pub continue_times_old: Option<u8>,
    /// How many times it is sent to an HTTP/1.1 client whose field has white space after the value. Without it: as
    /// without white space.
    pub continue_times_padded: Option<u8>,
    /// Whether it is sent to a client that asks for it but has no body to send.
    pub continue_without_body: bool,
    /// With `read = "after"`: whether the part of the body that has arrived when the response is due is checked first.
    /// If it is broken, a response about a file is replaced by that of the fault `chunk_invalid`, and any other
    /// response closes the connection. If the body turns out to be broken later, the connection is closed without a
    /// response.
    pub look_first: bool,
    /// With `read = "after"`: whether the body is also read after a response that closes the connection, before the
    /// close.
    pub before_end: bool,
    /// Whether the connection is closed after a request that asked for `100 Continue` and had no body to get it for.
    /// The response is not sent in chunks then.
    pub continue_unsent_ends: bool,
    /// Maximum length of a body. Needs `too_large`.
    pub limit: Option<Size>,
    /// The response to a body longer than `limit`.
    pub too_large: Option<Word>,
    /// What a chunked body must look like.
    pub chunks: RawChunks,
}

/// `[request_body.chunks]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawChunks {
    /// The largest chunk size. A larger one is the fault `chunk_too_large`.
    pub largest: Size,
    /// The largest chunk size that any byte may follow on its line; 0 for no limit.
    pub largest_followed: Size,
    /// What ends a line.
    pub line_ends: LineEnds,
    /// What white space after a chunk size means.
    pub size_space: SizeSpace,
    /// The most white space after a chunk size, in bytes; 0 for no limit.
    pub spaces: u64,
    /// The syntax of a chunk extension.
    pub extension: ExtensionText,
    /// The most bytes of the names and values of a chunk's extensions; 0 for no limit. More are the fault
    /// `chunk_extension`.
    pub extensions: Size,
    /// The most bytes of a line with a chunk size, with its line end; 0 for no limit. A longer one is the fault
    /// `chunk_extension`.
    pub line: Size,
    /// Whether a fault is noticed only at the end of its line, or after 8192 bytes of it.
    pub by_line: bool,
    /// What the trailer section must look like. A fault in a field line is treated as in a head.
    pub trailers: Trailers,
    /// Which trailers about the length of the message are the fault `chunk_invalid`.
    pub refused: RefusedTrailers,
}

impl Default for RawChunks {
    fn default() -> Self {
        let policy = ChunkPolicy::default();
        Self {
            largest: Size(policy.largest),
            largest_followed: Size(0),
            line_ends: policy.line_ends,
            size_space: policy.size_space,
            spaces: 0,
            extension: policy.extension,
            extensions: Size(policy.extensions),
            line: Size(0),
            by_line: policy.by_line,
            trailers: policy.trailers,
            refused: policy.refused,
        }
    }
}

impl Default for RawRequestBody {
    fn default() -> Self {
        Self {
            delimiter: Delimiter::default(),
            coding_after_spaces: false,
            length: LengthSyntax::default(),
            both_ends: false,
            largest: Size(i64::MAX.unsigned_abs()),
            readable: Size(0),
            expect: Expect::default(),
            expect_http10: true,
            expect_connect: true,
            expect_version_as_text: false,
            read: ReadBody::default(),
            continues: Continue::default(),
            continue_times_old: None,
            continue_times_padded: None,
            continue_without_body: false,
            look_first: false,
            before_end: false,
            continue_unsent_ends: false,
            continue_times: None,
            limit: None,
            too_large: None,
            chunks: RawChunks::default(),
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
    Never,
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
    Never,
}
