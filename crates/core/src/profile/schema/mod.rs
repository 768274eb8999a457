//! The schema of a profile: `profiles/schema.json`, generated from the types that serde reads.
//!
//! A test generates it, and the reference in `profiles/reference.md` from it, and compares both with the files.
//! `LABSERVE_BLESS=1 cargo test -p labserve-core schema` writes them. The program embeds the result, so it needs no
//! generator.

#[cfg(test)]
mod examples;
#[cfg(test)]
mod generate;
mod json;
mod kind;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod values;

pub use kind::Schema;
pub(super) use kind::{Key, Keys, Kind};

/// The schema of a profile, as JSON Schema.
pub const TEXT: &str = include_str!("../../../../../profiles/schema.json");
