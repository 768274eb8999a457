//! Media types by file name.

use super::builtin::TYPES;
use super::raw::RawTypes;
use super::units::OFF;
use super::{near, suggestion};
use crate::glob::Glob;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, OnceLock};

/// The media types of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaTypes {
    guess: bool,
    whole_names: bool,
    one_line: bool,
    scheme: bool,
    default: String,
    charset: String,
    charset_for: Vec<Glob>,
    case_sensitive: bool,
    any_extension: bool,
    extensions: BTreeMap<String, String>,
    builtin: &'static Table,
    short: BTreeMap<String, String>,
    codings: BTreeMap<String, String>,
}

/// The name of the table of the crate mime_guess.
const GUESS: &str = "mime-guess";

type Table = HashMap<&'static str, &'static str>;

/// The built-in table of types by extension with this name. It is parsed on first use.
fn table(name: &str) -> Option<&'static Table> {
    static TABLES: [OnceLock<Table>; TYPES.len()] = [const { OnceLock::new() }; TYPES.len()];
    let at = TYPES.iter().position(|(other, _)| *other == name)?;
    Some(TABLES[at].get_or_init(|| TYPES[at].1.lines().flat_map(types_of_line).collect()))
}

/// The table of profiles without a built-in table.
static EMPTY: LazyLock<Table> = LazyLock::new(Table::new);

/// The extensions on a line of a `mime.types` file, each with its type. A `;` is equivalent to a line end.
fn types_of_line(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let entries = line.split('#').next().unwrap_or_default().split(';');
    entries.flat_map(|entry| {
        let mut words = entry.split_whitespace();
        let media_type = words.next().unwrap_or_default();
        words.map(move |extension| (extension, media_type))
    })
}

impl MediaTypes {
    pub(super) fn new(raw: &RawTypes) -> Result<Self, String> {
        let base = raw.base.text();
        let guess = base == GUESS;
        let found = match base {
            "" | GUESS => Some(&*EMPTY),
            _ => table(base),
        };
        let Some(builtin) = found else {
            let known = || TYPES.iter().map(|(name, _)| *name).chain([GUESS, OFF]);
            let listed: Vec<_> = known().map(|name| format!("{name:?}")).collect();
            let meant = suggestion(near(base, known()));
            return Err(format!("got {base:?}; expected one of {}{meant}", listed.join(", ")));
        };
        Ok(Self {
            builtin,
            short: raw.short.clone(),
            codings: raw.codings.clone(),
            guess,
            whole_names: raw.whole_names,
            one_line: raw.one_line,
            scheme: raw.scheme,
            default: raw.default.text().to_owned(),
            charset: raw.charset.text().to_owned(),
            charset_for: raw.charset_for.iter().map(|pattern| Glob::text(pattern)).collect(),
            case_sensitive: raw.case_sensitive,
            any_extension: raw.any_extension,
            extensions: raw
                .table
                .lines()
                .flat_map(types_of_line)
                .map(|(extension, media_type)| (extension.to_owned(), media_type.to_owned()))
                .chain(
                    raw.extensions
                        .iter()
                        .map(|(extension, media_type)| (extension.clone(), media_type.text().to_owned())),
                )
                .collect(),
        })
    }

    /// The Content-Type of the file at this path, and the content coding that its suffix stands for. Both are empty if
    /// there is none.
    pub fn of(&self, path: &[u8]) -> (String, String) {
        // No listed extension contains the replacement character, which stands for bytes that are not UTF-8.
        let path = String::from_utf8_lossy(path);
        if self.one_line && path.contains(['\r', '\n', '\u{2028}', '\u{2029}']) {
            return (self.default.clone(), String::new());
        }
        let name = path.rsplit('/').next().unwrap_or_default();
        let name = match name.split_once(':') {
            Some((scheme, rest)) if self.scheme && !scheme.is_empty() => rest,
            _ => name,
        };
        let (name, coding) = self.without_coding(name);
        let media_type = self.bare(&name);
        if self.charset.is_empty()
            || !self
                .charset_for
                .iter()
                .any(|pattern| pattern.fits(media_type.as_bytes()))
        {
            return (media_type.into_owned(), coding.to_owned());
        }
        (format!("{media_type}{}", self.charset), coding.to_owned())
    }

    /// The name with an abbreviated suffix spelled out and without the suffix of a content coding, and that coding.
    fn without_coding<'n>(&self, name: &'n str) -> (Cow<'n, str>, &str) {
        let mut name = Cow::Borrowed(name);
        if let Some(last) = extensions(&name).last()
            && let Some(long) = self.short.get(&last.to_ascii_lowercase())
        {
            name = Cow::Owned(format!("{}{long}", &name[..name.len() - last.len()]));
        }
        let Some((ending, coding)) = extensions(&name)
            .last()
            .and_then(|last| self.codings.get_key_value(last))
        else {
            return (name, "");
        };
        let rest = name.len() - ending.len() - 1;
        let name = match name {
            Cow::Borrowed(name) => Cow::Borrowed(&name[..rest]),
            Cow::Owned(mut name) => {
                name.truncate(rest);
                Cow::Owned(name)
            }
        };
        (name, coding)
    }

    /// The type of the last extension that is listed, wherever it is in the name.
    fn of_any_extension(&self, name: &str) -> Option<&str> {
        let name = name.trim_start_matches('.').to_ascii_lowercase();
        let (_, extensions) = name.split_once('.')?;
        extensions.rsplit('.').find_map(|extension| {
            let listed = self.extensions.get(extension).map(String::as_str);
            let known = listed.or_else(|| self.builtin.get(extension).copied());
            known.filter(|media_type| !media_type.is_empty())
        })
    }

    fn bare(&self, name: &str) -> Cow<'_, str> {
        if self.any_extension {
            return Cow::Borrowed(self.of_any_extension(name).unwrap_or(&self.default));
        }
        let after_backslash = name.rsplit('\\').next().unwrap_or_default();
        let whole = Some(after_backslash).filter(|name| self.whole_names && !name.contains('.'));
        for extension in extensions(name).chain(whole) {
            let extension = if self.case_sensitive {
                Cow::Borrowed(extension)
            } else {
                Cow::Owned(extension.to_ascii_lowercase())
            };
            if let Some(listed) = self.extensions.get(extension.as_ref()) {
                return Cow::Borrowed(listed);
            }
        }
        let last = extensions(name).chain(whole).last();
        if let Some(listed) = last.and_then(|last| self.builtin.get(last.to_ascii_lowercase().as_str())) {
            return Cow::Borrowed(listed);
        }
        match last
            .filter(|_| self.guess)
            .and_then(|extension| mime_guess::from_ext(extension).first_raw())
        {
            Some(guessed) => Cow::Borrowed(guessed),
            None => Cow::Borrowed(&self.default),
        }
    }
}

/// The extensions of a name, the longest first: `tar.gz`, then `gz`. A dot at the beginning of a name does not start
/// one.
fn extensions(name: &str) -> impl Iterator<Item = &str> {
    let stem = name.len() - name.trim_start_matches('.').len();
    name.char_indices()
        .filter(move |(at, c)| *c == '.' && *at > stem.max(1) - 1 && *at >= stem)
        .map(|(at, _)| &name[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::units::TextOrOff;

    #[test]
    fn the_longest_listed_extension_wins() {
        let raw = RawTypes {
            extensions: [
                ("gz", "application/gzip"),
                ("tar.gz", "application/x-tar"),
                ("none", "off"),
            ]
            .map(|(a, b)| (a.into(), b.into()))
            .into(),
            charset: "; charset=UTF-8".into(),
            charset_for: vec!["text/*".into(), "*+xml".into()],
            ..RawTypes::default()
        };
        let types = MediaTypes::new(&raw).expect("a table");
        for (name, want) in [
            ("a.gz", "application/gzip"),
            ("a.tar.gz", "application/x-tar"),
            ("a.TAR.GZ", "application/x-tar"),
            ("a.none", ""),
            ("a.html", "text/html; charset=UTF-8"),
            ("a.svg", "image/svg+xml; charset=UTF-8"),
            (".html", "application/octet-stream"),
            ("html", "application/octet-stream"),
            ("a.", "application/octet-stream"),
            ("..a.png", "image/png"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(types.of(name.as_bytes()).0, want, "{name}");
        }
    }

    #[test]
    fn a_coding_is_cut_off_before_the_type_is_looked_up() {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        let raw = RawTypes {
            base: "debian".into(),
            short: pairs(&[("tgz", "tar.gz")]),
            codings: pairs(&[("gz", "gzip"), ("Z", "compress")]),
            ..RawTypes::default()
        };
        let types = MediaTypes::new(&raw).expect("a table");
        for (name, want) in [
            ("a.tar.gz", ("application/x-tar", "gzip")),
            ("a.TGZ", ("application/x-tar", "gzip")),
            ("a.txt.Z", ("text/plain", "compress")),
            ("a.txt.z", ("application/octet-stream", "")),
            ("a.gz", ("application/octet-stream", "gzip")),
            (".gz", ("application/octet-stream", "")),
            ("a.JPG", ("image/jpeg", "")),
        ] {
            assert_eq!(types.of(name.as_bytes()), (want.0.into(), want.1.into()), "{name}");
        }
    }

    #[test]
    fn a_table_is_read_as_mime_types_has_it_and_single_extensions_stand_above_it() {
        let types = MediaTypes::new(&RawTypes {
            base: TextOrOff(None),
            default: TextOrOff(None),
            table: "# types\ntext/html  html htm; text/x x # and so on\naudio/mpeg\n\nimage/jpeg jpg".into(),
            extensions: [("htm".into(), "text/x".into())].into(),
            ..RawTypes::default()
        })
        .expect("a table");
        for (name, want) in [
            ("a.html", "text/html"),
            ("a.htm", "text/x"),
            ("a.x", "text/x"),
            ("a.jpg", "image/jpeg"),
            ("a.and", ""),
        ] {
            assert_eq!(types.of(name.as_bytes()).0, want, "{name}");
        }
    }

    #[test]
    fn any_extension_may_count() {
        let types = MediaTypes::new(&RawTypes {
            default: TextOrOff(None),
            base: "debian".into(),
            any_extension: true,
            extensions: BTreeMap::from([("so".to_owned(), TextOrOff(None))]),
            ..RawTypes::default()
        })
        .expect("a table");
        for (name, want) in [
            ("n.txt.so", "text/plain"),
            ("n.so", ""),
            ("n.html.zz", "text/html"),
            ("n.zz.html", "text/html"),
            ("n.html.txt", "text/plain"),
            ("n.Html.ZZ", "text/html"),
            ("n..html", "text/html"),
            ("n.html.", "text/html"),
            (".html", ""),
            ("...html", ""),
            (".a.html", "text/html"),
            ("html", ""),
            ("n.html~", ""),
        ] {
            assert_eq!(types.of(name.as_bytes()).0, want, "{name}");
        }
    }
}
