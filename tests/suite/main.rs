//! labserve, seen from outside: its own binary, real sockets, real files.
//!
//! `corpus` replays what the real servers were asked and compares byte for byte; `capture` repeats the lab report's
//! captures; `clients` lets an everyday HTTP client loose on every profile. The other modules are what these three
//! stand on. Nothing here looks inside labserve.

mod support;

mod capture;
mod clients;
mod corpus;
