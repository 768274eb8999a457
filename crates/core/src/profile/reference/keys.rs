//! The tables of keys, in Markdown.

use super::shapes::{Member, Shape};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A table in Markdown with these rows.
pub(super) fn rows(head: &str, rows: impl Iterator<Item = String>) -> String {
    let mut out = format!("| {head} |\n|{}\n", "---|".repeat(head.matches('|').count() + 1));
    for row in rows {
        writeln!(out, "| {row} |").expect(INFALLIBLE);
    }
    out
}

/// A section for each table of a profile, with its keys.
pub(super) fn keys(shapes: &BTreeMap<String, Shape>, defaults: &toml::Table) -> String {
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

/// The keys of the struct `name`.
pub(super) fn table(
    shapes: &BTreeMap<String, Shape>,
    name: &str,
    prefix: &str,
    defaults: Option<&toml::Table>,
) -> String {
    rows(KEYS, std::iter::empty()) + &table_rows(shapes, name, prefix, defaults, &mut Vec::new())
}

/// The rows of a struct's keys. The values of an enum are explained at its first key only. `explained` holds the enums
/// that have been explained.
fn table_rows<'s>(
    shapes: &'s BTreeMap<String, Shape>,
    name: &str,
    prefix: &str,
    defaults: Option<&toml::Table>,
    explained: &mut Vec<&'s str>,
) -> String {
    let mut out = String::new();
    // A flattened map (`by_reason`) has no key of its own. The README has a section about it.
    for member in shapes[name]
        .members
        .iter()
        .filter(|m| !m.kind.starts_with("BTreeMap<String, CloseStyle>"))
    {
        let inner = innermost(&member.kind);
        match shapes.get(inner) {
            Some(shape) if !shape.is_enum => {
                // The keys of a nested table follow its own row.
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

/// A default as it would be written in a profile, on one line.
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

pub(super) const INFALLIBLE: &str = "writing to a String does not fail";

/// `doc` as a cell of a table.
pub(super) fn cell(doc: &str) -> String {
    doc.replace('|', "\\|")
}

/// The type inside `Option<...>` or `Vec<...>`, or of the values of a map, without its path.
fn innermost(kind: &str) -> &str {
    let inside = kind.trim_end_matches('>').rsplit(['<', ' ']).next().unwrap_or(kind);
    inside.rsplit("::").next().unwrap_or(inside)
}

/// The values that a type accepts.
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

/// The values that a type without keys or variants accepts.
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
