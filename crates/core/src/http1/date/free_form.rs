//! The free-form dialect: words, numbers and signs in nearly any order. ISO 8601 is tried first.
//!
//! This is how JavaScript engines parse dates of other formats. Unknown words before the first number and text in
//! parentheses are skipped. A number before a colon belongs to the time, any other number to the date.

mod iso;

use super::epoch;
use iso::Iso;

pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let mut reader = Reader::new(text);
    let mut date = Date::default();
    let next = match iso::read(&mut reader, &mut date) {
        Iso::Invalid => return None,
        Iso::Whole => Token::End,
        Iso::Upto(token) => token,
    };
    free(next, &mut reader, &mut date)?;
    date.finish()
}

/// A space in Latin-1, the encoding that is assumed for field values. Any other byte from 'A' on is a letter.
const NO_BREAK_SPACE: u8 = 0xa0;

#[derive(Clone, Copy, PartialEq)]
enum Token {
    End,
    Number { value: i64, digits: usize },
    Sign(i64),
    Symbol(u8),
    Month(i64),
    Zone { hours: i64, letters: usize },
    HalfDay(i64),
    TimeMark,
    Word,
    Space,
    Other,
}

/// The token for a word. Only a month may continue after its third letter.
fn keyword(letters: &[u8]) -> Token {
    let zone = |hours| Token::Zone {
        hours,
        letters: letters.len(),
    };
    let mut start = [0; 3];
    for (to, from) in start.iter_mut().zip(letters) {
        *to = from.to_ascii_lowercase();
    }
    if let Some(month) = super::MONTHS.iter().position(|name| name.eq_ignore_ascii_case(&start)) {
        return Token::Month(month as i64 + 1);
    }
    match &start[..letters.len().min(4).min(start.len())] {
        _ if letters.len() > 3 => Token::Word,
        b"am" => Token::HalfDay(0),
        b"pm" => Token::HalfDay(12),
        b"ut" | b"utc" | b"z" | b"gmt" => zone(0),
        b"edt" => zone(-4),
        b"est" | b"cdt" => zone(-5),
        b"cst" | b"mdt" => zone(-6),
        b"mst" | b"pdt" => zone(-7),
        b"pst" => zone(-8),
        b"t" => Token::TimeMark,
        _ => Token::Word,
    }
}

/// A tokenizer with one token of lookahead. A NUL byte ends the text.
struct Reader<'a> {
    rest: &'a [u8],
    ahead: Token,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8]) -> Self {
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        let mut reader = Self {
            rest: &text[..end],
            ahead: Token::End,
        };
        reader.next();
        reader
    }

    fn next(&mut self) -> Token {
        let scanned = self.scan();
        std::mem::replace(&mut self.ahead, scanned)
    }

    fn skip(&mut self, token: Token) -> bool {
        let found = self.ahead == token;
        if found {
            self.next();
        }
        found
    }

    fn take(&mut self, accept: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self
            .rest
            .iter()
            .position(|byte| !accept(*byte))
            .unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn scan(&mut self) -> Token {
        let Some(first) = self.rest.first().copied() else {
            return Token::End;
        };
        match first {
            b'0'..=b'9' => {
                let digits = self.take(|byte| byte.is_ascii_digit());
                // Nine digits after leading zeros count; further digits are ignored.
                let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
                let value = digits[zeros..]
                    .iter()
                    .take(9)
                    .fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
                return Token::Number {
                    value,
                    digits: digits.len(),
                };
            }
            NO_BREAK_SPACE => self.rest = &self.rest[1..],
            b'A'.. => return keyword(self.take(|byte| byte >= b'A' && byte != NO_BREAK_SPACE)),
            b'(' => {
                let mut depth = 0;
                while let Some((byte, rest)) = self.rest.split_first() {
                    depth += i32::from(*byte == b'(') - i32::from(*byte == b')');
                    self.rest = rest;
                    if depth == 0 {
                        break;
                    }
                }
                return Token::Other;
            }
            _ => self.rest = &self.rest[1..],
        }
        match first {
            b'+' => Token::Sign(1),
            b'-' => Token::Sign(-1),
            b':' | b'.' | b')' => Token::Symbol(first),
            b'\t'..=b'\r' | b' ' | NO_BREAK_SPACE => Token::Space,
            _ => Token::Other,
        }
    }
}

/// The parts that have been parsed so far.
#[derive(Default)]
struct Date {
    day: [i64; 3],
    days: usize,
    named_month: Option<i64>,
    iso: bool,
    time: [i64; 4],
    times: usize,
    half_day: Option<i64>,
    zone_sign: Option<i64>,
    zone_hour: Option<i64>,
    zone_minute: Option<i64>,
}

impl Date {
    fn add_day(&mut self, number: i64) -> Option<()> {
        *self.day.get_mut(self.days)? = number;
        self.days += 1;
        Some(())
    }

    fn add_time(&mut self, number: i64) -> Option<()> {
        *self.time.get_mut(self.times)? = number;
        self.times += 1;
        Some(())
    }

    /// Adds the last part of the time. Missing parts are 0.
    fn end_time(&mut self, number: i64) -> Option<()> {
        self.add_time(number)?;
        self.times = 4;
        Some(())
    }

    fn awaits_time(&self, number: i64) -> bool {
        (matches!(self.times, 1 | 2) && number < 60) || (self.times == 3 && number < 1000)
    }

    fn awaits_zone_minute(&self, number: i64) -> bool {
        self.zone_hour.is_some() && self.zone_minute.is_none() && number < 60
    }

    fn is_utc(&self) -> bool {
        self.zone_hour == Some(0) && self.zone_minute == Some(0)
    }

    fn set_zone(&mut self, hours: i64) {
        self.zone_sign = Some(if hours < 0 { -1 } else { 1 });
        self.zone_hour = Some(hours.abs());
        self.zone_minute = Some(0);
    }

    fn finish(mut self) -> Option<i64> {
        if self.days == 0 {
            return None;
        }
        // Each missing part is 1. A missing year thus becomes 2001.
        self.day[self.days..].fill(1);
        let [a, b, c] = self.day;
        let is_day = |number: i64| (1..=31).contains(&number);
        let (mut year, month, day) = match self.named_month {
            None if self.iso || !is_day(a) => (a, b, c),
            None => (c, a, b),
            Some(month) if !is_day(a) => (a, month, b),
            Some(month) => (b, month, a),
        };
        if !self.iso {
            year += match year {
                0..50 => 2000,
                50..100 => 1900,
                _ => 0,
            };
        }
        let [mut hour, minute, second, milli] = self.time;
        if let Some(offset) = self.half_day {
            if hour > 12 {
                return None;
            }
            hour = hour % 12 + offset;
        }
        let in_day = hour < 24 && minute < 60 && second < 60 && milli < 1000;
        let day_end = hour == 24 && (minute, second, milli) == (0, 0, 0);
        if !(in_day || day_end) || !(1..=12).contains(&month) || !is_day(day) {
            return None;
        }
        // The offset wraps at 32 bits; one that is negative afterwards makes the date invalid.
        let zone = (self.zone_hour.unwrap_or(0) * 3600 + self.zone_minute.unwrap_or(0) * 60) as u32;
        let zone = i64::from(i32::try_from(zone).ok()?);
        let offset = self.zone_sign.map_or(0, |sign| sign * zone);
        // A day beyond the end of the month counts into the next one. The range of a time is 100 million days around
        // 1970.
        let secs = epoch(year, month, day, [hour, minute, second]) - offset;
        (-8_640_000_000_000..=8_640_000_000_000 - i64::from(milli > 0))
            .contains(&secs)
            .then_some(secs)
    }
}

/// Milliseconds from a fraction with `digits` digits.
fn milliseconds(value: i64, digits: usize) -> i64 {
    match digits {
        1 => value * 100,
        2 => value * 10,
        _ => value / 10_i64.pow(digits.min(9) as u32 - 3),
    }
}

/// Parses a text that is not ISO 8601, beginning with `token`.
fn free(mut token: Token, reader: &mut Reader<'_>, date: &mut Date) -> Option<()> {
    let mut number_seen = date.days > 0;
    while token != Token::End {
        match token {
            Token::Number { value, .. } => {
                number_seen = true;
                number(value, reader, date)?;
            }
            Token::HalfDay(offset) if date.times > 0 => date.half_day = Some(offset),
            Token::Month(month) => {
                date.named_month = Some(month);
                reader.skip(Token::Sign(-1));
            }
            Token::Zone { hours, .. } if number_seen => date.set_zone(hours),
            // Unknown words are allowed before the first number, unless they touch it.
            Token::HalfDay(_) | Token::Zone { .. } | Token::TimeMark | Token::Word
                if number_seen || matches!(reader.ahead, Token::Number { .. }) =>
            {
                return None;
            }
            Token::Sign(sign) if date.is_utc() || date.times > 0 => {
                number_seen = true;
                zone_offset(sign, reader, date)?;
            }
            Token::Sign(_) | Token::Symbol(b')') if number_seen => return None,
            _ => {}
        }
        token = reader.next();
    }
    Some(())
}

fn number(value: i64, reader: &mut Reader<'_>, date: &mut Date) -> Option<()> {
    if reader.skip(Token::Symbol(b':')) {
        if reader.skip(Token::Symbol(b':')) {
            (date.times == 0).then_some(())?;
            date.add_time(value)?;
            return date.add_time(0);
        }
        date.add_time(value)?;
        reader.skip(Token::Symbol(b'.'));
        return Some(());
    }
    if reader.skip(Token::Symbol(b'.')) && date.awaits_time(value) {
        date.add_time(value)?;
        let Token::Number { value, digits } = reader.next() else {
            return None;
        };
        // A fraction after a complete time is ignored.
        let _ = date.end_time(milliseconds(value, digits));
        return Some(());
    }
    if date.awaits_zone_minute(value) {
        date.zone_minute = Some(value);
    } else if date.awaits_time(value) {
        date.end_time(value)?;
        let apart = matches!(
            reader.ahead,
            Token::End | Token::Space | Token::Sign(_) | Token::Zone { hours: 0, letters: 1 }
        );
        return apart.then_some(());
    } else {
        date.add_day(value)?;
        reader.skip(Token::Sign(-1));
    }
    Some(())
}

/// Parses an offset after a time or "GMT": +1, +01, +0100 or +01:00.
fn zone_offset(sign: i64, reader: &mut Reader<'_>, date: &mut Date) -> Option<()> {
    date.zone_sign = Some(sign);
    let (mut value, mut digits) = (0, 0);
    if let Token::Number {
        value: number,
        digits: width,
    } = reader.ahead
    {
        (value, digits) = (number, width);
        reader.next();
    }
    (date.zone_hour, date.zone_minute) = match digits {
        _ if reader.ahead == Token::Symbol(b':') => (Some(value), None),
        1 | 2 => (Some(value), Some(0)),
        3 | 4 => (Some(value / 100), Some(value % 100)),
        _ => return None,
    };
    Some(())
}

#[cfg(test)]
mod tests;
