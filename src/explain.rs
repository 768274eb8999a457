//! What a capture of HTTP over TCP shows, and why: the output of `labserve explain`, as values and as text.
//!
//! A capture is read in one pass and in bounded memory. The result is a [`Capture`](model::Capture): connections, the
//! exchanges on each, how each closed and why, and which built-in profile each server resembles. Every statement refers
//! to the frames that prove it, by the numbers that Wireshark shows. [`render`] writes it as text, JSON, Markdown or
//! HTML.
//!
//! ```
//! use labserve::explain::{self, Lang, model, render};
//!
//! let capture = explain::file("tests/data/captures/report-1.pcapng.gz")?;
//! assert_eq!(capture.connections[0].exchanges.len(), 5);
//! assert_eq!(capture.connections[0].end.by, Some(model::Side::Server));
//! assert!(render::markdown(&capture, Lang::En).contains("One connection carried 5 exchanges"));
//! # Ok::<(), labserve::Error>(())
//! ```

pub use labserve_capture::{Filter, Lang, model, render};

use crate::{Error, ErrorKind};
use labserve_capture::{Limits, Options};
use labserve_core::profile::{Profile, builtin, layers};
use labserve_server::text_file::shown;
use std::fmt;
use std::io::Read;
use std::path::Path;

/// Reads a capture file in pcapng or pcap format, optionally compressed with gzip.
///
/// ```
/// let error = labserve::explain::file("Cargo.toml").unwrap_err();
/// assert_eq!(error.kind(), labserve::ErrorKind::Capture);
/// assert!(error.to_string().contains("expected pcapng or pcap"), "{error}");
/// ```
///
/// # Errors
/// [`ErrorKind::Capture`]: the file cannot be read, or is not a capture. A capture that is damaged or truncated is read
/// up to that point; a note says so.
pub fn file(path: impl AsRef<Path>) -> Result<model::Capture, Error> {
    let path = path.as_ref();
    let opened = std::fs::File::open(path).map_err(|error| {
        let message = format!("cannot open the capture {}", shown(path));
        Error::new(ErrorKind::Capture, message).with_source(error)
    })?;
    capture(opened, Filter::default(), shown(path))
}

/// Reads a capture from memory or a stream. Only the connections that the filter accepts are kept.
///
/// ```
/// use labserve::explain::{self, Filter};
///
/// let bytes = std::fs::read("tests/data/captures/report-1.pcapng.gz").unwrap();
/// let mut filter = Filter::default();
/// filter.streams.push(0);
/// let capture = explain::read(&bytes[..], filter)?;
/// assert_eq!(capture.connections.len(), 1);
/// # Ok::<(), labserve::Error>(())
/// ```
///
/// # Errors
/// The same as those of [`file()`].
pub fn read(reader: impl Read, filter: Filter) -> Result<model::Capture, Error> {
    capture(reader, filter, "the capture")
}

fn capture(reader: impl Read, filter: Filter, name: impl fmt::Display) -> Result<model::Capture, Error> {
    let options = Options {
        filter,
        limits: Limits::default(),
        detail: labserve_capture::Detail::All,
        ..Options::default()
    };
    let profiles: Vec<Profile> = builtin::names().filter_map(|name| layers::load(name).ok()).collect();
    labserve_capture::explain(reader, &options, &profiles)
        .map_err(|error| Error::new(ErrorKind::Capture, format!("{name}: {error}")))
}
