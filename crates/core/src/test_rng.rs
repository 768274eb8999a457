//! Numbers for tests that try many inputs: the same on every run (xorshift64).
//!
//! Knows nothing of what they are for. Not for anything that has to be unpredictable.

/// A generator.
pub struct TestRng(u64);

impl TestRng {
    /// One whose numbers follow from the seed.
    pub fn new(seed: u64) -> TestRng {
        // Nothing but zeros follows from zero.
        TestRng(seed.max(1))
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}
