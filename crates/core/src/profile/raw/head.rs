//! `[head]`: the limits of a request head, and how it is read.

use crate::http1::head::{Http09, Separators};
use crate::http1::host::HostSyntax;
use crate::profile::units::Size;
use serde::{Deserialize, Serialize};

/// `[head]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawHead {
    /// The longest request line.
    pub line: Size,
    /// The longest field line.
    pub field: Size,
    /// The most field lines.
    pub fields: usize,
    /// The longest head.
    pub size: Size,
    /// The buffers that the head is read into; a line that fits into none is too long. Lines are counted with their
    /// ends here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffers: Option<RawBuffers>,
    /// The longest value of a field, with the values of all lines of that name joined to it; 0 for no limit but `field`.
    pub value: Size,
    /// The most empty lines before a request line; 0 for no limit but `size`.
    pub empty_lines: usize,
    /// When a bad field line is noticed: when the `line` is complete, or the `next-line` (which might go on with it).
    pub fields_judged_by: FieldsJudgedBy,
    /// Whether the case of a method counts: `exact`, or `ignored` for what [methods] says of it. What holds for GET or
    /// HEAD alone (conditions, ranges, a head without its body) holds for the exact method in any case.
    pub method_case: MethodCase,
    /// A bad request line is noticed with its first bad `byte`, or when the `line` is complete.
    pub judged_by: JudgedBy,
    /// What `size` counts: all `bytes`, or the `parts`: target, names and values, but no method, version, separators,
    /// line ends, or white space before a value.
    pub counts: Counts,
    /// A tab in the request line: white space like a `space`, or `text`, a character of the part where it stands.
    pub tab: Tab,
    /// Spaces between a field name and its colon, where they are accepted: `cut` off, or `part` of the name.
    pub name_space: NameSpace,
    /// A request for HTTP/2.0, where it is accepted, is read as `1.1` or `1.0`.
    pub http2: Http2,
    /// A fault in bytes that came with earlier requests, or before their replies: the replies `stay`, or the fault
    /// `discards` them, and is answered at once.
    pub pipelined_fault: PipelinedFault,
    /// How many bytes are read from the socket at a time. What is unread at the end of a connection turns FIN into RST.
    pub read: Size,
    /// Whether a line's end counts for `line` and `field`, and the empty line for `fields`.
    pub count_ends: bool,
    /// What stands between the words of the request line: `spaces`, or `white-space` of any kind.
    pub separators: Separators,
    /// Whether a CR inside a field line ends it, as LF does. What stands behind it is a field line of its own.
    pub cr_ends_field: bool,
    /// What a request line without a version gets: the `body` alone, as soon as the line is complete; `late-body`: the
    /// same behind the empty line, also if the line says HTTP/0.9; or a `full` reply, as to HTTP/1.0.
    pub http09: Http09,
    /// The same for a request without a version that is refused for a fault of its line.
    pub http09_refused: Http09,
    /// Whether the Host field is judged, too, where the target is an absolute URI.
    pub host_beside_uri: bool,
    /// How a field value on several lines (obs-fold) is read: each line end with the white space around it as one
    /// `space`, without the line ends (`cut`), or as `sent`.
    pub fold: Fold,
    /// Whether white space at the end of a field's value counts.
    pub trailing_space: bool,
    /// How a field that is repeated is read, where it makes a difference: `first`, `last`, `join` (with `, `) or
    /// `join-tight` (with `,`).
    pub repeated: Repeated,
    /// The same for fields that hold a date; without it, the first counts.
    pub repeated_date: Option<Repeated>,
    /// Names of fields that may stand once only: a second one is the fault `field_repeated`.
    pub once: Vec<String>,
    /// Whether a tab before or behind a field's value is cut off as a space is.
    pub trim_tabs: bool,
    /// What a Host field may be made of: the `characters` of a host name, or any `visible` ones but `/` and `..`.
    pub host: HostSyntax,
}

impl Default for RawHead {
    fn default() -> RawHead {
        RawHead {
            line: Size(8000),
            field: Size(8000),
            fields: 100,
            size: Size(64 << 10),
            buffers: None,
            value: Size(0),
            empty_lines: 0,
            fields_judged_by: FieldsJudgedBy::Line,
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

/// Buffers for a head. A line never lies in two of them: one that is cut by a buffer's end moves to the next whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBuffers {
    /// The size of the first.
    pub first: Size,
    /// The size of the others.
    pub size: Size,
    /// How many others there are.
    pub count: usize,
}

/// What the limit of a head's size counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    /// Every byte.
    #[default]
    Bytes,
    /// Target, names and values.
    Parts,
}

/// What a tab in a request line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tab {
    /// White space.
    #[default]
    Space,
    /// A character like any other.
    Text,
}

/// What spaces behind a field name are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameSpace {
    /// Nothing.
    #[default]
    Cut,
    /// A part of the name, so that it is the name of another field.
    Part,
}

/// What HTTP/2.0 in a request line is read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Http2 {
    /// HTTP/1.1.
    #[default]
    #[serde(rename = "1.1")]
    Http11,
    /// HTTP/1.0.
    #[serde(rename = "1.0")]
    Http10,
}

/// What a fault does to the replies to requests before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PipelinedFault {
    /// Nothing: they are sent first.
    #[default]
    Stay,
    /// They are not sent.
    Discards,
}

/// Whether the case of a method counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MethodCase {
    /// It does.
    #[default]
    Exact,
    /// It does not.
    Ignored,
}

/// How a field value on several lines is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fold {
    /// Each line end with the white space around it is one space (RFC 9112 section 5.2).
    #[default]
    Space,
    /// Without the line ends.
    Cut,
    /// As it was sent.
    Sent,
}

/// How a repeated field is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeated {
    /// The first line counts.
    First,
    /// The last line counts.
    Last,
    /// The values are joined with a comma and a space (RFC 9110 section 5.3).
    #[default]
    Join,
    /// The values are joined with a comma.
    JoinTight,
}

/// When a bad request line is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgedBy {
    /// With its first bad byte.
    Byte,
    /// When it is complete.
    #[default]
    Line,
}

/// When a bad field line is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldsJudgedBy {
    /// When it is complete.
    #[default]
    Line,
    /// When the line behind it is complete.
    NextLine,
}
