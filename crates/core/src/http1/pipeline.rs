//! Scans the input after a request for pipelined requests (RFC 9112 section 9.3.2).
//!
//! Some servers parse everything that a read returned before they respond to the first request. In such a server a fault
//! in a later request can discard the responses to earlier ones. [`look_ahead`] finds such a fault; the caller decides
//! what it means.

use super::fault::Fault;
use super::head::{self, Head, HeadPolicy, Scan};
use super::request::{Framing, Request};

/// What the input contains after a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pipelined {
    /// Complete requests or nothing. Empty lines may follow them.
    Whole,
    /// The input ends inside a head or a body.
    Partial,
    /// A request with this fault begins at this offset. The fault may be in its head or in its chunked body.
    Fault(usize, Fault, Head),
    /// A CONNECT request begins at this offset. The bytes after it belong to a tunnel, not to HTTP.
    Connect(usize, Head),
}

/// Scans `input`, which begins with the request of `head`, up to the first fault, the end of the input, or a request for
/// which `is_last` returns true because the connection closes after it.
pub fn look_ahead(input: &[u8], head: &Head, policy: &HeadPolicy, is_last: impl Fn(&Request<'_>) -> bool) -> Pipelined {
    let mut at = 0;
    let mut head = head.clone();
    loop {
        let request = Request::new(&input[at..], &head);
        if let Some(fault) = request.fault(policy).filter(|f| f.breaks_framing()) {
            return Pipelined::Fault(at, fault, head);
        }
        match request.method() {
            b"CONNECT" if at > 0 => return Pipelined::Connect(at, head),
            b"CONNECT" => return Pipelined::Whole,
            _ if request.asks_to_upgrade() => return Pipelined::Whole,
            _ => {}
        }
        let body = &input[at + head.len..];
        let length = match request.framing(&policy.body) {
            Framing::None => 0,
            Framing::Length(length) => match usize::try_from(length) {
                Ok(length) if length <= body.len() => length,
                _ => return Pipelined::Partial,
            },
            Framing::Chunked => match chunks(body) {
                Chunks::Complete(length) => length,
                Chunks::Partial => return Pipelined::Partial,
                Chunks::Invalid => return Pipelined::Fault(at, Fault::ChunkInvalid, head),
            },
        };
        if is_last(&request) {
            return Pipelined::Whole;
        }
        at += head.len + length;
        let rest = &input[at..];
        if rest.iter().all(|b| matches!(b, b'\r' | b'\n')) {
            return Pipelined::Whole;
        }
        match head::scan(rest, policy) {
            Scan::Complete(next) => head = next,
            Scan::Partial { .. } => return Pipelined::Partial,
            Scan::Refused(fault, next) => return Pipelined::Fault(at, fault, next),
        }
    }
}

/// What a look for the end of a chunked body found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunks {
    /// The body is complete, and takes up so many bytes.
    Complete(usize),
    /// Nothing is wrong with it so far.
    Partial,
    /// It is no chunked body.
    Invalid,
}

/// Looks for the end of the chunked body that `bytes` begin with. What is strict here can at worst refuse a request that
/// hyper, which reads the body, would have read.
fn chunks(bytes: &[u8]) -> Chunks {
    let mut at = 0;
    loop {
        let digits = bytes[at..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let Some(size) = size(&bytes[at..at + digits]) else {
            return Chunks::Invalid;
        };
        at += digits;
        // Extensions begin with a semicolon, or with a space before it.
        let plain = |b: &&u8| matches!(b, b'\t' | b' '..=b'~' | 0x80..);
        match bytes.get(at) {
            Some(_) if digits == 0 => return Chunks::Invalid,
            Some(b';' | b' ') => at += bytes[at..].iter().take_while(plain).count(),
            _ => {}
        }
        match line_end(&bytes[at..]) {
            Chunks::Complete(n) => at += n,
            other => return other,
        }
        if size == 0 {
            return trailers(bytes, at);
        }
        let Some(rest) = usize::try_from(size).ok().and_then(|size| bytes[at..].get(size..)) else {
            return Chunks::Partial;
        };
        at = bytes.len() - rest.len();
        match line_end(rest) {
            Chunks::Complete(n) => at += n,
            other => return other,
        }
    }
}

/// `None` if it is too large; zero for no digits.
fn size(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |n, d| {
        let digit = char::from(*d).to_digit(16)?;
        n.checked_mul(16)?.checked_add(u64::from(digit))
    })
}

fn line_end(bytes: &[u8]) -> Chunks {
    match bytes {
        [b'\r', b'\n', ..] => Chunks::Complete(2),
        [] | [b'\r'] => Chunks::Partial,
        _ => Chunks::Invalid,
    }
}

/// The lines behind the last chunk, up to an empty one. What they say is not looked at.
fn trailers(bytes: &[u8], mut at: usize) -> Chunks {
    loop {
        if let Chunks::Complete(n) = line_end(&bytes[at..]) {
            return Chunks::Complete(at + n);
        }
        let Some(lf) = memchr::memchr(b'\n', &bytes[at..]) else {
            return Chunks::Partial;
        };
        if lf == 0 || bytes[at + lf - 1] != b'\r' {
            return Chunks::Invalid;
        }
        at += lf + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_chunked_body() {
        use Chunks::*;
        for (bytes, want) in [
            (&b"5\r\nhello\r\n0\r\n\r\nGET"[..], Complete(15)),
            (b"005;a=\"b\"\r\nhello\r\n0 ;x\r\nT r: x\r\n\r\n", Complete(34)),
            (b"0\r\n\r\n", Complete(5)),
            (b"0x5\r\nhello\r\n", Invalid),
            (b"+5\r\nhello\r\n", Invalid),
            (b"\r\n", Invalid),
            (b"5\nhello", Invalid),
            (b"4\r\nhello\r\n", Invalid),
            (b"6\r\nhello\r\n0\r\n", Invalid),
            (b"10000000000000000\r\n", Invalid),
            (b"8000000000000000\r\nx", Partial),
            (b"", Partial),
            (b"5", Partial),
            (b"5\r", Partial),
            (b"5\r\nhel", Partial),
            (b"5\r\nhello", Partial),
            (b"0\r\nA: b\r\n", Partial),
            (b"0\r\nA: b\n\n", Invalid),
        ] {
            assert_eq!(chunks(bytes), want, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
