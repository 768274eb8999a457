//! The tables of `profiles/README.md`, made from the code that they describe, and the test that they are up to date.
//!
//! Keys come from the sources of [`super::raw`] and of the policies that it holds: a key's meaning is its doc comment, its
//! values are its type's, its default is what `Default` says. Faults, reasons, placeholders and filters come from their
//! `ALL` constants. `LABSERVE_BLESS=1 cargo test -p labserve-core reference` writes the tables anew; the prose around them stays.

#![allow(
    clippy::disallowed_methods,
    reason = "a test that reads the sources and writes the documentation"
)]

use super::raw::Raw;
use super::resolve::general_case;
use super::template::{Filter, Placeholder};
use crate::close_reason::{CloseReason, Who};
use crate::http1::{Fault, HeadPolicy, Treatment};
use crate::locale::Lang;
use crate::profile::layers::Layer;
use std::collections::BTreeMap;
use std::fmt::Write;

const SOURCES: &[&str] = &[
    include_str!("raw/mod.rs"),
    include_str!("raw/connection.rs"),
    include_str!("raw/close.rs"),
    include_str!("raw/files.rs"),
    include_str!("raw/head.rs"),
    include_str!("raw/multipart.rs"),
    include_str!("raw/padding.rs"),
    include_str!("raw/request_body.rs"),
    include_str!("raw/response.rs"),
    include_str!("raw/target.rs"),
    include_str!("raw/timers.rs"),
    include_str!("raw/types.rs"),
    include_str!("raw/writes.rs"),
    include_str!("units.rs"),
    include_str!("../http1/range/policy.rs"),
    include_str!("../http1/precondition/policy.rs"),
    include_str!("../http1/date.rs"),
    include_str!("../http1/etag.rs"),
    include_str!("../http1/field.rs"),
    include_str!("../http1/host.rs"),
    include_str!("../http1/head/policy.rs"),
    include_str!("../http1/framing.rs"),
];

/// A struct or an enum: its members, in order.
struct Shape {
    members: Vec<Member>,
    is_enum: bool,
}

struct Member {
    /// The key, or the value, as a profile writes it.
    name: String,
    doc: String,
    /// The type of a field; nothing for a variant.
    kind: String,
}

/// Every struct with named fields and every enum of the sources that a profile is read into.
fn shapes() -> BTreeMap<String, Shape> {
    let mut shapes = BTreeMap::new();
    for source in SOURCES {
        let (mut doc, mut rename, mut is_read) = (String::new(), None, false);
        let mut open: Option<(String, Shape)> = None;
        for line in source.lines() {
            let text = line.trim();
            if let Some(words) = text.strip_prefix("///") {
                doc += words;
                continue;
            }
            if let Some((_, name)) = text.split_once("rename = \"") {
                rename = name.split('"').next().map(str::to_owned);
            }
            if text.starts_with("#[") {
                is_read |= text.starts_with("#[derive(") && text.contains("Deserialize");
                continue;
            }
            let said = std::mem::take(&mut doc).trim().to_owned();
            let renamed = rename.take();
            let is_read = std::mem::take(&mut is_read);
            if let Some((_, shape)) = &mut open {
                if line == "}" {
                    shapes.extend(open.take());
                } else if let Some((name, kind)) = text.strip_prefix("pub ").and_then(|f| f.split_once(": ")) {
                    shape.members.push(Member {
                        name: renamed.unwrap_or_else(|| name.to_owned()),
                        doc: said,
                        kind: kind.trim_end_matches(',').to_owned(),
                    });
                } else if let Some(variant) = text.strip_suffix(',').filter(|_| shape.is_enum) {
                    shape.members.push(Member {
                        name: renamed.unwrap_or_else(|| kebab(variant)),
                        doc: said,
                        kind: String::new(),
                    });
                }
            } else if let Some((is_enum, name)) = opening(line).filter(|_| is_read) {
                let shape = Shape {
                    members: Vec::new(),
                    is_enum,
                };
                open = Some((name.to_owned(), shape));
            }
        }
    }
    shapes
}

/// The name of a struct or an enum that begins in this line, and whether it is an enum.
fn opening(line: &str) -> Option<(bool, &str)> {
    let name = |text: &'static str| line.strip_prefix(text)?.strip_suffix(" {");
    name("pub enum ")
        .map(|n| (true, n))
        .or(name("pub struct ").map(|n| (false, n)))
}

/// As serde's `kebab-case`.
fn kebab(variant: &str) -> String {
    let mut out = String::new();
    for c in variant.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The tables, by the name of their place in the README.
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
                "filter | makes of a value",
                Filter::ALL.iter().map(|(_, name, doc)| format!("`{name}` | {doc}")),
            ),
        ),
    ]
}

fn rows(head: &str, rows: impl Iterator<Item = String>) -> String {
    let mut out = format!("| {head} |\n|{}\n", "---|".repeat(head.matches('|').count() + 1));
    for row in rows {
        writeln!(out, "| {row} |").expect(INFALLIBLE);
    }
    out
}

/// A section for each table of a profile, with its keys.
fn keys(shapes: &BTreeMap<String, Shape>, defaults: &toml::Table) -> String {
    let mut out = String::from("### At the top\n\n") + &rows(KEYS, std::iter::empty());
    let mut sections = String::new();
    for member in &shapes["Raw"].members {
        let (name, inner) = (&member.name, innermost(&member.kind));
        let heading = match member.kind.starts_with("BTreeMap") {
            true => format!("{name}.NAME"),
            false => name.clone(),
        };
        if shapes.get(inner).is_some_and(|shape| !shape.is_enum) && !member.kind.starts_with("Option") {
            let doc = &member.doc;
            let below = defaults.get(name).and_then(toml::Value::as_table);
            write!(
                sections,
                "\n### `[{heading}]`\n\n{doc}\n\n{}",
                table(shapes, inner, "", below)
            )
            .expect(INFALLIBLE);
        } else if member.kind.starts_with("BTreeMap") {
            write!(sections, "\n### `[{name}]`\n\n{} See [below](#{name}).\n", member.doc).expect(INFALLIBLE);
        } else {
            out += &row(shapes, member, "", Some(defaults), &mut Vec::new());
        }
    }
    out + &sections
}

const KEYS: &str = "key | values | default | meaning";

fn table(shapes: &BTreeMap<String, Shape>, name: &str, prefix: &str, defaults: Option<&toml::Table>) -> String {
    rows(KEYS, std::iter::empty()) + &table_rows(shapes, name, prefix, defaults, &mut Vec::new())
}

/// The rows of a struct's keys. What the values of an enum mean is said where it comes first: `explained` holds those
/// that have been.
fn table_rows<'s>(
    shapes: &'s BTreeMap<String, Shape>,
    name: &str,
    prefix: &str,
    defaults: Option<&toml::Table>,
    explained: &mut Vec<&'s str>,
) -> String {
    let mut out = String::new();
    // A map that is written without a table of its own (`by_reason`) has a section of its own in the README.
    for member in shapes[name]
        .members
        .iter()
        .filter(|m| !m.kind.starts_with("BTreeMap<String, CloseStyle>"))
    {
        let inner = innermost(&member.kind);
        match shapes.get(inner) {
            Some(shape) if !shape.is_enum => {
                // A table in a table: its keys follow its own row.
                let list = if member.kind.starts_with("Vec") { "[]" } else { "" };
                let name = format!("{prefix}{}{list}", member.name);
                writeln!(out, "| `{name}` | table |  | {} |", cell(&member.doc)).expect(INFALLIBLE);
                let below = defaults
                    .and_then(|d| d.get(&member.name))
                    .and_then(toml::Value::as_table);
                out += &table_rows(shapes, inner, &(name + "."), below, explained);
            }
            _ => out += &row(shapes, member, prefix, defaults, explained),
        }
    }
    out
}

fn row<'s>(
    shapes: &'s BTreeMap<String, Shape>,
    member: &Member,
    prefix: &str,
    defaults: Option<&toml::Table>,
    explained: &mut Vec<&'s str>,
) -> String {
    let default = defaults
        .and_then(|d| d.get(&member.name))
        .map_or_else(String::new, default);
    let mut meaning = cell(&member.doc);
    if let Some((kind, shape)) = shapes.get_key_value(innermost(&member.kind)).filter(|(_, s)| s.is_enum)
        && !explained.contains(&kind.as_str())
    {
        explained.push(kind);
        for variant in shape.members.iter().filter(|v| !v.doc.is_empty()) {
            write!(meaning, "<br>`{}`: {}", variant.name, cell(&variant.doc)).expect(INFALLIBLE);
        }
    }
    let (name, kind) = (&member.name, values(shapes, &member.kind));
    format!("| `{prefix}{name}` | {kind} | {default} | {meaning} |\n")
}

/// A default as it could be written, in one line.
fn default(value: &toml::Value) -> String {
    let text = match value {
        toml::Value::String(text) => format!("{text:?}"),
        toml::Value::Table(timer) if timer.get("after").is_some_and(|after| after.as_str() == Some("never")) => {
            "\"never\"".to_owned()
        }
        other => other.to_string(),
    };
    format!("`{}`", cell(&text))
}

const INFALLIBLE: &str = "writing to a String does not fail";

fn cell(doc: &str) -> String {
    doc.replace('|', "\\|")
}

/// The type within `Option<...>`, `Vec<...>` or the values of a map, without its path.
fn innermost(kind: &str) -> &str {
    let inside = kind.trim_end_matches('>').rsplit(['<', ' ']).next().unwrap_or(kind);
    inside.rsplit("::").next().unwrap_or(inside)
}

/// What may be written for a type.
fn values(shapes: &BTreeMap<String, Shape>, kind: &str) -> String {
    let inner = innermost(kind);
    let one = match shapes.get(inner).filter(|shape| shape.is_enum) {
        Some(shape) => {
            let all: Vec<String> = shape.members.iter().map(|m| format!("`\"{}\"`", m.name)).collect();
            all.join(", ")
        }
        None => plain(inner).to_owned(),
    };
    match kind {
        _ if kind.contains("Vec<") => format!("list of {one}"),
        _ if kind.starts_with("BTreeMap<") => format!("table of {one}"),
        _ => one,
    }
}

/// What may be written for a type that has no keys or variants of its own.
fn plain(kind: &str) -> &str {
    match kind {
        "bool" => "`true`, `false`",
        "String" => "text",
        "Span" => "[time](#values)",
        "Size" => "[bytes](#values)",
        "Word" => "[word](#values)",
        "Template" => "[template](#templates)",
        "TimerText" => "[timer](#timers)",
        "u8" | "u16" | "u32" | "u64" | "usize" => "number",
        other => other,
    }
}

fn faults() -> String {
    // What each is by default: built from an empty table of faults.
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
    for line in include_str!("../http1/fault.rs").lines() {
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
        "reason | who ends it | when",
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

/// The README with its tables made anew: each stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.
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
    let advice = "write its tables anew with: LABSERVE_BLESS=1 cargo test -p labserve-core reference";
    assert!(
        readme == want,
        "profiles/README.md is out of date; {advice}\n{differing:#?}"
    );
}

/// A table that is added to [`super::raw`] is read here, too.
#[test]
fn every_file_of_raw_is_a_source() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/profile/raw");
    for file in std::fs::read_dir(directory).expect(directory).flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a source file");
        assert!(SOURCES.contains(&text.as_str()), "{:?} is no source", file.path());
    }
}

/// Whatever way the tables are made: each key that a profile can be printed with is there.
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

/// The documentation has no key that is none: each row's key is taken by the parser, with its default if it has one.
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
