//! Lists by number.

/// A map from keys to numbers, for few changes and many lookups.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted(Vec<(u64, Vec<usize>)>);

impl Sorted {
    pub(super) fn insert(&mut self, key: u64, number: usize) {
        match self.0.binary_search_by_key(&key, |(other, _)| *other) {
            Ok(at) => self.0[at].1.push(number),
            Err(at) => self.0.insert(at, (key, vec![number])),
        }
    }

    /// The numbers with this key.
    #[inline]
    pub(super) fn get(&self, key: u64) -> &[usize] {
        // Most keys are below the first, which is still to come, or above the last, which has passed.
        match (self.0.first(), self.0.last()) {
            (Some((first, _)), Some((last, _))) if (*first..=*last).contains(&key) => self.search(key),
            _ => &[],
        }
    }

    fn search(&self, key: u64) -> &[usize] {
        let found = self.0.binary_search_by_key(&key, |(other, _)| *other);
        found.map_or(&[], |at| &self.0[at].1)
    }

    /// The numbers with greater keys.
    pub(super) fn after(&self, key: u64) -> impl Iterator<Item = &usize> {
        let from = self.0.partition_point(|(other, _)| *other <= key);
        self.0[from..].iter().flat_map(|(_, numbers)| numbers)
    }
}
