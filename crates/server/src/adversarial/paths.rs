//! Path traversal: targets that try to leave the root with every spelling of `..`, every separator and every prefix.

use super::profiles;
use super::wire::Clients;
use crate::files::{Cache, Content, Directory, Limits, Resource, Root};
use labserve_core::path;
use labserve_core::test_rng::TestRng;
use std::path::Path;

/// The content of the files outside the root.
const SECRET: &str = "SECRET-outside-the-root";

/// A site with a secret file next to its root, and with symbolic links to it of every kind that an owner could leave
/// there by mistake.
fn site_with_a_secret() -> tempfile::TempDir {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("root");
    std::fs::create_dir_all(root.join("sub/.dot")).expect("directories");
    // A directory whose path has the root's path as a prefix.
    std::fs::create_dir_all(dir.path().join("root-too")).expect("a directory");
    for (path, text) in [
        ("secret", SECRET),
        ("secret.html", SECRET),
        ("root-too/secret", SECRET),
        ("root/index.html", "index"),
        ("root/sub/a.txt", "a"),
        ("root/..x", "dots"),
        ("root/\u{ff0e}\u{ff0e}", "wide dots"),
    ] {
        std::fs::write(dir.path().join(path), text).expect(path);
    }
    for (target, link) in [
        ("../secret", "out"),
        ("../../secret", "sub/out"),
        ("..", "up"),
        ("../root-too", "too"),
        ("index.html", "in"),
        ("loop", "loop"),
        ("/", "abs"),
        ("../secret.html", "sub/index.html"),
    ] {
        symlink(target, root.join(link)).expect(link);
    }
    dir
}

/// How a target may begin.
const PREFIXES: &[&str] = &[
    "/",
    "",
    "//",
    "///",
    "/sub/",
    "/sub/../",
    "/sub/./",
    "/out/",
    "/up/",
    "/too/",
    "/abs/",
    "/in/",
    "/missing/",
    "/sub/a.txt/",
    "http://h/",
    "http://h",
    "HTTP://h:80/sub/",
    "file://",
    "file:///",
    "\\",
    "/\\",
    "/%2f",
    "/%5c",
    "*/",
    "/;/",
    "/?/",
    "/#/",
    "/~",
    "/c:/",
    "/%00/",
];

/// Spellings of `..`.
const PARENTS: &[&str] = &[
    "..",
    "%2e%2e",
    "%2E%2e",
    ".%2e",
    "%2e.",
    "%252e%252e",
    "%25252e%25252e",
    "%%32%65%%32%65",
    "%c0%ae%c0%ae",
    "%C0%2e%C0%2e",
    "%e0%80%ae%e0%80%ae",
    "%f0%80%80%ae%f0%80%80%ae",
    "%u002e%u002e",
    "%uff0e%uff0e",
    "\u{ff0e}\u{ff0e}",
    "%ef%bc%8e%ef%bc%8e",
    "\u{2025}",
    "\u{2026}",
    ".\u{301}.",
    "\u{2024}\u{2024}",
    "...",
    "....",
    "..%00",
    "%00..",
    "..%20",
    "..%09",
    "..;",
    "..%3b",
    "..;a=b",
    "..%0d%0a",
    "..::$DATA",
    "..%c0%80",
    "%20..",
    "..\u{feff}",
    "..%e2%80%8b",
    ". .",
    "..?",
    "..#",
    "\\\\?\\..",
    "..+",
];

/// Spellings of `/`.
const SEPARATORS: &[&str] = &[
    "/",
    "//",
    "\\",
    "%2f",
    "%2F",
    "%5c",
    "%5C",
    "%252f",
    "%255c",
    "%%32%66",
    "%c0%af",
    "%c1%9c",
    "%e0%80%af",
    "%f0%80%80%af",
    "%u2215",
    "%u002f",
    "\u{ff0f}",
    "%ef%bc%8f",
    "\u{2215}",
    "%e2%88%95",
    "%e2%81%84",
    "/./",
    "/%2e/",
    ";/",
    "/;x=y/",
    "%00/",
    "%0a/",
    "%20/",
    "/\\/",
    "%2f%2f",
];

/// Spellings of the file outside the root.
const WANTED: &[&str] = &[
    "secret",
    "Secret",
    "%73ecret",
    "s%65cret",
    "secret%00.html",
    "secret/",
    "secret/.",
    "secret.",
    "secret%20",
    "secret::$DATA",
    "secret;.html",
    "secret?x",
    "secret#x",
    "secret.html",
    "\u{ff53}ecret",
    "root-too/secret",
    "root/../secret",
    "secr%c0%e5t",
];

/// Every attempt; `dir` is the directory that holds the root and the secret.
fn attempts(dir: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for prefix in PREFIXES {
        for parent in PARENTS {
            for separator in SEPARATORS {
                let depth = 1 + all.len() % 4;
                let wanted = WANTED[all.len() % WANTED.len()];
                all.push(format!("{prefix}{}{wanted}", format!("{parent}{separator}").repeat(depth)).into_bytes());
            }
        }
    }
    // The absolute path of the file.
    let whole = dir.join("secret").display().to_string();
    for prefix in PREFIXES {
        for separator in SEPARATORS {
            all.push(format!("{prefix}{}", whole.replace('/', separator)).into_bytes());
        }
    }
    // Random combinations.
    let mut rng = TestRng::new(0xfeed_beef_cafe_f00d);
    let lists = [
        PREFIXES,
        PARENTS,
        SEPARATORS,
        WANTED,
        &["sub", "out", "up", "abs", "too", "in", ".", "root"],
    ];
    for _ in 0..4_000 {
        let mut target = b"/".to_vec();
        for _ in 0..=rng.below(7) {
            let list = lists[rng.below(lists.len())];
            target.extend_from_slice(list[rng.below(list.len())].as_bytes());
        }
        if rng.below(4) == 0 {
            let at = rng.below(target.len());
            target[at] = [0, 0x80, 0xc0, 0xff, b'\\', b'%'][rng.below(6)];
        }
        all.push(target);
    }
    all
}

/// The first bytes of a resource.
fn content(resource: &Resource) -> Vec<u8> {
    let mut bytes = vec![0; SECRET.len()];
    match &resource.content {
        Content::File(file) => {
            let count = crate::sys::read_at(file, &mut bytes, 0).expect("a file that can be read");
            bytes.truncate(count);
            bytes
        }
        Content::Bytes(bytes) => bytes.to_vec(),
        Content::Static(bytes) => bytes.to_vec(),
    }
}

fn root_in(dir: &Path) -> Root {
    Root::Directory(Directory::open(&dir.join("root"), false).expect("the root"))
}

#[test]
fn no_target_leads_to_a_file_outside_the_root() {
    let dir = site_with_a_secret();
    let attempts = attempts(dir.path());
    assert!(attempts.len() > 30_000, "{} attempts", attempts.len());
    let root = root_in(dir.path());
    for profile in profiles() {
        let mut cache = Cache::new(Limits::default());
        for target in &attempts {
            let Ok(located) = path::locate(target, &profile.target, &profile.files, root.names()) else {
                continue;
            };
            if let Some(resource) = root.find(&located, &profile, &[], &mut cache).resource {
                assert!(
                    !content(&resource).starts_with(b"SECRET"),
                    "{} under {}",
                    target.escape_ascii(),
                    profile.name
                );
            }
        }
    }
}

/// The same over a socket, through the whole server. Only a part of the targets is tried, because each needs a
/// connection.
#[test]
fn no_request_returns_a_file_outside_the_root() {
    let dir = site_with_a_secret();
    let attempts = attempts(dir.path());
    for profile in profiles() {
        let clients = Clients::of(&profile, root_in(dir.path()));
        let index = clients.ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert!(index.ends_with(b"index"), "{}", index.escape_ascii());
        for (number, target) in attempts.iter().step_by(61).enumerate() {
            let method: &[u8] = [b"GET".as_slice(), b"POST", b"HEAD", b"OPTIONS"][number % 4];
            let request = [
                method,
                b" ",
                target.as_slice(),
                b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            ]
            .concat();
            let got = clients.ask(&request);
            assert!(
                !got.windows(6).any(|six| six == b"SECRET"),
                "{} under {}:\n{}",
                request.escape_ascii(),
                profile.name,
                got.escape_ascii()
            );
        }
    }
}
