//! What the tests stand on: a site to serve, the server process, wire.py's client and comparison in Rust, and a
//! connection that reads one reply at a time.

pub(crate) mod case;
pub(crate) mod client;
pub(crate) mod compare;
pub(crate) mod normal;
pub(crate) mod recording;
pub(crate) mod relay;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod talk;
pub(crate) mod timeline;
