//! Drives one connection: feeds the state machine what the socket and the clock say, and does what it calls for.

use super::exchange::{self, Exchange, Refusal};
use super::{Site, Worker, finish, wire};
use crate::connection::{CloseReason, Connection, Deadline, Event, State};
use crate::events;
use crate::files::path;
use crate::http::ahead::{self, Ahead};
use crate::http::{Fault, Framing, Head, Request, Scan, Treatment, head};
use crate::profile::{EofInHead, Style};
use crate::respond::{self, Route};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep_until};

thread_local! {
    /// Where bytes arrive, so that a resting connection needs no buffer.
    static ARRIVALS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a wait ended with.
enum Woken {
    /// So many bytes have been added to the input.
    Bytes(usize),
    /// The client has ended its side.
    Fin,
    /// The connection is broken.
    Broken(io::Error),
    /// A timer has run out.
    Expired(Deadline),
    /// The server stops.
    Stop,
}

/// What stands behind a request that is about to be answered.
enum Behind {
    /// Nothing that keeps it from being answered.
    Nothing,
    /// A fault, so many bytes into the input: it is answered in place of the request.
    Fault((Fault, Head), usize),
    /// The client's FIN, which ends the connection.
    Fin(End),
}

/// Whether there is nothing but empty lines.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| matches!(b, b'\r' | b'\n'))
}

/// How a connection is to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) reason: CloseReason,
    /// The style, if the last reply has one of its own.
    pub(super) style: Option<Style>,
}

impl From<CloseReason> for End {
    fn from(reason: CloseReason) -> End {
        End { reason, style: None }
    }
}

/// Serves a connection to its end.
pub(super) async fn drive(stream: TcpStream, peer: SocketAddr, id: u64, worker: Rc<Worker>) {
    let local = stream.local_addr().unwrap_or(peer);
    let connection = Connection::new(worker.now());
    let mut driver = Driver {
        stream,
        peer,
        local,
        id,
        connection,
        input: Vec::new(),
        received: 0,
        sent: 0,
        timer: None,
        worker,
    };
    let end = driver.serve().await;
    driver.end(end).await;
}

struct Driver {
    stream: TcpStream,
    peer: SocketAddr,
    local: SocketAddr,
    id: u64,
    connection: Connection,
    /// Bytes that have arrived and belong to no finished request.
    input: Vec<u8>,
    received: u64,
    sent: u64,
    /// Armed for no later than the deadline; when it fires early it is armed again.
    timer: Option<(Duration, Pin<Box<Sleep>>)>,
    worker: Rc<Worker>,
}

impl Driver {
    async fn serve(&mut self) -> End {
        loop {
            let site = Rc::clone(&self.worker.site.borrow());
            let scan = self.scan(&site);
            let end = match self.refuses_target(&site, &scan) {
                Some((head, id)) => self.exchange(&site, head, Some(Refusal::Response(id))).await,
                None => match scan {
                    Scan::Complete(head) => self.exchange(&site, head, None).await,
                    Scan::Refused(fault, head) => self.exchange(&site, head, Some(Refusal::Fault(fault))).await,
                    Scan::Partial(_) => self.wait_for_more(&site).await,
                },
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Waits for something to happen to a head that is not complete, and does what it calls for.
    async fn wait_for_more(&mut self, site: &Rc<Site>) -> Option<End> {
        match self.wait(site).await {
            Woken::Bytes(_) => None,
            Woken::Fin => match self.client_fin(site) {
                EofInHead::Silent => Some(self.fin_reason().into()),
                EofInHead::Complete => self.exchange_as_complete(site).await,
                EofInHead::Answer(id) => {
                    self.connection.on(Event::HeadComplete, self.worker.now(), 0);
                    Some(self.say(site, id, CloseReason::BadRequest).await)
                }
            },
            Woken::Broken(error) => Some(wire::reason_of(&error).into()),
            Woken::Expired(Deadline {
                reason, say: Some(id), ..
            }) => Some(self.say(site, id, reason).await),
            Woken::Expired(deadline) => Some(deadline.reason.into()),
            Woken::Stop => Some(CloseReason::Shutdown.into()),
        }
    }

    /// The response that a target gets whatever the rest of its head may say, from a profile that judges bytes as they
    /// come and targets before all else; and the head as far as that.
    fn refuses_target(&self, site: &Site, scan: &Scan) -> Option<(Head, crate::http::ResponseId)> {
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
        Some((line_alone, id))
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

    /// The event that there is no complete head yet.
    fn partial(&self, site: &Site, line_complete: bool) -> Event {
        if site.profile.connection.timers.blank.is_some() && is_blank(&self.input) {
            Event::Blank
        } else {
            Event::Partial { line_complete }
        }
    }

    /// What the client's FIN means where the connection is.
    fn client_fin(&self, site: &Site) -> EofInHead {
        let policy = &site.profile.connection.client_fin;
        match self.connection.state() {
            State::Line => policy.in_line,
            State::Head => policy.in_head,
            _ => EofInHead::Silent,
        }
    }

    fn fin_reason(&self) -> CloseReason {
        match self.connection.state() {
            State::Unused => CloseReason::ClientFinUnused,
            State::Line | State::Head => CloseReason::ClientFinInHead,
            _ => CloseReason::ClientFin,
        }
    }

    /// Serves a head that the client's FIN has cut short as if it were complete.
    async fn exchange_as_complete(&mut self, site: &Rc<Site>) -> Option<End> {
        if !self.input.ends_with(b"\n") {
            self.input.extend_from_slice(b"\r\n");
        }
        self.input.extend_from_slice(b"\r\n");
        match head::scan(&self.input, &site.profile.head) {
            Scan::Complete(head) => self.exchange(site, head, None).await,
            Scan::Refused(fault, head) => self.exchange(site, head, Some(Refusal::Fault(fault))).await,
            Scan::Partial(_) => Some(CloseReason::ClientFinInHead.into()),
        }
    }

    /// Serves one request, or refuses it. Says how the connection ends, if it does.
    async fn exchange(&mut self, site: &Rc<Site>, head: Head, refusal: Option<Refusal>) -> Option<End> {
        let now = self.worker.now();
        self.connection.on(Event::HeadComplete, now, 0);
        let (mut head, mut refusal) = (head, refusal);
        if refusal.is_none() {
            match self.look_ahead(site, &head).await {
                Behind::Nothing => {}
                Behind::Fault(found, at) => {
                    self.input.drain(..at);
                    refusal = Some(Refusal::Fault(found.0));
                    head = found.1;
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
        let exchange = Exchange {
            stream: &self.stream,
            site,
            worker: &self.worker,
            local: self.local,
            input: &input,
            head: &head,
            number: self.connection.requests(),
            age: now.saturating_sub(self.connection.accepted()),
            corked: false.into(),
            log: exchange::Log {
                id: self.id,
                peer: self.peer,
            },
            chunks: Default::default(),
            counts_more: Default::default(),
        };
        // On the heap, so that a resting connection does not hold the room that an exchange needs.
        let outcome = Box::pin(exchange.run(refusal)).await;
        self.connection.count(outcome.counts_more);
        self.received += outcome.received;
        self.sent += outcome.sent;
        let left = outcome.left;
        let upgrades = site.profile.connection.upgrade_swallows && Request::new(&input, &head).asks_to_upgrade();
        self.input = input;
        match left {
            // A resting connection holds no buffer.
            exchange::Left::From(at) if at >= self.input.len() => {
                self.worker.give_back(std::mem::take(&mut self.input))
            }
            exchange::Left::From(at) => drop(self.input.drain(..at)),
            exchange::Left::Bytes(bytes) => self.input = bytes,
        }
        if upgrades {
            self.input.clear();
        }
        if outcome.end.is_none() {
            self.connection.on(Event::Kept, self.worker.now(), 0);
            if self.worker.stopping.get() {
                return Some(CloseReason::Shutdown.into());
            }
        }
        outcome.end
    }

    /// Looks at what came behind a request before it is answered, for profiles in which that can take the reply away.
    async fn look_ahead(&mut self, site: &Rc<Site>, head: &Head) -> Behind {
        let profile = &site.profile;
        let drops = profile.connection.client_fin.drops_request;
        if !drops && !profile.fault_discards {
            return Behind::Nothing;
        }
        let ended = self.client_has_ended().await;
        let request = Request::new(&self.input, head);
        let nothing_behind = self.input.len() == head.len && request.framing(&profile.head.body) == Framing::None;
        // What is answered without a look at a file has been answered before anything behind it was seen.
        if nothing_behind && !ended || request.fault(&profile.head).is_some() {
            return Behind::Nothing;
        }
        let waits_for_file = matches!(respond::route(profile, &request, site.root.names()), Route::Lookup(_));
        let ahead = ahead::look(&self.input, head, &profile.head);
        match ahead {
            Ahead::Fault(at, fault, head) if profile.fault_discards => Behind::Fault((fault, head), at),
            _ if !(ended && drops && waits_for_file) => Behind::Nothing,
            Ahead::Whole | Ahead::Fault(..) => Behind::Fin(CloseReason::RequestDropped.into()),
            Ahead::Partial => match profile.connection.client_fin.in_head {
                EofInHead::Answer(id) => Behind::Fin(self.say(site, id, CloseReason::ClientFinInHead).await),
                _ => Behind::Fin(CloseReason::RequestDropped.into()),
            },
        }
    }

    /// Sends a response to no request, and ends the connection.
    async fn say(&mut self, site: &Rc<Site>, id: crate::http::ResponseId, reason: CloseReason) -> End {
        let head = match head::scan(&self.input, &site.profile.head) {
            Scan::Refused(_, head) | Scan::Complete(head) => head,
            Scan::Partial(_) => Head::default(),
        };
        let exchange = Exchange {
            stream: &self.stream,
            site,
            worker: &self.worker,
            local: self.local,
            input: &self.input,
            head: &head,
            number: self.connection.requests(),
            age: Duration::ZERO,
            corked: false.into(),
            log: exchange::Log {
                id: self.id,
                peer: self.peer,
            },
            chunks: Default::default(),
            counts_more: Default::default(),
        };
        let outcome = Box::pin(exchange.say(id, reason)).await;
        self.sent += outcome.sent;
        outcome.end.unwrap_or(reason.into())
    }

    /// Whether the client has ended its side by now. Also takes in what it sent before.
    async fn client_has_ended(&mut self) -> bool {
        // One turn of the reactor: a FIN that came with the request is known after it.
        tokio::task::yield_now().await;
        poll_fn(|cx| {
            loop {
                match self.poll_read(cx) {
                    Poll::Ready(Woken::Fin) => return Poll::Ready(true),
                    Poll::Ready(Woken::Bytes(_)) => {}
                    _ => return Poll::Ready(false),
                }
            }
        })
        .await
    }

    /// Waits for the client, for the timer, or for the server to stop.
    async fn wait(&mut self, site: &Site) -> Woken {
        let worker = Rc::clone(&self.worker);
        let mut stop = std::pin::pin!(worker.stop.notified());
        // From here on the wait is woken, even if it has not been polled.
        stop.as_mut().enable();
        if worker.stopping.get() {
            return Woken::Stop;
        }
        let deadline = self.connection.deadline(&site.profile.connection.timers);
        let woken = poll_fn(|cx| {
            if let Poll::Ready(woken) = self.poll_read(cx) {
                return Poll::Ready(woken);
            }
            if let Some(deadline) = deadline
                && self.poll_timer(deadline.at, cx).is_ready()
            {
                return Poll::Ready(Woken::Expired(deadline));
            }
            stop.as_mut().poll(cx).map(|()| Woken::Stop)
        })
        .await;
        if let Woken::Bytes(count) = woken {
            let event = self.partial(site, self.connection.state() == State::Head);
            self.connection.on(event, worker.now(), count);
        }
        woken
    }

    /// Reads what has arrived into the input.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Woken> {
        let size = self.worker.site.borrow().profile.read;
        let (stream, input, worker) = (&mut self.stream, &mut self.input, &self.worker);
        let read = ARRIVALS.with_borrow_mut(|arrivals| {
            arrivals.resize(arrivals.len().max(size), 0);
            // AsyncRead rather than try_read: after a short read it knows that the socket is empty, and the next wait
            // does not begin with a read in vain.
            let mut buffer = ReadBuf::new(&mut arrivals[..size]);
            ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
            if input.capacity() == 0 {
                *input = worker.buffer();
            }
            input.extend_from_slice(buffer.filled());
            Poll::Ready(io::Result::Ok(buffer.filled().len()))
        });
        Poll::Ready(match ready!(read) {
            Ok(0) => Woken::Fin,
            Ok(count) => {
                self.received += count as u64;
                Woken::Bytes(count)
            }
            Err(error) => Woken::Broken(error),
        })
    }

    fn poll_timer(&mut self, at: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let started = self.worker.shared.started;
        let instant = |at: Duration| {
            started
                .checked_add(at)
                .unwrap_or(started + Duration::from_secs(366 * 24 * 3600))
        };
        let (armed, sleep) = self
            .timer
            .get_or_insert_with(|| (at, Box::pin(sleep_until(instant(at)))));
        if at < *armed {
            sleep.as_mut().reset(instant(at));
            *armed = at;
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if *armed >= at {
                self.timer = None;
                return Poll::Ready(());
            }
            // It was armed for an earlier deadline that has moved since.
            sleep.as_mut().reset(instant(at));
            *armed = at;
        }
    }

    async fn end(mut self, end: End) {
        let site = Rc::clone(&self.worker.site.borrow());
        let ends = &site.profile.connection.ends;
        let state = self.connection.state();
        self.connection.on(Event::End, self.worker.now(), 0);
        let after_reply = state == State::Exchange
            && !matches!(
                end.reason,
                CloseReason::BadRequest | CloseReason::ClientReset | CloseReason::IoError
            );
        if let Some(pause) = ends.pause.filter(|_| after_reply) {
            finish::pause(&self.stream, pause, ends.pause_holds, &mut self.received).await;
        }
        let unread = ends
            .unread(end.reason)
            .filter(|_| !self.input.is_empty() || finish::has_unread(&self.stream));
        let style = end.style.or(unread).unwrap_or_else(|| ends.style(end.reason));
        self.timer = None;
        self.input = Vec::new();
        if end.reason != CloseReason::ClientReset {
            Box::pin(finish::finish(&self.stream, style, ends, &mut self.received)).await;
        }
        if self.worker.logs(events::Line::Connection) {
            events::closed(&events::Closed {
                connection: self.id,
                peer: self.peer,
                reason: end.reason,
                style,
                state,
                requests: self.connection.requests(),
                received: self.received,
                sent: self.sent,
                open_ms: u64::try_from(self.worker.now().saturating_sub(self.connection.accepted()).as_millis())
                    .unwrap_or(u64::MAX),
            });
        }
    }
}
