//! Which cases determine a key, and which keys no case determines.

use super::exam::{self, Exam, Sent};
use super::space::{self, RESPONSE};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The cases that determine a key: without the key, the profile gives a different answer than the recorded one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// How many cases.
    pub(super) count: usize,
    /// One of them.
    pub(super) example: Option<usize>,
}

/// The paths of all keys of a table.
pub(super) fn leaves(table: &Table) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
                for mut path in leaves(inner) {
                    path.insert(0, name.clone());
                    all.push(path);
                }
            }
            _ => all.push(vec![name.clone()]),
        }
    }
    all
}

/// The key of a table that stands for all names that are not in it.
const OTHER: &str = "other";

/// The order in which keys are removed: first those for all other names, so that a key that matters has to be written
/// itself.
fn general_first(paths: &mut [Vec<String>]) {
    paths.sort_by_key(|path| (path.last().is_none_or(|name| name != OTHER), path.len()));
}

/// Removes the keys that still have an assumed value, if no answer gets worse without them.
pub(super) fn settled(exam: &Exam, cases: &[usize], keys: &Table, assumed: &Table) -> Table {
    let mut paths: Vec<Vec<String>> = leaves(assumed)
        .into_iter()
        .filter(|path| space::get(assumed, path) == space::get(keys, path))
        .collect();
    general_first(&mut paths);
    let Some(profile) = exam::profile(keys) else {
        return keys.clone();
    };
    let sent = exam.sent(&profile, None);
    let right = agreeing(exam, cases, keys, &sent);
    let mut pruning = Pruning {
        exam,
        right: &right,
        sent: &sent,
        base: &Table::new(),
        keys: keys.clone(),
    };
    pruning.leave_out(&paths);
    pruning.keys
}

/// Removes keys that no answer needs.
struct Pruning<'p> {
    exam: &'p Exam,
    /// The cases whose answers must stay right.
    right: &'p [usize],
    sent: &'p Sent,
    base: &'p Table,
    keys: Table,
}

impl Pruning<'_> {
    /// Removes as many of these keys as possible. Most can be removed, so many are tried at once.
    fn leave_out(&mut self, paths: &[Vec<String>]) {
        if paths.is_empty() {
            return;
        }
        let mut without = self.keys.clone();
        for path in paths {
            space::set(&mut without, path, space::get(self.base, path).cloned());
        }
        if agreeing(self.exam, self.right, &without, self.sent).len() == self.right.len() {
            self.keys = without;
        } else if paths.len() > 1 {
            let (first, second) = paths.split_at(paths.len() / 2);
            self.leave_out(first);
            self.leave_out(second);
        }
    }
}

/// Removes the keys without which no answer gets worse. Returns the remaining keys, with the evidence for each. `base`
/// are the keys of the profile that it extends.
pub(super) fn pruned(
    exam: &Exam,
    cases: &[usize],
    keys: &Table,
    base: &Table,
) -> (Table, BTreeMap<Vec<String>, Evidence>) {
    let Some(profile) = exam::profile(keys) else {
        return (keys.clone(), BTreeMap::new());
    };
    let sent = exam.sent(&profile, None);
    let right: Vec<usize> = agreeing(exam, cases, keys, &sent);
    let mut pruning = Pruning {
        exam,
        right: &right,
        sent: &sent,
        base,
        keys: keys.clone(),
    };
    // Whole responses first: most were added for keys that did not use them.
    let responses = keys.get(RESPONSE).and_then(Value::as_table);
    let whole = responses.into_iter().flat_map(Table::keys);
    let whole: Vec<Vec<String>> = whole.map(|name| vec![RESPONSE.to_owned(), name.clone()]).collect();
    let unknown = |path: &Vec<String>| space::get(base, path).is_none();
    pruning.leave_out(&whole.into_iter().filter(unknown).collect::<Vec<_>>());
    let mut paths = own_keys(&pruning.keys, base);
    general_first(&mut paths);
    pruning.leave_out(&paths);
    let keys = pruning.keys;
    let paths = own_keys(&keys, base);
    let lost = exam.side_by_side(&paths, |path, worker| {
        lost(exam, &restored(&keys, base, path), &right, &sent, worker)
    });
    (keys, paths.into_iter().zip(lost).collect())
}

/// The paths of the keys that differ from those of the base.
fn own_keys(keys: &Table, base: &Table) -> Vec<Vec<String>> {
    let paths = leaves(keys).into_iter();
    paths
        .filter(|path| space::get(base, path) != space::get(keys, path))
        .collect()
}

/// The keys, with one of them restored to the value of the base.
fn restored(keys: &Table, base: &Table, path: &[String]) -> Table {
    let mut keys = keys.clone();
    space::set(&mut keys, path, space::get(base, path).cloned());
    keys
}

fn agreeing(exam: &Exam, cases: &[usize], keys: &Table, sent: &Sent) -> Vec<usize> {
    let Some(profile) = exam::profile(keys) else {
        return Vec::new();
    };
    let verdicts = exam.ask_together(&profile, sent, cases);
    let equal = cases.iter().zip(verdicts).filter(|(_, verdict)| verdict.equal);
    equal.map(|(case, _)| *case).collect()
}

/// Which of these cases get wrong answers without the key.
fn lost(exam: &Exam, keys: &Table, right: &[usize], sent: &Sent, worker: usize) -> Evidence {
    let Some(profile) = exam::profile(keys) else {
        // Other keys need this one.
        return Evidence {
            count: right.len(),
            example: None,
        };
    };
    let verdicts = exam.ask_all(&profile, sent, right, worker);
    let mut lost = right
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| !verdict.equal)
        .map(|(case, _)| *case);
    let example = lost.next();
    Evidence {
        count: usize::from(example.is_some()) + lost.count(),
        example,
    }
}
