use super::DateSyntax::{FreeForm, Mail, Masks, Patterns, Positions, Rfc9110};
use super::*;
use crate::test_rng::TestRng;

const ALL: [DateSyntax; 6] = [Rfc9110, Patterns, Masks, Positions, Mail, FreeForm];

/// Tue, 31 Oct 2023 15:31:16 GMT
const T: i64 = 1_698_766_276;

/// 18 November 2026: two-digit years up to 76 are in the future, those from 77 on in the past.
const NOW: i64 = 1_795_000_000;

/// A text, and its results in the order of `ALL`: "-" for no date, "T" for the time above, "+1" for a second later,
/// else seconds since the epoch. All columns but the first were compared row by row with servers that use the dialect.
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
fn each_dialect_parses_dates_by_its_own_rules() {
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
fn texts_outside_the_grammar_are_not_dates() {
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
fn every_dialect_parses_what_is_written() {
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
fn every_day_of_eight_centuries_round_trips() {
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

#[test]
fn every_dialect_reads_the_usual_form_alike() {
    const YEAR: i64 = 31_622_400;
    let mut rng = TestRng::new(1);
    for _ in 0..20_000 {
        let days = (LAST_SECOND - YEAR) / 86_400;
        let (day, second) = (rng.below(days as usize), rng.below(86_400));
        let secs = YEAR + day as i64 * 86_400 + second as i64;
        let text = text(secs);
        assert_eq!(fixdate::parse(&text), Some(secs), "{}", text.escape_ascii());
        for syntax in ALL {
            assert_eq!(
                in_dialect(&text, syntax, NOW),
                Some(secs),
                "{syntax:?} {}",
                text.escape_ascii()
            );
        }
    }
}

#[test]
fn what_the_dialects_may_read_differently_is_left_to_them() {
    for text in [
        "",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 31 Dec 1970 23:59:59 GMT",
        "Mon, 31 Oct 2023 15:31:16 GMT",
        "tue, 31 Oct 2023 15:31:16 GMT",
        "Tue, 31 oct 2023 15:31:16 GMT",
        "Tue, 31 Oct 2023 15:31:60 GMT",
        "Tue, 31 Oct 2023 24:00:00 GMT",
        "Thu, 31 Nov 2023 15:31:16 GMT",
        "Tue, 31 Oct 2023 15:31:16 UTC",
        "Tue, 31-Oct-2023 15:31:16 GMT",
        "Tue, 31 Oct 2023 15.31.16 GMT",
        "Tue, 3/ Oct 2023 15:31:16 GMT",
        "Tue, 31 Oct 2023 15:31:16 GMT ",
    ] {
        assert_eq!(fixdate::parse(text.as_bytes()), None, "{text}");
    }
}
