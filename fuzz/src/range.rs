//! Range fields: every selected range must lie within the file.

use crate::input::Input;
use crate::profiles;
use labserve_core::http1::range::{RangePolicy, Selection, select};

const SIZES: &[u64] = &[0, 1, 2, 10, 255, 70_000, u64::MAX >> 1, u64::MAX];

/// Evaluates the bytes as a Range field, under every profile and the default policy.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let size = *input.choose(SIZES);
    let field = input.0;
    profiles::with_all(|all| {
        let default = RangePolicy::default();
        for policy in all.iter().map(|profile| &profile.range).chain([&default]) {
            let ranges = match select(field, size, policy) {
                Selection::Single(range) => vec![range],
                Selection::Several(ranges) => ranges,
                Selection::Whole | Selection::Unsatisfiable | Selection::Respond(_) => continue,
            };
            assert!(!ranges.is_empty());
            for range in ranges {
                assert!(
                    range.first <= range.last && range.last < size,
                    "{range:?} of {size} bytes for {}",
                    field.escape_ascii()
                );
            }
        }
    });
}
