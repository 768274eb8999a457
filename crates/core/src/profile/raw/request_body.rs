//! `[request_body]`: how request bodies are delimited and read, and when `100 Continue` is sent.

use crate::http1::request::{Delimiter, Expect, LengthSyntax};
use crate::profile::units::{Size, Word};
use serde::{Deserialize, Serialize};

/// `[request_body]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawRequestBody {
    /// What delimits a body if the request has both Content-Length and Transfer-Encoding.
    pub delimiter: Delimiter,
    /// The syntax of Content-Length.
    pub length: LengthSyntax,
    /// Whether the connection is closed after a request that has both Content-Length and Transfer-Encoding.
    pub both_ends: bool,
    /// The largest Content-Length that counts as a number.
    pub largest: Size,
    /// Which Expect field asks for `100 Continue`.
    pub expect: Expect,
    /// Whether any other Expect field is a fault even in an HTTP/1.0 request.
    pub expect_http10: bool,
    /// Whether the Expect field of a CONNECT request counts.
    pub expect_connect: bool,
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
    pub continue_unsent_ends: bool,
    /// Maximum length of a body. Needs `too_large`.
    pub limit: Option<Size>,
    /// The response to a body longer than `limit`.
    pub too_large: Option<Word>,
}

impl Default for RawRequestBody {
    fn default() -> Self {
        Self {
            delimiter: Delimiter::default(),
            length: LengthSyntax::default(),
            both_ends: false,
            largest: Size(i64::MAX.unsigned_abs()),
            expect: Expect::default(),
            expect_http10: true,
            expect_connect: true,
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
        }
    }
}

/// When a request body is read, relative to the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
