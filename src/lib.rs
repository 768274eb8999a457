//! labserve: a static-file HTTP/1.1 server that answers as another server would.
//!
//! A [`profile`] is a server's behaviour as data. [`files`] gathers facts, [`respond`] decides, [`serve`] writes; the
//! life of a connection is the pure state machine in [`connection`]. `ARCHITECTURE.md` shows the way of one request.

pub mod cli;
pub mod connection;
#[cfg(test)]
mod dice;
pub mod events;
pub mod explain;
pub mod files;
#[cfg(test)]
mod hostile;
pub mod http;
pub mod profile;
pub mod respond;
pub mod serve;
mod sys;
pub mod timeline;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
