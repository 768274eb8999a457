//! Datagrams that did not reach the capture point, by the IP identifications of those that did.
//!
//! Many systems number the datagrams of each connection consecutively. If they do, a skipped number is a datagram that
//! was lost before the capture point, even if nothing else shows the loss.

/// The number of increments by one that show that an endpoint numbers its datagrams consecutively.
const COUNTS: u32 = 3;
/// The largest increment that counts as a loss.
const MOST: u16 = 16;

/// The identifications of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Idents {
    last: Option<u16>,
    /// Number of increments by one so far.
    steps: u32,
}

impl Idents {
    /// The latest identification.
    pub(super) fn last(&self) -> Option<u16> {
        self.last
    }

    /// Whether datagrams before this one were not captured. `other`: the latest identification of the other endpoint.
    /// If it lies between the last two of this endpoint, both are on one system that numbers the datagrams of all
    /// connections together, as Windows does.
    pub(super) fn skips(&mut self, ident: Option<u16>, other: Option<u16>) -> bool {
        let Some(ident) = ident else {
            return false;
        };
        let last = self.last.replace(ident).unwrap_or(ident);
        let step = ident.wrapping_sub(last);
        if other.is_some_and(|other| (1..step).contains(&other.wrapping_sub(last))) {
            self.steps = 0;
            return false;
        }
        match step {
            1 => {
                self.steps += 1;
                false
            }
            2..=MOST => self.steps >= COUNTS,
            _ => {
                self.steps = 0;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_missing_only_where_numbers_are_counted() {
        for (name, idents, want) in [
            ("counted", &[7, 8, 9, 10, 12, 13][..], &[4][..]),
            ("across the end", &[65_533, 65_534, 65_535, 0, 3], &[4]),
            ("too few", &[7, 8, 9, 11, 12], &[]),
            ("always 0", &[0, 0, 0, 0, 0, 0], &[]),
            ("at random", &[7, 9_000, 4, 50_000, 50_002], &[]),
            ("in another order", &[7, 8, 9, 10, 9, 11], &[]),
        ] {
            let mut seen = Idents::default();
            let skips: Vec<usize> = (0..idents.len())
                .filter(|at| seen.skips(Some(idents[*at]), None))
                .collect();
            assert_eq!(skips, want, "{name}");
        }
    }

    #[test]
    fn a_number_that_the_other_side_used_is_not_missing() {
        let mut seen = Idents::default();
        let counted = [7, 8, 9, 10].map(|ident| seen.skips(Some(ident), Some(6)));
        assert_eq!(counted, [false; 4]);
        assert!(!seen.skips(Some(12), Some(11)));
        // After that, it is not known whose datagrams the numbers count.
        assert!(!seen.skips(Some(14), Some(11)));
    }
}
