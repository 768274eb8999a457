//! `[limits]`: how large the parts of a request may be.

use crate::profile::units::{Count, Size, SizeLimit};
use serde::{Deserialize, Serialize};

/// `[limits]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawLimits {
    /// Maximum length of the request line, in bytes.
    pub request_line: Size,
    /// Maximum length of a field line, in bytes.
    pub field_line: Size,
    /// Maximum length of a field value, where lines of the same name are joined.
    pub field_value: SizeLimit,
    /// Maximum number of field lines.
    pub fields: usize,
    /// Maximum length of the whole head. `head_counts` defines what is counted.
    pub head: Size,
    /// What `head` counts.
    /// Example: `with limits.head = 64 + X: 0123456789 0123456789 01234567`: `bytes` 431; `parts` 200.
    pub head_counts: HeadCounts,
    /// Whether the line terminator counts for `request_line` and `field_line`, and the empty line for `fields`.
    pub count_line_ends: bool,
    /// The buffers that a head is read into. A line that fits into none of them is too long. Line terminators count
    /// here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffers: Option<RawBuffers>,
    /// Maximum number of empty lines before a request line. `"off"`: no limit other than `head`.
    pub empty_lines: Count,
    /// Maximum number of empty lines, also of LF alone, that are dropped if they arrived together with the request before
    /// them. More end the connection after the response. `"off"`: they belong to the next request.
    pub empty_lines_after_request: Count,
    /// Maximum length of the path in a target, in bytes as sent. The response is that of [target] too_long.
    pub path: Count,
    /// Maximum length of the query without its `?`, in bytes as sent. The response is that of [target] too_long.
    pub query: Count,
    /// Maximum length of a path segment, in characters after decoding. The response is that of [target] bad_segments.
    pub path_segment: Count,
    /// Maximum number of path segments. The response is that of [target] bad_segments.
    pub path_segments: Count,
    /// Maximum length of a request body. Needs [request_body] too_large, the response to a longer one.
    pub body: SizeLimit,
    /// Maximum number of bytes per read from the socket. It also decides how much is unread when the connection is
    /// closed, and so whether the system sends RST instead of FIN.
    pub read_size: Size,
    /// Number of bytes that the first read from a connection waits for, and takes at most, as a server does that looks
    /// for the preface of HTTP/2. Fewer bytes are not parsed unless FIN follows them. `"off"`: no such read.
    pub first_read: SizeLimit,
    /// Number of bytes of a next request that must have arrived before it counts. Until then the connection is idle.
    pub next_read: SizeLimit,
    /// How many CR and LF before a request are dropped if the request before it was a POST: old clients send an empty line
    /// after the body (RFC 9112 section 2.2).
    pub blank_after_post: Count,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self {
            request_line: Size(8000),
            field_line: Size(8000),
            field_value: SizeLimit(None),
            fields: 100,
            head: Size(64 << 10),
            head_counts: HeadCounts::Bytes,
            count_line_ends: false,
            buffers: None,
            empty_lines: Count(None),
            empty_lines_after_request: Count(None),
            path: Count(None),
            query: Count(None),
            path_segment: Count(None),
            path_segments: Count(None),
            body: SizeLimit(None),
            read_size: Size(64 << 10),
            first_read: SizeLimit(None),
            next_read: SizeLimit(None),
            blank_after_post: Count(None),
        }
    }
}

/// Buffers for a head. A line is never split over two buffers: the part of it that is in one buffer moves to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawBuffers {
    /// Size of the first buffer.
    pub first: Size,
    /// Size of each further buffer.
    pub size: Size,
    /// Number of further buffers.
    pub count: usize,
}

impl Default for RawBuffers {
    fn default() -> Self {
        Self {
            first: Size(1 << 10),
            size: Size(8 << 10),
            count: 4,
        }
    }
}

/// What the limit on a head's length counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HeadCounts {
    /// Every byte of the head.
    #[default]
    Bytes,
    /// The target, the field names and the field values; not the method, the version, separators, line terminators, or
    /// whitespace before a value.
    Parts,
}
