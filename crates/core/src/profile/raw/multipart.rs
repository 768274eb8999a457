//! `[multipart]`: the layout of a reply with several ranges.

use crate::profile::template::Template;
use serde::{Deserialize, Serialize};

/// `[multipart]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawMultipart {
    /// The Content-Type of the reply.
    pub content_type: Template,
    /// The boundary.
    pub boundary: Template,
    /// What stands before each part; its line ends are CR LF. A line is left out if a placeholder in it has no value.
    pub part: Template,
    /// What stands behind the last.
    pub end: Template,
    /// A reply with more parts than this is sent in chunks: one of so many parts and another one, then each of so many.
    /// 0 for never.
    pub parts_before_chunks: usize,
}

impl Default for RawMultipart {
    fn default() -> RawMultipart {
        let template = |text: &str| Template::parse(text).unwrap_or_else(|why| unreachable!("{text}: {why}"));
        RawMultipart {
            content_type: template("multipart/byteranges; boundary={boundary}"),
            boundary: template("{random:x16}"),
            part: template(
                "\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {content_range}\r\n\r\n",
            ),
            end: template("\r\n--{boundary}--\r\n"),
            parts_before_chunks: 0,
        }
    }
}
