//! Several ranges of a file as one body.

use super::context::RenderContext;
use super::values::{Numbers, PartValues};
use crate::facts::FileFacts;
use crate::http1::range::ByteRange;
use crate::http1::text::hexadecimal;
use crate::profile::Multipart;

/// Several ranges of a file, each behind a head of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The parts: what stands before each, and the range.
    pub parts: Vec<(Vec<u8>, ByteRange)>,
    /// What stands behind the last.
    pub end: Vec<u8>,
    /// The boundary.
    pub boundary: Vec<u8>,
    /// The length is not announced...
    pub unknown_length: bool,
    /// ... and what stands before parts and behind the last cuts the body into chunks.
    pub chunked: bool,
}

impl Parts {
    /// The ranges of a file, each with its head.
    pub(super) fn new(layout: &Multipart, file: &FileFacts, ranges: &[ByteRange], context: &RenderContext) -> Parts {
        let mut parts = Parts::default();
        layout.boundary.render(&Numbers(context), &mut parts.boundary);
        let mut values = PartValues {
            boundary: &parts.boundary,
            file,
            range: None,
        };
        layout.end.render(&values, &mut parts.end);
        for range in ranges {
            values.range = Some(*range);
            let mut head = Vec::new();
            for line in &layout.part {
                line.render(&values, &mut head);
            }
            parts.parts.push((head, *range));
        }
        parts
    }

    /// Cuts the body into chunks: the first of `most` parts and one, the others of `most`, the last with what is left.
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
            // Parts that do not fill a chunk share the last one with the end.
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

    /// How many bytes the body has.
    pub(super) fn length(&self) -> u64 {
        self.parts
            .iter()
            .map(|(head, range)| head.len() as u64 + range.length())
            .sum::<u64>()
            + self.end.len() as u64
    }
}
