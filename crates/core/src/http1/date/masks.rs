//! The dialects that use fixed positions: patterns, character masks, positions.

use super::{MONTHS, century, days_in, epoch};

/// Whether `text` matches a mask: `w` is a letter, digit or underscore; `9` a digit; `_` a digit or space; `A` and `a`
/// an upper-case and a lower-case letter. Any other byte matches itself.
fn fits(text: &[u8], mask: &[u8]) -> bool {
    text.len() == mask.len()
        && text.iter().zip(mask).all(|(byte, mask)| match mask {
            b'w' => is_word(*byte),
            b'9' => byte.is_ascii_digit(),
            b'_' => *byte == b' ' || byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            b'a' => byte.is_ascii_lowercase(),
            _ => byte == mask,
        })
}

/// Whether a byte is a letter, digit or underscore in Latin-1, the encoding that is assumed for field values.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte == b'_'
        || matches!(byte, 0xaa | 0xb5 | 0xba | 0xb2 | 0xb3 | 0xb9 | 0xbc..=0xbe | 0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..)
}

/// The number in `text`, which a mask has checked. A space counts as 0.
fn number(text: &[u8]) -> i64 {
    text.iter()
        .fold(0, |sum, byte| sum * 10 + i64::from(byte.saturating_sub(b'0')))
}

fn time(text: &[u8]) -> [i64; 3] {
    [number(&text[0..2]), number(&text[3..5]), number(&text[6..8])]
}

/// [`DateSyntax::Patterns`](super::DateSyntax::Patterns). Second 60 is invalid.
pub(super) fn patterns(text: &[u8], now_secs: i64) -> Option<i64> {
    let comma = text.iter().position(|byte| *byte == b',');
    let (day, month, year, time) = if fits(text, b"www, 99 www 9999 99:99:99 GMT") {
        (&text[5..7], &text[8..11], &text[12..16], time(&text[17..]))
    } else if let Some(tail) = comma
        .filter(|comma| (6..=9).contains(comma) && text[..*comma].iter().all(|byte| is_word(*byte)))
        .map(|comma| &text[comma..])
        .filter(|tail| fits(tail, b", 99-www-99 99:99:99 GMT"))
    {
        (&tail[2..4], &tail[5..8], &tail[9..11], time(&tail[12..]))
    } else if fits(text, b"www www _9 99:99:99 9999") {
        (&text[8..10], &text[4..7], &text[20..24], time(&text[11..]))
    } else {
        return None;
    };
    let month = MONTHS.iter().position(|name| month.eq_ignore_ascii_case(*name))? as i64 + 1;
    let (day, mut year) = (number(day), number(year));
    if year < 100 {
        year = century(year, now_secs);
    }
    let real = (1..=days_in(year, month)).contains(&day) && time[0] < 24 && time[1] < 60 && time[2] < 60;
    real.then(|| epoch(year, month, day, time))
}

/// [`DateSyntax::Masks`](super::DateSyntax::Masks).
pub(super) fn masks(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii_start();
    let space = text.iter().position(|byte| *byte == b' ')?;
    let rest = &text[space + 1..];
    let starts = |mask: &[u8]| rest.get(..mask.len()).is_some_and(|head| fits(head, mask));
    let (day, month, year, time) = if starts(b"99 Aaa 9999 99:99:99 ") {
        (&rest[0..2], &rest[3..6], &rest[7..11], time(&rest[12..]))
    } else if starts(b"99-Aaa-99 99:99:99 ") {
        (&rest[0..2], &rest[3..6], &rest[7..9], time(&rest[10..]))
    } else if starts(b"Aaa _9 99:99:99 9999") {
        (&rest[4..6], &rest[0..3], &rest[16..20], time(&rest[7..]))
    } else if starts(b"9 Aaa 9999 99:99:99 ") {
        (&rest[0..1], &rest[2..5], &rest[6..10], time(&rest[11..]))
    } else {
        return None;
    };
    let month = MONTHS.iter().position(|name| month == *name)? as i64 + 1;
    let (day, two_digit_year, mut year) = (number(day), year.len() == 2, number(year));
    if two_digit_year {
        year += if year < 70 { 2000 } else { 1900 };
    }
    // Seconds up to 61 are valid. The result 0 also means "no date" to such a parser.
    let real = (1..=days_in(year, month)).contains(&day) && time[0] < 24 && time[1] < 60 && time[2] < 62;
    Some(epoch(year, month, day, time)).filter(|secs| real && *secs > 0)
}

/// Bytes that read as 0 beyond their end, because positions are examined before the length is checked.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn at(&self, index: usize) -> u8 {
        self.0.get(index).copied().unwrap_or(0)
    }

    fn number(&self, from: usize, digits: usize) -> Option<i64> {
        (from..from + digits).try_fold(0, |sum, index| {
            let byte = self.at(index);
            byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
        })
    }
}

/// [`DateSyntax::Positions`](super::DateSyntax::Positions).
pub(super) fn positions(text: &[u8]) -> Option<i64> {
    let end_of_weekday = text.iter().position(|byte| matches!(byte, b',' | b' '))?;
    let day_first = text[end_of_weekday] == b',';
    let rest = &text[end_of_weekday + 1..];
    let rest = &rest[rest.iter().position(|byte| *byte != b' ')?..];
    if rest.len() < 18 {
        return None;
    }
    let bytes = Bytes(rest);
    let (mut year, mut day) = (0, 0);
    let mut at = 0;
    let mut gap = 0;
    if day_first {
        day = bytes.number(0, 2)?;
        gap = bytes.at(2);
        if gap != b'-' && (gap != b' ' || rest.len() < 20) {
            return None;
        }
        at = 3;
    }
    let month = month_by_letters([bytes.at(at), bytes.at(at + 1), bytes.at(at + 2)])?;
    at += 3;
    if day_first && bytes.at(at) != gap {
        return None;
    }
    at += 1;
    if !day_first {
        at += usize::from(bytes.at(at) == b' ');
        let digits = if bytes.at(at + 1) == b' ' { 1 } else { 2 };
        day = bytes.number(at, digits)?;
        at += digits;
        if rest.len() < at + 14 {
            return None;
        }
    } else if gap == b' ' {
        year = bytes.number(at, 4)?;
        at += 4;
    } else {
        year = bytes.number(at, 2)?;
        year += if year < 70 { 2000 } else { 1900 };
        at += 2;
    }
    if bytes.at(at) != b' ' || bytes.at(at + 3) != b':' || bytes.at(at + 6) != b':' {
        return None;
    }
    let time = [
        bytes.number(at + 1, 2)?,
        bytes.number(at + 4, 2)?,
        bytes.number(at + 7, 2)?,
    ];
    if !day_first {
        if bytes.at(at + 9) != b' ' {
            return None;
        }
        year = bytes.number(at + 10, 4)?;
    }
    // The day has no lower bound: day 0 is the last one of the previous month.
    let real = day <= days_in(year, month) && time[0] < 24 && time[1] < 60 && time[2] < 60;
    real.then(|| epoch(year, month, day, time))
}

/// The month, identified by the fewest letters that distinguish it.
fn month_by_letters(name: [u8; 3]) -> Option<i64> {
    Some(match name {
        [b'J', b'a', _] => 1,
        [b'J', _, b'n'] => 6,
        [b'J', ..] => 7,
        [b'F', ..] => 2,
        [b'M', _, b'r'] => 3,
        [b'M', ..] => 5,
        [b'A', b'p', _] => 4,
        [b'A', ..] => 8,
        [b'S', ..] => 9,
        [b'O', ..] => 10,
        [b'N', ..] => 11,
        [b'D', ..] => 12,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{masks, patterns, positions};

    const T: i64 = 1_698_766_276;

    #[test]
    fn masks_ignore_text_before_the_first_space_and_after_the_time() {
        for text in [
            "x 31 Oct 2023 15:31:16 x",
            "\t ,,, 31-Oct-23 15:31:16 x",
            "x Oct 31 15:31:16 2023x",
            "x 31 Oct 2023 15:31:16 ",
        ] {
            assert_eq!(masks(text.as_bytes()), Some(T), "{text}");
        }
        assert_eq!(masks(b"x 1 Nov 2023 15:31:16 GMT"), Some(T + 86_400));
        for text in [
            "31 Oct 2023 15:31:16 GMT",
            "x 31 Oct 2023 15:31:16",
            "x 31 Oct 1923 15:31:16 GMT",
            "x  31 Oct",
            " ",
        ] {
            assert_eq!(masks(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn positions_need_only_the_letters_that_distinguish_a_month() {
        for text in [
            "Tue, 31 Oxx 2023 15:31:16",
            ",31 O?? 2023 15:31:16",
            "Tue,     31 Oct 2023 15:31:16xyz",
            "x, 31-Oct-23 15:31:16",
            "x Oct?31 15:31:16 2023",
            "x Oct  31 15:31:16 2023",
            "x, 00 Nov 2023 15:31:16",
        ] {
            assert_eq!(positions(text.as_bytes()), Some(T), "{text}");
        }
        for text in [
            "x, 31 oct 2023 15:31:16",
            "x, 31 Oct-2023 15:31:16",
            "x, 31 Oct 2023 15:31:1",
            "x, ",
            "",
            ",",
            " ",
        ] {
            assert_eq!(positions(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn patterns_accept_any_word_as_a_weekday() {
        for text in [
            "xxx, 31 oCT 2023 15:31:16 GMT",
            "xxxxxxxx, 31-OCT-23 15:31:16 GMT",
            "_1a Oct 31 15:31:16 2023",
        ] {
            assert_eq!(patterns(text.as_bytes(), T), Some(T), "{text}");
        }
        assert_eq!(patterns(b"xxx, 31 Oct 0023 15:31:16 GMT", T), Some(T));
        for text in [
            "xx, 31 Oct 2023 15:31:16 GMT",
            "xxxxxxxxxx, 31-Oct-23 15:31:16 GMT",
            "xxx, 31 Oct 2023 15:31:16 gmt",
        ] {
            assert_eq!(patterns(text.as_bytes(), T), None, "{text}");
        }
    }
}
