//! A setting: a profile key that can be changed on the timeline, with what the page needs to show it.
//!
//! Its value is read from a resolved profile, and written as a table that is laid over the profile.

use labserve_core::locale::{Lang, catalogue};
use labserve_core::profile::Profile;
use labserve_core::profile::units::OFF;
use serde_json::{Value, json};
use toml::Table;

/// The type of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A duration with a unit, such as `5s`.
    Span,
    /// A number of bytes, with a unit such as `KiB` if wanted.
    Size,
    Count,
    Text,
    /// A list of field lines.
    Lines,
    /// The value of one field of responses that carry a file.
    Field,
}

/// A profile key that can be changed on the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The key in the profile.
    pub(super) key: &'static str,
    /// The group in which the page shows it.
    pub(super) group: &'static str,
    pub(super) kind: Kind,
    pub(super) example: &'static str,
}

impl Setting {
    /// The setting as the API describes it. `value` is in force; `profile` is the value of the profile without changes.
    pub(super) fn describe(&self, value: Value, profile: Value) -> Value {
        let (kind, options) = match self.kind {
            Kind::Bool => ("bool", None),
            Kind::Choice(options) => ("choice", Some(options)),
            Kind::Span => ("span", None),
            Kind::Size => ("size", None),
            Kind::Count => ("count", None),
            Kind::Text => ("text", None),
            Kind::Lines => ("lines", None),
            Kind::Field => ("field", None),
        };
        json!({
            "key": self.key,
            "group": self.group,
            "label": self.sentence("label"),
            "meaning": self.sentence("about"),
            "type": kind,
            "options": options,
            "example": self.example,
            "differs": value != profile,
            "value": value,
            "profile": profile,
        })
    }

    /// What the catalogue says of it, in English; the page looks up its own language.
    fn sentence(&self, key: &str) -> Option<&'static str> {
        let id = format!("setting.{}.{key}", self.key);
        catalogue(Lang::En).get(&id).map(String::as_str)
    }

    /// Its value in `profile`, whose keys with all defaults are `effective`.
    pub(super) fn value_in(&self, effective: &Table, profile: &Profile) -> Value {
        let found = find(effective, &self.path());
        match (self.kind, found) {
            (Kind::Field, Some(toml::Value::String(text))) => text.as_str().into(),
            (Kind::Field, _) => self.field_of(profile).map_or(Value::Null, Value::from),
            (_, Some(value)) => serde_json::to_value(value).unwrap_or(Value::Null),
            // A close reason without a style of its own uses the default style.
            (Kind::Choice(_), None) if self.key.starts_with("close.") => find(effective, &["close", "default"])
                .and_then(|style| serde_json::to_value(style).ok())
                .unwrap_or(Value::Null),
            (_, None) => OFF.into(),
        }
    }

    /// The field's value in the profile's 200 response.
    fn field_of<'p>(&self, profile: &'p Profile) -> Option<&'p str> {
        let name = self.key.rsplit('.').next()?;
        profile.responses.get(profile.responses.ok()).lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Writes `value` into `changes`. Only its type is checked here; resolving the profile checks the rest.
    ///
    /// # Errors
    /// The value has the wrong type. The message says what was expected.
    pub(super) fn write(&self, value: &Value, changes: &mut Table) -> Result<(), String> {
        let written = self.toml_value(value)?;
        let path = self.path();
        let (last, tables) = path.split_last().unwrap_or((&"", &[]));
        let mut table = changes;
        for name in tables {
            let inner = table.entry(*name).or_insert_with(|| toml::Value::Table(Table::new()));
            match inner {
                toml::Value::Table(inner) => table = inner,
                other => return Err(format!("`{name}` is {other} already")),
            }
        }
        table.insert((*last).to_owned(), written);
        Ok(())
    }

    /// `value` as TOML, if it has the setting's type.
    fn toml_value(&self, value: &Value) -> Result<toml::Value, String> {
        let text = |value: &Value| value.as_str().map(|text| toml::Value::String(text.to_owned()));
        let (converted, expected) = match self.kind {
            Kind::Bool => (value.as_bool().map(toml::Value::Boolean), "true or false"),
            Kind::Count => {
                let count = value.as_u64().and_then(|n| i64::try_from(n).ok());
                (
                    count.map(toml::Value::Integer).or_else(|| text(value)),
                    "a number, or \"off\"",
                )
            }
            Kind::Lines => {
                let lines = value.as_array().and_then(|lines| lines.iter().map(text).collect());
                (lines.map(toml::Value::Array), "a list of texts")
            }
            Kind::Span => (
                text(value),
                "a text such as \"10ms\", \"5s\", \"2m\", \"1h\" or \"off\"",
            ),
            Kind::Size => (text(value), "a text such as \"8190\", \"64KiB\" or \"2MiB\""),
            Kind::Choice(_) | Kind::Text | Kind::Field => (text(value), "a text"),
        };
        converted.ok_or_else(|| format!("expected {expected}, got {value}"))
    }

    /// Removes the setting from `changes`, so that the profile's value applies again.
    pub(super) fn remove_from(&self, changes: &mut Table) {
        let path: Vec<&str> = self.key.split('.').collect();
        remove(changes, &path);
    }

    /// The path of tables that leads to its value, and the key in the last of them.
    fn path(&self) -> Vec<&'static str> {
        let mut path: Vec<&str> = self.key.split('.').collect();
        // A timer is a table of its own; its duration is the key `after`.
        if path[0] == "timers" {
            path.push("after");
        }
        path
    }
}

/// The value at this path of tables and a key.
fn find<'t>(table: &'t Table, path: &[&str]) -> Option<&'t toml::Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?;
    match (value, rest) {
        (value, []) => Some(value),
        (toml::Value::Table(inner), rest) => find(inner, rest),
        _ => None,
    }
}

/// Removes a key, and every table that is empty afterwards.
fn remove(table: &mut Table, path: &[&str]) {
    match path {
        [] => {}
        [last] => {
            table.remove(*last);
        }
        [first, rest @ ..] => {
            if let Some(toml::Value::Table(inner)) = table.get_mut(*first) {
                remove(inner, rest);
                if inner.is_empty() {
                    table.remove(*first);
                }
            }
        }
    }
}
