//! One layer: TOML text whose keys have been checked.

use super::{KeyPath, canonical};
use crate::profile::check;
use crate::profile::error::ConfigError;
use crate::profile::raw::Raw;
use crate::profile::schema::{Keys, Kind, Schema};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use toml::Table;
use toml::de::{DeTable, DeValue};

/// TOML text whose keys and values have been checked individually.
#[derive(Clone, Debug)]
pub struct Layer {
    pub(super) origin: String,
    /// The TOML as a person wrote it; `None` if a program generated it, so that its line numbers mean nothing.
    pub(super) text: Option<String>,
    pub(super) table: Table,
    /// The table of the text that contains the keys; `None` if they are at the top level.
    pub(super) inside: Option<&'static str>,
    /// The line of each key, computed on first use.
    lines: OnceLock<BTreeMap<Vec<String>, usize>>,
}

/// The keys of a text without those that have one of these mistakes. A text that is not TOML has none.
pub fn without(text: &str, mistakes: &[ConfigError]) -> Table {
    let mut table = toml::from_str::<Table>(text).unwrap_or_default();
    for key in mistakes.iter().filter_map(|mistake| mistake.key.as_deref()) {
        remove(&mut table, &key.split('.').collect::<Vec<_>>());
    }
    table
}

/// The line of each key and each table of `text`, by its path, counted from 1.
fn lines_of_keys(text: &str) -> BTreeMap<Vec<String>, usize> {
    let (document, _) = DeTable::parse_recoverable(text);
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut lines = BTreeMap::new();
    let mut tables = vec![(Vec::new(), document.get_ref())];
    while let Some((path, table)) = tables.pop() {
        for (name, value) in table {
            let mut path: Vec<String> = path.clone();
            path.push(name.get_ref().to_string());
            lines.insert(path.clone(), ends.partition_point(|end| *end < name.span().start) + 1);
            if let DeValue::Table(inner) = value.get_ref() {
                tables.push((path, inner));
            }
        }
    }
    lines
}

impl ConfigError {
    /// A mistake in the key `key` at the top of `text`.
    pub fn at_key(origin: &str, text: &str, key: &str, message: String) -> Self {
        Self {
            origin: origin.to_owned(),
            line: lines_of_keys(text).get(&[key.to_owned()][..]).copied(),
            key: Some(key.to_owned()),
            message,
        }
    }

    /// Whether the mistake follows from one of `others`, which is inside the same table.
    pub fn follows_from(&self, others: &[Self]) -> bool {
        let Some(key) = self.key.as_deref() else {
            return false;
        };
        let is_inside = |other: &Self| {
            let path = other.key.as_deref().unwrap_or_default();
            path.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))
        };
        others.iter().any(is_inside)
    }
}

impl Layer {
    /// Parses a layer from TOML. `origin` names it in errors.
    ///
    /// # Errors
    /// Invalid TOML, an unknown key, or a value of the wrong type. The error has the line.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ConfigError> {
        if let Some(mistake) = check::text(Schema::profile(), origin, text).into_iter().next() {
            return Err(mistake);
        }
        let at = |error: toml::de::Error| ConfigError::from_toml(origin, text, &error);
        toml::from_str::<Raw>(text).map_err(at)?;
        let mut table = toml::from_str::<Table>(text).map_err(at)?;
        canonical::spell_out(&mut table);
        Ok(Self {
            origin: origin.to_owned(),
            text: Some(text.to_owned()),
            table,
            inside: None,
            lines: OnceLock::new(),
        })
    }

    /// Parses a layer and leaves out the keys that have a mistake. Returns all mistakes of the text. A text that is not TOML
    /// makes an empty layer.
    pub(super) fn parse_most(origin: &str, text: &str) -> (Self, Vec<ConfigError>) {
        let mistakes = check::text(Schema::profile(), origin, text);
        let mut table = without(text, &mistakes);
        canonical::spell_out(&mut table);
        let layer = Self {
            origin: origin.to_owned(),
            text: Some(text.to_owned()),
            table,
            inside: None,
            lines: OnceLock::new(),
        };
        (layer, mistakes)
    }

    /// The layer in the table `name` of the file `text`, whose keys have been checked already; `None` if it has no such table.
    /// `whole` is the file without the keys that have mistakes.
    pub fn nested(origin: &str, text: &str, whole: &Table, name: &'static str) -> Option<Self> {
        let mut table = whole.get(name)?.as_table()?.clone();
        canonical::spell_out(&mut table);
        Some(Self {
            origin: origin.to_owned(),
            text: Some(text.to_owned()),
            table,
            inside: Some(name),
            lines: OnceLock::new(),
        })
    }

    /// The layer of the rules of the file `text`, whose keys have been checked already; `None` if it has none. `whole` is as
    /// for [`Layer::nested`].
    pub fn nested_rules(origin: &str, text: &str, whole: &Table) -> Option<Self> {
        let rules = whole.get("rule")?.clone();
        Some(Self {
            origin: origin.to_owned(),
            text: Some(text.to_owned()),
            table: Table::from_iter([("rule".to_owned(), rules)]),
            inside: None,
            lines: OnceLock::new(),
        })
    }

    /// A layer from one `key=value`, as in `--set`. The value is TOML. If it is not valid TOML, it is taken as text.
    ///
    /// # Errors
    /// There is no `=`, the key is unknown, or the value has the wrong type.
    pub fn from_assignment(assignment: &str) -> Result<Self, ConfigError> {
        let origin = format!("--set {assignment}");
        let Some((key, value)) = assignment.split_once('=') else {
            let message = "expected KEY=VALUE, such as connection.persistent=false".into();
            return Err(ConfigError {
                origin,
                line: None,
                key: None,
                message,
            });
        };
        Self::from_key(&origin, key.trim(), value.trim())
    }

    /// A layer with one key. The value is TOML. If it is not valid TOML, or if the key takes text, it is taken as text.
    /// `origin` names it in errors.
    ///
    /// # Errors
    /// An unknown key, or a value of the wrong type.
    pub fn from_key(origin: &str, key: &str, value: &str) -> Result<Self, ConfigError> {
        let bare = format!("{key} = {value}\n");
        let quoted = format!("{key} = {}\n", toml::Value::String(value.to_owned()));
        let is_quoted = value.starts_with(['"', '\'']);
        let path = KeyPath::parse(key);
        let takes_text = path.as_ref().is_some_and(KeyPath::takes_text);
        let is_scalar = |table| {
            let found = path.as_ref().and_then(|path| path.find(table));
            found.is_some_and(|value| !value.is_array() && !value.is_table())
        };
        let text = match toml::from_str::<Table>(&bare) {
            Ok(table) if is_quoted || !(takes_text && is_scalar(&table)) => bare,
            Err(_) if value.starts_with(['[', '{']) && !takes_text => {
                return Err(ConfigError {
                    origin: origin.to_owned(),
                    line: None,
                    key: Some(key.to_owned()),
                    message: not_toml(key, value),
                });
            }
            _ => quoted,
        };
        Self::made(origin, &text).map_err(|error| match path.filter(|path| !path.exists()) {
            Some(path) => ConfigError {
                key: None,
                message: path.unknown(),
                ..error
            },
            None => error,
        })
    }

    /// A layer with these keys. A number or a boolean is taken as text where the key takes text. `origin` names it in errors.
    ///
    /// # Errors
    /// An unknown key, or a value of the wrong type.
    pub fn from_table(origin: &str, table: &Table) -> Result<Self, ConfigError> {
        let mut table = table.clone();
        as_text(&Schema::profile().root, &mut table);
        Self::made(origin, &table.to_string())
    }

    /// A layer whose text was generated by a program.
    pub(super) fn made(origin: &str, text: &str) -> Result<Self, ConfigError> {
        match Self::parse(origin, text) {
            Ok(layer) => Ok(Self { text: None, ..layer }),
            Err(error) => Err(ConfigError { line: None, ..error }),
        }
    }

    /// The line of `key`, counted from 1; if it is not written here, the line of the innermost of its tables that is.
    pub(super) fn line_of(&self, key: &[String]) -> Option<usize> {
        let text = self.text.as_deref()?;
        let lines = self.lines.get_or_init(|| lines_of_keys(text));
        let path: Vec<String> = self
            .inside
            .into_iter()
            .map(str::to_owned)
            .chain(key.iter().cloned())
            .collect();
        (1..=path.len())
            .rev()
            .find_map(|length| lines.get(&path[..length]).copied())
    }

    /// A key with its tables, as it is in the file.
    pub(super) fn full_name(&self, key: &[String]) -> String {
        let table = self.inside.map(|name| format!("{name}.")).unwrap_or_default();
        format!("{table}{}", key.join("."))
    }

    /// Whether `key` is written in this layer.
    pub(super) fn holds(&self, key: &[String]) -> bool {
        let mut table = &self.table;
        for part in key {
            match table.get(part) {
                Some(toml::Value::Table(inner)) => table = inner,
                Some(_) => return true,
                None => return false,
            }
        }
        true
    }
}

/// The message for a value that begins like a list or a table but does not parse as one. Usually, a shell has removed
/// the quotes of the texts in it.
fn not_toml(key: &str, value: &str) -> String {
    let (what, meant) = match value.strip_prefix('[') {
        Some(inner) => {
            let items = inner.trim_end_matches([']', ' ']).split(',');
            let texts: Vec<String> = items
                .map(|text| format!("{:?}", text.trim().trim_matches(['"', '\''])))
                .collect();
            ("a list", format!("[{}]", texts.join(", ")))
        }
        None => ("a table", "{ name = \"text\" }".to_owned()),
    };
    format!(
        "got {value}; expected {what} whose texts are in double quotes, and the whole in single quotes, because a shell removes the \
         double ones: write '{key}={meant}'"
    )
}

/// Whether a key of this kind takes text, so that a number needs no quotes.
pub(super) fn takes_text(kind: &Kind) -> bool {
    match kind {
        Kind::Text | Kind::TextOrOff | Kind::Template | Kind::Choice(_) => true,
        Kind::Short(name, keys) => keys.get(name).is_some_and(|key| takes_text(&key.kind)),
        _ => false,
    }
}

/// Converts numbers and booleans to text where the key takes text.
fn as_text(keys: &Keys, table: &mut Table) {
    for (name, value) in table.iter_mut() {
        let Some(key) = keys.get(name) else {
            continue;
        };
        match value {
            toml::Value::Table(inner) => {
                if let Some(keys) = key.kind.keys() {
                    as_text(keys, inner);
                }
            }
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) if takes_text(&key.kind) => {
                *value = toml::Value::String(value.to_string());
            }
            _ => {}
        }
    }
}

/// Removes the key with this path. If a value on the path should be a table but is not, removes that value instead.
pub(super) fn remove(table: &mut Table, path: &[&str]) {
    match path {
        [] => {}
        [last] => {
            table.remove(*last);
        }
        [first, rest @ ..] => match table.get_mut(*first) {
            Some(toml::Value::Table(inner)) => remove(inner, rest),
            _ => {
                table.remove(*first);
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_no_quotes_where_text_is_meant() {
        for (assignment, key, want) in [
            ("response_fields.Age=10", ["response_fields", "Age"], "10"),
            ("response_fields.X-On=true", ["response_fields", "X-On"], "true"),
            (
                "response_fields.X-Version=1.10",
                ["response_fields", "X-Version"],
                "1.10",
            ),
            ("response_fields.X-Empty=", ["response_fields", "X-Empty"], ""),
            (
                "response_fields.X-Quoted=\"a b\"",
                ["response_fields", "X-Quoted"],
                "a b",
            ),
            ("parser.http2=1.0", ["parser", "http2"], "1.0"),
            ("methods.allow=GET", ["methods", "allow"], "GET"),
        ] {
            let layer = Layer::from_assignment(assignment).expect(assignment);
            assert_eq!(layer.table[key[0]][key[1]].as_str(), Some(want), "{assignment}");
        }
        let table = Table::from_iter([("title".to_owned(), 10.into()), ("port".to_owned(), 10.into())]);
        let layer = Layer::from_table("a test", &table).expect("a layer");
        assert_eq!(
            (layer.table["title"].as_str(), layer.table["port"].as_integer()),
            (Some("10"), Some(10))
        );
        // The values inside a table keep their types.
        let layer = Layer::from_assignment("response.here={status=301,head='A: b',body='c'}").expect("a table");
        let here = &layer.table["response"]["here"];
        assert_eq!(
            (here["status"].as_integer(), here["head"].as_str()),
            (Some(301), Some("A: b"))
        );
        for (assignment, part) in [
            ("timers.idle=5", "has no unit"),
            ("files.etag={a=1}", "expected text"),
            (
                "timer.idle=5s",
                "there is no key `timer.idle`; did you mean `timers.idle`?",
            ),
            (
                "connection.fields.keep=[Connection: close]",
                "write 'connection.fields.keep=[\"Connection: close\"]'",
            ),
            (
                "types.extensions={html=text/html}",
                "write 'types.extensions={ name = \"text\" }'",
            ),
            ("timers.idle", "expected KEY=VALUE"),
        ] {
            let mistake = Layer::from_assignment(assignment).expect_err(assignment);
            assert!(mistake.to_string().contains(part), "{mistake}");
        }
    }
}
