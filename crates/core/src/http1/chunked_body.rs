//! Reads a chunked body with its trailers under the rules of a profile, and rewrites it in the canonical form that
//! every parser accepts.

use super::chunked::{ChunkDecoder, ChunkFault, ChunkState, Trailers};
use super::fault::Fault;
use super::field::{Name, TokenSearch};
use super::head::{self, Head, HeadPolicy, Scan};
use super::request::Request;

/// A reader of one chunked body. It stores at most the trailer section, whose length is limited like that of a head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkedBody {
    decoder: ChunkDecoder,
    /// The part of the trailer section that has arrived.
    trailers: Vec<u8>,
    /// Whether the end of the canonical form has been written.
    ended: bool,
    /// Whether the trailers say that no request follows.
    is_last: bool,
}

impl ChunkedBody {
    /// Reads `bytes`. Returns the number of bytes that belong to the body. If that is not all of them, the body ends
    /// there, or there is a fault.
    pub fn read(&mut self, bytes: &[u8], policy: &HeadPolicy) -> usize {
        self.read_into(bytes, policy, &mut |_| {})
    }

    /// Like [`ChunkedBody::read`], and appends the body to `canonical`: sizes, line ends and the last chunk as in RFC
    /// 9112 section 7.1, without extensions and trailers. Every later parser then finds the same body.
    pub fn rewrite(&mut self, bytes: &[u8], policy: &HeadPolicy, canonical: &mut Vec<u8>) -> usize {
        let read = self.read_into(bytes, policy, &mut |content| {
            canonical.extend_from_slice(format!("{:x}\r\n", content.len()).as_bytes());
            canonical.extend_from_slice(content);
            canonical.extend_from_slice(b"\r\n");
        });
        if self.is_complete() && !self.ended {
            self.ended = true;
            canonical.extend_from_slice(b"0\r\n\r\n");
        }
        read
    }

    fn read_into(&mut self, bytes: &[u8], policy: &HeadPolicy, content: &mut dyn FnMut(&[u8])) -> usize {
        let chunks = &policy.body.chunks;
        let read = self.decoder.decode_into(bytes, chunks, content);
        if chunks.trailers == Trailers::Lines || self.decoder.state() != ChunkState::TrailerStart {
            return read;
        }
        let rest = &bytes[read..];
        let before = self.trailers.len();
        self.trailers.extend_from_slice(rest);
        if chunks.trailers == Trailers::WholeSection && !is_whole(&self.trailers) {
            if self.trailers.len() >= LONGEST_SECTION {
                self.decoder.trailers_end(Some(Fault::HeadTooLarge));
                return read;
            }
            return bytes.len();
        }
        match head::scan_trailers(&self.trailers, policy) {
            Scan::Partial(_) => bytes.len(),
            Scan::Refused(fault, _) => {
                self.decoder.trailers_end(Some(fault));
                read
            }
            Scan::Complete(head) => {
                self.decoder.trailers_end(None);
                self.is_last = chunks.close_in_trailers && lists_close(&self.trailers, &head);
                self.trailers = Vec::new();
                read + head.len.saturating_sub(before)
            }
        }
    }

    /// The maximum number of bytes that the next read may take if the server's buffer has `size` bytes and still holds
    /// bytes that cannot be checked yet.
    pub fn room(&self, size: usize, policy: &HeadPolicy) -> usize {
        let chunks = &policy.body.chunks;
        let section = match chunks.trailers {
            Trailers::WholeSection => self.trailers.len(),
            Trailers::Fields | Trailers::Lines => 0,
        };
        size.saturating_sub(self.decoder.waiting(chunks) + section).max(1)
    }

    /// Whether the body is complete.
    pub fn is_complete(&self) -> bool {
        self.decoder.is_complete()
    }

    /// Whether its trailers say that no request follows, under a policy that heeds them
    /// ([`ChunkPolicy::close_in_trailers`](super::chunked::ChunkPolicy::close_in_trailers)).
    pub fn is_last(&self) -> bool {
        self.is_last
    }

    /// The fault that ended the body, if any.
    pub fn fault(&self) -> Option<ChunkFault> {
        self.decoder.fault()
    }

    /// The number of content bytes so far.
    pub fn content(&self) -> u64 {
        self.decoder.content()
    }
}

/// The maximum length in bytes of a trailer section that is parsed only when it is complete.
const LONGEST_SECTION: usize = 4096;

/// Whether a trailer section is empty or contains the two CRLFs that end it.
fn is_whole(section: &[u8]) -> bool {
    section.starts_with(b"\r\n") || {
        let within = &section[..section.len().min(LONGEST_SECTION)];
        memchr::memmem::find(within, b"\r\n\r\n").is_some()
    }
}

/// Whether a field about the connection has the option `close`.
fn lists_close(bytes: &[u8], trailers: &Head) -> bool {
    let trailers = Request::new(bytes, trailers);
    [Name::Connection, Name::ProxyConnection]
        .into_iter()
        .flat_map(|name| trailers.all(name))
        .any(|value| TokenSearch::List.finds(value, b"close"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::layers::{Layer, Stack};

    const LINES: &str = r#"
        [request_body.chunks]
        max_size = "9223372036854775802"
        line_ends = "lf"
        size_space = "begins-extension"
        trailers = "lines"
    "#;
    const SPACES: &str = r#"
        faults.field.fold = "accept"
        [request_body.chunks]
        max_spaces = 10
        extension_syntax = "no-controls"
    "#;
    const LAX: &str = r#"
        faults.field.name.space = "accept"
        [request_body.chunks]
        size_space = "space-begins-extension"
        extension_syntax = "text"
        refused_trailers = "coding"
    "#;
    const STRICT: &str = r#"
        [request_body.chunks]
        size_space = "refused"
        extension_syntax = "tokens"
        refused_trailers = "framing"
    "#;

    const WHOLE: &str = r#"
        request_body.chunks.trailers = "whole-section"
        faults.bare_lf = "accept"
    "#;

    /// Returns the number of bytes read, the canonical form, and whether the body is complete or its fault. `keys` are
    /// keys of a profile; without any, the rules of RFC 9112 apply.
    fn read(keys: &str, body: &str) -> (usize, String, Result<bool, ChunkFault>) {
        let layer = Layer::parse("keys", keys).expect("keys");
        let policy = Stack::of("keys", layer).build().expect("a profile").head;
        let run = |pieces: &[&str]| {
            let (mut read, mut canonical, mut chunks) = (0, Vec::new(), ChunkedBody::default());
            for piece in pieces {
                let count = chunks.rewrite(piece.as_bytes(), &policy, &mut canonical);
                read += count;
                if count < piece.len() || chunks.fault().is_some() {
                    break;
                }
            }
            let end = chunks.fault().map_or(Ok(chunks.is_complete()), Err);
            (
                read,
                String::from_utf8_lossy(&canonical).into_owned(),
                end,
                chunks.content(),
            )
        };
        let whole = run(&[body]);
        for cut in (0..=body.len()).filter(|cut| body.is_char_boundary(*cut)) {
            let cut_up = run(&[&body[..cut], &body[cut..]]);
            assert_eq!((cut_up.2, cut_up.3), (whole.2, whole.3), "{keys} {body:?} cut at {cut}");
            if whole.2.is_ok() {
                assert_eq!(cut_up.0, whole.0, "{keys} {body:?} cut at {cut}");
            }
        }
        (whole.0, whole.1, whole.2)
    }

    #[test]
    fn what_a_profile_accepts_becomes_canonical() {
        let hello = "5\r\nhello\r\n0\r\n\r\n";
        for (keys, body) in [
            ("", "5\r\nhello\r\n0\r\n\r\n"),
            ("", "005 ;a=\"b\"\r\nhello\r\n00;z\r\nA: b\r\n\r\n"),
            (LINES, "5 x\nhello\n0\nno field\n\n"),
            (SPACES, "5\t  ;x\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n"),
            (LAX, "5 x\r\nhello\r\n0\r\nA : b\r\n\r\n"),
            (WHOLE, "5\r\nhello\r\n0\r\nA: b\r\n\r\n"),
            (WHOLE, "5\r\nhello\r\n0\r\n\r\n"),
        ] {
            let next = format!("{body}GET");
            assert_eq!(
                read(keys, &next),
                (body.len(), hello.to_owned(), Ok(true)),
                "{keys} {body:?}"
            );
        }
    }

    #[test]
    fn a_section_that_is_read_as_a_whole_is_waited_for() {
        for (body, want) in [
            ("0\r\nno field\r\n", Ok(false)),
            ("0\r\nA: b\n\n", Ok(false)),
            ("0\r\n\n", Ok(false)),
        ] {
            assert_eq!(read(WHOLE, body).2, want, "{body:?}");
        }
        for body in [
            "0\r\nno field\r\n\r\n".to_owned(),
            format!("0\r\nA: {}\r\n\r\n", "b".repeat(4096)),
        ] {
            assert!(read(WHOLE, &body).2.is_err(), "{body:?}");
        }
    }

    #[test]
    fn close_in_a_trailer_counts_where_the_profile_says_so() {
        let listens = "[request_body.chunks]\nclose_in_trailers = true";
        for (keys, trailers, is_last) in [
            (listens, "Connection: close\r\n", true),
            (listens, "A: b\r\nproxy-connection: x, Close\r\n", true),
            (listens, "Connection: keep-alive\r\nConnection: close\r\n", true),
            (listens, "Connection: keep-alive\r\n", false),
            (listens, "Close: close\r\n", false),
            (listens, "", false),
            ("", "Connection: close\r\n", false),
        ] {
            let layer = Layer::parse("keys", keys).expect("keys");
            let policy = Stack::of("keys", layer).build().expect("a profile").head;
            let mut body = ChunkedBody::default();
            for byte in format!("5\r\nhello\r\n0\r\n{trailers}\r\n").bytes() {
                assert!(!body.is_last());
                body.read(&[byte], &policy);
            }
            assert!(body.is_complete());
            assert_eq!(body.is_last(), is_last, "{keys} {trailers:?}");
        }
    }

    #[test]
    fn what_a_profile_does_not_accept_has_a_fault() {
        for (keys, body) in [
            ("", "5 x\r\nhello\r\n0\r\n\r\n"),
            ("", "5\nhello\r\n0\r\n\r\n"),
            ("", "0\r\nno field\r\n\r\n"),
            (LINES, "g\r\n"),
            (LINES, "7fffffffffffffff\r\n"),
            (SPACES, "5           \r\nhello\r\n0\r\n\r\n"),
            (SPACES, "5;\u{1}\r\nhello\r\n0\r\n\r\n"),
            (LAX, "5\tx\r\n"),
            (LAX, "0\r\nTransfer-Encoding: gzip\r\n\r\n"),
            (STRICT, "5;\r\nhello\r\n0\r\n\r\n"),
            (STRICT, "5 \r\nhello\r\n0\r\n\r\n"),
            (STRICT, "5; x=y\r\nhello\r\n0\r\n\r\n"),
            (STRICT, "0\r\nContent-Length: 5\r\n\r\n"),
        ] {
            assert!(read(keys, body).2.is_err(), "{keys} {body:?}");
        }
    }
}
