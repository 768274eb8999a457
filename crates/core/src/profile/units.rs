//! The types of keys that name responses. Each parses itself from TOML, or reports what was expected.

pub use crate::units::{Count, OFF, Size, SizeLimit, Span, TextOrOff};

use crate::units::{from_text, to_text};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// A keyword or the name of a response: `"serve"`, `404`, `"404"`, `"bad-syntax"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub String);

/// The version of the profile language in which a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format;

impl Format {
    /// The only version that there is.
    pub const CURRENT: i64 = 1;
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match i64::deserialize(deserializer)? {
            Self::CURRENT => Ok(Self),
            other => Err(de::Error::custom(format_args!("there is no format {other}"))),
        }
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(Self::CURRENT)
    }
}

/// A timer: how long, counted from when, and which response is sent when it expires. A plain time sets `after` only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawTimer {
    /// How long; `"off"` for no timer.
    pub after: Span,
    /// The event that the time is counted from.
    pub since: Since,
    /// The response that is sent before the connection is closed. Without it, no response is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Word>,
    /// Each time this number of bytes is received, the timer is extended by one second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// The limit on that extension, and on the one by `since = "last-byte"`: the timer never lasts longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Span>,
    /// The interval at which this timer is checked, counted from the start of the server. Without it: `[timers] tick`, if
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

to_text!(Word);
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
                f.write_str("a time such as \"5s\", or a table { after = \"5s\", since = \"accept\", response = 408 }")
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
