//! Compares how long connections are kept, and how they are closed, with the timers and close styles of a profile.

use super::tally::Tally;
use crate::model::{Aspect, Connection, IdleEnd, IdlePeriod, Side, Teardown};
use crate::sentence::time;
use labserve_core::close_reason::CloseReason;
use labserve_core::profile::{CloseStyle, Profile};
use std::time::Duration;

/// Maximum number of connections of a server that are compared.
const CONNECTIONS: usize = 200;
/// A timer fires at most this late, in addition to a twentieth of its duration.
const LATE: Duration = Duration::from_millis(400);
/// A timer fires at most this early: the clocks of capture and server differ.
const EARLY: Duration = Duration::from_millis(100);

pub(super) fn compare(connections: &[&Connection], profile: &Profile, tally: &mut Tally) {
    for connection in connections.iter().take(CONNECTIONS) {
        compare_persistence(connection, profile, tally);
        if let Some(wait) = last_wait(connection) {
            compare_end(connection, &wait, profile, tally);
        }
    }
}

/// The last period in which the server waited for a request.
struct Wait<'c> {
    period: &'c IdlePeriod,
    /// The reason for which the server would end it.
    reason: CloseReason,
    /// Whether the server ended it.
    is_over: bool,
}

fn last_wait(connection: &Connection) -> Option<Wait<'_>> {
    let period = connection.idle_periods.last()?;
    let is_unused = period.after == 0;
    if is_unused && connection.handshake.ack.is_none() {
        return None;
    }
    // Before they close an unused connection, some servers send a response, which answers no request.
    let is_told = is_unused && period.ended_by == IdleEnd::Response;
    if matches!(period.ended_by, IdleEnd::Request | IdleEnd::Response) && !is_told {
        return None;
    }
    let closed = connection.end.by == Some(Side::Server) && period.ended_by != IdleEnd::CaptureEnds;
    Some(Wait {
        period,
        reason: if is_unused {
            CloseReason::Unused
        } else {
            CloseReason::Idle
        },
        is_over: is_told || closed,
    })
}

/// Compares whether the connection was kept after its first response, if that was the decision of the server.
fn compare_persistence(connection: &Connection, profile: &Profile, tally: &mut Tally) {
    let Some(first) = connection.exchanges.first() else {
        return;
    };
    let (Some(request), Some(response)) = (&first.request, &first.response) else {
        return;
    };
    let client_decides = request.head.lists("connection", "close") || request.head.version() != "HTTP/1.1";
    if client_decides || response.head.status() >= 400 {
        return;
    }
    let was_idle = connection.idle_periods.first().is_some_and(|idle| idle.after == 1);
    let closed_by_server = connection.end.by == Some(Side::Server);
    let kept = match (connection.answered() > 1 || was_idle, closed_by_server) {
        (true, _) => true,
        (false, true) => false,
        (false, false) => return,
    };
    tally.agree(
        Aspect::Persistence,
        kept == profile.connection.persistent,
        response.frames.last,
        || {
            let word = |kept: bool| if kept { "kept" } else { "ended" }.to_owned();
            (word(kept), word(profile.connection.persistent))
        },
    );
}

/// Compares when and how the server ended a wait, or that it did not.
fn compare_end(connection: &Connection, wait: &Wait<'_>, profile: &Profile, tally: &mut Tally) {
    let lasted = Duration::from_nanos(wait.period.ns);
    let timers = &profile.connection.timers;
    let is_unused = wait.reason == CloseReason::Unused;
    let timer = if is_unused { &timers.unused } else { &timers.idle };
    let style = profile.connection.close.style(wait.reason);
    let timeout = timer.after.filter(|_| style != CloseStyle::Hold);
    // A timer that is checked at intervals fires up to one interval late.
    let late = LATE + timer.tick.unwrap_or_default();
    let agrees = match (wait.is_over, timeout) {
        (true, Some(timeout)) => {
            let is_rst = connection.end.teardown == Teardown::Reset;
            let in_time = lasted + EARLY >= timeout && lasted <= timeout + late + timeout / 20;
            in_time && is_rst == (style == CloseStyle::Rst)
        }
        (true, None) => false,
        // A wait that the server did not end contradicts shorter timeouts only. On an unused connection, it does not
        // prove that there is no timeout.
        (false, Some(timeout)) if lasted < timeout => return,
        (false, None) if is_unused => return,
        (false, timeout) => timeout.is_none_or(|timeout| lasted <= timeout + late),
    };
    tally.agree(Aspect::End, agrees, wait.period.to_frame, || {
        let shown = |duration: Duration| time(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX));
        let captured = if wait.is_over {
            shown(lasted)
        } else {
            format!("> {}", shown(lasted))
        };
        (captured, timeout.map_or("-".to_owned(), shown))
    });
}
