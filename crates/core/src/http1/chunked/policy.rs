//! Which chunked bodies a decoder accepts.

use crate::http1::field::Name;
use serde::{Deserialize, Serialize};

/// Which chunked bodies a decoder accepts; part of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkPolicy {
    /// The largest chunk size.
    pub largest: u64,
    /// The largest chunk size after which other bytes may follow on the line.
    pub largest_followed: u64,
    /// What ends a line.
    pub line_ends: LineEnds,
    /// What white space after a size means.
    pub size_space: SizeSpace,
    /// The maximum white space after a size, in bytes.
    pub spaces: u64,
    /// The syntax of an extension.
    pub extension: ExtensionText,
    /// The maximum total length of the names and values of a chunk's extensions, in bytes.
    pub extensions: u64,
    /// The maximum length of a line with a size, in bytes, including its line end.
    pub line: u64,
    /// Whether a fault is detected only when its line has ended, or is [`GIVEN_UP`] bytes long.
    pub by_line: bool,
    /// What trailers must look like.
    pub trailers: Trailers,
    /// Which trailers that describe the length of the message are a fault.
    pub refused: RefusedTrailers,
    /// Whether `close` in a trailer named Connection or Proxy-Connection makes the request the last one that is parsed.
    pub close_in_trailers: bool,
}

/// The length in bytes at which a policy with `by_line` gives up waiting for the end of a line.
pub const GIVEN_UP: u64 = 8192;

/// What ends a line of a chunked body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LineEnds {
    /// CRLF (RFC 9112 section 7.1).
    #[default]
    Crlf,
    /// CRLF or LF alone.
    Lf,
    /// LF after any number of CR.
    AnyCr,
    /// A line with a size ends with CR and any byte, the data with any two bytes.
    Unchecked,
}

/// White space after a chunk size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SizeSpace {
    /// Spaces and tabs are skipped; then an extension or the end of the line follows.
    #[default]
    Skipped,
    /// A space begins an extension; a tab is a fault.
    SpaceBeginsExtension,
    /// A space or a tab begins an extension.
    BeginsExtension,
    /// It is a fault.
    Refused,
}

/// The syntax of a chunk extension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExtensionText {
    /// Any character but CR and LF.
    #[default]
    Any,
    /// Tab, visible ASCII, space, and bytes above 0x7f.
    Text,
    /// Any character but ASCII controls; tab is allowed.
    NoControls,
    /// Names that are tokens, each with or without a value, which is a token or a quoted string (RFC 9112 section
    /// 7.1.1), without white space.
    Tokens,
}

/// What the trailer section of a body must look like (RFC 9112 section 7.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Trailers {
    /// Field lines, with the limits and faults of those of a head.
    #[default]
    Fields,
    /// Any lines.
    Lines,
}

/// Which trailers about the length of a message are a fault (RFC 9110 section 6.5.1 forbids to send them).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RefusedTrailers {
    /// None.
    #[default]
    Off,
    /// Transfer-Encoding.
    Coding,
    /// Transfer-Encoding and Content-Length.
    Framing,
}

impl RefusedTrailers {
    /// Whether a trailer with this name is a fault.
    pub fn refuses(self, name: Option<Name>) -> bool {
        match name {
            Some(Name::TransferEncoding) => self != Self::Off,
            Some(Name::ContentLength) => self == Self::Framing,
            _ => false,
        }
    }
}

impl Default for ChunkPolicy {
    fn default() -> Self {
        Self {
            largest: i64::MAX.unsigned_abs(),
            largest_followed: u64::MAX,
            line_ends: LineEnds::default(),
            size_space: SizeSpace::default(),
            spaces: u64::MAX,
            extension: ExtensionText::default(),
            extensions: 16 << 10,
            line: u64::MAX,
            by_line: false,
            trailers: Trailers::default(),
            refused: RefusedTrailers::default(),
            close_in_trailers: false,
        }
    }
}

impl ChunkPolicy {
    /// What captures may contain: everything that some server accepts.
    pub const CAPTURE: Self = Self {
        largest: u64::MAX,
        largest_followed: u64::MAX,
        line_ends: LineEnds::AnyCr,
        size_space: SizeSpace::BeginsExtension,
        spaces: u64::MAX,
        extension: ExtensionText::Any,
        extensions: u64::MAX,
        line: u64::MAX,
        by_line: false,
        trailers: Trailers::Lines,
        refused: RefusedTrailers::Off,
        close_in_trailers: false,
    };
}
