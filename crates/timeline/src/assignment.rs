//! A change of one key of a profile: the key in the form in which it was sent, and where its value is stored.

use labserve_core::profile::ConfigError;
use labserve_core::profile::layers::{KeyPath, Layer};
use serde_json::Value;
use toml::Table;

/// The origin that errors show for a change.
pub(super) const ORIGIN: &str = "the change";

/// A key whose value is changed, or reset.
#[derive(Clone, Debug)]
pub(super) struct Assignment<'v> {
    path: KeyPath,
    value: &'v Value,
}

impl<'v> Assignment<'v> {
    /// A change as it was sent. `null` resets the key.
    ///
    /// # Errors
    /// There is no such key. The message suggests the key that was probably meant.
    pub(super) fn of(key: &str, value: &'v Value) -> Result<Self, String> {
        match KeyPath::parse(key) {
            Some(path) if path.exists() => Ok(Self { path, value }),
            Some(path) => Err(path.unknown()),
            None => Err("expected a key with its tables, such as timers.idle or response.404.body".to_owned()),
        }
    }

    /// Where the value is stored: see [`KeyPath::of_value`].
    fn place(&self) -> KeyPath {
        match self.value.is_object() {
            true => self.path.clone(),
            false => self.path.of_value(),
        }
    }

    /// Whether the value is the one that a profile with these keys has anyway.
    pub(super) fn is_own(&self, keys: &Table) -> bool {
        let own = self.place().find(keys).map(serde_json::to_value);
        matches!(own, Some(Ok(own)) if own == *self.value)
    }

    /// Removes the key from `changes`, so that the profile's value applies again.
    pub(super) fn remove_from(&self, changes: &mut Table) {
        self.path.remove(changes);
    }

    /// Writes the value into `changes`.
    ///
    /// # Errors
    /// The value itself is wrong. Names and dependencies between keys are checked when the profile is built.
    pub(super) fn write(&self, changes: &mut Table) -> Result<(), ConfigError> {
        let written = toml_value(self.value).ok_or_else(|| ConfigError {
            origin: ORIGIN.to_owned(),
            line: None,
            key: None,
            message: format!(
                "got {}; expected a value without `null` in it, whose numbers are below 2^63",
                self.value
            ),
        })?;
        let mut alone = Table::new();
        self.place().insert(&mut alone, written.clone());
        Layer::from_table(ORIGIN, &alone)?;
        self.place().insert(changes, written);
        Ok(())
    }
}

/// A JSON value as a TOML value. TOML has no `null`.
fn toml_value(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => toml::Value::Boolean(*value),
        Value::Number(number) => match (number.as_i64(), number.is_f64()) {
            (Some(whole), _) => toml::Value::Integer(whole),
            (None, true) => toml::Value::Float(number.as_f64()?),
            (None, false) => return None,
        },
        Value::String(text) => toml::Value::String(text.clone()),
        Value::Array(items) => toml::Value::Array(items.iter().map(toml_value).collect::<Option<_>>()?),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| Some((name.clone(), toml_value(value)?));
            toml::Value::Table(members.iter().map(member).collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use labserve_core::profile::builtin;
    use labserve_core::profile::layers::{BuiltIns, Stack};
    use serde_json::json;

    #[test]
    fn every_kind_of_value_is_written() {
        for (key, value, want) in [
            ("timers.idle", json!("5s"), "timers.idle.after = \"5s\""),
            (
                "timers.idle",
                json!({"after": "5s", "response": 408}),
                "timers.idle = { after = \"5s\", response = 408 }",
            ),
            ("limits.fields", json!(10), "limits.fields = 10"),
            ("writes.split_head", json!([1, 1]), "writes.split_head = [1, 1]"),
            ("writes.split_head", json!([]), "writes.split_head = []"),
            ("limits.buffers.count", json!(2), "limits.buffers.count = 2"),
            (
                "connection.fields.keep",
                json!(["A: b"]),
                "connection.fields.keep = [\"A: b\"]",
            ),
            ("response_fields.Age", json!(10), "response_fields.Age = 10"),
            (
                "response.\"200 HEAD\".body",
                json!("x"),
                "response.\"200 HEAD\".body = \"x\"",
            ),
        ] {
            let mut changes = Table::new();
            let assignment = Assignment::of(key, &value).expect(key);
            assignment.write(&mut changes).expect(key);
            assert_eq!(changes, toml::from_str(want).expect(want), "{key}");
            assignment.remove_from(&mut changes);
            assert!(changes.is_empty(), "{key}");
        }
    }

    #[test]
    fn a_mistake_is_reported_as_in_a_profile() {
        for (key, value, part) in [
            ("timers.idle", json!(5), "got 5, which has no unit"),
            ("timers.idle", json!("soon"), "expected a time with its unit"),
            ("connection.persistent", json!("yes"), "write `persistent = true`"),
            ("connection.max_requests", json!(-1), "expected a whole number from 1"),
            ("connection.max_requests", json!(1.5), "expected a number from 1"),
            ("connection.fields.keep", json!("A: b"), "write `keep = [\"A: b\"]`"),
            ("writes.split_head", json!(1), "write `split_head = [1]`"),
            (
                "writes.split_head",
                json!("off"),
                "expected a list, such as `split_head = [",
            ),
            ("files.etag", json!({}), "expected text"),
            ("methods", json!({"POST": null}), "without `null` in it"),
            ("limits.head", json!(u64::MAX), "below 2^63"),
        ] {
            let assignment = Assignment::of(key, &value).expect(key);
            let mistake = assignment.write(&mut Table::new()).expect_err(key);
            assert!(mistake.message.contains(part), "{key}: {}", mistake.message);
        }
        for (key, part) in [
            ("timer.idle", "did you mean `timers.idle`?"),
            ("timers.idle = 1\nport", "expected a key with its tables"),
        ] {
            let why = Assignment::of(key, &Value::Null).expect_err(key);
            assert!(why.contains(part), "{key}: {why}");
        }
    }

    /// Collects the keys of a table with their values, below `path`. A list is one value.
    fn leaves(path: &str, table: &Table, into: &mut Vec<(String, Value)>) {
        for (name, value) in table {
            let name = toml::Value::String(name.clone()).to_string();
            let key = format!("{path}{}{name}", if path.is_empty() { "" } else { "." });
            match value {
                toml::Value::Table(inner) => leaves(&key, inner, into),
                value => into.push((key, serde_json::to_value(value).expect("JSON"))),
            }
        }
    }

    #[test]
    fn every_key_that_a_profile_has_is_changed_by_its_value() {
        for name in builtin::names() {
            let stack = Stack::load(name, &BuiltIns).expect(name);
            let effective = stack.effective().expect(name);
            let mut all = Vec::new();
            leaves("", &effective, &mut all);
            assert!(all.len() > 100, "{name} has {} keys", all.len());
            let mut changes = Table::new();
            let mut wrong = Vec::new();
            for (key, value) in &all {
                let written = Assignment::of(key, value)
                    .and_then(|assignment| assignment.write(&mut changes).map_err(|error| error.to_string()));
                wrong.extend(written.err().map(|why| format!("{key} = {value}: {why}")));
            }
            assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
            let changed = stack.clone().over(Layer::from_table(ORIGIN, &changes).expect(name));
            assert!(changed.build().expect(name) == stack.build().expect(name), "{name}");
        }
    }
}
