//! HTTP dates: the one form that is written, and the dialects in which servers read them.
//!
//! A dialect is named by how it reads, not by who reads so: the strict grammar, a mail reader, a reader of
//! free-form words and numbers, patterns, character masks, fixed positions. None of them looks at a clock: where a
//! two-digit year needs one, the caller says what time it is.

mod free_form;
mod mail;
mod masks;

use serde::{Deserialize, Serialize};

/// How the text of a date field is read.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum DateSyntax {
    /// The three forms of RFC 9110 section 5.6.7 to the letter. A weekday must be a weekday, but not the right one.
    #[default]
    Rfc9110,
    /// The three forms as patterns: any word of the right length for a weekday, months in any case, "GMT" required.
    /// A year below 100, even written with four digits, is a two-digit year.
    Patterns,
    /// Character masks behind the first space: "Tue, 1 Nov 2023 ..." too; what follows the time is not looked at.
    /// Nothing up to and including 1 January 1970 00:00:00 is a date.
    Masks,
    /// Fixed positions behind the first comma or space: a month is known by one or two of its letters, what follows
    /// the last number is not looked at. "60" is no second, "00" is a day (the last of the month before).
    Positions,
    /// A mail date (RFC 2822, leniently): weekday optional, order of day and month free, zones by name or number.
    Mail,
    /// Words and numbers in nearly any order, in ISO 8601 too; no zone means UTC. Sub-seconds are dropped.
    FreeForm,
}

/// The years 0 to 9999: what four digits can write.
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

/// `epoch_secs` as an IMF-fixdate; a time outside the years 0 to 9999 as the nearest one inside.
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

/// Writes `epoch_secs` as the date and time of RFC 3339, in UTC, without fraction and zone; a time outside the years 0 to
/// 9999 is written as the nearest one inside.
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

/// Seconds since the epoch, or `None` where `text` is no date in this dialect. `now_secs` decides the century of a
/// two-digit year where the dialect lets the present decide.
pub fn parse(text: &[u8], syntax: DateSyntax, now_secs: i64) -> Option<i64> {
    match syntax {
        DateSyntax::Rfc9110 => rfc9110(text, now_secs),
        DateSyntax::Patterns => masks::patterns(text, now_secs),
        DateSyntax::Masks => masks::masks(text),
        DateSyntax::Positions => masks::positions(text),
        DateSyntax::Mail => mail::parse(text),
        DateSyntax::FreeForm => free_form::parse(text),
    }
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
    // The grammar admits a leap second, 60.
    let real = day >= 1 && day <= days_in(year, month) && time[0] < 24 && time[1] < 60 && time[2] <= 60;
    (at.0.is_empty() && real).then(|| epoch(year, month, day, time))
}

/// RFC 9110: a two-digit year that seems more than 50 years ahead is the most recent one past with these digits.
fn century(two_digits: i64, now_secs: i64) -> i64 {
    let this_year = year_of(now_secs);
    let year = this_year - this_year % 100 + two_digits;
    if year - this_year > 50 { year - 100 } else { year }
}

fn year_of(secs: i64) -> i64 {
    civil(secs.clamp(FIRST_SECOND, LAST_SECOND).div_euclid(86_400)).0
}

/// What is left to read. Every step takes what it names from the front, or says that it is not there.
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

/// A few digits and nothing else.
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

/// Days before the epoch's day to the day of a proleptic Gregorian date; a day past its month runs into the next one.
/// The year begins in March, so that the leap day is the last of it.
fn epoch(year: i64, month: i64, day: i64, time: [i64; 3]) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    days * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
}

/// Year, month and day of a day since the epoch: `epoch` backwards.
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
mod tests {
    use super::DateSyntax::{FreeForm, Mail, Masks, Patterns, Positions, Rfc9110};
    use super::*;
    use crate::test_rng::TestRng;

    const ALL: [DateSyntax; 6] = [Rfc9110, Patterns, Masks, Positions, Mail, FreeForm];

    /// Tue, 31 Oct 2023 15:31:16 GMT
    const T: i64 = 1_698_766_276;

    /// 18 November 2026: two-digit years up to 76 lie ahead, those from 77 on behind.
    const NOW: i64 = 1_795_000_000;

    /// Columns as in `ALL`: "-" no date, "T" the time above, "+1" a second later, else seconds since the epoch. The
    /// columns but the first were compared, row by row, with servers that read dates so.
    const DATES: &[(&str, &str)] = &[
        ("Tue, 31 Oct 2023 15:31:16 GMT", "T T T T T T"),
        ("Tue, 31 Oct 2023 15:31:15 GMT", "-1 -1 -1 -1 -1 -1"),
        ("Tue, 31 Oct 2023 15:31:17 GMT", "+1 +1 +1 +1 +1 +1"),
        ("Tuesday, 31-Oct-23 15:31:16 GMT", "T T T T T T"),
        ("Tue Oct 31 15:31:16 2023", "T T T T T T"),
        ("Tue Nov  1 15:31:16 2023", "+86400 +86400 +86400 +86400 +86400 +86400"),
        ("Tue Nov 1 15:31:16 2023", "- - - +86400 +86400 +86400"),
        ("Tue, 31 Oct 2023 15:31:16", "- - - T T T"),
        ("31 Oct 2023 15:31:16 GMT", "- - - - T T"),
        ("tue, 31 oct 2023 15:31:16 gmt", "- - - - T T"),
        ("TUE, 31 OCT 2023 15:31:16 GMT", "- T - T T T"),
        ("Tue, 31 Oct 2023 15:31:16 UTC", "- - T T T T"),
        ("Tue, 31 Oct 2023 15:31:16 Z", "- - T T T T"),
        ("Tue, 31 Oct 2023 16:31:16 +0100", "- - +3600 +3600 T T"),
        ("Tue, 31 Oct 2023 10:31:16 -0500", "- - -18000 -18000 T T"),
        ("Tue, 31 Oct 2023 15:31:16 EST", "- - T T +18000 +18000"),
        ("Tue, 31 Oct 2023 15:31:16 +0000", "- - T T T T"),
        ("Tue, 1 Nov 2023 15:31:16 GMT", "- - +86400 - +86400 +86400"),
        (
            "Tue, 01 Nov 2023 15:31:16 GMT",
            "+86400 +86400 +86400 +86400 +86400 +86400",
        ),
        ("Mon, 31 Oct 2023 15:31:16 GMT", "T T T T T T"),
        ("Xyz, 31 Oct 2023 15:31:16 GMT", "- T T T T T"),
        ("Tue,31 Oct 2023 15:31:16 GMT", "- - - T T T"),
        ("Tue  31 Oct 2023 15:31:16 GMT", "- - - - T T"),
        ("Tue, 31-Oct-2023 15:31:16 GMT", "- - - - T T"),
        ("Tue, 31 Oct 23 15:31:16 GMT", "- - - - T T"),
        ("Tuesday, 31-Oct-2023 15:31:16 GMT", "- - - - T T"),
        ("Tue, 31 Oct 2023 15:31 GMT", "- - - - -16 -16"),
        ("Tue, 31 Oct 2023 15:31:60 GMT", "+44 - +44 - - -16"),
        ("Tue, 31 Oct 2023 15:30:76 GMT", "- - - - - -76"),
        ("Tue, 31 Oct 2023 24:00:00 GMT", "- - - - - +30524"),
        ("Tue, 00 Nov 2023 15:31:16 GMT", "- - - T - -"),
        ("Tue, 32 Oct 2023 15:31:16 GMT", "- - - - - -"),
        ("Tue, 31 Nov 2023 15:31:16 GMT", "- - - - - 1701444676"),
        ("Wed, 29 Feb 2023 15:31:16 GMT", "- - - - - 1677684676"),
        (
            "Thu, 29 Feb 2024 15:31:16 GMT",
            "1709220676 1709220676 1709220676 1709220676 1709220676 1709220676",
        ),
        ("2023-10-31T15:31:16Z", "- - - - - T"),
        ("2023-10-31 15:31:16", "- - - - - T"),
        ("2023-10-31", "- - - - - -55876"),
        ("1698766276", "- - - - - -"),
        ("0", "- - - - - 946684800"),
        ("-1", "- - - - - 978307200"),
        ("garbage", "- - - - - -"),
        ("x", "- - - - - -"),
        ("Tue, 31 Oct 2023 15:31:16 GMT; length=666", "- - T T T -"),
        ("Tue, 31 Oct 2023 15:31:16 GMT, Tue", "- - T T T -"),
        (
            "Mon, 01 Jan 2035 00:00:00 GMT",
            "2051222400 2051222400 2051222400 2051222400 2051222400 2051222400",
        ),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "0 0 - 0 0 0"),
        ("Thu, 01 Jan 1970 00:00:01 GMT", "1 1 1 1 1 1"),
        ("Wed, 31 Dec 1969 23:59:58 GMT", "=-2 =-2 - =-2 =-2 =-2"),
        (
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "253402300799 253402300799 253402300799 253402300799 253402300799 253402300799",
        ),
        (
            "Sat, 01 Jan 0000 00:00:00 GMT",
            "-62167219200 946684800 - -62167219200 946684800 946684800",
        ),
        ("Monday, 01-Jan-70 00:00:00 GMT", "3155760000 3155760000 - 0 0 0"),
        (
            "Monday, 01-Jan-69 00:00:00 GMT",
            "3124224000 3124224000 3124224000 3124224000 -31536000 -31536000",
        ),
        (
            "Monday, 01-Jan-68 00:00:00 GMT",
            "3092601600 3092601600 3092601600 3092601600 3092601600 -63158400",
        ),
        (
            "Monday, 01-Jan-76 00:00:00 GMT",
            "3345062400 3345062400 189302400 189302400 189302400 189302400",
        ),
        (
            "Monday, 01-Jan-77 00:00:00 GMT",
            "220924800 220924800 220924800 220924800 220924800 220924800",
        ),
        ("Tue, 31 Oct 2023 15.31.16 GMT", "- - - - T -"),
        ("Oct 31, 2023 15:31:16", "- - - - T T"),
        ("10/31/2023 15:31:16", "- - - - - T"),
        ("31 October 2023 15:31:16 GMT", "- - - - T T"),
        ("Tue, 31 October 2023 15:31:16 GMT", "- - - - T T"),
        ("Tue, 31 Oct 2023 3:31:16 PM", "- - - - -43200 T"),
        ("Tue, 31 Ocx 2023 15:31:16 GMT", "- - - T - -"),
        (r#""Tue, 31 Oct 2023 15:31:16 GMT""#, "- - T T T T"),
        (
            "Tue, 31 Oct 2023 15:31:16 GMT+0000 (Coordinated Universal Time)",
            "- - T T T T",
        ),
    ];

    #[test]
    fn every_dialect_reads_a_date_in_its_own_way() {
        for (text, row) in DATES {
            let expected: Vec<Option<i64>> = row
                .split(' ')
                .map(|cell| match cell.as_bytes() {
                    b"-" => None,
                    b"T" => Some(T),
                    [b'+', ..] => cell.parse::<i64>().ok().map(|later| T + later),
                    [b'-', ..] if cell.len() < 9 => cell.parse::<i64>().ok().map(|later| T + later),
                    _ => cell.trim_start_matches('=').parse().ok(),
                })
                .collect();
            assert_eq!(
                ALL.map(|syntax| parse(text.as_bytes(), syntax, NOW)).to_vec(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn the_three_forms_of_rfc_9110_are_one_date() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            for syntax in ALL {
                assert_eq!(
                    parse(text.as_bytes(), syntax, NOW),
                    Some(784_111_777),
                    "{text} {syntax:?}"
                );
            }
        }
    }

    #[test]
    fn what_the_grammar_does_not_say_is_no_date() {
        for text in [
            "Tuesday, 31 Oct 2023 15:31:16 GMT",
            "Tue, 31-Oct-23 15:31:16 GMT",
            "Tuesday Oct 31 15:31:16 2023",
            "Tue Oct 031 15:31:16 2023",
            "Tue Oct  31 15:31:16 2023",
            "Tue, 31 Oct 2023 15:31:16 GMT ",
            " Tue, 31 Oct 2023 15:31:16 GMT",
            "Tue, 31 Oct 2023 15:31:61 GMT",
            "Tue, 00 Oct 2023 15:31:16 GMT",
            "",
        ] {
            assert_eq!(parse(text.as_bytes(), Rfc9110, NOW), None, "{text:?}");
        }
    }

    #[test]
    fn a_two_digit_year_is_at_most_fifty_years_ahead() {
        let year = |text: &str, now: &str| {
            let now = parse(now.as_bytes(), Rfc9110, 0).expect("a date");
            parse(text.as_bytes(), Rfc9110, now).map(year_of)
        };
        assert_eq!(
            year("Monday, 01-Jan-76 00:00:00 GMT", "Sun, 01 Nov 2026 00:00:00 GMT"),
            Some(2076)
        );
        assert_eq!(
            year("Monday, 01-Jan-77 00:00:00 GMT", "Sun, 01 Nov 2026 00:00:00 GMT"),
            Some(1977)
        );
        assert_eq!(
            year("Monday, 01-Jan-00 00:00:00 GMT", "Fri, 01 Nov 2099 00:00:00 GMT"),
            Some(2000)
        );
    }

    #[test]
    fn what_is_written_is_read_again_by_every_dialect() {
        for secs in [1, T, 951_782_400, 68_169_599, 4_102_444_800, 253_402_300_799] {
            let text = text(secs);
            for syntax in ALL {
                assert_eq!(parse(&text, syntax, NOW), Some(secs), "{syntax:?} {secs}");
            }
        }
    }

    #[test]
    fn the_written_form_always_has_29_bytes() {
        for (secs, expected) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (T, "Tue, 31 Oct 2023 15:31:16 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
            (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (i64::MIN, "Sat, 01 Jan 0000 00:00:00 GMT"),
            (i64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            let text = text(secs);
            assert_eq!(text.escape_ascii().to_string(), expected);
        }
    }

    #[test]
    fn every_day_of_eight_centuries_is_written_and_read() {
        for day in (-146_097..146_097).map(|day| day * 86_400 + 86_399) {
            let text = text(day);
            assert_eq!(rfc9110(&text, NOW), Some(day));
        }
    }

    #[test]
    fn no_text_makes_a_dialect_panic() {
        let mut rng = TestRng::new(0x9e37_79b9_7f4a_7c15);
        let pieces: [&[u8]; 24] = [
            b"Tue",
            b", ",
            b" ",
            b"31",
            b"Oct",
            b"2023",
            b"15:31:16",
            b"GMT",
            b"-",
            b"+",
            b":",
            b".",
            b"(",
            b")",
            b"\xff",
            b"\0",
            b"\xa0",
            b"99999999999999999999999999",
            b"0",
            b"T",
            b"Z",
            b"_",
            b"PM",
            b"::",
        ];
        for round in 0..30_000 {
            let (text, _) = DATES[round % DATES.len()];
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..=rng.below(3) {
                let (at, piece) = (rng.below(bytes.len() + 1), pieces[rng.below(pieces.len())]);
                match rng.below(3) {
                    0 => drop(bytes.splice(at..at, piece.iter().copied())),
                    1 => bytes.truncate(at),
                    _ => drop(bytes.splice(at..(at + 2).min(bytes.len()), piece.iter().copied())),
                }
            }
            for syntax in ALL {
                parse(&bytes, syntax, [NOW, i64::MIN, i64::MAX][round % 3]);
            }
        }
        for piece in pieces {
            for syntax in ALL {
                parse(&piece.repeat(10_000), syntax, NOW);
            }
        }
    }
}
