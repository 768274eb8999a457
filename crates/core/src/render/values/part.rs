//! The values of the placeholders in a multipart reply: in its boundary and in the part heads.

use super::file::FileValues;
use crate::facts::FileFacts;
use crate::http1::range::ByteRange;
use crate::http1::text::decimal;
use crate::profile::{Placeholder, Values};
use crate::render::context::RenderContext;

/// The values for a boundary.
pub(in crate::render) struct Numbers<'a>(pub(in crate::render) &'a RenderContext);

impl Values for Numbers<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<i128> {
        match placeholder {
            Placeholder::Counter => Some(self.0.counter.into()),
            Placeholder::Random => Some(self.0.random.into()),
            Placeholder::RunRandom => Some(self.0.run.into()),
            _ => None,
        }
    }
    fn text(&self, _: Placeholder, _: &mut Vec<u8>) -> bool {
        false
    }
}

/// The values for a part head.
pub(in crate::render) struct PartValues<'a> {
    pub(in crate::render) boundary: &'a [u8],
    pub(in crate::render) file: &'a FileFacts,
    pub(in crate::render) range: Option<ByteRange>,
}

impl Values for PartValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<i128> {
        FileValues(self.file).number(placeholder)
    }
    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match (placeholder, self.range) {
            (Placeholder::Boundary, _) => out.extend_from_slice(self.boundary),
            (Placeholder::ContentRange, Some(range)) => write_content_range(range, self.file.size(), out),
            _ => return FileValues(self.file).text(placeholder, out),
        }
        true
    }
}

/// Writes the value of Content-Range for a range of a file of `size` bytes (RFC 9110 section 14.4).
pub(super) fn write_content_range(range: ByteRange, size: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"bytes ");
    decimal(range.first, out);
    out.push(b'-');
    decimal(range.last, out);
    out.push(b'/');
    decimal(size, out);
}
