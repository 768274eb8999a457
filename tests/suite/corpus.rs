//! Replays the corpora against each profile that imitates a recorded server, and compares the results with the
//! recordings.
//!
//! Each directory of recordings has the name of its corpus, and a file for each server that was recorded. A difference
//! fails unless `corpus/exceptions.toml` lists it with its reason; a listed case that does not differ fails too. Cases that wait for
//! long timers run with `cargo test -- --ignored`.
//!
//! These servers are tested over sockets. The other recorded servers, the gallery, are replayed only in memory
//! (`model`).

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use labserve_core::profile::builtin;
use labserve_probe::client::Client;
use labserve_probe::compare::{Difference, differences};
use labserve_probe::placeholders::Contents;
use serde::Deserialize;

use crate::support::case::{self, Case};
use crate::support::recording::{self, Recording};
#[cfg(target_os = "linux")]
use crate::support::server::can_bind_root;
use crate::support::server::{Server, is_built_here};
use crate::support::site::Site;

/// How many cases run in parallel in each round; most of their time is waiting. Cases that differ run again in the next
/// round, the last time alone, so that a busy machine is not mistaken for a slow server.
const AT_ONCE: [usize; 3] = [64, 8, 1];
/// The same for a program under Wine, where one process does all the waiting.
const AT_ONCE_ELSEWHERE: [usize; 3] = [12, 4, 1];

/// Gives `$tests` the profiles that imitate a recorded server, each as `name_of_a_test = "name"`.
macro_rules! recorded_profiles {
    ($tests:ident) => {
        $tests!(
            node = "node",
            node20 = "node20",
            flask = "flask",
            django = "django",
            python_http = "python-http",
            python_http11 = "python-http11",
            caddy = "caddy",
            apache = "apache",
            nginx = "nginx"
        );
    };
}
pub(crate) use recorded_profiles;

macro_rules! profiles {
    ($($module:ident = $profile:literal),*) => {
        /// The servers that are tested over sockets.
        const OVER_SOCKETS: &[&str] = &[$($profile),*];

        $(mod $module {
            #[test]
            fn answers_as_recorded() {
                super::replay($profile, |case| !case.slow);
            }

            #[test]
            #[ignore = "waits for timers of up to 130 s"]
            fn ends_as_recorded() {
                super::replay($profile, |case| case.slow);
            }
        })*
    };
}

recorded_profiles!(profiles);

/// The other recorded servers.
pub(crate) fn gallery() -> Vec<String> {
    let mut servers = recording::servers();
    servers.retain(|name| !OVER_SOCKETS.contains(&name.as_str()));
    servers
}

/// A corpus and the recordings of it.
pub(crate) struct Recorded {
    /// Whether the site of the recording is the odd one.
    pub(crate) is_odd: bool,
    pub(crate) recording: Recording,
    /// The recorded cases.
    pub(crate) cases: Vec<Case>,
}

/// All corpora for which the profile has a recording.
pub(crate) fn recorded(profile: &str) -> Vec<Recorded> {
    let of_corpus = |corpus: String| {
        let recording = Recording::load(&corpus, profile)?;
        let mut cases = case::load(&format!("{corpus}.json"));
        cases.retain(|case| recording.outcomes.contains_key(&case.name));
        Some(Recorded {
            is_odd: corpus == "files",
            recording,
            cases,
        })
    };
    recording::corpora().into_iter().filter_map(of_corpus).collect()
}

/// Runs the chosen cases of all corpora and compares with the recordings for the profile.
fn replay(profile: &str, choose: impl Fn(&Case) -> bool) {
    let site = Site::recorded();
    let server = Server::start(profile, site.root());
    let client = Client::new(server.address(), contents(&site));
    let (mut differing, mut chosen) = (BTreeMap::new(), Vec::new());
    for mut corpus in recorded(profile) {
        corpus.cases.retain(&choose);
        if corpus.is_odd {
            #[cfg(target_os = "linux")]
            if server.is_labserve() && is_built_here() {
                let (found, names) = replay_odd(profile, corpus);
                differing.extend(found);
                chosen.extend(names);
            }
            continue;
        }
        let Recorded {
            recording, mut cases, ..
        } = corpus;
        cases.sort_by_key(|case| Reverse(case.patience()));
        differing.extend(run_all(&client, &server, &recording, &cases));
        chosen.extend(cases.into_iter().map(|case| case.name));
    }
    let expected = if server.is_labserve() {
        exceptions(profile)
    } else {
        BTreeMap::new()
    };
    report(profile, &chosen, &differing, &expected);
}

/// Runs the cases about the odd site. Returns those that differ, and the names of all. Only Linux can hold such a site.
/// If the test runs as root and cannot take root's rights from the server, cases about unreadable files are left out.
#[cfg(target_os = "linux")]
fn replay_odd(profile: &str, corpus: Recorded) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    let site = Site::odd();
    let server = Server::start_bound(profile, site.root());
    let client = Client::new(server.address(), contents(&site));
    let Recorded {
        recording, mut cases, ..
    } = corpus;
    let reads_all = site.is_all_readable() && !can_bind_root();
    cases.retain(|case| !(case.ordinary_user && reads_all));
    let differing = run_all(&client, &server, &recording, &cases);
    (differing, cases.into_iter().map(|case| case.name).collect())
}

/// The files of the site that recordings show by their paths.
pub(crate) fn contents(site: &Site) -> Contents {
    Contents::new(site.files_from(0))
}

/// The cases that differ, each with its differences.
fn run_all(client: &Client, server: &Server, recording: &Recording, cases: &[Case]) -> BTreeMap<String, Vec<String>> {
    let target = server.address().to_string();
    let judge = |case: &Case| -> Vec<String> {
        let outcome = client.play(case).unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let want = (&recording.outcomes[&case.name], recording.target.as_str());
        let found = differences(want, (&outcome, &target));
        found.iter().map(Difference::to_string).collect()
    };
    let rounds = if is_built_here() { AT_ONCE } else { AT_ONCE_ELSEWHERE };
    let mut left: Vec<&Case> = cases.iter().collect();
    let mut differing = BTreeMap::new();
    for at_once in rounds {
        let found = Mutex::new(BTreeMap::new());
        left = side_by_side(at_once, left.into_iter(), |case| {
            let differences = judge(case);
            let differs = !differences.is_empty();
            if differs {
                found
                    .lock()
                    .expect("no worker should panic while it notes a case")
                    .insert(case.name.clone(), differences);
            }
            differs
        });
        differing = found.into_inner().expect("no worker should have panicked");
    }
    differing
}

/// Runs a test on `at_once` cases in parallel. Returns the cases for which the test returns true.
pub(crate) fn side_by_side<'a>(
    at_once: usize,
    cases: impl Iterator<Item = &'a Case> + Send,
    test: impl Fn(&Case) -> bool + Sync,
) -> Vec<&'a Case> {
    let (queue, chosen) = (Mutex::new(cases), Mutex::new(Vec::new()));
    let next = || {
        queue
            .lock()
            .expect("no worker should panic while it takes a case")
            .next()
    };
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(case) = next() {
                    if test(case) {
                        chosen
                            .lock()
                            .expect("no worker should panic while it notes a case")
                            .push(case);
                    }
                }
            });
        }
    });
    chosen.into_inner().expect("no worker should have panicked")
}

/// Fails if a case differs that is not listed, or if a listed case does not differ.
pub(crate) fn report(
    profile: &str,
    chosen: &[String],
    differing: &BTreeMap<String, Vec<String>>,
    expected: &BTreeMap<String, String>,
) {
    let mut complaint = String::new();
    for (name, found) in differing.iter().filter(|(name, _)| !expected.contains_key(*name)) {
        let _ = write!(complaint, "\n{name}\n    {}", found.join("\n    "));
    }
    for (name, reason) in expected
        .iter()
        .filter(|(name, _)| chosen.contains(name) && !differing.contains_key(*name))
    {
        let _ = write!(
            complaint,
            "\n{name}: no longer differs, remove it from corpus/exceptions.toml ({reason})"
        );
    }
    let same = chosen.len() - differing.len();
    println!("{profile}: {same} of {} cases identical", chosen.len());
    assert!(
        complaint.is_empty(),
        "{profile}: {same} of {} cases identical; not as expected:{complaint}",
        chosen.len()
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
}

/// Cases in which profiles differ from their servers, and the reason. A single profile or case may be written without a
/// list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    profile: Option<String>,
    #[serde(default)]
    profiles: Vec<String>,
    case: Option<String>,
    #[serde(default)]
    cases: Vec<String>,
    reason: String,
}

impl Exception {
    fn is_for(&self, profile: &str) -> bool {
        self.profile
            .iter()
            .chain(&self.profiles)
            .any(|listed| listed == profile)
    }

    fn by_case(self) -> impl Iterator<Item = (String, String)> {
        let reason = self.reason;
        self.case
            .into_iter()
            .chain(self.cases)
            .map(move |case| (case, reason.clone()))
    }
}

pub(crate) fn exceptions(profile: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus/exceptions.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let listed: Exceptions = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    listed
        .exception
        .into_iter()
        .filter(|exception| exception.is_for(profile))
        .flat_map(Exception::by_case)
        .collect()
}

#[test]
fn every_exception_names_a_case() {
    let known: Vec<_> = recording::corpora()
        .iter()
        .flat_map(|corpus| case::load(&format!("{corpus}.json")))
        .map(|case| case.name)
        .collect();
    for profile in builtin::names() {
        for (case, _) in exceptions(profile) {
            assert!(
                known.contains(&case),
                "exceptions.toml lists {case:?} for {profile}, which is not a case of a corpus"
            );
        }
    }
}

#[test]
fn no_two_cases_share_a_name() {
    let mut names: Vec<_> = recording::corpora()
        .iter()
        .flat_map(|corpus| case::load(&format!("{corpus}.json")))
        .map(|case| case.name)
        .collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        panic!("two cases are called {:?}", twice[0]);
    }
}
