//! The states of a connection as a state machine without I/O. Time is a parameter; bytes are only counted.
//!
//! The table shows the state after each event. A dash means that the state does not change. A test compares the table
//! with [`transition`].
//!
//! | state    | partial line | partial head | blank | head complete | kept | end     |
//! |----------|--------------|--------------|-------|---------------|------|---------|
//! | Unused   | Line         | Head         | -     | Exchange      | -    | Closing |
//! | Line     | -            | Head         | -     | Exchange      | -    | Closing |
//! | Head     | -            | -            | -     | Exchange      | -    | Closing |
//! | Exchange | -            | -            | -     | -             | Idle | Closing |
//! | Idle     | Line         | Head         | Blank | Exchange      | -    | Closing |
//! | Blank    | Line         | Head         | -     | Exchange      | -    | Closing |
//! | Closing  | -            | -            | -     | -             | -    | -       |
//!
//! Only this module changes the state. Every state except `Exchange` and `Closing` has at most one deadline. Times are counted
//! from the start of the server, because some servers check their timers on a tick that began then.

use crate::close_reason::CloseReason;
use crate::http1::ResponseId;
use crate::profile::{Since, Timer, Timers};
use std::time::Duration;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Accepted; no byte yet.
    Unused,
    /// A request line has begun.
    Line,
    /// The request line is complete, the head is not.
    Head,
    /// A request is being served.
    Exchange,
    /// A response was sent; nothing has arrived since.
    Idle,
    /// A response was sent; since then only empty lines have arrived, where these do not begin a request.
    Blank,
    /// It is being closed.
    Closing,
}

/// An event in the life of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Bytes have arrived that are not a complete head.
    Partial {
        /// Whether the request line is complete.
        line_complete: bool,
    },
    /// Only empty lines have arrived, and they do not begin a request.
    Blank,
    /// A head is complete, or refused.
    HeadComplete,
    /// The response was sent, and the connection persists.
    Kept,
    /// The connection closes.
    End,
}

/// The state after `event` in `state`. An event that cannot happen in a state leaves it unchanged.
pub fn transition(state: State, event: Transition) -> State {
    match (state, event) {
        (State::Closing, _) | (_, Transition::End) => State::Closing,
        (State::Unused | State::Line | State::Idle | State::Blank, Transition::Partial { line_complete: false }) => {
            State::Line
        }
        (
            State::Unused | State::Line | State::Head | State::Idle | State::Blank,
            Transition::Partial { line_complete: true },
        ) => State::Head,
        (State::Unused | State::Line | State::Head | State::Idle | State::Blank, Transition::HeadComplete) => {
            State::Exchange
        }
        (State::Idle, Transition::Blank) => State::Blank,
        (State::Exchange, Transition::Kept) => State::Idle,
        (state, _) => state,
    }
}

/// The state of a connection, and the times from which its timers are counted.
#[derive(Clone, Debug)]
pub struct Life {
    state: State,
    accepted: Duration,
    /// When the first byte of this request arrived, or the last response was sent.
    since: Duration,
    /// When the last byte arrived.
    last_byte: Duration,
    /// The number of bytes of the current head that have arrived.
    received: u64,
    requests: u64,
}

/// A deadline, and what happens when it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The time, since the start of the server.
    pub at: Duration,
    /// Why the connection then closes.
    pub reason: CloseReason,
    /// The response that is sent first, if any.
    pub response: Option<ResponseId>,
}

impl Life {
    /// A connection that was accepted at `now`.
    pub fn new(now: Duration) -> Self {
        Self {
            state: State::Unused,
            accepted: now,
            since: now,
            last_byte: now,
            received: 0,
            requests: 0,
        }
    }

    /// The state.
    pub fn state(&self) -> State {
        self.state
    }

    /// The number of requests that have begun.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Counts `more` further requests as begun.
    pub fn count(&mut self, more: u64) {
        self.requests += more;
    }

    /// When the connection was accepted.
    pub fn accepted(&self) -> Duration {
        self.accepted
    }

    /// When the last byte arrived, or when the last response was sent if no byte has arrived since.
    pub fn last_byte(&self) -> Duration {
        self.last_byte
    }

    /// Records an event at `now`, together with `bytes` bytes from the client.
    pub fn on(&mut self, event: Transition, now: Duration, bytes: usize) {
        let before = self.state;
        self.state = transition(before, event);
        if bytes > 0 {
            if matches!(before, State::Unused | State::Idle | State::Blank) {
                self.since = now;
                self.received = 0;
            }
            self.last_byte = now;
            self.received += bytes as u64;
        }
        match event {
            Transition::HeadComplete => self.requests += 1,
            Transition::Kept => {
                self.since = now;
                self.last_byte = now;
                self.received = 0;
            }
            Transition::Partial { .. } | Transition::Blank | Transition::End => {}
        }
    }

    /// When the connection closes if nothing happens before.
    pub fn deadline(&self, timers: &Timers) -> Option<Deadline> {
        let again = self.requests > 0;
        let leftover = timers.leftover.as_ref().filter(|_| again && self.received == 0);
        let (timer, reason) = match (self.state, again) {
            (State::Line | State::Head | State::Blank, _) if leftover.is_some() => (leftover?, CloseReason::Idle),
            (State::Unused, _) => (&timers.unused, CloseReason::Unused),
            (State::Line, false) => (&timers.line, CloseReason::LineTimeout),
            (State::Line, true) => (&timers.line_again, CloseReason::LineTimeout),
            (State::Head, false) => (&timers.head, CloseReason::HeadTimeout),
            (State::Head, true) => (&timers.head_again, CloseReason::HeadTimeout),
            (State::Idle, _) => (&timers.idle, CloseReason::Idle),
            (State::Blank, _) => (timers.blank.as_ref()?, CloseReason::LineTimeout),
            (State::Exchange | State::Closing, _) => return None,
        };
        let begun = match timer.since {
            Since::Accept if !again => self.accepted,
            _ => self.since,
        };
        due(timer, begun, self.last_byte, self.received).map(|at| Deadline {
            at,
            reason,
            response: timer.response,
        })
    }
}

/// When `timer` expires. It was started at `begun`; `received` bytes have arrived since, the last of them at
/// `last_byte`.
pub fn due(timer: &Timer, begun: Duration, last_byte: Duration, received: u64) -> Option<Duration> {
    let mut after = timer.after?;
    if let Some(rate) = timer.bytes_per_second {
        let earned = Duration::from_secs(received / rate);
        after = (after + earned).min(timer.at_most.unwrap_or(Duration::MAX)).max(after);
    }
    let at = match timer.since {
        Since::LastByte => {
            let latest = timer
                .at_most
                .and_then(|most| begun.checked_add(most))
                .unwrap_or(Duration::MAX);
            last_byte.checked_add(after)?.min(latest)
        }
        Since::Accept | Since::FirstByte => begun.checked_add(after)?,
    };
    let Some(tick) = timer.tick else {
        return Some(at);
    };
    let steps = at.as_nanos().div_ceil(tick.as_nanos());
    tick.checked_mul(u32::try_from(steps).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::layers;

    const S: fn(f64) -> Duration = Duration::from_secs_f64;

    /// The rows of the table in the module's documentation.
    fn documented() -> Vec<Vec<&'static str>> {
        include_str!("life.rs")
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .filter_map(|line| line.trim().strip_prefix('|')?.strip_suffix('|'))
            .map(|row| row.split('|').map(str::trim).collect())
            .collect()
    }

    #[test]
    fn the_documented_table_is_what_happens() {
        let events = [
            Transition::Partial { line_complete: false },
            Transition::Partial { line_complete: true },
            Transition::Blank,
            Transition::HeadComplete,
            Transition::Kept,
            Transition::End,
        ];
        let states = [
            State::Unused,
            State::Line,
            State::Head,
            State::Exchange,
            State::Idle,
            State::Blank,
            State::Closing,
        ];
        let rows = documented();
        assert_eq!(rows.len(), states.len() + 2, "a head, a rule, and a row for each state");
        for (state, row) in states.into_iter().zip(&rows[2..]) {
            let mut want = vec![format!("{state:?}")];
            want.extend(events.map(|event| match transition(state, event) {
                next if next == state => "-".to_owned(),
                next => format!("{next:?}"),
            }));
            assert_eq!(*row, want);
        }
    }

    /// Timers that are checked every 30 s.
    const TICKED: [&str; 5] = [
        "tick=30s",
        "ticked=['unused', 'line', 'head']",
        "unused=60s",
        "line.after=60s",
        "line.since=first-byte",
    ];

    /// The deadline after these steps, under the profile `rfc` with these timers.
    fn deadline_after(timers: &[&str], steps: &[(f64, Option<Transition>, usize)]) -> Option<(f64, CloseReason)> {
        let stack = layers::Stack::load("rfc", &layers::BuiltIns).expect("a built-in profile");
        let stack = timers.iter().fold(stack, |stack, key| {
            stack.over(layers::Layer::from_assignment(&format!("timers.{key}")).expect("a key"))
        });
        let profile = stack.build().expect("a profile");
        let mut connection = Life::new(S(steps[0].0));
        for (at, event, bytes) in steps {
            if let Some(event) = event {
                connection.on(*event, S(*at), *bytes);
            }
        }
        connection
            .deadline(&profile.connection.timers)
            .map(|d| (d.at.as_secs_f64(), d.reason))
    }

    #[test]
    fn an_idle_timer_counts_from_the_last_reply() {
        let request = [
            (1.0, None, 0),
            (2.0, Some(Transition::HeadComplete), 100),
            (3.0, Some(Transition::Kept), 0),
        ];
        assert_eq!(deadline_after(&["idle=5s"], &request), Some((8.0, CloseReason::Idle)));
        assert_eq!(deadline_after(&["idle=75s"], &request), Some((78.0, CloseReason::Idle)));
        assert_eq!(deadline_after(&["idle=off"], &request), None);
    }

    #[test]
    fn drips_do_not_put_a_head_timer_off_that_counts_from_the_beginning() {
        let drip = [
            (1.0, None, 0),
            (2.0, Some(Transition::Partial { line_complete: false }), 1),
            (30.0, Some(Transition::Partial { line_complete: true }), 1),
        ];
        assert_eq!(
            deadline_after(
                &[
                    "line.after=60s",
                    "line.since=accept",
                    "head.after=60s",
                    "head.since=accept"
                ],
                &drip
            ),
            Some((61.0, CloseReason::HeadTimeout))
        );
    }

    #[test]
    fn a_grid_puts_a_deadline_off_to_its_next_line() {
        for (accepted, want) in [(0.0, 60.0), (0.5, 90.0), (29.0, 90.0), (31.0, 120.0)] {
            assert_eq!(
                deadline_after(&TICKED, &[(accepted, None, 0)]),
                Some((want, CloseReason::Unused)),
                "{accepted}"
            );
        }
    }

    #[test]
    fn a_later_head_is_looked_at_on_the_same_grid_as_the_first() {
        let line = Transition::Partial { line_complete: false };
        let later = [
            (1.0, None, 0),
            (2.0, Some(Transition::HeadComplete), 100),
            (3.0, Some(Transition::Kept), 0),
            (4.0, Some(line), 1),
        ];
        assert_eq!(deadline_after(&TICKED, &later), Some((90.0, CloseReason::LineTimeout)));
    }

    #[test]
    fn bytes_earn_time_up_to_a_limit() {
        let timer = Timer {
            after: Some(S(20.0)),
            since: Since::Accept,
            response: None,
            bytes_per_second: Some(500),
            at_most: Some(S(40.0)),
            tick: None,
        };
        for (received, want) in [(0, 20.0), (499, 20.0), (500, 21.0), (5000, 30.0), (1 << 40, 40.0)] {
            assert_eq!(due(&timer, S(0.0), S(7.0), received), Some(S(want)), "{received}");
        }
    }
}
