//! Values with units, and the other small types of keys. Each parses itself from TOML, or reports what was expected.

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// A length of time: `"5s"`, `"10ms"`, `"2m"`, `"1h"`; `"never"` for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span(pub Option<Duration>);

impl Span {
    /// Parses a length of time.
    ///
    /// # Errors
    /// `text` is not a length of time of at most a year. The message says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected a time with its unit, such as \"10ms\", \"5s\", \"2m\" or \"1h\", or \"never\"";
        if text == "never" {
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
            return f.write_str("never");
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

/// A keyword or the name of a response: `"serve"`, `404`, `"404"`, `"bad-syntax"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub String);

/// A timer: how long, counted from when, and which response is sent when it expires. A plain time sets `after` only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawTimer {
    /// How long; `"never"` for no timer.
    pub after: Span,
    /// The event that the time is counted from.
    pub since: Since,
    /// The response that is sent before the connection is closed. Without it, no response is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<Word>,
    /// Each time this number of bytes is received, the timer is extended by one second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// The limit on that extension, and on the one by `since = "last-byte"`: the timer never lasts longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Span>,
    /// The interval at which this timer is checked, counted from the start of the server. Without it: [timers] `tick`, if
    /// `ticked` names the timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tick: Option<Span>,
}

/// The event that a timer is counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// For the first request, the accept of the connection; for later ones, their first byte.
    #[default]
    Accept,
    /// The first byte of the request.
    FirstByte,
    /// The last byte received.
    LastByte,
}

/// What a method gets: `"serve"`, a response, or a response that depends on what the target names.
///
/// `{ resolved = RESPONSE }` applies to every path, even if nothing exists there, except a directory without its slash
/// and a path that may not be looked at. `{ found = RESPONSE }` applies where a file exists; elsewhere the response is
/// the usual one. `{ always = RESPONSE }` applies whatever the target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawRule {
    /// A keyword or a response.
    Word(Word),
    /// A response for every path that is neither redirected nor forbidden.
    Resolved(Word),
    /// A response for what exists.
    Found(Word),
    /// A response whatever the target is.
    Always(Word),
}

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
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

from_text!(Span, "a time with its unit, such as \"5s\"", Span::parse, |_| None);
from_text!(Size, "a number of bytes, such as 8190 or \"64KiB\"", Size::parse, |n| {
    u64::try_from(n).ok().map(Size)
});
from_text!(
    Word,
    "a keyword, or the name of a response such as 404",
    |text: &str| Ok::<_, String>(Word(text.to_owned())),
    |n: i64| Some(Word(n.to_string()))
);

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A timer as it may be written: a time or a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct TimerText(pub RawTimer);

impl<'de> Deserialize<'de> for TimerText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = TimerText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as \"5s\", or a table { after = \"5s\", since = \"accept\", say = 408 }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TimerText, E> {
                let after = Span::parse(text).map_err(E::custom)?;
                Ok(TimerText(RawTimer {
                    after,
                    ..RawTimer::default()
                }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TimerText, A::Error> {
                RawTimer::deserialize(de::value::MapAccessDeserializer::new(map)).map(TimerText)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for RawRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RawRule;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"serve\", the name of a response such as 405, { resolved = 405 }, { found = 405 } or { always = 405 }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawRule, E> {
                Ok(RawRule::Word(Word(text.to_owned())))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<RawRule, E> {
                Ok(RawRule::Word(Word(number.to_string())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawRule, A::Error> {
                #[derive(Deserialize)]
                #[serde(rename_all = "kebab-case")]
                enum Rule {
                    Resolved(Word),
                    Found(Word),
                    Always(Word),
                }
                Rule::deserialize(de::value::MapAccessDeserializer::new(map)).map(|rule| match rule {
                    Rule::Resolved(word) => RawRule::Resolved(word),
                    Rule::Found(word) => RawRule::Found(word),
                    Rule::Always(word) => RawRule::Always(word),
                })
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl Serialize for RawRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Word(word) => word.serialize(serializer),
            Self::Resolved(word) => serializer.collect_map([("resolved", word)]),
            Self::Found(word) => serializer.collect_map([("found", word)]),
            Self::Always(word) => serializer.collect_map([("always", word)]),
        }
    }
}

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
        assert_eq!(Span::parse("never"), Ok(Span(None)));
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
}
