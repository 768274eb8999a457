//! The bytes of a file that is compressed with zstd (RFC 8878).

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use std::io::{self, Cursor, ErrorKind, Read};

/// The first bytes of a frame (RFC 8878 section 3.1.1).
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The upper bytes of the magic number of a skippable frame; the lowest four bits are free (RFC 8878 section 3.1.2).
const SKIPPABLE: u32 = 0x184d_2a50;
/// Size of one read from the decompressor: after damaged data, at most this much of what came before is lost.
const STEP: usize = 512;

/// A reader whose first bytes were already read. There are at most eight of them.
pub(super) struct Peeked<R> {
    begin: Cursor<Vec<u8>>,
    rest: R,
}

impl<R: Read> Peeked<R> {
    pub(super) fn new(begin: Vec<u8>, rest: R) -> Self {
        Self {
            begin: Cursor::new(begin),
            rest,
        }
    }

    /// The next bytes, without consuming them; fewer at the end.
    fn peek<const N: usize>(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; N];
        let mut have = 0;
        while have < N {
            match self.read(&mut bytes[have..]) {
                Ok(0) => break,
                Ok(count) => have += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(have);
        let mut begin = bytes.clone();
        self.begin.read_to_end(&mut begin)?;
        self.begin = Cursor::new(begin);
        Ok(bytes)
    }

    fn skip(&mut self, count: u64) -> io::Result<()> {
        match io::copy(&mut self.by_ref().take(count), &mut io::sink())? {
            skipped if skipped < count => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.begin.read(into)? {
            0 => self.rest.read(into),
            count => Ok(count),
        }
    }
}

type Frame<R> = StreamingDecoder<Peeked<R>, FrameDecoder>;

/// Decompresses the frames of a file, one after the other.
pub(super) struct Zstd<R: Read> {
    state: State<R>,
    /// An error that is returned after the bytes before it have been handed out.
    failed: Option<io::Error>,
}

enum State<R: Read> {
    Between(Peeked<R>),
    In(Box<Frame<R>>),
    Ended,
}

impl<R: Read> Zstd<R> {
    pub(super) fn new(reader: Peeked<R>) -> Self {
        Self {
            state: State::Between(reader),
            failed: None,
        }
    }

    /// Reads from the current frame, or begins the next one; 0 at the end of the file.
    fn step(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(reader) => self.state = begin(reader)?,
                State::In(mut frame) => match frame.read(into).map_err(damage)? {
                    0 => self.state = State::Between(frame.into_inner()),
                    count => {
                        self.state = State::In(frame);
                        return Ok(count);
                    }
                },
            }
        }
    }
}

/// Begins the next frame, after those that are to be skipped.
fn begin<R: Read>(mut reader: Peeked<R>) -> io::Result<State<R>> {
    loop {
        let magic = reader.peek::<4>()?;
        let Ok(magic) = <[u8; 4]>::try_from(magic.as_slice()) else {
            return match magic.is_empty() {
                true => Ok(State::Ended),
                false => Err(ErrorKind::UnexpectedEof.into()),
            };
        };
        if u32::from_le_bytes(magic) & !0xf == SKIPPABLE {
            let header = reader.peek::<8>()?;
            let Some(Ok(length)) = header.get(4..).map(<[u8; 4]>::try_from) else {
                return Err(ErrorKind::UnexpectedEof.into());
            };
            reader.skip(8 + u64::from(u32::from_le_bytes(length)))?;
            continue;
        }
        let frame = StreamingDecoder::new(reader)
            .map_err(|error: FrameDecoderError| io::Error::new(ErrorKind::InvalidData, error.to_string()))?;
        return Ok(State::In(Box::new(frame)));
    }
}

/// The decoder reports damaged data as an error without a kind.
fn damage(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::Other => io::Error::new(ErrorKind::InvalidData, error),
        _ => error,
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut have = 0;
        while have < into.len() && self.failed.is_none() {
            let end = into.len().min(have + STEP);
            match self.step(&mut into[have..end]) {
                Ok(0) => return Ok(have),
                Ok(count) => have += count,
                Err(error) => self.failed = Some(error),
            }
        }
        match self.failed.take_if(|_| have == 0) {
            Some(error) => Err(error),
            None => Ok(have),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame with one raw block (RFC 8878 section 3.1.1.2), whose content is not compressed.
    fn frame(content: &[u8]) -> Vec<u8> {
        // A single segment with a size of four bytes, and no checksum.
        let mut frame = [&MAGIC[..], &[0xa0]].concat();
        frame.extend((content.len() as u32).to_le_bytes());
        // The last block, raw.
        frame.extend(&((content.len() as u32) << 3 | 1).to_le_bytes()[..3]);
        frame.extend(content);
        frame
    }

    fn unpacked(file: &[u8]) -> (Vec<u8>, Option<ErrorKind>) {
        let mut all = Vec::new();
        let result = Zstd::new(Peeked::new(file[..4].to_vec(), &file[4..])).read_to_end(&mut all);
        (all, result.err().map(|error| error.kind()))
    }

    #[test]
    fn frames_follow_each_other_and_some_are_skipped() {
        let skipped = [&SKIPPABLE.to_le_bytes()[..], &3_u32.to_le_bytes(), b"abc"].concat();
        let file = [frame(b"one "), skipped.clone(), frame(b""), frame(b"two")].concat();
        assert_eq!(unpacked(&file), (b"one two".to_vec(), None));
        assert_eq!(unpacked(&[skipped, frame(b"x")].concat()), (b"x".to_vec(), None));
    }

    #[test]
    fn what_comes_before_damage_is_read() {
        let large = vec![7; 5000];
        let whole = [frame(&large), frame(&large)].concat();
        let (all, error) = unpacked(&whole[..whole.len() - 100]);
        assert!(all.len() >= 5000 && error.is_some(), "{}", all.len());
        let (all, error) = unpacked(&[frame(&large), b"nothing".to_vec()].concat());
        assert_eq!((all.len(), error), (5000, Some(ErrorKind::InvalidData)));
    }
}
