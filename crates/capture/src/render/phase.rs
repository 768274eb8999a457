//! The phase of its connection that a frame belongs to. The colours of a ladder show it.

use super::begins::begins;
use crate::model::{AnalysisFlag, Connection, Frame, FrameSpan, Side};
use crate::sentence::Msg;
use std::collections::{BTreeSet, HashMap};

/// A phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The handshake, or an attempt at it.
    Handshake,
    /// Payload from the client.
    Request,
    /// Payload from the server.
    Response,
    /// FINs, their acknowledgements, RSTs.
    End,
    /// Only an acknowledgement or a probe.
    Ack,
    /// Payload of another protocol than HTTP/1.x.
    Other,
}

impl Phase {
    /// Every phase.
    pub(super) const ALL: [Self; 6] = [
        Self::Handshake,
        Self::Request,
        Self::Response,
        Self::End,
        Self::Ack,
        Self::Other,
    ];

    /// Its class in style sheets.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Request => "request",
            Self::Response => "response",
            Self::End => "end",
            Self::Ack => "ack",
            Self::Other => "other",
        }
    }

    /// Its name for readers.
    pub(super) fn name(self) -> Msg {
        match self {
            Self::Handshake => Msg::PhaseHandshake,
            Self::Request => Msg::PhaseRequest,
            Self::Response => Msg::PhaseResponse,
            Self::End => Msg::PhaseEnd,
            Self::Ack => Msg::PhaseAck,
            Self::Other => Msg::PhaseOther,
        }
    }
}

/// The frames of handshake and teardown of a connection, and those in which messages begin.
pub(super) struct Phases {
    handshake: BTreeSet<u64>,
    teardown: BTreeSet<u64>,
    begins: HashMap<u64, String>,
    /// First and last frame of another protocol.
    carried: Option<FrameSpan>,
}

impl Phases {
    pub(super) fn of(connection: &Connection) -> Self {
        Self {
            handshake: handshake_frames(connection).into_iter().collect(),
            teardown: connection.end.frames.iter().copied().collect(),
            begins: begins(connection),
            carried: connection.carried.as_ref().and_then(|carried| carried.frames),
        }
    }

    /// The message that begins in a frame: `GET /`, `200 OK`.
    pub(super) fn begins(&self, frame: u64) -> Option<&str> {
        self.begins.get(&frame).map(String::as_str)
    }

    fn is_carried(&self, frame: u64) -> bool {
        self.carried
            .is_some_and(|span| (span.first..=span.last).contains(&frame))
    }

    pub(super) fn phase(&self, frame: &Frame) -> Phase {
        if frame.flags.syn() || self.handshake.contains(&frame.number) {
            return Phase::Handshake;
        }
        if frame.flags.fin() || frame.flags.rst() || self.teardown.contains(&frame.number) {
            return Phase::End;
        }
        let probe = frame.analysis.has(AnalysisFlag::KeepAlive) || frame.analysis.has(AnalysisFlag::WindowProbe);
        match frame.from {
            _ if frame.len == 0 || probe => Phase::Ack,
            _ if self.is_carried(frame.number) => Phase::Other,
            Side::Client => Phase::Request,
            Side::Server => Phase::Response,
        }
    }
}

/// The frames of a connection's handshake, in order.
pub(super) fn handshake_frames(connection: &Connection) -> Vec<u64> {
    let handshake = &connection.handshake;
    let single = [handshake.syn, handshake.syn_ack, handshake.ack, handshake.refusal];
    let mut frames: Vec<u64> = handshake
        .syn_retries
        .iter()
        .copied()
        .chain(single.into_iter().flatten())
        .collect();
    frames.sort_unstable();
    frames.dedup();
    frames
}
