//! The field lines of a head, and where the first of each known name is.

use super::FieldLine;
use crate::http1::field::Name;
use std::ops::Deref;

/// The field lines of a head, in order. Dereferences to a slice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    lines: Vec<FieldLine>,
    /// The number of the first line with each name, counted from 1; 0 for none. It is stored because decisions look up
    /// the same names several times.
    first: [u16; Name::COUNT],
    /// A bit for each name that more than one line has.
    repeated: u32,
}

const _: () = assert!(Name::COUNT <= u32::BITS as usize);

impl Fields {
    /// No lines, with space for this many.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            lines: Vec::with_capacity(capacity),
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, line: FieldLine) {
        self.lines.push(line);
        if let Some(name) = line.known {
            match &mut self.first[name as usize] {
                first @ 0 => *first = u16::try_from(self.lines.len()).unwrap_or(0),
                _ => self.repeated |= 1 << name as u32,
            }
        }
    }

    /// The last line. Its name must not change.
    pub(super) fn last_mut(&mut self) -> Option<&mut FieldLine> {
        self.lines.last_mut()
    }

    /// The index of the first line with this name.
    pub fn first(&self, name: Name) -> Option<usize> {
        usize::from(self.first[name as usize]).checked_sub(1)
    }

    /// Whether more than one line has this name.
    pub fn is_repeated(&self, name: Name) -> bool {
        self.repeated & 1 << name as u32 != 0
    }
}

impl Deref for Fields {
    type Target = [FieldLine];

    fn deref(&self) -> &[FieldLine] {
        &self.lines
    }
}

impl<'f> IntoIterator for &'f Fields {
    type Item = &'f FieldLine;
    type IntoIter = std::slice::Iter<'f, FieldLine>;

    fn into_iter(self) -> Self::IntoIter {
        self.lines.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::head::Span;

    #[test]
    fn the_first_line_of_each_known_name_is_found_and_whether_there_are_more() {
        let mut fields = Fields::with_capacity(4);
        for known in [None, Some(Name::Range), Some(Name::Host), Some(Name::Range)] {
            fields.push(FieldLine {
                name: Span::default(),
                value: Span::default(),
                sent: Span::default(),
                known,
            });
        }
        let first = [Name::Host, Name::Range, Name::Expect].map(|name| fields.first(name));
        assert_eq!(first, [Some(2), Some(1), None]);
        let repeated = [Name::Host, Name::Range, Name::Expect].map(|name| fields.is_repeated(name));
        assert_eq!(repeated, [false, true, false]);
        assert_eq!(Fields::default().first(Name::Host), None);
    }
}
