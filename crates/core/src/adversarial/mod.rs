//! Tests with malformed and malicious input under every profile.
//!
//! Mutated request heads and profiles, path traversal, response splitting, cross-site scripting, and request smuggling.
//! Whole connections run in memory ([`crate::model`]).
//!
//! The inputs are the same in every run, and the assertions hold for any input. `fuzz/` searches longer for new inputs;
//! those that revealed a bug are kept here, too.

#[cfg(test)]
mod client;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod injection;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod profile_text;
#[cfg(test)]
mod smuggling;
#[cfg(test)]
mod smuggling_parser;
pub mod traversal;

#[cfg(test)]
fn profiles() -> Vec<crate::profile::Profile> {
    use crate::profile::{builtin, layers};
    builtin::names().map(|name| layers::load(name).expect(name)).collect()
}
