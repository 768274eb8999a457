//! Values with units and limits. Each parses itself from TOML, or reports what was expected.

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// The value of a key that turns a time, a limit or a feature off.
pub const OFF: &str = "off";

/// A length of time: `"5s"`, `"10ms"`, `"2m"`, `"1h"`; `"off"` for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span(pub Option<Duration>);

impl Span {
    /// Parses a length of time.
    ///
    /// # Errors
    /// `text` is not a length of time of at most a year. The message says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected a time with its unit, such as \"10ms\", \"5s\", \"2m\" or \"1h\", or \"off\"";
        if text == OFF {
            return Ok(Self(None));
        }
        let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(EXPECTED)?;
        let (number, unit) = text.split_at(unit_at);
        let number: f64 = number.parse().map_err(|_| EXPECTED)?;
        let seconds = match unit.trim() {
            "ms" => number / 1e3,
            "s" => number,
            "m" => number * 60.0,
            "h" => number * 3600.0,
            _ => return Err(EXPECTED.into()),
        };
        let span = Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|s| *s <= Duration::from_secs(366 * 24 * 3600));
        span.map(|s| Self(Some(s)))
            .ok_or_else(|| "expected a time of at most a year".into())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(span) = self.0 else {
            return f.write_str(OFF);
        };
        let ms = span.as_secs_f64() * 1e3;
        match span.as_secs() {
            s if span.subsec_nanos() != 0 || s == 0 => write!(f, "{}ms", (ms * 1e3).round() / 1e3),
            s if s % 3600 == 0 => write!(f, "{}h", s / 3600),
            s => write!(f, "{s}s"),
        }
    }
}

/// A number of bytes: `8190`, `"64KiB"`, `"2MiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    /// Parses a number of bytes.
    ///
    /// # Errors
    /// `text` is not a number of bytes, or too large. The message says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected a number of bytes, such as 8190, \"64KiB\" or \"2MiB\"";
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let number: u64 = text[..unit_at].parse().map_err(|_| EXPECTED)?;
        let factor: u64 = match text[unit_at..].trim() {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(EXPECTED.into()),
        };
        number.checked_mul(factor).map(Size).ok_or_else(|| EXPECTED.into())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n != 0 && n % (1 << 20) == 0 => write!(f, "{}MiB", n >> 20),
            n if n != 0 && n % (1 << 10) == 0 => write!(f, "{}KiB", n >> 10),
            n => write!(f, "{n}"),
        }
    }
}

/// A maximum number, such as `100`; `"off"` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count(pub Option<u64>);

impl Count {
    /// A limit of `most`.
    pub const fn of(most: u64) -> Self {
        Self(Some(most))
    }

    /// Whether `number` is above the limit.
    pub fn is_below(self, number: usize) -> bool {
        self.0.is_some_and(|most| number as u64 > most)
    }

    /// The limit; the largest number if there is none.
    pub fn most(self) -> usize {
        self.0
            .map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            OFF => Ok(Self(None)),
            _ => Err("expected a number from 1, or \"off\"".into()),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(most) => serializer.serialize_u64(most),
            None => serializer.serialize_str(OFF),
        }
    }
}

/// A maximum number of bytes, such as `8190` or `"64KiB"`; `"off"` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeLimit(pub Option<u64>);

impl SizeLimit {
    /// A limit of `most` bytes.
    pub const fn of(most: u64) -> Self {
        Self(Some(most))
    }

    /// The limit; the largest number if there is none.
    pub fn most(self) -> u64 {
        self.0.unwrap_or(u64::MAX)
    }

    /// Parses a limit.
    ///
    /// # Errors
    /// `text` is neither a number of bytes above zero nor `off`. The message says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            OFF => Ok(Self(None)),
            text => match Size::parse(text) {
                Ok(Size(0)) | Err(_) => {
                    Err("expected a number of bytes from 1, such as 8190 or \"64KiB\", or \"off\"".into())
                }
                Ok(Size(most)) => Ok(Self::of(most)),
            },
        }
    }
}

impl fmt::Display for SizeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(most) => Size(most).fmt(f),
            None => f.write_str(OFF),
        }
    }
}

/// A text that is not empty; `"off"` for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextOrOff(pub Option<String>);

impl TextOrOff {
    /// The text; empty if there is none.
    pub fn text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected text, or \"off\" for none".into()),
            text => Ok(text.into()),
        }
    }
}

impl From<&str> for TextOrOff {
    fn from(text: &str) -> Self {
        Self((text != OFF).then(|| text.to_owned()))
    }
}

impl fmt::Display for TextOrOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or(OFF))
    }
}

/// Reads a type from text and from whole numbers.
macro_rules! from_text {
    ($type:ty, $expecting:literal, $text:expr, $number:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Reader;
                impl Visitor<'_> for Reader {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        $text(text).map_err(E::custom)
                    }
                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$type, E> {
                        $number(number).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
                    }
                }
                deserializer.deserialize_any(Reader)
            }
        }
    };
}

/// Writes a type as text.
macro_rules! to_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

pub(crate) use {from_text, to_text};

to_text!(Span, TextOrOff, Size, SizeLimit);
from_text!(Span, "a time with its unit, such as \"5s\"", Span::parse, |_| None);
from_text!(TextOrOff, "text, or \"off\"", TextOrOff::parse, |_| None);
from_text!(Size, "a number of bytes, such as 8190 or \"64KiB\"", Size::parse, |n| {
    u64::try_from(n).ok().map(Size)
});
from_text!(Count, "a number from 1, or \"off\"", Count::parse, |n| {
    u64::try_from(n).ok().filter(|n| *n > 0).map(Count::of)
});
from_text!(
    SizeLimit,
    "a number of bytes such as 8190 or \"64KiB\", or \"off\"",
    SizeLimit::parse,
    |n| { u64::try_from(n).ok().filter(|n| *n > 0).map(SizeLimit::of) }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units_and_written_so() {
        for (text, ms, written) in [
            ("10ms", 10, "10ms"),
            ("5s", 5000, "5s"),
            ("2m", 120_000, "120s"),
            ("1h", 3_600_000, "1h"),
            ("1.5s", 1500, "1500ms"),
        ] {
            let span = Span::parse(text).expect(text);
            assert_eq!(span.0, Some(Duration::from_millis(ms)), "{text}");
            assert_eq!(span.to_string(), written);
        }
        assert_eq!(Span::parse("off"), Ok(Span(None)));
        for bad in ["", "5", "s", "5 parsecs", "-1s", "99999h", "1..2s"] {
            assert!(Span::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [("8190", 8190), ("64KiB", 65536), ("2MiB", 2 << 20), ("0", 0)] {
            assert_eq!(Size::parse(text), Ok(Size(bytes)), "{text}");
        }
        for bad in ["", "KiB", "1kb", "99999999999GiB"] {
            assert!(Size::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_limit_is_a_number_or_off() {
        for (text, limit) in [("off", None), ("1", Some(1)), ("100", Some(100))] {
            let toml = limit.map_or_else(|| toml::Value::from("off"), |most: i64| most.into());
            let limit = limit.map(i64::unsigned_abs);
            assert_eq!(toml.clone().try_into::<Count>(), Ok(Count(limit)), "{text}");
            assert_eq!(toml::Value::try_from(Count(limit)), Ok(toml), "{text}");
            assert_eq!(SizeLimit::parse(text), Ok(SizeLimit(limit)), "{text}");
        }
        assert_eq!(SizeLimit::parse("64KiB"), Ok(SizeLimit::of(65536)));
        for bad in ["0", "", "never", "-1"] {
            assert!(Count::parse(bad).is_err() && SizeLimit::parse(bad).is_err(), "{bad}");
        }
    }
}
