//! The head scanner: finds the end of a request head, its parts, and its first fault (RFC 9112 sections 2 to 5).
//!
//! [`scan`] is the entry point. It is stateless: the caller passes all bytes of the head received so far, each time
//! that more have arrived. Spans are offsets into those bytes, so a [`Head`] stays valid if its buffer moves. The
//! meaning of fields is interpreted elsewhere, in [`super::request`].
//!
//! [`policy`] holds the settings of a profile. The other modules are the parts of one scanner, in the order of the
//! bytes: `scanner` finds lines; `request_line`, `target` and `version` parse the first line; `field_lines` and
//! `field_line` parse the others, `framing_fields` checks those that delimit the body; `unfinished` examines a line
//! that has not ended yet; `fast_path` recognizes the request line that most requests have.

mod fast_path;
mod field_line;
mod field_lines;
mod fields;
mod framing_fields;
mod header_buffers;
pub mod policy;
mod request_line;
mod scanner;
mod target;
mod unfinished;
mod version;

pub use fields::Fields;
pub use policy::{Buffers, FramingJudgedBy, HeadPolicy, Http09, Protocol, Separators};
pub(in crate::http1) use target::after_scheme;
pub(in crate::http1) use target::is_scheme;
pub use target::{has_bare_scheme, has_rootless_scheme, has_scheme};

use super::chunked::RefusedTrailers;
use super::fault::Fault;
use super::field::Name;
use scanner::Scanner;

/// Scans a request head. `bytes` are all bytes received since the end of the previous request.
///
/// The result does not depend on how the bytes were split: a prefix of a valid head is [`Scan::Partial`]. Once a head
/// is complete, bytes after it are not examined.
///
/// ```
/// use labserve_core::http1::{Fault, Scan, head};
/// use labserve_core::profile::layers;
///
/// let policy = layers::load("rfc").expect("a built-in profile").head;
/// let bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nnext";
/// let Scan::Complete(head) = head::scan(bytes, &policy) else {
///     panic!("the head is complete and valid")
/// };
/// assert_eq!(head.target.of(bytes), b"/");
/// assert_eq!(&bytes[head.len..], b"next");
///
/// assert!(matches!(head::scan(b"GET / HTTP/1.1\r\nHo", &policy), Scan::Partial(_)));
/// let refused = head::scan(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", &policy);
/// assert!(matches!(refused, Scan::Refused(Fault::FieldNameSpace, _)));
/// ```
pub fn scan(bytes: &[u8], policy: &HeadPolicy) -> Scan {
    finish(Scanner::new(bytes, policy), policy)
}

/// Scans the trailer section of a chunked body, which has the limits and faults of the field lines of a head
/// (RFC 9112 section 7.1.2). `bytes` are all bytes received after the last chunk's line.
pub fn scan_trailers(bytes: &[u8], policy: &HeadPolicy) -> Scan {
    let mut scanner = Scanner::new(bytes, policy);
    let ran = scanner.field_lines(0);
    let refused = policy.body.chunks.refused;
    let fields = &scanner.head.fields;
    // An empty field of this name does not describe the length.
    let names_length = |line: &FieldLine| refused.refuses(line.known) && !line.value.is_empty();
    let malformed = |line: &FieldLine| {
        refused != RefusedTrailers::Off
            && line.known == Some(Name::ContentLength)
            && !line.value.of(bytes).iter().all(u8::is_ascii_digit)
    };
    let framing = fields.iter().any(|line| names_length(line) || malformed(line));
    // The lines that the treatment `stop` ignores could be the start of another request.
    match ran {
        _ if framing || scanner.stopped => Scan::Refused(Fault::ChunkInvalid, scanner.head),
        Ok(true) => Scan::Complete(scanner.head),
        Ok(false) => Scan::Partial(scanner.head),
        Err(fault) => Scan::Refused(fault, scanner.head),
    }
}

/// [`scan`] without the fast path, for tests that compare the two.
#[cfg(test)]
pub(crate) fn scan_slow_path(bytes: &[u8], policy: &HeadPolicy) -> Scan {
    let mut scanner = Scanner::new(bytes, policy);
    scanner.slow_path_only = true;
    finish(scanner, policy)
}

fn finish(mut scanner: Scanner<'_>, policy: &HeadPolicy) -> Scan {
    let ran = scanner.run();
    scanner.head.has_faults = scanner.has_faults.get();
    match ran {
        Ok(true) => Scan::Complete(scanner.head),
        Ok(false) => Scan::Partial(scanner.head),
        Err(fault) => {
            if scanner.head.version == Version::Http09 && policy.full_http09_refusals {
                scanner.head.version = Version::Http10;
            }
            Scan::Refused(fault, scanner.head)
        }
    }
}

/// The result of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// The head is incomplete and has no refused fault so far. The value holds the parts found so far.
    Partial(Head),
    /// A complete head.
    Complete(Head),
    /// The head has a fault that the profile does not accept. The value holds the parts before the fault.
    Refused(Fault, Head),
}

/// The parts of a request head, as offsets into its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The request line without its line end.
    pub line: Span,
    /// The method.
    pub method: Span,
    /// The request target.
    pub target: Span,
    /// The protocol version.
    pub version: Version,
    /// The version as sent, without `HTTP/`. The whole word if it is not a version.
    pub version_text: Span,
    /// The field lines, in order.
    pub fields: Fields,
    /// The line or the part of a line with the fault, for a refused head.
    pub at_fault: Span,
    /// Whether any field uses obs-fold (RFC 9112 section 5.2).
    pub folded: bool,
    /// Whether the head has a fault that the profile accepts. The parsed head then differs from what was sent.
    pub has_faults: bool,
    /// The offset of the first field line; 0 if the request line is incomplete or refused.
    pub fields_start: usize,
    /// The length of the head in bytes, including the empty line that ends it.
    pub len: usize,
}

/// One field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLine {
    /// The name as sent.
    pub name: Span,
    /// The value without leading and trailing white space.
    pub value: Span,
    /// The value with its trailing white space.
    pub sent: Span,
    /// The name as a [`Name`], if a decision depends on this field.
    pub known: Option<Name>,
}

/// The protocol version of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/0.9: a request line without a version.
    Http09,
    /// HTTP/1.0, or a version that the profile treats as HTTP/1.0.
    Http10,
    /// HTTP/1.1, or a version that the profile treats as HTTP/1.1.
    #[default]
    Http11,
}

/// A range of offsets into the bytes of a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Self {
        // A head is far below 4 GiB: the scanner refuses one above `HeadPolicy::size`.
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The bytes of this span; empty if `bytes` is too short.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Whether the span is empty.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

#[cfg(test)]
mod tests;
