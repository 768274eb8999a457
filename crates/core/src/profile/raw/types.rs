//! `[types]`: media types by file name.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[types]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawTypes {
    /// Whether an extension that is not listed is looked up in the table of the crate mime_guess.
    pub guess: bool,
    /// Whether a name without a dot, or what follows its last backslash, is looked up as if it were an extension.
    pub whole_names: bool,
    /// Whether a path that contains CR, LF, U+2028 or U+2029 has an unknown type.
    pub one_line: bool,
    /// Whether a name is read as a URL: what precedes its first colon is a scheme and does not count.
    pub scheme: bool,
    /// The type of a file without a known extension. Empty: no type.
    pub default: String,
    /// The text that is appended to the types in `charset_for`, such as `; charset=utf-8`. Empty: nothing is appended.
    pub charset: String,
    /// The types that get `charset`. `*` matches any characters.
    pub charset_for: Vec<String>,
    /// A built-in table of types by extension, searched after `extensions` and `table`: `apache-2.2`, `debian`
    /// (mime.types of Debian 12), `iis-10`, `mime-1.6` (the npm package mime 1.6) or `nginx-1.22`. Empty: no table.
    pub builtin: String,
    /// Extensions that stand for another one: `tgz = "tar.gz"`.
    pub short: BTreeMap<String, String>,
    /// Extensions that name a content coding, case-sensitive: `gz = "gzip"`. The type is that of the name without it,
    /// and `{encoding}` is the coding.
    pub codings: BTreeMap<String, String>,
    /// The type by extension, in lower case and without the dot. `tar.gz` is an extension, too. Empty: no type.
    pub extensions: BTreeMap<String, String>,
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
            guess: true,
            whole_names: false,
            one_line: false,
            scheme: false,
            default: "application/octet-stream".to_owned(),
            charset: String::new(),
            charset_for: Vec::new(),
            any_extension: false,
            builtin: String::new(),
            short: BTreeMap::new(),
            codings: BTreeMap::new(),
            extensions: BTreeMap::new(),
            table: String::new(),
            case_sensitive: false,
        }
    }
}
