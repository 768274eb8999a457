//! Sets of bytes with a lookup in constant time. Each grammar defines its own sets.

/// A set of bytes.
#[derive(Debug)]
pub struct ByteSet([bool; 256]);

impl ByteSet {
    /// The set of ASCII letters, ASCII digits and `others`.
    pub const fn alphanumeric_and(others: &[u8]) -> Self {
        let mut set = [false; 256];
        let mut byte = 0u8;
        while byte < 128 {
            set[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        let mut at = 0;
        while at < others.len() {
            set[others[at] as usize] = true;
            at += 1;
        }
        Self(set)
    }

    /// The same set with all bytes above 0x7f.
    #[must_use]
    pub const fn and_beyond_ascii(mut self) -> Self {
        let mut byte = 128;
        while byte < 256 {
            self.0[byte] = true;
            byte += 1;
        }
        self
    }

    /// Whether the set contains `byte`.
    pub const fn contains(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }

    /// Whether the set contains all of `bytes`.
    pub fn holds_all(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.contains(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_what_it_was_made_of() {
        const SET: ByteSet = ByteSet::alphanumeric_and(b"-_");
        const WIDE: ByteSet = ByteSet::alphanumeric_and(b"").and_beyond_ascii();
        for byte in 0..=255u8 {
            assert_eq!(
                SET.contains(byte),
                byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
            );
            assert_eq!(WIDE.contains(byte), byte.is_ascii_alphanumeric() || !byte.is_ascii());
        }
        assert!(SET.holds_all(b"a-Z_0") && SET.holds_all(b"") && !SET.holds_all(b"a.b"));
    }
}
