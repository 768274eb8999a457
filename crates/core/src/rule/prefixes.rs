//! Lists that are found by the beginning of a text.

/// Numbers by the beginning of a text. One search finds all entries that a text begins with, however many others there
/// are.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    /// Sorted by text.
    entries: Vec<Entry>,
    /// For each entry, the first bytes of its text after the common beginning, as a number. Most comparisons need no
    /// more bytes.
    next: Vec<u64>,
    /// The length of the beginning that all entries have in common.
    common: usize,
    /// A bit for each value of the byte after the common beginning: whether an entry has it there. It rules out most
    /// texts.
    after_common: [u64; 4],
}

#[derive(Clone, Debug)]
struct Entry {
    text: Vec<u8>,
    numbers: Vec<usize>,
    /// The longest other entry that this one begins with.
    parent: Option<usize>,
}

impl Prefixes {
    pub(super) fn new(mut all: Vec<(Vec<u8>, usize)>) -> Self {
        all.sort();
        let mut entries: Vec<Entry> = Vec::new();
        for (text, number) in all {
            if let Some(last) = entries.last_mut()
                && last.text == text
            {
                last.numbers.push(number);
                continue;
            }
            // The entry before this text also begins with every entry that this text begins with.
            let mut parent = entries.len().checked_sub(1);
            while let Some(at) = parent
                && !text.starts_with(&entries[at].text)
            {
                parent = entries[at].parent;
            }
            entries.push(Entry {
                text,
                numbers: vec![number],
                parent,
            });
        }
        // The entries are sorted, so all of them share what the first and the last have in common.
        let ends = entries.first().zip(entries.last());
        let common = ends.map_or(0, |(first, last)| {
            first
                .text
                .iter()
                .zip(&last.text)
                .take_while(|(one, other)| one == other)
                .count()
        });
        let mut after_common = [0; 4];
        let mut next = Vec::with_capacity(entries.len());
        for entry in &entries {
            let rest = &entry.text[common..];
            next.push(number(rest));
            match rest.first() {
                Some(byte) => after_common[usize::from(byte / 64)] |= 1 << (byte % 64),
                // This entry is the common beginning, so any byte may follow.
                None => after_common = [u64::MAX; 4],
            }
        }
        Self {
            entries,
            next,
            common,
            after_common,
        }
    }

    /// Whether an entry begins with this byte, or with none.
    #[inline]
    pub(super) fn has_beginning(&self, byte: u8) -> bool {
        match self.entries.first() {
            None => false,
            Some(first) if self.common > 0 => first.text[0] == byte,
            Some(_) => self.has_after_common(byte),
        }
    }

    /// Whether `text` may begin with an entry. One byte rules out most texts.
    #[inline]
    pub(super) fn may_begin(&self, text: &[u8]) -> bool {
        match text.get(self.common) {
            Some(byte) => self.has_after_common(*byte),
            // An entry that is the common beginning sets every bit.
            None => text.len() == self.common && self.after_common[0] == u64::MAX,
        }
    }

    /// Whether an entry may have this byte after the common beginning.
    #[inline]
    fn has_after_common(&self, byte: u8) -> bool {
        self.after_common[usize::from(byte / 64)] & (1 << (byte % 64)) != 0
    }

    /// The numbers of all entries that `text` begins with.
    pub(super) fn of<'p>(&'p self, text: &'p [u8]) -> impl Iterator<Item = usize> + 'p {
        let at = |at: usize| &self.entries[at];
        let parent = move |entry: &Entry| entry.parent.map(at);
        let mut longest = self.last_not_greater(text).map(at);
        while let Some(entry) = longest
            && !text.starts_with(&entry.text)
        {
            longest = parent(entry);
        }
        // `text` also begins with every entry that this entry begins with.
        std::iter::successors(longest, move |entry| parent(entry)).flat_map(|entry| entry.numbers.iter().copied())
    }

    /// The numbers of the entry that equals `text`.
    pub(super) fn exactly(&self, text: &[u8]) -> &[usize] {
        if !self.may_begin(text) {
            return &[];
        }
        let next = number(&text[self.common..]);
        let from = self.next.partition_point(|other| *other < next);
        let same = self.next[from..].iter().take_while(|other| **other == next);
        let found = self.entries[from..]
            .iter()
            .zip(same)
            .find(|(entry, _)| entry.text == text);
        found.map_or(&[], |(entry, _)| entry.numbers.as_slice())
    }

    /// An entry that begins with every entry that `text` begins with; `None` if `text` certainly begins with none.
    ///
    /// An entry that `text` begins with is not greater than `text`, and every entry between the two begins with it. So
    /// the greatest entry that is not greater than `text` begins with all of them. If `text` begins with no entry, any
    /// entry is a valid result.
    fn last_not_greater(&self, text: &[u8]) -> Option<usize> {
        if !self.may_begin(text) {
            return None;
        }
        let next = number(&text[self.common..]);
        let to = self.next.partition_point(|other| *other <= next);
        let not_greater = match self.next[..to].last() {
            Some(last) if *last == next => {
                let from = self.next[..to].partition_point(|other| *other < next);
                from + self.entries[from..to].partition_point(|entry| entry.text.as_slice() <= text)
            }
            _ => to,
        };
        not_greater.checked_sub(1)
    }
}

/// The first bytes of a text as a number. If the numbers of two texts differ, they have the order of the texts.
fn number(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => {
            let mut bytes = [0; 8];
            bytes[..text.len()].copy_from_slice(text);
            u64::from_be_bytes(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_beginnings_of_a_text_are_found() {
        let texts = ["/b", "", "/a/b", "/a", "/a/bc", "/a", "/ab", "/a/c"];
        let all = texts.iter().enumerate();
        let prefixes = Prefixes::new(all.map(|(at, text)| (text.as_bytes().to_vec(), at)).collect());
        let others = Prefixes::new(vec![(b"/a".to_vec(), 0), (b"/b".to_vec(), 1)]);
        let several = Prefixes::new(vec![(b"a".to_vec(), 0), (b"b".to_vec(), 1)]);
        for (prefixes, has) in [
            (&prefixes, [true, true, true]),
            (&others, [true, false, false]),
            (&several, [false, true, true]),
            (&Prefixes::default(), [false; 3]),
        ] {
            assert_eq!([b'/', b'a', b'b'].map(|byte| prefixes.has_beginning(byte)), has);
        }
        for text in [
            "", "/", "/a", "/a/", "/a/b", "/a/bcd", "/a/bd", "/ab", "/abc", "/c", "0",
        ] {
            let mut found: Vec<usize> = prefixes.of(text.as_bytes()).collect();
            found.sort_unstable();
            let want: Vec<usize> = (0..texts.len()).filter(|at| text.starts_with(texts[*at])).collect();
            assert_eq!(found, want, "{text}");
            let same: Vec<usize> = (0..texts.len()).filter(|at| text == texts[*at]).collect();
            assert_eq!(prefixes.exactly(text.as_bytes()), same, "{text}");
        }
        assert_eq!(Prefixes::default().of(b"a").count(), 0);
        assert!(Prefixes::default().exactly(b"").is_empty());
    }

    /// Texts that differ only in bytes beyond the number, in a zero byte, or in their length.
    #[test]
    fn texts_that_are_alike_are_told_apart() {
        let texts = [
            "/same",
            "/same/",
            "/same\0",
            "/same\0\0",
            "/same/12345678",
            "/same/123456789",
            "/same/12345679",
            "/same/1234567",
            "/same\u{ff}",
        ];
        let all = texts.iter().enumerate();
        let prefixes = Prefixes::new(all.map(|(at, text)| (text.as_bytes().to_vec(), at)).collect());
        for text in texts
            .iter()
            .copied()
            .chain(["/sam", "/same/1234567890", "/same\0\0\0", "/samf", "xsame/", ""])
        {
            let mut found: Vec<usize> = prefixes.of(text.as_bytes()).collect();
            found.sort_unstable();
            let want: Vec<usize> = (0..texts.len()).filter(|at| text.starts_with(texts[*at])).collect();
            assert_eq!(found, want, "{text:?}");
            let same: Vec<usize> = (0..texts.len()).filter(|at| text == texts[*at]).collect();
            assert_eq!(prefixes.exactly(text.as_bytes()), same, "{text:?}");
        }
    }
}
