//! Numbers for tests that try many inputs: the same on every run (xorshift64).
//!
//! Knows nothing of what they are for. Not for anything that has to be unpredictable.

/// A generator.
pub(crate) struct Dice(u64);

impl Dice {
    /// One whose numbers follow from the seed.
    pub(crate) fn new(seed: u64) -> Dice {
        // Nothing but zeros follows from zero.
        Dice(seed.max(1))
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}
