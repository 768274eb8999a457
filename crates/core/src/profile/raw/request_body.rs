//! `[request_body]`: how bodies of requests are delimited, asked for and read.

use crate::http1::request::{Delimiter, Expect, LengthSyntax};
use crate::profile::units::{Size, Word};
use serde::{Deserialize, Serialize};

/// `[request_body]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawRequestBody {
    /// What delimits a body that has both Content-Length and Transfer-Encoding: `coding`, `length`, `length-only`
    /// for a server that knows no chunks, or `nothing` for one that knows no bodies.
    pub delimiter: Delimiter,
    /// How a Content-Length is written: in `digits`, or as an `integer` with a sign and underscores if it likes.
    pub length: LengthSyntax,
    /// Whether a connection ends after a request with both.
    pub both_ends: bool,
    /// The largest Content-Length that is taken for a number.
    pub largest: Size,
    /// Which Expect field asks for `100 Continue`: an `exact` one, one that is that `verbatim`, with nothing behind it, or one
    /// that holds it as a `word`.
    pub expect: Expect,
    /// Whether another Expect field is a fault in HTTP/1.0 too.
    pub expect_http10: bool,
    /// Whether the Expect field of a CONNECT counts.
    pub expect_connect: bool,
    /// When the body is read.
    pub read: ReadBody,
    /// When `100 Continue` is sent to a client that waits for it.
    pub continues: Continue,
    /// How often it is sent.
    pub continue_times: Option<u8>,
    /// How often it is sent to a request older than HTTP/1.1; without it, never.
    pub continue_times_old: Option<u8>,
    /// Whether it is sent to a client that waits for it and has no body to send.
    pub continue_without_body: bool,
    /// With `read = "after"`: whether what has come of the body when the reply is due is looked at first. If it is
    /// broken, a reply about a file gives way to that for the fault `chunk_invalid`, and another one ends the connection;
    /// if it breaks later, the connection ends without a word.
    pub look_first: bool,
    /// With `read = "after"`: whether the body is read behind a reply that ends the connection, too, before its end.
    pub before_end: bool,
    /// Whether a connection ends after a request that asked for `100 Continue` and had no body to get it for.
    pub continue_unsent_ends: bool,
    /// The largest body that is read; a larger one gets `too_large`.
    pub limit: Option<Size>,
    /// A response.
    pub too_large: Option<Word>,
}

impl Default for RawRequestBody {
    fn default() -> RawRequestBody {
        RawRequestBody {
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

/// When a request body is read, seen from the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBody {
    /// The reply waits until the body is read.
    First,
    /// The reply is sent at once, then the body is read.
    #[default]
    After,
    /// The body is never read; the connection ends with the reply.
    Never,
}

/// When `100 Continue` is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Continue {
    /// As soon as the head is complete.
    #[default]
    AtOnce,
    /// When the body is about to be read before the reply; otherwise not at all.
    WhenRead,
    /// Before a reply that is about a file, whether the file is sent or not; otherwise not at all.
    WithFile,
    /// Not at all.
    Never,
}
