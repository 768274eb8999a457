//! Tests with hostile input on sockets, under every profile: targets that try to leave the root or to put lines and markup
//! into a reply, and requests that two readers could take for different ones.
//!
//! Deterministic: the same inputs on every run. What is asserted holds for any input whatever.

#[cfg(unix)]
mod injection;
mod panics;
#[cfg(unix)]
mod paths;
#[cfg(unix)]
mod smuggling;
#[cfg(unix)]
mod wire;

use labserve_core::profile::{Profile, builtin, layers};

fn profiles() -> Vec<Profile> {
    builtin::names().map(|name| layers::load(name).expect(name)).collect()
}
