//! Drives one connection: feeds the state machine what the socket and the clock say, and does what it calls for.
//!
//! How it waits is in [`super::waiting`], and in [`super::woken`] what that leads to; what happens within one request is in
//! [`super::exchange`], what stands behind it in [`super::behind`], and how the connection ends in [`super::ending`].

use super::Site;
use super::behind::Behind;
use super::end::End;
use super::exchange::{Exchange, Left, Refusal};
use super::guard::{Panicked, guarded};
use super::local_server::LocalServer;
use super::registry::Registered;
use super::waiting::{Armed, Woken};
use crate::events::{self, ConnectionMeta, Traffic};
use crate::files::Arrival;
use labserve_core::close_reason::CloseReason;
use labserve_core::connection::{Connection, Event, State};
use labserve_core::http1::{Head, Request, ResponseId, Scan, Treatment, head};
use labserve_core::path;
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;

/// A head that is ready for an answer, and why that is a refusal; `None` if there is more to come.
pub(super) fn scanned(scan: Scan) -> Option<(Head, Option<Refusal>)> {
    match scan {
        Scan::Complete(head) => Some((head, None)),
        Scan::Refused(fault, head) => Some((head, Some(Refusal::Fault(fault)))),
        Scan::Partial(_) => None,
    }
}

/// Whether there is room for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It is served.
    Admitted,
    /// It is told that there is no room for it.
    Refused,
}

/// Serves a connection to its end.
///
/// The driver is on the heap, because a future holds what is moved into it twice; and what happens once or rarely is there
/// while it lasts, so that a resting connection does not hold the room for it.
pub(super) async fn drive(mut driver: Box<Driver>, entry: Entry) {
    // Dropped before the socket, on every way out of here.
    let registered = Registered::new(&driver.worker, &driver.meta, crate::sys::socket(&driver.stream));
    driver.emit(&events::Event::Accepted);
    let served = {
        // Pinned here and handed on by reference: what is moved into a future is held twice.
        let serving = std::pin::pin!(async {
            match entry {
                Entry::Admitted => tokio::select! {
                    biased;
                    end = driver.serve() => end,
                    style = registered.close_request().made() => End {
                        reason: CloseReason::Asked,
                        style: Some(style),
                    },
                },
                Entry::Refused => Box::pin(driver.refuse()).await,
            }
        });
        guarded(serving).await
    };
    Box::pin(driver.come_to(served, registered)).await;
}

pub(super) struct Driver {
    pub(super) stream: TcpStream,
    pub(super) meta: Rc<ConnectionMeta>,
    pub(super) connection: Connection,
    /// Bytes that have arrived and belong to no finished request.
    pub(super) input: Vec<u8>,
    /// When the last of them arrived.
    pub(super) arrival: Arrival,
    pub(super) traffic: Traffic,
    /// Whether the client's FIN has been seen.
    pub(super) client_fin: bool,
    /// How many bytes a segment of the connection holds at most; 0 until that is known.
    segment: Cell<u32>,
    pub(super) timer: Option<Armed>,
    pub(super) worker: Rc<LocalServer>,
}

impl Driver {
    /// The driver of a connection that is accepted now.
    pub(super) fn new(stream: TcpStream, meta: Rc<ConnectionMeta>, worker: Rc<LocalServer>) -> Driver {
        Driver {
            stream,
            meta,
            connection: Connection::new(worker.now()),
            input: Vec::new(),
            arrival: Arrival::default(),
            traffic: Traffic::default(),
            client_fin: false,
            segment: Cell::default(),
            timer: None,
            worker,
        }
    }

    /// Ends the connection as it was served to its end, or to a panic.
    async fn come_to(self: Box<Self>, served: Result<End, Panicked>, registered: Registered) {
        let id = self.meta.id;
        let end = served.unwrap_or_else(|panicked| {
            panicked.log(format_args!("connection #{id}"));
            CloseReason::Panic.into()
        });
        let ended = guarded(Box::pin(self.end(end, registered))).await;
        // This leaves nothing that could be ended.
        if let Err(panicked) = ended {
            panicked.log(format_args!("the end of connection #{id}"));
        }
    }

    pub(super) fn emit(&self, event: &events::Event<'_>) {
        self.worker.emit(&self.meta, self.traffic, event);
    }

    async fn refuse(&mut self) -> End {
        let site = self.worker.site();
        self.say(&site, site.profile.connection.full, CloseReason::TooMany)
            .await
    }

    async fn serve(&mut self) -> End {
        loop {
            // Who sends a thousand requests at once has no right to a thousand replies before anybody else has one.
            tokio::task::coop::consume_budget().await;
            let site = self.worker.site();
            let end = if let Some(exchange) = self.next_exchange(&site) {
                exchange.await
            } else if self.worker.stopping.get() {
                Some(CloseReason::Shutdown.into())
            } else {
                match self.wait(&site).await {
                    Woken::Bytes(count) => {
                        self.arrived(&site, count);
                        None
                    }
                    woken => Box::pin(self.woken(&site, woken)).await,
                }
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// The exchange of the next request, if its head is complete or refused. On the heap, so that a resting connection
    /// does not hold the room that an exchange needs.
    fn next_exchange<'d>(
        &'d mut self,
        site: &'d Rc<Site>,
    ) -> Option<Pin<Box<impl Future<Output = Option<End>> + use<'d>>>> {
        let scan = self.scan(site);
        let (head, refusal) = self.refuses_target(site, &scan).or_else(|| scanned(scan))?;
        Some(Box::pin(self.exchange(site, head, refusal)))
    }

    /// Takes note of bytes that belong to a head that is not complete yet.
    fn arrived(&mut self, site: &Site, count: usize) {
        let event = self.partial(site, self.connection.state() == State::Head);
        self.connection.on(event, self.worker.now(), count);
    }

    /// The refusal that a target gets whatever the rest of its head may say, from a profile that judges bytes as they
    /// come and targets before all else; and the head as far as that.
    fn refuses_target(&self, site: &Site, scan: &Scan) -> Option<(Head, Option<Refusal>)> {
        let profile = &site.profile;
        let (Scan::Partial(head) | Scan::Complete(head) | Scan::Refused(_, head)) = scan;
        if head.fields_start == 0 || !profile.head.by_byte || !profile.target.before_method {
            return None;
        }
        let root = site.root.names();
        let id = path::malformed(head.target.of(&self.input), &profile.target, &profile.files, root)?;
        let line_alone = Head {
            fields: Vec::new(),
            len: 0,
            ..head.clone()
        };
        Some((line_alone, Some(Refusal::Response(id))))
    }

    fn scan(&mut self, site: &Site) -> Scan {
        if self.input.is_empty() {
            return Scan::Partial(Head::default());
        }
        let scan = head::scan(&self.input, &site.profile.head);
        if let Scan::Partial(head) = &scan {
            let event = self.partial(site, head.fields_start > 0);
            self.connection.on(event, self.worker.now(), 0);
        }
        scan
    }

    /// Serves one request, or refuses it. Says how the connection ends, if it does.
    pub(super) async fn exchange(&mut self, site: &Rc<Site>, head: Head, refusal: Option<Refusal>) -> Option<End> {
        let now = self.worker.now();
        self.connection.on(Event::HeadComplete, now, 0);
        let (mut head, mut refusal, mut ends) = (head, refusal, false);
        self.tell_head(&head, refusal);
        if refusal.is_none() {
            match self.look_ahead(site, &head).await {
                Behind::Nothing => {}
                Behind::Ends => ends = true,
                Behind::Instead(at, found, fault) => {
                    if let Some(end) = Box::pin(self.go_on_at_once(site, &head)).await {
                        return Some(end);
                    }
                    self.input.drain(..at);
                    refusal = fault.map(Refusal::Fault);
                    head = found;
                }
                Behind::Fin(end) => return Some(end),
            }
        }
        if let Some(Refusal::Fault(fault)) = refusal
            && site.profile.head.faults.of(fault) == Treatment::Close
        {
            return Some(CloseReason::BadRequest.into());
        }
        let input = std::mem::take(&mut self.input);
        let age = now.saturating_sub(self.connection.accepted());
        let exchange = self.exchange_over(site, &input, &head, age);
        let outcome = exchange.run(refusal).await;
        self.connection.count(outcome.counts_more);
        self.traffic.received += outcome.received;
        self.traffic.sent += outcome.sent;
        let upgrades = site.profile.connection.upgrade_swallows && Request::new(&input, &head).asks_to_upgrade();
        self.keep_rest(input, outcome.left);
        if upgrades {
            self.input.clear();
        }
        let end = outcome.end.or(ends.then_some(CloseReason::BadRequest.into()));
        if end.is_none() {
            let now = self.worker.now();
            self.connection.on(Event::Kept, now, 0);
            if self.worker.stopping.get() {
                return Some(CloseReason::Shutdown.into());
            }
            if self.input.is_empty() {
                let deadline = self.connection.deadline(&site.profile.connection.timers);
                self.emit(&events::Event::Idle {
                    ends_after: deadline.map(|deadline| deadline.at.saturating_sub(now)),
                });
            }
        }
        end
    }

    /// The exchange of the request whose head is `head`, on a connection of this `age`.
    fn exchange_over<'c>(&'c self, site: &'c Site, input: &'c [u8], head: &'c Head, age: Duration) -> Exchange<'c> {
        Exchange {
            stream: &self.stream,
            site,
            worker: &self.worker,
            meta: &self.meta,
            before: self.traffic,
            input,
            head,
            arrival: self.arrival,
            number: self.connection.requests(),
            age,
            corked: false.into(),
            segment: &self.segment,
            received: Default::default(),
            content: Default::default(),
            chunks: Default::default(),
            counts_more: Default::default(),
        }
    }

    /// Tells the client to go on with the body of a request that is not answered any more, where that is said as soon as its
    /// head has come.
    async fn go_on_at_once(&mut self, site: &Rc<Site>, head: &Head) -> Option<End> {
        let mut sent = 0;
        let request = Request::new(&self.input, head);
        let exchange = self.exchange_over(site, &self.input, head, Duration::ZERO);
        let end = exchange.go_on(exchange.continues_at_once(&request), &mut sent).await;
        self.traffic.sent += sent;
        end
    }

    /// Makes what an exchange has left of its input the input of the next.
    fn keep_rest(&mut self, input: Vec<u8>, left: Left) {
        self.input = input;
        match left {
            // A resting connection holds no buffer.
            Left::From(at) if at >= self.input.len() => self.worker.give_back(std::mem::take(&mut self.input)),
            Left::From(at) => drop(self.input.drain(..at)),
            Left::Bytes(bytes) => self.input = bytes,
        }
    }

    /// Sends a response to no request, and ends the connection.
    pub(super) async fn say(&mut self, site: &Rc<Site>, id: ResponseId, reason: CloseReason) -> End {
        let head = match head::scan(&self.input, &site.profile.head) {
            Scan::Refused(_, head) | Scan::Complete(head) => head,
            // Whose request line has come is answered as its method is.
            Scan::Partial(head) if head.fields_start > 0 => head,
            Scan::Partial(_) => Head::default(),
        };
        let exchange = self.exchange_over(site, &self.input, &head, Duration::ZERO);
        let outcome = exchange.say(id, reason).await;
        self.traffic.sent += outcome.sent;
        outcome.end.unwrap_or(reason.into())
    }

    fn tell_head(&self, head: &Head, refusal: Option<Refusal>) {
        self.emit(&events::Event::Head(events::Head {
            request: self.connection.requests(),
            method: head.method.of(&self.input),
            target: head.target.of(&self.input),
            version: head.version,
            bytes: head.len,
            fault: match refusal {
                Some(Refusal::Fault(fault)) => Some(fault),
                Some(Refusal::Response(_)) | None => None,
            },
            raw: &self.input[..seen_of(head, &self.input)],
        }));
    }
}

/// How many bytes of `input` belong to a head. One that was given up in its middle ends at the next empty line, if there is
/// one: what is behind that is a body, or another request.
fn seen_of(head: &Head, input: &[u8]) -> usize {
    match head.len {
        0 => memchr::memmem::find(input, b"\r\n\r\n").map_or(input.len(), |at| at + 4),
        len => len,
    }
}
