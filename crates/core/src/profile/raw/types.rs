//! `[types]`: media types by file name.

use crate::profile::units::TextOrOff;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// `[types]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawTypes {
    /// Whether a name without a dot, or what follows its last backslash, is looked up as if it were an extension.
    pub whole_names: bool,
    /// Whether a path that contains CR, LF, U+2028 or U+2029 has an unknown type.
    pub one_line: bool,
    /// Whether a name is read as a URL: what precedes its first colon is a scheme and does not count.
    pub scheme: bool,
    /// The type of a file without a known extension.
    pub default: TextOrOff,
    /// The text that is appended to the types in `charset_for`, such as `; charset=utf-8`.
    pub charset: TextOrOff,
    /// The types that get `charset`. `*` matches any characters.
    pub charset_for: Vec<String>,
    /// A built-in table of types by extension, searched after `extensions` and `table`: `apache-2.2`, `debian`
    /// (mime.types of Debian 12), `iis-10`, `mime-1.6` (the npm package mime 1.6), `mime-db-1.54` (the npm package mime-types 3), `nginx-1.22` or `mime-guess` (the crate
    /// of that name). `types = "nginx-1.22"` sets this key alone.
    pub base: TextOrOff,
    /// Extensions that stand for another one: `tgz = "tar.gz"`.
    pub short: BTreeMap<String, String>,
    /// Extensions that name a content coding, case-sensitive: `gz = "gzip"`. The type is that of the name without it,
    /// and `{encoding}` is the coding.
    pub codings: BTreeMap<String, String>,
    /// The type by extension, in lower case and without the dot. `tar.gz` is an extension, too. `"off"`: no
    /// type.
    pub extensions: BTreeMap<String, TextOrOff>,
    /// More types in the format of a `mime.types` file: a type and its extensions on each line, or up to a `;`.
    pub table: String,
    /// Whether every extension of a name is looked up, from the last to the first, and not only the end of the name.
    pub any_extension: bool,
    /// Whether `extensions` and `table` are case-sensitive.
    pub case_sensitive: bool,
}

impl Default for RawTypes {
    fn default() -> Self {
        Self {
            whole_names: false,
            one_line: false,
            scheme: false,
            default: TextOrOff(Some("application/octet-stream".to_owned())),
            charset: TextOrOff(None),
            charset_for: Vec::new(),
            any_extension: false,
            base: TextOrOff(Some("mime-guess".to_owned())),
            short: BTreeMap::new(),
            codings: BTreeMap::new(),
            extensions: BTreeMap::new(),
            table: String::new(),
            case_sensitive: false,
        }
    }
}

/// `[types]` as it may be written: a table, or the name of its `base`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct TypesText(pub RawTypes);

impl<'de> Deserialize<'de> for TypesText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = TypesText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a table of media types such as \"debian\", or a table")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TypesText, E> {
                let base = TextOrOff::deserialize(de::value::StrDeserializer::new(text))?;
                Ok(TypesText(RawTypes {
                    base,
                    ..RawTypes::default()
                }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TypesText, A::Error> {
                RawTypes::deserialize(de::value::MapAccessDeserializer::new(map)).map(TypesText)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
