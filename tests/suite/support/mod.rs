//! Shared by the tests: sites to serve, the server process, cases and recordings, a raw connection, a client of the
//! timeline, and CPU time. labserve-probe plays the cases and compares.

pub(crate) mod case;
pub(crate) mod cpu;
pub(crate) mod odd;
pub(crate) mod recording;
pub(crate) mod relay;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod talk;
pub(crate) mod timeline;
