//! The bytes of a file, decompressed if the file is compressed with gzip or zstd.

use super::zstd::{self, Peeked, Zstd};
use flate2::read::MultiGzDecoder;
use std::io::{self, ErrorKind, Read};

/// Size of one read from the decompressor. At damaged data it drops everything that it has decompressed in the same
/// call, so a small read loses little.
const DECOMPRESS_STEP: usize = 512;

/// The bytes of a file.
pub(super) enum Source<R: Read> {
    Plain(Peeked<R>),
    Gzip {
        decoder: Box<MultiGzDecoder<Peeked<R>>>,
        /// An error that is returned after the bytes before it have been handed out.
        failed: Option<io::Error>,
    },
    Zstd(Zstd<R>),
}

impl<R: Read> Source<R> {
    /// Recognizes gzip by the first two bytes (RFC 1952 section 2.3.1), zstd by the first four.
    pub(super) fn open(mut reader: R) -> io::Result<Self> {
        let mut begin = vec![0; zstd::MAGIC.len()];
        let mut have = 0;
        while have < begin.len() {
            match reader.read(&mut begin[have..]) {
                Ok(0) => break,
                Ok(count) => have += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        begin.truncate(have);
        let (is_gzip, is_zstd) = (begin.starts_with(&[0x1f, 0x8b]), begin == zstd::MAGIC);
        let whole = Peeked::new(begin, reader);
        Ok(match (is_gzip, is_zstd) {
            (true, _) => Self::Gzip {
                decoder: Box::new(MultiGzDecoder::new(whole)),
                failed: None,
            },
            (_, true) => Self::Zstd(Zstd::new(whole)),
            _ => Self::Plain(whole),
        })
    }

    pub(super) fn is_gzip(&self) -> bool {
        matches!(self, Self::Gzip { .. })
    }

    pub(super) fn is_zstd(&self) -> bool {
        matches!(self, Self::Zstd(_))
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (decoder, failed) = match self {
            Self::Plain(reader) => return reader.read(into),
            Self::Zstd(reader) => return reader.read(into),
            Self::Gzip { decoder, failed } => (decoder, failed),
        };
        let mut have = 0;
        while have < into.len() && failed.is_none() {
            let end = into.len().min(have + DECOMPRESS_STEP);
            match decoder.read(&mut into[have..end]) {
                Ok(0) => return Ok(have),
                Ok(count) => have += count,
                Err(error) => *failed = Some(error),
            }
        }
        match failed.take_if(|_| have == 0) {
            Some(error) => Err(error),
            None => Ok(have),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    #[test]
    fn damaged_data_is_unpacked_up_to_the_damage() {
        // Varying numbers: repetitive text would compress to so few bytes that the damage would hit all of it.
        let text: String = (0..9_000)
            .map(|number: u32| format!("{}\n", number.wrapping_mul(2_654_435_761)))
            .collect();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).expect("a vector");
        let whole = encoder.finish().expect("a vector");
        let mut damaged = whole.clone();
        let middle = whole.len() / 2;
        damaged[middle..middle + 64].fill(0xff);
        let mut source = Source::open(damaged.as_slice()).expect("a source");
        assert!(source.is_gzip());
        let mut got = Vec::new();
        assert!(source.read_to_end(&mut got).is_err());
        assert!(got.len() > text.len() / 3, "only {} of {} bytes", got.len(), text.len());
        let alike = got.iter().zip(text.as_bytes()).take_while(|(a, b)| a == b).count();
        assert!(alike > text.len() / 3, "only {alike} bytes are as they were");
        let mut all = String::new();
        let mut source = Source::open(whole.as_slice()).expect("a source");
        source.read_to_string(&mut all).expect("whole data");
        assert_eq!(all, text);
    }
}
