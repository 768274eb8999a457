//! Uses between the modules of a crate.

use super::{code_files, code_lines, packages};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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
