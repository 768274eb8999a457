//! An exchange to which a rule applies: the steps that the rule adds, before, between and after those of [`Exchange`].
//!
//! ```text
//!  head ──> exchange up to its response ──> before-reply ──> render ──> send in parts ──> after-reply ──> exchange
//! ```
//!
//! An exchange without a rule does not use this module. The response is sent in the writes of the profile. A rule
//! splits them further: where it acts inside a response, and where `throttle` waits.

mod reply;

pub use reply::RuledReply;

use super::action::{Action, Finish, Happened, Rendered, SendFailure};
use super::rule_steps::{PointStep, point_steps};
use super::{Close, Exchange};
use crate::http1::status;
use crate::rule::{Act, Hit, Point};
use std::collections::VecDeque;
use std::time::Duration;

/// A step that the caller carries out.
#[derive(Debug)]
pub enum RuleStep {
    /// This action of the exchange. Then pass the next one to [`Ruled::on`].
    Exchange(Action),
    /// Wait this long, then call [`Ruled::next`].
    Wait(Duration),
    /// Wait until [`Ruled::hold`] is released, then call [`Ruled::next`].
    Hold,
    /// Send [`Ruled::interim`], then call [`Ruled::interim_sent`].
    SendInterim,
    /// Decide persistence, render the response, and pass it to [`Ruled::rendered`]. Then call
    /// [`Ruled::next`].
    Render,
    /// Send the bytes of [`Ruled::reply`] between these offsets, then call [`Ruled::sent`].
    Send(u64, u64),
    /// Wait until the client's TCP has acknowledged all bytes, because a reset would discard the others. Then call
    /// [`Ruled::next`].
    Confirm,
    /// The response has ended here, whole or not: emit its event, then call [`Ruled::next`].
    Replied,
    /// The exchange is finished.
    Finish(Finish),
}

/// The time between two parts of a throttled response.
const TICK: Duration = Duration::from_millis(20);

/// The progress of a rule in an exchange.
#[derive(Debug)]
pub struct Ruled {
    hit: Hit,
    /// The steps to carry out before the exchange is asked for its next action.
    steps: VecDeque<Planned>,
    /// The response while it is sent.
    reply: RuledReply,
    /// The offsets at which sending is interrupted, in ascending order, and the steps to carry out there.
    stops: VecDeque<(u64, Vec<Planned>)>,
    /// The number of its bytes that were sent.
    sent: u64,
    /// Whether it is rendered and its event is still to be emitted.
    is_sending: bool,
}

/// A step that is still to be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Planned {
    /// The exchange begins.
    Begin,
    Wait(Duration),
    Hold,
    SendInterim,
    Render,
    Confirm,
    Replied,
    /// The exchange learns that the response was sent, or why not.
    Sent(Result<(), SendFailure>),
    /// The rule ends the connection.
    End(Close),
}

impl Ruled {
    /// The rule `hit` for an exchange that has not begun.
    pub fn new(hit: Hit) -> Self {
        let mut steps = VecDeque::from(at(&hit.rule.act, Point::Head));
        steps.push_back(Planned::Begin);
        Self {
            hit,
            steps,
            reply: RuledReply::default(),
            stops: VecDeque::new(),
            sent: 0,
            is_sending: false,
        }
    }

    /// The rule.
    pub fn hit(&self) -> &Hit {
        &self.hit
    }

    /// The name that releases [`RuleStep::Hold`].
    pub fn hold(&self) -> &str {
        self.hit.rule.act.hold.as_deref().unwrap_or_default()
    }

    /// The interim responses of the rule.
    pub fn interim(&self) -> Vec<u8> {
        let line = |status: &u16| format!("HTTP/1.1 {status} {}\r\n\r\n", status::reason(*status));
        self.hit
            .rule
            .reply
            .interim
            .iter()
            .map(line)
            .collect::<String>()
            .into_bytes()
    }

    /// The response, once it is rendered.
    pub fn reply(&self) -> &RuledReply {
        &self.reply
    }

    /// Whether all of the response was sent.
    pub fn is_complete(&self) -> bool {
        self.sent == self.reply.length()
    }

    /// The first step, or the next one after a step without a result.
    pub fn next(&mut self, exchange: &mut Exchange<'_>) -> RuleStep {
        loop {
            let Some(planned) = self.steps.pop_front() else {
                if let Some(step) = self.send_on() {
                    return step;
                }
                continue;
            };
            return match planned {
                Planned::Begin => {
                    let action = match self.hit.rule.reply.response {
                        Some(id) => exchange.begin_with(id),
                        None => exchange.on(Happened::Begun),
                    };
                    self.on(exchange, action)
                }
                Planned::Wait(time) => RuleStep::Wait(time),
                Planned::Hold => RuleStep::Hold,
                Planned::SendInterim => RuleStep::SendInterim,
                Planned::Render => RuleStep::Render,
                Planned::Confirm => RuleStep::Confirm,
                Planned::Replied => {
                    self.is_sending = false;
                    RuleStep::Replied
                }
                Planned::Sent(result) => {
                    let action = exchange.on(Happened::Sent(result));
                    self.on(exchange, action)
                }
                Planned::End(close) if self.is_sending && self.sent > 0 => {
                    self.steps = VecDeque::from([Planned::Replied, Planned::End(close)]);
                    continue;
                }
                Planned::End(close) => RuleStep::Finish(self.cut(exchange, close)),
            };
        }
    }

    /// Ends the exchange, because the connection is to be closed.
    pub fn cut(&self, exchange: &mut Exchange<'_>, close: Close) -> Finish {
        let finish = exchange.cut(close);
        let answered = finish.answered && self.sent > 0;
        Finish { answered, ..finish }
    }

    /// The next step when the exchange asks for `action`.
    pub fn on(&mut self, exchange: &mut Exchange<'_>, action: Action) -> RuleStep {
        match action {
            Action::SendReply => {
                let reply = &self.hit.rule.reply;
                let delay = reply.delay.or(exchange.profile.writes.delay);
                self.steps.extend(delay.map(Planned::Wait));
                self.steps.extend(at(&self.hit.rule.act, Point::BeforeReply));
                if !reply.interim.is_empty() {
                    self.steps.push_back(Planned::SendInterim);
                }
                self.steps.push_back(Planned::Render);
                self.next(exchange)
            }
            Action::Finish(finish) => RuleStep::Finish(finish),
            action => RuleStep::Exchange(action),
        }
    }

    /// The next step after the interim responses were sent, or after sending them failed.
    pub fn interim_sent(&mut self, exchange: &mut Exchange<'_>, result: Result<(), SendFailure>) -> RuleStep {
        if result.is_err() {
            self.steps = VecDeque::from([Planned::Sent(result)]);
        }
        self.next(exchange)
    }

    /// Takes the response that was rendered.
    pub fn rendered(&mut self, exchange: &Exchange<'_>, head: Vec<u8>, rendered: &Rendered<'_>) {
        let rule = &self.hit.rule;
        self.reply = RuledReply::new(head, rendered, &rule.reply, exchange.sends_body());
        self.sent = 0;
        self.is_sending = true;
        let (head, all) = (self.reply.head.len() as u64, self.reply.length());
        let delay = rule.reply.body_delay.or(exchange.profile.writes.body_delay);
        let mut after_head: Vec<Planned> = delay.filter(|_| all > head).map(Planned::Wait).into_iter().collect();
        after_head.extend(at(&rule.act, Point::AfterHead));
        let mut stops = Vec::new();
        if !after_head.is_empty() {
            stops.push((head, after_head));
        }
        if let Point::AfterBytes(bytes) = rule.act.at {
            stops.push((bytes.min(all), at(&rule.act, Point::AfterBytes(bytes))));
        }
        stops.sort_by_key(|(offset, _)| *offset);
        self.stops = stops.into();
    }

    /// The next step after a [`RuleStep::Send`], which may have failed. `sent` is the number of bytes of the whole
    /// response that were sent so far.
    pub fn sent(&mut self, exchange: &mut Exchange<'_>, result: Result<(), SendFailure>, sent: u64) -> RuleStep {
        let before = std::mem::replace(&mut self.sent, sent);
        if result.is_err() {
            self.steps = VecDeque::from([Planned::Replied, Planned::Sent(result)]);
        } else if let Some(rate) = self.hit.rule.reply.throttle.filter(|_| !self.is_complete()) {
            let took = Duration::from_secs_f64((sent - before) as f64 / rate.max(1) as f64);
            self.steps.push_back(Planned::Wait(took));
        }
        self.next(exchange)
    }

    /// The next part of the response to send; `None` if a planned step precedes it.
    fn send_on(&mut self) -> Option<RuleStep> {
        if let Some((offset, steps)) = self.stops.front_mut()
            && *offset <= self.sent
        {
            self.steps.extend(std::mem::take(steps));
            self.stops.pop_front();
            return None;
        }
        if self.is_complete() {
            self.steps.push_back(Planned::Replied);
            self.steps.extend(at(&self.hit.rule.act, Point::AfterReply));
            self.steps.push_back(Planned::Sent(Ok(())));
            return None;
        }
        let stop = self.stops.front().map_or(u64::MAX, |(offset, _)| *offset);
        let part = match self.hit.rule.reply.throttle {
            Some(rate) => self.sent + (rate.saturating_mul(TICK.as_millis() as u64) / 1000).max(1),
            None => u64::MAX,
        };
        Some(RuleStep::Send(self.sent, self.reply.length().min(stop).min(part)))
    }
}

/// What a rule does at a point.
fn at(act: &Act, point: Point) -> Vec<Planned> {
    if act.at != point {
        return Vec::new();
    }
    let planned = |step| match step {
        PointStep::Hold(_) => Planned::Hold,
        PointStep::Wait(time) | PointStep::WaitForNothing(time) => Planned::Wait(time),
        PointStep::Confirm => Planned::Confirm,
        PointStep::End(close) => Planned::End(close),
    };
    point_steps(act).map(planned).collect()
}
