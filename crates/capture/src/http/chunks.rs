//! Where a chunked body ends (RFC 9112 section 7.1). The content of the chunks is not kept.

/// State of a chunked body. Each variant has what it needs to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkedBody {
    /// In the digits of a chunk size; the value so far.
    Size(u64),
    /// After the digits, up to the end of the line; the size.
    Extension(u64),
    /// In chunk data; number of bytes left, without the line end after them.
    Data(u64),
    /// In the line end after the data.
    DataEnd,
    /// In the trailer section; length of the current line.
    Trailer(u32),
    /// The body is complete.
    Complete,
    /// The bytes are not a chunked body.
    Malformed,
}

impl ChunkedBody {
    pub(super) fn new() -> ChunkedBody {
        ChunkedBody::Size(0)
    }

    /// Reads bytes, and returns how many belong to the body.
    pub(super) fn read(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            if let ChunkedBody::Data(left) = self {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                at += count;
                self.skip(count as u64);
                continue;
            }
            match self.next(bytes[at]) {
                ChunkedBody::Malformed => {
                    *self = ChunkedBody::Malformed;
                    return at;
                }
                ChunkedBody::Complete => {
                    *self = ChunkedBody::Complete;
                    return at + 1;
                }
                next => *self = next,
            }
            at += 1;
        }
        at
    }

    /// Skips bytes that were not captured; false if they are not all chunk data, so that the state is lost.
    pub(super) fn skip(&mut self, count: u64) -> bool {
        match self {
            ChunkedBody::Data(left) if count < *left => *left -= count,
            ChunkedBody::Data(left) if count == *left => *self = ChunkedBody::DataEnd,
            _ => return count == 0,
        }
        true
    }

    /// The state after one byte. A bare LF is accepted as a line end.
    fn next(self, byte: u8) -> ChunkedBody {
        let sized = |size| {
            if size == 0 {
                ChunkedBody::Trailer(0)
            } else {
                ChunkedBody::Data(size)
            }
        };
        match (self, byte) {
            (ChunkedBody::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).unwrap_or(0);
                match size.checked_mul(16) {
                    Some(size) => ChunkedBody::Size(size | u64::from(digit)),
                    None => ChunkedBody::Malformed,
                }
            }
            (ChunkedBody::Size(size) | ChunkedBody::Extension(size), b'\n') => sized(size),
            (ChunkedBody::Size(size), b';' | b' ' | b'\t' | b'\r') => ChunkedBody::Extension(size),
            (ChunkedBody::Extension(size), _) => ChunkedBody::Extension(size),
            (ChunkedBody::DataEnd, b'\r') => ChunkedBody::DataEnd,
            (ChunkedBody::DataEnd, b'\n') => ChunkedBody::Size(0),
            (ChunkedBody::Trailer(0), b'\n') => ChunkedBody::Complete,
            (ChunkedBody::Trailer(_), b'\n') => ChunkedBody::Trailer(0),
            (ChunkedBody::Trailer(count), b'\r') => ChunkedBody::Trailer(count),
            (ChunkedBody::Trailer(count), _) => ChunkedBody::Trailer(count.saturating_add(1)),
            _ => ChunkedBody::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_ends_after_its_trailers() {
        for (bytes, want, state) in [
            ("5\r\nhello\r\n0\r\n\r\nHTTP", 15, ChunkedBody::Complete),
            ("5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n", 25, ChunkedBody::Complete),
            ("5\nhello\n0\n\n", 11, ChunkedBody::Complete),
            ("1F\r\nabc", 7, ChunkedBody::Data(28)),
            ("5\r\nhelloX", 8, ChunkedBody::Malformed),
            ("x", 0, ChunkedBody::Malformed),
            ("11111111111111111", 16, ChunkedBody::Malformed),
        ] {
            let mut whole = ChunkedBody::new();
            assert_eq!((whole.read(bytes.as_bytes()), whole), (want, state), "{bytes:?}");
            let mut split = ChunkedBody::new();
            let mut read = 0;
            for byte in bytes.as_bytes() {
                match split.read(std::slice::from_ref(byte)) {
                    0 => break,
                    count => read += count,
                }
                if split == ChunkedBody::Complete {
                    break;
                }
            }
            assert_eq!((read, split), (want, state), "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn only_data_can_be_skipped() {
        let mut body = ChunkedBody::new();
        body.read(b"5\r\nh");
        assert!(body.skip(2) && body == ChunkedBody::Data(2));
        assert!(!body.skip(3));
        assert!(body.skip(2) && body == ChunkedBody::DataEnd);
        assert!(!body.skip(1));
    }
}
