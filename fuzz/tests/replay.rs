//! Runs every target over its corpus, so that bugs found by fuzzing stay fixed. Targets for one profile run under all of
//! them.

use labserve_fuzz::{Run, TARGETS, profiles};
use std::path::Path;

#[test]
fn every_corpus_runs_without_a_panic() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, run) in TARGETS {
        let archive = std::fs::read(corpora.join(format!("{target}.tar")))
            .unwrap_or_else(|error| panic!("no corpus of {target}: {error}"));
        let inputs = files_of(&archive);
        assert!(!inputs.is_empty(), "the corpus of {target} is empty");
        for (name, data) in inputs {
            // The test harness shows this if the run panics.
            println!("{target}/{name}");
            match run {
                Run::Once(run) => run(data),
                Run::Under(run) => {
                    (0..profiles::count()).for_each(|number| run(number, data.get(1..).unwrap_or_default()));
                }
            }
        }
    }
}

/// The names and contents of the files in a tar archive of plain files, as `fuzz/run --minimise` packs them.
fn files_of(mut archive: &[u8]) -> Vec<(String, &[u8])> {
    const BLOCK: usize = 512;
    let mut files = Vec::new();
    // The archive ends with blocks of zeros.
    while let Some((header, rest)) = archive.split_at_checked(BLOCK)
        && header[0] != 0
    {
        let size = usize::from_str_radix(&text(&header[124..136]), 8).expect("a size in octal digits");
        files.push((text(&header[..100]), &rest[..size]));
        archive = &rest[size.next_multiple_of(BLOCK)..];
    }
    files
}

/// A field of a header up to its first NUL.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}
