//! The differences that many cases share, such as a field line that one of two servers never sends.

use super::Subject;
use crate::case::visible;
use crate::compare::Difference;
use std::collections::{BTreeMap, BTreeSet};

/// The lines of one name in which cases differ in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frequent<'a> {
    /// What the first server sent; `None` for no such line.
    pub(super) first: Option<String>,
    /// What the second sent.
    pub(super) second: Option<String>,
    /// In how many cases.
    pub(super) cases: usize,
    /// One of them.
    pub(super) example: &'a str,
}

/// A line of the first server and that of the second; `None` for no such line.
type Pair = (Option<String>, Option<String>);

/// What differs most often: at most `most`, each in at least two cases.
pub(super) fn frequent<'a>(subject: &Subject<'a>, most: usize) -> Vec<Frequent<'a>> {
    let mut counts: BTreeMap<Pair, (usize, &str)> = BTreeMap::new();
    for (name, found) in &subject.comparison.differing {
        let pairs: BTreeSet<_> = found.iter().flat_map(pairs).collect();
        for pair in pairs {
            counts.entry(pair).or_insert((0, name.as_str())).0 += 1;
        }
    }
    let mut all: Vec<Frequent<'a>> = counts
        .into_iter()
        .filter(|(_, (cases, _))| *cases > 1)
        .map(|((first, second), (cases, example))| Frequent {
            first,
            second,
            cases,
            example,
        })
        .collect();
    all.sort_by_key(|frequent| std::cmp::Reverse(frequent.cases));
    all.truncate(most);
    all
}

/// What differs in short: the first line in which it does, or how the connection ended.
pub(super) fn brief(found: &[Difference]) -> String {
    let pairs: BTreeSet<_> = found.iter().flat_map(pairs).collect();
    // Digits come first, and a status line is the most telling.
    let status = pairs
        .iter()
        .find(|pair| is_status(pair.0.as_deref()) || is_status(pair.1.as_deref()));
    match status.or_else(|| pairs.first()) {
        Some((first, second)) => format!("{} → {}", or_nothing(first.as_deref()), or_nothing(second.as_deref())),
        None => found.first().map(ToString::to_string).unwrap_or_default(),
    }
}

fn is_status(line: Option<&str>) -> bool {
    line.is_some_and(|line| line.starts_with("HTTP/"))
}

/// A line for people.
pub(super) fn or_nothing(line: Option<&str>) -> &str {
    line.unwrap_or("nothing")
}

/// The lines of heads that differ, in pairs of the same name, and the ends.
fn pairs(found: &Difference) -> Vec<Pair> {
    match found {
        Difference::Bytes { want, got, .. } => {
            let (first, second) = (head_lines(want), head_lines(got));
            let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
            names
                .into_iter()
                .map(|name| (first.get(name).cloned(), second.get(name).cloned()))
                .filter(|(first, second)| first != second)
                .collect()
        }
        Difference::End { want, got } if want.0 != got.0 => {
            vec![(Some(format!("end: {}", want.0)), Some(format!("end: {}", got.0)))]
        }
        _ => Vec::new(),
    }
}

/// The lines of the first head of a text, by the name of the field in lower case; that of the status line is empty.
fn head_lines(text: &str) -> BTreeMap<String, String> {
    if !text.starts_with("HTTP/") {
        return BTreeMap::new();
    }
    let lines = text.lines().take_while(|line| !line.is_empty());
    lines
        .enumerate()
        .map(|(number, line)| match (number, line.split_once(':')) {
            (0, _) | (_, None) => (String::new(), visible(line)),
            (_, Some((name, _))) => (name.to_ascii_lowercase(), visible(line)),
        })
        .collect()
}
