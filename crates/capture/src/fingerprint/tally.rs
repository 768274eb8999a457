//! Counts what agreed and what did not.

use crate::model::{Aspect, AspectScore};

/// What was compared with one profile.
#[derive(Debug, Default)]
pub(super) struct Tally {
    traits: Vec<AspectScore>,
}

/// How many frames a trait names.
const FRAMES: usize = 8;

impl Tally {
    /// One observation: `matched` of `of` agreed. `differs` is what was seen and what the profile would have sent.
    pub(super) fn count(&mut self, what: Aspect, matched: u32, of: u32, frame: u64, differs: Option<(String, String)>) {
        let at = self
            .traits
            .iter()
            .position(|known| known.what == what)
            .unwrap_or_else(|| {
                self.traits.push(AspectScore {
                    what,
                    matched: 0,
                    of: 0,
                    differs: None,
                    frames: Vec::new(),
                });
                self.traits.len() - 1
            });
        let counted = &mut self.traits[at];
        counted.matched += matched;
        counted.of += of;
        if counted.frames.len() < FRAMES && counted.frames.last() != Some(&frame) {
            counted.frames.push(frame);
        }
        if counted.differs.is_none() {
            counted.differs = differs;
        }
    }

    /// One observation that agreed or did not.
    pub(super) fn agree(&mut self, what: Aspect, agrees: bool, frame: u64, differs: impl FnOnce() -> (String, String)) {
        self.count(what, agrees.into(), 1, frame, (!agrees).then(differs));
    }

    /// From 0 to 100: the weighted mean of the aspects that were seen.
    pub(super) fn percent(&self, weights: &[(Aspect, f64)]) -> u8 {
        let (mut sum, mut whole) = (0.0, 0.0);
        for (aspect, weight) in weights {
            if let Some(counted) = self
                .traits
                .iter()
                .find(|counted| counted.what == *aspect && counted.of > 0)
            {
                sum += weight * f64::from(counted.matched) / f64::from(counted.of);
                whole += weight;
            }
        }
        if whole == 0.0 {
            0
        } else {
            (100.0 * sum / whole).round() as u8
        }
    }

    pub(super) fn traits(mut self) -> Vec<AspectScore> {
        self.traits.sort_by_key(|counted| counted.what);
        self.traits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aspects_that_were_not_seen_do_not_count() {
        let mut tally = Tally::default();
        let weights = [(Aspect::Heads, 3.0), (Aspect::End, 1.0), (Aspect::Etag, 9.0)];
        assert_eq!(tally.percent(&weights), 0);
        tally.count(Aspect::Heads, 4, 8, 1, None);
        assert_eq!(tally.percent(&weights), 50);
        tally.agree(Aspect::End, true, 2, || ("a".into(), "b".into()));
        assert_eq!(tally.percent(&weights), 63);
    }
}
