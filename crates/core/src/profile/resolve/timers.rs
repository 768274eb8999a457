//! Resolves the table `[timers]`.

use super::names::Names;
use super::{Mistake, did_you_mean, mistake};
use crate::profile::raw::Raw;
use crate::profile::units::{RawTimer, Span, TimerText};
use crate::profile::{Timer, Timers};
use std::time::Duration;

/// When silent connections are closed, and which response is sent first.
pub(super) fn timers(raw: &Raw, names: &Names) -> Result<Timers, Mistake> {
    let timers = &raw.timers;
    const TICKED: [&str; 10] = [
        "unused",
        "line",
        "head",
        "line_again",
        "head_again",
        "empty_lines",
        "leftover",
        "idle",
        "body",
        "body_after_reply",
    ];
    if let Some(bad) = timers.ticked.iter().find(|name| !TICKED.contains(&name.as_str())) {
        return Err(mistake(
            &["timers", "ticked"],
            format!(
                "got `{bad}`; expected names among {}{}",
                TICKED.join(", "),
                did_you_mean(bad, TICKED.into_iter())
            ),
        ));
    }
    let timer = |key: &str, text: &TimerText| -> Result<Timer, Mistake> {
        let TimerText(RawTimer {
            after,
            since,
            response,
            bytes_per_second,
            at_most,
            tick,
        }) = text;
        if after.0 == Some(Duration::ZERO) {
            return Err(mistake(&["timers", key], "expected a time above zero, or \"off\""));
        }
        Ok(Timer {
            after: after.0,
            since: *since,
            response: response
                .as_ref()
                .map(|word| names.answer(&["timers", key, "response"], word))
                .transpose()?,
            bytes_per_second: bytes_per_second.filter(|n| *n > 0),
            at_most: at_most.and_then(|Span(span)| span),
            tick: match tick {
                Some(Span(tick)) => *tick,
                None => timers.tick.0.filter(|_| timers.ticked.iter().any(|name| name == key)),
            }
            .filter(|tick| !tick.is_zero()),
        })
    };
    Ok(Timers {
        unused: timer("unused", &timers.unused)?,
        line: timer("line", &timers.line)?,
        head: timer("head", &timers.head)?,
        line_again: match &timers.line_again {
            Some(text) => timer("line_again", text)?,
            None => timer("line", &timers.line)?,
        },
        head_again: match &timers.head_again {
            Some(text) => timer("head_again", text)?,
            None => timer("head", &timers.head)?,
        },
        body_after_reply: timers
            .body_after_reply
            .as_ref()
            .map(|text| timer("body_after_reply", text))
            .transpose()?,
        blank: timers
            .empty_lines
            .as_ref()
            .map(|text| timer("empty_lines", text))
            .transpose()?,
        leftover: timers
            .leftover
            .as_ref()
            .map(|text| timer("leftover", text))
            .transpose()?,
        idle: timer("idle", &timers.idle)?,
        body: timer("body", &timers.body)?,
        tie: timers.unread_at_expiry,
    })
}
