//! labserve's I/O: listeners, worker threads, files, and the events of each connection.
//!
//! [`files`] gathers facts, `labserve_core` decides, [`server`] writes.

#[cfg(test)]
mod adversarial;
pub mod events;
pub mod files;
pub mod profile_files;
pub mod server;
pub mod sys;
pub mod text_file;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
