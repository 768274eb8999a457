//! Adapts cases to a server that does not have the probe site: they request one ordinary file of the server instead.
//!
//! The numbers in a case are adapted to the file. A range that ends at the last byte of a file of the probe site ends
//! at the last byte of this file, and a date one second after the modification time of the probe site becomes one
//! second after that of this file. A case that needs a second file, another directory or a link cannot be sent.

mod numbers;

use crate::case::{Case, Step};
use crate::placeholders::Contents;
use crate::site;
use labserve_core::http1::percent;
use labserve_core::model::MemorySite;
use labserve_core::profile::Profile;
use numbers::{Scale, dates};
use serde::{Deserialize, Serialize};

/// The smallest and the largest file that cases may request, in bytes. The ranges of the cases need some hundred bytes,
/// and each of some thousand responses may contain the file.
pub const SIZES: std::ops::RangeInclusive<usize> = 400..=128 << 10;

/// One file of a server, as its own responses show it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct OrdinaryFile {
    /// Its path in a request, such as `/some/file`.
    pub path: String,
    /// Its bytes, as Latin-1 in a recording.
    #[serde(with = "latin1")]
    pub content: Vec<u8>,
    /// Its modification time, in seconds since 1970, if the server reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// The path of the directory that it is in, if the server redirects from there to the same path with a slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Whether `/` is answered with the same file.
    #[serde(default)]
    pub is_index: bool,
}

/// Marks for the file and its directory while a text is adapted. A case contains only Latin-1, so they are unambiguous.
const FILE: char = '\u{e000}';
const DIRECTORY: char = '\u{e001}';

/// The files of the probe site that the file stands for.
const STOOD_FOR: [&str; 4] = ["/types/a.txt", "/static/style1.css", "/static/head.jpg", "/index.html"];
/// A directory of the probe site without an index.
const STOOD_FOR_DIRECTORY: &str = "/static";
/// Other parts of the probe site that an ordinary server does not have. In lower case.
const OF_PROBE_SITE: [&str; 9] = [
    "types",
    "static",
    "/sub",
    ".hidden",
    ".well-known",
    "link-in",
    "link-out",
    "index.html",
    "secret",
];

impl OrdinaryFile {
    /// The case for this file, or `None` if it needs more than one ordinary file.
    ///
    /// ```
    /// use labserve_probe::adapt::OrdinaryFile;
    /// use labserve_probe::case::{self, Step};
    ///
    /// let file = OrdinaryFile {
    ///     path: "/a/b".to_owned(),
    ///     content: vec![b'x'; 5000],
    ///     modified: None,
    ///     directory: None,
    ///     is_index: false,
    /// };
    /// let case = r#"[{"name": "range-end", "steps": [{"send": "GET /static/style1.css HTTP/1.1\r\nRange: bytes=665-\r\n\r\n"}]}]"#;
    /// let case = &case::parse(case).expect("a case")[0];
    /// let Step::Send { text, .. } = &file.adapt(case).expect("it asks for one file").steps[0] else { panic!() };
    /// assert_eq!(text, "GET /a/b HTTP/1.1\r\nRange: bytes=4999-\r\n\r\n");
    /// ```
    pub fn adapt(&self, case: &Case) -> Option<Case> {
        let texts = case.steps.iter().filter_map(|step| match step {
            Step::Send { text, .. } => Some(text.as_str()),
            _ => None,
        });
        let scale = Scale::new(sizes_of(texts), self.content.len());
        let mut adapted = case.clone();
        let mut whole = String::new();
        for step in &mut adapted.steps {
            if let Step::Send { text, .. } = step {
                *text = self.marked(&dates(&scale.ranges(text), self.modified));
                whole.push_str(text);
            }
        }
        if !self.can_be_asked(&whole) {
            return None;
        }
        for step in &mut adapted.steps {
            if let Step::Send { text, .. } = step {
                *text = text
                    .replace(FILE, &self.path)
                    .replace(DIRECTORY, self.directory.as_deref().unwrap_or_default());
            }
        }
        Some(adapted)
    }

    /// The contents that a recording shows as `{{file:/path}}`.
    pub fn contents(&self) -> Contents {
        Contents::new([(self.content.clone(), self.path.clone())])
    }

    /// A site in memory that has only this file. If its modification time is unknown, it has that of the probe site.
    pub fn in_memory<'p>(&self, profile: &'p Profile) -> MemorySite<'p> {
        let site = MemorySite::new(profile);
        let site = match self.modified {
            Some(secs) => site.dated(secs, 0),
            None => site,
        };
        let path = match self.path.trim_start_matches('/') {
            "" => "index.html",
            path => path,
        };
        site.with_file(path, &self.content)
    }

    /// The text with marks for the file and for its directory.
    fn marked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for path in STOOD_FOR {
            text = text.replace(path, FILE.encode_utf8(&mut [0; 4]));
        }
        if self.directory.is_some() {
            text = replace_unless_slash_follows(&text, STOOD_FOR_DIRECTORY, DIRECTORY);
        }
        if !self.is_index {
            text = text.replace(":/}}", &format!(":{FILE}}}}}"));
            let lines: Vec<String> = text.split('\n').map(with_file_for_root).collect();
            text = lines.join("\n");
        }
        text
    }

    /// Whether a marked text requests nothing else that only the probe site has.
    fn can_be_asked(&self, marked: &str) -> bool {
        let decoded = lossy(percent::decode(marked.as_bytes())).to_ascii_lowercase();
        let names_probe_site = OF_PROBE_SITE.iter().any(|name| decoded.contains(name));
        let asks_for_root = || marked.lines().filter_map(target).any(is_root);
        !names_probe_site && (self.is_index || !asks_for_root())
    }
}

/// The cases adapted to this file, or unchanged without a file, which means the probe site.
pub fn adapted(cases: &[Case], file: Option<&OrdinaryFile>) -> Vec<Case> {
    match file {
        Some(file) => cases.iter().filter_map(|case| file.adapt(case)).collect(),
        None => cases.to_vec(),
    }
}

/// The size of the largest file of the probe site that one of the texts requests. Numbers in a case refer to it.
fn sizes_of<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    let texts: Vec<&str> = texts.collect();
    let is_named = |path: &str| texts.iter().any(|text| text.contains(path));
    let files = site::FILES.iter();
    let size = files
        .filter(|file| STOOD_FOR.iter().any(|path| path[1..] == *file.path) && is_named(file.path))
        .map(|file| file.content.len())
        .max();
    size.unwrap_or(INDEX_SIZE)
}

/// The size of the file that the probe site serves at `/`.
const INDEX_SIZE: usize = 682;

/// A line in which the target `/` is replaced by the file, if it is a request line.
fn with_file_for_root(line: &str) -> String {
    match target(line) {
        Some("/") => line.replacen(" /", &format!(" {FILE}"), 1),
        _ => line.to_owned(),
    }
}

/// The target of a line that may be a request line: its second word, if there is no colon in the first.
fn target(line: &str) -> Option<&str> {
    let mut words = line.split([' ', '\t', '\r']).filter(|word| !word.is_empty());
    let method = words.next().filter(|word| !word.contains(':'))?;
    words.next().filter(|_| !method.is_empty())
}

/// Whether a target in origin or absolute form refers to the root of the site.
fn is_root(target: &str) -> bool {
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find(['/', '?', '#', '\\']).map_or("", |at| &rest[at..]),
        None if target.starts_with(['/', '.', '%', '\\']) => target,
        None => return false,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let decoded = lossy(percent::decode(path.as_bytes()));
    let mut depth = 0_usize;
    for name in decoded.split(['/', '\\']) {
        match name {
            "" | "." => {}
            ".." => depth = depth.saturating_sub(1),
            _ => depth += 1,
        }
    }
    depth == 0
}

fn replace_unless_slash_follows(text: &str, what: &str, with: char) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(what) {
        let (before, after) = (&rest[..at], &rest[at + what.len()..]);
        out.push_str(before);
        if after.starts_with(['/', '\\', '%']) {
            out.push_str(what);
        } else {
            out.push(with);
        }
        rest = after;
    }
    out + rest
}

fn lossy(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

/// Bytes as a string of the characters U+0000 to U+00FF.
mod latin1 {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&crate::placeholders::latin1(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        bytes.ok_or_else(|| de::Error::custom("the content has a character above U+00FF"))
    }
}

#[cfg(test)]
mod tests;
