//! A deterministic random number generator for tests that try many inputs (xorshift64).
//!
//! The same seed gives the same numbers on every platform. It is not suitable where numbers must be unpredictable.

/// A generator of pseudo-random numbers.
#[derive(Debug)]
pub struct TestRng(u64);

impl TestRng {
    /// Creates a generator from `seed`. Zero counts as 1.
    pub fn new(seed: u64) -> Self {
        // Xorshift maps zero to zero.
        Self(seed.max(1))
    }

    /// The next number, from 0 up to but not including `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}
