//! Changes of keys to try.

use super::space::{self, Key, Kind, RESPONSE, Space};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// A change of one or more keys: each gets a value, or loses its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Move(pub(super) Vec<(Vec<String>, Option<Value>)>);

impl Move {
    fn one(path: &[String], value: Option<Value>) -> Self {
        Self(vec![(path.to_vec(), value)])
    }

    /// The keys with the change; `None` if it changes nothing.
    pub(super) fn on(&self, keys: &Table) -> Option<Table> {
        let is_new = |(path, value): &(Vec<String>, Option<Value>)| space::get(keys, path) != value.as_ref();
        if !self.0.iter().any(is_new) {
            return None;
        }
        let mut keys = keys.clone();
        for (path, value) in &self.0 {
            space::set(&mut keys, path, value.clone());
        }
        Some(keys)
    }
}

/// What the values of keys depend on, in addition to their kind.
#[derive(Debug)]
pub(super) struct Options<'o> {
    /// The keys that the profile inherits from the one that it extends.
    pub(super) base: &'o Table,
    /// The responses that a key may name.
    pub(super) names: &'o [String],
    pub(super) statuses: BTreeMap<String, u16>,
    /// The lengths of what the failing cases send.
    pub(super) lengths: &'o [i64],
    /// The times after which the server acted in these cases.
    pub(super) times: &'o [String],
    /// The names that these cases send, such as those of fields.
    pub(super) members: &'o [String],
    /// Keys that are not valid alone, each with one that it needs.
    pub(super) companions: &'o BTreeMap<Vec<String>, Key>,
}

/// Changes that are tried together.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) changes: Vec<Move>,
    /// Whether only cases that noticed an earlier change can notice these.
    pub(super) narrowed: bool,
    /// Whether they are ordered, so that what two of them have in common also holds for all between them.
    pub(super) ordered: bool,
    /// Whether they add members to a list, or remove them, so that several can be combined.
    pub(super) joinable: bool,
}

/// All changes of one key, each with one of the key that it needs.
pub(super) fn rounds(key: &Key, keys: &Table, options: &Options<'_>) -> Vec<Round> {
    let rounds = alone(key, keys, options);
    match options.companions.get(&key.path) {
        Some(companion) if space::get(keys, &companion.path).is_none() => {
            let others = alone(companion, keys, options);
            let others: Vec<Move> = others.into_iter().flat_map(|round| round.changes).collect();
            together(rounds, &others)
        }
        _ => rounds,
    }
}

/// Combines each change with one of these others. Which one does not affect which cases notice it.
fn together(rounds: Vec<Round>, others: &[Move]) -> Vec<Round> {
    let with = |round: &Round, other: &Move, narrowed: bool| Round {
        changes: round
            .changes
            .iter()
            .map(|change| Move([other.0.clone(), change.0.clone()].concat()))
            .collect(),
        narrowed,
        ..*round
    };
    let (Some(first), Some(probes), Some(all)) = (others.first(), rounds.first(), rounds.last()) else {
        return rounds;
    };
    let mut paired = vec![with(probes, first, false)];
    paired.extend(others.iter().map(|other| with(all, other, true)));
    paired
}

/// All changes of one key.
fn alone(key: &Key, keys: &Table, options: &Options<'_>) -> Vec<Round> {
    let now = space::get(keys, &key.path);
    let changes = |values: Vec<Value>| -> Vec<Move> {
        values
            .into_iter()
            .filter(|value| Some(value) != now)
            .map(|value| Move::one(&key.path, Some(value)))
            .collect()
    };
    let first: Vec<Move> = now
        .map(|_| Move::one(&key.path, space::get(options.base, &key.path).cloned()))
        .into_iter()
        .collect();
    match &key.kind {
        Kind::OneOf(values) => vec![Round::probe([first, changes(values.clone())].concat())],
        Kind::Time(values) => {
            let observed = options.times.iter().map(|time| Value::from(time.as_str())).collect();
            vec![Round::probe(
                [first, changes(values.clone()), changes(observed)].concat(),
            )]
        }
        Kind::Timer { values, since } => {
            let observed = options.times.iter().map(|time| Value::from(time.as_str())).collect();
            let probes = Round::probe([first, changes(values.clone()), changes(observed)].concat());
            vec![probes, Round::narrowed(changes(timers(since, options)))]
        }
        Kind::Number { values, least, most } => {
            let numbers = |all: &[i64]| {
                all.iter()
                    .filter(|n| (least..=most).contains(n))
                    .map(|n| Value::from(*n))
                    .collect()
            };
            let mut ordered: Vec<Value> = [values.clone(), numbers(options.lengths)].concat();
            // Words, such as `off`, come before all numbers.
            ordered.sort_by_key(|value| value.as_integer().or_else(|| bytes(value)));
            ordered.dedup();
            let probes = numbers(&[0, 1, 3, 100, 8000, 1 << 30]);
            vec![
                Round::probe([first, changes(probes)].concat()),
                Round {
                    ordered: true,
                    ..Round::narrowed(changes(ordered))
                },
            ]
        }
        Kind::List { whole, members } => {
            let list = now.and_then(Value::as_array).cloned().unwrap_or_default();
            let toggled = |member: &String| {
                let member = Value::from(member.as_str());
                let mut other = list.clone();
                match other.iter().position(|one| *one == member) {
                    Some(at) => _ = other.remove(at),
                    None => other.push(member),
                }
                Move::one(&key.path, Some(other.into()))
            };
            let sent = options.members.iter().filter(|name| !members.contains(name));
            let toggles = members.iter().chain(sent).map(toggled).collect();
            vec![
                Round {
                    joinable: true,
                    ..Round::probe(toggles)
                },
                Round::probe([first, changes(whole.clone())].concat()),
            ]
        }
        Kind::Response(words) => {
            let words = changes(words.iter().map(|word| Value::from(word.as_str())).collect());
            named(first, words, options, &|name| changes(vec![name]))
        }
        Kind::Rule { words, forms } => {
            let words = changes(words.iter().map(|word| Value::from(word.as_str())).collect());
            named(first, words, options, &|name| {
                let mut values = vec![name.clone()];
                values.extend(
                    forms
                        .iter()
                        .map(|form| Value::from(Table::from_iter([(form.clone(), name.clone())]))),
                );
                changes(values)
            })
        }
    }
}

/// The combined change of these changes of one list; `None` if there is only one.
pub(super) fn joined(key: &Key, keys: &Table, changes: &[&Move]) -> Option<Move> {
    if changes.len() < 2 {
        return None;
    }
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let now = list(space::get(keys, &key.path));
    let mut all = now.clone();
    for Move(edits) in changes {
        let changed = list(edits.first().and_then(|(_, value)| value.as_ref()));
        all.retain(|member| changed.contains(member) || !now.contains(member));
        for member in changed {
            if !now.contains(&member) && !all.contains(&member) {
                all.push(member);
            }
        }
    }
    Some(Move::one(&key.path, Some(all.into())))
}

/// The number of bytes that a text such as `8KiB` means.
fn bytes(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: i64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// Timers with the observed times: counted from each event, with and without a response at the end.
fn timers(since: &[String], options: &Options<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    let says: Vec<Option<&String>> = std::iter::once(None).chain(options.names.iter().map(Some)).collect();
    for time in options.times {
        for since in since {
            for say in &says {
                let mut timer = Table::from_iter([
                    ("after".to_owned(), Value::from(time.as_str())),
                    ("since".to_owned(), Value::from(since.as_str())),
                ]);
                if let Some(say) = say {
                    timer.insert("response".to_owned(), Value::from(say.as_str()));
                }
                all.push(timer.into());
            }
        }
    }
    all
}

impl Round {
    fn probe(changes: Vec<Move>) -> Self {
        Self {
            changes,
            narrowed: false,
            ordered: false,
            joinable: false,
        }
    }

    fn narrowed(changes: Vec<Move>) -> Self {
        Self {
            changes,
            narrowed: true,
            ordered: false,
            joinable: false,
        }
    }
}

/// Rounds for a key whose values are responses. Which cases notice the key does not depend on the response, so one word
/// and one response are enough to find them.
fn named(
    first: Vec<Move>,
    words: Vec<Move>,
    options: &Options<'_>,
    changes: &dyn Fn(Value) -> Vec<Move>,
) -> Vec<Round> {
    let (mut probes, mut others) = (first, Vec::new());
    probes.extend(words.first().cloned());
    others.extend(words.into_iter().skip(1));
    for (at, name) in options.names.iter().enumerate() {
        let name = name
            .parse::<i64>()
            .map_or_else(|_| Value::from(name.as_str()), Value::from);
        let mut all = changes(name);
        if at == 0 {
            probes.extend(all.pop());
        }
        others.extend(all);
    }
    vec![Round::probe(probes), Round::narrowed(others)]
}

/// The status of the response that a change names.
pub(super) fn status(change: &Move, options: &Options<'_>) -> Option<u16> {
    let (_, Some(value)) = change.0.first()? else {
        return None;
    };
    let name = match value {
        Value::Table(form) => form.values().next()?,
        value => value,
    };
    let name = name
        .as_integer()
        .map_or_else(|| name.as_str().map(str::to_owned), |number| Some(number.to_string()))?;
    options.statuses.get(&name).copied()
}

/// The tables of the built-in profiles, each as one change. Their responses may have other names: each is replaced by
/// the first of the same status.
pub(super) fn blocks(space: &Space, keys: &Table, options: &Options<'_>) -> Vec<Move> {
    let mut all: Vec<Move> = Vec::new();
    let tables: BTreeSet<&String> = space.blocks.iter().flat_map(|known| known.keys()).collect();
    for table in tables.into_iter().filter(|table| *table != RESPONSE) {
        for known in &space.blocks {
            let Some(Value::Table(theirs)) = known.get(table) else {
                continue;
            };
            let named: Vec<&Key> = space
                .keys
                .iter()
                .filter(|key| key.path.len() == 2 && key.path[0] == *table)
                .collect();
            let mut edits = Vec::new();
            for (name, value) in theirs {
                let Some(key) = named.iter().find(|key| key.path[1] == *name) else {
                    continue;
                };
                let value = match &key.kind {
                    Kind::Response(words) => renamed(value, words, options),
                    Kind::Rule { words, .. } => match value {
                        Value::Table(form) => form.iter().next().and_then(|(form, name)| {
                            Some(Table::from_iter([(form.clone(), renamed(name, &[], options)?)]).into())
                        }),
                        value => renamed(value, words, options),
                    },
                    _ => Some(value.clone()),
                };
                if let Some(value) = value {
                    edits.push((key.path.clone(), Some(value)));
                }
            }
            let block = Move(edits);
            if block.on(keys).is_some() && !all.contains(&block) {
                all.push(block);
            }
        }
    }
    all
}

/// A word, or a response that this profile has.
fn renamed(value: &Value, words: &[String], options: &Options<'_>) -> Option<Value> {
    let name = value
        .as_integer()
        .map_or_else(|| value.as_str().map(str::to_owned), |number| Some(number.to_string()))?;
    if words.contains(&name) {
        return Some(value.clone());
    }
    let number: String = name.chars().take_while(char::is_ascii_digit).collect();
    let known = options.names.iter().find(|known| **known == number)?;
    known.parse::<i64>().ok().map(Value::from)
}
