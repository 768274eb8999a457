//! Dates, in every dialect that servers accept.

use crate::input::Input;
use labserve_core::http1::date::{self, DateSyntax, parse};

/// The range that can be formatted: the years 0 to 9999.
const FIRST_SECOND: i64 = -62_167_219_200;
const LAST_SECOND: i64 = 253_402_300_799;

/// Parses the bytes as a date in every dialect. A date that RFC 9110 allows must survive formatting and parsing again.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let now = *input.choose(&[1_700_000_000, 0, -1, i64::MAX, i64::MIN, 253_402_300_799]);
    let text = input.0;
    for syntax in [
        DateSyntax::Patterns,
        DateSyntax::Masks,
        DateSyntax::Positions,
        DateSyntax::Mail,
        DateSyntax::FreeForm,
    ] {
        let _ = parse(text, syntax, now);
    }
    let written = FIRST_SECOND..=LAST_SECOND;
    if let Some(secs) = parse(text, DateSyntax::Rfc9110, now).filter(|secs| written.contains(secs)) {
        let written = date::text(secs);
        let again = parse(&written, DateSyntax::Rfc9110, now);
        assert_eq!(
            again,
            Some(secs),
            "{} -> {}",
            text.escape_ascii(),
            written.escape_ascii()
        );
    }
}
