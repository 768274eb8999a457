//! Media types by file name.

use super::raw::RawTypes;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The table of media types of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaTypes {
    guess: bool,
    default: String,
    charset: String,
    charset_for: Vec<String>,
    case_sensitive: bool,
    extensions: BTreeMap<String, String>,
}

impl MediaTypes {
    pub(super) fn new(raw: &RawTypes) -> MediaTypes {
        MediaTypes {
            guess: raw.guess,
            default: raw.default.clone(),
            charset: raw.charset.clone(),
            charset_for: raw.charset_for.clone(),
            case_sensitive: raw.case_sensitive,
            extensions: raw
                .table
                .lines()
                .map(|line| line.split('#').next().unwrap_or_default())
                .flat_map(|line| {
                    let mut words = line.split_whitespace();
                    let media_type = words.next().unwrap_or_default();
                    words.map(move |extension| (extension.to_owned(), media_type.to_owned()))
                })
                .chain(raw.extensions.clone())
                .collect(),
        }
    }

    /// The Content-Type of a file of this name; empty if it has none.
    pub fn of(&self, name: &str) -> String {
        let media_type = self.bare(name);
        if self.charset.is_empty() || !self.charset_for.iter().any(|pattern| matches(pattern, &media_type)) {
            return media_type.into_owned();
        }
        format!("{media_type}{}", self.charset)
    }

    fn bare(&self, name: &str) -> Cow<'_, str> {
        for extension in extensions(name) {
            let extension = if self.case_sensitive {
                Cow::Borrowed(extension)
            } else {
                Cow::Owned(extension.to_ascii_lowercase())
            };
            if let Some(listed) = self.extensions.get(extension.as_ref()) {
                return Cow::Borrowed(listed);
            }
        }
        let last = extensions(name).last().filter(|_| self.guess);
        match last.and_then(|extension| mime_guess::from_ext(extension).first_raw()) {
            Some(guessed) => Cow::Borrowed(guessed),
            None => Cow::Borrowed(&self.default),
        }
    }
}

/// The extensions of a name, the longest first: `tar.gz`, then `gz`. A dot at the beginning makes none.
fn extensions(name: &str) -> impl Iterator<Item = &str> {
    let stem = name.len() - name.trim_start_matches('.').len();
    name.char_indices()
        .filter(move |(at, c)| *c == '.' && *at > stem.max(1) - 1 && *at >= stem)
        .map(|(at, _)| &name[at + 1..])
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(after, &rest[at..]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_listed_extension_wins() {
        let raw = RawTypes {
            extensions: [
                ("gz", "application/gzip"),
                ("tar.gz", "application/x-tar"),
                ("none", ""),
            ]
            .map(|(a, b)| (a.into(), b.into()))
            .into(),
            charset: "; charset=UTF-8".into(),
            charset_for: vec!["text/*".into(), "*+xml".into()],
            ..RawTypes::default()
        };
        let types = MediaTypes::new(&raw);
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
            assert_eq!(types.of(name), want, "{name}");
        }
    }

    #[test]
    fn a_table_is_read_as_mime_types_has_it_and_single_extensions_stand_above_it() {
        let types = MediaTypes::new(&RawTypes {
            guess: false,
            default: String::new(),
            table: "# types\ntext/html  html htm # and so on\naudio/mpeg\n\nimage/jpeg jpg".into(),
            extensions: [("htm".into(), "text/x".into())].into(),
            ..RawTypes::default()
        });
        for (name, want) in [
            ("a.html", "text/html"),
            ("a.htm", "text/x"),
            ("a.jpg", "image/jpeg"),
            ("a.and", ""),
        ] {
            assert_eq!(types.of(name), want, "{name}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text, want) in [
            ("text/*", "text/html", true),
            ("*+xml", "a+xml", true),
            (".ht*", ".htaccess", true),
            (".ht*", "a.ht", false),
            ("a", "a", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), want, "{pattern} {text}");
        }
    }
}
