//! Requests that arrived and were dropped, as values.

use labserve_core::conn::DropPlace;
use std::fmt;
use std::time::Duration;

/// A request that arrived and was dropped, or the part of one that arrived.
///
/// ```
/// # use labserve::{Event, Server};
/// # use std::{io::Write, net::TcpStream, time::Duration};
/// let server = Server::builder().start()?;
/// let mut client = TcpStream::connect(server.address()).unwrap();
/// let last = "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
/// let late = "GET /late HTTP/1.1\r\nHost: test\r\n\r\n";
/// client.write_all(format!("{last}{late}").as_bytes()).unwrap();
/// server.wait_for(Event::dropped_request(), Duration::from_secs(2))?;
/// let report = server.stop();
/// let dropped = &report.connection(1).unwrap().dropped[0];
/// assert_eq!(dropped.line.as_deref(), Some("GET /late HTTP/1.1"));
/// assert_eq!(dropped.bytes, late.len() as u64);
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedRequest {
    /// When it was dropped, or when the server began to close the connection if that was earlier.
    pub at: Duration,
    /// Its number on its connection, from 1; 0 if it was dropped before the server looked at it.
    pub number: u64,
    /// Its request line, as sent; `None` if it did not arrive completely.
    pub line: Option<String>,
    /// How many of its bytes had arrived and could be distinguished from bytes of other requests.
    pub bytes: u64,
    /// Where it was dropped.
    pub place: DropPlace,
}

impl fmt::Display for DroppedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.as_deref().unwrap_or("a request without a complete line");
        write!(
            f,
            "{} -> dropped, {} bytes: {}",
            line.escape_debug(),
            self.bytes,
            self.place.text(labserve_core::locale::Lang::En)
        )
    }
}
