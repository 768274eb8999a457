//! What a client does next: a pure function of its behaviour and of what happened, with the time as a parameter.

use super::behaviour::{Behaviour, Cached, Kind};
use super::record::{Closer, Connection, Exchange, Outcome};
use super::reply::Reply;
use crate::recording::End;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What the user asks for beyond the behaviour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Loads the page twice: the second time with what the first left in the cache, on new connections.
    pub cached: bool,
    /// Sends one request at a time, on one connection.
    pub serial: bool,
    /// Opens a connection that is never used, whatever the behaviour does.
    pub unused: bool,
    /// How many connections are used at a time. Everything that the page refers to is then asked for at once.
    pub connections: Option<usize>,
    /// How often the page is loaded, one time after another on the same connections; 0 is read as 1.
    pub repeat: usize,
    /// The time between these.
    pub pause: Duration,
    /// How long the browser stays open after the last load, if not as long as the behaviour says.
    pub stay: Option<Duration>,
}

/// Which page is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Host and port as the URL writes them.
    pub authority: String,
    /// The path of the page, with its query.
    pub path: String,
}

/// What is to be done with a socket. A connection is named by its position in [`Visit::connections`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open the connection.
    Connect(usize),
    /// Send a request, whose response is to be read.
    Send(usize, Vec<u8>),
    /// Send FIN, and read on until the server ends the connection too.
    Close(usize),
    /// Forget the connection.
    Drop(usize),
}

/// A request that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) target: String,
    /// How often it was sent in vain. It then goes out on a new connection.
    pub(super) tries: u32,
}

/// The state of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Being established, for this request if for any.
    Connecting(Option<Wanted>),
    /// Without a request.
    Idle,
    /// With a request, and since when nothing arrived.
    Busy(Wanted, Duration),
    /// The server has sent FIN, and the client has not.
    HalfClosed,
    /// The client has sent FIN first, and waits until then for the server.
    Closing(Duration),
    /// Over.
    Gone,
}

/// What may use a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Any request.
    Shared,
    /// The requests of this connection of the behaviour.
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
    /// How long the server keeps it, as its last response says.
    pub(super) announced: Option<Duration>,
    /// Whether its last response says that it ends.
    pub(super) asked: bool,
}

/// Where a visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The next load begins then.
    Waiting(Duration),
    Loading,
    /// All connections are closed before the next load.
    Forgetting,
    /// Everything is loaded, and the browser stays open until then.
    Staying(Duration),
    Leaving,
}

/// A visit of a page: what is to be done next, and what was seen.
#[derive(Clone, Debug)]
pub struct Visit {
    pub(super) behaviour: Behaviour,
    pub(super) options: Options,
    pub(super) site: Site,
    pub(super) cache: BTreeMap<String, Cached>,
    pub(super) lanes: Vec<Lane>,
    /// What was seen on each of them.
    pub(super) connections: Vec<Connection>,
    pub(super) pending: VecDeque<Wanted>,
    /// What this load has asked for already.
    pub(super) known: Vec<String>,
    pub(super) phase: Phase,
    /// How many loads have begun, and how many there are.
    pub(super) begun: usize,
    pub(super) loads: usize,
    /// A connection that will be opened then, and whether it is used.
    pub(super) spare: Option<(Duration, bool)>,
    /// Why no connection could be opened.
    refused: Option<String>,
}

impl Visit {
    /// A visit that has not begun.
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

    /// What the client does.
    pub fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// The connections so far, in the order in which they were opened.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// Why the server took no connection, if it did not.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Whether nothing is left to do.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Staying(_) | Phase::Leaving) && self.all_gone()
    }

    /// The user closes the browser.
    pub fn leave(&mut self) {
        self.pending.clear();
        self.spare = None;
        self.phase = Phase::Leaving;
    }

    /// What is to be done now.
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

    /// When [`Visit::steps`] is to be called at the latest, if nothing happens.
    pub fn wake(&self) -> Option<Duration> {
        let phase = match self.phase {
            Phase::Waiting(until) | Phase::Staying(until) => Some(until),
            Phase::Loading | Phase::Forgetting | Phase::Leaving => None,
        };
        let spare = self.spare.map(|(at, _)| at);
        let lanes = (0..self.lanes.len()).filter_map(|lane| self.due(lane).map(|(at, _)| at));
        lanes.chain(phase).chain(spare).min()
    }

    /// A connection is established, from this port.
    pub fn connected(&mut self, lane: usize, port: u16, now: Duration) {
        self.connections[lane].port = Some(port);
        self.lanes[lane].connected = now;
        // A request that waits for it is sent with the next steps.
        if self.lanes[lane].state == State::Connecting(None) {
            self.lanes[lane].state = State::Idle;
        }
    }

    /// A connection could not be established.
    pub fn refused_by(&mut self, lane: usize, why: &str) {
        self.lanes[lane].state = State::Gone;
        self.refused.get_or_insert_with(|| why.to_owned());
        self.leave();
    }

    /// Some bytes of a response have arrived.
    pub fn progressed(&mut self, lane: usize, now: Duration) {
        if let State::Busy(_, since) = &mut self.lanes[lane].state {
            *since = now;
        }
    }

    /// A response is complete.
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

    /// The server has ended a connection. `has_begun`: some bytes of a response had arrived.
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
                // A server may end an idle connection at any time, so a request that met this is sent again (RFC 9112,
                // section 9.3.1).
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

    /// What arrived is not a response: the connection is closed with the next steps.
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

    /// Opens a connection, for this request if for any.
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

    /// How many connections are used at a time.
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
    /// The request that is on its way, if there is one.
    pub(super) fn request(&self) -> Option<&Wanted> {
        match &self.state {
            State::Busy(wanted, _) | State::Connecting(Some(wanted)) => Some(wanted),
            _ => None,
        }
    }
}
