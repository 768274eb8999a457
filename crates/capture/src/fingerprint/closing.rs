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
        if let Some(idle) = connection
            .idle_periods
            .last()
            .filter(|idle| idle.after > 0 && idle.ended_by != IdleEnd::Request)
        {
            compare_idle_close(connection, idle, profile, tally);
        }
    }
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

/// Compares when and how the server closed an idle connection, or that it did not.
fn compare_idle_close(connection: &Connection, idle: &IdlePeriod, profile: &Profile, tally: &mut Tally) {
    let lasted = Duration::from_nanos(idle.ns);
    let style = profile.connection.close.style(CloseReason::Idle);
    let timeout = profile
        .connection
        .timers
        .idle
        .after
        .filter(|_| style != CloseStyle::Hold);
    let by_server = connection.end.by == Some(Side::Server) && idle.ended_by != IdleEnd::CaptureEnds;
    let agrees = match (by_server, timeout) {
        (true, Some(timeout)) => {
            let is_rst = connection.end.teardown == Teardown::Reset;
            let in_time = lasted + EARLY >= timeout && lasted <= timeout + LATE + timeout / 20;
            in_time && is_rst == (style == CloseStyle::Rst)
        }
        (true, None) => false,
        // A connection that is still open contradicts shorter timeouts only.
        (false, Some(timeout)) if lasted < timeout => return,
        (false, timeout) => timeout.is_none_or(|timeout| lasted <= timeout + LATE),
    };
    tally.agree(Aspect::End, agrees, idle.to_frame, || {
        let shown = |duration: Duration| time(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX));
        let captured = if by_server {
            shown(lasted)
        } else {
            format!("> {}", shown(lasted))
        };
        (captured, timeout.map_or("-".to_owned(), shown))
    });
}
