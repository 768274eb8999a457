//! The head scanner: where a request head ends, what its parts are, and the first thing that is wrong with it.
//!
//! It knows RFC 9112's grammar and the ways in which real servers are more tolerant than it. It does not know what a
//! field means (that is [`super::request`]), and it keeps nothing: it is called with all bytes of the head so far, as
//! often as more of them arrive. Spans are offsets into those bytes, so a head stays valid while its buffer is moved.
//!
//! [`scan`] is the way in. [`policy`] is what a profile says; the other modules are the parts of one scanner, in the order
//! of the bytes: `scanner` goes from line to line, `request_line`, `target` and `version` read the first, `field_lines`
//! and `field_line` the others, `unfinished` looks at a line of which only a part has come, and
//! `fast_path` knows the line that most requests have.

mod fast_path;
mod field_line;
mod field_lines;
mod header_buffers;
pub mod policy;
mod request_line;
mod scanner;
mod target;
mod unfinished;
mod version;

pub use policy::{Buffers, HeadPolicy, Http09, Separators};
pub(in crate::http1) use target::behind_scheme;
pub use target::{has_bare_scheme, has_scheme};

use super::fault::Fault;
use super::field::Name;
use scanner::Scanner;

/// Scans the bytes received so far for a request head.
pub fn scan(bytes: &[u8], policy: &HeadPolicy) -> Scan {
    finish(Scanner::new(bytes, policy), policy)
}

/// The same without a shortcut for what is usual.
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

/// What the scanner found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// The head is not complete yet, and nothing is wrong with it so far; the head holds what had been read of it.
    Partial(Head),
    /// A complete head.
    Complete(Head),
    /// The profile does not accept this fault; the head holds what had been read of it.
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
    /// The version.
    pub version: Version,
    /// The digits behind `HTTP/`, as spelled.
    pub version_text: Span,
    /// The field lines, in order.
    pub fields: Vec<FieldLine>,
    /// The field line that a fault is about.
    pub at_fault: Span,
    /// Whether a field goes on over more than one line.
    pub folded: bool,
    /// Whether a fault was let pass: what was sent is more, less or other than what was read.
    pub has_faults: bool,
    /// The first field's offset; 0 while the request line is not complete, or is refused.
    pub fields_start: usize,
    /// How many bytes the head takes up, with the empty line that ends it.
    pub len: usize,
}

/// One field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLine {
    /// The name, as spelled.
    pub name: Span,
    /// The value, without white space around it.
    pub value: Span,
    /// The value with the white space behind it.
    pub sent: Span,
    /// Which field it is, if it is one that a decision depends on.
    pub known: Option<Name>,
}

/// The protocol version that a request line names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// No version at all: HTTP/0.9.
    Http09,
    /// HTTP/1.0, and what is taken for it.
    Http10,
    /// HTTP/1.1, and what is taken for it.
    #[default]
    Http11,
}

/// A stretch of the head's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        // A head never comes near 4 GiB: the scanner gives up at `HeadPolicy::size`.
        Span {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The bytes of this span in `bytes`; empty if they do not reach that far.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Whether the span holds nothing.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

#[cfg(test)]
mod tests;
