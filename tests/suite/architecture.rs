//! The rules of `ARCHITECTURE.md` that can be checked: the dependencies of crates and modules, where unsafe code may be, and
//! that no code names a server.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The dependencies that each package may have, on all systems together. Tests and benches may use more.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    (
        "labserve",
        &[
            "clap",
            "indicatif",
            "labserve-capture",
            "labserve-core",
            "labserve-server",
            "labserve-timeline",
            "rustix",
            "serde",
            "serde_json",
            "tokio",
            "toml",
            "tracing",
            "tracing-subscriber",
            "windows-sys",
        ],
    ),
    (
        "labserve-capture",
        &[
            "etherparse",
            "flate2",
            "httparse",
            "labserve-core",
            "maud",
            "memchr",
            "pcap-parser",
            "serde",
            "serde_json",
        ],
    ),
    (
        "labserve-core",
        &[
            "http",
            "memchr",
            "mime_guess",
            "serde",
            "strsim",
            "toml",
            "unicode-normalization",
        ],
    ),
    (
        "labserve-server",
        &[
            "bytes",
            "http-body-util",
            "hyper",
            "hyper-util",
            "labserve-core",
            "libc",
            "memchr",
            "serde",
            "serde_json",
            "socket2",
            "tokio",
            "tracing",
            "windows-sys",
        ],
    ),
    (
        "labserve-timeline",
        &[
            "axum",
            "bytes",
            "getrandom",
            "http",
            "http-body-util",
            "hyper",
            "hyper-util",
            "labserve-core",
            "labserve-server",
            "memchr",
            "serde_json",
            "tokio",
            "tokio-stream",
            "toml",
            "tower-http",
            "tracing",
        ],
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The source directory of each package, by the package's name.
fn packages() -> Vec<(String, PathBuf)> {
    let crates = std::fs::read_dir(root().join("crates")).expect("the crates").flatten();
    let mut all: Vec<(String, PathBuf)> = crates
        .map(|entry| {
            let name = format!("labserve-{}", entry.file_name().display());
            (name, entry.path().join("src"))
        })
        .collect();
    all.push(("labserve".to_owned(), root().join("src")));
    all.sort();
    all
}

/// Every Rust source file of the program, without test modules.
fn code_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for (_, sources) in packages() {
        code_below(&sources, &mut files);
    }
    assert!(files.len() > 200, "the sources were not found");
    let tests = modules_of_tests(&files);
    files.retain(|path| {
        let below = path.strip_prefix(root()).expect("a path below the root");
        !below.iter().any(|part| {
            tests
                .iter()
                .any(|name| Path::new(part).file_stem() == Some(name.as_ref()))
        })
    });
    files
}

/// The lines of a file without its tests and comments, each with its number.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
}

/// Adds every Rust source file below `dir` to `found`.
fn code_below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            code_below(&path, found)
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path)
        }
    }
}

/// The names of modules that are compiled only for tests and have their own files.
fn modules_of_tests(files: &[PathBuf]) -> Vec<String> {
    let mut names = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(path).expect("a source file");
        let code = text.replace("#[cfg(any(test, feature = \"test-support\"))]\n", "#[cfg(test)]\n");
        for after in code.split("#[cfg(test)]\n").skip(1) {
            let line = after.lines().next().unwrap_or_default();
            let name = line.strip_suffix(';').and_then(|line| line.rsplit_once("mod "));
            names.extend(name.map(|(_, name)| name.to_owned()));
        }
    }
    names
}

/// The names of the built-in profiles.
fn profile_names() -> Vec<String> {
    let files = std::fs::read_dir(root().join("profiles"))
        .expect("the profiles")
        .flatten();
    let names: Vec<String> = files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    assert!(names.len() > 10, "the profiles were not found");
    names
}

/// A server's behaviour is data. Outside the profiles, only tests and the list of built-in profiles may name a server or a
/// profile.
#[test]
fn no_rust_code_names_a_server() {
    let names = [
        "nginx",
        "express",
        "werkzeug",
        "flask",
        "django",
        "apache",
        "iis",
        "microsoft",
        "node.js",
        "phpnow",
    ];
    let list = root().join("crates/core/src/profile/builtin.rs");
    let profiles = profile_names();
    for path in code_files().into_iter().filter(|path| *path != list) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        for (number, line) in code_lines(&text) {
            let code = line.to_lowercase();
            let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '.'));
            // Names of profiles such as `node` are also ordinary words. As a whole literal they are names.
            let names_profile = profiles.iter().any(|name| code.contains(&format!("\"{name}\"")));
            assert!(
                !names_profile && !words.any(|word| names.contains(&word)),
                "{}:{number} names a server: {line}",
                path.display(),
            );
        }
    }
}

/// Only the server crate's `sys/` may contain unsafe code, and each block has a comment that says why it is sound.
#[test]
fn unsafe_code_stays_in_sys() {
    let sys = root().join("crates/server/src/sys");
    let mut files = Vec::new();
    for (_, sources) in packages() {
        code_below(&sources, &mut files);
    }
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            if line.contains("unsafe {") || line.contains("unsafe fn") {
                assert!(path.starts_with(&sys), "{}:{} is unsafe", path.display(), number + 1);
                let reason = lines[number.saturating_sub(3)..number]
                    .iter()
                    .any(|l| l.contains("// SAFETY:"));
                assert!(reason, "{}:{} gives no reason", path.display(), number + 1);
            }
        }
    }
}

/// Dependencies bound what a crate can know.
#[test]
fn each_crate_has_the_listed_dependencies() {
    let listed: BTreeMap<&str, BTreeSet<&str>> = DEPENDENCIES
        .iter()
        .map(|(package, dependencies)| (*package, dependencies.iter().copied().collect()))
        .collect();
    let done = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo can be run");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let found: BTreeMap<&str, BTreeSet<&str>> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
            let names = normal.filter_map(|dependency| dependency["name"].as_str());
            (package["name"].as_str().expect("a name"), names.collect())
        })
        .collect();
    assert_eq!(found, listed);
}

/// A test of another crate that runs a server pays for the server alone: for less than half of what the program needs.
#[test]
fn a_server_in_a_test_brings_few_packages() {
    let packages = |features: &[&str]| {
        let done = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--offline",
                "--package",
                "labserve",
                "--edges",
                "normal",
                "--prefix",
                "none",
            ])
            .args(features)
            .current_dir(root())
            .output()
            .expect("cargo can be run");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let lines = String::from_utf8_lossy(&done.stdout).into_owned();
        lines
            .lines()
            .map(|line| line.trim_end_matches(" (*)").to_owned())
            .collect::<BTreeSet<String>>()
    };
    let (server, program) = (packages(&["--no-default-features"]), packages(&[]));
    assert!(
        server.len() * 2 < program.len(),
        "{} of {}: {server:?}",
        server.len(),
        program.len()
    );
    for name in [
        "axum",
        "clap",
        "etherparse",
        "flate2",
        "indicatif",
        "maud",
        "pcap-parser",
        "tracing-subscriber",
    ] {
        let with_version = format!("{name} v");
        assert!(!server.iter().any(|line| line.starts_with(&with_version)), "{name}");
    }
}

/// What would let core read a file, a socket, a clock or a random number. `crates/core/clippy.toml` forbids the functions;
/// this forbids whole modules.
#[test]
fn core_does_no_io() {
    let core = root().join("crates/core/src");
    let forbidden = [
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "std::os",
        "std::process",
        "std::thread",
        "thread_local!",
        "Instant",
        "SystemTime",
        "RandomState",
    ];
    for path in code_files().iter().filter(|path| path.starts_with(&core)) {
        let text = std::fs::read_to_string(path).expect("a source file");
        for (number, line) in code_lines(&text) {
            for name in forbidden {
                assert!(!line.contains(name), "{}:{number} uses {name}", path.display());
            }
        }
    }
}

/// The names in `text` that follow `prefix`: `a` for `crate::a::b`, `a` and `b` for `crate::{a, b::c}`.
fn named_after<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let first = |text: &'t str| text.split(|c| !is_name(c)).next().unwrap_or_default();
    let mut names = Vec::new();
    for after in text.split(prefix).skip(1) {
        let Some(list) = after.strip_prefix('{') else {
            names.push(first(after));
            continue;
        };
        let (mut depth, mut from) = (1, 0);
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || depth == 1 && c == ',' {
                names.push(first(list[from..at].trim_start()));
                from = at + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

/// For each top-level module of a crate, the top-level modules that it uses.
fn uses(sources: &Path, files: &[PathBuf]) -> BTreeMap<String, BTreeSet<String>> {
    let module = |below: &Path| {
        let first = below.iter().next().expect("a name");
        let stem = Path::new(first).file_stem().expect("a name");
        stem.to_string_lossy().into_owned()
    };
    let below: Vec<(&Path, &Path)> = files
        .iter()
        .filter_map(|path| Some((path.as_path(), path.strip_prefix(sources).ok()?)))
        .filter(|(_, below)| !matches!(below.to_str(), Some("lib.rs" | "main.rs")))
        .collect();
    let modules: BTreeSet<String> = below.iter().map(|(_, below)| module(below)).collect();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, below) in below {
        let text = std::fs::read_to_string(path).expect("a source file");
        let code: String = code_lines(&text)
            .flat_map(|(_, line)| [line.trim_end(), "\n"])
            .collect();
        let mut names = named_after(&code, "crate::");
        // In the file of a top-level module, `super` is the crate.
        if below.iter().count() == 1 || below.ends_with("mod.rs") && below.iter().count() == 2 {
            names.extend(named_after(&code, "super::"));
        }
        let mine = module(below);
        let others = names
            .into_iter()
            .filter(|name| *name != mine && modules.contains(*name))
            .map(str::to_owned);
        uses.entry(mine.clone()).or_default().extend(others);
    }
    uses
}

/// A path of uses from `module` back to itself, if there is one.
fn cycle(module: &str, uses: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut paths = vec![vec![module.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop() {
        for next in uses.get(path.last()?).into_iter().flatten() {
            let mut longer = path.clone();
            longer.push(next.clone());
            if next == module {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                paths.push(longer);
            }
        }
    }
    None
}

/// The top-level modules of a crate have no cyclic uses, so that each can be understood with only those below it.
#[test]
fn modules_have_no_cyclic_uses() {
    let files = code_files();
    for (package, sources) in packages() {
        let uses = uses(&sources, &files);
        for module in uses.keys() {
            if let Some(path) = cycle(module, &uses) {
                panic!("{package}: {}", path.join(" -> "));
            }
        }
    }
}

#[test]
fn names_are_read_from_use_lines() {
    let code = "use crate::a::b;\nuse crate::{c, d::{e, f}, g};\nlet x = crate::h(1);";
    assert_eq!(named_after(code, "crate::"), ["a", "c", "d", "g", "h"]);
}

#[test]
fn a_cycle_is_found() {
    let of = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs
            .iter()
            .map(|(name, uses)| ((*name).to_owned(), owned(uses)))
            .collect()
    };
    let tree = of(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]);
    assert_eq!(cycle("a", &tree), None);
    let ring = of(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])]);
    assert_eq!(cycle("b", &ring), Some(["b", "c", "a", "b"].map(String::from).to_vec()));
}
