//! Shared by the tests: sites to serve, the server process, the client and comparison of wire.py in Rust, a raw connection,
//! and a client of the timeline.

pub(crate) mod case;
pub(crate) mod client;
pub(crate) mod compare;
pub(crate) mod normal;
pub(crate) mod odd;
pub(crate) mod recording;
pub(crate) mod relay;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod talk;
pub(crate) mod timeline;
