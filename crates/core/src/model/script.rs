//! A client that follows a list of steps, as the recorded cases do.

use super::server::{Setting, converse};
use super::site::MemorySite;
use super::wire::{Client, ClientAct, End, Piece};
use crate::profile::Profile;
use std::time::Duration;

/// How long a read waits at least for its first byte.
pub const FIRST: Duration = Duration::from_millis(1500);
/// The silence that ends a read, unless the step names another.
pub const QUIET: Duration = Duration::from_millis(350);

/// What a client does in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Sends bytes in one segment.
    Send(Vec<u8>),
    /// Reads until no byte has arrived for this time, or until the connection ends. `None`: 350 ms. The first byte may
    /// take 1.5 s.
    Read {
        /// The silence that ends the read.
        quiet: Option<Duration>,
    },
    /// Sends FIN and continues to read.
    Shut,
    /// Waits.
    Sleep(Duration),
    /// Reads until the server ends the connection, or until this time has passed.
    End {
        /// The time limit.
        within: Duration,
    },
}

/// What a [`Step::Read`] or [`Step::End`] received.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
    /// For a [`Step::End`]: the time from the last byte before the step to the first byte in it.
    pub at: Option<Duration>,
}

impl Heard {
    /// The bytes.
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for piece in &self.pieces {
            text.extend_from_slice(piece.bytes());
        }
        text
    }
}

/// The result of a script.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What each [`Step::Read`] and [`Step::End`] received.
    pub heard: Vec<Heard>,
    /// How the server ended the connection.
    pub end: End,
    /// The time from the last byte in either direction to the end.
    pub after: Option<Duration>,
}

/// A client that follows a list of steps.
#[derive(Debug)]
pub struct Script<'s> {
    steps: &'s [Step],
    /// The index of the current step.
    at: usize,
    /// When the current step started.
    begun: Duration,
    /// When the last byte was sent or received.
    last: Duration,
    /// The time from which the current step counts delays: that of the last byte before it.
    since: Duration,
    /// What the current step has received.
    hearing: Heard,
    heard: Vec<Heard>,
    /// How the server ended the connection, and how long after the last byte that was read.
    ended: Option<(End, Duration)>,
    /// How the server ended the connection, if it did so while the client was not reading.
    unread_end: Option<End>,
}

impl<'s> Script<'s> {
    /// A client that follows these steps.
    pub fn new(steps: &'s [Step]) -> Self {
        Script {
            steps,
            at: 0,
            begun: Duration::ZERO,
            last: Duration::ZERO,
            since: Duration::ZERO,
            hearing: Heard::default(),
            heard: Vec::new(),
            ended: None,
            unread_end: None,
        }
    }

    /// Runs the steps against a server with this profile and site.
    pub fn run(mut self, profile: &Profile, site: &MemorySite<'_>, setting: &Setting) -> Outcome {
        self.begun = setting.accepted;
        self.last = setting.accepted;
        self.since = setting.accepted;
        converse(profile, site, setting, &mut self);
        // The steps after the end of the connection.
        while self.at < self.steps.len() {
            self.act();
        }
        Outcome {
            heard: self.heard,
            end: self.ended.map_or(End::Open, |(end, _)| end),
            after: self.ended.map(|(_, after)| after),
        }
    }

    /// When the current step ends if nothing more arrives.
    fn over(&self) -> Duration {
        match &self.steps[self.at] {
            Step::Send(_) | Step::Shut => self.begun,
            Step::Sleep(time) => self.begun.saturating_add(*time),
            // After the end of the connection, there is nothing to wait for.
            _ if self.ended.is_some() => self.begun,
            Step::Read { quiet } => {
                let quiet = quiet.unwrap_or(QUIET);
                if self.hearing.pieces.is_empty() {
                    self.begun + quiet.max(FIRST)
                } else {
                    self.last + quiet
                }
            }
            Step::End { within } => self.begun.saturating_add(*within),
        }
    }

    /// Ends the current step and starts the next.
    fn proceed(&mut self, now: Duration) {
        if matches!(self.steps[self.at], Step::Read { .. } | Step::End { .. }) {
            let mut heard = std::mem::take(&mut self.hearing);
            if matches!(self.steps[self.at], Step::Read { .. }) {
                heard.at = None;
            }
            self.heard.push(heard);
        }
        self.at += 1;
        self.begun = now;
        self.since = self.last;
        // Bytes that arrived while the client was not reading are read now.
        if self.reads() {
            if !self.hearing.pieces.is_empty() {
                self.last = now;
                self.hearing.at = Some(now.saturating_sub(self.since));
            }
            if let Some(end) = self.unread_end.take() {
                self.ended = Some((end, now.saturating_sub(self.last)));
            }
        }
    }

    /// Whether the current step reads.
    fn reads(&self) -> bool {
        matches!(self.steps.get(self.at), Some(Step::Read { .. } | Step::End { .. }))
    }
}

impl Client for Script<'_> {
    fn wake(&self) -> Duration {
        if self.at < self.steps.len() {
            self.over()
        } else {
            self.begun
        }
    }

    fn act(&mut self) -> ClientAct<'_> {
        let Some(step) = self.steps.get(self.at) else {
            return ClientAct::Leave;
        };
        let now = self.over();
        match step {
            Step::Send(_) | Step::Shut => self.last = now,
            Step::Read { .. } | Step::Sleep(_) | Step::End { .. } => {}
        }
        self.proceed(now);
        match step {
            Step::Send(bytes) => ClientAct::Send(bytes),
            Step::Shut => ClientAct::Fin,
            Step::Read { .. } | Step::Sleep(_) | Step::End { .. } => ClientAct::Nothing,
        }
    }

    fn hear(&mut self, at: Duration, piece: Piece) {
        if self.reads() {
            self.last = at;
            if self.hearing.pieces.is_empty() {
                self.hearing.at = Some(at.saturating_sub(self.since));
            }
        }
        self.hearing.pieces.push(piece);
    }

    fn ended(&mut self, at: Duration, end: End) {
        if self.reads() {
            self.ended = Some((end, at.saturating_sub(self.last)));
        } else {
            self.unread_end = Some(end);
        }
    }
}
