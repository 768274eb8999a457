//! Reads a capture of HTTP/1.x over TCP and explains it: what happened on each connection, who ended it and why, and
//! which server it was. Each statement names the frames that prove it, with the numbers that Wireshark shows.
//!
//! [`explain`] reads pcapng and pcap, also compressed with gzip or zstd, in one pass and in bounded memory. The result is a
//! [`Capture`](model::Capture), plain data that [`render`] writes as text, JSON, Markdown or HTML.
//!
//! Servers are identified by comparison with profiles, which are an argument. An empty slice skips the comparison.
//!
//! ```
//! use labserve_capture::{Lang, explain_bytes, model::Side, render};
//!
//! let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-1.pcapng.gz");
//! let capture = explain_bytes(&std::fs::read(path)?, &[])?;
//!
//! // Two connections were opened. Five requests went over the first one, which the server closed.
//! let first = &capture.connections[0];
//! assert_eq!(first.exchanges.len(), 5);
//! assert_eq!(first.exchanges[0].request.as_ref().map(|request| request.head.method()), Some("GET"));
//! assert_eq!(first.end.by, Some(Side::Server));
//!
//! let report = render::markdown(&capture, Lang::En);
//! assert!(report.contains("One connection carried 5 exchanges"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Stages
//!
//! `decode` turns frames into TCP segments, `tcp` assigns them to connections, and `reassembly` puts their bytes in
//! order. `http` finds requests and responses in the bytes, and `protocol` names what is not HTTP/1.x. `analyze`
//! derives what that means for one connection, `findings` for all of them, and `groups` finds connections that are
//! alike. `fingerprint` compares servers with profiles. The result is the [`model`]. `describe` chooses statements
//! about it, `sentence` puts them into a language, and [`render`] lays them out.

#![forbid(unsafe_code)]

mod analyze;
#[cfg(test)]
mod artefact_tests;
#[cfg(test)]
mod carried_tests;
mod decode;
mod describe;
#[cfg(test)]
mod ending_tests;
#[cfg(test)]
mod evidence_tests;
mod explain;
mod findings;
mod fingerprint;
#[cfg(test)]
mod format_tests;
#[cfg(test)]
mod forwarding_tests;
mod groups;
#[cfg(test)]
mod hole_tests;
mod http;
mod limits;
#[cfg(test)]
mod measure_tests;
mod merge;
mod messages;
#[cfg(test)]
mod midway_tests;
pub mod model;
#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod pairing_tests;
mod protocol;
mod reassembly;
pub mod render;
#[cfg(test)]
mod sample_tests;
mod sentence;
mod tcp;
#[cfg(test)]
mod test_capture;
#[cfg(test)]
mod test_profiles;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod timing_tests;

pub use decode::Error;
pub use explain::{Detail, Options, explain, explain_bytes, explain_files};
pub use labserve_core::locale::Lang;
pub use limits::Limits;
pub use merge::FileError;
#[doc(hidden)]
pub use messages::{FindingMsg, Msg};
pub use tcp::Filter;
