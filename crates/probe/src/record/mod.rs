//! Sends cases to a running server, and keeps its answers.

mod file;
mod measuring;
mod options;
mod pace;
mod preflight;

use crate::adapt::{OrdinaryFile, adapted};
use crate::case::Case;
use crate::client::{Client, PlayError};
use crate::compare::differences;
use crate::recording::{Answer, Outcome, Recording};
use crate::site;
pub use file::ordinary_file;
pub use options::Options;
use pace::Pace;
pub use preflight::{Preflight, preflight, preflight_within};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many times a connection is tried before the server counts as gone, and the pause between two tries.
const TRIALS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(250);
/// How many times a case is repeated alone if its first two answers differ.
const AGAIN: usize = 3;
/// Why a case is not sent to a server of which only one ordinary file is known.
pub const NEEDS_PROBE_SITE: &str = "not asked: it needs the probe site";
/// How many measures are taken at a time.
const MEASURES_AT_ONCE: usize = 6;
/// How many cases in a row may fail before the server counts as one that cannot be recorded.
const FAILURES: usize = 96;

/// The result of recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The answers so far.
    pub recording: Recording,
    /// Why it ended before all cases were asked; `None` if all were.
    pub stopped: Option<Stopped>,
}

/// Why a recording ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The caller cancelled it.
    Cancelled,
    /// The server no longer accepted connections.
    Gone {
        /// The last case that it answered.
        after: Option<String>,
        /// The error of the operating system.
        why: String,
    },
    /// Many cases in a row could not be played to the end.
    Hopeless {
        /// Why the last of them failed.
        why: String,
    },
    /// The answers exceed [`Options::most_bytes`].
    TooLarge,
    /// It took longer than allowed.
    TooLong(Duration),
}

/// Whether an address belongs to this machine, so that its servers may be recorded without further consent.
///
/// ```
/// assert!(labserve_probe::record::is_own(std::net::Ipv4Addr::LOCALHOST.into()));
/// assert!(!labserve_probe::record::is_own(std::net::Ipv4Addr::new(192, 0, 2, 1).into()));
/// ```
pub fn is_own(address: IpAddr) -> bool {
    // Only an address of this machine can be bound.
    address.is_loopback() || (!address.is_unspecified() && UdpSocket::bind((address, 0)).is_ok())
}

/// Sends cases to a server. Those that `known` answers are not sent again.
///
/// If `known` contains an ordinary file, the cases request that file, and cases that need more are recorded as
/// [`NEEDS_PROBE_SITE`].
///
/// Each case is sent twice; the slow ones run in parallel with the others from the start. If the two answers to a fast
/// case differ, it is sent three more times alone. If those answers agree, they count; otherwise the case is marked as
/// unstable. If `preflight` found that the server serves one connection at a time, the cases are also sent one at a
/// time. A recording that is cut short keeps all answers that it has.
///
/// `asked` is called after each answer, from several threads, with the number of answers so far and the number
/// expected. Once `cancelled` is true, no further case is started.
///
/// ```no_run
/// use labserve_probe::{Recording, case, record};
/// use std::sync::atomic::AtomicBool;
///
/// let server = "127.0.0.1:8080".parse().expect("an address");
/// let preflight = record::preflight(server).expect("a server");
/// let recorded = record::record(
///     server,
///     &case::built_in(),
///     Recording::new(server.to_string()),
///     &preflight,
///     record::Options::default(),
///     &|asked, of| eprintln!("{asked} of {of}"),
///     &AtomicBool::new(false),
/// );
/// std::fs::write("server.rec", recorded.recording.to_text()).expect("a writable file");
/// ```
pub fn record(
    server: SocketAddr,
    cases: &[Case],
    known: Recording,
    preflight: &Preflight,
    options: Options,
    asked: &(dyn Fn(usize, usize) + Sync),
    cancelled: &AtomicBool,
) -> Recorded {
    let contents = known.file.as_ref().map_or_else(site::contents, OrdinaryFile::contents);
    let all = cases;
    let cases = &adapted(all, known.file.as_ref());
    let longest = options.longest(cases, preflight);
    let recorder = Recorder {
        server,
        client: Client::within(server, contents, options.bounds),
        cancelled,
        asked,
        most_bytes: options.most_bytes,
        longest,
        begun: Instant::now(),
        pace: Pace::new(options.per_second),
        state: Mutex::default(),
    };
    let left = |slow: bool| {
        cases
            .iter()
            .filter(move |case| case.slow == slow)
            .filter(|case| !known.cases.contains_key(&case.name))
    };
    let fast: Vec<&Case> = left(false).collect();
    let slow: Vec<&Case> = if options.slow { left(true).collect() } else { Vec::new() };
    recorder.state().expected = 2 * (fast.len() + slow.len());
    let measure = |at_once| match options.measures {
        true => recorder.measure(at_once, &known.measures, known.file.as_ref()),
        false => BTreeMap::new(),
    };
    let measures = if preflight.one_at_a_time {
        recorder.ask_all(1, &fast);
        recorder.ask_all(1, &slow);
        measure(1)
    } else {
        thread::scope(|scope| {
            let measures = scope.spawn(|| measure(MEASURES_AT_ONCE.min(options.at_once.max(1))));
            scope.spawn(|| recorder.ask_all(2 * slow.len(), &slow));
            recorder.ask_all(options.at_once.max(1), &fast);
            measures.join().unwrap_or_default()
        })
    };
    recorder.ask_again(&fast);
    let mut recorded = recorder.into_recorded(known);
    recorded.recording.measures.extend(measures);
    let asked: BTreeSet<&String> = cases.iter().map(|case| &case.name).collect();
    for case in all.iter().filter(|case| !asked.contains(&case.name)) {
        let error = NEEDS_PROBE_SITE.to_owned();
        recorded
            .recording
            .cases
            .insert(case.name.clone(), Answer::Failed { error });
    }
    recorded
}

/// The state that the threads of a recording share.
struct Recorder<'a> {
    server: SocketAddr,
    client: Client,
    cancelled: &'a AtomicBool,
    asked: &'a (dyn Fn(usize, usize) + Sync),
    most_bytes: usize,
    longest: Duration,
    begun: Instant,
    pace: Pace,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The answers to each case, in the order in which they arrived.
    answers: BTreeMap<String, Vec<Result<Outcome, String>>>,
    last_answered: Option<String>,
    done: usize,
    expected: usize,
    /// The number of bytes in the answers.
    bytes: usize,
    /// How many cases have failed since the last success.
    failures: usize,
    stopped: Option<Stopped>,
}

impl Recorder<'_> {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        if self.begun.elapsed() > self.longest {
            self.state().stopped.get_or_insert(Stopped::TooLong(self.longest));
        }
        self.cancelled.load(Ordering::Relaxed) || self.state().stopped.is_some()
    }

    /// Sends each case twice, up to `at_once` at a time.
    fn ask_all(&self, at_once: usize, cases: &[&Case]) {
        // First all cases, then all of them again, so that a server that changes over time gives different answers.
        let queue: Mutex<VecDeque<&Case>> = Mutex::new(cases.iter().chain(cases).copied().collect());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    while !self.is_over()
                        && let Some(case) = next()
                    {
                        self.ask(case);
                    }
                });
            }
        });
    }

    /// Repeats the cases whose two answers differ, alone, so that a busy machine is not mistaken for an unstable
    /// server.
    fn ask_again(&self, cases: &[&Case]) {
        let target = self.server.to_string();
        let disagree = |case: &&&Case| match self.state().answers.get(&case.name).map(Vec::as_slice) {
            Some([Ok(one), Ok(other)]) => !differences((one, &target), (other, &target)).is_empty(),
            Some([one, other]) => one.is_ok() != other.is_ok(),
            _ => false,
        };
        let doubtful: Vec<&Case> = cases.iter().filter(disagree).copied().collect();
        self.state().expected += AGAIN * doubtful.len();
        for case in doubtful {
            for _ in 0..AGAIN {
                if !self.is_over() {
                    self.ask(case);
                }
            }
        }
    }

    fn ask(&self, case: &Case) {
        let answer = match self.play(case) {
            Ok(outcome) => Ok(outcome),
            Err(PlayError::Connect(why)) => {
                let mut state = self.state();
                let after = state.last_answered.clone();
                state.stopped.get_or_insert(Stopped::Gone {
                    after,
                    why: why.to_string(),
                });
                return;
            }
            Err(endless) => Err(endless.to_string()),
        };
        {
            let mut state = self.state();
            match &answer {
                Ok(outcome) => {
                    state.last_answered = Some(case.name.clone());
                    state.failures = 0;
                    state.bytes += outcome.heard.iter().map(|heard| heard.text.len()).sum::<usize>();
                }
                Err(_) => state.failures += 1,
            }
            if state.bytes > self.most_bytes {
                state.stopped.get_or_insert(Stopped::TooLarge);
            }
            if let Err(why) = &answer
                && state.failures >= FAILURES
            {
                state.stopped.get_or_insert(Stopped::Hopeless { why: why.clone() });
            }
            state.answers.entry(case.name.clone()).or_default().push(answer);
        }
        self.count();
    }

    /// Reports that one more is done.
    fn count(&self) {
        let (done, expected) = {
            let mut state = self.state();
            state.done += 1;
            (state.done, state.expected)
        };
        (self.asked)(done, expected);
    }

    /// Plays a case. If a connection cannot be established, it is tried again: the accept queue may be full for a
    /// moment.
    fn play(&self, case: &Case) -> Result<Outcome, PlayError> {
        let mut trial = 1;
        loop {
            self.pace.wait();
            match self.client.play(case) {
                Err(PlayError::Connect(_)) if trial < TRIALS && !self.cancelled.load(Ordering::Relaxed) => {
                    trial += 1;
                    thread::sleep(PAUSE);
                }
                played => return played,
            }
        }
    }

    fn into_recorded(self, known: Recording) -> Recorded {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut recording = Recording {
            target: self.server.to_string(),
            ..known
        };
        for (name, answers) in state.answers {
            if let Some(answer) = settled(answers, &recording.target) {
                recording.cases.insert(name, answer);
            }
        }
        let stopped = if self.cancelled.load(Ordering::Relaxed) {
            Some(Stopped::Cancelled)
        } else {
            state.stopped
        };
        Recorded { recording, stopped }
    }
}

/// The result of several answers to one case. A recording that was cut short may have only one.
fn settled(answers: Vec<Result<Outcome, String>>, target: &str) -> Option<Answer> {
    let agree = |outcomes: &[Outcome]| {
        outcomes
            .windows(2)
            .all(|pair| differences((&pair[0], target), (&pair[1], target)).is_empty())
    };
    // Answers that were given alone take precedence over those given in parallel with others.
    let counting = if answers.len() > 2 { &answers[2..] } else { &answers[..] };
    match counting.iter().cloned().collect::<Result<Vec<Outcome>, String>>() {
        Ok(outcomes) if agree(&outcomes) => outcomes.into_iter().next().map(Answer::Stable),
        Ok(_) => Some(Answer::Unstable {
            unstable: answers.into_iter().flatten().collect(),
        }),
        Err(error) => Some(Answer::Failed { error }),
    }
}

#[cfg(test)]
mod adversarial;
#[cfg(test)]
mod tests;
