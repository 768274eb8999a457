//! Datagrams that did not reach the capture point, by the IP identifications of those that did.
//!
//! Many systems count the datagrams of each connection. Where they do, a number that is passed over is a datagram that was
//! lost before the capture point, even if nothing else shows it.

/// How many consecutive numbers show that an endpoint counts.
const COUNTS: u32 = 3;
/// How many datagrams in a row may be lost.
const MOST: u16 = 16;

/// The identifications of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Idents {
    last: Option<u16>,
    /// Number of steps of one so far.
    steps: u32,
}

impl Idents {
    /// Whether datagrams before this one were not captured.
    pub(super) fn skips(&mut self, ident: Option<u16>) -> bool {
        let Some(ident) = ident else {
            return false;
        };
        let step = self.last.map_or(0, |last| ident.wrapping_sub(last));
        self.last = Some(ident);
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
            let skips: Vec<usize> = (0..idents.len()).filter(|at| seen.skips(Some(idents[*at]))).collect();
            assert_eq!(skips, want, "{name}");
        }
    }
}
