//! What a profile says about heads: limits, and how far a server's reading differs from RFC 9112's.
//!
//! Values only. It does not know where in a head each of them counts; the parts of the scanner do.

use crate::http1::fault::Faults;
use crate::http1::host::HostSyntax;
use crate::http1::request::BodyRules;
use serde::{Deserialize, Serialize};

/// Limits and tolerance of the scanner; part of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadPolicy {
    /// The longest request line, in bytes without its line end.
    pub line: usize,
    /// The longest field line, in bytes without its line end.
    pub field: usize,
    /// The most field lines.
    pub fields: usize,
    /// The longest head, in bytes with all line ends.
    pub size: usize,
    /// The buffers that limit a head, if any do.
    pub buffers: Option<Buffers>,
    /// Names of fields that may stand once only.
    pub once: Vec<String>,
    /// Whether tabs around a value are cut off.
    pub trim_tabs: bool,
    /// The longest value of a field, with those of all lines of that name joined to it.
    pub value: Option<usize>,
    /// The most empty lines before the request line.
    pub empty_lines: Option<usize>,
    /// Whether a request without a version that is refused for its line is answered like HTTP/1.0.
    pub full_http09_refusals: bool,
    /// Whether a bad field line is noticed only when the line behind it is complete.
    pub fields_by_next_line: bool,
    /// Whether the Host field is judged beside an absolute URI.
    pub host_beside_uri: bool,
    /// What a Host field may be made of.
    pub host: HostSyntax,
    /// How the fields about a body are read.
    pub body: BodyRules,
    /// Whether `size` counts target, names and values alone.
    pub counts_parts: bool,
    /// Whether a tab in the request line is a character like any other, and no white space.
    pub tab_is_text: bool,
    /// Whether spaces behind a field name belong to it.
    pub name_space_is_part: bool,
    /// Whether HTTP/2.0 is read as HTTP/1.0.
    pub http2_as_http10: bool,
    /// Whether a bad request line is noticed with its first bad byte, or only when the line is complete.
    pub by_byte: bool,
    /// Whether a line's end counts for the limits of its length, and the empty line for that of the field lines.
    pub count_ends: bool,
    /// What stands between the words of a request line.
    pub separators: Separators,
    /// Whether a CR inside a field line ends it, as LF does.
    pub cr_ends_field: bool,
    /// What a request line without a version gets.
    pub http09: Http09,
    /// What is done about each fault.
    pub faults: Faults,
    /// The methods that the profile lists; another one is [`crate::http1::Fault::MethodUnknown`].
    pub methods: Vec<String>,
}

/// Buffers that a head is read into. A line, counted with its end, lies in one of them whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// The size of the first.
    pub first: usize,
    /// The size of the others.
    pub size: usize,
    /// How many others there are.
    pub count: usize,
}

/// What stands between the words of a request line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separators {
    /// Spaces, and tabs as a fault; a line may end in them.
    #[default]
    Spaces,
    /// Whatever is white space in Latin-1: controls 0x09 to 0x0d and 0x1c to 0x1f, space, 0x85 and 0xa0.
    WhiteSpace,
}

impl Separators {
    /// Whether `byte` is one of them.
    pub(super) fn holds(self, byte: u8) -> bool {
        match self {
            Separators::Spaces => matches!(byte, b' ' | b'\t'),
            Separators::WhiteSpace => matches!(byte, 0x09..=0x0d | 0x1c..=0x20 | 0x85 | 0xa0),
        }
    }
}

/// What a request line without a version gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Http09 {
    /// The body without a head, as soon as the line is complete.
    #[default]
    Body,
    /// The body without a head, once the empty line has come; also if the line says HTTP/0.9.
    LateBody,
    /// A reply with a head, once the empty line has come.
    Full,
}
