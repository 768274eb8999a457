//! Finds all mistakes in a file, and says of each what to write instead.
//!
//! Knows what a [`Schema`] says about keys, and TOML with the positions of its values. Does not know what keys mean: what
//! depends on several of them is found by resolving the profile (see [`Stack::check`](super::layers::Stack::check)).

mod directives;
mod renames;
mod rules;
mod scalars;
mod syntax;
#[cfg(test)]
mod tests;
mod values;
pub mod warnings;

use super::error::{ConfigError, line_of};
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

/// The most mistakes of a text that are listed. A text with more has one cause for them, or is not a configuration.
pub(super) const MOST: usize = 100;

/// All mistakes in `text`, in the order of their lines.
///
/// There are at most a hundred of its syntax and a hundred of its values. `origin` names the text. If there is a mistake, serde refuses the text; if there is none, serde accepts it.
pub fn text(schema: &Schema, origin: &str, text: &str) -> Vec<ConfigError> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if let Some(mistake) = other_format(origin, text, document.get_ref()) {
        return vec![mistake];
    }
    let broken = syntax::findings(schema, text, &errors);
    let of_values = values::Walker { schema }.findings(document.get_ref());
    // What is not TOML spoils values around it: they are what the parser made of it.
    let is_spoilt = |finding: &Finding| broken.iter().any(|b| b.spoils.contains(&finding.span.start));
    let mut findings: Vec<Finding> = of_values.into_iter().filter(|finding| !is_spoilt(finding)).collect();
    if findings.is_empty() && broken.is_empty() {
        findings = rules::findings(text, document.get_ref());
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

/// What is wrong with a text in another version of the language: its keys may mean something else.
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

/// An assignment that a person may write for `key`.
fn example(name: &str, kind: &Kind, default: Option<&toml::Value>) -> String {
    let value = match (kind, default) {
        // The default of most keys is that nothing happens, which does not serve as an example.
        (Kind::Flag | Kind::Choice(_) | Kind::Bytes | Kind::Response, Some(default)) => default.to_string(),
        (_, _) => of_kind(kind),
    };
    format!("{} = {value}", key_text(name))
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
        Kind::Template => "\"{size}\"".to_owned(),
        Kind::Response => "404".to_owned(),
        Kind::Rule(_) => "405".to_owned(),
        Kind::List(inner) => format!("[{}]", of_kind(inner)),
        Kind::Short(name, keys) => keys.get(name).map_or_else(String::new, |key| of_kind(&key.kind)),
        Kind::Table(keys) => match keys.named.iter().next() {
            Some((name, key)) => format!("{{ {} }}", example(name, &key.kind, key.default.as_ref())),
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

/// Where else a key with this name is: the paths of its tables, and the key.
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
