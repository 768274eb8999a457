//! A running server.

use crate::history::History;
#[cfg(feature = "timeline")]
use crate::timeline::Page;
use crate::{Builder, Error, Event, Report};
use labserve_server::server;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A server in this process. [`Server::builder`] configures it; once it is started, it is a [`Running`].
///
/// ```
/// let server = labserve::Server::builder().profile("node")?.start()?;
/// println!("{}", server.url("/"));
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Server {}

impl Server {
    /// The configuration of a new server.
    ///
    /// ```
    /// let builder = labserve::Server::builder();
    /// # builder.start()?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }
}

/// A running server. It stops when it is dropped.
///
/// It runs on separate threads. It works with any async runtime or none, and its clients may run on the thread that
/// holds it.
///
/// ```
/// use labserve::{Event, Server};
/// use std::io::{Read, Write};
/// use std::time::Duration;
///
/// let server = Server::builder().file("/a.txt", "text").start()?;
/// let mut client = std::net::TcpStream::connect(server.address()).unwrap();
/// client.write_all(b"GET /a.txt HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
/// let mut reply = String::new();
/// client.read_to_string(&mut reply).unwrap();
/// assert!(reply.ends_with("\r\n\r\ntext"));
///
/// server.wait_for(Event::closed().connection(1), Duration::from_secs(2))?;
/// assert_eq!(server.stop().connections(), 1);
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the server stops when this is dropped"]
pub struct Running {
    /// `None` once it has stopped.
    pub(crate) server: Option<server::Running>,
    pub(crate) address: SocketAddr,
    pub(crate) history: Arc<History>,
    /// Dropped after the server has stopped, so that the page shows the stop too.
    #[cfg(feature = "timeline")]
    pub(crate) page: Option<Page>,
}

impl Running {
    /// The address that it listens on.
    ///
    /// ```
    /// let server = labserve::Server::builder().start()?;
    /// assert!(server.address().ip().is_loopback());
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path. The path is used unchanged: it may have a query, and must be percent-encoded.
    ///
    /// ```
    /// let server = labserve::Server::builder().start()?;
    /// let port = server.address().port();
    /// assert_eq!(server.url("/a?b=1"), format!("http://127.0.0.1:{port}/a?b=1"));
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn url(&self, path: &str) -> String {
        let mut address = self.address;
        // A server that listens on all addresses is reached on the loopback address.
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("http://{address}{slash}{path}")
    }

    /// The URL of the timeline, with the token that allows changes; `None` unless [`Builder::timeline`] asked for one.
    ///
    /// ```
    /// let server = labserve::Server::builder().start()?;
    /// assert_eq!(server.timeline(), None);
    /// # Ok::<(), labserve::Error>(())
    /// ```
    #[cfg(feature = "timeline")]
    pub fn timeline(&self) -> Option<&str> {
        self.page.as_ref().map(Page::url)
    }

    /// Waits for an event and returns the number of the connection on which it happened. An event that has already
    /// happened counts.
    ///
    /// This blocks the thread. In async code, where the client may need the thread, use [`until`](Running::until).
    ///
    /// ```
    /// # use labserve::{Event, Server};
    /// # use std::time::Duration;
    /// let server = Server::builder().start()?;
    /// let client = std::net::TcpStream::connect(server.address()).unwrap();
    /// assert_eq!(server.wait_for(Event::accepted(), Duration::from_secs(2))?, 1);
    /// drop(client);
    /// server.wait_for(Event::closed().connection(1), Duration::from_secs(2))?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout): it did not happen in time; the message contains the report up
    /// to then. [`ErrorKind::Event`](crate::ErrorKind::Event): it can never happen, such as an accepted connection with
    /// a status.
    pub fn wait_for(&self, event: Event, timeout: Duration) -> Result<u64, Error> {
        self.history.wait_for(event, timeout)
    }

    /// Waits for an event in async code, with any runtime. It is otherwise like [`wait_for`](Running::wait_for). There
    /// is no timeout: use that of the runtime.
    ///
    /// ```
    /// # use labserve::{Event, Server};
    /// # use std::time::Duration;
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # runtime.block_on(async {
    /// let server = Server::builder().start()?;
    /// let client = tokio::net::TcpStream::connect(server.address()).await?;
    /// let accepted = tokio::time::timeout(Duration::from_secs(2), server.until(Event::accepted())).await??;
    /// assert_eq!(accepted, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Event`](crate::ErrorKind::Event): it can never happen.
    pub async fn until(&self, event: Event) -> Result<u64, Error> {
        Ok(self.history.start_to_wait(event)?.await)
    }

    /// Releases what rules hold under this name ([`Rule::hold`](crate::Rule::hold)). If nothing is held yet, the next
    /// to be held passes, so a test need not wait for it first ([`Event::held`] does). Returns how many were held.
    ///
    /// ```
    /// # use labserve::{Event, Rule, Server};
    /// # use std::{io::Write, time::Duration};
    /// let server = Server::builder().rule(Rule::any().named("slow").hold("go")).start()?;
    /// let mut client = std::net::TcpStream::connect(server.address()).unwrap();
    /// client.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    /// server.wait_for(Event::held("go"), Duration::from_secs(2))?;
    /// server.release("go");
    /// server.wait_for(Event::reply().status(200), Duration::from_secs(2))?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn release(&self, name: &str) -> usize {
        self.server.as_ref().map_or(0, |server| server.control().release(name))
    }

    /// How many connections it has accepted so far.
    ///
    /// ```
    /// let server = labserve::Server::builder().start()?;
    /// assert_eq!(server.connections(), 0);
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn connections(&self) -> usize {
        usize::try_from(self.history.accepted()).unwrap_or(usize::MAX)
    }

    /// What has happened so far. A client may receive a reply before it is in the report. The report that
    /// [`stop`](Running::stop) returns is complete.
    ///
    /// ```
    /// let server = labserve::Server::builder().start()?;
    /// assert!(server.report().iter().all(|connection| connection.closed.is_none()));
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn report(&self) -> Report {
        self.history.report()
    }

    /// Stops the server and returns what has happened on it.
    ///
    /// The server stops accepting, closes idle connections in the way of its profile, and lets replies in progress
    /// finish within [`Builder::grace`]. When this returns, the threads have ended and the port is free.
    ///
    /// ```
    /// let server = labserve::Server::builder().start()?;
    /// let address = server.address();
    /// let report = server.stop();
    /// assert!(report.lost().is_empty(), "{report}");
    /// assert!(std::net::TcpStream::connect(address).is_err());
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn stop(mut self) -> Report {
        self.end();
        self.history.report()
    }

    fn end(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server is shared between the threads and tasks of a test.
    const fn is_shared<T: Send + Sync>() {}
    const _: () = is_shared::<Running>();
    const _: () = is_shared::<Builder>();
    const _: () = is_shared::<Error>();

    fn is_sent(_: &impl Send) {}

    #[test]
    fn a_task_that_waits_may_move_to_another_thread() {
        let server = Server::builder().start().expect("a server");
        is_sent(&server.until(Event::closed()));
    }
}
