//! HTTP dates (RFC 9110 section 5.6.7): the one form that is written, and the dialects that servers parse.
//!
//! Servers disagree about malformed dates, and a conditional request shows the difference. A dialect is named after its
//! method: the strict grammar, patterns, character masks, fixed positions, a mail parser, free-form words and numbers.
//! No dialect reads a clock; the caller passes the current time, which decides the century of a two-digit year.

mod fixdate;
mod free_form;
mod mail;
mod masks;

use serde::{Deserialize, Serialize};

/// How the text of a date field is parsed.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DateSyntax {
    /// The three forms of RFC 9110 section 5.6.7, strictly. The weekday must be a weekday, but need not match the date.
    #[default]
    Rfc9110,
    /// The three forms as patterns: any word of the right length is a weekday, months are in any case, "GMT" is
    /// required. A year below 100 counts as a two-digit year even if it has four digits.
    Patterns,
    /// Character masks for the text after the first space, so that "Tue, 1 Nov 2023 ..." is valid, too. Text after the
    /// time is ignored. Dates up to and including 1 January 1970 00:00:00 are invalid.
    Masks,
    /// Fixed positions after the first comma or space. One or two letters identify a month, and text after the last
    /// number is ignored. Second 60 is invalid; day 00 is the last day of the previous month.
    Positions,
    /// A lenient mail date (RFC 2822): the weekday is optional, day and month are in either order, zones are names or
    /// numbers.
    Mail,
    /// Words and numbers in nearly any order, or ISO 8601. No zone means UTC. Fractions of a second are ignored.
    FreeForm,
}

/// The first and last second of the years 0 to 9999, which four digits can represent.
const FIRST_SECOND: i64 = -62_167_219_200;
const LAST_SECOND: i64 = 253_402_300_799;

const DAYS: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
const LONG_DAYS: [&[u8]; 7] = [
    b"Thursday",
    b"Friday",
    b"Saturday",
    b"Sunday",
    b"Monday",
    b"Tuesday",
    b"Wednesday",
];
const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Formats a time as an IMF-fixdate. `epoch_secs` is in seconds since 1970-01-01 UTC. A time outside the years 0 to
/// 9999 becomes the nearest one inside.
///
/// ```
/// use labserve_core::http1::date::text;
///
/// assert_eq!(&text(784_111_777), b"Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
pub fn text(epoch_secs: i64) -> [u8; 29] {
    let secs = epoch_secs.clamp(FIRST_SECOND, LAST_SECOND);
    let (days, time) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let mut out = *b"Thu, 01 Jan 1970 00:00:00 GMT";
    out[0..3].copy_from_slice(DAYS[days.rem_euclid(7) as usize]);
    two_digits(&mut out[5..7], day);
    out[8..11].copy_from_slice(MONTHS[month as usize - 1]);
    two_digits(&mut out[12..14], year / 100);
    two_digits(&mut out[14..16], year % 100);
    two_digits(&mut out[17..19], time / 3600);
    two_digits(&mut out[20..22], time / 60 % 60);
    two_digits(&mut out[23..25], time % 60);
    out
}

/// Formats a time as date and time of RFC 3339, in UTC, without fraction and zone. A time outside the years 0 to 9999
/// becomes the nearest one inside.
pub fn write_rfc3339(epoch_secs: i64, out: &mut [u8; 19]) {
    let secs = epoch_secs.clamp(FIRST_SECOND, LAST_SECOND);
    let (days, time) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    *out = *b"1970-01-01T00:00:00";
    two_digits(&mut out[0..2], year / 100);
    two_digits(&mut out[2..4], year % 100);
    two_digits(&mut out[5..7], month);
    two_digits(&mut out[8..10], day);
    two_digits(&mut out[11..13], time / 3600);
    two_digits(&mut out[14..16], time / 60 % 60);
    two_digits(&mut out[17..19], time % 60);
}

fn two_digits(out: &mut [u8], number: i64) {
    out[0] = b'0' + (number / 10) as u8;
    out[1] = b'0' + (number % 10) as u8;
}

/// Parses a date. Returns seconds since 1970-01-01 UTC, or `None` if `text` is not a date in this dialect.
///
/// `now_secs` is the current time. It decides the century of a two-digit year in the dialects that follow RFC 9110
/// there.
///
/// ```
/// use labserve_core::http1::date::{DateSyntax, parse};
///
/// let now = 1_700_000_000;
/// let zoned = b"Sun, 06 Nov 1994 09:49:37 +0100";
/// assert_eq!(parse(b"Sun, 06 Nov 1994 08:49:37 GMT", DateSyntax::Rfc9110, now), Some(784_111_777));
/// assert_eq!(parse(zoned, DateSyntax::Rfc9110, now), None);
/// assert_eq!(parse(zoned, DateSyntax::Mail, now), Some(784_111_777));
/// ```
pub fn parse(text: &[u8], syntax: DateSyntax, now_secs: i64) -> Option<i64> {
    fixdate::parse(text).or_else(|| in_dialect(text, syntax, now_secs))
}

fn in_dialect(text: &[u8], syntax: DateSyntax, now_secs: i64) -> Option<i64> {
    match syntax {
        DateSyntax::Rfc9110 => rfc9110(text, now_secs),
        DateSyntax::Patterns => masks::patterns(text, now_secs),
        DateSyntax::Masks => masks::masks(text),
        DateSyntax::Positions => masks::positions(text),
        DateSyntax::Mail => mail::parse(text),
        DateSyntax::FreeForm => free_form::parse(text),
    }
}

/// Whether `text` has the form of a date but contains a number of 2^31 or more. Some servers fail on such a date.
pub fn overflows(text: &[u8], syntax: DateSyntax) -> bool {
    syntax == DateSyntax::Mail && mail::overflows(text)
}

/// RFC 9110 section 5.6.7: IMF-fixdate, or one of the two obsolete forms.
fn rfc9110(text: &[u8], now_secs: i64) -> Option<i64> {
    let mut at = Cursor(text);
    let long = LONG_DAYS.iter().any(|day| at.word(day));
    if !long && !DAYS.iter().any(|day| at.word(*day)) {
        return None;
    }
    let (year, month, day, time);
    if at.word(b", ") {
        let gap: &[u8] = if long { b"-" } else { b" " };
        day = at.number(2)?;
        at.literal(gap)?;
        month = at.month()?;
        at.literal(gap)?;
        year = if long {
            century(at.number(2)?, now_secs)
        } else {
            at.number(4)?
        };
        at.literal(b" ")?;
        time = at.time()?;
        at.literal(b" GMT")?;
    } else if at.word(b" ") && !long {
        month = at.month()?;
        at.literal(b" ")?;
        day = if at.word(b" ") { at.number(1)? } else { at.number(2)? };
        at.literal(b" ")?;
        time = at.time()?;
        at.literal(b" ")?;
        year = at.number(4)?;
    } else {
        return None;
    }
    // The grammar allows second 60, a leap second.
    let real = day >= 1 && day <= days_in(year, month) && time[0] < 24 && time[1] < 60 && time[2] <= 60;
    (at.0.is_empty() && real).then(|| epoch(year, month, day, time))
}

/// The full year of a two-digit one. A year that would be more than 50 years in the future is the most recent past year
/// with the same digits (RFC 9110 section 5.6.7).
fn century(two_digits: i64, now_secs: i64) -> i64 {
    let this_year = year_of(now_secs);
    let year = this_year - this_year % 100 + two_digits;
    if year - this_year > 50 { year - 100 } else { year }
}

fn year_of(secs: i64) -> i64 {
    civil(secs.clamp(FIRST_SECOND, LAST_SECOND).div_euclid(86_400)).0
}

/// The unread rest of a text. Each method removes one element from its front, or reports that the element is not there.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn word(&mut self, word: &[u8]) -> bool {
        let found = self.0.strip_prefix(word);
        self.0 = found.unwrap_or(self.0);
        found.is_some()
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        self.word(word).then_some(())
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        decimal(number)
    }

    fn month(&mut self) -> Option<i64> {
        MONTHS
            .iter()
            .position(|month| self.word(*month))
            .map(|index| index as i64 + 1)
    }

    fn time(&mut self) -> Option<[i64; 3]> {
        let hour = self.number(2)?;
        self.literal(b":")?;
        let minute = self.number(2)?;
        self.literal(b":")?;
        Some([hour, minute, self.number(2)?])
    }
}

/// Parses one to fifteen decimal digits.
fn decimal(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 15 {
        return None;
    }
    digits.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Seconds since 1970-01-01 UTC of a date in the proleptic Gregorian calendar. A day beyond the end of its month counts
/// into the next one. The calculation lets the year begin in March, so that the leap day is its last day.
fn epoch(year: i64, month: i64, day: i64, time: [i64; 3]) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    days * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
}

/// Year, month and day from the number of days since 1970-01-01: the inverse of [`epoch`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests;
