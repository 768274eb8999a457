//! Which cases decide a key, and which keys no case decides.

use super::exam::{self, Exam, Sent};
use super::space::{self, RESPONSE};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The cases that a key decides: without it, the profile gives another answer than the recorded one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// How many.
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

/// Removes the keys without which no answer gets worse. Returns what is left, with the evidence for each key. `base` are the
/// keys of the profile that it extends.
pub(super) fn pruned(
    exam: &Exam,
    cases: &[usize],
    keys: &Table,
    base: &Table,
) -> (Table, BTreeMap<Vec<String>, Evidence>) {
    let mut keys = keys.clone();
    let Some(profile) = exam::profile(&keys) else {
        return (keys, BTreeMap::new());
    };
    let sent = exam.sent(&profile, None);
    let right: Vec<usize> = agreeing(exam, cases, &keys, &sent);
    // Whole responses first: most are there for keys that did not take them.
    let responses = keys
        .get(RESPONSE)
        .and_then(Value::as_table)
        .map(|all| all.keys().cloned().collect::<Vec<_>>());
    for name in responses.unwrap_or_default() {
        let path = vec![RESPONSE.to_owned(), name];
        let without = restored(&keys, base, &path);
        if space::get(base, &path).is_none() && agreeing(exam, &right, &without, &sent).len() == right.len() {
            keys = without;
        }
    }
    let paths: Vec<Vec<String>> = leaves(&keys)
        .into_iter()
        .filter(|path| space::get(base, path) != space::get(&keys, path))
        .collect();
    let lost = exam.side_by_side(&paths, |path, worker| {
        lost(exam, &restored(&keys, base, path), &right, &sent, worker)
    });
    let mut evidence = BTreeMap::new();
    for (path, lost) in paths.into_iter().zip(lost) {
        if lost.count == 0 {
            let without = restored(&keys, base, &path);
            if agreeing(exam, &right, &without, &sent).len() == right.len() {
                keys = without;
                continue;
            }
        }
        evidence.insert(path, lost);
    }
    (keys, evidence)
}

/// The keys with that of the base in place of one.
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

/// Which of these cases the keys lose.
fn lost(exam: &Exam, keys: &Table, right: &[usize], sent: &Sent, worker: usize) -> Evidence {
    let Some(profile) = exam::profile(keys) else {
        // Other keys need it.
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
