//! Plays the cases of a recording against candidate profiles, and determines which of their answers agree with it.

use crate::adapt::{OrdinaryFile, adapted};
use crate::case::{Case, Step as CaseStep};
use crate::compare::agree;
use crate::normal::normal;
use crate::placeholders::Contents;
use crate::recording::{Answer, End, Outcome, Recording};
use crate::simulate::{self, Simulation};
use crate::site;
use labserve_core::model::{self, Piece, Step};
use labserve_core::profile::layers::Family;
use labserve_core::profile::{Profile, layers};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use toml::Table;

/// How many verdicts a worker remembers before it forgets all of them.
const MOST_KNOWN: usize = 1 << 20;

/// A case with the answer that a profile should give to it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) case: Case,
    pub(super) want: Outcome,
    /// What its reads received, without what differs between two runs.
    normal: Vec<String>,
}

/// The answer of a profile to one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Equal answers have equal hashes.
    pub(super) hash: u64,
    /// Whether it is the recorded answer.
    pub(super) equal: bool,
    /// How close it is: higher is closer. Only two answers to the same case can be compared.
    pub(super) near: u8,
}

/// [`Verdict::near`] of an answer with the right statuses and the right end.
const ALL_NEAR: u8 = 9;

/// What the client sends in each case, placeholders filled in.
pub(super) type Sent = Vec<Arc<[Step]>>;

/// Whether an answer with this hash is the recorded one, and how near it is, by case.
type Known = HashMap<(usize, u64), (bool, u8)>;

/// The cases that were recorded, each with its answer.
#[derive(Debug)]
pub(super) struct Exam {
    pub(super) asked: Vec<Asked>,
    target: String,
    pub(super) address: SocketAddr,
    /// The file that the server was asked for, if it does not serve the probe site.
    file: Option<OrdinaryFile>,
    /// What each worker already knows: a candidate differs from the previous one in few answers.
    known: Vec<Mutex<Known>>,
    /// How many answers have been computed so far.
    answers: AtomicU64,
}

impl Exam {
    /// The cases to which the server gave the same answer each time. `address` is the one in these answers.
    pub(super) fn new(recording: &Recording, cases: &[Case], address: SocketAddr) -> Self {
        let asked = adapted(cases, recording.file.as_ref())
            .into_iter()
            .filter_map(|case| match recording.cases.get(&case.name) {
                Some(Answer::Stable(want)) => Some(Asked {
                    case,
                    want: want.clone(),
                    normal: want
                        .heard
                        .iter()
                        .map(|heard| normal(&heard.text, &recording.target))
                        .collect(),
                }),
                _ => None,
            })
            .collect();
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(16);
        Self {
            asked,
            target: recording.target.clone(),
            file: recording.file.clone(),
            address,
            known: (0..workers).map(|_| Mutex::default()).collect(),
            answers: AtomicU64::new(0),
        }
    }

    /// How many answers of candidates have been computed so far. Unlike the time, this number is the same in each run.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// A server with this profile.
    pub(super) fn simulation<'p>(&self, profile: &'p Profile) -> Simulation<'p> {
        match &self.file {
            Some(file) => Simulation::with_file(profile, file, self.address),
            None => Simulation::new(profile, self.address),
        }
    }

    /// The contents of the files that the cases request.
    pub(super) fn contents(&self) -> Contents {
        self.file.as_ref().map_or_else(site::contents, OrdinaryFile::contents)
    }

    /// How expensive it is to compute the answer to a case; 1 for a short one.
    pub(super) fn cost(&self, case: usize) -> usize {
        /// The number of bytes whose copying takes as long as everything else in a short case.
        const BYTES: usize = 20_000;
        let sent = self.asked[case].case.steps.iter().map(|step| match step {
            CaseStep::Send { text, times } => text.len() * times,
            _ => 0,
        });
        1 + sent.sum::<usize>() / BYTES
    }

    /// All texts that the client sends in these cases. A repeated text is included once.
    pub(super) fn texts(&self, cases: &[usize]) -> impl Iterator<Item = String> {
        cases.iter().map(|case| {
            let sent = self.asked[*case].case.steps.iter().filter_map(|step| match step {
                CaseStep::Send { text, .. } => Some(text.as_str()),
                _ => None,
            });
            sent.collect()
        })
    }

    /// The `HOST:PORT` in its answers.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// What the client sends to a server with this profile.
    pub(super) fn sent(&self, profile: &Profile, before: Option<&Sent>) -> Sent {
        let simulation = self.simulation(profile);
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

    /// The answer of a simulated server to one case.
    pub(super) fn ask(&self, simulation: &Simulation<'_>, sent: &Sent, case: usize, worker: usize) -> Verdict {
        let outcome = simulation.run(&sent[case]);
        let hash = hash_of(&outcome);
        let mut known = self.known[worker].lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > MOST_KNOWN {
            known.clear();
        }
        let (equal, near) = *known.entry((case, hash)).or_insert_with(|| {
            let asked = &self.asked[case];
            let near = asked.near(&outcome);
            let may_equal = near == ALL_NEAR;
            (
                may_equal && asked.equals(&simulation.outcome(&outcome), &self.target),
                near,
            )
        });
        Verdict { hash, equal, near }
    }

    /// The answers of a profile to these cases, one after the other.
    pub(super) fn ask_all(&self, profile: &Profile, sent: &Sent, cases: &[usize], worker: usize) -> Vec<Verdict> {
        self.ask_each(&self.simulation(profile), sent, cases, worker)
    }

    /// The same for an existing simulated server.
    pub(super) fn ask_each(
        &self,
        simulation: &Simulation<'_>,
        sent: &Sent,
        cases: &[usize],
        worker: usize,
    ) -> Vec<Verdict> {
        self.answers.fetch_add(cases.len() as u64, Ordering::Relaxed);
        let answers = cases.iter().map(|case| self.ask(simulation, sent, *case, worker));
        answers.collect()
    }

    /// The same on all cores.
    pub(super) fn ask_together(&self, profile: &Profile, sent: &Sent, cases: &[usize]) -> Vec<Verdict> {
        let pieces: Vec<&[usize]> = cases.chunks(64).collect();
        let simulation = self.simulation(profile);
        let verdicts = self.side_by_side(&pieces, |piece, worker| self.ask_each(&simulation, sent, piece, worker));
        verdicts.concat()
    }

    /// The answer of a profile, in the form that recordings use.
    pub(super) fn answer(&self, profile: &Profile, sent: &Sent, case: usize) -> Outcome {
        let simulation = self.simulation(profile);
        simulation.outcome(&simulation.run(&sent[case]))
    }

    /// Calls `work` for each item, on all cores. The results are in the order of the items; `work` also gets the number
    /// of its worker.
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

/// The profile with these keys; `None` if they contradict each other.
pub(super) fn profile(keys: &Table) -> Option<Profile> {
    layers::from_keys("learned", keys.clone()).ok()
}

/// The profiles with the responses of these keys.
pub(super) fn family(keys: &Table) -> Option<Family> {
    Family::of("learned", keys)
}

/// The profile of a built-in table, or of no keys at all.
#[expect(
    clippy::expect_used,
    reason = "a profile without keys is valid, and a test builds it"
)]
pub(super) fn default_profile(keys: &Table) -> Profile {
    profile(keys)
        .or_else(|| profile(&Table::new()))
        .expect("the defaults make a profile")
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
    (end_of(outcome) as u8, outcome.after).hash(&mut hasher);
    hasher.finish()
}

fn end_of(outcome: &model::Outcome) -> End {
    match outcome.end {
        model::End::Fin => End::Fin,
        model::End::Rst => End::Rst,
        model::End::Open => End::Open,
    }
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
    /// How close an answer is, from the status of each read and the end: [`ALL_NEAR`] if all of them are right. Most
    /// wrong answers differ there, and comparing them byte by byte takes longer than computing them.
    fn near(&self, got: &model::Outcome) -> u8 {
        /// The version and the status.
        const BEGIN: usize = "HTTP/1.1 200".len();
        let begins = |want: &str, pieces: &[Piece]| {
            let first = pieces
                .iter()
                .map(Piece::bytes)
                .find(|bytes| !bytes.is_empty())
                .unwrap_or_default();
            match want.as_bytes().get(..BEGIN) {
                Some(begin) if begin.starts_with(b"HTTP/1.") => first.len() < BEGIN || first.starts_with(begin),
                _ => want.is_empty() == first.is_empty(),
            }
        };
        let reads = self.want.heard.len().max(1);
        let right = self
            .want
            .heard
            .iter()
            .zip(&got.heard)
            .take_while(|(want, got)| begins(&want.text, &got.pieces))
            .count();
        let of_reads = (ALL_NEAR - 1) as usize * right / reads;
        let all = if right == self.want.heard.len() {
            ALL_NEAR - 1
        } else {
            of_reads as u8
        };
        all + u8::from(end_of(got) == self.want.end)
    }

    /// Whether an answer is the recorded one, as [`crate::compare::differences`] compares them.
    fn equals(&self, got: &Outcome, target: &str) -> bool {
        let times_agree = |want: Option<f64>, got: Option<f64>| match (want, got) {
            (Some(want), Some(got)) => agree(want, got),
            _ => true,
        };
        self.want.end == got.end
            && times_agree(self.want.after_s, got.after_s)
            && (0..self.want.heard.len().max(got.heard.len())).all(|read| {
                let want = self.normal.get(read).map_or("", String::as_str);
                let got = got.heard.get(read);
                let want_at = self.want.heard.get(read).and_then(|heard| heard.at_s);
                times_agree(want_at, got.and_then(|heard| heard.at_s))
                    && normal(got.map_or("", |heard| &heard.text), target) == want
            })
    }

    /// Whether a response with this status is among the wanted ones. A wanted response without a head matches any
    /// status.
    pub(super) fn wants(&self, status: u16) -> bool {
        let mut texts = self
            .want
            .heard
            .iter()
            .map(|heard| heard.text.as_str())
            .filter(|text| !text.is_empty());
        texts.any(|text| {
            !text.starts_with("HTTP/1.")
                || text.contains(&format!("HTTP/1.1 {status} "))
                || text.contains(&format!("HTTP/1.0 {status} "))
        })
    }
}
