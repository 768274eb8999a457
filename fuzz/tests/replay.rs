//! Runs every target over its corpus, so that bugs found by fuzzing stay fixed. Targets for one profile run under all of
//! them.

use labserve_fuzz::{Run, TARGETS, profiles};
use std::path::Path;

#[test]
fn every_corpus_runs_without_a_panic() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, run) in TARGETS {
        let mut files: Vec<_> = std::fs::read_dir(corpora.join(name))
            .unwrap_or_else(|error| panic!("no corpus of {name}: {error}"))
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "the corpus of {name} is empty");
        for path in &files {
            let data = std::fs::read(path).expect("a file of the corpus");
            // The test harness shows this if the run panics.
            println!("{}", path.display());
            match run {
                Run::Once(run) => run(&data),
                Run::Under(run) => {
                    (0..profiles::count()).for_each(|number| run(number, data.get(1..).unwrap_or_default()))
                }
            }
        }
    }
}
