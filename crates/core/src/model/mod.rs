//! Whole conversations in memory, with virtual time: no socket, no file, no clock, no runtime.
//!
//! [`converse`] runs one connection of a server over [`crate::conn`], the code that also decides on real sockets. A
//! [`Client`] says what it does next and when, and receives what the server sends. Timers of minutes take no real time.
//!
//! ```
//! use labserve_core::model::{End, MemorySite, Script, Setting, Step, converse};
//! use labserve_core::profile::layers;
//!
//! let profile = layers::load("node").expect("a built-in profile");
//! let site = MemorySite::new(&profile).with_file("a.txt", b"hello\n");
//! let steps = [
//!     Step::Send(b"GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
//!     Step::End { within: std::time::Duration::from_secs(10) },
//! ];
//! let outcome = Script::new(&steps).run(&profile, &site, &Setting::default());
//! assert!(outcome.heard[0].text().ends_with(b"\r\n\r\nhello\n"));
//! assert_eq!(outcome.end, End::Fin);
//! assert_eq!(outcome.after.map(|after| after.as_secs()), Some(5));
//! ```

mod body;
#[cfg(test)]
mod defaults;
#[cfg(test)]
mod keys;
mod ruled;
#[cfg(test)]
mod rules;
mod script;
mod server;
mod site;
#[cfg(test)]
mod tests;
mod wire;

pub use script::{FIRST, Heard, Outcome, QUIET, Script, Step};
pub use server::{Setting, converse};
pub use site::{MemoryFile, MemorySite, Obstacle};
pub use wire::{Client, ClientAct, End, Piece};
