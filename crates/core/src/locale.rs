//! The catalogue: every sentence that people read, once for each language, in `locale/en.toml` and `locale/zh.toml`.
//!
//! Both files are compiled in. Each is parsed when a sentence of its language is first needed.
//!
//! The id of a sentence is its path in the file: `fault.bare_lf`. A sentence may have placeholders, `{name}`, which the
//! code that uses it fills in. Rust code refers to sentences by an enum, with one variant for each key of one table of
//! the file (see [`sentences!`](crate::sentences)); the timeline's page refers to them by id.
//!
//! Mistakes and lines of the log are English texts, which are translated as a whole: see [`translate`].

mod messages;

pub use messages::{pairs, translate};

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

/// A language of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, in simplified characters.
    Zh,
}

impl Lang {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Its language tag (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

type Catalogue = BTreeMap<String, String>;

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| parse(include_str!("../../../locale/en.toml")));
static CHINESE: LazyLock<Catalogue> = LazyLock::new(|| parse(include_str!("../../../locale/zh.toml")));

/// Every sentence of a language, by its id.
pub fn catalogue(lang: Lang) -> &'static BTreeMap<String, String> {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Zh => &CHINESE,
    }
}

/// The sentences of one table of the catalogue. They are found by index instead of by id, because event logs need one
/// for each line.
#[derive(Debug)]
pub struct Table {
    name: &'static str,
    keys: &'static [&'static str],
    texts: [OnceLock<Box<[&'static str]>>; Lang::ALL.len()],
}

impl Table {
    /// The table `name` with these keys.
    pub const fn new(name: &'static str, keys: &'static [&'static str]) -> Self {
        Self {
            name,
            keys,
            texts: [const { OnceLock::new() }; Lang::ALL.len()],
        }
    }

    /// The sentence with the key at `index`. If the language lacks it, the key itself; a test checks that no sentence
    /// is missing.
    pub fn text(&self, index: usize, lang: Lang) -> &'static str {
        self.texts[lang as usize].get_or_init(|| self.resolve(lang))[index]
    }

    fn resolve(&self, lang: Lang) -> Box<[&'static str]> {
        let catalogue = catalogue(lang);
        let text = |key: &&'static str| match catalogue.get(&format!("{}.{key}", self.name)) {
            Some(text) => text.as_str(),
            None => key,
        };
        self.keys.iter().map(text).collect()
    }
}

/// Declares an enum whose variants are the keys of one table of the catalogue.
///
/// ```
/// labserve_core::sentences! {
///     /// Why a connection ended.
///     pub enum Reason in "close_reason" {
///         Idle = "idle",
///         Shutdown = "shutdown",
///     }
/// }
/// use labserve_core::locale::Lang;
/// assert_eq!(Reason::Shutdown.key(), "shutdown");
/// assert!(Reason::Shutdown.text(Lang::En).contains("server"));
/// ```
#[macro_export]
macro_rules! sentences {
    (
        $(#[$meta:meta])*
        pub enum $name:ident in $table:literal {
            $($(#[doc = $doc:literal])* $variant:ident = $key:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[doc = $doc])* #[doc = ""] #[doc = concat!("Key: `", $table, ".", $key, "`.")] $variant,)* }

        impl $name {
            /// The name of its table in the catalogue.
            pub const TABLE: &'static str = $table;

            /// Every variant, in the order in which they are declared.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The comment of each variant, in the same order.
            pub const COMMENTS: &'static [&'static str] = &[$(concat!($($doc),*),)*];

            /// Its key.
            pub fn key(self) -> &'static str {
                Self::KEYS[self as usize]
            }

            /// Its sentence, with its placeholders.
            pub fn text(self, lang: $crate::locale::Lang) -> &'static str {
                static TABLE: $crate::locale::Table = $crate::locale::Table::new($table, $name::KEYS);
                TABLE.text(self as usize, lang)
            }

            const KEYS: &'static [&'static str] = &[$($key,)*];
        }
    };
}

/// The names of the placeholders in a sentence, sorted, each once. The count in `{count?frame|frames}` is one too.
pub fn placeholders(text: &str) -> Vec<&str> {
    let opened = text.split('{').skip(1);
    let mut names: Vec<&str> = opened
        .map(|rest| rest.split(['}', '?']).next().unwrap_or_default())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A sentence with the values of its placeholders. `{count?frame|frames}` becomes the first word if the value of `count` is
/// `1`. A placeholder without a value is left out.
pub fn filled(text: &str, values: &[(&str, String)]) -> String {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        done.push_str(before);
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        match place.split_once('?') {
            Some((name, choice)) => {
                let (one, many) = choice.split_once('|').unwrap_or((choice, choice));
                let is_one = value(name).is_some_and(|value| value == "1");
                done.push_str(if is_one { one } else { many });
            }
            None => done.push_str(value(place).map_or("", String::as_str)),
        }
        rest = after;
    }
    done + rest
}

#[expect(clippy::expect_used, reason = "the catalogue is compiled in, and a test parses it")]
fn parse(text: &str) -> Catalogue {
    let file: toml::Table = toml::from_str(text).expect("the catalogue is TOML");
    let mut catalogue = Catalogue::new();
    flatten("", file, &mut catalogue);
    catalogue
}

#[expect(clippy::panic, reason = "the catalogue is compiled in, and a test parses it")]
fn flatten(prefix: &str, table: toml::Table, catalogue: &mut Catalogue) {
    for (key, value) in table {
        let id = if prefix.is_empty() {
            key
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            toml::Value::Table(inner) => flatten(&id, inner, catalogue),
            toml::Value::String(text) => {
                catalogue.insert(id, text);
            }
            other => panic!("the catalogue has {other} as `{id}`: a sentence is a string"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::close_reason::CloseReason;

    #[test]
    fn a_sentence_is_found_by_its_index_in_every_language() {
        for reason in CloseReason::ALL {
            for lang in Lang::ALL {
                let id = format!("{}.{}", CloseReason::TABLE, reason.key());
                assert_eq!(
                    catalogue(lang).get(&id).map(String::as_str),
                    Some(reason.text(lang)),
                    "{id}"
                );
            }
        }
    }

    #[test]
    fn a_sentence_that_is_missing_is_replaced_by_its_key() {
        static TABLE: Table = Table::new("close_reason", &["idle", "no_such_reason"]);
        assert_eq!(TABLE.text(1, Lang::Zh), "no_such_reason");
    }

    #[test]
    fn a_sentence_is_filled_with_values() {
        let text = "{n} {n?frame|frames} of {who}{none}";
        let values = |n: &str| [("n", n.to_owned()), ("who", "{n}".to_owned())];
        assert_eq!(filled(text, &values("1")), "1 frame of {n}");
        assert_eq!(filled(text, &values("2")), "2 frames of {n}");
    }

    #[test]
    fn places_are_named_once() {
        assert_eq!(placeholders("{b} {a?x|y} {a}"), ["a", "b"]);
    }
}
