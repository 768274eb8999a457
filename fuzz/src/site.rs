//! The site that is served while fuzzing, on disk and in memory: a few files, and a secret next to the root that no reply
//! may contain.

use labserve_core::model::MemorySite;
use labserve_core::profile::Profile;
use labserve_server::files::{Directory, Root};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// The content of the file next to the root.
pub const SECRET: &str = "the-secret-beside-the-root";

const FILES: &[(&str, &[u8])] = &[
    ("index.html", b"<p>index</p>\n"),
    ("types/a.txt", b"The file of most requests.\n"),
    ("static/style1.css", b"p { color: red }\n"),
    ("dir/index.html", b"<p>dir</p>\n"),
    ("dir/empty", b""),
    ("dir/.hidden", b"hidden\n"),
    ("dir/a bé.html", b"a name\n"),
    ("..odd", b"odd\n"),
];

/// A file that is sent in more than one write.
const LARGE: &str = "large.bin";

fn large() -> Vec<u8> {
    (0..70_000u32).map(|n| b'a' + (n % 23) as u8).collect()
}

/// A temporary directory tree, removed when its thread ends.
struct Tree {
    _around: TempDir,
    root: PathBuf,
}

thread_local! {
    static TREE: Tree = make();
}

fn make() -> Tree {
    let around = tempfile::tempdir().expect("a temporary directory");
    let root = around.path().join("root");
    fs::create_dir_all(root.join("dir/sub")).expect("directories");
    fs::create_dir_all(root.join("types")).expect("a directory");
    fs::create_dir_all(root.join("static")).expect("a directory");
    for (path, content) in FILES {
        fs::write(root.join(path), content).expect(path);
    }
    fs::write(root.join(LARGE), large()).expect(LARGE);
    fs::write(around.path().join("secret"), SECRET).expect("the secret");
    #[cfg(unix)]
    for (target, link) in [
        ("../secret", "out"),
        ("..", "up"),
        ("/", "dir/abs"),
        ("index.html", "in"),
        ("loop", "loop"),
    ] {
        std::os::unix::fs::symlink(target, root.join(link)).expect(link);
    }
    Tree { _around: around, root }
}

/// The root of the site.
pub fn root() -> Root {
    TREE.with(|tree| Root::Directory(Directory::open(&tree.root, false).expect("the root")))
}

/// The site in memory. It has no links; a path that leaves the root would find the secret.
pub fn in_memory(profile: &Profile) -> MemorySite<'_> {
    FILES
        .iter()
        .fold(MemorySite::new(profile), |site, (path, content)| {
            site.with_file(path, content)
        })
        .with_file(LARGE, &large())
        .with_file("dir/sub/file", b"")
        .with_file("../secret", SECRET.as_bytes())
}
