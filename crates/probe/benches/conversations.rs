//! How long the recorded cases of a profile take in memory: the corpora `report` and `extended`, without the cases that
//! wait for long timers. About 1,540 cases should take at most 40 ms with a profile that has few rules for what follows
//! a request, and at most twice as long with any other profile.
//!
//!     cargo bench -p labserve-probe --bench conversations

#![allow(clippy::expect_used, reason = "as in a test")]

use divan::Bencher;
use labserve_core::model;
use labserve_core::profile::{builtin, layers};
use labserve_probe::case::{self, Case};
use labserve_probe::recording::{Answer, Recording};
use labserve_probe::simulate::{self, Simulation};
use std::fs;
use std::path::Path;

fn main() {
    divan::main();
}

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of the tests")
}

/// The cases for which there is a recording of the server, without those that wait for long timers.
fn cases(server: &str) -> Vec<Case> {
    let of_corpus = |corpus: &str| {
        let recording = format!("../../tests/data/recordings/{corpus}/{server}.json");
        let recording = Recording::parse(&text(&recording)).expect("a recording");
        let mut cases = case::parse(&text(&format!("cases/{corpus}.json"))).expect("cases");
        cases.retain(|case| !case.slow && matches!(recording.cases.get(&case.name), Some(Answer::Stable(_))));
        cases
    };
    ["report", "extended"].into_iter().flat_map(of_corpus).collect()
}

/// The built-in profiles for which there are recordings of both corpora.
fn recorded() -> impl Iterator<Item = &'static str> {
    let of = |corpus: &str, server: &str| {
        let path = format!("../../tests/data/recordings/{corpus}/{server}.json");
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
    };
    builtin::names().filter(move |name| of("report", name) && of("extended", name))
}

#[divan::bench(args = recorded())]
fn fast_cases(bencher: Bencher<'_, '_>, server: &str) {
    let profile = layers::load(server).expect("a built-in profile");
    let address = "127.0.0.1:18081".parse().expect("an address");
    let simulation = Simulation::new(&profile, address);
    let placeholders = simulation.placeholders();
    let all: Vec<Vec<model::Step>> = cases(server)
        .iter()
        .map(|case| simulate::steps(case, &placeholders))
        .collect();
    bencher
        .counter(divan::counter::ItemsCount::new(all.len()))
        .bench_local(|| {
            for steps in &all {
                divan::black_box(simulation.run(steps));
            }
        });
}
