//! The chunked coding of a message body (RFC 9112 section 7.1).
//!
//! One decoder for all that read chunks: the look at pipelined requests, the body reader, and the reading of captures.
//! They differ in what they accept, which is a [`ChunkPolicy`]. The decoder counts; it keeps no byte.

use super::field::is_token;

/// What a decoder accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkPolicy {
    /// The largest chunk size.
    pub largest: u64,
    /// Whether LF alone ends a line, and any number of CR may precede it.
    pub bare_lf: bool,
    /// Whether white space after a size may be a tab, and must be followed by an extension or the line's end.
    pub size_space: SizeSpace,
    /// The characters of an extension.
    pub extension: ExtensionText,
    /// The most bytes of all extensions of a body together.
    pub extensions: u64,
    /// What trailer fields must look like.
    pub trailers: Trailers,
}

/// White space after a chunk size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeSpace {
    /// Spaces and tabs, then an extension or the end of the line.
    Blanks,
    /// A space begins an extension.
    BeginsExtension,
    /// A space or a tab begins an extension.
    BlankBeginsExtension,
}

/// The characters of a chunk extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionText {
    /// Any character but CR and LF.
    Any,
    /// Tab, visible ASCII, space, and bytes above 0x7f.
    Text,
}

/// What the trailer section of a body must look like (RFC 9112 section 7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trailers {
    /// Lines.
    Lines,
    /// Field lines: at most this many, and at most this many bytes. What is wrong with one is noticed at the end of the
    /// section.
    Fields {
        /// The most fields.
        most: usize,
        /// The bytes that the section stays below.
        size: usize,
    },
}

impl ChunkPolicy {
    /// What hyper's reader of bodies accepts, with at most `fields` trailer fields.
    pub const fn body(largest: u64, fields: usize) -> Self {
        Self {
            largest,
            bare_lf: false,
            size_space: SizeSpace::Blanks,
            extension: ExtensionText::Any,
            extensions: 16 << 10,
            trailers: Trailers::Fields {
                most: fields,
                size: 16 << 10,
            },
        }
    }

    /// What counts as a body when pipelined requests are looked for. It is strict: at worst a request is refused that
    /// the body reader would have read.
    pub const PIPELINE: Self = Self {
        largest: u64::MAX,
        bare_lf: false,
        size_space: SizeSpace::BeginsExtension,
        extension: ExtensionText::Text,
        extensions: u64::MAX,
        trailers: Trailers::Lines,
    };

    /// What counts as a body in a capture, where some server has accepted it.
    pub const CAPTURE: Self = Self {
        largest: u64::MAX,
        bare_lf: true,
        size_space: SizeSpace::BlankBeginsExtension,
        extension: ExtensionText::Any,
        extensions: u64::MAX,
        trailers: Trailers::Lines,
    };
}

/// What is wrong with a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkFault {
    /// A size, an extension or a line end is not one.
    Syntax,
    /// A size is larger than the policy allows.
    TooLarge,
    /// The trailer section is not one.
    Trailer,
}

/// Where a decoder is in a body.
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
    Extension,
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
    /// In the name of a trailer field.
    TrailerName,
    /// In the value of a trailer field.
    TrailerValue,
    /// Before the LF that ends a line of the trailer section.
    TrailerLf,
    /// Before the LF that ends the body.
    EndLf,
    /// After the body.
    End,
    /// At a fault.
    Fault(ChunkFault),
}

/// A decoder of one chunked body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkDecoder {
    state: ChunkState,
    /// The size of the chunk, or what is left of it.
    size: u64,
    /// The bytes of data so far.
    content: u64,
    /// The bytes of extensions so far.
    extensions: u64,
    /// The trailer fields, and the bytes of the trailer section.
    trailer_fields: u32,
    trailer_bytes: u32,
    /// Whether a trailer line is not a field line.
    bad_trailer: bool,
}

impl ChunkDecoder {
    /// Where the decoder is.
    pub fn state(&self) -> ChunkState {
        self.state
    }

    /// Whether the body is complete.
    pub fn is_complete(&self) -> bool {
        self.state == ChunkState::End
    }

    /// The bytes of content so far.
    pub fn content(&self) -> u64 {
        self.content
    }

    /// What is wrong with the body, if something is.
    pub fn fault(&self) -> Option<ChunkFault> {
        match self.state {
            ChunkState::Fault(fault) => Some(fault),
            _ => None,
        }
    }

    /// The bytes of data that are left of the current chunk.
    pub fn data_left(&self) -> Option<u64> {
        (self.state == ChunkState::Data).then_some(self.size)
    }

    /// The kind of fault that anything wrong at this point would be.
    pub fn fault_here(&self) -> ChunkFault {
        match self.state {
            ChunkState::Fault(fault) => fault,
            state if state.is_in_trailers() => ChunkFault::Trailer,
            _ => ChunkFault::Syntax,
        }
    }

    /// Reads on; returns how many of the bytes belong to the body. Fewer than all: the body ends there, or a fault is
    /// there.
    pub fn decode(&mut self, bytes: &[u8], policy: &ChunkPolicy) -> usize {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match self.state {
                ChunkState::End | ChunkState::Fault(_) => break,
                ChunkState::Data => {
                    let count = usize::try_from(self.size).unwrap_or(usize::MAX).min(bytes.len() - at);
                    self.take_data(count as u64);
                    at += count;
                }
                _ => {
                    self.state = self.step(*byte, policy);
                    if matches!(self.state, ChunkState::Fault(_)) {
                        break;
                    }
                    at += 1;
                }
            }
        }
        at
    }

    /// Passes over bytes that are not known. False if they are not all data of the current chunk.
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
        }
    }

    fn step(&mut self, byte: u8, policy: &ChunkPolicy) -> ChunkState {
        use ChunkState::*;
        let fault = |fault| Fault(fault);
        match (self.state, byte) {
            (Start | Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = u64::from((byte as char).to_digit(16).unwrap_or(0));
                match self.size.checked_mul(16).map(|size| size | digit) {
                    Some(size) if size <= policy.largest => {
                        self.size = size;
                        Size
                    }
                    _ => fault(ChunkFault::TooLarge),
                }
            }
            (Size | SizeSpace | Extension, b'\n') if policy.bare_lf => self.sized(),
            (Size | SizeSpace, b'\r') if policy.bare_lf => Extension,
            (Size | SizeSpace | Extension, b'\r') if !policy.bare_lf => SizeLf,
            (Size | SizeSpace, b';') => Extension,
            (Size | SizeSpace, b' ' | b'\t') => match policy.size_space {
                self::SizeSpace::Blanks => SizeSpace,
                self::SizeSpace::BeginsExtension if byte == b'\t' => fault(ChunkFault::Syntax),
                self::SizeSpace::BeginsExtension | self::SizeSpace::BlankBeginsExtension => Extension,
            },
            (Extension, b'\n') => fault(ChunkFault::Syntax),
            (Extension, byte) => {
                self.extensions += 1;
                let is_text = matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
                if self.extensions >= policy.extensions || (policy.extension == ExtensionText::Text && !is_text) {
                    fault(ChunkFault::Syntax)
                } else {
                    Extension
                }
            }
            (SizeLf, b'\n') => self.sized(),
            (DataCr, b'\r') if policy.bare_lf => DataCr,
            (DataCr, b'\n') if policy.bare_lf => Start,
            (DataCr, b'\r') => DataLf,
            (DataLf, b'\n') => Start,
            (TrailerStart, b'\n') if policy.bare_lf => End,
            (TrailerStart, b'\r') if policy.bare_lf => TrailerStart,
            (TrailerStart, b'\r') => self.in_trailers(EndLf, policy),
            (TrailerStart, byte) => {
                let next = self.trailer_name(byte);
                self.in_trailers(next, policy)
            }
            (TrailerName | TrailerValue, b'\r') if !policy.bare_lf => {
                // A line without a colon is not a field line.
                self.bad_trailer |= self.state == TrailerName;
                self.in_trailers(TrailerLf, policy)
            }
            (TrailerName | TrailerValue, b'\n') if policy.bare_lf => TrailerStart,
            (TrailerName | TrailerValue, b'\n') if policy.trailers == Trailers::Lines => fault(ChunkFault::Trailer),
            (TrailerName, byte) => {
                let next = self.trailer_name(byte);
                self.in_trailers(next, policy)
            }
            (TrailerValue, byte) => {
                self.bad_trailer |= !matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
                self.in_trailers(TrailerValue, policy)
            }
            (TrailerLf, b'\n') => {
                if let Trailers::Fields { most, .. } = policy.trailers
                    && self.trailer_fields as usize >= most
                {
                    return fault(ChunkFault::Trailer);
                }
                self.trailer_fields += 1;
                self.in_trailers(TrailerStart, policy)
            }
            (EndLf, b'\n') if self.bad_trailer && policy.trailers != Trailers::Lines => fault(ChunkFault::Trailer),
            (EndLf, b'\n') => End,
            (state, _) if state.is_in_trailers() => fault(ChunkFault::Trailer),
            _ => fault(ChunkFault::Syntax),
        }
    }

    /// The line of a size is complete.
    fn sized(&self) -> ChunkState {
        if self.size == 0 {
            ChunkState::TrailerStart
        } else {
            ChunkState::Data
        }
    }

    fn trailer_name(&mut self, byte: u8) -> ChunkState {
        if byte == b':' && self.state == ChunkState::TrailerName {
            return ChunkState::TrailerValue;
        }
        self.bad_trailer |= !is_token(byte);
        ChunkState::TrailerName
    }

    /// Counts a byte of the trailer section.
    fn in_trailers(&mut self, next: ChunkState, policy: &ChunkPolicy) -> ChunkState {
        self.trailer_bytes = self.trailer_bytes.saturating_add(1);
        match policy.trailers {
            Trailers::Fields { size, .. } if self.trailer_bytes as usize >= size => {
                ChunkState::Fault(ChunkFault::Trailer)
            }
            _ => next,
        }
    }
}

impl ChunkState {
    fn is_in_trailers(self) -> bool {
        matches!(
            self,
            Self::TrailerStart | Self::TrailerName | Self::TrailerValue | Self::TrailerLf | Self::EndLf
        )
    }
}

#[cfg(test)]
mod tests;
