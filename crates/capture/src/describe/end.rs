//! How a connection ended, and why.

use crate::model::{Arg, Connection, EndReason, Exchange, Fin, Reset, ResetClass, Side, Teardown, Usage};
use crate::sentence::{Msg, Sentence};

/// How many RSTs are described.
const RESETS: usize = 4;
/// How many frames are evidence for a regular teardown.
const TEARDOWN_FRAMES: usize = 4;

pub(super) fn end(connection: &Connection) -> Vec<Sentence> {
    let end = &connection.end;
    let complete = connection.completeness;
    let saw_all = complete.opening && complete.both_sides && complete.every_byte;
    let mut lines = Vec::new();
    if let Some(fin) = &end.first_fin {
        let seen = |msg| {
            Sentence::new(msg)
                .with("side", fin.by)
                .with("seq", fin.seq)
                .with_frames([fin.frame])
        };
        lines.push(match end.teardown {
            _ if end.by.is_none() => seen(Msg::FinSeen),
            // Which FIN was sent first is not known: they crossed on the way to the capture point or after it.
            Teardown::Simultaneous => seen(Msg::FirstFinCrossing),
            _ => first_fin(fin, saw_all),
        });
    }
    let why = match end.teardown {
        Teardown::StillOpen | Teardown::Opening | Teardown::NotCaptured => None,
        _ if is_told_otherwise(connection) => None,
        _ => Some(Sentence::new(reason(end.reason))),
    };
    // The reason follows the segment that started the teardown.
    let resets = end.resets.iter().take(RESETS).map(reset);
    match &end.first_fin {
        Some(fin) => {
            lines.extend(why);
            if let Some(second) = &end.second_fin {
                let crossing = end.teardown == Teardown::Simultaneous;
                lines.push(
                    Sentence::new(if crossing { Msg::CrossingFin } else { Msg::SecondFin })
                        .with("side", second.by)
                        .with("seq", second.seq)
                        .with("after", Arg::ns(second.ns.saturating_sub(fin.ns).max(0)))
                        .with_frames([second.frame]),
                );
            }
            lines.extend(after_first_fin(connection, fin));
            lines.extend(resets);
        }
        None => {
            lines.extend(resets);
            lines.extend(why);
        }
    }
    if end.teardown == Teardown::StillOpen {
        // More of an incomplete message may have been sent.
        let is_complete = connection.exchanges.last().is_none_or(is_complete);
        let msg = match saw_all && is_complete {
            true => Msg::StillOpen,
            false => Msg::StillOpenCaptured,
        };
        lines.push(match end.quiet_ns {
            Some(quiet) => Sentence::new(msg).with("after", Arg::ns(quiet)),
            None => Sentence::new(Msg::StillOpenNoData),
        });
    }
    if let Some(syn) = end.replaced_by.filter(|_| end.teardown == Teardown::NotCaptured) {
        lines.push(Sentence::new(Msg::EndNotCaptured).with_frames([syn]));
    }
    let sides = [Side::Client, Side::Server].into_iter();
    lines.extend(sides.filter_map(|side| states(connection, side)));
    lines
}

fn is_complete(exchange: &Exchange) -> bool {
    let mut messages = [&exchange.request, &exchange.response].into_iter().flatten();
    messages.all(|message| message.shortfall.is_none())
}

/// The states that a side passed through. Omitted if only its end was captured: other sentences already describe that.
fn states(connection: &Connection, side: Side) -> Option<Sentence> {
    let changes = || connection.states.iter().filter(|change| change.side == side);
    let least = if connection.end.first().is_some() { 2 } else { 1 };
    let names = changes().map(|change| format!("{} ({})", change.state.name(), change.frame));
    (changes().count() >= least).then(|| {
        Sentence::new(Msg::States)
            .with("side", side)
            .with_names("states", names.collect())
    })
}

/// Whether other sentences already say why the connection ended, although no reason in terms of HTTP is known: they
/// describe what the connection carries instead, or a RST from a side that had no connection any more.
fn is_told_otherwise(connection: &Connection) -> bool {
    let end = &connection.end;
    let is_unknown = end.reason == EndReason::Unknown;
    let is_forgotten = end.first_fin.is_none()
        && end
            .resets
            .first()
            .is_some_and(|reset| reset.class == ResetClass::NoConnection);
    is_unknown && (is_forgotten || (connection.usage == Usage::Other && connection.carried.is_some()))
}

/// `saw_all`: whether everything that both sides had sent before was captured.
fn first_fin(fin: &Fin, saw_all: bool) -> Sentence {
    let sentence = match fin.after_last_byte_ns {
        Some(after) if saw_all => Sentence::new(Msg::FirstFin).with("after", Arg::ns(after)),
        Some(after) => Sentence::new(Msg::FirstFinCaptured).with("after", Arg::ns(after)),
        None if saw_all => Sentence::new(Msg::FirstFinNoData).with("after", Arg::ns(fin.since_opening_ns)),
        None => Sentence::new(Msg::FirstFinAlone),
    };
    sentence
        .with("side", fin.by)
        .with("seq", fin.seq)
        .with_frames([fin.frame].into_iter().chain(fin.acked))
}

/// How the teardown went on after the first FIN.
fn after_first_fin(connection: &Connection, fin: &Fin) -> Option<Sentence> {
    let end = &connection.end;
    let sentence = match end.teardown {
        Teardown::FourFrames => Sentence::new(Msg::FourFrames),
        Teardown::ThreeFrames => Sentence::new(Msg::ThreeFrames),
        Teardown::Simultaneous => Sentence::new(Msg::Simultaneous),
        Teardown::BothFins => Sentence::new(Msg::BothFins),
        Teardown::HalfClosed => {
            // `None`: the other side's FIN was not captured.
            let half = end.half_closed_ns?;
            return Some(
                Sentence::new(Msg::HalfClosedOpen)
                    .with("half", Arg::ns(half))
                    .with_frames([fin.frame]),
            );
        }
        _ => return None,
    };
    Some(sentence.with_frames(end.frames.iter().copied().take(TEARDOWN_FRAMES)))
}

fn reset(reset: &Reset) -> Sentence {
    let msg = match reset.class {
        ResetClass::Refused => Msg::ResetRefused,
        ResetClass::AbortsData => Msg::ResetAborts,
        ResetClass::RefusesLateData => Msg::ResetLateData,
        ResetClass::NoConnection => Msg::ResetNoConnection,
        ResetClass::AfterReset => Msg::ResetAfterReset,
        ResetClass::AnswersFin => Msg::ResetAnswersFin,
        ResetClass::HarmlessAfterFin => Msg::ResetHarmless,
        ResetClass::Idle => Msg::ResetIdle,
        ResetClass::Unexplained => Msg::ResetUnexplained,
    };
    Sentence::new(msg)
        .with("side", reset.by)
        .with("after", Arg::ns(reset.after_last_byte_ns.unwrap_or(0)))
        .with_frames(reset.answers.into_iter().chain([reset.frame]))
}

/// How a connection ended, as a label.
pub(crate) fn teardown(connection: &Connection) -> Msg {
    match connection.end.teardown {
        Teardown::HalfClosed if connection.end.half_closed_ns.is_none() => Msg::HowFin,
        Teardown::FourFrames => Msg::FourFrames,
        Teardown::ThreeFrames => Msg::ThreeFrames,
        Teardown::Simultaneous => Msg::Simultaneous,
        Teardown::BothFins => Msg::BothFins,
        Teardown::HalfClosed => Msg::HowHalfClosed,
        Teardown::Reset => Msg::HowReset,
        Teardown::FinThenReset => Msg::HowFinThenReset,
        Teardown::NeverOpened => Msg::UseNotOpened,
        Teardown::Opening => Msg::UseOpening,
        Teardown::StillOpen => Msg::HowStillOpen,
        Teardown::NotCaptured => Msg::HowNotCaptured,
    }
}

/// Why a connection ended.
pub(crate) fn reason(reason: EndReason) -> Msg {
    match reason {
        EndReason::ResponseSaidClose => Msg::WhyResponseSaidClose,
        EndReason::RequestSaidClose => Msg::WhyRequestSaidClose,
        EndReason::Http10 => Msg::WhyHttp10,
        EndReason::BodyEndsWithClose => Msg::WhyBodyEndsWithClose,
        EndReason::IdleAsAnnounced => Msg::WhyIdleAsAnnounced,
        EndReason::IdleUnannounced => Msg::WhyIdleUnannounced,
        EndReason::AfterResponse => Msg::WhyAfterResponse,
        EndReason::ClientDone => Msg::WhyClientDone,
        EndReason::ClientSentAll => Msg::WhyClientSentAll,
        EndReason::Unused => Msg::WhyUnused,
        EndReason::InExchange => Msg::WhyInExchange,
        EndReason::ErrorResponse => Msg::WhyErrorResponse,
        EndReason::NoRequest => Msg::WhyNoRequest,
        EndReason::TunnelEnded => Msg::WhyTunnelEnded,
        EndReason::ResetWhileIdle => Msg::WhyResetWhileIdle,
        EndReason::NotOpened => Msg::WhyNotOpened,
        EndReason::Unknown => Msg::WhyUnknown,
    }
}
