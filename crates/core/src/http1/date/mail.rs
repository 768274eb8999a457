//! The mail dialect: a lenient parser of RFC 2822 dates that works word by word.

use super::{days_in, epoch};

const WEEKDAYS: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

/// Offsets from UTC as written: -0430 is -430.
const ZONES: [(&[u8], i64); 14] = [
    (b"ut", 0),
    (b"utc", 0),
    (b"gmt", 0),
    (b"z", 0),
    (b"ast", -400),
    (b"adt", -300),
    (b"est", -500),
    (b"edt", -400),
    (b"cst", -600),
    (b"cdt", -500),
    (b"mst", -700),
    (b"mdt", -600),
    (b"pst", -800),
    (b"pdt", -700),
];

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

pub(super) fn parse(text: &[u8]) -> Option<i64> {
    numbers(text)?.seconds()
}

/// Whether a date has a number that C's `int` cannot hold.
pub(super) fn overflows(text: &[u8]) -> bool {
    numbers(text).is_some_and(|numbers| {
        let [hour, minute, second] = numbers.time;
        [numbers.year, numbers.day, hour, minute, second]
            .iter()
            .any(|number| i32::try_from(*number).is_err())
    })
}

/// The numbers of a date. They need not form a date that exists.
struct Numbers {
    year: i64,
    month: i64,
    day: i64,
    time: [i64; 3],
    /// The offset from UTC in seconds, positive to the east.
    offset: i64,
}

impl Numbers {
    /// Seconds since 1970. Such a parser accepts the years 1 to 9999 and no leap second.
    fn seconds(&self) -> Option<i64> {
        let Self {
            year,
            month,
            day,
            time,
            offset,
        } = *self;
        let real = (1..=9999).contains(&year)
            && (1..=days_in(year, month)).contains(&day)
            && (0..24).contains(&time[0])
            && (0..60).contains(&time[1])
            && (0..60).contains(&time[2]);
        real.then(|| epoch(year, month, day, time) - offset)
    }
}

fn numbers(text: &[u8]) -> Option<Numbers> {
    // A weekday and the five words that count. Further words cannot change the result.
    let mut words: [&[u8]; 6] = [b""; 6];
    let mut count = 0;
    for word in text
        .split(|byte| is_space(*byte))
        .filter(|word| !word.is_empty())
        .take(6)
    {
        words[count] = word;
        count += 1;
    }
    if count == 0 {
        return None;
    }
    if words[0].ends_with(b",") || WEEKDAYS.iter().any(|day| words[0].eq_ignore_ascii_case(day)) {
        words.copy_within(1.., 0);
        count -= 1;
    } else if let Some(comma) = words[0].iter().rposition(|byte| *byte == b',') {
        words[0] = &words[0][comma + 1..];
    }
    if count == 3 {
        // 31-Oct-23 15:31:16 GMT
        let mut parts = words[0].split(|byte| *byte == b'-');
        if let (Some(day), Some(month), Some(year), None) = (parts.next(), parts.next(), parts.next(), parts.next()) {
            words = [day, month, year, words[1], words[2], b""];
            count = 5;
        }
    }
    if count == 4 {
        // The zone may follow the time without a space: 15:31:16+0100
        let last = words[3];
        let find = |sign: u8| last.iter().position(|byte| *byte == sign);
        words[4] = b"";
        if let Some(sign) = find(b'+').or_else(|| find(b'-')).filter(|sign| *sign > 0) {
            (words[3], words[4]) = last.split_at(sign);
        }
        count = 5;
    }
    if count < 5 {
        return None;
    }
    fields([words[0], words[1], words[2], words[3], words[4]])
}

/// Parses the five words day, month, year, time and zone. Some of them may be swapped.
fn fields(words: [&[u8]; 5]) -> Option<Numbers> {
    let [mut day, mut month, mut year, mut time, mut zone] = words;
    if day.is_empty() || month.is_empty() || year.is_empty() {
        return None;
    }
    if month_number(month).is_none() {
        (day, month) = (month, day);
    }
    let month = month_number(month)?;
    day = day.strip_suffix(b",").unwrap_or(day);
    if year
        .iter()
        .position(|byte| *byte == b':')
        .is_some_and(|colon| colon > 0)
    {
        (year, time) = (time, year);
    }
    year = year.strip_suffix(b",").unwrap_or(year);
    if !matches!(year.first()?, b'0'..=b'9' | 0xb2 | 0xb3 | 0xb9) {
        (year, zone) = (zone, year);
    }
    time = time.strip_suffix(b",").unwrap_or(time);
    let time = time_of_day(time)?;
    let (mut year, day) = (integer(year)?, integer(day)?);
    if year < 100 {
        year += if year > 68 { 1900 } else { 2000 };
    }
    let offset = offset_secs(zone)?;
    Some(Numbers {
        year,
        month,
        day,
        time,
        offset,
    })
}

fn month_number(word: &[u8]) -> Option<i64> {
    let names = |name: &&[u8]| word.eq_ignore_ascii_case(name) || word.eq_ignore_ascii_case(&name[..3]);
    MONTHS.iter().position(names).map(|index| index as i64 + 1)
}

/// Parses a time of day: 15:31, 15:31:16, 15.31 or 15.31.16.
fn time_of_day(text: &[u8]) -> Option<[i64; 3]> {
    let separator = if text.contains(&b':') { b':' } else { b'.' };
    let mut parts = text.split(|byte| *byte == separator);
    let (hour, minute) = (integer(parts.next()?)?, integer(parts.next()?)?);
    let second = parts.next().map_or(Some(0), integer)?;
    parts.next().is_none().then_some([hour, minute, second])
}

/// The offset from UTC in seconds, positive to the east. An unknown zone counts as UTC. Returns `None` for a day or
/// more.
fn offset_secs(zone: &[u8]) -> Option<i64> {
    let known = ZONES.iter().find(|(name, _)| zone.eq_ignore_ascii_case(name));
    let number = known.map_or_else(|| integer(zone).unwrap_or(0), |(_, number)| *number);
    let size = number.abs();
    let secs = size / 100 * 3600 + size % 100 * 60;
    (secs < 86_400).then_some(secs * number.signum())
}

/// Parses an optional sign and digits, with single underscores allowed between digits. The magnitude saturates at
/// 10^12.
fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if !digits.first()?.is_ascii_digit() || !digits.last()?.is_ascii_digit() {
        return None;
    }
    let mut sum: i64 = 0;
    let mut after_digit = false;
    for byte in digits {
        match byte {
            b'0'..=b'9' => sum = (sum * 10 + i64::from(byte - b'0')).min(1_000_000_000_000),
            b'_' if after_digit => {}
            _ => return None,
        }
        after_digit = *byte != b'_';
    }
    Some(if negative { -sum } else { sum })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=0x1f | b' ' | 0x85 | 0xa0)
}

#[cfg(test)]
mod tests {
    use super::parse;

    const T: i64 = 1_698_766_276;

    #[test]
    fn words_may_be_swapped() {
        for text in [
            "31 Oct 2023 15:31:16",
            "Oct 31 2023 15:31:16 GMT",
            "Oct 31, 2023, 15:31:16, GMT",
            "tuesday,31 Oct 2023 15:31:16 GMT",
            "TUE 31 OCTOBER 23 15:31:16 GMT",
            "31 Oct 15:31:16 2023 GMT",
            "Tue Oct 31 15:31:16 GMT 2023",
            "31-Oct-23 15:31:16 GMT",
            "31 Oct 2023 15.31.16 whatever",
            "+3_1 Oct 2023 15:31:16 GMT",
        ] {
            assert_eq!(parse(text.as_bytes()), Some(T), "{text}");
        }
    }

    #[test]
    fn a_zone_has_a_name_or_a_number_less_than_a_day() {
        for (zone, offset) in [
            ("+0000", Some(0)),
            ("-0000", Some(0)),
            ("pst", Some(-28_800)),
            ("PDT", Some(-25_200)),
            ("+0130", Some(5400)),
            ("-1", Some(-60)),
            ("+0090", Some(5400)),
            ("+2359", Some(86_340)),
            ("+2400", None),
            ("+99999999999999999999", None),
        ] {
            let text = format!("Tue, 31 Oct 2023 15:31:16 {zone}");
            assert_eq!(parse(text.as_bytes()), offset.map(|offset| T - offset), "{zone}");
        }
        assert_eq!(parse(b"Tue, 31 Oct 2023 15:31:16+0100"), Some(T - 3600));
        assert_eq!(parse(b"31 Oct 2023 15:31:16-0100"), Some(T + 3600));
    }

    #[test]
    fn incomplete_dates_are_not_dates() {
        for text in [
            "",
            " ",
            "Tue,",
            "31 Oct 2023",
            "Tue, 31 Oct 2023",
            "31 31 2023 15:31:16",
            "31 Oct - 15:31:16",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
