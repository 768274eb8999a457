//! The settings: the main switches of a profile, each a key of it, with what a page must know to show it.
//!
//! A setting's value is read from a profile as it is in force, and written as a table that is laid over the profile.

use labserve_core::profile::Profile;
use serde_json::{Value, json};
use toml::Table;

/// What a setting's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Choice(&'static [&'static str]),
    Span,
    Size,
    Count,
    Text,
    Lines,
    /// A field of the responses about a file's content.
    Field,
}

/// A main switch of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// Its key in the profile.
    pub(super) key: &'static str,
    group: &'static str,
    label: &'static str,
    meaning: &'static str,
    kind: Kind,
    example: &'static str,
}

const STYLES: Kind = Kind::Choice(&["fin", "close", "linger", "rst", "hold"]);

macro_rules! settings {
    ($($key:literal $group:literal $label:literal $kind:expr, $meaning:literal, $example:literal;)*) => {
        /// Every setting, in the order in which a page shows them.
        pub(super) const SETTINGS: &[Setting] = &[$(Setting {
            key: $key,
            group: $group,
            label: $label,
            meaning: $meaning,
            kind: $kind,
            example: $example,
        },)*];
    };
}

settings! {
    "connection.persistent" "connection" "Persistent connections" Kind::Bool,
        "Whether connections serve more than one request.", "false";
    "connection.announce" "connection" "Announce to" Kind::Choice(&["always", "asked", "http10"]),
        "Whose replies say that the connection is kept: all, those to requests that asked for it, or those to HTTP/1.0.",
        "asked";
    "connection.fields.keep" "connection" "Said when kept" Kind::Lines,
        "The field lines for a connection that is kept. They are text only: the idle timeout is another setting.",
        "Keep-Alive: timeout=5";
    "connection.fields.close" "connection" "Said when closed" Kind::Lines,
        "The field lines for a connection that ends with this reply.", "Connection: close";
    "connection.max_requests" "connection" "Most requests" Kind::Count,
        "After how many requests a connection is ended; 0 for no limit.", "100";
    "timers.idle" "rest" "Idle timeout" Kind::Span,
        "How long a connection may rest after a reply before the server ends it.", "10s";
    "timers.unused" "rest" "Unused timeout" Kind::Span,
        "How long a connection on which nothing has been received is kept.", "60s";
    "files.etag" "caching" "ETag" Kind::Text,
        "The entity tag, as a template; empty for none.", "\"{mtime:x}-{size:x}\"";
    "fields.Last-Modified" "caching" "Last-Modified" Kind::Field,
        "What responses about a file say in this field; empty to leave it out.", "{last_modified}";
    "fields.Cache-Control" "caching" "Cache-Control" Kind::Field,
        "What responses about a file say in this field; empty to leave it out.", "max-age=60";
    "fields.Accept-Ranges" "caching" "Accept-Ranges" Kind::Field,
        "What responses about a file say in this field; empty to leave it out. Text only: the next setting decides.", "none";
    "range.enabled" "caching" "Ranges" Kind::Bool,
        "Whether a Range field is looked at.", "false";
    "close.default" "close" "How connections are closed" STYLES,
        "What the end of a connection looks like, for every reason that the profile does not name.", "rst";
    "close.idle" "close" "How an idle connection is closed" STYLES,
        "What the end looks like when no further request came in time.", "rst";
    "writes.chunk_size" "writes" "Piece" Kind::Size,
        "How many bytes of a file are written at a time.", "4KiB";
    "writes.pause" "writes" "Pause between pieces" Kind::Span,
        "How long the server waits between the pieces of a file.", "100ms";
    "writes.delay" "writes" "Delay before the head" Kind::Span,
        "How long a reply waits before its first byte.", "1s";
    "writes.body_delay" "writes" "Delay before the body" Kind::Span,
        "How long a reply waits between its head and its body.", "1s";
    "writes.nodelay" "writes" "Nagle's algorithm off" Kind::Bool,
        "Whether small writes leave at once (TCP_NODELAY); holds for connections accepted from now on.", "true";
}

/// The setting of this key.
pub(super) fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The known key nearest to `key`, if any is near.
pub(super) fn near(key: &str) -> Option<&'static str> {
    labserve_core::profile::near(key, SETTINGS.iter().map(|setting| setting.key))
}

impl Setting {
    /// What a page must know of it, where `value` is in force and `profile` is the profile's own.
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
            "label": self.label,
            "meaning": self.meaning,
            "type": kind,
            "options": options,
            "example": self.example,
            "differs": value != profile,
            "value": value,
            "profile": profile,
        })
    }

    /// Its value in a profile, whose keys with their defaults are `effective`.
    pub(super) fn value_in(&self, effective: &Table, profile: &Profile) -> Value {
        let found = find(effective, &self.path());
        match (self.kind, found) {
            (Kind::Field, Some(toml::Value::String(text))) => text.as_str().into(),
            (Kind::Field, _) => self.field_of(profile).map_or(Value::Null, Value::from),
            (_, Some(value)) => serde_json::to_value(value).unwrap_or(Value::Null),
            // A style for one reason that is not named is the default's.
            (Kind::Choice(_), None) if self.key.starts_with("close.") => find(effective, &["close", "default"])
                .and_then(|style| serde_json::to_value(style).ok())
                .unwrap_or(Value::Null),
            (_, None) => "".into(),
        }
    }

    /// The field as the profile's own response says it.
    fn field_of<'p>(&self, profile: &'p Profile) -> Option<&'p str> {
        let name = self.key.rsplit('.').next()?;
        profile.responses.get(profile.responses.ok()).lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Writes a value into `changes`.
    ///
    /// # Errors
    /// What was expected, if it is of another kind. Whether it makes sense is the profile's to say.
    pub(super) fn write(&self, value: &Value, changes: &mut Table) -> Result<(), String> {
        let text = || value.as_str().map(|text| toml::Value::String(text.to_owned()));
        let (written, expected) = match self.kind {
            Kind::Bool => (value.as_bool().map(toml::Value::Boolean), "true or false"),
            Kind::Count => (
                value
                    .as_u64()
                    .and_then(|n| i64::try_from(n).ok())
                    .map(toml::Value::Integer),
                "a number that is not negative",
            ),
            Kind::Lines => (
                value
                    .as_array()
                    .and_then(|lines| {
                        lines
                            .iter()
                            .map(|line| line.as_str().map(|line| toml::Value::String(line.to_owned())))
                            .collect()
                    })
                    .map(toml::Value::Array),
                "a list of texts",
            ),
            Kind::Span => (text(), "a text such as \"10ms\", \"5s\", \"2m\", \"1h\" or \"never\""),
            Kind::Size => (text(), "a text such as \"8190\", \"64KiB\" or \"2MiB\""),
            Kind::Choice(_) | Kind::Text | Kind::Field => (text(), "a text"),
        };
        let written = written.ok_or_else(|| format!("expected {expected}, got {value}"))?;
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

    /// Takes it out of `changes`: the profile's own value holds again.
    pub(super) fn take_out(&self, changes: &mut Table) {
        let path: Vec<&str> = self.key.split('.').collect();
        take_out(changes, &path);
    }

    /// The tables and the key that its value stands in.
    fn path(&self) -> Vec<&'static str> {
        let mut path: Vec<&str> = self.key.split('.').collect();
        if path[0] == "timers" {
            path.push("after");
        }
        path
    }
}

fn find<'t>(table: &'t Table, path: &[&str]) -> Option<&'t toml::Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?;
    match (value, rest) {
        (value, []) => Some(value),
        (toml::Value::Table(inner), rest) => find(inner, rest),
        _ => None,
    }
}

/// Takes the key out, and the tables that are left empty.
fn take_out(table: &mut Table, path: &[&str]) {
    match path {
        [] => {}
        [last] => {
            table.remove(*last);
        }
        [first, rest @ ..] => {
            if let Some(toml::Value::Table(inner)) = table.get_mut(*first) {
                take_out(inner, rest);
                if inner.is_empty() {
                    table.remove(*first);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use labserve_core::profile::builtin;
    use labserve_core::profile::layers::{BuiltIns, Layer, Stack};

    fn value(key: &str, stack: &Stack) -> Value {
        let effective = stack.effective().expect("a profile");
        setting(key)
            .expect(key)
            .value_in(&effective, &stack.build().expect("a profile"))
    }

    #[test]
    fn every_setting_has_a_value_in_every_profile_and_takes_it_back() {
        for name in builtin::names() {
            let stack = Stack::load(name, &BuiltIns).expect(name);
            let profile = stack.build().expect(name);
            let effective = stack.effective().expect(name);
            for setting in SETTINGS {
                let value = setting.value_in(&effective, &profile);
                if value.is_null() {
                    assert_eq!(setting.kind, Kind::Field, "{name} {}", setting.key);
                    continue;
                }
                let mut changes = Table::new();
                setting
                    .write(&value, &mut changes)
                    .unwrap_or_else(|why| panic!("{name} {}: {why}", setting.key));
                let layer = Layer::from_table("a change", &changes).expect(setting.key);
                let changed = stack.clone().over(layer);
                let (keys, built) = (changed.effective().expect(name), changed.build().expect(name));
                assert_eq!(setting.value_in(&keys, &built), value, "{name} {}", setting.key);
                // A field goes into responses that did not have it, a style to a reason that was not named.
                if setting.kind != Kind::Field && setting.key != "close.idle" {
                    assert!(built == profile, "{name} {}", setting.key);
                }
                setting.take_out(&mut changes);
                assert!(changes.is_empty(), "{} leaves {changes}", setting.key);
            }
        }
    }

    #[test]
    fn a_changed_timer_keeps_what_is_said_when_it_runs_out() {
        let stack = Stack::load("node", &BuiltIns).expect("node");
        let mut changes = Table::new();
        setting("timers.unused")
            .expect("a setting")
            .write(&"7s".into(), &mut changes)
            .expect("a span");
        let changed = stack.clone().over(Layer::from_table("x", &changes).expect("keys"));
        assert_eq!(value("timers.unused", &changed), "7s");
        assert_eq!(value("timers.unused", &stack), "60s");
        let says = |stack: &Stack| stack.build().expect("a profile").connection.timers.unused.say;
        assert!(says(&changed).is_some() && says(&changed) == says(&stack));
    }

    #[test]
    fn fields_are_those_of_the_response() {
        let stack = Stack::load("node", &BuiltIns).expect("node");
        assert_eq!(value("fields.Cache-Control", &stack), "public, max-age=0");
        let over = Layer::from_assignment("fields.Cache-Control=\"\"").expect("a key");
        assert_eq!(value("fields.Cache-Control", &stack.over(over)), "");
    }

    #[test]
    fn the_page_knows_every_setting_in_the_same_words() {
        let table = include_str!("web/messages.js");
        for setting in SETTINGS {
            for (key, words) in [("", setting.label), (".about", setting.meaning)] {
                let line = format!("\"setting.{}{key}\": [\"{words}\", \"", setting.key);
                assert!(table.contains(&line), "messages.js lacks {line}");
            }
        }
    }

    #[test]
    fn a_value_of_another_kind_is_explained() {
        for (key, bad) in [
            ("connection.persistent", json!("yes")),
            ("connection.max_requests", json!(-1)),
            ("connection.fields.keep", json!("Connection: close")),
            ("connection.fields.keep", json!([1])),
            ("timers.idle", json!(5)),
            ("files.etag", json!({})),
        ] {
            let done = setting(key).expect(key).write(&bad, &mut Table::new());
            assert!(done.is_err_and(|why| why.starts_with("expected")), "{key} {bad}");
        }
        assert_eq!(near("timer.idle"), Some("timers.idle"));
    }
}
