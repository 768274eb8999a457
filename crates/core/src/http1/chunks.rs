//! Follows the framing of a chunked body (RFC 9112 section 7.1), to tell where in it a fault lies.
//!
//! It does not judge: whether a body is well-formed is hyper's to say. It only refuses sizes that cannot be meant.

/// Where in a chunked body a walk has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Before a chunk's size.
    #[default]
    Before,
    /// In a chunk's size.
    Size,
    /// Behind the size, in the same line.
    Extension,
    /// At the line feed of that line.
    LineEnd,
    /// In a chunk's data.
    Data,
    /// At the CR behind the data, and then at the LF.
    DataEnd,
    /// Behind the last chunk.
    Trailer,
    /// Where no chunk goes on: it walks no further.
    Fault,
}

/// A walk through a chunked body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunks {
    place: Place,
    /// The chunk's size, or how much of it is still to come.
    size: u64,
    too_large: bool,
}

impl Chunks {
    /// Where it is.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether there was a size of 2^63 or more: that of no file.
    pub fn too_large(&self) -> bool {
        self.too_large
    }

    /// Walks on over these bytes.
    pub fn follow(&mut self, mut bytes: &[u8]) {
        while let Some((byte, rest)) = bytes.split_first() {
            if matches!(self.place, Place::Trailer | Place::Fault) {
                return;
            }
            if self.place == Place::Data && self.size > 0 {
                let step = usize::try_from(self.size).unwrap_or(usize::MAX).min(bytes.len());
                self.size -= step as u64;
                bytes = &bytes[step..];
                continue;
            }
            self.place = self.step(*byte);
            bytes = rest;
        }
    }

    fn step(&mut self, byte: u8) -> Place {
        match (self.place, byte) {
            (Place::Before | Place::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                if self.size >> 59 != 0 {
                    self.too_large = true;
                    return Place::Fault;
                }
                self.size = self.size << 4 | u64::from((byte as char).to_digit(16).unwrap_or(0));
                Place::Size
            }
            (Place::Size | Place::Extension, b'\r') => Place::LineEnd,
            (Place::Size, b' ' | b'\t' | b';') => Place::Extension,
            (Place::Extension, b) if b != b'\n' => Place::Extension,
            (Place::LineEnd, b'\n') if self.size == 0 => Place::Trailer,
            (Place::LineEnd, b'\n') => Place::Data,
            (Place::Data, b'\r') => Place::DataEnd,
            (Place::DataEnd, b'\n') => Place::Before,
            _ => Place::Fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_known_in_every_split() {
        for (body, place, too_large) in [
            ("", Place::Before, false),
            ("5", Place::Size, false),
            ("5;a=b", Place::Extension, false),
            ("5\r", Place::LineEnd, false),
            ("5\rh", Place::Fault, false),
            ("0x5\r\n", Place::Fault, false),
            ("\r\n", Place::Fault, false),
            ("5\n", Place::Fault, false),
            ("5\r\nhello!", Place::Fault, false),
            ("5\r\nhe", Place::Data, false),
            ("5\r\nhello", Place::Data, false),
            ("5\r\nhello\r", Place::DataEnd, false),
            ("5\r\nhello\r\n", Place::Before, false),
            ("a\r\n0123456789\r\n0\r\n", Place::Trailer, false),
            ("0\r\nX: 1\r\n\r\nGET", Place::Trailer, false),
            ("000000000000000000005\r\n", Place::Data, false),
            ("7fffffffffffffff\r\n", Place::Data, false),
            ("8000000000000000", Place::Fault, true),
            ("ffffffffffffffffff", Place::Fault, true),
        ] {
            for cut in 0..=body.len() {
                let mut chunks = Chunks::default();
                chunks.follow(&body.as_bytes()[..cut]);
                chunks.follow(&body.as_bytes()[cut..]);
                assert_eq!(
                    (chunks.place(), chunks.too_large()),
                    (place, too_large),
                    "{body} cut at {cut}"
                );
            }
        }
    }
}
