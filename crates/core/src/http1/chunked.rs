//! The chunked coding of a message body (RFC 9112 section 7.1).
//!
//! All readers of chunks use this decoder: the scan of pipelined requests, the body reader, and the reader of captures.
//! They differ in what they accept, which is a [`ChunkPolicy`]. The decoder only counts; it stores no bytes.

mod policy;

pub use policy::{ChunkPolicy, ExtensionText, GIVEN_UP, LineEnds, RefusedTrailers, SizeSpace, Trailers};

use super::fault::Fault;
use super::field::is_token;

/// What is wrong with a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkFault {
    /// A size, an extension or a line end is malformed.
    Syntax,
    /// A size is larger than the policy allows.
    TooLarge,
    /// A line with a size, or its extensions, are longer than the policy allows.
    ExtensionTooLong,
    /// The trailer section has this fault, which a head could have too.
    Trailer(Fault),
}

impl ChunkFault {
    /// The key of the fault in a profile.
    pub fn fault(self) -> Fault {
        match self {
            Self::Syntax => Fault::ChunkInvalid,
            Self::TooLarge => Fault::ChunkTooLarge,
            Self::ExtensionTooLong => Fault::ChunkExtension,
            Self::Trailer(fault) => fault,
        }
    }
}

/// The position of a decoder in a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChunkState {
    /// Before the first digit of a size.
    #[default]
    Start,
    /// In the digits of a size.
    Size,
    /// In the white space after a size.
    SizeSpace,
    /// In an extension.
    Extension(ExtensionPart),
    /// Before the LF that ends the line of a size.
    SizeLf,
    /// In the data of a chunk.
    Data,
    /// Before the CR after the data.
    DataCr,
    /// Before the LF after the data.
    DataLf,
    /// At the beginning of a line of the trailer section.
    TrailerStart,
    /// In a line of the trailer section.
    TrailerLine,
    /// Before the LF that ends a line of the trailer section.
    TrailerLf,
    /// Before the LF that ends the body.
    EndLf,
    /// After the body.
    End,
    /// In a line that has a fault.
    FaultyLine(ChunkFault),
    /// At a fault. The decoder does not continue.
    Fault(ChunkFault),
}

/// The position of a decoder in an extension. It leaves `Start` only if the policy requires tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionPart {
    /// After the semicolon.
    Start,
    /// In the name.
    Name,
    /// In the value.
    Value,
    /// In a quoted string of the value.
    Quoted,
    /// After a backslash in the quoted string.
    Escaped,
    /// After the quoted string.
    AfterQuoted,
}

/// A decoder of one chunked body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkDecoder {
    state: ChunkState,
    /// The size of the chunk, or the number of its bytes that are left.
    size: u64,
    /// The number of data bytes so far.
    content: u64,
    /// The number of bytes so far: of the current line, of its white space after a size, and of its extensions.
    line: u64,
    spaces: u64,
    extensions: u64,
}

impl ChunkDecoder {
    /// The position of the decoder.
    pub fn state(&self) -> ChunkState {
        self.state
    }

    /// Whether the body is complete.
    pub fn is_complete(&self) -> bool {
        self.state == ChunkState::End
    }

    /// The number of content bytes so far.
    pub fn content(&self) -> u64 {
        self.content
    }

    /// The fault that ended the decoding, if any.
    pub fn fault(&self) -> Option<ChunkFault> {
        match self.state {
            ChunkState::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    /// The number of bytes so far of a line that is checked when it is complete.
    pub(super) fn waiting(&self, policy: &ChunkPolicy) -> usize {
        match self.state {
            ChunkState::Data | ChunkState::TrailerStart | ChunkState::End | ChunkState::Fault(_) => 0,
            _ if policy.by_line => usize::try_from(self.line).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// The number of bytes that are left of the current chunk's data; `None` outside of data.
    pub fn data_left(&self) -> Option<u64> {
        (self.state == ChunkState::Data).then_some(self.size)
    }

    /// Decodes `bytes`. Returns the number of bytes that belong to the body. If that is not all of them, the body ends
    /// there, or there is a fault, or a trailer section starts there that the policy parses as fields.
    pub fn decode(&mut self, bytes: &[u8], policy: &ChunkPolicy) -> usize {
        self.decode_into(bytes, policy, &mut |_| {})
    }

    /// Like [`ChunkDecoder::decode`], and passes each piece of content to the callback.
    pub fn decode_into(&mut self, bytes: &[u8], policy: &ChunkPolicy, content: &mut dyn FnMut(&[u8])) -> usize {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match self.state {
                ChunkState::End | ChunkState::Fault(_) => break,
                ChunkState::TrailerStart if policy.trailers != Trailers::Lines => break,
                ChunkState::Data => {
                    let count = usize::try_from(self.size).unwrap_or(usize::MAX).min(bytes.len() - at);
                    content(&bytes[at..at + count]);
                    self.take_data(count as u64);
                    at += count;
                }
                _ => {
                    self.state = self.checked_step(*byte, policy);
                    if matches!(self.state, ChunkState::Fault(_)) {
                        break;
                    }
                    at += 1;
                }
            }
        }
        at
    }

    /// The trailer section was parsed by the caller. The body ends with it, or with this fault in it.
    pub(super) fn trailers_end(&mut self, fault: Option<Fault>) {
        self.state = match fault {
            Some(fault) => ChunkState::Fault(ChunkFault::Trailer(fault)),
            None => ChunkState::End,
        };
    }

    /// Skips `count` bytes whose values are unknown. Returns false if they are not all data of the current chunk.
    pub fn skip(&mut self, count: u64) -> bool {
        match self.state {
            ChunkState::Data if count <= self.size => {
                self.take_data(count);
                true
            }
            _ => count == 0,
        }
    }

    fn take_data(&mut self, count: u64) {
        self.size -= count;
        self.content += count;
        if self.size == 0 {
            self.state = ChunkState::DataCr;
            self.line = 0;
        }
    }

    /// One step, with the checks that apply to whole lines.
    fn checked_step(&mut self, byte: u8, policy: &ChunkPolicy) -> ChunkState {
        self.line += 1;
        let in_size_line = matches!(
            self.state,
            ChunkState::Start
                | ChunkState::Size
                | ChunkState::SizeSpace
                | ChunkState::Extension(_)
                | ChunkState::SizeLf
                | ChunkState::FaultyLine(_)
        );
        let next = match self.state {
            ChunkState::FaultyLine(fault) => ChunkState::Fault(fault),
            _ => self.step(byte, policy),
        };
        let next = match next {
            ChunkState::Fault(fault) if policy.by_line && byte != b'\n' && self.line < GIVEN_UP => {
                ChunkState::FaultyLine(fault)
            }
            next => next,
        };
        // A line that is too long is a fault even before its end has arrived.
        match next {
            ChunkState::Fault(_) => next,
            _ if in_size_line && self.line > policy.line => ChunkState::Fault(ChunkFault::ExtensionTooLong),
            next => next,
        }
    }

    fn step(&mut self, byte: u8, policy: &ChunkPolicy) -> ChunkState {
        use ChunkState::*;
        let syntax = Fault(ChunkFault::Syntax);
        let unchecked = policy.line_ends == LineEnds::Unchecked;
        let lf_ends = matches!(policy.line_ends, LineEnds::Lf | LineEnds::AnyCr);
        let any_cr = policy.line_ends == LineEnds::AnyCr;
        match (self.state, byte) {
            (Size, _) if self.size > policy.largest_followed => Fault(ChunkFault::TooLarge),
            (Start | Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if self.line > policy.digits => {
                Fault(ChunkFault::TooLarge)
            }
            (Start | Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = u64::from((byte as char).to_digit(16).unwrap_or(0));
                match self.size.checked_mul(16).map(|size| size | digit) {
                    Some(size) if size <= policy.largest => {
                        self.size = size;
                        Size
                    }
                    _ => Fault(ChunkFault::TooLarge),
                }
            }
            (Extension(part), b'\n') if lf_ends && ends_extension(part, policy) => self.sized(),
            (Size | SizeSpace, b'\n') if lf_ends => self.sized(),
            (Size | SizeSpace, b'\r') if any_cr => Extension(ExtensionPart::Name),
            (Size | SizeSpace, b'\r') => SizeLf,
            (SizeSpace, b';') if policy.size_space == self::SizeSpace::SkippedAtEnd => syntax,
            (Size | SizeSpace, b';') => Extension(ExtensionPart::Start),
            (Size | SizeSpace, b' ' | b'\t') => self.size_space(byte, policy),
            (Extension(_), b'\n') => syntax,
            (Extension(part), b'\r') if !any_cr && ends_extension(part, policy) => SizeLf,
            (Extension(part), byte) => self.extension(part, byte, policy),
            (SizeLf, byte) if byte == b'\n' || unchecked => self.sized(),
            (DataCr, b'\r') if any_cr => DataCr,
            (DataCr, b'\n') if lf_ends => self.started(),
            (DataCr, byte) if byte == b'\r' || unchecked => DataLf,
            (DataLf, byte) if byte == b'\n' || unchecked => self.started(),
            (TrailerStart, b'\n') if lf_ends => End,
            (TrailerStart, b'\r') if any_cr => TrailerStart,
            (TrailerStart, b'\r') => EndLf,
            (TrailerStart | TrailerLine, b'\n') if lf_ends => TrailerStart,
            (TrailerLine, b'\r') if !any_cr => TrailerLf,
            (TrailerStart | TrailerLine, b'\n') => syntax,
            (TrailerStart | TrailerLine, _) => TrailerLine,
            (TrailerLf, b'\n') => TrailerStart,
            (EndLf, b'\n') => End,
            _ => syntax,
        }
    }

    fn size_space(&mut self, byte: u8, policy: &ChunkPolicy) -> ChunkState {
        self.spaces += 1;
        match policy.size_space {
            SizeSpace::Skipped | SizeSpace::SkippedAtEnd if self.spaces <= policy.spaces => ChunkState::SizeSpace,
            SizeSpace::BeginsExtension => ChunkState::Extension(ExtensionPart::Name),
            SizeSpace::SpaceBeginsExtension if byte == b' ' => ChunkState::Extension(ExtensionPart::Name),
            SizeSpace::Skipped | SizeSpace::SkippedAtEnd | SizeSpace::SpaceBeginsExtension | SizeSpace::Refused => {
                ChunkState::Fault(ChunkFault::Syntax)
            }
        }
    }

    fn extension(&mut self, part: ExtensionPart, byte: u8, policy: &ChunkPolicy) -> ChunkState {
        let next = match policy.extension {
            ExtensionText::Any => Some(part),
            ExtensionText::Text => is_text(byte).then_some(part),
            ExtensionText::NoControls => (byte == b'\t' || !byte.is_ascii_control()).then_some(part),
            ExtensionText::Tokens => next_part(part, byte),
        };
        let delimiter = matches!(byte, b';' | b'=') && policy.extension == ExtensionText::Tokens;
        self.extensions += u64::from(!delimiter);
        match next {
            Some(_) if self.extensions > policy.extensions => ChunkState::Fault(ChunkFault::ExtensionTooLong),
            Some(next) => ChunkState::Extension(next),
            None => ChunkState::Fault(ChunkFault::Syntax),
        }
    }

    /// The state after the line end that follows the data.
    fn started(&mut self) -> ChunkState {
        (self.size, self.line, self.spaces, self.extensions) = (0, 0, 0, 0);
        ChunkState::Start
    }

    /// The state after the line of a size.
    fn sized(&self) -> ChunkState {
        if self.size == 0 {
            ChunkState::TrailerStart
        } else {
            ChunkState::Data
        }
    }
}

/// Whether an extension may end at this position.
fn ends_extension(part: ExtensionPart, policy: &ChunkPolicy) -> bool {
    use ExtensionPart::*;
    policy.extension != ExtensionText::Tokens || matches!(part, Name | Value | AfterQuoted)
}

/// The position after this byte in an extension of tokens; `None` if the byte is not allowed.
fn next_part(part: ExtensionPart, byte: u8) -> Option<ExtensionPart> {
    use ExtensionPart::*;
    match (part, byte) {
        (Start | Name, b'=') => Some(Value),
        (Name | Value | AfterQuoted, b';') => Some(Start),
        (Start, b';') => Some(Start),
        (Start | Name, byte) if is_token(byte) => Some(Name),
        (Value, b'"') => Some(Quoted),
        (Value, byte) if is_token(byte) => Some(Value),
        (Quoted, b'"') => Some(AfterQuoted),
        (Quoted, b'\\') => Some(Escaped),
        (Quoted | Escaped, byte) if is_text(byte) => Some(Quoted),
        _ => None,
    }
}

/// Tab, space, visible ASCII, and bytes above it (RFC 9110 section 5.6.4).
fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

#[cfg(test)]
mod tests;
