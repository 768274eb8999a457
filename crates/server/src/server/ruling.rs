//! Carries out what rules do to a connection before a request and between two. A server without rules does not come
//! here.

use super::Site;
use super::closing::has_unread;
use super::driver::Driver;
use crate::events::Event;
use crate::sys;
use labserve_core::conn::{Close, PointStep, point_steps};
use labserve_core::rule::{Hit, Point};
use std::future::poll_fn;
use std::task::{Poll, ready};
use std::time::Duration;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// How often it is looked whether the client's system has confirmed what was sent.
const CONFIRM: Duration = Duration::from_millis(1);

/// How long a client may leave bytes unconfirmed before it is reset all the same.
const CONFIRM_WITHIN: Duration = Duration::from_secs(5);

impl Driver {
    /// Carries out the rule for the accepted connection. Returns how the connection closes, if it does.
    pub(super) async fn rule_at_accept(&self) -> Option<Close> {
        let site = self.server.site();
        let hit = self.conn.rule_at_accept(self.meta.id, &self.context(&site))?;
        self.emit(&Event::rule(&hit, 0));
        self.carry_out(&hit).await
    }

    /// Carries out the rules for the idle connection and for the first byte of its next request. Returns how the
    /// connection closes, if it does. `waits`: nothing of the next request has been read.
    pub(super) async fn rule_before_request(&mut self, site: &Site, waits: bool) -> Option<Close> {
        if waits {
            if let Some(hit) = self.conn.take_rule_at_idle()
                && let Some(close) = self.carry_out(&hit).await
            {
                return Some(close);
            }
            if !site.profile.rules.act_at(Point::FirstByte) || !self.conn.is_between_requests() {
                return None;
            }
            if !self.first_byte(site).await {
                return None;
            }
        }
        let hit = self.conn.rule_at_first_byte(self.meta.id, &self.context(site))?;
        self.emit(&Event::rule(&hit, self.conn.standing().requests + 1));
        self.carry_out(&hit).await
    }

    /// Waits for the first byte of a request and leaves it unread. False: something else happened, which the next wait
    /// finds.
    async fn first_byte(&mut self, site: &Site) -> bool {
        poll_fn(|cx| {
            let mut byte = [0];
            let mut buffer = ReadBuf::new(&mut byte);
            if let Poll::Ready(arrived) = self.stream.poll_peek(cx, &mut buffer) {
                return Poll::Ready(arrived.is_ok_and(|count| count > 0));
            }
            let deadline = self.conn.deadline(&site.profile);
            if deadline.is_some_and(|deadline| self.poll_timer(deadline.at, cx).is_ready()) {
                return Poll::Ready(false);
            }
            if self.server.stopping.get() {
                return Poll::Ready(false);
            }
            Poll::Pending
        })
        .await
    }

    async fn carry_out(&self, hit: &Hit) -> Option<Close> {
        for step in point_steps(&hit.rule.act) {
            match step {
                PointStep::Hold(name) => self.server.shared.holds.pass(name).await,
                // A request that arrives on the idle connection cancels its end.
                PointStep::Wait(time) if hit.rule.act.at == Point::Idle => {
                    if arrives_within(&self.stream, time).await {
                        return None;
                    }
                }
                PointStep::Wait(time) => sleep(time).await,
                PointStep::Confirm => confirmed(&self.stream).await,
                PointStep::End(close) => return Some(close),
            }
        }
        None
    }
}

/// Whether bytes or a FIN arrive within this time. They stay unread.
async fn arrives_within(stream: &TcpStream, time: Duration) -> bool {
    let arrival = poll_fn(|cx| {
        let mut byte = [0];
        let _ = ready!(stream.poll_peek(cx, &mut ReadBuf::new(&mut byte)));
        Poll::Ready(())
    });
    tokio::time::timeout(time, arrival).await.is_ok() || has_unread(stream)
}

/// Waits until the client's system has confirmed everything that was sent. A reset discards what it has not.
pub(super) async fn confirmed(stream: &TcpStream) {
    let all_confirmed = async {
        while sys::unconfirmed(stream) > 0 {
            sleep(CONFIRM).await;
        }
    };
    // A client whose buffer is full confirms nothing until it reads.
    let _ = tokio::time::timeout(CONFIRM_WITHIN, all_confirmed).await;
}
