//! The form of a date that clients send (RFC 9110 section 5.6.7), which all dialects read alike.
//!
//! Nearly every conditional request has such a date, and the dialects take up to a thousand instructions for it.

use super::{DAYS, MONTHS, days_in, epoch};

/// Parses an IMF-fixdate of the years 1971 to 9999 whose weekday is that of its date. `None` for any other text, which
/// the dialects may read differently.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let text: &[u8; 29] = text.try_into().ok()?;
    let form = [3, 4, 7, 11, 16, 19, 22].map(|at| text[at]) == *b",    ::" && text[25..] == *b" GMT";
    if !form {
        return None;
    }
    let number = |at: usize| {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
    };
    let month = MONTHS.iter().position(|month| text[8..11] == **month)? as i64 + 1;
    let (year, day) = (number(12)? * 100 + number(14)?, number(5)?);
    let time = [number(17)?, number(20)?, number(23)?];
    let exists = year > 1970 && day >= 1 && day <= days_in(year, month) && time[0] < 24 && time[1] < 60 && time[2] < 60;
    let seconds = epoch(year, month, day, time);
    let weekday = DAYS[seconds.div_euclid(86_400).rem_euclid(7) as usize];
    (exists && text[..3] == *weekday).then_some(seconds)
}
