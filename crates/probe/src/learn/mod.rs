//! Learns a profile from a recording.
//!
//! What an answer will be is a pure function of the profile and the request, so a recording can be searched for the profile
//! that gives its answers, without asking the server again. Templates come first ([`templates`]): they are read from the
//! responses. All other keys are found by trying their values ([`search`]) on the cases in memory.

mod align;
mod drafts;
mod exam;
mod messages;
mod moves;
mod recorded;
mod search;
mod space;
mod templates;
mod values;

use crate::case::{Case, Step};
use crate::recording::Recording;
use exam::Exam;
use labserve_core::profile::layers::{BuiltIns, Stack};
use labserve_core::profile::{builtin, schema};
use search::Search;
use space::Space;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use toml::Table;

/// How a profile is learned.
#[derive(Clone, Debug)]
pub struct Options {
    /// The built-in profiles that the search may not see.
    pub without: Vec<String>,
    /// How long it may take.
    pub most_time: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            without: Vec::new(),
            most_time: Duration::from_secs(120),
        }
    }
}

/// What was learned.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The keys of the profile.
    pub keys: Table,
    /// The cases that the search saw, and how many of them agree.
    pub seen: (usize, usize),
    /// The cases that were held out, and how many of them agree.
    pub held_out: (usize, usize),
    /// The cases of which the profile gives another answer.
    pub differing: Vec<String>,
    /// What nothing explains.
    pub literal: Vec<String>,
}

/// Learns a profile from the cases of a recording that the server answered alike each time.
pub fn learn(recording: &Recording, cases: Vec<Case>, options: &Options) -> Learned {
    let begun = Instant::now();
    let address: SocketAddr = recording.target.parse().unwrap_or(NOWHERE);
    let exam = Exam::new(recording, cases, address);
    let known: Vec<Table> = builtin::names()
        .filter(|name| !options.without.iter().any(|hidden| hidden == name))
        .filter_map(|name| Some(Stack::load(name, &BuiltIns).ok()?.merged()))
        .collect();
    let space = Space::new(schema::TEXT, &known, &first_words(&exam));
    let (seen, held) = split(&exam);
    let templates = templates::read(&exam, &seen, &space.keys);
    if std::env::var("LEARN_DEBUG").is_ok() {
        eprintln!("{} keys, {} seen, {} held, templates after {:?}", space.keys.len(), seen.len(), held.len(), begun.elapsed());
        eprintln!("{}", templates.keys);
    }
    let deadline = begun + options.most_time;
    let Some(mut search) = Search::new(&exam, &space, seen.clone(), templates.keys, deadline) else {
        return Learned { keys: Table::new(), seen: (0, 0), held_out: (0, 0), differing: vec![], literal: templates.literal };
    };
    search.run();
    let held_out = (held.len(), search.score_of(&held));
    Learned {
        seen: (seen.len(), search.score()),
        held_out,
        differing: search.failing().into_iter().map(|case| exam.asked[case].case.name.clone()).collect(),
        literal: templates.literal,
        keys: search.keys,
    }
}

/// The address that answers name if the recording has none that can be read.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 18081);

/// The words with which the requests of the cases begin.
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

/// The cases to learn from, and three in ten of each group to check the result with.
fn split(exam: &Exam) -> (Vec<usize>, Vec<usize>) {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, asked) in exam.asked.iter().enumerate() {
        groups.entry(asked.case.group()).or_default().push(at);
    }
    let (mut seen, mut held) = (Vec::new(), Vec::new());
    for cases in groups.into_values() {
        for (number, case) in cases.into_iter().enumerate() {
            // Neighbours are often much alike, so the places change.
            let is_held = matches!(number * 7 % 10, 0 | 3 | 6) && number > 0;
            if is_held { &mut held } else { &mut seen }.push(case);
        }
    }
    seen.sort_unstable();
    held.sort_unstable();
    (seen, held)
}
