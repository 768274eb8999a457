//! The settings of the head scanner: limits, and deviations from RFC 9112.

use crate::http1::fault::{Fault, Faults};
use crate::http1::host::HostSyntax;
use crate::http1::request::BodyRules;
use serde::{Deserialize, Serialize};

/// The settings of the head scanner; part of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadPolicy {
    /// The maximum length of the request line in bytes, without its line end.
    pub line: usize,
    /// The maximum length of a field line in bytes, without its line end.
    pub field: usize,
    /// The maximum number of field lines.
    pub fields: usize,
    /// The maximum length of the head in bytes, with all line ends.
    pub size: usize,
    /// The buffers that the server reads the head into, if their size limits it.
    pub buffers: Option<Buffers>,
    /// The names of fields that may occur only once.
    pub once: Vec<String>,
    /// Whether tabs around a value are removed, as spaces are.
    pub trim_tabs: bool,
    /// The maximum length in bytes of the values of all fields with the same name, joined.
    pub value: Option<usize>,
    /// The maximum number of empty lines before the request line.
    pub empty_lines: Option<usize>,
    /// The maximum number of empty lines that are dropped if they arrived together with the request before them.
    pub empty_lines_after: Option<usize>,
    /// Whether the response to a refused request line without a version has a head, as in HTTP/1.0.
    pub full_http09_refusals: bool,
    /// Whether a fault of a field line is detected only when the following line is complete.
    pub fields_by_next_line: bool,
    /// The fault that is detected without waiting for that line: a NUL or a missing colon.
    pub at_once: Fault,
    /// Whether the Host field is validated if the target is an absolute URI.
    pub host_beside_uri: bool,
    /// The only scheme whose URIs name the host of the request; `None` for any.
    pub own_scheme: Option<String>,
    /// The syntax of the Host field.
    pub host: HostSyntax,
    /// How the fields about a body are interpreted.
    pub body: BodyRules,
    /// Whether `size` counts only the bytes of the target, the field names and the field values.
    pub counts_parts: bool,
    /// Whether a tab in the request line is an ordinary character instead of white space.
    pub tab_is_text: bool,
    /// Whether control characters and spaces at the beginning of a target are dropped.
    pub drop_leading_controls: bool,
    /// Whether white space between a field name and its colon belongs to the name.
    pub name_space_is_part: bool,
    /// Whether HTTP/2.0 and above are treated as HTTP/1.0 instead of HTTP/1.1.
    pub http2_as_http10: bool,
    /// Whether a fault is detected at its first byte, as in a byte-wise parser, instead of at the end of the line.
    pub by_byte: bool,
    /// Whether line ends count towards the limits of line length, and the empty line towards the number of field lines.
    pub count_ends: bool,
    /// When a fault of Content-Length and Transfer-Encoding is detected.
    pub framing_judged_by: FramingJudgedBy,
    /// Whether a CONNECT request must have a Host field, like any other request.
    pub connect_needs_host: bool,
    /// The separators between the words of a request line.
    pub separators: Separators,
    /// Whether a bare CR ends a field line, as LF does.
    pub cr_ends_field: bool,
    /// The response to a request line without a version.
    pub http09: Http09,
    /// The treatment of each fault.
    pub faults: Faults,
    /// Other protocols whose requests are read as those of HTTP.
    pub protocols: Vec<Protocol>,
    /// The methods of HTTP that the profile lists. Any other is [`crate::http1::Fault::MethodUnknown`].
    pub methods: Vec<String>,
}

/// When a fault of Content-Length and Transfer-Encoding is detected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FramingJudgedBy {
    /// When the head is complete.
    #[default]
    Head,
    /// As the value arrives, except for a Content-Length beside a Transfer-Encoding. Only spaces may follow a coding, and
    /// a folded Transfer-Encoding is never `chunked`.
    Value,
    /// As `value`. A Content-Length beside a Transfer-Encoding is detected at the colon of the second.
    Name,
}

/// The buffers of a server that reads a head into several of them. Each line, including its end, must fit into one
/// buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// The size of the first buffer in bytes.
    pub first: usize,
    /// The size of each further buffer in bytes.
    pub size: usize,
    /// The number of further buffers.
    pub count: usize,
}

/// A protocol whose requests are read as those of HTTP with the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Its name in the request line, with the slash.
    pub name: String,
    /// Its methods that are methods of HTTP, too.
    pub shared: Vec<String>,
    /// Its other methods.
    pub own: Vec<String>,
}

/// The separators between the words of a request line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Separators {
    /// Spaces. Tabs separate words, too, but are a fault. The line may end in white space.
    #[default]
    Spaces,
    /// White space of Latin-1: controls 0x09 to 0x0d and 0x1c to 0x1f, space, 0x85 and 0xa0.
    WhiteSpace,
}

impl Separators {
    /// Whether `byte` separates words.
    pub(super) fn holds(self, byte: u8) -> bool {
        match self {
            Self::Spaces => matches!(byte, b' ' | b'\t'),
            Self::WhiteSpace => matches!(byte, 0x09..=0x0d | 0x1c..=0x20 | 0x85 | 0xa0),
        }
    }
}

/// The response to a request line without a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Http09 {
    /// The body without a head, as soon as the request line is complete.
    #[default]
    Body,
    /// The body without a head, once the empty line has arrived. Also for the version `HTTP/0.9`.
    LateBody,
    /// A response with a head, once the empty line has arrived.
    Full,
}
