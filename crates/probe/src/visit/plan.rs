//! The next steps of a client: a pure function of its behaviour and of what happened, with the time as a parameter.

use super::behaviour::{Behaviour, Cached, Kind};
use super::record::{Closer, Connection, Exchange, Outcome};
use super::reply::Reply;
use crate::recording::End;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Options of the user that modify the behaviour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Loads the page twice: the second time with the files that the first load left in the cache, on new connections.
    pub cached: bool,
    /// Sends one request at a time, on one connection.
    pub serial: bool,
    /// Opens a connection that is never used, regardless of the behaviour.
    pub unused: bool,
    /// How many connections to use at a time. Everything that the page refers to is then requested at once.
    pub connections: Option<usize>,
    /// How many times the page is loaded, one after another on the same connections; 0 counts as 1.
    pub repeat: usize,
    /// The time between two loads.
    pub pause: Duration,
    /// How long the browser stays open after the last load; by default, the time of the behaviour.
    pub stay: Option<Duration>,
}

/// The page to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Host and port as in the URL.
    pub authority: String,
    /// The path of the page, including its query.
    pub path: String,
}

/// An action on a socket. A connection is identified by its index in [`Visit::connections`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open the connection.
    Connect(usize),
    /// Send a request. Its response is to be read.
    Send(usize, Vec<u8>),
    /// Send FIN, and continue to read until the server ends the connection too.
    Close(usize),
    /// Forget the connection.
    Drop(usize),
}

/// A request to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) target: String,
    /// How many times it was sent without success. It then goes out on a new connection.
    pub(super) tries: u32,
}

/// The state of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Being established, possibly for this request.
    Connecting(Option<Wanted>),
    /// Without a request.
    Idle,
    /// With a request, and the time since which nothing has arrived.
    Busy(Wanted, Duration),
    /// The server has sent FIN, and the client has not.
    HalfClosed,
    /// The client sent FIN first, and waits for the server until this time.
    Closing(Duration),
    /// Closed.
    Gone,
}

/// The requests that may use a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Any request.
    Shared,
    /// The requests for the connection with this number in the behaviour.
    Numbered(usize),
    /// None.
    Unused,
}

/// A connection on which something may still happen.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) state: State,
    pub(super) role: Role,
    /// When it was established.
    pub(super) connected: Duration,
    /// How long the server keeps it, according to its last response.
    pub(super) announced: Option<Duration>,
    /// Whether its last response says that the connection ends.
    pub(super) asked: bool,
}

/// The current stage of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The next load starts at this time.
    Waiting(Duration),
    Loading,
    /// All connections are being closed before the next load.
    Forgetting,
    /// Everything is loaded, and the browser stays open until this time.
    Staying(Duration),
    Leaving,
}

/// A visit to a page: what to do next, and what was seen.
#[derive(Clone, Debug)]
pub struct Visit {
    pub(super) behaviour: Behaviour,
    pub(super) options: Options,
    pub(super) site: Site,
    pub(super) cache: BTreeMap<String, Cached>,
    pub(super) lanes: Vec<Lane>,
    /// What was seen on each connection.
    pub(super) connections: Vec<Connection>,
    pub(super) pending: VecDeque<Wanted>,
    /// What this load has already requested.
    pub(super) known: Vec<String>,
    pub(super) phase: Phase,
    /// How many loads have started, and how many there are.
    pub(super) begun: usize,
    pub(super) loads: usize,
    /// When to open another connection, and whether it may be used.
    pub(super) spare: Option<(Duration, bool)>,
    /// Why no connection could be opened.
    refused: Option<String>,
}

impl Visit {
    /// A visit that has not started.
    pub fn new(behaviour: Behaviour, site: Site, options: Options) -> Self {
        Self {
            cache: behaviour.cached.clone(),
            behaviour,
            options,
            site,
            lanes: Vec::new(),
            connections: Vec::new(),
            pending: VecDeque::new(),
            known: Vec::new(),
            phase: Phase::Waiting(Duration::ZERO),
            begun: 0,
            loads: options.repeat.max(1) + usize::from(options.cached),
            spare: None,
            refused: None,
        }
    }

    /// The behaviour of the client.
    pub fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// The connections so far, in the order in which they were opened.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// Why the server accepted no connection, if that is so.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Whether nothing is left to do.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Staying(_) | Phase::Leaving) && self.all_gone()
    }

    /// Reports that the user closes the browser.
    pub fn leave(&mut self) {
        self.pending.clear();
        self.spare = None;
        self.phase = Phase::Leaving;
    }

    /// The actions to carry out now.
    pub fn steps(&mut self, now: Duration) -> Vec<Step> {
        let mut steps = Vec::new();
        match self.phase {
            Phase::Waiting(until) if now >= until => self.begin(now),
            Phase::Forgetting if self.all_gone() => self.begin(now),
            Phase::Staying(until) if now >= until => self.leave(),
            _ => {}
        }
        self.assign(now, &mut steps);
        if let Some((at, used)) = self.spare
            && now >= at
        {
            self.spare = None;
            self.open(now, None, if used { Role::Shared } else { Role::Unused }, &mut steps);
        }
        self.close_due(now, &mut steps);
        if self.phase == Phase::Loading
            && self.pending.is_empty()
            && self.lanes.iter().all(|lane| lane.request().is_none())
        {
            self.loaded(now);
            steps.extend(self.steps(now));
        }
        steps
    }

    /// The latest time for the next call of [`Visit::steps`], if nothing happens before.
    pub fn wake(&self) -> Option<Duration> {
        let phase = match self.phase {
            Phase::Waiting(until) | Phase::Staying(until) => Some(until),
            Phase::Loading | Phase::Forgetting | Phase::Leaving => None,
        };
        let spare = self.spare.map(|(at, _)| at);
        let lanes = (0..self.lanes.len()).filter_map(|lane| self.due(lane).map(|(at, _)| at));
        lanes.chain(phase).chain(spare).min()
    }

    /// Reports that a connection is established, from this port.
    pub fn connected(&mut self, lane: usize, port: u16, now: Duration) {
        self.connections[lane].port = Some(port);
        self.lanes[lane].connected = now;
        // A request that waits for this connection is sent with the next steps.
        if self.lanes[lane].state == State::Connecting(None) {
            self.lanes[lane].state = State::Idle;
        }
    }

    /// Reports that a connection could not be established.
    pub fn refused_by(&mut self, lane: usize, why: &str) {
        self.lanes[lane].state = State::Gone;
        self.refused.get_or_insert_with(|| why.to_owned());
        self.leave();
    }

    /// Reports that some bytes of a response have arrived.
    pub fn progressed(&mut self, lane: usize, now: Duration) {
        if let State::Busy(_, since) = &mut self.lanes[lane].state {
            *since = now;
        }
    }

    /// Reports that a response is complete.
    pub fn replied(&mut self, lane: usize, reply: &Reply, now: Duration) {
        let State::Busy(wanted, _) = std::mem::replace(&mut self.lanes[lane].state, State::Idle) else {
            return;
        };
        let begun = self.connections[lane].exchanges.last().map_or(now, |last| last.at);
        self.settle(
            lane,
            Outcome::Response {
                status: reply.status,
                bytes: reply.size,
                after: now.saturating_sub(begun),
            },
        );
        self.lanes[lane].announced = reply.announced;
        if reply.status == 200 || reply.status == 206 {
            let validators = Cached {
                etag: reply.etag.clone(),
                modified: reply.modified.clone(),
                size: Some(reply.content),
                refers: Vec::new(),
            };
            self.cache.insert(wanted.target.clone(), validators);
        }
        if self.behaviour.references && self.phase == Phase::Loading {
            self.want_references(&wanted, reply);
        }
        self.lanes[lane].asked = reply.ends_connection;
    }

    /// Reports that the server has ended a connection. `has_begun`: some bytes of a response had arrived.
    pub fn ended(&mut self, lane: usize, how: End, has_begun: bool, now: Duration) {
        let state = std::mem::replace(&mut self.lanes[lane].state, State::Gone);
        match state {
            State::Closing(_) | State::Gone => {
                self.connections[lane].followed = Some((how, now));
                return;
            }
            State::Busy(mut wanted, _) => {
                let is_reused = self.connections[lane].exchanges.len() > 1;
                self.settle(
                    lane,
                    if has_begun {
                        Outcome::Cut(how)
                    } else {
                        Outcome::Nothing(how)
                    },
                );
                // A server may end an idle connection at any time, so a request that was affected by this is sent again
                // (RFC 9112, section 9.3.1).
                if is_reused && !has_begun && wanted.tries == 0 {
                    wanted.tries += 1;
                    self.pending.push_front(wanted);
                }
            }
            State::Connecting(Some(wanted)) => self.pending.push_front(wanted),
            State::Connecting(None) | State::Idle | State::HalfClosed => {}
        }
        self.note_close(lane, Closer::Server, how, None, now);
        // After RST there is nothing left to close.
        if how == End::Fin {
            self.lanes[lane].state = State::HalfClosed;
        }
    }

    /// Reports that the received bytes are not a response: the connection is closed with the next steps.
    pub fn not_http(&mut self, lane: usize) {
        self.settle(lane, Outcome::NotHttp);
        self.lanes[lane].state = State::Idle;
        self.lanes[lane].asked = true;
    }

    pub(super) fn settle(&mut self, lane: usize, outcome: Outcome) {
        if let Some(last) = self.connections[lane].exchanges.last_mut() {
            last.outcome = outcome;
        }
    }

    /// Opens a connection, possibly for this request.
    pub(super) fn open(&mut self, now: Duration, wanted: Option<Wanted>, role: Role, steps: &mut Vec<Step>) {
        steps.push(Step::Connect(self.lanes.len()));
        self.lanes.push(Lane {
            state: State::Connecting(wanted),
            role,
            connected: now,
            announced: None,
            asked: false,
        });
        self.connections.push(Connection {
            opened: now,
            ..Connection::default()
        });
    }

    /// Sends a request on an established connection.
    pub(super) fn send(&mut self, lane: usize, wanted: Wanted, now: Duration, steps: &mut Vec<Step>) {
        let cached = self.cache.get(&wanted.target);
        let page = format!("http://{}{}", self.site.authority, self.site.path);
        let authority = &self.site.authority;
        let head = self
            .behaviour
            .head(wanted.kind, &wanted.target, authority, &page, cached);
        self.connections[lane].exchanges.push(Exchange {
            kind: wanted.kind,
            target: wanted.target.clone(),
            is_conditional: head.contains("\r\nIf-"),
            is_retry: wanted.tries > 0,
            at: now,
            sent: head.len() as u64,
            outcome: Outcome::Pending,
        });
        self.lanes[lane].state = State::Busy(wanted, now);
        steps.push(Step::Send(lane, head.into_bytes()));
    }

    /// Whether a connection is established.
    pub(super) fn is_established(&self, lane: usize) -> bool {
        self.connections[lane].port.is_some()
    }

    /// How many connections to use at a time.
    pub(super) fn most(&self) -> usize {
        match self.options.serial {
            true => 1,
            false => self.options.connections.unwrap_or(self.behaviour.connections).max(1),
        }
    }

    /// When the last request of a connection was sent, or when it was established if there was none.
    pub(super) fn last_sent(&self, lane: usize) -> Duration {
        let last = self.connections[lane].exchanges.last();
        last.map_or(self.lanes[lane].connected, |exchange| exchange.at)
    }

    fn all_gone(&self) -> bool {
        self.lanes.iter().all(|lane| lane.state == State::Gone)
    }
}

impl Lane {
    /// The request that it carries, or will carry once it is established.
    pub(super) fn request(&self) -> Option<&Wanted> {
        match &self.state {
            State::Busy(wanted, _) | State::Connecting(Some(wanted)) => Some(wanted),
            _ => None,
        }
    }
}
