//! Sets of bytes, asked about in one step: what a token, a host or a name may consist of.
//!
//! Knows bytes; which ones a grammar allows is said where the grammar is.

/// A set of bytes.
pub struct ByteSet([bool; 256]);

impl ByteSet {
    /// ASCII letters and digits, and `others`.
    pub const fn alphanumeric_and(others: &[u8]) -> ByteSet {
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
        ByteSet(set)
    }

    /// The same, and every byte that is not ASCII.
    pub const fn and_beyond_ascii(mut self) -> ByteSet {
        let mut byte = 128;
        while byte < 256 {
            self.0[byte] = true;
            byte += 1;
        }
        self
    }

    /// Whether it holds `byte`.
    pub const fn contains(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }

    /// Whether it holds every one of `bytes`.
    pub fn holds_all(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.contains(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_it_was_made_of() {
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
