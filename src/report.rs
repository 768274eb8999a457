//! What has happened on a server, as values.

mod retries;
#[cfg(feature = "timeline")]
mod summary;

#[cfg(feature = "timeline")]
pub(crate) use summary::connection_summary;

use crate::CloseStyle;
use crate::dropped::DroppedRequest;
use crate::event::path_of;
use labserve_core::close_reason::{CloseReason, Who};
use labserve_core::http1::text::printable;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// What has happened on a server up to now: its connections, the requests on each, and how each closed.
///
/// As text, it is suitable for the message of a failing assertion:
///
/// ```text
/// 1 connection, 2 requests
/// #1 from 127.0.0.1:40618, open for 1.004 s: closed by the server: no further request came in time (idle, fin)
///   0.002 s  GET / -> 200, 245 + 998 bytes
///   0.003 s  GET /nope -> 404, 272 + 140 bytes
/// ```
///
/// ```
/// let server = labserve::Server::builder().start()?;
/// // ... the client under test ...
/// let report = server.stop();
/// assert_eq!(report.connections(), 0, "{report}");
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub(crate) accepted: u64,
    pub(crate) list: Vec<Connection>,
    pub(crate) lost: Lost,
}

impl Report {
    /// How many connections were accepted.
    ///
    /// ```
    /// # use labserve::{Event, Server};
    /// # use std::time::Duration;
    /// # let server = Server::builder().start()?;
    /// let client = std::net::TcpStream::connect(server.address()).unwrap();
    /// server.wait_for(Event::accepted(), Duration::from_secs(2))?;
    /// assert_eq!(server.stop().connections(), 1);
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn connections(&self) -> usize {
        usize::try_from(self.accepted).unwrap_or(usize::MAX)
    }

    /// The connection with this number; the first that was accepted is 1.
    ///
    /// ```
    /// # let server = labserve::Server::builder().start()?;
    /// let report = server.stop();
    /// assert!(report.connection(1).is_none(), "nobody has connected");
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn connection(&self, id: u64) -> Option<&Connection> {
        let at = self.list.binary_search_by_key(&id, |connection| connection.id).ok()?;
        self.list.get(at)
    }

    /// The connections in the order of their numbers.
    ///
    /// ```
    /// # let server = labserve::Server::builder().start()?;
    /// let report = server.stop();
    /// let mut targets = report.iter().flat_map(|connection| &connection.requests).map(|request| &request.target);
    /// assert!(targets.all(|target| target.starts_with('/')), "{report}");
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn iter(&self) -> std::slice::Iter<'_, Connection> {
        self.list.iter()
    }

    /// What was lost: replies, parts of replies, and records that did not fit into the report's memory limit.
    ///
    /// ```
    /// # let server = labserve::Server::builder().start()?;
    /// let report = server.stop();
    /// assert!(report.lost().is_empty(), "{report}");
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn lost(&self) -> &Lost {
        &self.lost
    }
}

impl<'a> IntoIterator for &'a Report {
    type Item = &'a Connection;
    type IntoIter = std::slice::Iter<'a, Connection>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A connection.
///
/// Points in time are relative to the start of the server.
///
/// ```
/// # use labserve::{Event, Server};
/// # use std::time::Duration;
/// let server = Server::builder().profile("nginx")?.set("timers.unused", "50ms")?.start()?;
/// let client = std::net::TcpStream::connect(server.address()).unwrap();
/// server.wait_for(Event::closed(), Duration::from_secs(2))?;
/// let report = server.stop();
/// let connection = report.connection(1).unwrap();
/// assert_eq!(connection.peer, client.local_addr().unwrap());
/// assert!(connection.requests.is_empty() && connection.open_for >= Duration::from_millis(50));
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Connection {
    /// Its number, from 1, in the order in which connections were accepted.
    pub id: u64,
    /// The client's address.
    pub peer: SocketAddr,
    /// When it was accepted.
    pub accepted_at: Duration,
    /// How long it was open, or how long it has been open if it still is.
    pub open_for: Duration,
    /// The requests that arrived on it, in order, including refused ones.
    pub requests: Vec<Request>,
    /// Replies that answer no request, such as a 408 when a timer expires.
    pub unsolicited: Vec<Reply>,
    /// The rules that applied to the connection itself, not to one of its requests.
    pub rules: Vec<String>,
    /// When something on the connection was held, and under which name.
    pub(crate) held: Vec<(Duration, String)>,
    /// Requests that arrived and were dropped. Those that the server had begun are also in `requests`, without a reply.
    pub dropped: Vec<DroppedRequest>,
    /// How many bytes the server read.
    pub received: u64,
    /// How many bytes the server wrote.
    pub sent: u64,
    /// When the server began to close it, or to respond to the client's close.
    pub(crate) closing_at: Option<Duration>,
    /// How it closed; `None` if it is open.
    pub closed: Option<Closed>,
}

/// A request.
///
/// ```
/// # use labserve::{Event, Server};
/// # use std::{io::Write, time::Duration};
/// let server = Server::builder().start()?;
/// let mut client = std::net::TcpStream::connect(server.address()).unwrap();
/// client.write_all(b"GET /?a=1 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
/// server.wait_for(Event::reply(), Duration::from_secs(2))?;
/// let report = server.stop();
/// let request = &report.connection(1).unwrap().requests[0];
/// assert_eq!((&*request.target, request.path(), request.status()), ("/?a=1", "/", Some(200)));
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// Its number on its connection, from 1.
    pub number: u64,
    /// When its head was complete, or was refused.
    pub at: Duration,
    /// Its method, as sent.
    pub method: String,
    /// Its target, as sent.
    pub target: String,
    /// The name of the rule that applied to it, if any.
    pub rule: Option<String>,
    /// The reply; `None` if there is none, or it was still being sent when the report was made.
    pub reply: Option<Reply>,
}

impl Request {
    /// Its target without the query.
    ///
    /// See [`Request`] for an example.
    pub fn path(&self) -> &str {
        path_of(&self.target)
    }

    /// The status of its reply.
    ///
    /// See [`Request`] for an example.
    pub fn status(&self) -> Option<u16> {
        self.reply.map(|reply| reply.status)
    }
}

/// A reply. [`Request`] has an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// When its last byte was handed to the operating system.
    pub at: Duration,
    /// Its status.
    pub status: u16,
    /// How many bytes of its head were sent.
    pub head_bytes: u64,
    /// How many bytes were sent after the head: the body, and the chunk framing if it is chunked.
    pub body_bytes: u64,
    /// Whether it was sent completely.
    pub complete: bool,
    /// The size of the complete reply in bytes, head and body.
    pub total_bytes: u64,
}

/// How a connection closed.
///
/// ```
/// # use labserve::{CloseReason, CloseStyle, Event, Server, Who};
/// # use std::{io::Write, time::Duration};
/// let server = Server::builder().set("timers.idle", "50ms")?.start()?;
/// let mut client = std::net::TcpStream::connect(server.address()).unwrap();
/// client.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
/// server.wait_for(Event::closed(), Duration::from_secs(2))?;
/// let report = server.stop();
/// let closed = report.connection(1).unwrap().closed.unwrap();
/// assert_eq!((closed.by, closed.reason, closed.style), (Who::Server, CloseReason::Idle, CloseStyle::Close));
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// When the socket was given back to the operating system.
    pub at: Duration,
    /// Who closed it: whose FIN or RST came first.
    pub by: Who,
    /// The reason.
    pub reason: CloseReason,
    /// How the server closed its side.
    pub style: CloseStyle,
    /// Whether [`CloseStyle::Close`] left bytes from the client unread. The operating system then sends RST instead of
    /// FIN.
    pub unread: bool,
}

/// What was lost.
///
/// ```
/// # let server = labserve::Server::builder().start()?;
/// let lost = *server.stop().lost();
/// assert_eq!((lost.unanswered, lost.cut_short, lost.not_recorded), (0, 0, 0));
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lost {
    /// Requests without a reply ([`Request::reply`] is `None`). In the report of a running server, they may still get
    /// one.
    pub unanswered: u64,
    /// Replies that were not sent completely, because the client left or accepted too little in time, or because the
    /// server stopped.
    pub cut_short: u64,
    /// Requests that arrived and were dropped ([`Connection::dropped`]).
    pub dropped: u64,
    /// Connections and requests that the report does not list, because it would need more than 64 MiB. They are not
    /// part of any other count except [`Report::connections`].
    pub not_recorded: u64,
}

impl Lost {
    /// Whether nothing was lost.
    ///
    /// See [`Report::lost`] for an example.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One line for each connection and each request.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests: usize = self.iter().map(|connection| connection.requests.len()).sum();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let connections = self.connections();
        write!(
            f,
            "{connections} connection{}, {requests} request{}",
            plural(connections),
            plural(requests)
        )?;
        let lost = [
            (self.lost.unanswered, "unanswered"),
            (self.lost.cut_short, "cut short"),
            (self.lost.dropped, "dropped"),
            (self.lost.not_recorded, "not recorded"),
        ];
        for (count, what) in lost.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        for connection in self {
            write!(f, "\n{connection}")?;
        }
        Ok(())
    }
}

/// One line for the connection, and one for each request.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "#{} from {}, open for {}: ",
            self.id,
            self.peer,
            Seconds(self.open_for)
        )?;
        match &self.closed {
            Some(closed) => write!(f, "{closed}")?,
            None => f.write_str("not closed")?,
        }
        for request in &self.requests {
            write!(f, "\n  {}  {request}", Seconds(request.at))?;
        }
        for reply in &self.unsolicited {
            write!(f, "\n  {}  no request -> {reply}", Seconds(reply.at))?;
        }
        for request in &self.dropped {
            write!(f, "\n  {}  {request}", Seconds(request.at))?;
        }
        Ok(())
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, target) = (printable(self.method.as_bytes()), printable(self.target.as_bytes()));
        write!(f, "{method} {target} -> ")?;
        match &self.reply {
            Some(reply) => write!(f, "{reply}"),
            None => f.write_str("no reply"),
        }?;
        match &self.rule {
            Some(rule) => write!(f, " (rule {})", printable(rule.as_bytes())),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            head_bytes,
            body_bytes,
            complete,
            total_bytes,
            ..
        } = self;
        write!(f, "{status}, {head_bytes} + {body_bytes} bytes")?;
        match complete {
            true => Ok(()),
            false => write!(f, ", cut short of {total_bytes}"),
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            Who::Server => "server",
            Who::Client => "client",
        };
        let (words, key, style) = (self.reason.words(), self.reason.key(), self.style.key());
        write!(f, "closed by the {by}: {words} ({key}, {style})")
    }
}

/// A time in the form in which it is shown.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0.as_secs_f64())
    }
}
