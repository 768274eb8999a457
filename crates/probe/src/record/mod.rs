//! Puts cases to a running server, and keeps what comes back.

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

/// How often a connection is tried before the server counts as gone, and the pause between two trials.
const TRIALS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(250);
/// How often a case is asked again, alone, if its first two answers differ.
const AGAIN: usize = 3;
/// Why a case is not put to a server that is known to have one ordinary file.
pub const NEEDS_PROBE_SITE: &str = "not asked: it needs the probe site";
/// How many measures are taken at once.
const MEASURES_AT_ONCE: usize = 6;
/// How many cases in a row may fail before the server counts as one that cannot be recorded.
const FAILURES: usize = 96;

/// What a recording has come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// What came back so far.
    pub recording: Recording,
    /// Why it ended before all cases were asked; `None` if all were.
    pub stopped: Option<Stopped>,
}

/// Why a recording ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The caller wanted it.
    Cancelled,
    /// The server took no connection any more.
    Gone {
        /// The last case that it answered.
        after: Option<String>,
        /// What the operating system said.
        why: String,
    },
    /// Many cases in a row could not be played to their ends.
    Hopeless {
        /// Why the last of them could not.
        why: String,
    },
    /// The responses have more bytes than [`Options::most_bytes`].
    TooLarge,
    /// It took longer than it may.
    TooLong(Duration),
}

/// Whether an address belongs to this machine, so that its servers may be asked without further consent.
///
/// ```
/// assert!(labserve_probe::record::is_own(std::net::Ipv4Addr::LOCALHOST.into()));
/// assert!(!labserve_probe::record::is_own(std::net::Ipv4Addr::new(192, 0, 2, 1).into()));
/// ```
pub fn is_own(address: IpAddr) -> bool {
    // Only an address of this machine can be bound.
    address.is_loopback() || (!address.is_unspecified() && UdpSocket::bind((address, 0)).is_ok())
}

/// Puts cases to a server. Those that `known` answers are not asked again.
///
/// If `known` names an ordinary file, the cases are put to that file, and those that need more are recorded as [`NEEDS_PROBE_SITE`].
///
/// Each case is asked twice; the slow ones are asked beside the others from the start. If the two answers to a fast case
/// differ, it is asked three more times alone. If those agree, they count; otherwise the case is marked as unstable. If
/// `preflight` found that the server serves one connection at a time, so are the cases. A recording that is cut short
/// keeps every answer that it has.
///
/// `asked` is called after each answer, from several threads, with the number of answers so far and of those expected.
/// Once `cancelled` is true, no further case is begun.
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

/// What the threads of a recording share.
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
    /// The answers to each case, in the order in which they came.
    answers: BTreeMap<String, Vec<Result<Outcome, String>>>,
    last_answered: Option<String>,
    done: usize,
    expected: usize,
    /// How many bytes the answers hold.
    bytes: usize,
    /// How many cases have failed since the last that did not.
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

    /// Asks each case twice, up to `at_once` at a time.
    fn ask_all(&self, at_once: usize, cases: &[&Case]) {
        // All cases once, and then all again: a server that changes in the course of time does not agree with itself.
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

    /// Asks the cases whose two answers differ again, alone, so that a busy machine is not taken for an unstable server.
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

    /// Tells that one more is done.
    fn count(&self) {
        let (done, expected) = {
            let mut state = self.state();
            state.done += 1;
            (state.done, state.expected)
        };
        (self.asked)(done, expected);
    }

    /// Plays a case. A connection that cannot be established is tried again: the accept queue may be full for a moment.
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

/// What several answers to one case come to. A recording that was cut short may have only one.
fn settled(answers: Vec<Result<Outcome, String>>, target: &str) -> Option<Answer> {
    let agree = |outcomes: &[Outcome]| {
        outcomes
            .windows(2)
            .all(|pair| differences((&pair[0], target), (&pair[1], target)).is_empty())
    };
    // The answers that were given alone count more than those given beside others.
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
