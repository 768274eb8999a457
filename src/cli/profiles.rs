//! `labserve profiles`: lists the profiles, prints one or their schema, or compares two.

mod list;

use super::Mistake;
use super::args::ProfilesArgs;
use super::language::translated;
use super::output::{padded, print, width};
use labserve_core::http1::text::{misleads, printable, printable_lines};
use labserve_core::profile::compare::{Difference, differences};
use labserve_core::profile::schema;
use labserve_server::profile_files;

pub(super) fn run(args: &ProfilesArgs) -> Result<(), Mistake> {
    if args.schema {
        print(schema::TEXT)?;
        return Ok(());
    }
    if let Some([left, right]) = args.compare.as_deref() {
        return compare(left, right, args.json);
    }
    match &args.name {
        Some(name) if args.why => list::why(name),
        Some(name) => show(name, args.json),
        None => list::list(args),
    }
}

fn show(name: &str, json: bool) -> Result<(), Mistake> {
    let stack = profile_files::stack(name)?;
    stack.build()?;
    if json {
        print(&(json_of(&toml::Value::Table(stack.merged())) + "\n"))?;
        return Ok(());
    }
    match stack.source() {
        Some(source) => print(&printable_toml(source))?,
        None => print(&printable_toml(&toml::to_string_pretty(&stack.merged())?))?,
    }
    Ok(())
}

fn compare(left: &str, right: &str, json: bool) -> Result<(), Mistake> {
    let load = |name: &str| -> Result<toml::Table, Mistake> { Ok(profile_files::stack(name)?.effective()?) };
    let found = differences(&load(left)?, &load(right)?);
    if json {
        let rows: Vec<toml::Value> = found
            .iter()
            .map(|d| {
                let mut row = toml::Table::from_iter([("key".to_owned(), toml::Value::String(d.key.clone()))]);
                row.extend(d.left.clone().map(|v| (left.to_owned(), v)));
                row.extend(d.right.clone().map(|v| (right.to_owned(), v)));
                row.into()
            })
            .collect();
        print(&(json_of(&toml::Value::Array(rows)) + "\n"))?;
        return Ok(());
    }
    print(&for_people(left, right, &found))?;
    Ok(())
}

/// The differences for people: differing media types are only counted, and only the first line of a page is shown.
fn for_people(left: &str, right: &str, found: &[Difference]) -> String {
    let is_type = |d: &&Difference| d.key.starts_with("types.extensions.") || d.key.starts_with("types.whole_names.");
    let mut text = String::new();
    for Difference { key, left: a, right: b } in found.iter().filter(|d| !is_type(d)) {
        let shown = |value: &Option<toml::Value>| match value {
            None => "-".to_owned(),
            Some(value) if key.ends_with(".body") => first_line(&shown(value)),
            Some(value) => shown(value),
        };
        let key = printable(key.as_bytes());
        text.push_str(&format!("{key}\n{}{}", side(left, &shown(a)), side(right, &shown(b))));
    }
    let types = found.iter().filter(is_type).count();
    if types > 0 {
        text.push_str(&translated(&format!(
            "types.extensions\n  {types} media types differ; --json lists them\n"
        )));
    }
    text
}

fn first_line(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default().to_owned();
    match lines.count() {
        0 => first,
        more => format!("{first} {}", translated(&format!("... and {more} more lines"))),
    }
}

/// A value under the name of its profile. A value of several lines is indented.
fn side(name: &str, value: &str) -> String {
    let (name, value) = (
        printable(name.as_bytes()).to_string(),
        printable_lines(value).to_string(),
    );
    let mut lines = value.lines();
    let first = lines.next().unwrap_or_default();
    let rest: String = lines.map(|line| format!("  {:16}{line}\n", "")).collect();
    format!("  {name:<15} {first}\n{rest}")
}

fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A table for people, in their language. Columns are as wide as their widest cell.
pub(super) fn columns<const N: usize>(heads: &[&str; N], rows: &[[String; N]]) -> String {
    let shown = |cell: &str| translated(&printable(cell.as_bytes()).to_string()).into_owned();
    let heads = heads.map(shown);
    let rows = rows.iter().map(|row| row.each_ref().map(|cell| shown(cell)));
    let rows: Vec<[String; N]> = [heads].into_iter().chain(rows).collect();
    let widest = |i: usize| rows.iter().map(|row| width(&row[i])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(widest).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| padded(cell, width))
            .collect();
        text.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
    }
    text
}

/// TOML with every misleading character replaced by its TOML escape. The escape has the same meaning in double-quoted
/// text, which is where such characters usually are. Serializers and editors do not escape them.
pub(super) fn printable_toml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        if misleads(c) && !matches!(c, '\n' | '\t') {
            out.push_str(&format!("\\u{:04X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// A TOML value as JSON.
fn json_of(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => json_text(text),
        toml::Value::Array(values) => format!("[{}]", values.iter().map(json_of).collect::<Vec<_>>().join(",")),
        toml::Value::Table(table) => {
            let members: Vec<String> = table
                .iter()
                .map(|(key, value)| format!("{}:{}", json_text(key), json_of(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        toml::Value::Datetime(time) => json_text(&time.to_string()),
        other => other.to_string(),
    }
}

fn json_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if misleads(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}
