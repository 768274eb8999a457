//! One connection while it is read: every segment goes to its order, its marks, its opening, its end, and what it says.

use super::direction::{Direction, position};
use super::frames::{Gather, Seen};
use super::handshake::Opening;
use super::teardown::{Ending, SeenReset, Situation, class};
use crate::decode::Segment;
use crate::http::Conversation;
use crate::limits::Budget;
use crate::model::{AnalysisFlag, AnalysisFlags, End, Frame, Handshake, ResetClass, Role, Side, TcpIssue, Traffic};
use crate::reassembly::Piece;

/// A frame and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) frame: u64,
    pub(crate) ns: i64,
}

/// How many bytes of one direction may wait for others.
const WAITING: usize = 4 << 20;
/// So many frames after an acknowledgement that covers a gap nothing is expected to fill it any more.
const GAP_PATIENCE: u32 = 3;

/// A connection.
#[derive(Debug)]
pub(crate) struct Reading {
    first: Moment,
    last: Moment,
    opening: Opening,
    ending: Ending,
    directions: [Direction; 2],
    pub(crate) conversation: Conversation,
    gather: Gather,
    /// The last new byte of either end.
    last_byte: Option<Moment>,
    /// The last payload of each end.
    last_payload: [Option<u64>; 2],
    missing: u64,
    cut: u64,
}

impl Reading {
    pub(super) fn new(segment: &Segment<'_>) -> Reading {
        let moment = Moment {
            frame: segment.frame,
            ns: segment.ns,
        };
        Reading {
            first: moment,
            last: moment,
            opening: Opening::default(),
            ending: Ending::opened_at(segment.ns),
            directions: [Direction::default(), Direction::default()],
            conversation: Conversation::default(),
            gather: Gather::default(),
            last_byte: None,
            last_payload: [None, None],
            missing: 0,
            cut: 0,
        }
    }

    /// Adds a segment from one end, with its relative numbers.
    pub(super) fn add(&mut self, segment: &Segment<'_>, from: usize, seq: u32, ack: u32, budget: &mut Budget) {
        let moment = Moment {
            frame: segment.frame,
            ns: segment.ns,
        };
        self.last = moment;
        self.opening.see(segment, from);
        if let Some(client) = self.opening.client() {
            self.conversation.set_client(client);
        }
        let first = !self.directions[from].started;
        let begin = self.directions[from].begin(segment, seq);
        let (this, other) = pair(&mut self.directions, from);
        let mut marks = this.marks(other, segment, begin, ack, first);
        let len = u64::from(segment.len.unwrap_or(0));
        if len > 0 && !segment.flags.rst() {
            self.payload(segment, from, begin, &mut marks, budget);
        }
        self.directions[from].remember(segment, begin, ack, marks);
        if segment.flags.fin() {
            let seq = seq.wrapping_add(segment.len.unwrap_or(0));
            self.ending.fin(from, moment, seq, self.last_byte);
        }
        if segment.flags.ack() {
            self.acknowledge(from, ack, moment, budget);
        }
        if segment.flags.rst() {
            self.reset(from, moment);
        }
        self.close_if_done(from);
        let scale = if segment.flags.syn() {
            None
        } else {
            self.opening.scale(from)
        };
        let seen = Seen {
            number: segment.frame,
            ns: segment.ns,
            from: from as u8,
            flags: segment.flags,
            marks,
            seq,
            ack,
            len: segment.len.unwrap_or(0),
            window: u32::from(segment.window) << scale.unwrap_or(0),
        };
        self.gather.add(seen, budget);
    }

    fn payload(
        &mut self,
        segment: &Segment<'_>,
        from: usize,
        begin: u64,
        marks: &mut AnalysisFlags,
        budget: &mut Budget,
    ) {
        let len = u64::from(segment.len.unwrap_or(0));
        let bytes = &segment.payload[..segment.payload.len().min(len as usize)];
        self.cut += u64::from(marks.has(AnalysisFlag::Cut));
        let piece = Piece {
            at: begin,
            bytes,
            len,
            frame: segment.frame,
            ns: segment.ns,
            pushed: segment.flags.psh(),
        };
        let (direction, conversation) = (&mut self.directions[from], &mut self.conversation);
        let held = direction.order.held();
        let (news, new) = direction
            .order
            .add(&piece, &mut |out| conversation.take(from, &out, budget));
        direction.brought(news, new, len, marks);
        budget.left.buffered = (budget.left.buffered + held).saturating_sub(direction.order.held());
        if new > 0 {
            let moment = Moment {
                frame: segment.frame,
                ns: segment.ns,
            };
            self.last_byte = Some(moment);
            self.last_payload[from] = Some(segment.frame);
        }
        if self.directions[from].order.held() > WAITING || budget.left.buffered == 0 {
            budget.buffered_over += self.give_up(from, u64::MAX, budget);
        }
    }

    /// Gives up what is missing in a direction, up to a position.
    fn give_up(&mut self, from: usize, limit: u64, budget: &mut Budget) -> u64 {
        let (direction, conversation) = (&mut self.directions[from], &mut self.conversation);
        let held = direction.order.held();
        let missing = direction
            .order
            .give_up(limit, &mut |out| conversation.take(from, &out, budget));
        budget.left.buffered += held - direction.order.held();
        self.missing += missing;
        missing
    }

    /// One end acknowledges what the other has sent.
    fn acknowledge(&mut self, from: usize, ack: u32, moment: Moment, budget: &mut Budget) {
        let other = 1 - from;
        let sent = &mut self.directions[other];
        if !sent.started {
            return;
        }
        let acked = position(sent.next, ack);
        sent.acked = sent.acked.max(acked);
        if sent.fin.is_some_and(|fin| acked > fin) {
            self.ending.acknowledged(from, moment.frame);
        }
        if sent.order.gap_end().is_some_and(|end| sent.acked >= end) {
            sent.gap_acked += 1;
            if sent.gap_acked > GAP_PATIENCE {
                sent.gap_acked = 0;
                let limit = sent.acked;
                self.give_up(other, limit, budget);
                self.close_if_done(other);
            }
        }
    }

    fn reset(&mut self, from: usize, moment: Moment) {
        let other = 1 - from;
        let (own_fin, other_fin) = (self.ending.fin_of(from), self.ending.fin_of(other));
        let late_data = self.last_payload[other].filter(|data| own_fin.is_some_and(|fin| *data > fin));
        let sent = &self.directions[other];
        // Payload that the reset's sender has not acknowledged.
        let unread = sent.started && sent.acked > 0 && sent.next - u64::from(sent.fin.is_some()) > sent.acked;
        let class = class(Situation {
            not_open: self.is_not_open() && self.opening.client() == Some(other),
            own_fin: own_fin.is_some(),
            other_fin: other_fin.is_some(),
            late_data: late_data.is_some(),
            under_way: unread || self.conversation.is_under_way(),
        });
        let answers = match class {
            ResetClass::Refused => self.opening.last_syn(),
            ResetClass::RefusesLateData => late_data,
            ResetClass::AnswersFin | ResetClass::HarmlessAfterFin => other_fin,
            ResetClass::AbortsData | ResetClass::Idle => None,
        };
        self.ending.reset(SeenReset {
            from,
            moment,
            class,
            answers,
            last_byte: self.last_byte,
        });
        self.conversation.reset();
    }

    /// Tells the conversation that a direction is over, once all of it has come.
    fn close_if_done(&mut self, from: usize) {
        let direction = &self.directions[from];
        if direction.fin.is_some_and(|fin| direction.order.next() >= fin) {
            self.conversation.close(from);
        }
    }

    /// Ends the reading: what waits will not be completed any more.
    pub(super) fn finish(&mut self, budget: &mut Budget) {
        for from in [0, 1] {
            self.give_up(from, u64::MAX, budget);
            let (direction, conversation) = (&mut self.directions[from], &mut self.conversation);
            // One byte more may be a FIN.
            let payload_end = direction.acked.min(direction.fin.unwrap_or(u64::MAX));
            if direction.started && payload_end > direction.order.next() + 1 {
                self.missing += direction
                    .order
                    .pass(payload_end, &mut |out| conversation.take(from, &out, budget));
            }
            self.close_if_done(from);
        }
    }

    /// The end that opened it, and how that is known; `guess` is taken where nothing tells.
    pub(crate) fn client(&self, guess: usize) -> (usize, Role) {
        match (self.opening.client(), self.conversation.client()) {
            (Some(client), _) => (client, Role::Syn),
            (None, Some(client)) => (client, Role::Http),
            (None, None) => (guess, Role::Port),
        }
    }

    pub(crate) fn handshake(&self, client: usize) -> Handshake {
        let more = self.directions.iter().any(|direction| direction.traffic.bytes > 0);
        self.opening.finish(client, more)
    }

    pub(crate) fn end(&self, client: usize, capture_end_ns: i64) -> End {
        self.ending
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
            next_seq: next.saturating_sub(super::direction::ORIGIN),
            ..direction.traffic
        }
    }

    pub(crate) fn frames(&self, client: usize) -> (Vec<Frame>, u64) {
        self.gather.frames(client)
    }

    pub(crate) fn troubles(&self, client: usize) -> Vec<TcpIssue> {
        self.gather.troubles(client)
    }

    pub(crate) fn span(&self) -> (Moment, Moment) {
        (self.first, self.last)
    }

    /// Bytes that the capture does not hold, and payloads that the snap length cut.
    pub(crate) fn losses(&self) -> (u64, u64) {
        (self.missing, self.cut)
    }

    /// Whether SYN was sent, and nothing came of it.
    fn is_not_open(&self) -> bool {
        self.opening.is_not_open() && self.is_silent()
    }

    /// Whether no byte was sent either way.
    fn is_silent(&self) -> bool {
        self.directions.iter().all(|direction| direction.traffic.bytes == 0) && self.missing == 0
    }

    /// Whether no byte was sent either way, or nothing but empty lines.
    pub(crate) fn is_blank(&self) -> bool {
        self.missing == 0 && self.conversation.is_blank()
    }
}

/// One direction, and the other.
fn pair(directions: &mut [Direction; 2], from: usize) -> (&mut Direction, &mut Direction) {
    let [a, b] = directions;
    if from == 0 { (a, b) } else { (b, a) }
}
