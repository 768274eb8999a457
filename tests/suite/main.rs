//! Black-box tests: labserve's own binary, real sockets and real files.
//!
//! `corpus` replays what the real servers were asked and compares byte for byte; `capture` repeats the lab report's
//! captures; `cli`, `stop` and `reload` try what people do to it, `changes` what they do to its files; `events` reads its event
//! log; `limits` asks too much of it, and `race` in the instant of an end; `timeline` asks its page's API; `clients` lets an
//! everyday HTTP client loose on every profile; `iis` and `rfc` say of the two profiles that no server could be recorded for
//! what they must do; `facade` uses the crate, with servers in this process. `support` is what these stand on. Nothing here
//! looks inside labserve, but for `architecture` and `locale`, which hold rules of its sources.

mod support;

mod architecture;
mod capture;
mod changes;
mod cli;
mod clients;
mod corpus;
mod events;
mod explain;
mod facade;
mod iis;
mod limits;
mod locale;
mod model;
mod race;
mod readme;
mod reload;
mod rfc;
mod stop;
mod timeline;
