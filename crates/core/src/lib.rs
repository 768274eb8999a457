//! The protocol core of labserve, without I/O: HTTP/1.1 parsing, server profiles, and the response to each request.
//!
//! A request passes through these modules in order:
//!
//! 1. [`http1`] parses the request head under the rules of a [`profile`], which is a server's behaviour as data.
//! 2. [`decide::route`] maps the request to a fixed response or to a path.
//! 3. [`lookup`] finds the file at that path and returns its [`facts`].
//! 4. [`decide::file_reply`] evaluates preconditions and ranges.
//! 5. [`render`] writes the response head and the page.
//!
//! [`conn`] is the state machine of one connection. Time and random numbers are parameters. The crate uses no
//! file, socket, clock or thread, so every test of it is deterministic.

#![forbid(unsafe_code)]

#[cfg(any(test, feature = "test-support"))]
pub mod adversarial;
pub mod close_reason;
pub mod conn;
pub mod decide;
pub mod digest;
pub mod facts;
pub mod glob;
pub mod http1;
pub mod locale;
pub mod lookup;
pub mod model;
pub mod modified;
pub mod path;
pub mod profile;
pub mod render;
pub mod rule;
#[cfg(any(test, feature = "test-support"))]
pub mod test_rng;
pub mod units;
