//! Lists by the beginning of a text.

/// Numbers by the beginning of a text. One search finds all beginnings of a text, however many there are of others.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    /// In the order of their texts.
    entries: Vec<Entry>,
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
            // What this text begins with, the entry before it begins with, too.
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
        Self { entries }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The numbers of all entries that `text` begins with.
    pub(super) fn of<'p>(&'p self, text: &'p [u8]) -> impl Iterator<Item = usize> + 'p {
        // An entry that `text` begins with is not greater than `text`, and everything between the two begins with it. So
        // the greatest entry that is not greater than `text` begins with all of them.
        let mut next = self
            .entries
            .partition_point(|entry| entry.text.as_slice() <= text)
            .checked_sub(1);
        std::iter::from_fn(move || {
            let entry = &self.entries[next?];
            next = entry.parent;
            Some(entry)
        })
        .filter(move |entry| text.starts_with(&entry.text))
        .flat_map(|entry| entry.numbers.iter().copied())
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
        for text in [
            "", "/", "/a", "/a/", "/a/b", "/a/bcd", "/a/bd", "/ab", "/abc", "/c", "0",
        ] {
            let mut found: Vec<usize> = prefixes.of(text.as_bytes()).collect();
            found.sort_unstable();
            let want: Vec<usize> = (0..texts.len()).filter(|at| text.starts_with(texts[*at])).collect();
            assert_eq!(found, want, "{text}");
        }
        assert_eq!(Prefixes::default().of(b"a").count(), 0);
    }
}
