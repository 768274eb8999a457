//! The policies that the tests compare, in the syntax of a profile.

/// The default: no key is set.
pub(super) const RFC: &str = "";

/// Lenient syntax, all overlapping ranges merged, 200 if several remain.
pub(super) const MERGED: &str = r#"
    unit = "exact"
    empty_list = "unsatisfiable"
    numbers = "leading"
    bad_member = "drop"
    empty_member = "bad"
    reversed = "unsatisfiable"
    long_suffix = "unsatisfiable"
    several = "whole"
    merge = "all"
    max_ranges = "off"
    max_overlaps = "off"
    max_reversals = "off"
"#;

/// A single range only.
pub(super) const SINGLE: &str = r#"
    unit = "any-case-spaced"
    other_unit = "unsatisfiable"
    empty_list = "unsatisfiable"
    numbers = "trimmed"
    bad_member = "unsatisfiable"
    empty_member = "bad"
    suffix_zero = "everything"
    long_suffix = "unsatisfiable"
    empty_file = "whole"
    several = "unsatisfiable"
    several_counts = "asked"
    larger_than_file = true
    max_ranges = "off"
    max_overlaps = "off"
    max_reversals = "off"
"#;

/// Any number of ranges with optional spaces, no malformed member.
pub(super) const SPACED: &str = r#"
    numbers = "spaced"
    largest_number = "signed64"
    bad_member = "unsatisfiable"
    empty_member = "bad"
    reversed = "unsatisfiable"
    empty_file = "whole-from-zero"
    max_ranges = "off"
    max_overlaps = "off"
    max_reversals = "off"
"#;

/// No spaces, neighbours merged, limits.
pub(super) const TIGHT: &str = r#"
    numbers = "tight"
    largest_number = "signed64"
    empty_member = "end-if-first"
    suffix_zero = "bad"
    empty_file = "whole"
    open_from_zero = "everything"
    merge = "neighbours"
    max_ranges = 200
    max_overlaps = 20
    max_reversals = 20
"#;

/// No limits: the members before a malformed one count, and any comma means several ranges.
pub(super) const OPEN: &str = r#"
    empty_list = "unsatisfiable"
    numbers = "signed"
    largest_number = "signed64"
    bad_member = "end"
    empty_member = "end-if-first"
    reversed = "unsatisfiable"
    empty_file = "whole"
    several_counts = "asked"
    larger_than_file = true
    max_ranges = "off"
    max_overlaps = "off"
    max_reversals = "off"
"#;
