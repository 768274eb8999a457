//! What a schema says about the keys of a file, in a form that a check can follow.

use super::json;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use toml::Value;

/// The keys of a kind of file.
#[derive(Debug)]
pub struct Schema {
    pub(in crate::profile) root: Keys,
}

/// The keys of a table.
#[derive(Clone, Debug, Default)]
pub(in crate::profile) struct Keys {
    pub(in crate::profile) named: BTreeMap<String, Key>,
    /// The key for all other names; `None` if no other names are allowed.
    pub(in crate::profile) others: Option<Box<Key>>,
    /// The keys that must be there.
    pub(in crate::profile) required: Vec<String>,
}

/// A key.
#[derive(Clone, Debug)]
pub(in crate::profile) struct Key {
    pub(in crate::profile) kind: Kind,
    /// A value that serves as an example.
    pub(in crate::profile) sample: Option<Value>,
}

/// The values of a key.
#[derive(Clone, Debug)]
pub(in crate::profile) enum Kind {
    Flag,
    Number {
        least: i64,
        most: i64,
    },
    /// A number from 1, or `"off"`.
    Count,
    /// A number of bytes from 1, or `"off"`.
    SizeLimit,
    Text,
    /// Text that is not empty, or `"off"`.
    TextOrOff,
    /// Text, or a number without quotes.
    TextOrNumber,
    Choice(Vec<String>),
    Time,
    Bytes,
    Template,
    Response,
    /// A time, or a table.
    Timer(Keys),
    /// `"serve"`, a response, or a table of one.
    Rule(Keys),
    List(Box<Self>),
    Table(Keys),
    /// A table that may also be written as the value of its key with this name.
    Short(String, Keys),
}

static PROFILE: LazyLock<Schema> = LazyLock::new(|| Schema::read(super::TEXT));

impl Schema {
    /// The schema of profiles.
    pub fn profile() -> &'static Self {
        &PROFILE
    }

    /// Reads a schema that was generated: [`super::TEXT`] or another with the same definitions.
    ///
    /// # Panics
    /// If it is not one.
    #[expect(clippy::unreachable, reason = "its texts are files of the program, which tests read")]
    pub fn read(text: &str) -> Self {
        let schema = json::read(text).unwrap_or_else(|| unreachable!("a generated schema is JSON"));
        let reader = Reader { schema: &schema };
        Self {
            root: reader.keys(&schema),
        }
    }

    /// The number of keys at the top of `text` that the schema has. The text may have mistakes.
    pub fn known(&self, text: &str) -> usize {
        let (document, _) = toml::de::DeTable::parse_recoverable(text);
        let names = document.get_ref().keys();
        names
            .filter(|name| self.root.named.contains_key(&**name.get_ref()))
            .count()
    }

    /// The kind of the key with this path.
    pub(in crate::profile) fn kind(&self, path: &[&str]) -> Option<&Kind> {
        let (last, tables) = path.split_last()?;
        let mut keys = &self.root;
        for table in tables {
            keys = keys.get(table)?.kind.keys()?;
        }
        keys.get(last).map(|key| &key.kind)
    }
}

impl Keys {
    pub(in crate::profile) fn get(&self, name: &str) -> Option<&Key> {
        self.named.get(name).or(self.others.as_deref())
    }
}

impl Kind {
    /// The keys of its table, if it is one or may be.
    pub(in crate::profile) fn keys(&self) -> Option<&Keys> {
        match self {
            Self::Table(keys) | Self::Timer(keys) | Self::Rule(keys) | Self::Short(_, keys) => Some(keys),
            _ => None,
        }
    }
}

/// Reads a schema and follows its references.
struct Reader<'s> {
    schema: &'s Value,
}

impl<'s> Reader<'s> {
    fn keys(&self, table: &Value) -> Keys {
        let named = table.get("properties").and_then(Value::as_table);
        let others = table.get("additionalProperties").filter(|inner| inner.is_table());
        Keys {
            named: named
                .into_iter()
                .flatten()
                .map(|(name, key)| (name.clone(), self.key(key)))
                .collect(),
            others: others.map(|inner| Box::new(self.key(inner))),
            required: texts(table.get("required")),
        }
    }

    fn key(&self, value: &Value) -> Key {
        let kind = self.kind(value);
        // The default of most keys is that nothing happens, which does not serve as an example.
        let serves = matches!(kind, Kind::Flag | Kind::Choice(_) | Kind::Bytes | Kind::Response);
        let sample = value.get("examples").and_then(|all| all.get(0));
        Key {
            sample: sample.or_else(|| value.get("default").filter(|_| serves)).cloned(),
            kind,
        }
    }

    fn definition(&self, name: &str) -> &'s Value {
        &self.schema["definitions"][name]
    }

    fn kind(&self, value: &Value) -> Kind {
        let inner = value.get("allOf").and_then(|all| all.get(0));
        let reference = inner.unwrap_or(value).get("$ref").and_then(Value::as_str);
        if let Some(name) = reference.and_then(|reference| reference.strip_prefix("#/definitions/")) {
            return match name {
                "time" => Kind::Time,
                "bytes" => Kind::Bytes,
                "count" => Kind::Count,
                "limit" => Kind::SizeLimit,
                "text" => Kind::TextOrOff,
                "template" => Kind::Template,
                "response" => Kind::Response,
                "timer" => Kind::Timer(self.keys(self.definition("Timer"))),
                "rule" => Kind::Rule(self.rule()),
                name => self.kind(self.definition(name)),
            };
        }
        if let Some(inner) = inner {
            return self.kind(inner);
        }
        if let Some(name) = value.get("x-short").and_then(Value::as_str) {
            let forms = value.get("anyOf").and_then(Value::as_array).into_iter().flatten();
            let table = forms.map(|form| self.kind(form)).find_map(|kind| match kind {
                Kind::Table(keys) => Some(keys),
                _ => None,
            });
            return Kind::Short(name.to_owned(), table.unwrap_or_default());
        }
        let of = |key: &str| value.get(key).and_then(Value::as_array);
        if let Some(all) = of("oneOf") {
            return Kind::Choice(all.iter().flat_map(choices).collect());
        }
        // Keywords, or a response.
        if of("anyOf").is_some() {
            return Kind::Response;
        }
        let limit = |key: &str, none: i64| value.get(key).and_then(Value::as_integer).unwrap_or(none);
        match value.get("type").and_then(Value::as_str) {
            Some("boolean") => Kind::Flag,
            Some("integer") => Kind::Number {
                least: limit("minimum", i64::MIN),
                most: limit("maximum", i64::MAX),
            },
            Some("array") => Kind::List(Box::new(self.kind(&value["items"]))),
            Some("object") => Kind::Table(self.keys(value)),
            _ if of("type").is_some() => Kind::TextOrNumber,
            _ if value.get("enum").is_some() => Kind::Choice(choices(value)),
            _ => Kind::Text,
        }
    }

    /// The keys of the tables that a rule may be.
    fn rule(&self) -> Keys {
        let forms = self.definition("rule")["anyOf"].as_array();
        let tables = forms
            .into_iter()
            .flatten()
            .filter(|form| form.get("properties").is_some());
        Keys {
            named: tables.flat_map(|table| self.keys(table).named).collect(),
            others: None,
            required: Vec::new(),
        }
    }
}

/// The texts of a list.
fn texts(list: Option<&Value>) -> Vec<String> {
    let all = list.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// The values that one alternative of an enumeration allows.
fn choices(value: &Value) -> Vec<String> {
    let one = value.get("const").and_then(Value::as_str).map(str::to_owned);
    one.into_iter().chain(texts(value.get("enum"))).collect()
}
