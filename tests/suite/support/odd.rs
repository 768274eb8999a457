//! The site that tests/data/odd-site.toml describes: rare names, times and links. On disk, if the file system can hold
//! it, and in memory.

use std::collections::BTreeMap;
use std::path::Path;

use labserve_core::http1::percent;
use labserve_core::model::{MemorySite, Obstacle};
use labserve_core::profile::Profile;
use serde::Deserialize;

/// The content of the files that have an unusual modification time.
pub(crate) const DATED: &[u8] = b"0123456789";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    modified: String,
    empty: Vec<String>,
    unreadable: Vec<String>,
    extensions: String,
    sizes: BTreeMap<String, usize>,
    times: BTreeMap<String, String>,
    links: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
}

/// The site. All paths are decoded.
pub(crate) struct OddSite {
    pub(crate) files: Vec<OddFile>,
    pub(crate) empty: Vec<Vec<u8>>,
    /// The paths of links and their targets.
    pub(crate) links: Vec<(Vec<u8>, String)>,
    pub(crate) unreadable: Vec<Vec<u8>>,
}

pub(crate) struct OddFile {
    pub(crate) path: Vec<u8>,
    pub(crate) content: Vec<u8>,
    /// The time in seconds since 1970, and nanoseconds.
    pub(crate) modified: (i64, u32),
}

impl OddSite {
    pub(crate) fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/odd-site.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let told: Description = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let usual = time(&told.modified);
        let named = |path: &String| percent::decode(path.as_bytes());
        let file = |path: &String, content: Vec<u8>, modified| OddFile {
            path: named(path),
            content,
            modified,
        };
        let with_text = told
            .files
            .iter()
            .map(|(path, text)| file(path, text.as_bytes().to_vec(), usual));
        let with_size = told.sizes.iter().map(|(path, size)| {
            let content = (0..*size).map(|number| (number % 251) as u8);
            file(path, content.collect(), usual)
        });
        let typed = told
            .extensions
            .split_whitespace()
            .map(|end| file(&format!("ext/f.{end}"), Vec::new(), usual));
        let dated = told
            .times
            .iter()
            .map(|(path, modified)| file(path, DATED.to_vec(), time(modified)));
        Self {
            files: with_text.chain(with_size).chain(typed).chain(dated).collect(),
            empty: told.empty.iter().map(named).collect(),
            links: told
                .links
                .iter()
                .map(|(path, target)| (named(path), target.clone()))
                .collect(),
            unreadable: told.unreadable.iter().map(named).collect(),
        }
    }

    /// The site in memory, as a profile sees it. A link is a copy of its target.
    pub(crate) fn in_memory<'p>(&self, profile: &'p Profile) -> MemorySite<'p> {
        let mut memory = MemorySite::new(profile);
        for file in &self.files {
            memory = with_file(memory, &file.path, file);
        }
        for path in &self.empty {
            memory = memory.with_directory(path);
        }
        for (link, _) in &self.links {
            memory = match self.target(link, 40) {
                Target::File(file) => with_file(memory, link, file),
                Target::Directory(path) => self.below(&path).fold(memory, |memory, file| {
                    with_file(memory, &[link, &file.path[path.len()..]].concat(), file)
                }),
                Target::BelowFile => memory.with_obstacle(link, Obstacle::BelowFile),
                Target::Nothing => memory.with_obstacle(link, Obstacle::Dangling),
                Target::Loop => memory.with_obstacle(link, Obstacle::LinkLoop),
            };
        }
        for path in &self.unreadable {
            memory = match self.file(path) {
                Some(_) => memory.unreadable(path),
                None => memory.with_obstacle(path, Obstacle::ClosedDirectory),
            };
        }
        memory
    }

    fn file(&self, path: &[u8]) -> Option<&OddFile> {
        self.files.iter().find(|file| file.path == path)
    }

    fn below<'s>(&'s self, directory: &[u8]) -> impl Iterator<Item = &'s OddFile> {
        let inside = [directory, b"/"].concat();
        self.files.iter().filter(move |file| file.path.starts_with(&inside))
    }

    /// The target of a link, after at most `most` links.
    fn target(&self, link: &[u8], most: usize) -> Target<'_> {
        let Some((_, text)) = self.links.iter().find(|(path, _)| path == link) else {
            return Target::Nothing;
        };
        if most == 0 {
            return Target::Loop;
        }
        let mut names: Vec<&[u8]> = link.split(|b| *b == b'/').collect();
        names.pop();
        for name in text.split('/') {
            match name {
                "." => {}
                ".." => drop(names.pop()),
                name => names.push(name.as_bytes()),
            }
        }
        let path = names.join(&b'/');
        if self.links.iter().any(|(other, _)| *other == path) {
            self.target(&path, most - 1)
        } else if let Some(file) = self.file(&path) {
            Target::File(file)
        } else if self.below(&path).next().is_some() {
            Target::Directory(path)
        } else if (1..names.len()).any(|count| self.file(&names[..count].join(&b'/')).is_some()) {
            Target::BelowFile
        } else {
            Target::Nothing
        }
    }
}

enum Target<'s> {
    File(&'s OddFile),
    Directory(Vec<u8>),
    /// A path that continues after a file.
    BelowFile,
    Nothing,
    Loop,
}

fn with_file<'p>(memory: MemorySite<'p>, path: &[u8], file: &OddFile) -> MemorySite<'p> {
    let (secs, nanos) = file.modified;
    memory.dated(secs, nanos).with_file(path, &file.content)
}

/// Seconds and nanoseconds of a time in seconds such as `-0.25`.
fn time(text: &str) -> (i64, u32) {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number = |text: &str| text.parse::<i64>().unwrap_or_else(|e| panic!("{text}: {e}"));
    let nanos = number(&format!("{fraction:0<9}"));
    let secs = number(whole.trim_start_matches('-'));
    let total = i128::from(secs) * 1_000_000_000 + i128::from(nanos);
    let total = if text.starts_with('-') { -total } else { total };
    let secs = i64::try_from(total.div_euclid(1_000_000_000)).unwrap_or_default();
    (secs, total.rem_euclid(1_000_000_000) as u32)
}
