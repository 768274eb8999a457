//! The rules of `ARCHITECTURE.md` that can be checked: the dependencies of crates and modules, where unsafe code may be, and
//! that no code names a server.

mod dependencies;
mod modules;

use std::path::{Path, PathBuf};

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
            code_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
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
            // Names of profiles such as `node` are also ordinary words. If one is a complete string literal, it is a
            // name.
            let names_profile = profiles.iter().any(|name| code.contains(&format!("\"{name}\"")));
            assert!(
                !names_profile && !words.any(|word| names.contains(&word)),
                "{}:{number} names a server: {line}",
                path.display(),
            );
        }
    }
}

/// A longer file deals with more than one thing.
#[test]
fn no_file_has_more_than_400_lines() {
    let lines = |file: &PathBuf| std::fs::read_to_string(file).expect("a file").lines().count();
    let long: Vec<_> = { code_files().into_iter() }.filter(|file| lines(file) > 400).collect();
    assert!(long.is_empty(), "split these: {long:?}");
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

/// The core crate uses no files, sockets, clocks, threads or random numbers. `crates/core/clippy.toml` forbids single
/// functions; this test forbids whole modules.
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

/// The cases and the probe site are part of the package `labserve-probe`: it includes no files from outside its
/// directory.
#[test]
fn the_probe_holds_what_it_includes() {
    let package = root().join("crates/probe");
    let mut files = Vec::new();
    code_below(&package.join("src"), &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let directory = path.parent().expect("a directory");
        for literal in text.split('"').filter(|literal| literal.starts_with("../")) {
            let included = directory.join(literal.trim_end_matches('/'));
            let included = included
                .canonicalize()
                .unwrap_or_else(|e| panic!("{}: {e}", included.display()));
            assert!(included.starts_with(&package), "{} includes {literal}", path.display());
        }
    }
}
