//! The request line that nearly every request has: a known method other than CONNECT, one space, a path of visible ASCII, one space, `HTTP/1.1`
//! or `HTTP/1.0`, CR LF. No profile finds a fault in it, so its parts are known without judging it twice.
//!
//! Knows this one form only; whatever differs from it in a byte is left to the modules that judge. That both ways come to
//! the same is tested for every profile.

use super::policy::HeadPolicy;
use super::scanner::Scanner;
use super::{Span, Version};
use crate::http1::fault::Fault;

/// Where the parts of a usual request line are, as offsets into the head.
#[derive(Clone, Copy, Debug)]
pub(super) struct FastLine {
    method: Span,
    target: Span,
    version_text: Span,
    version: Version,
    /// The line's end, without the line end.
    pub(super) end: usize,
}

impl FastLine {
    /// The line that begins at `start`, if it is complete and a usual one.
    pub(super) fn of(bytes: &[u8], start: usize, policy: &HeadPolicy) -> Option<FastLine> {
        let rest = &bytes[start..];
        let end = memchr::memchr(b'\r', rest)?;
        let line = &rest[..end];
        // A line that is longer than what is looked at before it has ended is judged in parts.
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
        (is_path && is_word() && is_known() && !is_connect()).then(|| FastLine {
            method: Span::new(start, start + method_end),
            target: Span::new(start + method_end + 1, start + target_end),
            version_text: Span::new(start + target_end + 1, start + end),
            version,
            end: start + end,
        })
    }
}

impl Scanner<'_> {
    /// Notes what is known of a usual line before it has ended.
    pub(super) fn unfinished_fast_line(&mut self, line: &FastLine) -> Result<(), Fault> {
        self.head.method = line.method;
        self.head.at_fault = line.target;
        self.check_counted(line.target.of(self.bytes).len())
    }

    /// Takes the parts of a usual line.
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
