//! `[head]`: limits on request heads, and how they are parsed.

use crate::http1::head::{FramingJudgedBy, Http09, Separators};
use crate::http1::host::HostSyntax;
use crate::profile::units::Size;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[head]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawHead {
    /// Maximum length of the request line, in bytes.
    pub line: Size,
    /// Maximum length of a field line, in bytes.
    pub field: Size,
    /// Maximum number of field lines.
    pub fields: usize,
    /// Maximum length of the whole head. `counts` defines what is counted.
    pub size: Size,
    /// The buffers that a head is read into. A line that fits into none of them is too long. Line terminators count
    /// here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffers: Option<RawBuffers>,
    /// Maximum length of a field value, where lines of the same name are joined; 0 for no limit other than `field`.
    pub value: Size,
    /// Maximum number of empty lines before a request line; 0 for no limit other than `size`.
    pub empty_lines: usize,
    /// Maximum number of empty lines, also of LF alone, that are dropped if they arrived together with the request before
    /// them. More end the connection after the response. 0: they belong to the next request.
    pub empty_lines_after: usize,
    /// When a bad field line is detected.
    pub fields_judged_by: FieldsJudgedBy,
    /// When a fault of Content-Length and Transfer-Encoding is detected.
    pub framing_judged_by: FramingJudgedBy,
    /// Whether the fault `host_missing` applies to CONNECT requests, too.
    pub connect_needs_host: bool,
    /// Other protocols whose requests are read as those of HTTP with the same version, by name.
    pub protocols: BTreeMap<String, RawProtocol>,
    /// Whether [methods] matches names case-sensitively. Rules that apply to GET or HEAD only (conditions, ranges, no
    /// body for HEAD) always need the exact name.
    pub method_case: MethodCase,
    /// When a bad request line is detected.
    pub judged_by: JudgedBy,
    /// What `size` counts.
    pub counts: Counts,
    /// What a tab in the request line is.
    pub tab: Tab,
    /// What spaces between a field name and its colon are, if the profile accepts them.
    pub name_space: NameSpace,
    /// The version that a request for HTTP/2.0 is treated as, if the profile accepts it.
    pub http2: Http2,
    /// What a faulty request does to requests before it that are still unanswered.
    pub pipelined_fault: PipelinedFault,
    /// Maximum number of bytes per read from the socket. It also decides how much is unread when the connection is
    /// closed, and so whether the system sends RST instead of FIN.
    pub read: Size,
    /// Whether the line terminator counts for `line` and `field`, and the empty line for `fields`.
    pub count_ends: bool,
    /// What separates the three parts of the request line.
    pub separators: Separators,
    /// Whether a CR inside a field line ends it as LF does. The rest is then a field line of its own.
    pub cr_ends_field: bool,
    /// The response to a request line without a version (HTTP/0.9).
    pub http09: Http09,
    /// The same for a request line without a version that is refused because of another fault.
    pub http09_refused: Http09,
    /// Whether the Host field is validated even if the target is an absolute URI.
    pub host_beside_uri: bool,
    /// How a field value on several lines (obs-fold) is read.
    pub fold: Fold,
    /// Whether whitespace at the end of a field value is part of the value.
    pub trailing_space: bool,
    /// How a repeated field is read, where it makes a difference.
    pub repeated: Repeated,
    /// The same for fields that contain a date. Without it: `first`.
    pub repeated_date: Option<Repeated>,
    /// Names of fields that may occur only once. A second one is the fault `field_repeated`.
    pub once: Vec<String>,
    /// Whether tabs around a field value are removed as spaces are.
    pub trim_tabs: bool,
    /// What a Host field may contain.
    pub host: HostSyntax,
}

impl Default for RawHead {
    fn default() -> Self {
        Self {
            line: Size(8000),
            field: Size(8000),
            fields: 100,
            size: Size(64 << 10),
            buffers: None,
            value: Size(0),
            empty_lines: 0,
            empty_lines_after: 0,
            fields_judged_by: FieldsJudgedBy::Line,
            framing_judged_by: FramingJudgedBy::Head,
            connect_needs_host: true,
            protocols: BTreeMap::new(),
            method_case: MethodCase::Exact,
            judged_by: JudgedBy::Line,
            counts: Counts::Bytes,
            tab: Tab::Space,
            name_space: NameSpace::Cut,
            http2: Http2::Http11,
            pipelined_fault: PipelinedFault::Stay,
            read: Size(64 << 10),
            count_ends: false,
            separators: Separators::Spaces,
            cr_ends_field: false,
            http09: Http09::Body,
            host_beside_uri: true,
            http09_refused: Http09::Body,
            fold: Fold::Space,
            trailing_space: false,
            repeated: Repeated::Join,
            once: Vec::new(),
            trim_tabs: true,
            host: HostSyntax::Characters,
            repeated_date: None,
        }
    }
}

/// Buffers for a head. A line is never split over two of them: a line that reaches the end of one moves to the next
/// whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawBuffers {
    /// Size of the first buffer.
    pub first: Size,
    /// Size of each further buffer.
    pub size: Size,
    /// Number of further buffers.
    pub count: usize,
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

/// What the limit on a head's length counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    /// Every byte of the head.
    #[default]
    Bytes,
    /// The target, the field names and the field values; not the method, the version, separators, line terminators, or
    /// whitespace before a value.
    Parts,
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
    Cut,
    /// They are part of the name, so it is the name of another field.
    Part,
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
    Stay,
    /// They are dropped, and the fault is answered at once. This applies to bytes that arrived with them or before
    /// their responses.
    Discards,
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

/// How a field value on several lines is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Fold {
    /// Each line terminator, with the whitespace around it, becomes one space (RFC 9112 section 5.2).
    #[default]
    Space,
    /// The line terminators are removed.
    Cut,
    /// The value is kept as sent.
    Sent,
}

/// How a repeated field is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Repeated {
    /// The first value counts.
    First,
    /// The last value counts.
    Last,
    /// The values are joined with a comma and a space (RFC 9110 section 5.3).
    #[default]
    Join,
    /// The values are joined with a comma.
    JoinTight,
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
}
