//! The events that a test can wait for.

#[cfg(feature = "timeline")]
mod filters;

use crate::{Error, ErrorKind};
use labserve_core::close_reason::CloseReason;
use std::fmt;

/// Something that happens on a server. A test can wait for it.
///
/// [`accepted`](Event::accepted), [`request`](Event::request), [`reply`](Event::reply),
/// [`dropped_request`](Event::dropped_request), [`rule`](Event::rule), [`held`](Event::held) and
/// [`closed`](Event::closed) select the kind of event. The other methods narrow it down. An event that has already
/// happened counts: waiting for it returns at once.
///
/// ```
/// use labserve::Event;
///
/// let first_is_closed = Event::closed().connection(1);
/// let second_download = Event::request().method("GET").path("/big").times(2);
/// let not_modified = Event::reply().path("/a.css").status(304);
/// assert_eq!(second_download.to_string(), "2 requests: method GET, path /big");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an event does nothing until it is waited for"]
pub struct Event {
    what: What,
    connection: Option<u64>,
    method: Option<String>,
    path: Option<String>,
    rule: Option<String>,
    name: Option<String>,
    status: Option<u16>,
    reason: Option<CloseReason>,
    times: u64,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Accepted,
    Request,
    Reply,
    DroppedRequest,
    Rule,
    Held,
    Closed,
}

/// What has happened on a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Occurrence<'a> {
    Accepted,
    Request {
        method: &'a str,
        target: &'a str,
    },
    Reply {
        method: &'a str,
        target: &'a str,
        status: u16,
    },
    DroppedRequest,
    Rule {
        name: &'a str,
    },
    Held {
        name: &'a str,
    },
    Closed {
        reason: CloseReason,
    },
}

impl Event {
    fn new(what: What) -> Self {
        Self {
            what,
            connection: None,
            method: None,
            path: None,
            rule: None,
            name: None,
            status: None,
            reason: None,
            times: 1,
        }
    }

    /// A connection was accepted.
    ///
    /// ```
    /// # use labserve::{Event, Server};
    /// # use std::time::Duration;
    /// let server = Server::builder().start()?;
    /// let _client = std::net::TcpStream::connect(server.address()).unwrap();
    /// server.wait_for(Event::accepted(), Duration::from_secs(2))?;
    /// # Ok::<(), labserve::Error>(())
    /// ```
    pub fn accepted() -> Self {
        Self::new(What::Accepted)
    }

    /// A request has arrived: its head is complete, or was refused.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::request().path("/big").to_string(), "a request: path /big");
    /// ```
    pub fn request() -> Self {
        Self::new(What::Request)
    }

    /// A reply has been handed to the operating system, completely or as far as the client accepted it.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::reply().status(304).to_string(), "a reply: status 304");
    /// ```
    pub fn reply() -> Self {
        Self::new(What::Reply)
    }

    /// A request, or the part of one that arrived, was dropped.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::dropped_request().times(2).to_string(), "2 dropped requests");
    /// ```
    pub fn dropped_request() -> Self {
        Self::new(What::DroppedRequest)
    }

    /// The rule with this name applies. If it holds something, that happens a moment later: wait for
    /// [`held`](Event::held).
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::rule("slow").times(2).to_string(), "2 hits of rules: rule slow");
    /// ```
    pub fn rule(name: impl Into<String>) -> Self {
        Self {
            rule: Some(name.into()),
            ..Self::new(What::Rule)
        }
    }

    /// A rule holds a response or a connection under this name ([`Rule::hold`](crate::Rule::hold)), and
    /// [`release`](crate::Running::release) will find it. A response or connection that passes because of an
    /// earlier release is not held.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::held("go").times(2).to_string(), "2 holds: name go");
    /// ```
    pub fn held(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::new(What::Held)
        }
    }

    /// A connection is closed on the server's side. If the server lingers, that is after the linger.
    ///
    /// ```
    /// # use labserve::{CloseReason, Event};
    /// let idle = Event::closed().reason(CloseReason::Idle);
    /// assert_eq!(idle.to_string(), "a close: reason idle");
    /// ```
    pub fn closed() -> Self {
        Self::new(What::Closed)
    }

    /// Only on the connection with this number; the first that the server accepts is 1.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::closed().connection(1).to_string(), "a close: connection 1");
    /// ```
    pub fn connection(self, id: u64) -> Self {
        Self {
            connection: Some(id),
            ..self
        }
    }

    /// Only a request or a reply whose request has this method, as sent.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::reply().method("HEAD").to_string(), "a reply: method HEAD");
    /// ```
    pub fn method(self, method: impl Into<String>) -> Self {
        Self {
            method: Some(method.into()),
            ..self
        }
    }

    /// Only a request or a reply whose request has this target, as sent and without the query.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::request().path("/a%20b").to_string(), "a request: path /a%20b");
    /// ```
    pub fn path(self, path: impl Into<String>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    /// Only a reply with this status.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::reply().path("/").status(200).to_string(), "a reply: path /, status 200");
    /// ```
    pub fn status(self, status: u16) -> Self {
        Self {
            status: Some(status),
            ..self
        }
    }

    /// Only a close for this reason.
    ///
    /// ```
    /// # use labserve::{CloseReason, Event};
    /// let given_up = Event::closed().reason(CloseReason::ClientReset);
    /// assert_eq!(given_up.to_string(), "a close: reason client_reset");
    /// ```
    pub fn reason(self, reason: CloseReason) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    /// Waits until the event has happened `times` times. Zero counts as one.
    ///
    /// ```
    /// # use labserve::Event;
    /// assert_eq!(Event::accepted().times(3).to_string(), "3 accepted connections");
    /// ```
    pub fn times(self, times: u64) -> Self {
        Self {
            times: times.max(1),
            ..self
        }
    }

    /// How many times it must happen.
    pub(crate) fn needed(&self) -> u64 {
        self.times
    }

    /// Rejects an event that can never happen.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let of_exchange = matches!(self.what, What::Request | What::Reply);
        let misplaced = [
            ("method", self.method.is_some() && !of_exchange, "a request or a reply"),
            ("path", self.path.is_some() && !of_exchange, "a request or a reply"),
            ("status", self.status.is_some() && self.what != What::Reply, "a reply"),
            ("name", self.name.is_some() && self.what != What::Held, "a hold"),
            ("reason", self.reason.is_some() && self.what != What::Closed, "a close"),
        ];
        match misplaced.into_iter().find(|(_, is_misplaced, _)| *is_misplaced) {
            None => Ok(()),
            Some((filter, _, owner)) => Err(Error::new(
                ErrorKind::Event,
                format!(
                    "this can never happen: `{self}`; only {owner} has a {filter}, so leave out .{filter}(..) or wait for {owner}"
                ),
            )),
        }
    }

    /// Whether an occurrence on this connection matches the event.
    pub(crate) fn matches(&self, connection: u64, occurrence: Occurrence<'_>) -> bool {
        let on_it = self.connection.is_none_or(|id| id == connection);
        let of_request = |method: &str, target: &str| {
            self.method.as_ref().is_none_or(|want| want == method)
                && self.path.as_ref().is_none_or(|want| want == path_of(target))
        };
        on_it
            && match (self.what, occurrence) {
                (What::Accepted, Occurrence::Accepted) | (What::DroppedRequest, Occurrence::DroppedRequest) => true,
                (What::Request, Occurrence::Request { method, target }) => of_request(method, target),
                (What::Reply, Occurrence::Reply { method, target, status }) => {
                    of_request(method, target) && self.status.is_none_or(|want| want == status)
                }
                (What::Rule, Occurrence::Rule { name }) => self.rule.as_ref().is_none_or(|want| want == name),
                (What::Held, Occurrence::Held { name }) => self.name.as_ref().is_none_or(|want| want == name),
                (What::Closed, Occurrence::Closed { reason }) => self.reason.is_none_or(|want| want == reason),
                _ => false,
            }
    }
}

/// A target without its query.
pub(crate) fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, many) = match self.what {
            What::Accepted => ("an accepted connection", "accepted connections"),
            What::Request => ("a request", "requests"),
            What::Reply => ("a reply", "replies"),
            What::DroppedRequest => ("a dropped request", "dropped requests"),
            What::Rule => ("a hit of a rule", "hits of rules"),
            What::Held => ("a hold", "holds"),
            What::Closed => ("a close", "closes"),
        };
        match self.times {
            1 => f.write_str(one)?,
            times => write!(f, "{times} {many}")?,
        }
        let filters = [
            self.connection.map(|id| format!("connection {id}")),
            self.method.as_ref().map(|method| format!("method {method}")),
            self.path.as_ref().map(|path| format!("path {path}")),
            self.rule.as_ref().map(|rule| format!("rule {rule}")),
            self.name.as_ref().map(|name| format!("name {name}")),
            self.status.map(|status| format!("status {status}")),
            self.reason.map(|reason| format!("reason {}", reason.key())),
        ];
        let filters: Vec<String> = filters.into_iter().flatten().collect();
        if filters.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", filters.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_matches() {
        let request = Occurrence::Request {
            method: "GET",
            target: "/a?b",
        };
        let reply = Occurrence::Reply {
            method: "GET",
            target: "/a?b",
            status: 200,
        };
        let closed = Occurrence::Closed {
            reason: CloseReason::Idle,
        };
        for (event, occurrence, want) in [
            (Event::accepted(), Occurrence::Accepted, true),
            (Event::accepted().connection(2), Occurrence::Accepted, false),
            (Event::accepted(), request, false),
            (Event::dropped_request(), request, false),
            (Event::dropped_request(), Occurrence::DroppedRequest, true),
            (Event::request().path("/a"), request, true),
            (Event::request().path("/a?b"), request, false),
            (Event::request().method("get"), request, false),
            (Event::request(), reply, false),
            (
                Event::reply().connection(1).method("GET").path("/a").status(200),
                reply,
                true,
            ),
            (Event::reply().status(304), reply, false),
            (Event::held("go"), Occurrence::Held { name: "go" }, true),
            (Event::held("go"), Occurrence::Held { name: "stop" }, false),
            (Event::held("go"), Occurrence::Rule { name: "go" }, false),
            (Event::closed().reason(CloseReason::Idle), closed, true),
            (Event::closed().reason(CloseReason::Panic), closed, false),
        ] {
            assert_eq!(event.matches(1, occurrence), want, "{event}");
        }
    }

    #[test]
    fn what_can_never_happen_is_refused() {
        for (event, part) in [
            (Event::accepted().path("/"), "only a request or a reply has a path"),
            (Event::closed().method("GET"), "leave out .method(..)"),
            (Event::request().status(200), "only a reply has a status"),
            (Event::reply().reason(CloseReason::Idle), "wait for a close"),
        ] {
            let error = event.check().expect_err("never happens");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
