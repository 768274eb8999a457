//! One layer: TOML text whose keys have been checked.

use crate::profile::error::ConfigError;
use crate::profile::raw::Raw;
use toml::Table;

/// TOML text whose keys and values have been checked one by one.
#[derive(Clone, Debug)]
pub struct Layer {
    pub(super) origin: String,
    /// The TOML that somebody wrote; `None` if a program made it from keys, so that its lines mean nothing.
    pub(super) text: Option<String>,
    pub(super) table: Table,
    /// The table of the text that contains the keys; `None` if they are at the top level.
    inside: Option<&'static str>,
}

impl Layer {
    /// Parses a layer from TOML. `origin` names it in errors.
    ///
    /// # Errors
    /// Invalid TOML, an unknown key, or a value of the wrong type. The error has the line.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ConfigError> {
        let at = |error: toml::de::Error| ConfigError::from_toml(origin, text, &error);
        toml::from_str::<Raw>(text).map_err(at)?;
        let table = toml::from_str::<Table>(text).map_err(at)?;
        Ok(Self {
            origin: origin.to_owned(),
            text: Some(text.to_owned()),
            table,
            inside: None,
        })
    }

    /// The layer in the table `name` of a file whose keys have been checked already; `None` if it has no such table.
    ///
    /// # Errors
    /// Invalid TOML.
    pub fn nested(origin: &str, text: &str, name: &'static str) -> Result<Option<Self>, ConfigError> {
        let mut whole = toml::from_str::<Table>(text).map_err(|error| ConfigError::from_toml(origin, text, &error))?;
        Ok(match whole.remove(name) {
            Some(toml::Value::Table(table)) => Some(Self {
                origin: origin.to_owned(),
                text: Some(text.to_owned()),
                table,
                inside: Some(name),
            }),
            _ => None,
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

    /// A layer with one key. The value is TOML. If it is not valid TOML, it is taken as text. `origin` names it in errors.
    ///
    /// # Errors
    /// An unknown key, or a value of the wrong type.
    pub fn from_key(origin: &str, key: &str, value: &str) -> Result<Self, ConfigError> {
        let bare = format!("{key} = {value}\n");
        let quoted = format!("{key} = {}\n", toml::Value::String(value.to_owned()));
        let text = if toml::from_str::<Table>(&bare).is_ok() {
            bare
        } else {
            quoted
        };
        Self::made(origin, &text)
    }

    /// A layer with these keys. `origin` names it in errors.
    ///
    /// # Errors
    /// An unknown key, or a value of the wrong type.
    pub fn from_table(origin: &str, table: &Table) -> Result<Self, ConfigError> {
        Self::made(origin, &table.to_string())
    }

    /// A layer whose text a program made.
    fn made(origin: &str, text: &str) -> Result<Self, ConfigError> {
        match Self::parse(origin, text) {
            Ok(layer) => Ok(Self { text: None, ..layer }),
            Err(error) => Err(ConfigError { line: None, ..error }),
        }
    }

    /// The line of `key`, counted from 1; if it is not written here, the line of the innermost of its tables that is.
    pub(super) fn line_of(&self, key: &[String]) -> Option<usize> {
        let last = key.last()?;
        let key: Vec<&str> = self.inside.into_iter().chain(key.iter().map(String::as_str)).collect();
        let table = key[..key.len() - 1].join(".");
        let mut inside = table.is_empty();
        let mut found = None;
        for (number, line) in self.text.as_deref()?.lines().enumerate() {
            let line = line.trim();
            if line.starts_with('[') {
                let header = line.trim_matches(|c| matches!(c, '[' | ']')).replace('"', "");
                inside = header == table;
                if header == key.join(".") || (inside && found.is_none()) {
                    found = Some(number + 1);
                }
            } else if inside
                && line
                    .split('=')
                    .next()
                    .is_some_and(|k| k.trim().trim_matches('"') == last)
            {
                return Some(number + 1);
            }
        }
        found
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
