//! What a rule does at its point, in order.

use super::Close;
use crate::close_reason::CloseReason;
use crate::profile::CloseStyle;
use crate::rule::{Act, End, Point};
use std::time::Duration;

/// A step that the caller carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointStep<'a> {
    /// Wait until this name is released.
    Hold(&'a str),
    /// Wait this long.
    Wait(Duration),
    /// Wait this long. If bytes arrive earlier, leave them unread and skip the remaining steps: the connection is no
    /// longer idle.
    WaitForNothing(Duration),
    /// Wait until the client's TCP has acknowledged all bytes, because a reset would discard the others.
    Confirm,
    /// Close the connection.
    End(Close),
}

/// The steps of what a rule does at its point, in order.
pub fn point_steps(act: &Act) -> impl Iterator<Item = PointStep<'_>> {
    let confirms = act.end == Some(End::Reset);
    let hold = act.hold.as_deref().map(PointStep::Hold);
    let wait = act.stall.map(match act.at {
        Point::Idle => PointStep::WaitForNothing,
        _ => PointStep::Wait,
    });
    let confirm = confirms.then_some(PointStep::Confirm);
    let end = act.end.map(|end| PointStep::End(close(end)));
    [hold, wait, confirm, end].into_iter().flatten()
}

/// How a rule ends a connection.
fn close(end: End) -> Close {
    let style = match end {
        End::Fin => CloseStyle::Fin,
        End::Reset => CloseStyle::Rst,
        End::Linger => CloseStyle::Linger,
        End::Never => CloseStyle::Hold,
        End::HalfClose => CloseStyle::HalfClose,
    };
    Close {
        reason: CloseReason::Rule,
        style: Some(style),
    }
}
