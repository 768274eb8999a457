//! The tables of `profiles/README.md`, generated from the code that they describe, and a test that they are up to date.
//!
//! Keys come from the sources of [`super::raw`] and of the policies that it contains: the meaning of a key is its doc
//! comment, its values are those of its type, and its default is that of `Default`. Faults, reasons, placeholders and
//! filters come from their `ALL` constants. `LABSERVE_BLESS=1 cargo test -p labserve-core reference` writes the tables and
//! keeps the prose around them.

#![allow(
    clippy::disallowed_methods,
    reason = "a test that reads the sources and writes the documentation"
)]

mod keys;
mod shapes;

use super::raw::Raw;
use super::resolve::general_case;
use super::template::{Filter, Placeholder};
use crate::close_reason::{CloseReason, Who};
use crate::http1::{Fault, HeadPolicy, Treatment};
use crate::locale::Lang;
use crate::profile::layers::Layer;
use keys::{INFALLIBLE, cell, keys, rows, table};
use shapes::{SOURCES, shapes};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The tables, by their names in the README.
fn tables() -> [(&'static str, String); 6] {
    let defaults = toml::Table::try_from(Raw::default()).expect("the defaults should be TOML");
    let shapes = shapes();
    [
        ("keys", keys(&shapes, &defaults)),
        ("timer", table(&shapes, "RawTimer", "", None)),
        ("faults", faults()),
        ("reasons", reasons()),
        ("placeholders", placeholders()),
        (
            "filters",
            rows(
                "filter | value",
                Filter::ALL.iter().map(|(_, name, doc)| format!("`{name}` | {doc}")),
            ),
        ),
    ]
}

fn faults() -> String {
    let policy = default_head_policy();
    let accepted = what_accepting_means();
    rows(
        "fault | default | what is wrong | what `\"accept\"` means",
        Fault::ALL.iter().map(|fault| {
            let default = match (general_case(*fault), policy.faults.of(*fault)) {
                (Some(general), _) => format!("as `{general}`"),
                (None, Treatment::Accept) => "`\"accept\"`".to_owned(),
                (None, Treatment::Drop) => "`\"drop\"`".to_owned(),
                (None, Treatment::Ignore) => "`\"ignore\"`".to_owned(),
                (None, Treatment::Stop) => "`\"stop\"`".to_owned(),
                (None, Treatment::Close) => "`\"close\"`".to_owned(),
                (None, Treatment::Respond(_)) => "`400`".to_owned(),
            };
            let accepted = accepted.get(fault.key()).map_or("", String::as_str);
            format!(
                "`{fault}` | {default} | {} | {}",
                cell(fault.text(Lang::En)),
                cell(accepted)
            )
        }),
    )
}

/// The comments of the variants of [`Fault`], by their keys.
fn what_accepting_means() -> BTreeMap<String, String> {
    let mut comments = BTreeMap::new();
    let mut comment = String::new();
    for line in include_str!("../../http1/fault.rs").lines() {
        let text = line.trim();
        if let Some(words) = text.strip_prefix("/// ") {
            comment = words.to_owned();
        } else if let Some((_, key)) = text.strip_suffix("\",").and_then(|text| text.split_once(" = \"")) {
            comments.insert(key.to_owned(), std::mem::take(&mut comment));
        } else {
            comment.clear();
        }
    }
    comments
}

/// The policy of a profile without a table of faults.
fn default_head_policy() -> HeadPolicy {
    let mut text = String::new();
    for status in [200, 206, 301, 304, 400, 403, 404, 405, 412, 416] {
        writeln!(text, "[response.{status}]").expect(INFALLIBLE);
    }
    let raw: Raw = toml::from_str(&text).expect("a profile of nothing but responses");
    super::resolve::resolve("defaults", &raw)
        .expect("a profile of defaults")
        .head
}

fn reasons() -> String {
    rows(
        "reason | who closes | when",
        CloseReason::ALL.iter().map(|reason| {
            let who = match reason.who() {
                Who::Server => "server",
                Who::Client => "client",
            };
            format!("`{}` | {who} | {}", reason.key(), cell(reason.text(Lang::En)))
        }),
    )
}

fn placeholders() -> String {
    rows(
        "placeholder | stands for",
        Placeholder::ALL
            .iter()
            .map(|(_, name, doc)| format!("`{{{name}}}` | {}", cell(doc))),
    )
}

/// The README with new tables. Each table is between `<!-- begin NAME -->` and `<!-- end NAME -->`.
fn renewed(readme: &str) -> String {
    let mut out = readme.to_owned();
    for (name, table) in tables() {
        let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
        let start = out.find(&begin).unwrap_or_else(|| panic!("no {begin:?} in the README")) + begin.len();
        let length = out[start..]
            .find(&end)
            .unwrap_or_else(|| panic!("no {end:?} in the README"));
        out.replace_range(start..start + length, &format!("\n{table}\n"));
    }
    out
}

#[test]
fn the_readme_lists_every_key_fault_reason_placeholder_and_filter() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/README.md");
    let readme = std::fs::read_to_string(path).expect("profiles/README.md");
    let want = renewed(&readme);
    if std::env::var_os("LABSERVE_BLESS").is_some() {
        return std::fs::write(path, want).expect("profiles/README.md should be writable");
    }
    let differing = readme.lines().zip(want.lines()).find(|(is, should)| is != should);
    let advice = "update its tables with: LABSERVE_BLESS=1 cargo test -p labserve-core reference";
    assert!(
        readme == want,
        "profiles/README.md is out of date; {advice}\n{differing:#?}"
    );
}

/// A table that is added to [`super::raw`] must be added to the sources.
#[test]
fn every_file_of_raw_is_a_source() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/profile/raw");
    for file in std::fs::read_dir(directory).expect(directory).flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a source file");
        assert!(SOURCES.contains(&text.as_str()), "{:?} is not a source", file.path());
    }
}

/// Every key that a printed profile can contain is listed.
#[test]
fn no_key_is_left_out() {
    let keys = keys(&shapes(), &toml::Table::try_from(Raw::default()).expect("TOML"));
    let mut missing = Vec::new();
    let mut check = |table: &toml::Table, outer: &str| {
        for (key, value) in table {
            let listed = keys.contains(&format!("`{key}`")) || keys.contains(&format!("`{key}[]`"));
            let section = keys.contains(&format!("[{key}]")) || keys.contains(&format!("[{key}.NAME]"));
            if !(listed || value.is_table() && section) {
                missing.push(format!("{outer}{key}"));
            }
        }
    };
    let whole = toml::Table::try_from(Raw::default()).expect("TOML");
    check(&whole, "");
    for (name, value) in &whole {
        if let Some(table) = value.as_table() {
            check(table, &format!("{name}."));
        }
    }
    assert_eq!(missing, [""; 0]);
}

/// The parser accepts every key that is listed with a default, with that default.
#[test]
fn every_key_that_is_listed_exists() {
    let keys = keys(&shapes(), &toml::Table::try_from(Raw::default()).expect("TOML"));
    let mut section = String::new();
    let mut seen = 0;
    for line in keys.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            section = heading
                .trim_matches('`')
                .trim_matches(['[', ']'])
                .replace("NAME", "200");
        }
        let mut cells = line.strip_prefix("| `").unwrap_or_default().splitn(2, "` |");
        let (Some(key), Some(rest)) = (cells.next().filter(|k| !k.is_empty()), cells.next()) else {
            continue;
        };
        let default = rest.split(" | ").nth(1).unwrap_or_default().trim().trim_matches('`');
        if default.is_empty() || key.contains("[]") {
            continue;
        }
        let header = if section == "At the top" {
            String::new()
        } else {
            format!("[{section}]\n")
        };
        let text = format!("{header}{key} = {default}\n");
        Layer::parse("README", &text).unwrap_or_else(|why| panic!("{text}: {why}"));
        seen += 1;
    }
    assert!(seen > 100, "only {seen} keys with a default");
}
