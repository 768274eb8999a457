//! Records how an HTTP/1.1 server answers, and compares what two servers answered.
//!
//! A [`Case`] is what a client does on one connection: bytes that it sends, pauses, reads, and its FIN. The built-in
//! case set ([`case::built_in`]) covers about 3,700 things that servers answer differently. [`record::record`] sends
//! cases to a running server and keeps the answers as a [`Recording`]; [`adapt`] adapts the cases to a server that does
//! not have the probe site, and [`measure`] finds out what no single case shows. [`simulate::Simulation`] plays the
//! same cases against a profile, in memory and in virtual time. [`compare::compare`] finds where two recordings differ,
//! and [`report`] renders that for people and for programs.
//!
//! ```
//! use labserve_core::profile::layers;
//! use labserve_probe::{case, compare, simulate::Simulation};
//!
//! let cases = case::built_in();
//! let few: Vec<_> = cases.iter().filter(|case| case.group() == "range").collect();
//! let one = layers::load("nginx").expect("a built-in profile");
//! let other = layers::load("apache").expect("a built-in profile");
//! let target = "127.0.0.1:18081".parse().expect("an address");
//!
//! let one = Simulation::new(&one, target).record(few.iter().copied());
//! let other = Simulation::new(&other, target).record(few.iter().copied());
//! let same = compare::compare(&one, &one);
//! assert_eq!(same.total().equal, few.len());
//! assert!(compare::compare(&one, &other).total().differs > 0);
//! ```

#![forbid(unsafe_code)]

pub mod adapt;
pub mod case;
pub mod client;
pub mod compare;
mod head;
pub mod learn;
pub mod measure;
mod normal;
pub mod placeholders;
pub mod record;
pub mod recording;
pub mod report;
pub mod simulate;
pub mod site;
pub mod visit;

pub use case::Case;
pub use recording::Recording;
