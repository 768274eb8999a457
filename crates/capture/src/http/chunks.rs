//! Where a chunked body ends (RFC 9112 section 7.1). Counts; keeps nothing.

/// How far a chunked body has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunks {
    /// In the digits of a size; so far this.
    Size(u64),
    /// Behind the digits, up to the line's end.
    Extension(u64),
    /// So many bytes of data are left, and the line end behind them.
    Data(u64),
    /// In the line end behind the data.
    DataEnd,
    /// In the trailers; how many bytes the line has so far.
    Trailer(u32),
    /// The end has been read.
    Done,
    /// It is no chunked body.
    Broken,
}

impl Chunks {
    pub(super) fn new() -> Chunks {
        Chunks::Size(0)
    }

    /// Reads on; how many bytes belong to the body.
    pub(super) fn read(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            if let Chunks::Data(left) = self {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                at += count;
                self.skip(count as u64);
                continue;
            }
            match self.next(bytes[at]) {
                Chunks::Broken => {
                    *self = Chunks::Broken;
                    return at;
                }
                Chunks::Done => {
                    *self = Chunks::Done;
                    return at + 1;
                }
                next => *self = next,
            }
            at += 1;
        }
        at
    }

    /// Passes over bytes that were not captured; false if they were not all data.
    pub(super) fn skip(&mut self, count: u64) -> bool {
        match self {
            Chunks::Data(left) if count < *left => *left -= count,
            Chunks::Data(left) if count == *left => *self = Chunks::DataEnd,
            _ => return count == 0,
        }
        true
    }

    fn next(self, byte: u8) -> Chunks {
        let sized = |size| {
            if size == 0 {
                Chunks::Trailer(0)
            } else {
                Chunks::Data(size)
            }
        };
        match (self, byte) {
            (Chunks::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).unwrap_or(0);
                match size.checked_mul(16) {
                    Some(size) => Chunks::Size(size | u64::from(digit)),
                    None => Chunks::Broken,
                }
            }
            (Chunks::Size(size) | Chunks::Extension(size), b'\n') => sized(size),
            (Chunks::Size(size), b';' | b' ' | b'\t' | b'\r') => Chunks::Extension(size),
            (Chunks::Extension(size), _) => Chunks::Extension(size),
            (Chunks::DataEnd, b'\r') => Chunks::DataEnd,
            (Chunks::DataEnd, b'\n') => Chunks::Size(0),
            (Chunks::Trailer(0), b'\n') => Chunks::Done,
            (Chunks::Trailer(_), b'\n') => Chunks::Trailer(0),
            (Chunks::Trailer(count), b'\r') => Chunks::Trailer(count),
            (Chunks::Trailer(count), _) => Chunks::Trailer(count.saturating_add(1)),
            _ => Chunks::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_ends_behind_its_trailers() {
        for (bytes, want, state) in [
            ("5\r\nhello\r\n0\r\n\r\nHTTP", 15, Chunks::Done),
            ("5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n", 25, Chunks::Done),
            ("5\nhello\n0\n\n", 11, Chunks::Done),
            ("1F\r\nabc", 7, Chunks::Data(28)),
            ("5\r\nhelloX", 8, Chunks::Broken),
            ("x", 0, Chunks::Broken),
            ("11111111111111111", 16, Chunks::Broken),
        ] {
            let mut whole = Chunks::new();
            assert_eq!((whole.read(bytes.as_bytes()), whole), (want, state), "{bytes:?}");
            let mut pieces = Chunks::new();
            let mut read = 0;
            for byte in bytes.as_bytes() {
                match pieces.read(std::slice::from_ref(byte)) {
                    0 => break,
                    count => read += count,
                }
                if pieces == Chunks::Done {
                    break;
                }
            }
            assert_eq!((read, pieces), (want, state), "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn only_data_can_be_passed_over() {
        let mut chunks = Chunks::new();
        chunks.read(b"5\r\nh");
        assert!(chunks.skip(2) && chunks == Chunks::Data(2));
        assert!(!chunks.skip(3));
        assert!(chunks.skip(2) && chunks == Chunks::DataEnd);
        assert!(!chunks.skip(1));
    }
}
