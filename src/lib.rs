//! labserve: a static-file HTTP/1.1 server that answers as another server would.
//!
//! `ARCHITECTURE.md` shows the way of one request.

#![forbid(unsafe_code)]

#[cfg(feature = "explain")]
pub use labserve_capture as capture;
pub use labserve_core as core;
pub use labserve_server as server;
#[cfg(feature = "timeline")]
pub use labserve_timeline as timeline;

#[cfg(feature = "cli")]
pub mod cli;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
