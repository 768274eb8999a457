//! The schema of a profile: `profiles/schema.json`, generated from the types that serde reads.
//!
//! A test generates it, and the reference in `profiles/reference.md` from it, and compares both with the files.
//! `LABSERVE_BLESS=1 cargo test -p labserve-core schema` writes them. The program embeds the result, so it needs no
//! generator.

#[cfg(test)]
mod generate;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod values;

/// The schema of a profile, as JSON Schema.
pub const TEXT: &str = include_str!("../../../../../profiles/schema.json");
