//! WebSocket frames (RFC 6455 section 5.2): opcodes and close codes.

use super::records::{RecordStep, Records};
use crate::model::{Side, WebSocket, WebSocketClose, WebSocketCount, WebSocketOpcode};

/// How many Close frames are listed.
const CLOSES: usize = 4;
/// The opcodes of the RFC, and one for all others.
const OPCODES: [(u8, WebSocketOpcode); 7] = [
    (1, WebSocketOpcode::Text),
    (2, WebSocketOpcode::Binary),
    (0, WebSocketOpcode::Continuation),
    (9, WebSocketOpcode::Ping),
    (10, WebSocketOpcode::Pong),
    (8, WebSocketOpcode::Close),
    (0xff, WebSocketOpcode::Other),
];

/// A Close frame: sender, frame of the capture, code.
type SeenClose = (usize, u64, Option<u16>);

#[derive(Debug, Default)]
pub(super) struct WebSocketReader {
    records: [Records; 2],
    counts: [[u64; OPCODES.len()]; 2],
    closes: Vec<SeenClose>,
}

impl WebSocketReader {
    pub(super) fn receive(&mut self, from: usize, bytes: &[u8], unseen: u64, frame: u64) {
        let (counts, closes) = (&mut self.counts[from], &mut self.closes);
        self.records[from].receive(bytes, unseen, |record| {
            let Some(header) = header(record) else {
                return RecordStep::Needs(14);
            };
            let is_close = header.opcode == 8;
            let needed = header.len + if is_close { header.payload.min(2) as usize } else { 0 };
            if record.len() < needed {
                return RecordStep::Needs(needed);
            }
            let named = OPCODES.iter().position(|(opcode, _)| *opcode == header.opcode);
            counts[named.unwrap_or(OPCODES.len() - 1)] += 1;
            if is_close && closes.len() < CLOSES {
                closes.push((from, frame, code(&record[..needed], &header)));
            }
            RecordStep::Read(header.payload.saturating_add(header.len as u64))
        });
    }

    pub(super) fn missing(&mut self, from: usize, count: u64) {
        self.records[from].missing(count);
    }

    pub(super) fn finish(&self, side: impl Fn(usize) -> Side) -> WebSocket {
        let counts = [0, 1].into_iter().flat_map(|from| {
            let counts = self.counts[from].iter().zip(OPCODES);
            counts
                .filter(|(count, _)| **count > 0)
                .map(move |(count, (_, opcode))| (from, opcode, *count))
        });
        let mut counts: Vec<WebSocketCount> = counts
            .map(|(from, opcode, count)| WebSocketCount {
                by: side(from),
                opcode,
                count,
            })
            .collect();
        counts.sort_by_key(|count| count.by);
        let closes = self.closes.iter().map(|(from, frame, code)| WebSocketClose {
            by: side(*from),
            frame: *frame,
            code: *code,
        });
        WebSocket {
            counts,
            closes: closes.collect(),
        }
    }
}

/// The header of a frame.
struct Header {
    opcode: u8,
    /// Length of the header, with the mask.
    len: usize,
    payload: u64,
    mask: Option<[u8; 4]>,
}

/// Reads a header; `None` if it is not whole.
fn header(bytes: &[u8]) -> Option<Header> {
    let (first, second) = (bytes.first()?, bytes.get(1)?);
    let (payload, len) = match second & 0x7f {
        126 => (u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
        127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?), 10),
        len => (len.into(), 2),
    };
    let mask = match second & 0x80 {
        0 => None,
        _ => Some(*bytes.get(len..)?.first_chunk::<4>()?),
    };
    Some(Header {
        opcode: first & 0x0f,
        len: len + if mask.is_some() { 4 } else { 0 },
        payload,
        mask,
    })
}

/// The code at the start of the payload of a Close frame.
fn code(record: &[u8], header: &Header) -> Option<u16> {
    let masked = *record.get(header.len..)?.first_chunk::<2>()?;
    let mask = header.mask.unwrap_or_default();
    Some(u16::from_be_bytes([masked[0] ^ mask[0], masked[1] ^ mask[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_however_they_are_cut() {
        let stream = [
            &[0x81, 0x85, 1, 2, 3, 4, b'h' ^ 1, b'e' ^ 2, b'l' ^ 3, b'l' ^ 4, b'o' ^ 1][..],
            &[0x82, 126, 1, 0],
            &[0; 256],
            &[0x89, 0],
            &[0x88, 0x82, 1, 1, 1, 1, 3 ^ 1, 0xe8 ^ 1],
        ]
        .concat();
        for size in [1, 2, 7, 100, stream.len()] {
            let mut reader = WebSocketReader::default();
            for part in stream.chunks(size) {
                reader.receive(0, part, 0, 9);
            }
            let found = reader.finish(|_| Side::Client);
            let counts: Vec<_> = found.counts.iter().map(|count| (count.opcode, count.count)).collect();
            let kinds = [
                WebSocketOpcode::Text,
                WebSocketOpcode::Binary,
                WebSocketOpcode::Ping,
                WebSocketOpcode::Close,
            ];
            assert_eq!(counts, kinds.map(|kind| (kind, 1)), "{size}");
            assert_eq!((found.closes[0].code, found.closes[0].frame), (Some(1000), 9), "{size}");
        }
        // The payload may be missing in the capture, but not the header.
        let mut reader = WebSocketReader::default();
        reader.receive(0, &[0x82, 126, 1, 0, 9], 255, 1);
        reader.receive(0, &[0x8a, 0], 0, 2);
        assert_eq!(reader.finish(|_| Side::Server).counts.len(), 2);
    }
}
