//! Puts the cases of a recording to candidate profiles, and tells which of their answers agree with it.

use crate::case::{Case, Step as CaseStep};
use crate::compare::differences;
use crate::recording::{Answer, Outcome, Recording};
use crate::simulate::{self, Simulation};
use labserve_core::model::{self, Piece, Step};
use labserve_core::profile::{Profile, layers};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use toml::Table;

/// How many verdicts a worker remembers before it forgets all.
const MOST_KNOWN: usize = 1 << 20;

/// A case with the answer that a profile should give to it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) case: Case,
    pub(super) want: Outcome,
}

/// What a profile answered to one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Equal answers have equal hashes.
    pub(super) hash: u64,
    /// Whether it is the recorded answer.
    pub(super) equal: bool,
}

/// What the client sends in each case, placeholders filled in.
pub(super) type Sent = Vec<Arc<[Step]>>;

/// Whether an answer with this hash is the recorded one, by case.
type Known = HashMap<(usize, u64), bool>;

/// The cases that were recorded, each with its answer.
#[derive(Debug)]
pub(super) struct Exam {
    pub(super) asked: Vec<Asked>,
    target: String,
    pub(super) address: SocketAddr,
    /// What each worker knows already: a candidate differs from the last one in few answers.
    known: Vec<Mutex<Known>>,
}

impl Exam {
    /// The cases with an answer that the server gave each time. `address` is the one that its answers name.
    pub(super) fn new(recording: &Recording, cases: Vec<Case>, address: SocketAddr) -> Self {
        let asked = cases
            .into_iter()
            .filter_map(|case| match recording.cases.get(&case.name) {
                Some(Answer::Stable(want)) => Some(Asked {
                    case,
                    want: want.clone(),
                }),
                _ => None,
            })
            .collect();
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(16);
        Self {
            asked,
            target: recording.target.clone(),
            address,
            known: (0..workers).map(|_| Mutex::default()).collect(),
        }
    }

    /// The `HOST:PORT` that its answers name.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// What the client sends to a server with this profile.
    pub(super) fn sent(&self, profile: &Profile, before: Option<&Sent>) -> Sent {
        let simulation = Simulation::new(profile, self.address);
        let placeholders = simulation.placeholders();
        let filled = |case: &Case| simulate::steps(case, &placeholders).into();
        self.asked
            .iter()
            .enumerate()
            .map(|(at, asked)| match before {
                Some(before) if !names_etags(&asked.case) => Arc::clone(&before[at]),
                _ => filled(&asked.case),
            })
            .collect()
    }

    /// What a simulated server answers to one case.
    pub(super) fn ask(&self, simulation: &Simulation<'_>, sent: &Sent, case: usize, worker: usize) -> Verdict {
        let outcome = simulation.run(&sent[case]);
        let hash = hash_of(&outcome);
        let mut known = self.known[worker].lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > MOST_KNOWN {
            known.clear();
        }
        let equal = *known.entry((case, hash)).or_insert_with(|| {
            let got = simulation.outcome(&outcome);
            differences((&self.asked[case].want, &self.target), (&got, &self.target)).is_empty()
        });
        Verdict { hash, equal }
    }

    /// What a profile answers to these cases, one after the other.
    pub(super) fn ask_all(&self, profile: &Profile, sent: &Sent, cases: &[usize], worker: usize) -> Vec<Verdict> {
        let b=std::time::Instant::now();
        let simulation = Simulation::new(profile, self.address);
        let r=cases
            .iter()
            .map(|case| self.ask(&simulation, sent, *case, worker))
            .collect();
        RUN.fetch_add(b.elapsed().as_nanos() as usize, Ordering::Relaxed); RUNS.fetch_add(cases.len(), Ordering::Relaxed);
        r
    }

    /// The same on all cores.
    pub(super) fn ask_together(&self, profile: &Profile, sent: &Sent, cases: &[usize]) -> Vec<Verdict> {
        let pieces: Vec<&[usize]> = cases.chunks(64).collect();
        let verdicts = self.side_by_side(&pieces, |piece, worker| self.ask_all(profile, sent, piece, worker));
        verdicts.concat()
    }

    /// What a profile answered, as recordings have it.
    pub(super) fn answer(&self, profile: &Profile, sent: &Sent, case: usize) -> Outcome {
        let simulation = Simulation::new(profile, self.address);
        simulation.outcome(&simulation.run(&sent[case]))
    }

    /// Does `work` for each item on all cores. The results are in the order of the items; `work` gets the number of its
    /// worker, too.
    pub(super) fn side_by_side<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T, usize) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let of_worker = |worker: usize| {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else { return done };
                done.push((at, work(item, worker)));
            }
        };
        let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
            let of_worker = &of_worker;
            let others: Vec<_> = (1..self.known.len())
                .map(|worker| scope.spawn(move || of_worker(worker)))
                .collect();
            let mut all = of_worker(0);
            for other in others {
                match other.join() {
                    Ok(done) => all.extend(done),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        });
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, result)| result).collect()
    }
}

pub static BUILD: AtomicUsize = AtomicUsize::new(0);
pub static BUILDS: AtomicUsize = AtomicUsize::new(0);
pub static RUN: AtomicUsize = AtomicUsize::new(0);
pub static RUNS: AtomicUsize = AtomicUsize::new(0);
/// The profile that these keys make; `None` if they contradict each other.
pub(super) fn profile(keys: &Table) -> Option<Profile> {
    let b=std::time::Instant::now();
    let r=layers::from_keys("learned", keys.clone()).ok();
    BUILD.fetch_add(b.elapsed().as_nanos() as usize, Ordering::Relaxed); BUILDS.fetch_add(1, Ordering::Relaxed);
    r
}

/// The profile of a built-in table, or of no keys at all.
#[expect(clippy::expect_used, reason = "a profile without keys is valid, and a test builds it")]
pub(super) fn default_profile(keys: &Table) -> Profile {
    profile(keys).or_else(|| profile(&Table::new())).expect("the defaults make a profile")
}

/// Whether what the client sends depends on the server's ETags.
fn names_etags(case: &Case) -> bool {
    case.steps
        .iter()
        .any(|step| matches!(step, CaseStep::Send { text, .. } if text.contains("{{")))
}

fn hash_of(outcome: &model::Outcome) -> u64 {
    let mut hasher = DefaultHasher::new();
    for heard in &outcome.heard {
        heard.at.hash(&mut hasher);
        for piece in &heard.pieces {
            match piece {
                Piece::Bytes(bytes) => hasher.write(bytes),
                // The files of the site differ in length.
                Piece::File(content, from, to) => (content.len(), from, to).hash(&mut hasher),
            }
        }
        hasher.write_u8(0xff);
    }
    let end = match outcome.end {
        model::End::Fin => 0,
        model::End::Rst => 1,
        model::End::Open => 2,
    };
    (end, outcome.after).hash(&mut hasher);
    hasher.finish()
}

/// A hash of what a server sent.
pub(super) fn hash_of_text(outcome: &Outcome) -> u64 {
    let mut hasher = DefaultHasher::new();
    for heard in &outcome.heard {
        heard.text.hash(&mut hasher);
    }
    (outcome.end as u8).hash(&mut hasher);
    hasher.finish()
}

impl Asked {
    /// Whether a response with this status is among those that are wanted, or one without a head.
    pub(super) fn wants(&self, status: u16) -> bool {
        let mut texts = self.want.heard.iter().map(|heard| heard.text.as_str()).filter(|text| !text.is_empty());
        texts.any(|text| !text.starts_with("HTTP/1.") || text.contains(&format!("HTTP/1.1 {status} ")) || text.contains(&format!("HTTP/1.0 {status} ")))
    }
}
