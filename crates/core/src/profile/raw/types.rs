//! `[types]`: media types by name.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[types]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawTypes {
    /// Whether extensions that are not listed are looked up in the mime_guess table.
    pub guess: bool,
    /// Whether a name without a dot is looked up as if it were an extension.
    pub whole_names: bool,
    /// The type of a file without a known extension; empty for no type at all.
    pub default: String,
    /// The charset that is added to the types in `charset_for`; empty for none.
    pub charset: String,
    /// Types that get the charset, with `*` for any characters.
    pub charset_for: Vec<String>,
    /// A built-in table of types by extension that is looked at behind `extensions` and `table`: `debian` (the mime.types
    /// of Debian 12) or `mime-1.6` (the npm package of that name); empty for none.
    pub builtin: String,
    /// Endings that stand for another: `tgz = "tar.gz"`.
    pub short: BTreeMap<String, String>,
    /// Endings that name a content coding, in their case: the type is that of the name without it, and `{encoding}` is
    /// the coding.
    pub codings: BTreeMap<String, String>,
    /// The type by extension, in lower case and without its dot; empty for no type. `tar.gz` is one too.
    pub extensions: BTreeMap<String, String>,
    /// More of them as a `mime.types` file has them: a type and its extensions on each line, or up to a `;`.
    pub table: String,
    /// Whether every extension of a name counts, the last one that is listed first, and not only the name's ending.
    pub any_extension: bool,
    /// Names looked up with their whole ending: whether the extension's case counts.
    pub case_sensitive: bool,
}

impl Default for RawTypes {
    fn default() -> RawTypes {
        RawTypes {
            guess: true,
            whole_names: false,
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
