//! One connection while its segments are read: each segment updates the handshake, the reassembly, the analysis flags,
//! the HTTP messages and the teardown.

use super::direction::{Direction, ORIGIN};
use super::frames::{FrameList, SeenFrame, side};
use super::handshake::HandshakeTracker;
use super::held::Held;
use super::idents::Idents;
use super::repeats::{Occasion, Retransmissions};
use super::sequence_analysis::SequenceAnalysis;
use super::teardown::{ResetContext, SeenReset, TeardownTracker, classify};
use crate::decode::Segment;
use crate::http::Conversation;
use crate::limits::Budget;
use crate::model::{
    AnalysisFlag, AnalysisFlags, ConnectionEnd, Frame, Handshake, ResetClass, Retransmission, RoleEvidence, Side,
    TcpIssue, Traffic,
};

/// A FIN without a response is sent again within this time: the timer starts at 1 s (RFC 6298 section 2).
const ANSWERED_NS: i64 = 2_000_000_000;

/// Number and time of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameTime {
    pub(crate) frame: u64,
    pub(crate) ns: i64,
}

/// A connection while it is read. `from` is the endpoint that sent a segment, as in [`super::Stream`].
#[derive(Debug)]
pub(crate) struct ConnectionTracker {
    first: FrameTime,
    last: FrameTime,
    pub(super) handshake: HandshakeTracker,
    pub(super) teardown: TeardownTracker,
    pub(super) directions: [Direction; 2],
    analysis: SequenceAnalysis,
    retransmissions: Retransmissions,
    /// What waits for bytes of the other direction.
    pub(super) held: [Held; 2],
    idents: [Idents; 2],
    pub(crate) conversation: Conversation,
    frames: FrameList,
    /// The last new byte of either endpoint.
    pub(super) last_byte: Option<FrameTime>,
    /// Frame of the last new payload of each endpoint.
    pub(super) last_payload: [Option<u64>; 2],
    /// Number of bytes that were not captured.
    pub(super) missing: u64,
    /// Number of payloads that the snap length truncated.
    pub(super) cut: u64,
}

impl ConnectionTracker {
    pub(super) fn new(segment: &Segment<'_>) -> Self {
        let now = frame_time(segment);
        Self {
            first: now,
            last: now,
            handshake: HandshakeTracker::default(),
            teardown: TeardownTracker::opened_at(segment.ns),
            directions: [Direction::default(), Direction::default()],
            analysis: SequenceAnalysis::default(),
            retransmissions: Retransmissions::default(),
            held: [Held::default(), Held::default()],
            idents: [Idents::default(), Idents::default()],
            conversation: Conversation::default(),
            frames: FrameList::default(),
            last_byte: None,
            last_payload: [None, None],
            missing: 0,
            cut: 0,
        }
    }

    /// Adds a segment with its relative numbers.
    pub(super) fn add(&mut self, segment: &Segment<'_>, from: usize, seq: u32, ack: u32, budget: &mut Budget) {
        let now = frame_time(segment);
        self.last = now;
        self.handshake.add(segment, from);
        if let Some(client) = self.handshake.client() {
            self.conversation.set_client(client);
        }
        let begin = self.directions[from].begin(segment, seq);
        let occasion = match self.directions[1 - from].started {
            true => self.analysis.occasion(segment, from),
            false => Occasion::Unseen,
        };
        let mut analysis = self.analysis.analyze(segment, from);
        let next_ns = self.directions[from].next_ns;
        self.retransmissions.add(from, segment, analysis, next_ns, occasion);
        if segment.reassembled {
            analysis.add(AnalysisFlag::Reassembled);
        }
        if segment.payload.len() < segment.len.unwrap_or(0) as usize {
            analysis.add(AnalysisFlag::Cut);
        }
        let len = u64::from(segment.len.unwrap_or(0));
        // The payload of a RST is a diagnostic text, not data (RFC 9293 section 3.5.3).
        if len > 0 && !segment.flags.rst() {
            self.add_payload(segment, from, begin, ack, &mut analysis, budget);
        }
        self.directions[from].remember(segment, begin, analysis);
        if segment.flags.fin() {
            let seq = seq.wrapping_add(segment.len.unwrap_or(0));
            let other = &self.directions[1 - from];
            let received = [other.position_of(ack), other.next];
            self.teardown.fin(from, now, [seq, ack], received, self.last_byte);
        }
        if segment.flags.ack() {
            self.acknowledge(from, ack, now, budget);
        }
        self.release(from, segment.flags.ack().then_some(ack), budget);
        if segment.flags.rst() {
            // A RST with ACK has the next sequence number of its sender, so missing bytes before it were not captured.
            if segment.flags.ack() {
                self.give_up_up_to(from, begin, budget);
            }
            self.give_up_on_acked(budget);
            self.release_all(budget);
            self.conversation.complete_unmeasured();
            let refuses = self.is_not_open() && self.handshake.is_refused_by(segment, from);
            self.reset(from, now, segment.flags.ack(), refuses);
        }
        self.close_if_complete(from);
        let other_ident = self.idents[1 - from].last();
        let after_unseen = self.idents[from].skips(segment.ip_id, other_ident);
        self.list(segment, from, [seq, ack], analysis, after_unseen, budget);
    }

    /// Lists a segment that was recorded twice. It changes nothing else.
    pub(super) fn list_copy(&mut self, segment: &Segment<'_>, from: usize, seq: u32, ack: u32, budget: &mut Budget) {
        let mut analysis = AnalysisFlags::default();
        analysis.add(AnalysisFlag::RecordedTwice);
        self.last = frame_time(segment);
        self.list(segment, from, [seq, ack], analysis, false, budget);
    }

    fn list(
        &mut self,
        segment: &Segment<'_>,
        from: usize,
        [seq, ack]: [u32; 2],
        analysis: AnalysisFlags,
        after_unseen: bool,
        budget: &mut Budget,
    ) {
        let scale = if segment.flags.syn() {
            None
        } else {
            self.handshake.window_scale(from)
        };
        let seen = SeenFrame {
            number: segment.frame,
            ns: segment.ns,
            from: from as u8,
            flags: segment.flags,
            analysis,
            after_unseen,
            seq,
            ack,
            len: segment.len.unwrap_or(0),
            window: u32::from(segment.window) << scale.unwrap_or(0),
        };
        self.frames.add(seen, budget);
    }

    fn reset(&mut self, from: usize, now: FrameTime, has_ack: bool, refuses: bool) {
        let other = 1 - from;
        let (own_fin, other_fin) = (self.teardown.fin_of(from), self.teardown.fin_of(other));
        // Bytes that the sender of the FIN had not received when it sent it.
        let late_data = self.last_payload[other].filter(|_| {
            let received = self.teardown.acked_by_fin(from);
            received.is_some_and(|received| self.directions[other].payload_end() > received)
        });
        let sent = &self.directions[other];
        let sent_end = sent.next - u64::from(sent.fin.is_some());
        let unacknowledged = sent.started && sent.acked > 0 && sent_end > sent.acked;
        let class = classify(ResetContext {
            not_open: refuses,
            own_fin: own_fin.is_some(),
            other_fin: other_fin.is_some(),
            late_data: late_data.is_some(),
            // Only if a segment of the other endpoint was captured that the RST can respond to.
            without_ack: !has_ack && sent.started,
            in_progress: unacknowledged || self.conversation.is_in_progress(),
            already_reset: self.teardown.is_reset(),
            unseen: self.is_one_sided()
                || self.missing > 0
                || self.directions[from].has_unseen_end()
                || (self.begins_midway() && !self.conversation.is_http())
                || (self.conversation.is_in_progress() && self.conversation.is_unpaired())
                || self.conversation.has_unknown_end(),
        });
        let answers = match class {
            ResetClass::Refused => self.handshake.last_syn(),
            ResetClass::RefusesLateData => late_data,
            ResetClass::AnswersFin | ResetClass::HarmlessAfterFin => other_fin,
            ResetClass::NoConnection => self.last_payload[other],
            ResetClass::AfterReset => self.last_payload[other],
            ResetClass::AbortsData | ResetClass::Idle | ResetClass::Unexplained => None,
        };
        self.teardown.reset(SeenReset {
            from,
            at: now,
            class,
            answers,
            last_byte: self.last_byte,
        });
        self.conversation.reset();
    }

    /// The client, and what shows it; `guess` if nothing does.
    pub(crate) fn client(&self, guess: usize) -> (usize, RoleEvidence) {
        match (self.handshake.client(), self.conversation.client()) {
            (Some(client), _) => (client, RoleEvidence::Syn),
            (None, Some(client)) => (client, RoleEvidence::Http),
            (None, None) => (guess, RoleEvidence::Port),
        }
    }

    pub(crate) fn handshake(&self, client: usize, capture_end_ns: Option<i64>) -> Handshake {
        let went_on = !self.is_silent() || self.directions[client].acknowledges;
        self.handshake.finish(client, went_on, capture_end_ns)
    }

    pub(crate) fn end(&self, client: usize, capture_end_ns: i64) -> ConnectionEnd {
        self.teardown
            .finish(client, self.last_byte, capture_end_ns, !self.is_not_open())
    }

    pub(crate) fn traffic(&self, client: usize, of: Side) -> Traffic {
        let from = match of {
            Side::Client => client,
            Side::Server => 1 - client,
        };
        let direction = &self.directions[from];
        let next = direction.next - u64::from(direction.fin.is_some_and(|fin| direction.next > fin));
        Traffic {
            next_seq: next.saturating_sub(ORIGIN),
            ..direction.traffic
        }
    }

    /// The listed frames, and the number of those that are not listed.
    pub(crate) fn frames(&self, client: usize) -> (Vec<Frame>, u64) {
        self.frames.frames(client)
    }

    pub(crate) fn tcp_issues(&self, client: usize) -> Vec<TcpIssue> {
        self.frames.tcp_issues(client)
    }

    pub(crate) fn retransmissions(&self, client: usize) -> Vec<Retransmission> {
        self.retransmissions.list(client)
    }

    /// First and last frame.
    pub(crate) fn span(&self) -> (FrameTime, FrameTime) {
        (self.first, self.last)
    }

    /// Number of bytes that were not captured.
    pub(crate) fn missing_bytes(&self) -> u64 {
        self.missing
    }

    /// Whether one endpoint acknowledges what the other sent, and no frame of the other was captured.
    pub(crate) fn is_one_sided(&self) -> bool {
        let [a, b] = &self.directions;
        a.started != b.started && [a, b].iter().any(|direction| direction.acknowledges)
    }

    /// The side whose frames were captured, of a connection that [is one-sided](Self::is_one_sided).
    pub(crate) fn only_side(&self, client: usize) -> Side {
        side(usize::from(!self.directions[0].started), client)
    }

    /// Number of payloads that the snap length truncated.
    pub(crate) fn cut_payloads(&self) -> u64 {
        self.cut
    }

    /// Whether the first FIN or RST that was captured was the first that was sent.
    ///
    /// The other endpoint may have sent a FIN before that was not captured. This is possible if
    /// - no frame of it was captured, or its captured FIN is a retransmission;
    /// - none of its FINs was captured, and the capture began midway and holds no payload from it;
    /// - none of its FINs was captured, and a sequence number of it is missing, or was acknowledged without being
    ///   captured;
    /// - none of its FINs was captured, and the first FIN is the last frame, although it would have been sent again
    ///   without a response.
    pub(crate) fn is_first_end_known(&self, capture_end_ns: i64) -> bool {
        let Some((from, acks_unseen)) = self.teardown.first() else {
            return true;
        };
        let other = &self.directions[1 - from];
        let is_unanswered =
            self.teardown.is_fin(self.last.frame) && capture_end_ns.saturating_sub(self.last.ns) >= ANSWERED_NS;
        let is_silent = self.begins_midway() && other.traffic.bytes == 0;
        let passes_number = other.started && other.next > other.reassembly.next();
        let may_have_ended =
            is_silent || acks_unseen || passes_number || is_unanswered || other.tail_missing || other.has_unseen_end();
        !self.is_one_sided() && !other.fin_again && (other.fin.is_some() || !may_have_ended)
    }

    /// Whether neither SYN nor SYN/ACK was captured.
    fn begins_midway(&self) -> bool {
        self.handshake.client().is_none()
    }

    /// Whether a SYN was sent and the connection was not opened.
    fn is_not_open(&self) -> bool {
        let went_on = self
            .handshake
            .client()
            .is_some_and(|client| self.directions[client].acknowledges);
        self.handshake.is_not_open() && self.is_silent() && !went_on
    }

    /// Whether no byte was sent in either direction.
    fn is_silent(&self) -> bool {
        self.directions.iter().all(|direction| direction.traffic.bytes == 0) && self.missing == 0
    }

    /// Whether nothing was sent in either direction except empty lines.
    pub(crate) fn is_blank(&self) -> bool {
        self.missing == 0 && self.conversation.is_blank()
    }
}

pub(super) fn frame_time(segment: &Segment<'_>) -> FrameTime {
    FrameTime {
        frame: segment.frame,
        ns: segment.ns,
    }
}
