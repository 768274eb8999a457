//! Rules for a test, built in code.

use crate::Error;
use labserve_core::profile::layers::Layer;
use labserve_core::profile::raw::{RuleEnd, RulePoint, RuleRace, RuleTable};
use labserve_core::profile::units::{Size, Span, Word};
use std::time::Duration;

/// What should happen to certain requests or connections, and exactly when. [`Builder::rule`](crate::Builder::rule)
/// adds it to a server.
///
/// A rule begins with one of [`path`](Rule::path), [`any`](Rule::any) and [`connection`](Rule::connection). It says
/// when it applies (`nth`, `request`, `times` and so on) and what happens. If several rules apply to a request, the
/// first is carried out; the others only count it.
///
/// The methods have the names and the meaning of the keys of `[[rule]]` in `server.toml`, which profiles/reference.md
/// describes. [`parse`](Rule::parse) reads a rule from the text that `--rule` takes.
///
/// ```
/// use labserve::{Rule, Server};
/// use std::io::{Read, Write};
///
/// let server = Server::builder()
///     .file("/a.txt", "text")
///     .rule(Rule::path("/a.txt").nth(1).status(503).field("Retry-After: 1"))
///     .rule(Rule::path("/a.txt").nth(2).after_bytes(20).fin())
///     .start()?;
/// let mut client = std::net::TcpStream::connect(server.address()).unwrap();
/// client.write_all(&b"GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2)).unwrap();
/// let mut replies = String::new();
/// client.read_to_string(&mut replies).unwrap();
/// assert!(replies.starts_with("HTTP/1.1 503 "), "{replies}");
/// let report = server.stop();
/// let cut = report.connection(1).unwrap().requests[1].reply.unwrap();
/// assert_eq!((cut.head_bytes, cut.complete), (20, false), "{report}");
/// # Ok::<(), labserve::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a rule does nothing until it is added to a server"]
pub struct Rule(pub(crate) RuleTable);

/// A point in the life of a connection, for [`Rule::at`]. The names are those of the key `at` of `[[rule]]`.
///
/// ```
/// use labserve::{Point, Rule};
///
/// let cut = Rule::path("/big").at(Point::AfterHead).reset();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Point {
    /// The connection was accepted. Nothing of it has been read.
    Accept,
    /// The first byte of a request has arrived. It is unread, unless it arrived together with an earlier request.
    FirstByte,
    /// The request head is complete. Nothing has been sent, and no body has been read.
    Head,
    /// The response has been decided, and nothing of it has been sent.
    BeforeReply,
    /// The head of the response has been sent, and nothing of its body.
    AfterHead,
    /// The response was sent.
    AfterReply,
    /// The response was sent, and nothing has arrived since.
    Idle,
}

impl Rule {
    /// For requests whose target has this path. `*` matches any characters except a slash, and `**` matches any
    /// characters. A pattern with a `?` is compared with path and query.
    pub fn path(path: impl Into<String>) -> Self {
        Self(RuleTable {
            path: Some(path.into()),
            ..RuleTable::default()
        })
    }

    /// For all requests.
    pub fn any() -> Self {
        Self(RuleTable::default())
    }

    /// For the connection with this number; the first that the server accepts is 1.
    ///
    /// ```
    /// # use labserve::{Point, Rule};
    /// let refused = Rule::connection(1).at(Point::Accept).reset();
    /// ```
    pub fn connection(id: u64) -> Self {
        Self::any().on_connection(id)
    }

    /// A rule in the text form that `--rule` accepts.
    ///
    /// ```
    /// # use labserve::Rule;
    /// let rule = Rule::parse("path=/big nth=1 after_bytes=1000 end=reset")?;
    /// assert_eq!(rule, Rule::path("/big").nth(1).after_bytes(1000).reset());
    ///
    /// let mistake = Rule::parse("path=/big end=rest").unwrap_err();
    /// assert!(mistake.to_string().contains("did you mean \"reset\"?"), "{mistake}");
    /// # Ok::<(), labserve::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Profile`](crate::ErrorKind::Profile): there is no such key, it does not accept this value, or the
    /// rule has no effect.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let rules = Layer::from_rule(text)?.rules();
        Ok(Self(rules.into_iter().next().unwrap_or_default()))
    }

    /// Sets its name, which events and reports show.
    pub fn named(self, name: impl Into<String>) -> Self {
        self.with(|table| table.name = Some(name.into()))
    }

    /// Only with this method, as sent.
    pub fn method(self, method: impl Into<String>) -> Self {
        self.with(|table| table.method = Some(method.into()))
    }

    /// Only with this field: its name, or name and value, such as `"Accept: text/*"`.
    pub fn header(self, field: impl Into<String>) -> Self {
        self.with(|table| table.header = Some(field.into()))
    }

    /// Only the request with this number on its connection, from 1.
    pub fn request(self, number: u64) -> Self {
        self.with(|table| table.request = Some(number))
    }

    /// Only on the connection with this number, from 1.
    pub fn on_connection(self, id: u64) -> Self {
        self.with(|table| table.connection = Some(id))
    }

    /// Only the request with this number among all requests of the server, from 1.
    pub fn overall(self, number: u64) -> Self {
        self.with(|table| table.overall = Some(number))
    }

    /// Only the n-th request or connection that meets the conditions, from 1.
    pub fn nth(self, number: u64) -> Self {
        self.with(|table| table.nth = Some(number))
    }

    /// Only every n-th request or connection that meets the conditions.
    pub fn every(self, number: u64) -> Self {
        self.with(|table| table.every = Some(number))
    }

    /// Only this percentage of those that meet the conditions. `seed` alone determines which ones.
    pub fn percent(self, percent: u64, seed: u64) -> Self {
        self.with(|table| (table.percent, table.seed) = (Some(percent), Some(seed)))
    }

    /// Applies at most this number of times.
    pub fn times(self, times: u64) -> Self {
        self.with(|table| table.times = Some(times))
    }

    /// Responds with this status.
    pub fn status(self, status: u16) -> Self {
        self.with(|table| table.status = Some(Word(status.to_string())))
    }

    /// Adds a field line to the response, such as `"Retry-After: 1"`. It replaces fields with the same name.
    pub fn field(self, line: impl Into<String>) -> Self {
        self.with(|table| table.fields.push(line.into()))
    }

    /// Responds with this body.
    pub fn body(self, text: impl Into<String>) -> Self {
        self.with(|table| table.body = Some(text.into()))
    }

    /// Announces this Content-Length, regardless of the body.
    pub fn content_length(self, bytes: u64) -> Self {
        self.with(|table| table.content_length = Some(bytes))
    }

    /// Sends this after the body. It is not part of the announced length.
    pub fn extra_bytes(self, text: impl Into<String>) -> Self {
        self.with(|table| table.extra_bytes = Some(text.into()))
    }

    /// Sends an interim response with this status first.
    pub fn interim(self, status: u16) -> Self {
        self.with(|table| table.interim.push(status))
    }

    /// Waits this long before the first byte of the response.
    pub fn delay(self, time: Duration) -> Self {
        self.with(|table| table.delay = Some(Span(Some(time))))
    }

    /// Waits this long between the head and the body of the response.
    pub fn body_delay(self, time: Duration) -> Self {
        self.with(|table| table.body_delay = Some(Span(Some(time))))
    }

    /// Sends this number of bytes of the response per second.
    pub fn throttle(self, bytes: u64) -> Self {
        self.with(|table| table.throttle = Some(Size(bytes)))
    }

    /// Where `hold`, `stall` and the end of the connection happen, in this order. The default is after the response if
    /// the rule changes the response, and before the response otherwise.
    pub fn at(self, point: Point) -> Self {
        let point = match point {
            Point::Accept => RulePoint::Accept,
            Point::FirstByte => RulePoint::FirstByte,
            Point::Head => RulePoint::Head,
            Point::BeforeReply => RulePoint::BeforeReply,
            Point::AfterHead => RulePoint::AfterHead,
            Point::AfterReply => RulePoint::AfterReply,
            Point::Idle => RulePoint::Idle,
        };
        self.with(|table| table.at = Some(point))
    }

    /// After exactly this many bytes of the response, head and body. Used instead of [`at`](Rule::at).
    pub fn after_bytes(self, bytes: u64) -> Self {
        self.with(|table| table.after_bytes = Some(bytes))
    }

    /// Waits until [`Running::release`](crate::Running::release) is called with this name.
    pub fn hold(self, name: impl Into<String>) -> Self {
        self.with(|table| table.hold = Some(name.into()))
    }

    /// Does nothing for this long.
    pub fn stall(self, time: Duration) -> Self {
        self.with(|table| table.stall = Some(Span(Some(time))))
    }

    /// Ends the connection with FIN.
    pub fn fin(self) -> Self {
        self.with(|table| table.end = Some(RuleEnd::Fin))
    }

    /// Ends the connection with RST, once the client's system has acknowledged what was sent.
    pub fn reset(self) -> Self {
        self.with(|table| table.end = Some(RuleEnd::Reset))
    }

    /// Ends the connection with FIN, and continues to read for a while.
    pub fn linger(self) -> Self {
        self.with(|table| table.end = Some(RuleEnd::Linger))
    }

    /// Sends nothing more, and leaves the connection open.
    pub fn never(self) -> Self {
        self.with(|table| table.end = Some(RuleEnd::Never))
    }

    /// Sends FIN, and leaves the connection open until the client closes it.
    pub fn half_close(self) -> Self {
        self.with(|table| table.end = Some(RuleEnd::HalfClose))
    }

    /// Ends an idle connection with FIN at the moment when its next request arrives, and leaves that request unread.
    pub fn fin_meets_request(self) -> Self {
        self.with(|table| table.race = Some(RuleRace::FinMeetsRequest))
    }

    /// Like [`fin_meets_request`](Rule::fin_meets_request), with RST.
    pub fn reset_meets_request(self) -> Self {
        self.with(|table| table.race = Some(RuleRace::ResetMeetsRequest))
    }

    fn with<T>(mut self, set: impl FnOnce(&mut RuleTable) -> T) -> Self {
        set(&mut self.0);
        self
    }
}
