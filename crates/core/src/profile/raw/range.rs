//! `[range]`: its keys are those of [`RangePolicy`], with the names of responses not resolved yet.

use super::word;
use crate::http1::range::RangePolicy;
use crate::profile::units::Word;

/// `[range]`.
pub type RawRange = RangePolicy<Word, Word>;

impl Default for RawRange {
    fn default() -> Self {
        Self::rfc9110(&word("whole"), word("whole"))
    }
}
