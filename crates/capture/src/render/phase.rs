//! Which part of a connection's life a frame belongs to: what the colours of a ladder mean. Knows nothing of colours.

use crate::model::{AnalysisFlag, Connection, Frame, Side};
use crate::say::Msg;
use std::collections::BTreeSet;

/// A part of a connection's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It opens, or tries to.
    Handshake,
    /// Payload from the client.
    Request,
    /// Payload from the server.
    Response,
    /// FIN, what acknowledges it, RST.
    End,
    /// Nothing but an acknowledgement or a probe.
    Ack,
}

impl Phase {
    /// Every phase.
    pub(super) const ALL: [Phase; 5] = [
        Phase::Handshake,
        Phase::Request,
        Phase::Response,
        Phase::End,
        Phase::Ack,
    ];

    /// Its name for style sheets.
    pub(super) fn class(self) -> &'static str {
        match self {
            Phase::Handshake => "handshake",
            Phase::Request => "request",
            Phase::Response => "response",
            Phase::End => "end",
            Phase::Ack => "ack",
        }
    }

    /// Its name for people.
    pub(super) fn name(self) -> Msg {
        match self {
            Phase::Handshake => Msg::PhaseHandshake,
            Phase::Request => Msg::PhaseRequest,
            Phase::Response => Msg::PhaseResponse,
            Phase::End => Msg::PhaseEnd,
            Phase::Ack => Msg::PhaseAck,
        }
    }
}

/// The frames of a connection that begin and end it.
pub(super) struct Phases {
    opening: BTreeSet<u64>,
    ending: BTreeSet<u64>,
}

impl Phases {
    pub(super) fn of(connection: &Connection) -> Phases {
        Phases {
            opening: opening_frames(connection).into_iter().collect(),
            ending: connection.end.frames.iter().copied().collect(),
        }
    }

    pub(super) fn phase(&self, frame: &Frame) -> Phase {
        if frame.flags.syn() || self.opening.contains(&frame.number) {
            return Phase::Handshake;
        }
        if frame.flags.fin() || frame.flags.rst() || self.ending.contains(&frame.number) {
            return Phase::End;
        }
        let probe = frame.marks.has(AnalysisFlag::KeepAlive) || frame.marks.has(AnalysisFlag::WindowProbe);
        match frame.from {
            _ if frame.len == 0 || probe => Phase::Ack,
            Side::Client => Phase::Request,
            Side::Server => Phase::Response,
        }
    }
}

/// The frames of a connection's opening, in order.
pub(super) fn opening_frames(connection: &Connection) -> Vec<u64> {
    let handshake = &connection.handshake;
    let told = [handshake.syn, handshake.syn_ack, handshake.ack, handshake.refusal];
    let mut frames: Vec<u64> = handshake
        .syn_retries
        .iter()
        .copied()
        .chain(told.into_iter().flatten())
        .collect();
    frames.sort_unstable();
    frames.dedup();
    frames
}
