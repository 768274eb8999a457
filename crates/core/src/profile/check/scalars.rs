//! Mistakes in numbers, choices, times and sizes.

use super::shown::{bare, shown};
use super::values::At;
use super::{Finding, key_text};
use crate::profile::near;
use crate::profile::schema::Kind;
use crate::profile::units::{OFF, Size, Span};
use toml::de::DeValue;

pub(super) fn number(at: &At<'_>, kind: &Kind, found: &DeValue<'_>, least: i64, most: i64) -> Option<Finding> {
    let expected = match (least, most) {
        (least, i64::MAX) => format!("a whole number from {least}"),
        (only, most) if only == most => only.to_string(),
        (least, most) => format!("a whole number from {least} to {most}"),
    };
    if let DeValue::Integer(number) = found {
        let number = i64::from_str_radix(number.as_str(), number.radix());
        return match number.is_ok_and(|number| (least..=most).contains(&number)) {
            true => None,
            false => at.wrong(found, &expected, kind),
        };
    }
    match found.as_str().map(|text| (text, text.parse::<i64>())) {
        Some((text, Ok(number))) if (least..=most).contains(&number) => {
            at.meant(found, "a number, without quotes", text)
        }
        _ => at.wrong(found, &expected, kind),
    }
}

/// Whether a value is another word for `"off"`.
fn is_none(found: &DeValue<'_>) -> bool {
    match found {
        DeValue::Boolean(false) => true,
        DeValue::Integer(number) => number.as_str() == "0",
        DeValue::String(text) => matches!(&**text, "none" | "never" | "unlimited" | "no" | "infinite" | "" | "0"),
        _ => false,
    }
}

pub(super) fn count(at: &At<'_>, found: &DeValue<'_>) -> Option<Finding> {
    match found {
        DeValue::String(text) if &**text == OFF => None,
        found if is_none(found) => at.meant(found, "a number from 1, or \"off\" for no limit", "\"off\""),
        DeValue::Integer(_) => number(at, &Kind::Count, found, 1, i64::MAX),
        DeValue::String(text) if text.parse::<u64>().is_ok() => at.meant(found, "a number, without quotes", text),
        _ => at.wrong(found, "a number from 1, or \"off\" for no limit", &Kind::Count),
    }
}

pub(super) fn size_limit(at: &At<'_>, found: &DeValue<'_>) -> Option<Finding> {
    match found {
        DeValue::String(text) if &**text == OFF => None,
        found if is_none(found) => at.meant(found, "a number of bytes from 1, or \"off\" for no limit", "\"off\""),
        found => bytes(at, found),
    }
}

pub(super) fn choice(at: &At<'_>, found: &DeValue<'_>, all: &[String]) -> Option<Finding> {
    if found.as_str().is_some_and(|text| all.iter().any(|one| one == text)) {
        return None;
    }
    let listed = all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(", ");
    let expected = match all {
        [_] => listed,
        _ => format!("one of {listed}"),
    };
    let text = bare(found);
    // Other words for `off`.
    if matches!(
        &*text,
        "" | "none" | "never" | "nothing" | "ignored" | "unlimited" | "no" | "false"
    ) && all.iter().any(|one| one == OFF)
    {
        return at.finding(format!(
            "got {}; expected {expected}; did you mean {OFF:?}?",
            shown(found)
        ));
    }
    let same = all
        .iter()
        .find(|one| one.replace('-', "_").eq_ignore_ascii_case(&text.replace('-', "_")));
    match same
        .map(String::as_str)
        .or_else(|| near(&text, all.iter().map(String::as_str)))
    {
        Some(near) => at.finding(format!(
            "got {}; expected {expected}; did you mean {near:?}?",
            shown(found)
        )),
        None => at.finding(format!("got {}; expected {expected}", shown(found))),
    }
}

pub(super) fn time(at: &At<'_>, found: &DeValue<'_>) -> Option<Finding> {
    const EXPECTED: &str = "a time with its unit (ms, s, m, h), in quotes";
    match found {
        DeValue::String(text) if Span::parse(text).is_ok() => None,
        DeValue::Integer(_) | DeValue::Float(_) => {
            let seconds = format!("\"{}s\"", bare(found));
            match Span::parse(seconds.trim_matches('"')) {
                Ok(_) => at.finding(format!(
                    "got {}, which has no unit; expected {EXPECTED}: write `{name} = {seconds}` for seconds, or `{name} = \
                     \"{}ms\"` for milliseconds",
                    shown(found),
                    bare(found),
                    name = key_text(at.name())
                )),
                Err(_) => at.wrong(found, EXPECTED, &Kind::Time),
            }
        }
        DeValue::Boolean(false) => at.meant(found, EXPECTED, "\"off\""),
        DeValue::String(text) if matches!(&**text, "never" | "none" | "no" | "infinite" | "") => {
            at.meant(found, "a time, or \"off\"", "\"off\"")
        }
        DeValue::String(text) if text.parse::<f64>().is_ok_and(|number| number >= 0.0) => {
            let name = key_text(at.name());
            at.finding(format!(
                "got {}, which has no unit; expected {EXPECTED}: write `{name} = \"{text}s\"` for seconds, or `{name} = \
                 \"{text}ms\"` for milliseconds",
                shown(found)
            ))
        }
        DeValue::String(text) if Span::parse(text).is_err_and(|why| why.contains("year")) => {
            at.wrong(found, "a time of at most a year", &Kind::Time)
        }
        DeValue::String(text) => match with_time_unit(text) {
            Some(meant) => at.meant(found, EXPECTED, &format!("{meant:?}")),
            None => at.wrong(found, EXPECTED, &Kind::Time),
        },
        _ => at.wrong(found, EXPECTED, &Kind::Time),
    }
}

pub(super) fn bytes(at: &At<'_>, found: &DeValue<'_>) -> Option<Finding> {
    const EXPECTED: &str = "a number of bytes, alone or with the unit KiB, MiB or GiB";
    match found {
        DeValue::Integer(number) if number.as_str().parse::<i64>().is_ok_and(|number| number >= 0) => None,
        DeValue::Integer(number) if i64::from_str_radix(number.as_str(), number.radix()).is_ok_and(|n| n >= 0) => None,
        DeValue::String(text) if Size::parse(text).is_ok() => None,
        DeValue::String(text) => match with_unit(text) {
            Some(meant) => at.meant(found, EXPECTED, &format!("{meant:?}")),
            None => at.wrong(found, EXPECTED, &Kind::Bytes),
        },
        _ => at.wrong(found, EXPECTED, &Kind::Bytes),
    }
}

/// A time whose unit is spelled otherwise, or that has a comma: `5 seconds`, `1d`, `1,5s`.
fn with_time_unit(text: &str) -> Option<String> {
    let text = text.trim().replacen(',', ".", 1);
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    let (number, unit) = match unit.trim().to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => (number.to_owned(), "ms"),
        "s" | "sec" | "secs" | "second" | "seconds" => (number.to_owned(), "s"),
        "m" | "min" | "mins" | "minute" | "minutes" => (number.to_owned(), "m"),
        "h" | "hr" | "hrs" | "hour" | "hours" => (number.to_owned(), "h"),
        "d" | "day" | "days" => ((number.parse::<u32>().ok()?.checked_mul(24)?).to_string(), "h"),
        _ => return None,
    };
    let meant = format!("{number}{unit}");
    Span::parse(&meant).is_ok().then_some(meant)
}

/// A number of bytes whose unit is spelled otherwise: `8k`, `1 MB`.
fn with_unit(text: &str) -> Option<String> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" => "KiB",
        "m" | "mb" | "mib" => "MiB",
        "g" | "gb" | "gib" => "GiB",
        _ => return None,
    };
    let meant = format!("{number}{unit}");
    Size::parse(&meant).is_ok().then_some(meant)
}
