//! How long connections are kept, and how they end, against a profile's timers and styles.

use super::tally::Tally;
use crate::model::{Aspect, Connection, IdleEnd, IdlePeriod, Side, Teardown};
use crate::say::time;
use labserve_core::close_reason::CloseReason;
use labserve_core::profile::{CloseStyle, Profile};
use std::time::Duration;

/// How many connections are compared, at most.
const CONNECTIONS: usize = 200;
/// A timer is at most so late.
const LATE: Duration = Duration::from_millis(400);
/// And at most so early: the capture's clock and the server's are not the same.
const EARLY: Duration = Duration::from_millis(100);

pub(super) fn compare(connections: &[&Connection], profile: &Profile, tally: &mut Tally) {
    for connection in connections.iter().take(CONNECTIONS) {
        persistence(connection, profile, tally);
        if let Some(rest) = connection
            .rests
            .last()
            .filter(|rest| rest.after > 0 && rest.ended_by != IdleEnd::Request)
        {
            end(connection, rest, profile, tally);
        }
    }
}

/// Whether the connection was kept behind its first response, as far as that was the server's choice.
fn persistence(connection: &Connection, profile: &Profile, tally: &mut Tally) {
    let Some(first) = connection.exchanges.first() else {
        return;
    };
    let (Some(request), Some(response)) = (&first.request, &first.response) else {
        return;
    };
    let asked = request.head.lists("connection", "close") || request.head.version() != "HTTP/1.1";
    if asked || response.head.status() >= 400 {
        return;
    }
    let rested = connection.rests.first().is_some_and(|rest| rest.after == 1);
    let ended_by_server = connection.end.by == Some(Side::Server);
    let kept = match (connection.answered() > 1 || rested, ended_by_server) {
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

/// When and how the connection was ended, or was not.
fn end(connection: &Connection, rest: &IdlePeriod, profile: &Profile, tally: &mut Tally) {
    let rested = Duration::from_nanos(rest.ns);
    let style = profile.connection.close.style(CloseReason::Idle);
    let idle = profile
        .connection
        .timers
        .idle
        .after
        .filter(|_| style != CloseStyle::Hold);
    let by_server = connection.end.by == Some(Side::Server) && rest.ended_by != IdleEnd::CaptureEnds;
    let agrees = match (by_server, idle) {
        (true, Some(idle)) => {
            let is_rst = connection.end.goodbye == Teardown::Reset;
            let in_time = rested + EARLY >= idle && rested <= idle + LATE + idle / 20;
            in_time && is_rst == (style == CloseStyle::Rst)
        }
        (true, None) => false,
        // What is not over yet says something only of shorter timers.
        (false, Some(idle)) if rested < idle => return,
        (false, idle) => idle.is_none() || idle.is_some_and(|idle| rested <= idle + LATE),
    };
    tally.agree(Aspect::End, agrees, rest.to_frame, || {
        let shown = |after: Duration| time(i64::try_from(after.as_nanos()).unwrap_or(i64::MAX));
        let seen = if by_server {
            shown(rested)
        } else {
            format!("> {}", shown(rested))
        };
        (seen, idle.map_or("-".to_owned(), shown))
    });
}
