//! The cases of `crates/probe/cases`.

use std::path::Path;

pub(crate) use labserve_probe::case::{Case, Step};

/// Loads the cases of a file in `crates/probe/cases`.
pub(crate) fn load(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("crates/probe/cases")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    labserve_probe::case::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
