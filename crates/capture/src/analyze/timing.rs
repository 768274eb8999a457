//! Where the time of each exchange went: the stretches between its frames, each with its cause.

use super::frames::{after, carries, elapsed, frame_ns, full_segment, is_again, listed};
use crate::model::{
    AnalysisFlag, Connection, Exchange, Frame, FrameSpan, HandshakeOutcome, Message, Side, TimePart, TimeSpent, Timing,
};
use std::cmp::Reverse;

/// How many full segments a sender may send before the first acknowledgement (RFC 6928). A pause after exactly that
/// many may be caused by the congestion window.
const INITIAL_WINDOW: u32 = 10;
/// Shorter stretches within a message count as sending.
const PAUSE_NS: u64 = 20_000_000;
/// An acknowledgement that comes after this time counts as delayed: systems delay acknowledgements by at least 40 to
/// 200 ms.
const DELAYED_NS: u64 = 30_000_000;
/// A delayed acknowledgement comes at least this much later than a round trip.
const LEAST_DELAY_NS: u64 = 10_000_000;
/// Upper bound for a round trip that was not measured.
const UNMEASURED_NS: u64 = 1_000_000_000;
/// Tolerance for the time from an acknowledgement to the segment that it releases, in addition to a quarter of the
/// round trip to the sender.
const RELEASED_NS: u64 = 5_000_000;

/// Splits the time of every exchange whose frames are all listed. This needs a connection that was captured from both
/// sides and without holes; exchanges of other connections get no timing.
pub(super) fn split(connection: &mut Connection) {
    let complete = connection.completeness;
    if !complete.both_sides || !complete.every_byte {
        return;
    }
    let timings: Vec<Option<Timing>> = (0..connection.exchanges.len())
        .map(|index| timing(connection, index))
        .collect();
    for (exchange, timing) in connection.exchanges.iter_mut().zip(timings) {
        exchange.timing = timing;
    }
}

/// The stretches of an exchange, added up by what the time was spent on, and the longest stretch of each kind in
/// nanoseconds.
#[derive(Default)]
struct Parts(Vec<TimePart>, Vec<u64>);

impl Parts {
    fn add(&mut self, on: TimeSpent, ns: u64, first: u64, last: u64) {
        if ns == 0 {
            return;
        }
        let frames = FrameSpan { first, last };
        match self.0.iter().position(|part| part.on == on) {
            Some(at) => {
                self.0[at].ns += ns;
                if ns > self.1[at] {
                    (self.1[at], self.0[at].frames) = (ns, frames);
                }
            }
            None => {
                self.0.push(TimePart { on, ns, frames });
                self.1.push(ns);
            }
        }
    }

    fn finish(mut self) -> Timing {
        self.0.sort_by_key(|part| Reverse(part.ns));
        Timing {
            total_ns: self.0.iter().map(|part| part.ns).sum(),
            parts: self.0,
        }
    }
}

fn timing(connection: &Connection, index: usize) -> Option<Timing> {
    let exchange = &connection.exchanges[index];
    let (request, response) = (exchange.request.as_ref()?, exchange.response.as_ref()?);
    // A response that starts before the request is complete does not answer it: it reports a timeout or a refusal.
    if request.shortfall.is_some()
        || response.begun_ns < request.ended_ns
        || response.shortfall.is_some_and(|_| response.content_length.is_none())
    {
        return None;
    }
    let frames = listed(
        connection,
        request.frames.first.min(response.frames.first),
        response.frames.last,
    )?;
    let mut parts = Parts::default();
    if index == 0 {
        set_up(connection, request, &mut parts);
    }
    let sender = Sender {
        exchange,
        frames: &frames,
        round_trip: connection.handshake.round_trip_ns.unwrap_or(0),
        server_round_trip: server_round_trip_ns(connection).unwrap_or(0),
        begins_midway: !connection.completeness.opening,
        full: full_segment(connection),
    };
    sender.message(request, Side::Client, &mut parts);
    let previous = index.checked_sub(1).map(|before| &connection.exchanges[before]);
    sender.answer(request, response, previous, &mut parts);
    sender.message(response, Side::Server, &mut parts);
    Some(parts.finish())
}

/// Adds the handshake before the first exchange, and the time until its request.
fn set_up(connection: &Connection, request: &Message, parts: &mut Parts) {
    let handshake = &connection.handshake;
    let (Some(syn), Some(ack)) = (handshake.syn, handshake.ack) else {
        return;
    };
    let at = |number: u64| frame_ns(connection, number);
    let (Some(syn_ns), Some(ack_ns)) = (at(syn), at(ack)) else {
        return;
    };
    if handshake.outcome != HandshakeOutcome::Complete {
        return;
    }
    let answered = handshake
        .syn_retries
        .last()
        .copied()
        .filter(|retry| at(*retry) <= handshake.syn_ack.and_then(at));
    let answered_ns = answered.and_then(at).unwrap_or(syn_ns);
    parts.add(
        TimeSpent::SynRetransmission,
        elapsed(syn_ns, answered_ns),
        syn,
        answered.unwrap_or(syn),
    );
    if connection.handshake.syn_retries.is_empty() && connection.handshake.round_trip_ns.is_none() {
        // A segment of the handshake was lost or not captured, so it is not known where its time went.
        return;
    }
    parts.add(
        TimeSpent::SetUp,
        elapsed(answered_ns, ack_ns),
        answered.unwrap_or(syn),
        ack,
    );
    parts.add(
        TimeSpent::ClientWait,
        elapsed(ack_ns, request.begun_ns),
        ack,
        request.frames.first,
    );
}

/// The round trip between the capture point and the server: from SYN to SYN/ACK.
fn server_round_trip_ns(connection: &Connection) -> Option<u64> {
    let handshake = &connection.handshake;
    let at = |number: u64| frame_ns(connection, number);
    let Some(sent) = handshake.syn_retries.last().copied() else {
        return handshake.server_round_trip_ns;
    };
    Some(elapsed(at(sent)?, at(handshake.syn_ack?)?))
}

/// The data for classifying the stretches of one exchange.
struct Sender<'a> {
    exchange: &'a Exchange,
    frames: &'a [&'a Frame],
    round_trip: u64,
    /// The part of `round_trip` between the capture point and the server, in nanoseconds.
    server_round_trip: u64,
    /// Whether the handshake was not captured, so that the round trip is unknown.
    begins_midway: bool,
    /// Payload length from which a segment counts as full.
    full: u32,
}

impl Sender<'_> {
    /// Adds the stretches within a message.
    fn message(&self, message: &Message, by: Side, parts: &mut Parts) {
        let mut before: Option<(usize, &Frame)> = None;
        for (at, frame) in self.frames.iter().enumerate() {
            // A retransmission after the end of the message delays later messages, not this one.
            if frame.ns > message.ended_ns || !carries(frame, message, by) {
                continue;
            }
            if let Some((from, earlier)) = before {
                let stretch = &self.frames[from..=at];
                let shut = shut(stretch, by);
                if let Some(shut) = shut {
                    self.shut_until(shut, stretch, by, parts);
                }
                let end = shut.unwrap_or(frame);
                let ns = elapsed(earlier.ns, end.ns);
                let on = match shut {
                    Some(_) => until_shut(earlier, ns, by),
                    None => self.cause(stretch, ns, by, message),
                };
                parts.add(on, ns, earlier.number, end.number);
            }
            before = Some((at, frame));
        }
    }

    /// Adds the rest of a stretch, from the frame that shuts the window: the time until another frame opens the window,
    /// and the time until the sender continues.
    fn shut_until(&self, shut: &Frame, stretch: &[&Frame], by: Side, parts: &mut Parts) {
        let Some(last) = stretch.last() else {
            return;
        };
        let opens = |frame: &&&Frame| frame.from != by && frame.ns >= shut.ns && frame.window > 0;
        let opened = stretch.iter().find(opens).map_or(*last, |frame| *frame);
        parts.add(
            TimeSpent::ZeroWindow,
            elapsed(shut.ns, opened.ns),
            shut.number,
            opened.number,
        );
        let way = elapsed(opened.ns, last.ns);
        let on = match self.is_released(way, by) {
            true => TimeSpent::RoundTrip,
            false => TimeSpent::UnexplainedPause,
        };
        parts.add(on, way, opened.number, last.number);
    }

    /// Whether `ns` is about the time that a frame needs from the capture point to the sender, plus the time until the
    /// segment that it releases comes back.
    fn is_released(&self, ns: u64, by: Side) -> bool {
        let to_sender = self.round_trip_to(by);
        ns.abs_diff(to_sender) <= RELEASED_NS + to_sender / 4
    }

    /// What a stretch between two segments of one side was spent on. `stretch` begins and ends with such a segment.
    fn cause(&self, stretch: &[&Frame], ns: u64, by: Side, message: &Message) -> TimeSpent {
        let sending = sending(by);
        let ([first, .., last], true) = (stretch, ns >= PAUSE_NS) else {
            return sending;
        };
        let between = &stretch[1..stretch.len() - 1];
        let of_receiver = || between.iter().filter(|frame| frame.from != by);
        if is_again(last) {
            return TimeSpent::Retransmission;
        }
        if first.analysis.has(AnalysisFlag::WindowFull) {
            return TimeSpent::WindowWait;
        }
        let head_end = message.seq.wrapping_add(message.head_bytes as u32);
        let expects = by == Side::Client && message.head.lists("expect", "100-continue");
        let continued = self.exchange.interim.iter().any(|(status, _)| *status == 100);
        if expects && !continued && last.seq == head_end {
            return TimeSpent::ExpectUnanswered;
        }
        // The first ACK that covers the first segment. It only counts if the last segment continues after that segment.
        let end = first.seq.wrapping_add(first.len);
        let ack = of_receiver().find(|frame| frame.flags.ack() && after(frame.ack, end) >= 0);
        if let Some(ack) = ack.filter(|_| after(last.seq, end) >= 0) {
            let (acked, released) = (elapsed(first.ns, ack.ns), elapsed(ack.ns, last.ns));
            let is_released = self.is_released(released, by);
            let is_delayed = acked >= DELAYED_NS.max(self.round_trip + LEAST_DELAY_NS);
            match first.len < self.full {
                true if is_delayed && is_released => return TimeSpent::DelayedAck,
                false if is_released => return TimeSpent::WindowWait,
                _ => {}
            }
        }
        // Without a handshake, the round trip is unknown and may be any part of the stretch.
        if self.round_trip == 0 && ns < UNMEASURED_NS {
            return TimeSpent::UnexplainedPause;
        }
        let fills_initial_window =
            first.len >= self.full && end.wrapping_sub(message.seq) == INITIAL_WINDOW.saturating_mul(first.len);
        if fills_initial_window {
            return TimeSpent::UnexplainedPause;
        }
        match last.after_unseen {
            // Segments that were lost before the capture point may have been sent in between.
            true => TimeSpent::UnexplainedPause,
            false => pause(first, by),
        }
    }

    /// The frame that opened the client's window, if the window was 0 at some time before `before`, so that the
    /// response had to wait; `before` itself if the window stayed 0. Frame numbers with their times in nanoseconds.
    fn stalled_until(&self, before: (u64, i64)) -> Option<(u64, i64)> {
        // A frame that had not reached the server yet could not stop it.
        let reaches = |frame: &Frame| elapsed(frame.ns, before.1) >= self.server_round_trip.max(1);
        let of_client: Vec<&&Frame> = self
            .frames
            .iter()
            .filter(|frame| frame.from == Side::Client && !frame.flags.rst() && reaches(frame))
            .collect();
        let last = of_client.iter().rposition(|frame| frame.window == 0)?;
        let opened = of_client.get(last + 1);
        Some(opened.map_or(before, |frame| (frame.number, frame.ns)))
    }

    /// The part of the round trip between the capture point and a side.
    fn round_trip_to(&self, side: Side) -> u64 {
        match side {
            Side::Client => self.round_trip.saturating_sub(self.server_round_trip),
            Side::Server => self.server_round_trip,
        }
    }

    /// Adds the stretch from the last byte of the request to the first byte of the response.
    fn answer(&self, request: &Message, response: &Message, previous: Option<&Exchange>, parts: &mut Parts) {
        let mut from = (request.frames.last, request.ended_ns);
        // If the first byte was lost and sent again, later bytes of the response may have come before it.
        let earliest = self
            .frames
            .iter()
            .find(|frame| frame.ns >= from.1 && carries(frame, response, Side::Server));
        let to = earliest
            .filter(|frame| frame.ns < response.begun_ns)
            .map_or((response.frames.first, response.begun_ns), |frame| {
                (frame.number, frame.ns)
            });
        let previous = previous.and_then(|previous| previous.response.as_ref());
        if let Some(before) = previous.filter(|before| before.ended_ns > from.1) {
            // A lost segment of the previous response may come after the first byte of this one.
            let until = match before.ended_ns <= to.1 {
                true => (before.frames.last, before.ended_ns),
                false => to,
            };
            parts.add(TimeSpent::HeadOfLine, elapsed(from.1, until.1), from.0, until.0);
            from = until;
        }
        let again = |frame: &&&Frame| {
            frame.ns > from.1
                && frame.ns <= to.1
                && carries(frame, request, Side::Client)
                && frame.analysis.has(AnalysisFlag::Retransmission)
        };
        if let Some(last) = self.frames.iter().rev().find(again) {
            parts.add(TimeSpent::Retransmission, elapsed(from.1, last.ns), from.0, last.number);
            from = (last.number, last.ns);
        }
        if let Some(opened) = self.stalled_until(to) {
            parts.add(TimeSpent::ZeroWindow, elapsed(from.1, opened.1), from.0, opened.0);
            from = (opened.0, opened.1.max(from.1));
        }
        let ns = elapsed(from.1, to.1);
        let network = self.server_round_trip.min(ns);
        parts.add(TimeSpent::RoundTrip, network, from.0, to.0);
        // The datagrams that were lost before the capture point may have been the response.
        let after_unseen = self
            .frames
            .iter()
            .any(|frame| frame.number == to.0 && frame.after_unseen);
        let spent = match ns - network {
            pause if after_unseen && pause >= PAUSE_NS => TimeSpent::UnexplainedPause,
            both if self.begins_midway && both < UNMEASURED_NS => TimeSpent::ServerAndRoundTrip,
            _ => TimeSpent::ServerThink,
        };
        parts.add(spent, ns - network, from.0, to.0);
    }
}

/// The frame with which the receiver shut its window in a stretch between two segments of one side.
fn shut<'a>(stretch: &[&'a Frame], by: Side) -> Option<&'a Frame> {
    let last = stretch.last()?;
    let is_pause = elapsed(stretch.first()?.ns, last.ns) >= PAUSE_NS;
    let shuts = |frame: &&&Frame| frame.from != by && frame.analysis.has(AnalysisFlag::ZeroWindow);
    stretch
        .iter()
        .find(shuts)
        .copied()
        .filter(|_| is_pause && !is_again(last))
}

fn sending(by: Side) -> TimeSpent {
    match by {
        Side::Client => TimeSpent::RequestSending,
        Side::Server => TimeSpent::ResponseSending,
    }
}

/// What the time from a segment to the frame that shut the window was spent on.
fn until_shut(before: &Frame, ns: u64, by: Side) -> TimeSpent {
    match () {
        () if before.analysis.has(AnalysisFlag::WindowFull) => TimeSpent::WindowWait,
        () if ns < PAUSE_NS => sending(by),
        () => TimeSpent::UnexplainedPause,
    }
}

/// What a pause after a segment was spent on, if no acknowledgement explains it. Only after the end of a write, which
/// PSH marks, did the program have nothing more to send.
fn pause(before: &Frame, by: Side) -> TimeSpent {
    match by {
        _ if !before.flags.psh() => TimeSpent::UnexplainedPause,
        Side::Client => TimeSpent::RequestSending,
        Side::Server => TimeSpent::ServerPause,
    }
}
