//! labserve: a static-file HTTP/1.1 server that answers as another server would.
//!
//! A [`profile`] is a server's behaviour as data. [`files`] gathers facts, [`decide`] decides, [`serve`] writes; the
//! life of a connection is the pure state machine in [`connection`]. `ARCHITECTURE.md` shows the way of one request.

pub mod cli;
pub mod close_reason;
pub mod conn;
pub mod connection;
pub mod decide;
pub mod events;
pub mod explain;
pub mod facts;
pub mod files;
#[cfg(test)]
mod hostile;
pub mod http1;
pub mod lookup;
pub mod model;
pub mod path;
pub mod profile;
pub mod profile_files;
pub mod render;
pub mod serve;
mod sys;
#[cfg(test)]
mod test_rng;
pub mod timeline;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
