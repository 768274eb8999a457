//! The fuzz targets: one module each, with a function `run` that takes arbitrary bytes and panics if labserve is wrong.
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

/// How a target runs.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// Tries everything with the bytes.
    Once(fn(&[u8])),
    /// Tries the bytes under one profile, given by its number. In the fuzzer the first byte selects the profile.
    Under(fn(usize, &[u8])),
}

/// Every target: its name, which its corpus and its binary share, and how it runs.
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

/// Runs a target under the profile that the first byte selects.
pub fn under_chosen(run: fn(usize, &[u8]), data: &[u8]) {
    let mut input = input::Input(data);
    let number = usize::from(input.byte()) % profiles::count();
    run(number, input.0);
}
