//! The keys of a profile and the values that they may have, read from the schema.
//!
//! No key is listed here. The schema defines the kinds of values; numbers, sizes, times and lists come from the
//! built-in profiles and from what the cases send.

use super::companions::companions;
use labserve_core::profile::units::OFF;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use toml::{Table, Value};

/// A key that may be changed.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Its tables and its name.
    pub(super) path: Vec<String>,
    pub(super) kind: Kind,
}

/// Which values a key may have.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// One of these.
    OneOf(Vec<Value>),
    /// A number, such as one of these, within limits.
    Number { values: Vec<Value>, least: i64, most: i64 },
    /// The name of a response, or one of these words.
    Response(Vec<String>),
    /// The treatment of a method: a word, a response, or a table with a response.
    Rule { words: Vec<String>, forms: Vec<String> },
    /// A list: one of the lists in `whole`, or any selection of `members`.
    List { whole: Vec<Value>, members: Vec<String> },
    /// A time: one of these, or one that was observed.
    Time(Vec<Value>),
    /// A timer: a time, or a table with one of the words for the event from which it counts.
    Timer { values: Vec<Value>, since: Vec<String> },
}

/// The keys of a profile, in the order of the schema.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) keys: Vec<Key>,
    /// The keys of a response.
    of_response: Vec<Key>,
    /// The complete tables of the built-in profiles.
    pub(super) blocks: Vec<Table>,
    companions: OnceLock<BTreeMap<Vec<String>, Key>>,
}

/// Numbers that are typical limits.
const LADDER: &[i64] = &[
    0,
    1,
    2,
    3,
    4,
    5,
    8,
    10,
    16,
    20,
    32,
    50,
    64,
    100,
    128,
    200,
    255,
    256,
    500,
    512,
    1000,
    1024,
    2000,
    2048,
    4096,
    8000,
    8190,
    8192,
    10_000,
    16_384,
    32_768,
    65_535,
    65_536,
    100_000,
    131_072,
    1 << 20,
    1 << 30,
];

/// Determines the kind of a key from the schema.
struct Reader<'s> {
    schema: &'s Json,
    /// The built-in profiles.
    known: &'s [Table],
    /// The words that requests start with.
    words: &'s BTreeSet<String>,
}

impl Key {
    /// The response to which the key belongs, if any.
    pub(super) fn response(&self) -> Option<&str> {
        match self.path.as_slice() {
            [table, name, _] if table == RESPONSE => Some(name),
            _ => None,
        }
    }
}

impl Space {
    /// Reads the schema. `known` are the built-in profiles, `words` the first words of the requests in the cases.
    pub(super) fn new(schema: &str, known: &[Table], words: &BTreeSet<String>) -> Self {
        let schema: Json = serde_json::from_str(schema).unwrap_or_default();
        let reader = Reader {
            schema: &schema,
            known,
            words,
        };
        let mut keys = Vec::new();
        reader.table(&schema, &mut Vec::new(), &mut keys);
        // Responses are tables with arbitrary names, and all have the same keys.
        let (of_response, keys): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.path[0] == RESPONSE);
        Self {
            companions: OnceLock::new(),
            keys,
            of_response,
            blocks: known.to_vec(),
        }
    }

    /// The keys that are not valid alone, each with one that it needs.
    pub(super) fn companions(&self) -> &BTreeMap<Vec<String>, Key> {
        self.companions.get_or_init(|| companions(&self.keys))
    }

    /// The keys of all responses with these names.
    pub(super) fn of_responses<'s>(&'s self, names: &'s [String]) -> impl Iterator<Item = Key> + 's {
        names.iter().flat_map(|name| {
            self.of_response.iter().map(move |key| Key {
                path: vec![RESPONSE.to_owned(), name.clone(), key.path[2].clone()],
                kind: key.kind.clone(),
            })
        })
    }
}

/// The table of the responses.
pub(super) const RESPONSE: &str = "response";

impl Reader<'_> {
    fn table(&self, table: &Json, path: &mut Vec<String>, keys: &mut Vec<Key>) {
        let named = table["properties"].as_object();
        for (name, key) in named.into_iter().flatten() {
            path.push(name.clone());
            self.key(key, path, keys);
            path.pop();
        }
        let others = &table["additionalProperties"];
        if !others.is_object() {
            return;
        }
        for name in self.names(table, path) {
            path.push(name);
            self.key(others, path, keys);
            path.pop();
        }
    }

    /// The names that keys of an open table may have.
    fn names(&self, table: &Json, path: &[String]) -> BTreeSet<String> {
        if path == [RESPONSE] {
            return BTreeSet::from(["*".to_owned()]);
        }
        let mut names: BTreeSet<String> = self
            .values(path)
            .filter_map(Value::as_table)
            .flat_map(|table| table.keys().cloned())
            .collect();
        if table["propertyNames"].is_object() {
            names.extend(self.words.iter().cloned());
        }
        names
    }

    /// The values of a key in the built-in profiles.
    fn values<'r>(&'r self, path: &'r [String]) -> impl Iterator<Item = &'r Value> {
        self.known.iter().filter_map(move |table| get(table, path))
    }

    /// The same values without duplicates.
    fn distinct(&self, path: &[String]) -> Vec<Value> {
        let mut distinct: Vec<Value> = Vec::new();
        for value in self.values(path) {
            if !distinct.contains(value) {
                distinct.push(value.clone());
            }
        }
        distinct
    }

    fn key(&self, key: &Json, path: &mut Vec<String>, keys: &mut Vec<Key>) {
        let inner = key["allOf"].get(0).unwrap_or(key);
        let name = inner["$ref"]
            .as_str()
            .and_then(|name| name.strip_prefix("#/definitions/"));
        let definition = name.map_or(inner, |name| &self.schema["definitions"][name]);
        // The key has a short form: a single value instead of a table. Only the table has all of its keys.
        if definition["x-short"].is_string() {
            let forms = definition["anyOf"].as_array().into_iter().flatten();
            let is_table = |form: &&Json| form["type"] == "object" || self.target(form)["type"] == "object";
            for form in forms.filter(is_table) {
                self.key(form, path, keys);
            }
            return;
        }
        let is_open_text = definition["properties"].is_null()
            && definition["additionalProperties"]["type"]
                .as_str()
                .is_some_and(|kind| kind == "string");
        if definition["type"] == "object" && !is_open_text {
            // Some keys have a meaning only together.
            let whole = self.distinct(path);
            if path.len() > 1 && !whole.is_empty() && path[0] != RESPONSE {
                keys.push(Key {
                    path: path.clone(),
                    kind: Kind::OneOf(whole),
                });
            }
            self.table(definition, path, keys);
            return;
        }
        if let Some(kind) = self.kind(definition, name, path) {
            keys.push(Key {
                path: path.clone(),
                kind,
            });
        }
    }

    /// The definition that `form` refers to.
    fn target(&self, form: &Json) -> &Json {
        let name = form["$ref"]
            .as_str()
            .and_then(|name| name.strip_prefix("#/definitions/"));
        name.map_or(&Json::Null, |name| &self.schema["definitions"][name])
    }

    fn kind(&self, definition: &Json, name: Option<&str>, path: &[String]) -> Option<Kind> {
        let texts = |list: &Json| -> Vec<String> {
            let all = list.as_array().into_iter().flatten();
            all.filter_map(Json::as_str).map(str::to_owned).collect()
        };
        let known = || self.distinct(path);
        Some(match name {
            Some("response") => Kind::Response(Vec::new()),
            Some("rule") => self.rule(definition),
            Some("bytes") => self.number(known(), 0, i64::MAX),
            Some("count" | "limit") => {
                let mut values = known();
                values.push(Value::from(OFF));
                self.number(values, 1, i64::MAX)
            }
            Some(name @ ("time" | "timer")) => {
                let mut values = known();
                values.push(Value::from(OFF));
                let since = &self.schema["definitions"]["Since"]["oneOf"];
                match name {
                    "time" => Kind::Time(values),
                    _ => Kind::Timer {
                        values,
                        since: since
                            .as_array()
                            .into_iter()
                            .flatten()
                            .filter_map(|one| Some(one["const"].as_str()?.to_owned()))
                            .collect(),
                    },
                }
            }
            _ if definition["oneOf"].is_array() => {
                let all = definition["oneOf"].as_array().into_iter().flatten();
                Kind::OneOf(
                    all.flat_map(|one| {
                        one["const"]
                            .as_str()
                            .map(str::to_owned)
                            .into_iter()
                            .chain(texts(&one["enum"]))
                    })
                    .map(Value::from)
                    .collect(),
                )
            }
            _ if definition["anyOf"].is_array() => Kind::Response(
                definition["anyOf"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .flat_map(|one| texts(&one["enum"]))
                    .collect(),
            ),
            _ => match definition["type"].as_str()? {
                "boolean" => Kind::OneOf(vec![Value::from(false), Value::from(true)]),
                "integer" => {
                    let limit = |key: &str| definition[key].as_i64();
                    self.number(
                        known(),
                        limit("minimum").unwrap_or(0),
                        limit("maximum").unwrap_or(i64::MAX),
                    )
                }
                "array" => {
                    let whole = known();
                    let lists = whole.iter().filter_map(Value::as_array).flatten();
                    let members: BTreeSet<String> = lists.filter_map(Value::as_str).map(str::to_owned).collect();
                    Kind::List {
                        members: members.into_iter().collect(),
                        whole,
                    }
                }
                _ => {
                    let values = known();
                    if values.is_empty() || path.len() < 2 || path[0] == RESPONSE {
                        return None;
                    }
                    Kind::OneOf(values)
                }
            },
        })
    }

    fn number(&self, known: Vec<Value>, least: i64, most: i64) -> Kind {
        let mut values = known;
        for number in LADDER.iter().filter(|number| (least..=most).contains(number)) {
            let value = Value::from(*number);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Kind::Number { values, least, most }
    }

    fn rule(&self, definition: &Json) -> Kind {
        let forms = definition["anyOf"].as_array().into_iter().flatten();
        let (mut words, mut names) = (Vec::new(), Vec::new());
        for form in forms {
            let fixed = form["enum"].as_array().into_iter().flatten();
            words.extend(fixed.filter_map(Json::as_str).map(str::to_owned));
            names.extend(
                form["properties"]
                    .as_object()
                    .into_iter()
                    .flat_map(|keys| keys.keys().cloned()),
            );
        }
        Kind::Rule { words, forms: names }
    }
}

/// The value at a path.
pub(super) fn get<'t>(table: &'t Table, path: &[String]) -> Option<&'t Value> {
    let (last, tables) = path.split_last()?;
    let mut at = table;
    for name in tables {
        at = at.get(name)?.as_table()?;
    }
    at.get(last)
}

/// Sets the value at a path, or removes it together with tables that become empty.
pub(super) fn set(table: &mut Table, path: &[String], value: Option<Value>) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        match value {
            Some(value) => table.insert(first.clone(), value),
            None => table.remove(first),
        };
        return;
    }
    if value.is_none() && !table.get(first).is_some_and(Value::is_table) {
        return;
    }
    let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
    // The existing value may be the short form instead of a table.
    if !inner.is_table() {
        *inner = Value::Table(Table::new());
    }
    if let Value::Table(inner) = inner {
        set(inner, rest, value);
        if inner.is_empty() {
            table.remove(first);
        }
    }
}
