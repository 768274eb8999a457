//! Black-box tests: labserve's own binary, real sockets and real files.
//!
//! | module | tests |
//! |---|---|
//! | `corpus`, `model` | profiles against recordings of the real servers, byte for byte, over sockets and in virtual time |
//! | `dropped` | requests that get no response, and whose FIN or RST was first |
//! | `iis`, `rfc` | the two profiles without recordings, against documentation and RFCs |
//! | `capture` | page loads as in Wireshark captures of Node |
//! | `clients` | every profile with an ordinary HTTP client |
//! | `cli`, `stop`, `reload` | the command line, shutdown, and reloading the configuration |
//! | `said` | what is said of wrong command lines, and all that a reader of Chinese meets |
//! | `guide` | the commands of README.zh-CN.md, for a reader of Chinese |
//! | `machines` | the start, the end and the summary for programs |
//! | `sandbox` | what `--sandbox` leaves and denies |
//! | `changes` | files that change while they are sent |
//! | `limits`, `race` | too many connections, slow readers, and requests that arrive as a timer expires |
//! | `events`, `timeline` | the event log, and the timeline's API |
//! | `foreign_text` | what is printed of names, keys and requests that try to mislead a terminal or its reader |
//! | `rules` | what rules make happen, over sockets |
//! | `recipes` | the recipes of docs/testing.md, with reqwest |
//! | `facade` | the crate, with servers in this process |
//! | `explain` | `labserve explain` on captures |
//! | `locale` | the catalogue of sentences in both languages |
//! | `readme`, `architecture` | statements of the documentation |
//!
//! `support` holds what they share. Only `architecture` and `locale` look at the sources.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic; clippy.toml allows it in test functions, not in their helpers"
)]

mod support;

mod architecture;
mod capture;
mod changes;
mod chinese;
mod cli;
mod clients;
mod corpus;
mod dropped;
mod events;
mod explain;
mod facade;
#[cfg(unix)] // files whose names have control characters
mod foreign_text;
mod guide;
mod iis;
mod limits;
mod locale;
mod machines;
mod model;
mod probe;
mod race;
mod readme;
mod recipes;
mod reload;
mod rfc;
mod rules;
mod said;
mod sandbox;
mod stop;
mod timeline;
mod visit;
