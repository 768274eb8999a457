//! The comparison as text for a terminal.

use super::Subject;
use super::frequent::{frequent, or_nothing, telling_first};
use crate::compare::Counts;
use std::fmt::Write;

/// How many of the differences that many cases share are listed.
const FREQUENT: usize = 8;

/// The comparison as text: the four counts by group, the most frequent differences, then at most `most` of the cases
/// that differ.
pub fn text(subject: &Subject<'_>, most: usize) -> String {
    let comparison = subject.comparison;
    let mut out = String::new();
    let width = comparison.groups.keys().map(String::len).max().unwrap_or(0).max(5);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:width$}   equal differs unstable not asked", "");
    let row = |out: &mut String, name: &str, counts: &Counts| {
        let Counts {
            equal,
            differs,
            unstable,
            not_asked,
        } = counts;
        let _ = writeln!(
            out,
            "{name:width$} {equal:7} {differs:7} {unstable:8} {not_asked:9} {:9.2} %",
            counts.percent()
        );
    };
    for (name, counts) in &comparison.groups {
        row(&mut out, name, counts);
    }
    row(&mut out, "all", &comparison.total());
    let words = subject.words();
    if !comparison.differing.is_empty() {
        let _ = writeln!(out, "\nthere: {}\nhere:  {}", subject.first, subject.second);
    }
    let lines = frequent(subject, FREQUENT);
    if !lines.is_empty() {
        let _ = writeln!(out, "\ncases  differ most often in");
    }
    for line in lines {
        let (first, second) = (or_nothing(line.first.as_deref()), or_nothing(line.second.as_deref()));
        let alone = match line.alone {
            0 => String::new(),
            alone => format!("; nothing else in {alone}"),
        };
        let _ = writeln!(out, "{:5}  {first} there, {second} here{alone}", line.cases);
    }
    for (name, found) in telling_first(subject).into_iter().take(most) {
        let _ = writeln!(out, "\n{name}");
        for line in words.get(name.as_str()).iter().flat_map(|words| words.lines()) {
            let _ = writeln!(out, "  | {line}");
        }
        for difference in found {
            let _ = writeln!(out, "  {difference}");
        }
    }
    let left = comparison.differing.len().saturating_sub(most);
    if left > 0 {
        let _ = writeln!(out, "\nand {left} more that differ");
    }
    if !comparison.unstable.is_empty() {
        let _ = writeln!(out, "\nunstable: {}", comparison.unstable.join(", "));
    }
    out
}
