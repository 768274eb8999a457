//! Shared by the tests: sites to serve, the server process, cases and recordings, a raw connection, and a client of
//! the timeline. labserve-probe plays the cases and compares.

pub(crate) mod case;
pub(crate) mod odd;
pub(crate) mod recording;
pub(crate) mod relay;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod talk;
pub(crate) mod timeline;
