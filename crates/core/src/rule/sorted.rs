//! Lists by key.

/// Numbers by key, for few changes and many look-ups.
#[derive(Clone, Debug)]
pub(super) struct Sorted<K>(Vec<(K, Vec<usize>)>);

impl<K> Default for Sorted<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord> Sorted<K> {
    pub(super) fn insert(&mut self, key: K, number: usize) {
        match self.0.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(at) => self.0[at].1.push(number),
            Err(at) => self.0.insert(at, (key, vec![number])),
        }
    }

    /// The numbers with the key that compares as equal.
    #[inline]
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> &[usize]
    where
        K: std::borrow::Borrow<Q>,
    {
        match self.0.binary_search_by(|(other, _)| other.borrow().cmp(key)) {
            Ok(at) => &self.0[at].1,
            Err(_) => &[],
        }
    }

    /// The numbers with greater keys.
    pub(super) fn after(&self, key: &K) -> impl Iterator<Item = &usize> {
        let from = self.0.partition_point(|(other, _)| other <= key);
        self.0[from..].iter().flat_map(|(_, numbers)| numbers)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
