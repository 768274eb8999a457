//! Values that failing cases suggest: the times after which the server acted, and the lengths, numbers and names that
//! they send.

use super::exam::Exam;
use crate::case::Step;
use std::collections::{BTreeMap, BTreeSet};

/// The times, in seconds, after which the server acted without input in these cases, rounded to values that people
/// configure.
pub(super) fn times(exam: &Exam, cases: &[usize]) -> Vec<String> {
    /// The maximum number of times to try.
    const MOST: usize = 8;
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    for case in cases {
        let want = &exam.asked[*case].want;
        let times = want.heard.iter().filter_map(|heard| heard.at_s).chain(want.after_s);
        for tenths in times
            .filter(|time| *time > 0.5)
            .map(|time| (time * 10.0).round() as u64)
        {
            // A timer fires a little late.
            let whole = tenths / 10 * 10;
            *seen
                .entry(if tenths - whole <= 3 { whole } else { tenths })
                .or_default() += 1;
        }
    }
    let mut seen: Vec<(u64, usize)> = seen.into_iter().collect();
    seen.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    seen.truncate(MOST);
    let shown = |tenths: u64| {
        if tenths.is_multiple_of(10) {
            format!("{}s", tenths / 10)
        } else {
            format!("{}ms", tenths * 100)
        }
    };
    seen.into_iter().map(|(tenths, _)| shown(tenths)).collect()
}

/// The lengths of lines, values, heads and whole inputs that these cases send, and the numbers of their lines. Each is
/// also tried with one more and one less.
pub(super) fn lengths(exam: &Exam, cases: &[usize]) -> Vec<i64> {
    /// The maximum number of lengths to try.
    const MOST: usize = 160;
    let mut times: BTreeMap<i64, usize> = BTreeMap::new();
    for case in cases {
        let mut whole = String::new();
        for step in &exam.asked[*case].case.steps {
            if let Step::Send { text, times } = step {
                whole.push_str(&text.replace("HOST", &exam.address.to_string()).repeat(*times));
            }
        }
        let mut counts: BTreeSet<usize> = BTreeSet::new();
        let head = whole.split("\r\n\r\n").next().unwrap_or_default();
        let lines: Vec<&str> = head.split("\r\n").collect();
        counts.extend([whole.len(), head.len(), head.len() + 4, lines.len(), lines.len() - 1]);
        for line in lines {
            counts.extend([line.len(), line.len() + 2]);
            let value = line.split_once(": ").map(|(_, value)| value.len());
            let target = line.split(' ').nth(1).map(str::len);
            counts.extend(value.into_iter().chain(target));
        }
        for count in counts.into_iter().filter(|count| *count > 40).map(|count| count as i64) {
            for near in [count - 1, count, count + 1] {
                *times.entry(near).or_default() += 1;
            }
        }
    }
    let mut all: Vec<(i64, usize)> = times.into_iter().collect();
    // Large lengths are limits; small ones occur in any request.
    all.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    all.truncate(MOST);
    all.into_iter().map(|(length, _)| length).collect()
}

/// The large numbers in the text of these cases, decimal and hexadecimal. Each is also tried with one more and one
/// less.
pub(super) fn written_numbers(exam: &Exam, cases: &[usize]) -> Vec<i64> {
    /// The maximum number of values to try.
    const MOST: usize = 100;
    /// Shorter numbers occur in any text.
    const SHORTEST: usize = 5;
    let mut all: BTreeSet<i64> = BTreeSet::new();
    for text in exam.texts(cases) {
        for word in text.split(|c: char| !c.is_ascii_hexdigit()) {
            let digits = word.trim_start_matches('0');
            if digits.len() < SHORTEST {
                continue;
            }
            let numbers = [10, 16].map(|radix| i64::from_str_radix(digits, radix).ok());
            for number in numbers.into_iter().flatten() {
                all.extend([number - 1, number, number.saturating_add(1)]);
            }
        }
    }
    // The largest ones are limits.
    all.into_iter().rev().take(MOST).collect()
}

/// The names that occur more than once in one head of these cases: names of fields, and schemes of targets.
pub(super) fn members(exam: &Exam, cases: &[usize]) -> Vec<String> {
    /// The maximum number of names to try.
    const MOST: usize = 60;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for text in exam.texts(cases) {
        for head in text.split("\r\n\r\n") {
            let mut lines = head.split("\r\n");
            let scheme = lines.next().and_then(|line| line.split(' ').nth(1)?.split_once(':'));
            let names: Vec<&str> = lines.filter_map(|line| Some(line.split_once(':')?.0)).collect();
            let repeated = names.iter().enumerate().filter(|(at, name)| {
                let before = &names[..*at];
                before.iter().any(|other| other.eq_ignore_ascii_case(name))
            });
            for name in repeated.map(|(_, name)| *name).chain(scheme.map(|(scheme, _)| scheme)) {
                if is_name(name) {
                    *times.entry(name.to_owned()).or_default() += 1;
                }
            }
        }
    }
    let mut all: Vec<(String, usize)> = times.into_iter().collect();
    all.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    all.truncate(MOST);
    all.into_iter().map(|(name, _)| name).collect()
}

fn is_name(text: &str) -> bool {
    (2..30).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
