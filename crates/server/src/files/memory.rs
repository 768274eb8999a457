//! Files in memory as document root: the files of a test, or the demo site.

use super::Opened;
use super::resource::{Content, Resource};
use labserve_core::facts::{FileFacts, FileId};
use labserve_core::http1::text;
use labserve_core::profile::Profile;
use labserve_core::render::with_digests;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The modification time of all files in memory. It is that of the demo site in the captures of the lab report,
/// 2023-10-31 15:31:16.361 UTC. Validators are therefore the same in every run.
const MODIFIED: (i64, u32) = (1_698_766_276, 361_000_000);

macro_rules! file {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../../../../static/", $path)))
    };
}

/// The demo site, embedded so that an installed program has something to serve without a directory. The first four files
/// are those of the lab report; the others are pages to watch.
const DEMO_SITE: &[(&str, &[u8])] = &[
    file!("index.html"),
    file!("static/style1.css"),
    file!("static/head.jpg"),
    file!("static/BGM.wav"),
    file!("zh.html"),
    file!("serial.html"),
    file!("static/serial1.css"),
    file!("static/serial2.css"),
    file!("static/serial3.css"),
    file!("parallel.html"),
    file!("large.html"),
    file!("slow.html"),
    file!("cached.html"),
];

/// Files in memory, by their paths below the root. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Memory {
    description: &'static str,
    files: Arc<BTreeMap<Vec<u8>, InMemory>>,
}

/// A file in memory.
#[derive(Clone, Debug)]
struct InMemory {
    /// The inode number: the number of the file in the order of insertion, from 1.
    number: u64,
    /// The size in bytes.
    size: u64,
    content: Content,
}

impl Memory {
    /// The demo site.
    pub fn demo_site() -> Self {
        static SITE: LazyLock<Memory> = LazyLock::new(|| Memory {
            description: "the demo site inside this program",
            files: numbered(DEMO_SITE.iter().map(|(path, bytes)| {
                let (path, size) = ((*path).to_owned(), bytes.len());
                (path, size, Content::Static(bytes))
            })),
        });
        SITE.clone()
    }

    /// A root with these files. The paths are relative to the root, such as `css/main.css`. If a path occurs twice, the
    /// later file is used.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self {
            description: "files in memory",
            files: numbered(files.into_iter().map(|(path, bytes)| {
                let size = bytes.len();
                (path, size, Content::Bytes(bytes.into()))
            })),
        }
    }

    /// A description for people.
    pub(super) fn describe(&self) -> &'static str {
        self.description
    }

    /// What exists at `path`.
    pub(super) fn open(&self, path: &[u8], profile: &Profile) -> Opened {
        if let Some((name, file)) = self.find(path, profile.files.ignore_case) {
            let id = FileId {
                device: 0,
                inode: file.number,
                size: file.size,
                mtime_secs: MODIFIED.0,
                mtime_nanos: MODIFIED.1,
                ctime_nanos: 0,
            };
            let facts = FileFacts::new(name, text::adler32(name), id, &profile.types);
            let facts = with_digests(facts, &profile.files, |take| file.content.read(file.size, take).ok());
            return Opened::File(Arc::new(Resource {
                facts: Arc::new(facts),
                content: file.content.clone(),
                place: None,
            }));
        }
        if path.is_empty() || self.has_below(path) {
            return Opened::Directory;
        }
        let mut above = memchr::memchr_iter(b'/', path).map(|at| &path[..at]);
        if above.any(|file| self.files.contains_key(file)) {
            Opened::PathAfterFile
        } else {
            Opened::Missing
        }
    }

    fn find(&self, path: &[u8], ignore_case: bool) -> Option<(&[u8], &InMemory)> {
        let exact = self.files.get_key_value(path);
        let other = || {
            let mut files = self.files.iter();
            files.find(|(name, _)| ignore_case && name.eq_ignore_ascii_case(path))
        };
        exact.or_else(other).map(|(name, file)| (name.as_slice(), file))
    }

    /// Whether `directory` is a directory: whether there is a file below it.
    fn has_below(&self, directory: &[u8]) -> bool {
        let inside = [directory, b"/"].concat();
        let next = self.files.range(inside.clone()..).next();
        next.is_some_and(|(name, _)| name.starts_with(&inside))
    }
}

/// Numbers files, each of which is a path, a size and the bytes.
fn numbered(files: impl Iterator<Item = (String, usize, Content)>) -> Arc<BTreeMap<Vec<u8>, InMemory>> {
    let numbered = (1..).zip(files).map(|(number, (path, size, content))| {
        let size = size as u64;
        (path.into_bytes(), InMemory { number, size, content })
    });
    Arc::new(numbered.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use labserve_core::profile::layers::{self, BuiltIns, Layer, Stack};

    #[test]
    fn what_is_at_a_path() {
        let profile = layers::load("rfc").expect("a profile");
        let files = [("a.txt", "old"), ("a/b/c.txt", "c"), ("a-b", ""), ("a.txt", "new")];
        let root = Memory::new(files.map(|(path, text)| (path.to_owned(), text.into())));
        for (path, want) in [
            ("", "Directory"),
            ("a", "Directory"),
            ("a/b", "Directory"),
            ("a-b", "0 bytes"),
            ("a.txt", "3 bytes"),
            ("A.txt", "Missing"),
            ("a.txt/x", "PathAfterFile"),
            ("a/b/c.txt/x/y", "PathAfterFile"),
            ("a/c", "Missing"),
            ("b", "Missing"),
        ] {
            let found = match root.open(path.as_bytes(), &profile) {
                Opened::File(resource) => format!("{} bytes", resource.size()),
                other => format!("{other:?}"),
            };
            assert_eq!(found, want, "{path}");
        }
    }

    #[test]
    fn everything_that_the_demo_site_refers_to_is_in_it() {
        let path_of = |target: &str| match target.split('?').next() {
            Some("/") | None => "index.html".to_owned(),
            Some(path) => path.trim_start_matches('/').to_owned(),
        };
        let mut references = 0;
        for (name, bytes) in DEMO_SITE
            .iter()
            .filter(|(name, _)| !name.ends_with(".jpg") && !name.ends_with(".wav"))
        {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            for mark in ["src=\"", "href=\"", "@import \""] {
                for found in text.split(mark).skip(1) {
                    let path = path_of(found.split('"').next().unwrap_or_default());
                    assert!(
                        DEMO_SITE.iter().any(|(known, _)| *known == path),
                        "{name} refers to {path}"
                    );
                    references += 1;
                }
            }
        }
        assert!(references > 20, "{references}");
        // The page of the lab report has this size in every capture of it.
        assert_eq!(DEMO_SITE[0].1.len(), 682);
    }

    #[test]
    fn case_is_ignored_where_the_profile_ignores_it() {
        let ignores = Layer::from_assignment("files.ignore_case=true").expect("a key");
        let stack = Stack::load("rfc", &BuiltIns).expect("a profile");
        let profile = stack.over(ignores).build().expect("a profile");
        let opened = Memory::demo_site().open(b"STATIC/Head.JPG", &profile);
        assert!(matches!(opened, Opened::File(_)), "{opened:?}");
    }
}
