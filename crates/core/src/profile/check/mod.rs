//! Finds all mistakes in a file, and says of each what to write instead.
//!
//! This module knows the keys of a [`Schema`], and TOML with the positions of its values. It does not know what keys
//! mean: mistakes that depend on several keys are found when the profile is resolved (see
//! [`Stack::check`](super::layers::Stack::check)).

mod directives;
mod renames;
mod rules;
mod scalars;
mod shown;
mod syntax;
#[cfg(test)]
mod tests;
mod values;
pub mod warnings;

use super::error::{ConfigError, line_of};
use super::near;
use super::schema::{Key, Keys, Kind, Schema};
use super::units::Format;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A mistake in a text.
#[derive(Debug)]
struct Finding {
    span: Range<usize>,
    key: Vec<String>,
    message: String,
}

/// The maximum number of mistakes that are listed for a text. If there are more, they have one cause, or the text is
/// not a configuration.
pub(super) const MOST: usize = 100;

/// All mistakes in `text`, in the order of their lines.
///
/// At most a hundred mistakes of syntax and a hundred of values are listed. `origin` names the text. If there is a
/// mistake, serde refuses the text; if there is none, serde accepts it.
pub fn text(schema: &Schema, origin: &str, text: &str) -> Vec<ConfigError> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if let Some(mistake) = other_format(origin, text, document.get_ref()) {
        return vec![mistake];
    }
    let broken = syntax::findings(schema, text, &errors);
    let of_values = values::Walker { schema, text }.findings(document.get_ref());
    // Ignore mistakes in values near a syntax error: the parser had to guess these values.
    let is_spoilt = |finding: &Finding| broken.iter().any(|b| b.spoils.contains(&finding.span.start));
    let mut findings: Vec<Finding> = of_values.into_iter().filter(|finding| !is_spoilt(finding)).collect();
    if broken.is_empty() {
        findings.extend(rules::findings(text, document.get_ref()));
    }
    findings.extend(broken.into_iter().map(|broken| broken.finding));
    findings.sort_by_key(|finding| finding.span.start);
    let error = |finding: Finding| ConfigError {
        origin: origin.to_owned(),
        line: Some(line_of(text, finding.span.start)),
        key: Some(finding.key.join(".")).filter(|key| !key.is_empty()),
        message: finding.message,
    };
    findings.into_iter().map(error).collect()
}

/// The mistake of a text in another version of the language, whose keys may have other meanings.
fn other_format(origin: &str, text: &str, document: &DeTable<'_>) -> Option<ConfigError> {
    let (name, value) = document.iter().find(|(name, _)| &**name.get_ref() == "format")?;
    let DeValue::Integer(number) = value.get_ref() else {
        return None;
    };
    let is_read = number.as_str().parse() == Ok(Format::CURRENT);
    (!is_read).then(|| ConfigError {
        origin: origin.to_owned(),
        line: Some(line_of(text, name.span().start)),
        key: Some("format".to_owned()),
        message: format!(
            "this file is written in format {number}; this labserve reads format {current}: use a newer one, or write \
             `format = {current}` if its keys are those of format {current}",
            current = Format::CURRENT
        ),
    })
}

/// An example of an assignment to the key `name`.
fn example(name: &str, kind: &Kind, sample: Option<&toml::Value>) -> String {
    let value = match sample {
        Some(sample) => in_one_line(sample),
        None => of_kind(kind),
    };
    format!("{} = {value}", key_text(name))
}

/// A value as TOML on one line.
fn in_one_line(value: &toml::Value) -> String {
    match value.as_str() {
        Some(text) if text.contains('\n') => format!("{text:?}"),
        _ => value.to_string(),
    }
}

fn of_kind(kind: &Kind) -> String {
    match kind {
        Kind::Flag => "true".to_owned(),
        Kind::Number { most: 65535, .. } => "8080".to_owned(),
        Kind::Number { least, most } => (*least.max(&100).min(most)).to_string(),
        Kind::Count => "100".to_owned(),
        Kind::Text | Kind::TextOrNumber | Kind::TextOrOff => "\"text\"".to_owned(),
        Kind::Choice(all) => format!("{:?}", all.first().map_or("", String::as_str)),
        Kind::Time | Kind::Timer(_) => "\"5s\"".to_owned(),
        Kind::Bytes | Kind::SizeLimit => "\"64KiB\"".to_owned(),
        Kind::Template => "\"text\"".to_owned(),
        Kind::Response => "404".to_owned(),
        Kind::Rule(_) => "405".to_owned(),
        Kind::List(inner) => format!("[{}]", of_kind(inner)),
        Kind::Short(name, keys) => keys.get(name).map_or_else(String::new, |key| of_kind(&key.kind)),
        Kind::Table(keys) => match keys.named.iter().next() {
            Some((name, key)) => format!("{{ {} }}", example(name, &key.kind, key.sample.as_ref())),
            None => "{ name = ... }".replace("...", &keys.others.as_ref().map_or(String::new(), |k| of_kind(&k.kind))),
        },
    }
}

/// A key as it is written: in quotes unless it is a bare key.
fn key_text(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match !name.is_empty() && name.chars().all(bare) {
        true => name.to_owned(),
        false => format!("{name:?}"),
    }
}

/// The message for a key path that does not exist, with the key that was probably meant. For keys that are given with
/// their tables, as in `--set`.
pub(super) fn no_key(schema: &Schema, path: &[String]) -> String {
    if let Some(new) = renames::current(path) {
        return values::renamed(path, &new);
    }
    let named = path.join(".");
    let begin = format!("there is no key `{named}`");
    let Some((last, tables)) = path.split_last() else {
        return begin;
    };
    let outer: Vec<&str> = tables.iter().map(String::as_str).collect();
    let table = schema.kind(&outer).and_then(Kind::keys);
    let beside = table.and_then(|keys| near(last, keys.named.keys().map(String::as_str)));
    if let Some(name) = beside {
        return format!("{begin}; did you mean `{}.{}`?", tables.join("."), key_text(name));
    }
    if let Some(key) = directives::key(last) {
        return format!("{begin}; `{key}` does what this does in other servers");
    }
    let now: Vec<String> = (1..=tables.len())
        .flat_map(|n| renames::tables_of(&path[..n]))
        .map(str::to_owned)
        .collect();
    if !now.is_empty() {
        return format!(
            "{begin}; since format {}, its keys are in {}",
            Format::CURRENT,
            now.join(", ")
        );
    }
    if let Some(keys) = table.filter(|_| !tables.is_empty()) {
        let names: Vec<&str> = keys.named.keys().map(String::as_str).collect();
        return format!("{begin}; [{}] has {}", tables.join("."), names.join(", "));
    }
    let mut all = Vec::new();
    paths("", &schema.root, &mut all);
    let ends = format!(".{last}");
    let same: Vec<&str> = all
        .iter()
        .map(String::as_str)
        .filter(|other| other.ends_with(&ends))
        .collect();
    let in_another_table = near(&named, same.iter().copied()).filter(|_| !tables.is_empty());
    let meant = match (in_another_table, same.len()) {
        (Some(one), _) => Some(one.to_owned()),
        (None, 1..=3) => Some(same.join("` or `")),
        _ => near(&named, all.iter().map(String::as_str)).map(str::to_owned),
    };
    match meant {
        Some(meant) => format!("{begin}; did you mean `{meant}`?"),
        None => format!("{begin}; `labserve profiles --schema` lists all"),
    }
}

/// The paths of all keys with fixed names, tables included.
fn paths(prefix: &str, keys: &Keys, all: &mut Vec<String>) {
    for (name, key) in &keys.named {
        let path = format!("{prefix}{name}");
        if let Some(inner) = key.kind.keys() {
            paths(&format!("{path}."), inner, all);
        }
        all.push(path);
    }
}

/// All keys with this name in inner tables: the path of the tables, and the key. The shortest path comes first.
fn elsewhere<'k>(keys: &'k Keys, name: &str) -> Vec<(Vec<String>, &'k Key)> {
    let mut found = Vec::new();
    for (table, key) in &keys.named {
        let (Kind::Table(inner) | Kind::Short(_, inner)) = &key.kind else {
            continue;
        };
        if let Some(key) = inner.named.get(name) {
            found.push((vec![table.clone()], key));
        }
        for (mut path, key) in elsewhere(inner, name) {
            path.insert(0, table.clone());
            found.push((path, key));
        }
    }
    found.sort_by_key(|(path, _)| path.len());
    found
}
