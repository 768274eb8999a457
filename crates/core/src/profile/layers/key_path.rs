//! A key with its tables, as `--set` and the API name it.

use super::layer::takes_text;
use crate::profile::check;
use crate::profile::schema::{Kind, Schema};
use toml::{Table, Value};

/// A key with its tables: `timers.idle`, `response."200 HEAD".body`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// Parses a key; `None` if it is not a valid key of TOML. It need not be a key that profiles have.
    pub fn parse(text: &str) -> Option<Self> {
        // Characters that could end the key are not allowed in it.
        if text.contains(['=', '#', '\n', '\r']) {
            return None;
        }
        let mut value = Value::Table(toml::from_str(&format!("{text} = 0\n")).ok()?);
        let mut path = Vec::new();
        while let Value::Table(table) = value {
            let (name, inner) = table.into_iter().next()?;
            path.push(name);
            value = inner;
        }
        Some(Self(path))
    }

    /// Whether profiles have this key.
    pub fn exists(&self) -> bool {
        self.kind().is_some()
    }

    /// The message for a key that does not exist, with the key that was probably meant.
    pub fn unknown(&self) -> String {
        check::no_key(Schema::profile(), &self.0)
    }

    /// Whether its value is text, so that a number needs no quotes.
    pub(super) fn takes_text(&self) -> bool {
        self.kind().is_some_and(takes_text)
    }

    fn kind(&self) -> Option<&'static Kind> {
        let path: Vec<&str> = self.0.iter().map(String::as_str).collect();
        Schema::profile().kind(&path)
    }

    /// The key at which a value other than a table is stored without replacing the other keys of the key's table:
    /// `after` for the time of a timer, and the long form for a short form.
    #[must_use]
    pub fn of_value(&self) -> Self {
        let inner = match self.kind() {
            Some(Kind::Timer(_)) => "after",
            Some(Kind::Short(name, _)) => name,
            _ => return self.clone(),
        };
        Self(self.0.iter().cloned().chain([inner.to_owned()]).collect())
    }

    /// The key and its tables, separated by dots and without quotes, as in reports of differences.
    pub fn plain(&self) -> String {
        self.0.join(".")
    }

    /// The value at this path.
    pub fn find<'t>(&self, table: &'t Table) -> Option<&'t Value> {
        let (last, tables) = self.0.split_last()?;
        let mut table = table;
        for name in tables {
            table = table.get(name)?.as_table()?;
        }
        table.get(last)
    }

    /// Writes a value to this path. A value on the path that should be a table but is not is replaced.
    pub fn insert(&self, table: &mut Table, value: Value) {
        let Some((last, tables)) = self.0.split_last() else {
            return;
        };
        let mut table = table;
        for name in tables {
            let inner = table.entry(name.as_str()).or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            let Value::Table(inner) = inner else {
                return;
            };
            table = inner;
        }
        table.insert(last.clone(), value);
    }

    /// Removes the value at this path, and every table that becomes empty.
    pub fn remove(&self, table: &mut Table) {
        remove(table, &self.0);
    }
}

fn remove(table: &mut Table, path: &[String]) {
    match path {
        [] => {}
        [last] => {
            table.remove(last);
        }
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(first) {
                remove(inner, rest);
                if inner.is_empty() {
                    table.remove(first);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_toml_reads_them() {
        for (text, want) in [
            ("timers.idle", Some("timers|idle")),
            (" response.\"200 HEAD\".body ", Some("response|200 HEAD|body")),
            ("response.'a.b'.body", Some("response|a.b|body")),
            ("response.404", Some("response|404")),
            ("", None),
            ("a b", None),
            ("timers.", None),
            ("[timers]\nidle", None),
            ("a = 1\nb", None),
            ("a = 0 #", None),
        ] {
            let path = KeyPath::parse(text).map(|path| path.0.join("|"));
            assert_eq!(path.as_deref(), want, "{text:?}");
        }
    }

    #[test]
    fn a_value_is_stored_where_it_leaves_the_rest_of_its_table() {
        for (text, want) in [
            ("timers.idle", "timers.idle.after"),
            ("timers.idle.after", "timers.idle.after"),
            ("types", "types.base"),
            ("faults.field.fold", "faults.field.fold.other"),
            ("faults.version.minor", "faults.version.minor"),
            ("methods.POST", "methods.POST"),
        ] {
            let path = KeyPath::parse(text).expect(text);
            assert!(path.exists(), "{text}");
            assert_eq!(path.of_value().plain(), want, "{text}");
        }
    }

    #[test]
    fn a_key_that_does_not_exist_is_answered_with_the_one_that_was_meant() {
        for (text, part) in [
            ("timer.idle", "did you mean `timers.idle`?"),
            ("timers.idel", "did you mean `timers.idle`?"),
            ("idle", "did you mean `close.idle` or `timers.idle`?"),
            ("conection.persistant", "did you mean `connection.persistent`?"),
            ("connection.max_request", "did you mean `connection.max_requests`?"),
            ("response.404.hed", "did you mean `response.404.head`?"),
            (
                "keepalive_timeout",
                "`timers.idle` does what this does in other servers",
            ),
            ("head.line", "`head.line` is called `limits.request_line`"),
            ("timers.qqq", "[timers] has body, "),
            ("timers.idle.after.x", "there is no key `timers.idle.after.x`"),
            ("qqq", "`labserve profiles --schema` lists all"),
        ] {
            let path = KeyPath::parse(text).expect(text);
            assert!(!path.exists(), "{text}");
            assert!(path.unknown().contains(part), "{text}: {}", path.unknown());
        }
    }

    #[test]
    fn values_are_found_written_and_removed() {
        let path = KeyPath::parse("a.b.c").expect("a key");
        let mut table = Table::from_iter([("a".to_owned(), 1.into())]);
        assert_eq!(path.find(&table), None);
        path.insert(&mut table, 5.into());
        assert_eq!(path.find(&table).and_then(Value::as_integer), Some(5));
        path.remove(&mut table);
        assert!(table.is_empty());
    }
}
