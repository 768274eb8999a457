//! What has happened on a server so far, and the events that are being waited for. The worker threads record each event
//! as it happens.

mod past;
mod wait;

use crate::event::Occurrence;
use crate::{Closed, Connection, DroppedRequest, Error, ErrorKind, Event, Lost, Reply, Report, Request};
use labserve_server::events::{self, ConnectionMeta, Observer, Traffic};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};
use wait::Wait;

/// The limit of the memory for connections and requests, in bytes. A server may run for days: beyond the limit, they
/// are counted but not recorded.
const KEPT: usize = 64 << 20;

/// What has happened on a server.
#[derive(Debug)]
pub(crate) struct History {
    started: Instant,
    state: Mutex<State>,
    happened: Condvar,
}

#[derive(Debug, Default)]
struct State {
    accepted: u64,
    connections: BTreeMap<u64, Connection>,
    /// The memory that `connections` uses, in bytes.
    kept: usize,
    not_recorded: u64,
    waiters: Vec<Waiter>,
    /// The number of the next waiter.
    next: u64,
}

/// A wait for an event.
#[derive(Debug)]
struct Waiter {
    number: u64,
    event: Event,
    /// How many times the event has happened.
    seen: u64,
    /// The connection of the last occurrence that was needed.
    found: Option<u64>,
    /// Woken when the event has happened; `None` if a thread waits on the condition variable.
    waker: Option<Waker>,
}

impl Waiter {
    fn see(&mut self, connection: u64, occurrence: Occurrence<'_>) {
        if self.found.is_none() && self.event.matches(connection, occurrence) {
            self.seen += 1;
            if self.seen == self.event.needed() {
                self.found = Some(connection);
            }
        }
    }
}

impl History {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            state: Mutex::default(),
            happened: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every step leaves the state consistent, so a panic on another thread does not matter.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.lock().accepted
    }

    pub(crate) fn report(&self) -> Report {
        let now = self.started.elapsed();
        let state = self.lock();
        let mut list: Vec<Connection> = state.connections.values().cloned().collect();
        for connection in &mut list {
            let until = connection.closed.map_or(now, |closed| closed.at);
            connection.open_for = until.saturating_sub(connection.accepted_at);
        }
        let mut lost = Lost {
            not_recorded: state.not_recorded,
            ..Lost::default()
        };
        lost.dropped = list.iter().map(|connection| connection.dropped.len() as u64).sum();
        for request in list.iter().flat_map(|connection| &connection.requests) {
            match request.reply {
                None => lost.unanswered += 1,
                Some(reply) if !reply.complete => lost.cut_short += 1,
                Some(_) => {}
            }
        }
        Report {
            accepted: state.accepted,
            list,
            lost,
        }
    }

    /// Forgets everything except the open connections.
    #[cfg(feature = "timeline")]
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        state.connections.retain(|_, connection| connection.closed.is_none());
        for connection in state.connections.values_mut() {
            (connection.requests, connection.dropped) = (Vec::new(), Vec::new());
            connection.unsolicited.clear();
            connection.rules.clear();
            connection.held.clear();
        }
        state.accepted = state.connections.len() as u64;
        state.kept = state.connections.len() * size_of::<Connection>();
        state.not_recorded = 0;
    }

    /// Blocks this thread until `event` has happened. Returns the number of its connection.
    pub(crate) fn wait_for(&self, event: Event, timeout: Duration) -> Result<u64, Error> {
        let text = event.to_string();
        let wait = self.start_to_wait(event)?;
        let not_yet = |state: &mut State| state.found(wait.number).is_none();
        let (mut state, _) = self
            .happened
            .wait_timeout_while(self.lock(), timeout, not_yet)
            .unwrap_or_else(PoisonError::into_inner);
        let found = state.found(wait.number);
        // Released before `wait` is dropped, which locks it again.
        drop(state);
        found.ok_or_else(|| {
            let message = format!("waited {timeout:?} for {text}; so far there were {}", self.report());
            Error::new(ErrorKind::Timeout, message)
        })
    }

    /// Starts to wait for `event`. Any runtime can poll the result.
    pub(crate) fn start_to_wait(&self, event: Event) -> Result<Wait<'_>, Error> {
        event.check()?;
        let mut state = self.lock();
        let mut waiter = Waiter {
            number: state.next,
            event,
            seen: 0,
            found: None,
            waker: None,
        };
        state.next += 1;
        for (connection, occurrence) in state.past() {
            waiter.see(connection, occurrence);
        }
        let number = waiter.number;
        state.waiters.push(waiter);
        drop(state);
        Ok(Wait { history: self, number })
    }
}

impl State {
    /// The connection on which a waiter's event has happened.
    fn found(&mut self, number: u64) -> Option<u64> {
        self.waiter(number)?.found
    }

    fn waiter(&mut self, number: u64) -> Option<&mut Waiter> {
        self.waiters.iter_mut().find(|waiter| waiter.number == number)
    }

    /// Reserves `bytes` of the memory limit. If less than that is left, counts a lost record and returns false.
    fn take(&mut self, bytes: usize) -> bool {
        let fits = self.kept + bytes <= KEPT;
        if fits {
            self.kept += bytes;
        } else {
            self.not_recorded += 1;
        }
        fits
    }

    fn accept(&mut self, at: Duration, meta: &ConnectionMeta) {
        self.accepted += 1;
        if self.take(size_of::<Connection>()) {
            let connection = Connection {
                id: meta.id,
                peer: meta.peer,
                accepted_at: at,
                open_for: Duration::ZERO,
                requests: Vec::new(),
                unsolicited: Vec::new(),
                rules: Vec::new(),
                held: Vec::new(),
                dropped: Vec::new(),
                received: 0,
                sent: 0,
                closing_at: None,
                closed: None,
            };
            self.connections.insert(meta.id, connection);
        }
    }

    fn request(&mut self, connection: u64, request: Request) {
        let bytes = size_of::<Request>() + request.method.len() + request.target.len();
        if self.connections.contains_key(&connection)
            && self.take(bytes)
            && let Some(connection) = self.connections.get_mut(&connection)
        {
            connection.requests.push(request);
        }
    }

    /// Records that a rule applies to the request with this number, or to its connection if the number is 0.
    fn rule(&mut self, connection: u64, number: u64, name: &str) {
        let fits = self.take(size_of::<String>() + name.len());
        let Some(connection) = self.connections.get_mut(&connection).filter(|_| fits) else {
            return;
        };
        let mut requests = connection.requests.iter_mut().rev();
        match requests.find(|request| request.number == number) {
            Some(request) => request.rule = Some(name.to_owned()),
            None => connection.rules.push(name.to_owned()),
        }
    }

    /// Records that something of the connection is held under this name.
    fn held(&mut self, connection: u64, at: Duration, name: &str) {
        if self.take(size_of::<(Duration, String)>() + name.len())
            && let Some(connection) = self.connections.get_mut(&connection)
        {
            connection.held.push((at, name.to_owned()));
        }
    }

    fn dropped(&mut self, connection: u64, request: DroppedRequest) {
        let bytes = size_of::<DroppedRequest>() + request.line.as_ref().map_or(0, String::len);
        if self.take(bytes)
            && let Some(connection) = self.connections.get_mut(&connection)
        {
            // The server examines the remaining bytes after it has sent FIN. The client may have repeated the request
            // by then.
            let at = connection.closing_at.unwrap_or(request.at);
            connection.dropped.push(DroppedRequest { at, ..request });
        }
    }

    fn reply(&mut self, connection: u64, number: u64, reply: Reply) {
        let Some(record) = self.connections.get_mut(&connection) else {
            return;
        };
        let answers = |request: &&mut Request| request.number == number && request.reply.is_none();
        if let Some(request) = record.requests.iter_mut().rev().find(answers) {
            request.reply = Some(reply);
        } else if (number == 0 || record.requests.iter().any(|request| request.number == number))
            && self.take(size_of::<Reply>())
            && let Some(record) = self.connections.get_mut(&connection)
        {
            record.unsolicited.push(reply);
        }
    }
}

impl Observer for History {
    fn observe(&self, meta: &ConnectionMeta, traffic: Traffic, event: &events::Event<'_>) {
        let at = self.started.elapsed();
        let id = meta.id;
        let mut state = self.lock();
        if let Some(connection) = state.connections.get_mut(&id) {
            (connection.received, connection.sent) = (traffic.received, traffic.sent);
        }
        let (method, target);
        let occurrence = match event {
            events::Event::Accepted { .. } => {
                state.accept(at, meta);
                Occurrence::Accepted
            }
            events::Event::Head(head) => {
                (method, target) = (text(head.method), text(head.target));
                let request = Request {
                    number: head.request,
                    at,
                    method: method.clone(),
                    target: target.clone(),
                    rule: None,
                    reply: None,
                };
                state.request(id, request);
                Occurrence::Request {
                    method: &method,
                    target: &target,
                }
            }
            events::Event::Rule(events::Rule { request, name, .. }) => {
                state.rule(id, *request, name);
                Occurrence::Rule { name }
            }
            events::Event::Held { name, .. } => {
                state.held(id, at, name);
                Occurrence::Held { name }
            }
            events::Event::Reply(reply) => {
                let record = Reply {
                    at,
                    status: reply.status,
                    head_bytes: reply.head_bytes,
                    body_bytes: reply.body_bytes,
                    complete: reply.complete,
                    total_bytes: reply.total_bytes,
                };
                state.reply(id, reply.request, record);
                (method, target) = (text(reply.method), text(reply.target));
                Occurrence::Reply {
                    method: &method,
                    target: &target,
                    status: reply.status,
                }
            }
            events::Event::DroppedRequest(dropped) => {
                let (number, line) = (dropped.request, dropped.line.map(text));
                let (bytes, place) = (dropped.bytes, dropped.place);
                state.dropped(
                    id,
                    DroppedRequest {
                        at,
                        number,
                        line,
                        bytes,
                        place,
                    },
                );
                Occurrence::DroppedRequest
            }
            events::Event::Close(_) => {
                if let Some(connection) = state.connections.get_mut(&id) {
                    connection.closing_at = Some(at);
                }
                return;
            }
            events::Event::End { close, unread, .. } => {
                if let Some(connection) = state.connections.get_mut(&id) {
                    connection.closed = Some(Closed {
                        at,
                        by: close.who,
                        reason: close.reason,
                        style: close.style.into(),
                        unread: *unread,
                    });
                }
                Occurrence::Closed { reason: close.reason }
            }
            _ => return,
        };
        let mut found = false;
        let mut wakers = Vec::new();
        for waiter in &mut state.waiters {
            waiter.see(id, occurrence);
            if waiter.found.is_some() {
                found = true;
                wakers.extend(waiter.waker.take());
            }
        }
        // Wakers run code of the runtime, so the lock is released first.
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        if found {
            self.happened.notify_all();
        }
    }
}

/// Text from the wire.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
