//! The ISO 8601 form of a date, as JavaScript defines it. The rest of a text that deviates from it is parsed as free
//! form.

use super::{Date, Reader, Token, milliseconds};

/// The result of parsing ISO 8601.
pub(super) enum Iso {
    /// The whole text is ISO 8601.
    Whole,
    /// The text deviates at this token. The parts before it count.
    Upto(Token),
    /// The text is ISO 8601 with an invalid time.
    Invalid,
}

/// `[+-YY]YYYY[-MM[-DD]][THH:MM[:SS[.sss]][Z|+HH:MM|+HHMM]]`
pub(super) fn read(reader: &mut Reader<'_>, date: &mut Date) -> Iso {
    let fixed = |token: Token, width: usize, low: i64, high: i64| match token {
        Token::Number { value, digits } if digits == width && (low..=high).contains(&value) => Some(value),
        _ => None,
    };
    if let Token::Sign(sign) = reader.ahead {
        let token = reader.next();
        match fixed(reader.ahead, 6, 0, i64::MAX) {
            Some(year) => {
                reader.next();
                if sign < 0 && year == 0 {
                    return Iso::Upto(token);
                }
                let _ = date.add_day(sign * year);
            }
            None => return Iso::Upto(token),
        }
    } else if let Some(year) = fixed(reader.ahead, 4, 0, 9999) {
        reader.next();
        let _ = date.add_day(year);
    } else {
        return Iso::Upto(reader.next());
    }
    for high in [12, 31] {
        if !reader.skip(Token::Sign(-1)) {
            break;
        }
        let Some(number) = fixed(reader.ahead, 2, 1, high) else {
            return Iso::Upto(reader.next());
        };
        reader.next();
        let _ = date.add_day(number);
    }
    if reader.ahead != Token::TimeMark {
        if reader.ahead != Token::End {
            return Iso::Upto(reader.next());
        }
        date.set_zone(0);
    } else if time(reader, date, fixed).is_none() {
        return Iso::Invalid;
    }
    date.iso = true;
    Iso::Whole
}

fn time(reader: &mut Reader<'_>, date: &mut Date, fixed: impl Fn(Token, usize, i64, i64) -> Option<i64>) -> Option<()> {
    reader.next();
    let hour = fixed(reader.next(), 2, 0, 24)?;
    let most = if hour == 24 { 0 } else { 59 };
    date.add_time(hour)?;
    reader.skip(Token::Symbol(b':')).then_some(())?;
    date.add_time(fixed(reader.next(), 2, 0, most)?)?;
    if reader.skip(Token::Symbol(b':')) {
        date.add_time(fixed(reader.next(), 2, 0, most)?)?;
        if reader.skip(Token::Symbol(b'.')) {
            let Token::Number { value, digits } = reader.next() else {
                return None;
            };
            (hour < 24 || value == 0).then_some(())?;
            date.add_time(milliseconds(value, digits))?;
        }
    }
    match reader.ahead {
        Token::Zone { hours: 0, letters: 1 } => {
            reader.next();
            date.set_zone(0);
        }
        Token::Sign(sign) => {
            reader.next();
            date.zone_sign = Some(sign);
            if let Some(both) = fixed(reader.ahead, 4, 0, 2359).filter(|both| both % 100 < 60) {
                reader.next();
                (date.zone_hour, date.zone_minute) = (Some(both / 100), Some(both % 100));
            } else {
                date.zone_hour = Some(fixed(reader.next(), 2, 0, 23)?);
                reader.skip(Token::Symbol(b':')).then_some(())?;
                date.zone_minute = Some(fixed(reader.next(), 2, 0, 59)?);
            }
        }
        _ => {}
    }
    (reader.ahead == Token::End).then_some(())
}
