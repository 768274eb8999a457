//! Renders a comparison: for people as text and as a page, for programs as JSON and as JUnit XML. It also renders the
//! result of learning, as Markdown.

mod frequent;
mod html;
mod junit;
mod learned;
mod text;

pub use html::html;
pub use junit::junit;
pub use learned::learned;
pub use text::text;

use crate::case::Case;
use crate::compare::{Comparison, Counts, Difference};
use crate::measure;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The subject of a report.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What the first recording shows, as text for people.
    pub first: &'a str,
    /// What the second recording shows.
    pub second: &'a str,
    /// The cases, for their descriptions.
    pub cases: &'a [Case],
    /// The comparison.
    pub comparison: &'a Comparison,
}

impl Subject<'_> {
    /// Descriptions of the cases and measures that differ, by name.
    fn words(&self) -> HashMap<&str, String> {
        let differing = &self.comparison.differing;
        let cases = self.cases.iter().filter(|case| differing.contains_key(&case.name));
        let measures = differing.keys().filter_map(|name| {
            let measure = name.strip_prefix(measure::GROUP)?.strip_prefix('-')?;
            Some((name.as_str(), measure::words(measure)))
        });
        cases
            .map(|case| (case.name.as_str(), case.words()))
            .chain(measures)
            .collect()
    }
}

/// The comparison as JSON: the counts in total and by group, and each case that differs.
///
/// ```
/// use labserve_probe::{Recording, compare, report};
///
/// let nothing = Recording::new("127.0.0.1:80");
/// let comparison = compare::compare(&nothing, &nothing);
/// let subject = report::Subject { first: "a", second: "b", cases: &[], comparison: &comparison };
/// assert_eq!(report::json(&subject)["total"]["equal"], 0);
/// ```
pub fn json(subject: &Subject<'_>) -> Value {
    let numbers = |counts: &Counts| {
        json!({
            "equal": counts.equal,
            "differs": counts.differs,
            "unstable": counts.unstable,
            "not_asked": counts.not_asked,
            "percent": counts.percent(),
        })
    };
    let difference = |found: &Difference| match found {
        Difference::Bytes { read, want, got } => {
            json!({"kind": "bytes", "read": read, "first": want, "second": got, "text": found.to_string()})
        }
        Difference::FirstByte { read, want_s, got_s } => {
            json!({"kind": "first_byte", "read": read, "first": want_s, "second": got_s, "text": found.to_string()})
        }
        Difference::End { want, got } => json!({
            "kind": "end",
            "first": {"end": want.0, "after": want.1},
            "second": {"end": got.0, "after": got.1},
            "text": found.to_string(),
        }),
        Difference::Measure { want, got } => {
            json!({"kind": "measure", "first": want, "second": got, "text": found.to_string()})
        }
    };
    let comparison = subject.comparison;
    let words = subject.words();
    let differing: Vec<Value> = comparison
        .differing
        .iter()
        .map(|(name, found)| {
            json!({
                "case": name,
                "words": words.get(name.as_str()),
                "differences": found.iter().map(difference).collect::<Vec<_>>(),
            })
        })
        .collect();
    let frequent: Vec<Value> = frequent::frequent(subject, usize::MAX)
        .into_iter()
        .map(|line| json!({"first": line.first, "second": line.second, "cases": line.cases, "alone": line.alone, "example": line.example}))
        .collect();
    json!({
        "first": subject.first,
        "second": subject.second,
        "total": numbers(&comparison.total()),
        "groups": comparison.groups.iter().map(|(group, counts)| (group.clone(), numbers(counts))).collect::<serde_json::Map<_, _>>(),
        "frequent": frequent,
        "differing": differing,
        "unstable": comparison.unstable,
    })
}

#[cfg(test)]
mod tests;
