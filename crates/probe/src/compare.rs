//! Compares two recordings: which cases are equal, which differ, and how.
//!
//! Two answers are equal if their bytes are equal, except for what differs between two runs of one server (current
//! dates, boundaries, `HOST:PORT`), if the connections ended in the same way, and if the delays agree within 0.25 s or
//! 5 %, whichever is larger. All delays between 60.5 s and 91 s count as equal: a server that checks its timers every
//! 30 s shows any of them.

use crate::case::{group, visible};
use crate::measure;
use crate::normal::normal;
use crate::recording::{Answer, End, Measure, Outcome, Recording};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Delays are equal if they differ by less, in seconds.
const TOLERANCE_S: f64 = 0.25;
/// Delays are equal if they differ by less than this fraction of the delay.
const TOLERANCE: f64 = 0.05;

/// The result of comparing two recordings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The counts of each group of cases, by its name.
    pub groups: BTreeMap<String, Counts>,
    /// The cases that differ, by name.
    pub differing: BTreeMap<String, Vec<Difference>>,
    /// The cases in which one of the two servers gave different answers at different times.
    pub unstable: Vec<String>,
}

/// How many cases have each result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Both servers gave the same answer.
    pub equal: usize,
    /// They gave different answers.
    pub differs: usize,
    /// One of them gave different answers at different times.
    pub unstable: usize,
    /// One of them was not sent the case, or could not be.
    pub not_asked: usize,
}

impl Counts {
    /// The percentage of equal cases among those with an answer from both; 100 if there are none.
    ///
    /// ```
    /// # use labserve_probe::compare::Counts;
    /// let counts = Counts { equal: 3, differs: 1, unstable: 7, not_asked: 2 };
    /// assert_eq!(counts.percent(), 75.0);
    /// ```
    pub fn percent(&self) -> f64 {
        let compared = self.equal + self.differs;
        if compared == 0 {
            100.0
        } else {
            100.0 * self.equal as f64 / compared as f64
        }
    }
}

/// One difference between the answers to a case.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// The bytes that a step read.
    Bytes {
        /// The index of the step among those that read, from 0.
        read: usize,
        /// What the first server sent, without anything that differs between two runs.
        want: String,
        /// What the second sent.
        got: String,
    },
    /// When the first byte arrived, in seconds after the previous byte.
    FirstByte {
        /// The index of the step among those that read, from 0.
        read: usize,
        /// The delay of the first server.
        want_s: f64,
        /// The delay of the second server.
        got_s: f64,
    },
    /// How the connection ended, and how many seconds after the last byte.
    End {
        /// For the first server.
        want: (End, Option<f64>),
        /// For the second server.
        got: (End, Option<f64>),
    },
    /// What was measured in addition to the cases.
    Measure {
        /// For the first server.
        want: Measure,
        /// For the second server.
        got: Measure,
    },
}

impl Difference {
    /// What each of the two servers did: bytes unchanged, anything else in words.
    pub fn sides(&self) -> (String, String) {
        match self {
            Self::Bytes { want, got, .. } => (want.clone(), got.clone()),
            Self::FirstByte { want_s, got_s, .. } => {
                let after = |seconds: &f64| format!("first byte after {seconds:.2} s");
                (after(want_s), after(got_s))
            }
            Self::End { want, got } => {
                let ends = |end: &(End, Option<f64>)| format!("end: {}", Ending(*end));
                (ends(want), ends(got))
            }
            Self::Measure { want, got } => (want.to_string(), got.to_string()),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { read, want, got } => {
                let (line, want_line, got_line) = first_difference(want, got);
                write!(
                    f,
                    "read {}, line {}: {} there, {} here",
                    read + 1,
                    line + 1,
                    quoted(want_line),
                    quoted(got_line)
                )
            }
            Self::FirstByte { read, want_s, got_s } => {
                write!(
                    f,
                    "read {}: first byte after {want_s:.2} s there, {got_s:.2} s here",
                    read + 1
                )
            }
            Self::End { want, got } => write!(f, "end: {} there, {} here", Ending(*want), Ending(*got)),
            Self::Measure { want, got } => write!(f, "{want} there, {got} here"),
        }
    }
}

fn quoted(line: Option<&str>) -> String {
    line.map_or_else(|| "nothing".to_owned(), |text| format!("`{}`", visible(text)))
}

/// How a connection ended, as text for people.
struct Ending((End, Option<f64>));

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            (End::Open, _) => f.write_str("open"),
            (end, Some(after)) => write!(f, "{end} after {after:.2} s"),
            (end, None) => write!(f, "{end}"),
        }
    }
}

/// The index of the first line that differs, from 0, and that line of both texts.
pub(crate) fn first_difference<'t>(want: &'t str, got: &'t str) -> (usize, Option<&'t str>, Option<&'t str>) {
    let (mut wanted, mut found) = (want.split("\r\n"), got.split("\r\n"));
    for line in 0.. {
        let (a, b) = (wanted.next(), found.next());
        if a != b || a.is_none() {
            return (line, a, b);
        }
    }
    (0, None, None)
}

/// Compares the recording of a first server with that of a second.
pub fn compare(first: &Recording, second: &Recording) -> Comparison {
    let mut comparison = Comparison::default();
    let names: BTreeSet<&String> = first.cases.keys().chain(second.cases.keys()).collect();
    for name in names {
        let counts = comparison.groups.entry(group(name).to_owned()).or_default();
        match (first.cases.get(name), second.cases.get(name)) {
            (Some(Answer::Unstable { .. }), Some(_)) | (Some(_), Some(Answer::Unstable { .. })) => {
                counts.unstable += 1;
                comparison.unstable.push(name.clone());
            }
            (Some(Answer::Stable(want)), Some(Answer::Stable(got))) => {
                let found = differences((want, &first.target), (got, &second.target));
                if found.is_empty() {
                    counts.equal += 1;
                } else {
                    counts.differs += 1;
                    comparison.differing.insert(name.clone(), found);
                }
            }
            _ => counts.not_asked += 1,
        }
    }
    compare_measures(first, second, &mut comparison);
    comparison
}

/// Adds the measures as a separate group.
fn compare_measures(first: &Recording, second: &Recording, comparison: &mut Comparison) {
    let names: BTreeSet<&String> = first.measures.keys().chain(second.measures.keys()).collect();
    for name in names {
        let counts = comparison.groups.entry(measure::GROUP.to_owned()).or_default();
        match (first.measures.get(name), second.measures.get(name)) {
            (Some(want), Some(got)) if want == got => counts.equal += 1,
            (Some(want), Some(got)) => {
                counts.differs += 1;
                let (want, got) = (want.clone(), got.clone());
                let found = vec![Difference::Measure { want, got }];
                comparison.differing.insert(format!("{}-{name}", measure::GROUP), found);
            }
            _ => counts.not_asked += 1,
        }
    }
}

impl Comparison {
    /// The counts of all groups together.
    pub fn total(&self) -> Counts {
        self.groups.values().fold(Counts::default(), |sum, counts| Counts {
            equal: sum.equal + counts.equal,
            differs: sum.differs + counts.differs,
            unstable: sum.unstable + counts.unstable,
            not_asked: sum.not_asked + counts.not_asked,
        })
    }
}

/// The differences between two outcomes of one case. Each outcome comes with the `HOST:PORT` that its requests named.
pub fn differences((want, want_target): (&Outcome, &str), (got, got_target): (&Outcome, &str)) -> Vec<Difference> {
    let mut found = Vec::new();
    let nothing = crate::recording::Heard::default();
    for read in 0..want.heard.len().max(got.heard.len()) {
        let a = want.heard.get(read).unwrap_or(&nothing);
        let b = got.heard.get(read).unwrap_or(&nothing);
        let (left, right) = (normal(&a.text, want_target), normal(&b.text, got_target));
        if left != right {
            found.push(Difference::Bytes {
                read,
                want: left,
                got: right,
            });
        } else if let (Some(want_s), Some(got_s)) = (a.at_s, b.at_s)
            && !agree(want_s, got_s)
        {
            found.push(Difference::FirstByte { read, want_s, got_s });
        }
    }
    let delays_agree = match (want.after_s, got.after_s) {
        (Some(want), Some(got)) => agree(want, got),
        _ => true,
    };
    if want.end != got.end || !delays_agree {
        found.push(Difference::End {
            want: (want.end, want.after_s),
            got: (got.end, got.after_s),
        });
    }
    found
}

/// Whether two delays, in seconds, are equal.
pub(crate) fn agree(want: f64, got: f64) -> bool {
    let is_ticked = |s: f64| 60.5 < s && s < 91.0;
    (want - got).abs() <= f64::max(TOLERANCE_S, TOLERANCE * want) || is_ticked(want) && is_ticked(got)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Heard;

    fn outcome(text: &str, end: End, after_s: Option<f64>) -> Outcome {
        let heard = vec![Heard {
            text: text.to_owned(),
            at_s: None,
        }];
        Outcome { heard, end, after_s }
    }

    fn recording(cases: &[(&str, Answer)]) -> Recording {
        let mut recording = Recording::new("127.0.0.1:18081");
        recording.cases = cases
            .iter()
            .map(|(name, answer)| ((*name).to_owned(), answer.clone()))
            .collect();
        recording
    }

    #[test]
    fn bytes_ends_and_delays_are_compared() {
        let table = [
            (outcome("a", End::Open, None), outcome("a", End::Open, None), ""),
            (
                outcome("a\r\nb", End::Open, None),
                outcome("a\r\nc", End::Open, None),
                "read 1, line 2: `b` there, `c` here",
            ),
            (
                outcome("a", End::Open, None),
                outcome("a\r\nb", End::Open, None),
                "read 1, line 2: nothing there, `b` here",
            ),
            (outcome("", End::Fin, Some(5.0)), outcome("", End::Fin, Some(5.24)), ""),
            (
                outcome("", End::Fin, Some(5.0)),
                outcome("", End::Fin, Some(5.26)),
                "end: FIN after 5.00 s there, FIN after 5.26 s here",
            ),
            (
                outcome("", End::Fin, Some(100.0)),
                outcome("", End::Fin, Some(104.9)),
                "",
            ),
            (outcome("", End::Fin, Some(61.0)), outcome("", End::Fin, Some(90.0)), ""),
            (
                outcome("", End::Fin, Some(0.0)),
                outcome("", End::Rst, Some(0.0)),
                "end: FIN after 0.00 s there, RST after 0.00 s here",
            ),
            (
                outcome("", End::Open, None),
                outcome("", End::Rst, None),
                "end: open there, RST here",
            ),
        ];
        for (want, got, said) in table {
            let found: Vec<String> = differences((&want, "a:1"), (&got, "a:1"))
                .iter()
                .map(Difference::to_string)
                .collect();
            assert_eq!(found.join("; "), said);
        }
    }

    #[test]
    fn each_case_counts_once() {
        let same = Answer::Stable(outcome("a", End::Open, None));
        let other = Answer::Stable(outcome("b", End::Open, None));
        let unstable = Answer::Unstable { unstable: vec![] };
        let failed = Answer::Failed {
            error: "refused".into(),
        };
        let first = recording(&[
            ("x-1", same.clone()),
            ("x-2", same.clone()),
            ("x-3", unstable.clone()),
            ("y-1", same.clone()),
            ("y-2", same.clone()),
        ]);
        let second = recording(&[
            ("x-1", same.clone()),
            ("x-2", other),
            ("x-3", same),
            ("y-1", failed),
            ("z-1", unstable),
        ]);
        let comparison = compare(&first, &second);
        assert_eq!(
            comparison.total(),
            Counts {
                equal: 1,
                differs: 1,
                unstable: 1,
                not_asked: 3
            }
        );
        assert_eq!(comparison.groups["y"].not_asked, 2);
        assert_eq!(comparison.differing.keys().collect::<Vec<_>>(), ["x-2"]);
        assert_eq!(comparison.unstable, ["x-3"]);
        assert_eq!(comparison.total().percent(), 50.0);
    }

    #[test]
    fn measures_are_a_group_of_their_own() {
        let limit = |most| Measure::Limit { most, then: None };
        let (mut first, mut second) = (recording(&[]), recording(&[]));
        first.measures = [("line", limit(1)), ("field", limit(1)), ("head", limit(1))]
            .map(|(name, limit)| (name.to_owned(), limit))
            .into();
        second.measures = [("line", limit(1)), ("field", limit(2))]
            .map(|(name, limit)| (name.to_owned(), limit))
            .into();
        let comparison = compare(&first, &second);
        let counts = comparison.groups["measured"];
        assert_eq!((counts.equal, counts.differs, counts.not_asked), (1, 1, 1));
        let found = &comparison.differing["measured-field"];
        assert_eq!(found[0].to_string(), "1 or more there, 2 or more here");
    }
}
