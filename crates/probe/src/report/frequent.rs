//! The differences that many cases share, such as a field line that one of two servers never sends.

use super::Subject;
use crate::case::visible;
use crate::compare::Difference;
use std::collections::{BTreeMap, BTreeSet};

/// The lines of one name that differ in the same way in several cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frequent<'a> {
    /// What the first server sent; `None` for no such line.
    pub(super) first: Option<String>,
    /// What the second sent.
    pub(super) second: Option<String>,
    /// The number of cases.
    pub(super) cases: usize,
    /// In how many of these cases nothing else differs.
    pub(super) alone: usize,
    /// One of these cases.
    pub(super) example: &'a str,
}

/// A line of the first server and that of the second; `None` for no such line.
type Pair = (Option<String>, Option<String>);

/// The most frequent differences: at most `most`, each in at least two cases.
pub(super) fn frequent<'a>(subject: &Subject<'a>, most: usize) -> Vec<Frequent<'a>> {
    let mut counts: BTreeMap<Pair, (usize, usize, &str)> = BTreeMap::new();
    for (name, found) in &subject.comparison.differing {
        let only = only(found);
        let pairs: BTreeSet<_> = found.iter().flat_map(pairs).collect();
        for pair in pairs {
            let is_only = only.as_ref() == Some(&pair);
            let (cases, alone, _) = counts.entry(pair).or_insert((0, 0, name.as_str()));
            *cases += 1;
            *alone += usize::from(is_only);
        }
    }
    let mut all: Vec<Frequent<'a>> = counts
        .into_iter()
        .filter(|(_, (cases, ..))| *cases > 1)
        .map(|((first, second), (cases, alone, example))| Frequent {
            first,
            second,
            cases,
            alone,
            example,
        })
        .collect();
    all.sort_by_key(|frequent| std::cmp::Reverse(frequent.cases));
    all.truncate(most);
    all
}

/// The one line in which a case differs, if nothing else differs: with the other server's line, the answers would be
/// equal. A page may repeat the content of the line.
pub(super) fn only(found: &[Difference]) -> Option<Pair> {
    let pairs: BTreeSet<Pair> = found.iter().flat_map(pairs).collect();
    let pair = pairs.first().filter(|_| pairs.len() == 1)?;
    let value = |line: &str| line.split_once(": ").map_or(line, |(_, value)| value).to_owned();
    let without = |text: &str, line: &str| text.replace(&format!("{line}\r\n"), "");
    let explains = |difference: &Difference| match (difference, pair) {
        (Difference::Bytes { want, got, .. }, (Some(first), Some(second))) => {
            want.replace(&value(first), &value(second)) == *got
        }
        (Difference::Bytes { want, got, .. }, (Some(first), None)) => without(want, first) == *got,
        (Difference::Bytes { want, got, .. }, (None, Some(second))) => without(got, second) == *want,
        (Difference::End { .. }, _) => true,
        _ => false,
    };
    found.iter().all(explains).then(|| pair.clone())
}

/// The cases that differ: first those that differ in more than one line, then by name.
pub(super) fn telling_first<'a>(subject: &Subject<'a>) -> Vec<(&'a String, &'a Vec<Difference>)> {
    let mut all: Vec<(&String, &Vec<Difference>)> = subject.comparison.differing.iter().collect();
    all.sort_by_key(|(_, found)| only(found).is_some());
    all
}

/// A short description of the difference: the first line that differs, or how the connection ended.
pub(super) fn brief(found: &[Difference]) -> String {
    let pairs: BTreeSet<_> = found.iter().flat_map(pairs).collect();
    // Digits are sorted first, and a status line is the most informative.
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

/// A line as text for people.
pub(super) fn or_nothing(line: Option<&str>) -> &str {
    line.unwrap_or("nothing")
}

/// The differing lines of heads, in pairs of the same name, and the ends.
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

/// The lines of the first head of a text, by the name of the field in lower case; the status line has an empty name.
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
