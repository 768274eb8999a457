//! The rules of the house that a machine can check.

use std::path::{Path, PathBuf};

/// Every file of Rust code below `dir`.
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

/// The modules that are there for tests alone, and have files of their own.
fn modules_of_tests(files: &[PathBuf]) -> Vec<String> {
    let mut names = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(path).expect("a source file");
        for behind in text.split("#[cfg(test)]\n").skip(1) {
            let line = behind.lines().next().unwrap_or_default();
            let name = line.strip_suffix(';').and_then(|line| line.rsplit_once("mod "));
            names.extend(name.map(|(_, name)| name.to_owned()));
        }
    }
    names
}

/// A server's behaviour is data: outside the profiles, only tests and the list of built-in profiles may name one.
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
    let mut files = Vec::new();
    code_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 30, "the sources were not found");
    let tests = modules_of_tests(&files);
    for path in files {
        if path.iter().any(|part| {
            tests
                .iter()
                .any(|name| Path::new(part).file_stem() == Some(name.as_ref()))
        }) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default().to_lowercase();
            if code.starts_with("builtin! {") {
                continue;
            }
            for word in code.split(|c: char| !(c.is_alphanumeric() || c == '.')) {
                assert!(
                    !names.contains(&word),
                    "{}:{} names a server: {line}",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}

/// Only `src/sys/` may hold unsafe code, and each block says why it is sound.
#[test]
fn unsafe_code_stays_in_one_room() {
    let mut files = Vec::new();
    code_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let in_sys = path.components().any(|part| part.as_os_str() == "sys");
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            if line.contains("unsafe {") || line.contains("unsafe fn") {
                assert!(in_sys, "{}:{} is unsafe", path.display(), number + 1);
                let reason = lines[number.saturating_sub(3)..number]
                    .iter()
                    .any(|l| l.contains("// SAFETY:"));
                assert!(reason, "{}:{} gives no reason", path.display(), number + 1);
            }
        }
    }
}
