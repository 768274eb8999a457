//! Targets that try to leave the root, or to reach something other than a file, through the way in which Windows reads
//! names: separators, drives, shares, devices, streams, short names, final dots and spaces, case.
//!
//! Deterministic: the same 2,000 targets in every run, for every profile. On Linux, files that have the attacks as
//! their names stand for what Windows would reach.

use super::{Cache, Content, Directory, Limits, Resource, Root};
use labserve_core::facts::Found;
use labserve_core::path::{Form, Located, NameRules, locate};
use labserve_core::profile::{Profile, builtin, layers};
use labserve_core::test_rng::TestRng;
use std::path::Path;

const SECRET: &str = "SECRET, not to be served";

/// The parts of the attacks, together with harmless parts of paths.
const PIECES: &[&str] = &[
    "\\",
    "%5c",
    "%5C",
    "/",
    "//",
    "/",
    "%2f",
    "/.\\",
    "\\..\\",
    "..%5c",
    "..\\",
    "../",
    "%2e%2e%5c",
    "..",
    "..%20",
    ".. ",
    "...",
    "....",
    ".%20.",
    "..;",
    ".",
    "%2e",
    "%20",
    "%09",
    "c:",
    "C%3a",
    "c:\\",
    "c:/",
    "/c:/",
    "c%3a%5c",
    "z:",
    "%3a",
    "::$DATA",
    "%3a%3a$DATA",
    "::$INDEX_ALLOCATION",
    ":$I30:$INDEX_ALLOCATION",
    ":hidden",
    ":",
    "\\\\?\\",
    "%5c%5c%3f%5c",
    "\\\\.\\",
    "//?/",
    "//./",
    "\\??\\",
    "\\\\?\\UNC\\",
    "\\\\127.0.0.1\\c$\\",
    "//127.0.0.1/c$/",
    "\\\\.\\pipe\\",
    "GLOBALROOT",
    "NUL",
    "nul.txt",
    "CON",
    "con%20.x",
    "CONIN$",
    "CONOUT$",
    "PRN",
    "AUX",
    "aux.h",
    "COM1",
    "com9.txt",
    "COM0",
    "com%C2%B9",
    "LPT1",
    "lpt%C2%B3.x",
    "CLOCK$",
    "SECRET~1.TXT",
    "SECRET~1",
    "INDEX~1.HTM",
    "HIDDEN~1",
    "WEB~1.CON",
    "SUB~1",
    "~",
    "~1",
    "secret.txt",
    "SECRET.TXT",
    "secret.txt.",
    "secret.txt%20",
    "site",
    "SITE",
    "sub",
    "SUB",
    "sub.",
    "sub%20",
    "index.html",
    "INDEX.HTML",
    "index.html.",
    "index.html%20",
    "a.txt",
    "web.config",
    "Web.Config.",
    ".hidden",
    ".hidden.",
    "%EF%BC%BC",
    "%EF%BC%8F",
    "%E2%88%95",
    "%C0%AF",
    "%c1%9c",
    "%uff3c",
    "%00",
    "%3f",
    "*",
    "%2a",
    "?",
    "#",
    "\"",
    "<",
    ">",
    "|",
];

/// The target with this number: up to eight parts.
fn target(number: u64) -> String {
    let mut rng = TestRng::new((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let count = 1 + rng.below(8);
    std::iter::once("/")
        .chain((0..count).map(|_| PIECES[rng.below(PIECES.len())]))
        .collect()
}

/// How Windows reads a path that is appended to a directory, name by name (RtlDosPathNameToNtPathName_U). `None` if it
/// is outside the directory or does not name a file of the file system.
fn as_windows_reads(path: &str) -> Option<Vec<String>> {
    if path.starts_with(['/', '\\']) || path.contains(':') {
        return None;
    }
    let mut names = Vec::new();
    for name in path.split(['/', '\\']) {
        match name.trim_end_matches(['.', ' ']) {
            "" if name == ".." => drop(names.pop()?),
            "" => {}
            name => names.push(name.to_owned()),
        }
    }
    let devices = "CON PRN AUX NUL CONIN$ CONOUT$ CLOCK$ COM0 COM1 COM2 COM3 COM4 COM5 COM6 COM7 COM8 COM9 COM¹ COM² COM³ \
                   LPT0 LPT1 LPT2 LPT3 LPT4 LPT5 LPT6 LPT7 LPT8 LPT9 LPT¹ LPT² LPT³";
    let is_device = |name: &String| {
        let stem = name.split('.').next().unwrap_or_default().trim_end();
        devices
            .split_whitespace()
            .any(|device| device.eq_ignore_ascii_case(stem))
    };
    (!names.iter().any(is_device)).then_some(names)
}

/// A root with a secret file next to it, and with files that have the attacks as names, where the system allows that.
fn site() -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| std::fs::write(place.path().join(path), text);
    std::fs::create_dir_all(place.path().join("site/sub")).expect("directories");
    for (path, text) in [
        ("secret.txt", SECRET),
        ("site/index.html", "index"),
        ("site/a.txt", "a"),
        ("site/sub/a.txt", "a"),
    ] {
        write(path, text).expect(path);
    }
    for name in [
        "NUL",
        "nul.txt",
        "CON",
        "con .x",
        "COM1",
        "com¹",
        "LPT1",
        "aux.h",
        "CONIN$",
        "index.html.",
        "index.html ",
        "sub/..\\",
        "secret.txt.",
        "secret.txt ",
        "c:",
        "c:\\",
        "a.txt::$DATA",
        "index.html::$DATA",
        "..\\secret.txt",
        "\\secret.txt",
        "\\\\?\\",
        "\\",
        "sub\\a.txt",
        "...",
        "....",
        ".. ",
        "a.txt:hidden",
        "a*",
        "a\"",
        "a<",
        "a>",
        "a|",
    ] {
        // Windows refuses these names, or removes their last characters.
        let made = if cfg!(windows) {
            Ok(())
        } else {
            write(&format!("site/{name}"), SECRET)
        };
        made.expect(name);
    }
    place
}

fn text(resource: &Resource) -> Vec<u8> {
    match &resource.content {
        Content::Bytes(bytes) => bytes.to_vec(),
        Content::Static(bytes) => bytes.to_vec(),
        Content::File(file) => {
            let mut buffer = vec![0; 1024];
            let read = crate::sys::read_at(file, &mut buffer, 0).expect("a readable file");
            buffer.truncate(read);
            buffer
        }
    }
}

fn root(place: &Path) -> Root {
    let directory = Directory::open(&place.join("site"), false).expect("the root");
    Root::Directory(directory.with_rules(NameRules::Windows))
}

#[test]
fn no_target_reaches_what_windows_would_read_in_it() {
    let place = site();
    let root = root(place.path());
    let (mut served, mut read) = (0, 0);
    let profiles: Vec<Profile> = builtin::names().map(|name| layers::load(name).expect(name)).collect();
    for profile in &profiles {
        let mut cache = Cache::new(Limits::default());
        for number in 0..2_000 {
            let target = target(number);
            let Ok(located) = locate(target.as_bytes(), &profile.target, &profile.files, root.names()) else {
                continue;
            };
            if NameRules::Windows.accepts(&located.path) {
                let path = String::from_utf8_lossy(&located.path);
                let names: Vec<String> = path.split('/').filter(|n| !n.is_empty()).map(String::from).collect();
                assert_eq!(as_windows_reads(&path), Some(names), "{target} under {}", profile.name);
                read += 1;
            }
            if let Some(resource) = root.find(&located, profile, &[], &mut cache).resource {
                assert_ne!(text(&resource), SECRET.as_bytes(), "{target} under {}", profile.name);
                served += 1;
            }
        }
    }
    // Some targets are harmless. If no target reached a file, the test would prove nothing.
    assert!(served > 50 && read > 1_000, "{served} served, {read} read");
}

#[test]
fn a_file_is_served_by_the_name_that_its_directory_lists() {
    let place = site();
    let root = root(place.path());
    // The first profile that ignores the case of names, and the first that does not.
    let profile_for = |ignore_case: bool| {
        let mut profiles = builtin::names().map(|name| layers::load(name).expect(name));
        profiles
            .find(|profile| profile.files.ignore_case == ignore_case)
            .expect("a built-in profile")
    };
    for (ignore_case, path, want) in [
        (false, "index.html", true),
        (false, "INDEX.HTML", false),
        (true, "INDEX.HTML", true),
        (true, "Sub/A.TXT", true),
        (false, "Sub/a.txt", false),
        (true, "index.html.", false),
        (true, "NUL", false),
        (true, "INDEX~1.HTM", false),
    ] {
        let profile = profile_for(ignore_case);
        let located = locate(format!("/{path}").as_bytes(), &profile.target, &profile.files, &[]).expect(path);
        let found = root
            .find(&located, &profile, &[], &mut Cache::new(Limits::default()))
            .found;
        assert_eq!(matches!(found, Found::File(_)), want, "{path}: {found:?}");
    }
}

#[test]
fn causes_of_absence_are_those_of_unix() {
    let place = site();
    let root = root(place.path());
    let profile = layers::load("rfc").expect("the profile");
    let long = "a".repeat(256);
    for (path, want) in [
        ("nope", "Missing"),
        ("nope/a", "Missing"),
        ("nul", "Missing"),
        ("a.txt/b", "PathAfterFile"),
        ("sub/a.txt/b/c", "PathAfterFile"),
        (&long, "TooLong"),
        (&format!("sub/{long}/a"), "TooLong"),
        (&format!("nope/{long}"), "Missing"),
        (&["a"; 2_048].join("/"), "TooLong"),
        ("sub", "Directory"),
    ] {
        let located = Located {
            path: path.as_bytes().to_vec(),
            trailing_slash: false,
            hidden_slash: false,
            form: Form::Other,
        };
        let found = root
            .find(&located, &profile, &[], &mut Cache::new(Limits::default()))
            .found;
        assert_eq!(format!("{found:?}"), want, "{path}");
    }
}
