//! What is fuzzed: one module a target, each with a `run` that takes any bytes and panics where labserve is wrong.
//!
//! The fuzzer (`fuzz_targets/`, libFuzzer) and the replay of the corpora (`tests/replay.rs`) call the same functions.

pub mod conditions;
pub mod dates;
pub mod exchange;
pub mod explain;
pub mod head;
pub mod input;
pub mod profile;
pub mod profiles;
pub mod range;
pub mod replies;
pub mod site;
pub mod tags;
pub mod target;
pub mod template;

/// What a target runs.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// All there is to try with the bytes.
    Once(fn(&[u8])),
    /// The same under one profile, by its number; the fuzzer lets the first byte choose it.
    Under(fn(usize, &[u8])),
}

/// Every target: its name, which is that of its corpus and its binary, and what it runs.
pub const TARGETS: &[(&str, Run)] = &[
    ("head", Run::Under(head::run_under)),
    ("target", Run::Once(target::run)),
    ("range", Run::Once(range::run)),
    ("conditions", Run::Once(conditions::run)),
    ("dates", Run::Once(dates::run)),
    ("tags", Run::Once(tags::run)),
    ("template", Run::Once(template::run)),
    ("profile", Run::Once(profile::run)),
    ("exchange", Run::Under(exchange::run_under)),
    ("explain", Run::Once(explain::run)),
];

/// Runs a target under the profile that the first byte chooses.
pub fn under_chosen(run: fn(usize, &[u8]), data: &[u8]) {
    let mut input = input::Input(data);
    let number = usize::from(input.byte()) % profiles::count();
    run(number, input.0);
}
