//! Carries out what rules do to a connection before a request and between two requests. Used only if the site has
//! rules.

use super::closing::has_unread;
use super::driver::Driver;
use super::send_error::close_reason;
use super::wait::WaitOutcome;
use crate::events::Event;
use crate::sys;
use labserve_core::close_reason::CloseReason;
use labserve_core::conn::{Close, DueRule, PointStep, Stage, WakeReason, point_steps};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// How often to check whether the client's system has acknowledged what was sent.
const CONFIRM: Duration = Duration::from_millis(1);

/// How long to wait for the acknowledgement of sent bytes before the connection is reset anyway.
const CONFIRM_WITHIN: Duration = Duration::from_secs(5);

impl Driver {
    /// Whether the site has rules.
    pub(super) fn has_rules(&self) -> bool {
        self.server.has_rules.get()
    }

    /// The rule for this stage. Carrying it out needs a future, so that is a separate call: most connections have no
    /// rule.
    pub(super) fn due_rule(&mut self, stage: Stage) -> Option<DueRule> {
        // Most requests have no rule, so the search is skipped where there cannot be one.
        let may_be = match stage {
            Stage::Accepted => true,
            Stage::Waits => self.conn.has_idle_rule(),
            Stage::FirstByte => self.server.has_first_byte_rules.get(),
        };
        if !may_be {
            return None;
        }
        let (conn, id) = (&mut self.conn, self.meta.id);
        let due = self.server.with_rules(|rules| conn.due_rule(stage, id, rules))?;
        if due.is_new {
            self.emit(&Event::rule(&due.hit, due.request));
        }
        Some(due)
    }

    /// Carries out a rule outside of an exchange. Returns how the connection closes, if it does.
    pub(super) async fn carry_out(&self, due: DueRule) -> Option<Close> {
        for step in point_steps(&due.hit.rule.act) {
            let waited = match step {
                PointStep::Hold(name) => match self.server.shared.holds.hold(name) {
                    Some(hold) => {
                        let request = due.request;
                        self.emit(&Event::Held { name, request });
                        self.unless_gone(pin!(hold.released())).await
                    }
                    None => Ok(()),
                },
                PointStep::Wait(time) => self.unless_gone(pin!(sleep(time))).await,
                PointStep::WaitForNothing(time) => match arrives_within(&self.stream, time).await {
                    Ok(true) => return None,
                    Ok(false) => Ok(()),
                    Err(reason) => Err(reason.into()),
                },
                PointStep::Confirm => self.unless_gone(pin!(confirmed(&self.stream))).await,
                PointStep::End(close) => return Some(close),
            };
            if let Err(close) = waited {
                return Some(close);
            }
        }
        None
    }

    /// Waits for the first byte of a request, in case a rule acts on it. If one does, returns that rule and leaves the
    /// byte unread. `Ready(None)` means that whatever has arrived is to be read.
    pub(super) fn poll_first_byte(&mut self, cx: &mut Context<'_>) -> Poll<Option<WaitOutcome>> {
        // Usually nothing has arrived yet, and the rules need not be checked.
        if self.stream.poll_read_ready(cx).is_pending() {
            return Poll::Pending;
        }
        let (conn, id) = (&self.conn, self.meta.id);
        if !self.server.with_rules(|rules| conn.leaves_first_byte(id, rules)) {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(poll_arrival(&self.stream, cx)) {
            Ok(true) => self
                .due_rule(Stage::FirstByte)
                .map(|due| WaitOutcome::RuleDue(Box::new(due))),
            Ok(false) => None,
            Err(reason) => Some(WaitOutcome::Wake(WakeReason::Broken(reason))),
        })
    }
}

/// Waits for input, which stays unread. `true` means bytes, `false` a FIN. The error is why the connection is broken;
/// the system reports it only once, so a later read will not see it.
fn poll_arrival(stream: &TcpStream, cx: &mut Context<'_>) -> Poll<Result<bool, CloseReason>> {
    let mut byte = [0];
    let arrived = ready!(stream.poll_peek(cx, &mut ReadBuf::new(&mut byte)));
    Poll::Ready(arrived.map(|count| count > 0).map_err(|error| close_reason(&error)))
}

/// Whether bytes or a FIN arrive within this time. They stay unread. The error is why the connection is broken.
async fn arrives_within(stream: &TcpStream, time: Duration) -> Result<bool, CloseReason> {
    let arrival = poll_fn(|cx| poll_arrival(stream, cx));
    match tokio::time::timeout(time, arrival).await {
        Ok(arrived) => arrived.map(|_| true),
        Err(_) => Ok(has_unread(stream)),
    }
}

/// Waits until the client's system has acknowledged everything that was sent. A reset discards unacknowledged bytes.
pub(super) async fn confirmed(stream: &TcpStream) {
    let all_confirmed = async {
        while sys::unconfirmed(stream) > 0 {
            sleep(CONFIRM).await;
        }
    };
    // A client whose buffer is full acknowledges nothing until it reads.
    let _ = tokio::time::timeout(CONFIRM_WITHIN, all_confirmed).await;
}
