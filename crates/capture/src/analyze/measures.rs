//! Measures the frames of one connection: round trips by segment, delayed ACKs, and how long receive windows stopped a
//! sender.
//!
//! Only connections that were captured from both sides and without holes are measured: if an ACK were missing, the next
//! one would look late.

use super::frames::{after, elapsed};
use crate::model::{AnalysisFlag, Connection, Exchange, Frame, FrameSpan, RoundTrips, Side, StallCause, WindowStalls};

/// Shortest delay of a delayed ACK: systems delay ACKs by 40 to 200 ms.
const LEAST_DELAY_NS: u64 = 30_000_000;
/// Longest delay of a delayed ACK (RFC 9293 section 3.8.6.3).
const MOST_DELAY_NS: u64 = 500_000_000;
/// Delayed ACKs are only counted if the shortest round trip is below this. On a longer path, the network may cause the
/// delay.
const SHORT_WAY_NS: u64 = 10_000_000;
/// Shorter transfers have no meaningful throughput.
const LEAST_BYTES: u64 = 10_000;
const LEAST_TRANSFER_NS: i64 = 1_000_000;

/// Measures a connection. Its completeness must have been set.
pub(super) fn measure(connection: &mut Connection) {
    let complete = connection.completeness;
    if !complete.both_sides || !complete.every_byte {
        return;
    }
    for exchange in &mut connection.exchanges {
        throughput(exchange);
    }
    let mut frames: Vec<&Frame> = connection
        .frames
        .iter()
        .filter(|frame| !frame.analysis.has(AnalysisFlag::RecordedTwice))
        .collect();
    frames.sort_by_key(|frame| frame.ns);
    // The frames in the middle of a long connection are not listed.
    let listed = match connection.frames_left_out {
        0 => &frames[..],
        _ => &frames[..frames.len().saturating_sub(super::frames::LAST_LISTED)],
    };
    let full = super::frames::full_segment(connection);
    let sides = [Side::Client, Side::Server];
    let round_trips = sides.iter().filter_map(|by| round_trips(listed, *by, full)).collect();
    let stalls = sides
        .iter()
        .flat_map(|by| [zero_windows(listed, *by), full_windows(listed, *by)]);
    let stalls = stalls.flatten().collect();
    (connection.round_trips, connection.window_stalls) = (round_trips, stalls);
}

/// The rate of each complete message that is long enough.
fn throughput(exchange: &mut Exchange) {
    for message in [&mut exchange.request, &mut exchange.response].into_iter().flatten() {
        let ns = message.ended_ns.saturating_sub(message.begun_ns);
        if message.shortfall.is_none() && message.bytes() >= LEAST_BYTES && ns >= LEAST_TRANSFER_NS {
            let rate = u128::from(message.bytes()) * 8 * 1_000_000_000 / ns.unsigned_abs() as u128;
            message.bits_per_second = u64::try_from(rate).ok();
        }
    }
}

/// A measured round trip: from a segment to the ACK that covers it.
struct Sample {
    ns: u64,
    frames: FrameSpan,
    /// Whether the sender of the ACK may have delayed it: the ACK has no payload, and it acknowledges the only segment
    /// in flight and less than two full segments.
    may_be_delayed: bool,
}

fn round_trips(frames: &[&Frame], by: Side, full: u32) -> Option<RoundTrips> {
    let samples = samples(frames, by, full);
    let (first, longest) = (samples.first()?, samples.iter().max_by_key(|sample| sample.ns)?);
    let shortest_ns = samples.iter().fold(first.ns, |least, sample| least.min(sample.ns));
    let sum: u128 = samples.iter().map(|sample| u128::from(sample.ns)).sum();
    let delays = samples
        .iter()
        .filter(|sample| sample.may_be_delayed && shortest_ns < SHORT_WAY_NS);
    let delays: Vec<u64> = delays
        .map(|sample| sample.ns - shortest_ns)
        .filter(|delay| (LEAST_DELAY_NS..=MOST_DELAY_NS).contains(delay))
        .collect();
    Some(RoundTrips {
        by,
        count: samples.len() as u64,
        shortest_ns,
        mean_ns: u64::try_from(sum / samples.len() as u128).unwrap_or(u64::MAX),
        longest_ns: longest.ns,
        longest: longest.frames,
        delayed_acks: delays.len() as u64,
        longest_delay_ns: delays.into_iter().max().unwrap_or(0),
    })
}

/// The round trips of the segments of one side. Stretches with retransmissions or with frames that were not captured
/// are not measured.
fn samples(frames: &[&Frame], by: Side, full: u32) -> Vec<Sample> {
    let mut samples = Vec::new();
    // Segments that are not acknowledged yet: the sequence number after each, and its frame.
    let mut waiting: Vec<(u32, &Frame)> = Vec::new();
    let mut acked = None;
    // Number of samples at the latest frame of that side.
    let mut before = 0;
    for frame in frames {
        let again = [
            AnalysisFlag::Retransmission,
            AnalysisFlag::FastRetransmission,
            AnalysisFlag::SpuriousRetransmission,
            AnalysisFlag::OutOfOrder,
            AnalysisFlag::Overlap,
            AnalysisFlag::Gap,
            AnalysisFlag::WindowProbe,
            AnalysisFlag::KeepAlive,
        ];
        if frame.from == by {
            if frame.after_unseen {
                // A frame that was not captured may have been a retransmission, so the latest samples do not count.
                samples.truncate(before);
                waiting.clear();
            }
            before = samples.len();
            if again.iter().any(|flag| frame.analysis.has(*flag)) {
                waiting.clear();
            } else if frame.len > 0 && !frame.flags.syn() && !frame.flags.rst() {
                waiting.push((frame.seq.wrapping_add(frame.len), frame));
            }
            continue;
        }
        if !frame.flags.ack() || frame.flags.rst() {
            continue;
        }
        if frame.flags.syn() {
            acked = Some(frame.ack);
            continue;
        }
        let count = waiting
            .iter()
            .take_while(|(end, _)| after(frame.ack, *end) >= 0)
            .count();
        if let Some((end, segment)) = count.checked_sub(1).map(|last| waiting[last]) {
            let newly = acked.map_or(u32::MAX, |acked| end.wrapping_sub(acked));
            let sample = Sample {
                ns: elapsed(segment.ns, frame.ns),
                frames: FrameSpan {
                    first: segment.number,
                    last: frame.number,
                },
                may_be_delayed: frame.len == 0 && count == 1 && newly < 2 * full && waiting.len() == 1,
            };
            // An earlier ACK may not have been captured.
            samples.extend((!frame.after_unseen).then_some(sample));
            waiting.drain(..count);
        }
        if acked.is_none_or(|acked| after(frame.ack, acked) > 0) {
            acked = Some(frame.ack);
        }
    }
    samples
}

/// How long the window of one side was 0: from the frame that announces it to the frame that opens the window again.
fn zero_windows(frames: &[&Frame], by: Side) -> Option<WindowStalls> {
    let own = frames
        .iter()
        .filter(|frame| frame.from == by && !frame.flags.rst() && !frame.flags.syn());
    let mut shut: Option<&Frame> = None;
    let mut stalls = Vec::new();
    for frame in own {
        match (shut, frame.window) {
            (None, 0) => shut = Some(frame),
            (Some(first), 1..) => {
                stalls.push((first, *frame));
                shut = None;
            }
            _ => {}
        }
    }
    // A window that stays shut counts up to the last frame.
    if let (Some(first), Some(last)) = (shut, frames.last()) {
        stalls.push((first, last));
    }
    add_up(by, StallCause::ZeroWindow, &stalls)
}

/// How long the window of one side was full: from the segment that fills it to the frame that moves its right edge or
/// announces a window of 0.
fn full_windows(frames: &[&Frame], by: Side) -> Option<WindowStalls> {
    let filled = frames
        .iter()
        .enumerate()
        .filter(|(_, frame)| frame.from == by.other() && frame.analysis.has(AnalysisFlag::WindowFull));
    let stalls: Vec<(&Frame, &Frame)> = filled
        .filter_map(|(at, frame)| {
            let end = frame.seq.wrapping_add(frame.len);
            let ends = |later: &&&Frame| {
                let moves = after(later.ack.wrapping_add(later.window), end) > 0;
                later.from == by && later.flags.ack() && (moves || later.window == 0)
            };
            Some((*frame, *frames[at..].iter().find(ends)?))
        })
        .collect();
    add_up(by, StallCause::WindowFull, &stalls)
}

fn add_up(by: Side, cause: StallCause, stalls: &[(&Frame, &Frame)]) -> Option<WindowStalls> {
    let length = |(first, last): &(&Frame, &Frame)| elapsed(first.ns, last.ns);
    let (first, last) = stalls.iter().max_by_key(|stall| length(stall))?;
    Some(WindowStalls {
        by,
        cause,
        count: stalls.len() as u64,
        ns: stalls.iter().map(length).sum(),
        longest: FrameSpan {
            first: first.number,
            last: last.number,
        },
    })
}
