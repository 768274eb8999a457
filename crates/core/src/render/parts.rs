//! A `multipart/byteranges` body: several ranges of a file (RFC 9110 section 14.6).

use super::context::RenderContext;
use super::values::{Numbers, PartValues};
use crate::facts::FileFacts;
use crate::http1::range::ByteRange;
use crate::http1::text::hexadecimal;
use crate::profile::Multipart;

/// A `multipart/byteranges` body: each range of the file follows a part head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Each part: the bytes that precede its range, and the range.
    pub parts: Vec<(Vec<u8>, ByteRange)>,
    /// The bytes after the last range.
    pub end: Vec<u8>,
    /// The boundary, without leading hyphens.
    pub boundary: Vec<u8>,
    /// Whether the response has no Content-Length.
    pub unknown_length: bool,
    /// Whether the bytes between the ranges contain chunk headers, so that the body uses the chunked transfer coding.
    pub chunked: bool,
}

impl Parts {
    /// Renders the boundary, the part heads and the closing delimiter for these ranges.
    pub(super) fn new(layout: &Multipart, file: &FileFacts, ranges: &[ByteRange], context: &RenderContext) -> Self {
        let mut parts = Self::default();
        layout.boundary.render(&Numbers(context), &mut parts.boundary);
        let mut values = PartValues {
            boundary: &parts.boundary,
            file,
            range: None,
        };
        layout.end.render(&values, &mut parts.end);
        for (index, range) in ranges.iter().enumerate() {
            values.range = Some(*range);
            let mut head = Vec::new();
            for line in if index == 0 { &layout.first_part } else { &layout.part } {
                line.render(&values, &mut head);
            }
            parts.parts.push((head, *range));
        }
        parts
    }

    /// Adds chunk headers. The first chunk holds `most` + 1 parts, the others hold `most`, and the last one holds the
    /// rest.
    pub(super) fn cut_into_chunks(&mut self, most: usize) {
        self.chunked = true;
        let count = self.parts.len();
        let mut from = 0;
        let mut before: &[u8] = b"";
        while from < count {
            let mut until = (if from == 0 { most + 1 } else { from + most }).min(count);
            let mut size: u64 = 0;
            for (head, range) in &self.parts[from..until] {
                size += head.len() as u64 + range.length();
            }
            // If the remaining parts do not fill a chunk, the closing delimiter belongs to the same chunk.
            if until == count && (count - from) < (if from == 0 { most + 1 } else { most }) {
                size += self.end.len() as u64;
                self.end.extend_from_slice(b"\r\n");
                until = count;
            } else if until == count {
                let mut end = Vec::new();
                end.extend_from_slice(b"\r\n");
                hexadecimal(self.end.len() as u64, &mut end);
                end.extend_from_slice(b"\r\n");
                end.append(&mut self.end);
                end.extend_from_slice(b"\r\n");
                self.end = end;
            }
            let mut head = before.to_vec();
            hexadecimal(size, &mut head);
            head.extend_from_slice(b"\r\n");
            head.append(&mut self.parts[from].0);
            self.parts[from].0 = head;
            before = b"\r\n";
            from = until;
        }
        self.end.extend_from_slice(b"0\r\n\r\n");
    }

    /// The length of the body in bytes.
    pub(super) fn length(&self) -> u64 {
        self.parts
            .iter()
            .map(|(head, range)| head.len() as u64 + range.length())
            .sum::<u64>()
            + self.end.len() as u64
    }
}
