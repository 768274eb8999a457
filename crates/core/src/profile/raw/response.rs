//! `[response.NAME]`: what is answered.

use super::{CloseStyle, ReadBody};
use crate::profile::template::Template;
use crate::profile::units::Word;
use serde::{Deserialize, Serialize};

/// `[response.NAME]`. `[response."NAME METHOD"]` holds for that method alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawResponse {
    /// The response whose keys hold where this one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<Word>,
    /// The status; without it, the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The reason phrase; without it, the registered one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Template>,
    /// The field lines, one a line. A line is left out if a placeholder in it has no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The body: a page. Its line ends are sent as they are written here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Template>,
    /// The line ends of the body are sent as CR LF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crlf: Option<bool>,
    /// How many requests it counts for in [connection] max_requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<u64>,
    /// What stands for `{title}` in the body...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Template>,
    /// ... and for `{text}`: for responses whose pages are otherwise the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Template>,
    /// The body is the file itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<bool>,
    /// The body is sent in chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunked: Option<bool>,
    /// With `chunked`: only where the connection is kept; otherwise the end of the connection is the end of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunked_if_kept: Option<bool>,
    /// What `{content_length}` is in a reply to HEAD: as to GET (`same`), the same but `nonzero`, or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_for_head: Option<LengthForHead>,
    /// No head at all: the body alone is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_head: Option<bool>,
    /// The body is sent even to HEAD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_for_head: Option<bool>,
    /// How its head is written, if otherwise than [writes] says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_head: Option<Vec<usize>>,
    /// The connection ends after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close: Option<bool>,
    /// What is said of the connection, whatever becomes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_fields: Option<ConnectionFields>,
    /// The response that takes its place for a request with a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_body: Option<Word>,
    /// When the request's body is read, if otherwise than [request_body] read says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_body: Option<ReadBody>,
    /// `false`: a client that waits for `100 Continue` gets this response in its place, and the connection ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<bool>,
    /// The style of the end after it, if it ends the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_with: Option<CloseStyle>,
}

/// What a response says of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionFields {
    /// [connection.fields] keep.
    Keep,
    /// [connection.fields] close.
    Close,
    /// Neither.
    Nothing,
    /// What would be said if this response did not end the connection.
    AsIfKept,
}

/// What `{content_length}` is in a reply to HEAD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LengthForHead {
    /// The same as in a reply to GET.
    #[default]
    Same,
    /// The same, unless it is zero: then there is none.
    Nonzero,
    /// There is none.
    None,
}
