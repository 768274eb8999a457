//! The fast path for the form of request line that nearly every request has: a known method other than CONNECT, one
//! space, a path of visible ASCII characters, one space, `HTTP/1.1` or `HTTP/1.0`, CRLF.
//!
//! No profile finds a fault in such a line, so its parts need no further checks. A line that differs in any byte takes
//! the slow path. A test compares both paths under every profile.

use super::policy::HeadPolicy;
use super::scanner::Scanner;
use super::{Span, Version};
use crate::http1::fault::Fault;

/// The parts of a request line that qualifies for the fast path, as offsets into the head.
#[derive(Clone, Copy, Debug)]
pub(super) struct FastLine {
    method: Span,
    target: Span,
    version_text: Span,
    version: Version,
    /// The offset of the line end.
    pub(super) end: usize,
}

impl FastLine {
    /// The line that begins at `start`, if it is complete and has the form above.
    pub(super) fn of(bytes: &[u8], start: usize, policy: &HeadPolicy) -> Option<Self> {
        let rest = &bytes[start..];
        let end = memchr::memchr(b'\r', rest)?;
        let line = &rest[..end];
        // A longer line may be refused before its end has arrived, so the slow path must check it.
        let longest = policy.buffers.map_or(policy.line, |buffers| buffers.size);
        if rest.get(end + 1) != Some(&b'\n') || line.len() > longest {
            return None;
        }
        let method_end = memchr::memchr(b' ', line)?;
        let method = &line[..method_end];
        // " HTTP/1.1"
        let target_end = line.len().checked_sub(9)?;
        let target = line.get(method_end + 1..target_end)?;
        let version = match &line[target_end..] {
            b" HTTP/1.1" => Version::Http11,
            b" HTTP/1.0" => Version::Http10,
            _ => return None,
        };
        let is_path = target.first() == Some(&b'/')
            && target
                .iter()
                .fold(true, |is, b| is & (matches!(b, b'!'..=b'~') & (*b != b'#')));
        let is_known = || policy.methods.iter().any(|known| known.as_bytes() == method);
        let is_word = || method.iter().all(u8::is_ascii_uppercase) && !method.is_empty();
        let is_connect = || method == b"CONNECT";
        // An escape may be malformed.
        let is_checked = || policy.faults.accepts(Fault::TargetSyntax) || memchr::memchr(b'%', target).is_none();
        (is_path && is_checked() && is_word() && is_known() && !is_connect()).then(|| Self {
            method: Span::new(start, start + method_end),
            target: Span::new(start + method_end + 1, start + target_end),
            version_text: Span::new(start + target_end + 1, start + end),
            version,
            end: start + end,
        })
    }
}

impl Scanner<'_> {
    /// Performs the checks that a byte-wise parser makes before the line has ended.
    pub(super) fn unfinished_fast_line(&mut self, line: &FastLine) -> Result<(), Fault> {
        self.head.method = line.method;
        self.head.at_fault = line.target;
        self.check_counted(line.target.of(self.bytes).len())
    }

    /// Stores the parts of the line in the head.
    pub(super) fn fast_line(&mut self, start: usize, line: &FastLine) -> Result<(), Fault> {
        self.head.line = Span::new(start, line.end);
        self.head.method = line.method;
        self.head.target = line.target;
        self.head.version_text = line.version_text;
        self.head.version = line.version;
        self.head.at_fault = line.target;
        self.count(line.target.of(self.bytes).len())
    }
}
