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
    /// The last frames of requests and responses.
    message_ends: BTreeSet<u64>,
    /// For each frame that was recorded twice, the number of its first record.
    originals: HashMap<u64, u64>,
}

impl Phases {
    pub(super) fn of(connection: &Connection) -> Self {
        Self {
            handshake: handshake_frames(connection).into_iter().collect(),
            teardown: connection.end.frames.iter().copied().collect(),
            begins: begins(connection),
            carried: connection.carried.as_ref().and_then(|carried| carried.frames),
            message_ends: message_ends(connection).collect(),
            originals: originals(&connection.frames),
        }
    }

    /// The message that begins in a frame: `GET /`, `200 OK`.
    pub(super) fn begins(&self, frame: u64) -> Option<&str> {
        self.begins.get(&frame).map(String::as_str)
    }

    fn is_carried(&self, frame: u64) -> bool {
        // A message and bytes of another protocol after it may be in one frame.
        let is_in_span = |span: FrameSpan| (span.first..=span.last).contains(&frame);
        self.carried.is_some_and(is_in_span) && !self.message_ends.contains(&frame)
    }

    pub(super) fn phase(&self, frame: &Frame) -> Phase {
        let number = self.originals.get(&frame.number).copied().unwrap_or(frame.number);
        if frame.flags.syn() || self.handshake.contains(&number) {
            return Phase::Handshake;
        }
        if frame.flags.fin() || frame.flags.rst() || self.teardown.contains(&number) {
            return Phase::End;
        }
        let probe = frame.analysis.has(AnalysisFlag::KeepAlive) || frame.analysis.has(AnalysisFlag::WindowProbe);
        match frame.from {
            _ if frame.len == 0 || probe => Phase::Ack,
            _ if self.is_carried(number) => Phase::Other,
            Side::Client => Phase::Request,
            Side::Server => Phase::Response,
        }
    }
}

/// The last frame of each request and response.
fn message_ends(connection: &Connection) -> impl Iterator<Item = u64> {
    let messages = connection
        .exchanges
        .iter()
        .flat_map(|exchange| [&exchange.request, &exchange.response]);
    messages.flatten().map(|message| message.frames.last)
}

/// For each frame that was recorded twice, the number of its first record: the latest frame before it of the same
/// sender and with the same numbers.
fn originals(frames: &[Frame]) -> HashMap<u64, u64> {
    let identity = |frame: &Frame| (frame.from, frame.seq, frame.ack, frame.len, frame.flags);
    let mut originals = HashMap::new();
    for (at, copy) in frames.iter().enumerate() {
        if copy.analysis.has(AnalysisFlag::RecordedTwice)
            && let Some(first) = frames[..at]
                .iter()
                .rev()
                .find(|frame| identity(frame) == identity(copy))
        {
            let first = originals.get(&first.number).copied().unwrap_or(first.number);
            originals.insert(copy.number, first);
        }
    }
    originals
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
