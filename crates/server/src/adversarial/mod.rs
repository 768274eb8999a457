//! Tests with malicious input over sockets, under every profile: path traversal, response splitting, cross-site
//! scripting, and request smuggling.
//!
//! The inputs are the same on every run, and the assertions hold for any input.

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
