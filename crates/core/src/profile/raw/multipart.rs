//! `[multipart]`: the layout of a `multipart/byteranges` body.

use crate::profile::template::Template;
use crate::profile::units::Count;
use serde::{Deserialize, Serialize};

/// `[multipart]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawMultipart {
    /// The Content-Type of the response.
    pub content_type: Template,
    /// The boundary.
    pub boundary: Template,
    /// The text before each part. Its line terminators are sent as CR LF. A line is left out if a placeholder in it
    /// has no value.
    pub part: Template,
    /// The same before the first part. Without it: `part`.
    pub first_part: Option<Template>,
    /// The text after the last part.
    pub end: Template,
    /// A response with more parts than this is sent in chunks: the first chunk has one part more than this, each
    /// further one has this number of parts.
    pub parts_before_chunks: Count,
}

impl Default for RawMultipart {
    fn default() -> Self {
        #[expect(
            clippy::unreachable,
            reason = "the templates are the literals below, which a test parses"
        )]
        let template = |text: &str| Template::parse(text).unwrap_or_else(|why| unreachable!("{text}: {why}"));
        Self {
            content_type: template("multipart/byteranges; boundary={boundary}"),
            boundary: template("{random:x16}"),
            part: template(
                "\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {content_range}\r\n\r\n",
            ),
            first_part: None,
            end: template("\r\n--{boundary}--\r\n"),
            parts_before_chunks: Count(None),
        }
    }
}
