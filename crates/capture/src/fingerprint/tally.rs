//! Counts the observations that agree with one profile.

use crate::model::{Aspect, AspectScore};

/// How many frames an aspect names.
const NAMED_FRAMES: usize = 8;

/// A difference: what was captured, and what the profile would have sent.
pub(super) type Difference = (String, String);

/// The observations that were compared with one profile.
#[derive(Debug, Default)]
pub(super) struct Tally {
    aspects: Vec<AspectScore>,
}

impl Tally {
    /// Adds an observation of which `matched` of `of` parts agree.
    pub(super) fn count(&mut self, aspect: Aspect, matched: u32, of: u32, frame: u64, differs: Option<Difference>) {
        let at = self
            .aspects
            .iter()
            .position(|known| known.aspect == aspect)
            .unwrap_or_else(|| {
                self.aspects.push(AspectScore {
                    aspect,
                    matched: 0,
                    of: 0,
                    differs: None,
                    frames: Vec::new(),
                    frames_left_out: false,
                });
                self.aspects.len() - 1
            });
        let counted = &mut self.aspects[at];
        counted.matched += matched;
        counted.of += of;
        if counted.frames.last() != Some(&frame) {
            match counted.frames.len() < NAMED_FRAMES {
                true => counted.frames.push(frame),
                false => counted.frames_left_out = true,
            }
        }
        if counted.differs.is_none() {
            counted.differs = differs;
        }
    }

    /// Adds an observation that agrees or does not.
    pub(super) fn agree(&mut self, aspect: Aspect, agrees: bool, frame: u64, differs: impl FnOnce() -> Difference) {
        self.count(aspect, agrees.into(), 1, frame, (!agrees).then(differs));
    }

    /// Weighted mean of the aspects that were observed, from 0 to 100.
    pub(super) fn percent(&self, weights: &[(Aspect, f64)]) -> u8 {
        let (mut sum, mut whole) = (0.0, 0.0);
        for (aspect, weight) in weights {
            if let Some(counted) = self
                .aspects
                .iter()
                .find(|counted| counted.aspect == *aspect && counted.of > 0)
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

    /// The aspects that were observed, in the order of [`Aspect`].
    pub(super) fn aspects(mut self) -> Vec<AspectScore> {
        self.aspects.sort_by_key(|counted| counted.aspect);
        self.aspects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aspects_that_were_not_observed_do_not_count() {
        let mut tally = Tally::default();
        let weights = [(Aspect::Heads, 3.0), (Aspect::End, 1.0), (Aspect::Etag, 9.0)];
        assert_eq!(tally.percent(&weights), 0);
        tally.count(Aspect::Heads, 4, 8, 1, None);
        assert_eq!(tally.percent(&weights), 50);
        tally.agree(Aspect::End, true, 2, || ("a".into(), "b".into()));
        assert_eq!(tally.percent(&weights), 63);
    }
}
