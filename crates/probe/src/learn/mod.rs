//! Learns a profile from a recording.
//!
//! An answer is a pure function of the profile and the request. A recording can therefore be searched for the profile
//! that gives its answers, without the server. Heads, pages and the ETag come first: they are read from the responses.
//! All other keys are found by trying their values on the cases, in memory. The schema of profiles defines the keys and
//! the values that each may have; no key has special treatment.
//!
//! To measure how well that works, the search at first sees only seven in ten cases of each group. The figure for the
//! others is [`Learned::held_out`]. Then the search continues with all cases.

mod align;
mod companions;
mod drafts;
mod evidence;
mod exam;
mod findings;
mod hints;
mod messages;
mod moves;
mod multipart;
mod recorded;
mod search;
mod space;
mod start;
mod templates;
#[cfg(test)]
mod tests;
mod values;
mod written;

use crate::case::{Case, Step};
use crate::compare;
use crate::recording::Recording;
use exam::Exam;
pub use findings::{Finding, KeyFinding};
use labserve_core::profile::layers::{BuiltIns, Stack};
use labserve_core::profile::{builtin, schema};
use search::Search;
use space::Space;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use toml::Table;

/// How a profile is learned.
#[derive(Clone, Debug)]
pub struct Options {
    /// The built-in profiles that are not used, neither as a start nor for values of keys.
    pub without: Vec<String>,
    /// How many answers of candidates are computed, in millions. Then the search ends with what it has found. For a
    /// recording, the result is always the same. A million takes about ten seconds of one core.
    pub effort: f64,
    /// Whether to produce findings about each key. It takes some seconds.
    pub examine: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            without: Vec::new(),
            effort: 30.0,
            examine: false,
        }
    }
}

/// How many cases a profile was compared in, and in how many of them its answer equals that of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// The number of cases.
    pub cases: usize,
    /// The number of cases with equal answers.
    pub equal: usize,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = 100.0 * self.equal as f64 / self.cases.max(1) as f64;
        write!(f, "{} of {} ({percent:.2} %)", self.equal, self.cases)
    }
}

/// What was learned.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The profile, as TOML: only what differs from `extends`, with the cases that determined each key.
    pub text: String,
    /// The built-in profile that it extends, if one is close enough.
    pub extends: Option<String>,
    /// The figure for the cases that the first search saw.
    pub seen: Figure,
    /// The figure for the cases that it did not see.
    pub held_out: Figure,
    /// The figure of the profile in `text`, which was learned from all cases.
    pub all: Figure,
    /// The cases in which the profile gives a different answer, each with the first difference.
    pub differing: Vec<(String, String)>,
    /// Texts that stay as the server sent them, because nothing explains them.
    pub literal: Vec<String>,
    /// The findings about each key, if [`Options::examine`] is set; keys of responses are left out.
    pub keys: Vec<KeyFinding>,
}

/// The next stage of learning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Looking for a built-in profile that is close.
    Start,
    /// Searching with a part of the cases.
    Search(Figure),
    /// Continuing with all cases.
    All(Figure),
    /// Removing keys that no case determines.
    Prune(Figure),
}

/// Why learning failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LearnError {
    /// The recording has no case to which the server gave the same answer each time.
    Empty,
}

impl fmt::Display for LearnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                f.write_str("the recording has no stable answer to any of the cases, so there is nothing to learn from")
            }
        }
    }
}

impl std::error::Error for LearnError {}

/// Learns a profile from the cases to which the server gave the same answer each time.
///
/// # Errors
/// There is no such case.
///
/// ```
/// use labserve_core::profile::layers;
/// use labserve_probe::{case, learn, simulate::Simulation};
///
/// let nginx = layers::load("nginx").expect("a built-in profile");
/// let cases: Vec<_> = case::built_in().into_iter().filter(|case| case.group() == "get").collect();
/// let recording = Simulation::new(&nginx, "127.0.0.1:18081".parse().expect("an address")).record(&cases);
/// let learned = learn::learn(&recording, &cases, &learn::Options::default(), &|_| {}).expect("cases with answers");
/// assert_eq!(learned.extends.as_deref(), Some("nginx"));
/// assert_eq!(learned.all.equal, learned.all.cases);
/// ```
pub fn learn(
    recording: &Recording,
    cases: &[Case],
    options: &Options,
    say: &dyn Fn(Progress),
) -> Result<Learned, LearnError> {
    let address: SocketAddr = recording.target.parse().unwrap_or(NOWHERE);
    let exam = Exam::new(recording, cases, address);
    if exam.asked.is_empty() {
        return Err(LearnError::Empty);
    }
    say(Progress::Start);
    let known: Vec<(String, Table)> = builtin::names()
        .filter(|name| !options.without.iter().any(|hidden| hidden == name))
        .filter_map(|name| Some((name.to_owned(), Stack::load(name, &BuiltIns).ok()?.merged())))
        .collect();
    let tables: Vec<Table> = known.iter().map(|(_, table)| table.clone()).collect();
    let space = Space::new(schema::TEXT, &tables, &first_words(&exam));
    let (seen, held) = split(&exam);
    let base = start::nearest(&exam, &seen, &known);
    let (extends, base) = base.map_or((None, Table::new()), |(name, table)| (Some(name), table));
    let most = (1e6 * options.effort.max(0.0)) as u64;
    let assumed = match extends {
        Some(_) => Table::new(),
        None => values::accepting(&space.keys, &Table::new()),
    };
    let mut templates = start::Start::new(&exam, &space, &base);
    let mut search = Search::new(
        &exam,
        &space,
        seen.clone(),
        base.clone(),
        templates.keys(&seen, &base),
        most / 5 * 3,
    );
    say(Progress::Search(search.figure()));
    templates.offer(&mut search);
    search.run();
    // If a request is wrongly assumed to be accepted, that hides what really happens to it.
    search.restart(evidence::settled(&exam, &seen, &search.keys, &assumed));
    search.run();
    let seen_figure = search.figure();
    let held_out = search.figure_of(&held);
    let all: Vec<usize> = (0..exam.asked.len()).collect();
    let keys = templates.keys(&all, &search.keys);
    let mut search = Search::new(&exam, &space, all.clone(), base.clone(), keys, most);
    say(Progress::All(search.figure()));
    templates.offer(&mut search);
    search.run();
    say(Progress::Prune(search.figure()));
    let (keys, evidence) = evidence::pruned(&exam, &all, &search.keys, &base);
    let last = Search::new(&exam, &space, all, base.clone(), keys, 0);
    let text = written::text(
        &start::beyond(&last.keys, &base),
        &written::Subject {
            exam: &exam,
            evidence: &evidence,
            extends: extends.as_deref(),
            measured: &measured(last.figure(), held_out),
        },
    );
    let mut end = findings::End {
        exam: &exam,
        space: &space,
        right: last.right(),
        base: &base,
        keys: &last.keys,
        profile: last.profile(),
        sent: last.sent(),
        evidence: &evidence,
    };
    let keys = if options.examine { end.findings() } else { Vec::new() };
    Ok(Learned {
        text,
        keys,
        extends,
        seen: seen_figure,
        held_out,
        all: last.figure(),
        differing: differing(&exam, &last),
        literal: templates.literal,
    })
}

/// The text for the key `measured` of a learned profile.
fn measured(all: Figure, held_out: Figure) -> String {
    format!("with a recording. Equal answers: {all}; {held_out} of the cases that were held out at first")
}

/// The cases in which the profile gives another answer, each with the first difference.
fn differing(exam: &Exam, search: &Search<'_>) -> Vec<(String, String)> {
    let failing = search.failing().into_iter();
    failing
        .map(|case| {
            let got = exam.answer(search.profile(), search.sent(), case);
            let asked = &exam.asked[case];
            let found = compare::differences((&asked.want, exam.target()), (&got, exam.target()));
            let first = found.first().map(ToString::to_string).unwrap_or_default();
            (asked.case.name.clone(), first)
        })
        .collect()
}

/// The address in answers if the recording has no address that can be parsed.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 18081);

/// The first words of the requests in the cases.
fn first_words(exam: &Exam) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for step in exam.asked.iter().flat_map(|asked| &asked.case.steps) {
        if let Step::Send { text, .. } = step
            && let Some((word, _)) = text.split_once(' ')
            && !word.is_empty()
            && word.len() < 30
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
        {
            words.insert(word.to_owned());
        }
    }
    words
}

/// The cases to learn from, and three in ten of each group for checking the result.
fn split(exam: &Exam) -> (Vec<usize>, Vec<usize>) {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, asked) in exam.asked.iter().enumerate() {
        groups.entry(asked.case.group()).or_default().push(at);
    }
    let (mut seen, mut held) = (Vec::new(), Vec::new());
    for cases in groups.into_values() {
        for (number, case) in cases.into_iter().enumerate() {
            // Neighbouring cases are often similar, so the positions vary.
            let is_held = matches!(number * 7 % 10, 3 | 6 | 9);
            if is_held { &mut held } else { &mut seen }.push(case);
        }
    }
    seen.sort_unstable();
    held.sort_unstable();
    (seen, held)
}
