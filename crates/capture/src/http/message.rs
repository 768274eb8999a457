//! A message while it is read: its length, its frames, its bursts.

use crate::model::{BodyEnd, Burst, FrameSpan, Head, Message, Shortfall};
use crate::reassembly::Payload;

/// How many bursts of a message are listed.
const BURSTS: usize = 64;
/// How many segments of a burst are listed.
const SEGMENTS: usize = 16;

/// The segment that carries the bytes at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentRef {
    pub(super) frame: u64,
    pub(super) ns: i64,
    /// Whether the segment has PSH and the bytes are its last ones.
    pub(super) pushed: bool,
}

impl SegmentRef {
    /// The segment of `count` bytes from `offset` on in a payload.
    pub(super) fn of(payload: &Payload<&[u8]>, offset: u64, count: u64) -> Self {
        Self {
            frame: payload.frame,
            ns: payload.ns,
            pushed: payload.pushed && offset + count == payload.len,
        }
    }
}

/// A message that starts at this position. It is incomplete until its end is seen.
pub(super) fn started(at: u64, segment: SegmentRef) -> Message {
    Message {
        head: Head::default(),
        head_bytes: 0,
        head_complete: false,
        body_bytes: 0,
        body_end: BodyEnd::NoBody,
        content_length: None,
        shortfall: Some(Shortfall::CaptureEnds),
        unseen_bytes: 0,
        seq: at as u32,
        next_seq: at as u32,
        frames: FrameSpan {
            first: segment.frame,
            last: segment.frame,
        },
        begun_ns: segment.ns,
        earliest_ns: segment.ns,
        ended_ns: segment.ns,
        bits_per_second: None,
        bursts: Vec::new(),
        bursts_left_out: 0,
    }
}

/// Counts bytes of a message that one segment carries.
pub(super) fn count(message: &mut Message, bytes: u64, segment: SegmentRef) {
    if bytes == 0 {
        return;
    }
    message.next_seq = message.next_seq.wrapping_add(bytes as u32);
    message.frames.first = message.frames.first.min(segment.frame);
    message.frames.last = message.frames.last.max(segment.frame);
    message.ended_ns = message.ended_ns.max(segment.ns);
    message.earliest_ns = message.earliest_ns.min(segment.ns);
    let open = message.bursts.last().is_some_and(|burst| !burst.pushed);
    if message.bursts_left_out > 0 || (!open && message.bursts.len() == BURSTS) {
        message.bursts_left_out += u64::from(segment.pushed);
        return;
    }
    let in_order = message.bursts.last().is_none_or(|burst| burst.ns <= segment.ns);
    if !open {
        message.bursts.push(Burst {
            bytes: 0,
            segments: Vec::new(),
            count: 0,
            frames: FrameSpan {
                first: segment.frame,
                last: segment.frame,
            },
            begun_ns: segment.ns,
            in_order: true,
            ns: segment.ns,
            pushed: false,
        });
    }
    if let Some(burst) = message.bursts.last_mut() {
        burst.in_order &= in_order;
        extend(burst, bytes, segment);
    }
}

fn extend(burst: &mut Burst, bytes: u64, segment: SegmentRef) {
    burst.bytes += bytes;
    let listed = burst.segments.len() as u64 == burst.count;
    match burst.segments.last_mut() {
        // A segment may carry the end of the head and the start of the body.
        Some(last) if burst.frames.last == segment.frame => {
            if listed {
                *last = last.saturating_add(bytes as u32);
            }
        }
        _ => {
            burst.count += 1;
            if burst.segments.len() < SEGMENTS {
                burst.segments.push(bytes as u32);
            }
        }
    }
    burst.frames.last = segment.frame;
    burst.ns = segment.ns;
    burst.begun_ns = burst.begun_ns.min(segment.ns);
    burst.pushed = segment.pushed;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_end_with_psh() {
        let at = |frame, pushed| SegmentRef {
            frame,
            ns: frame as i64,
            pushed,
        };
        let mut message = started(7, at(1, false));
        for (bytes, frame, pushed) in [
            (357, 1, false),
            (65060, 1, false),
            (476, 2, true),
            (65417, 3, false),
            (119, 4, true),
            (11058, 5, false),
        ] {
            count(&mut message, bytes, at(frame, pushed));
        }
        let shown: Vec<(u64, Vec<u32>, bool)> = message
            .bursts
            .iter()
            .map(|b| (b.bytes, b.segments.clone(), b.pushed))
            .collect();
        assert_eq!(
            shown,
            [
                (65893, vec![65417, 476], true),
                (65536, vec![65417, 119], true),
                (11058, vec![11058], false)
            ]
        );
        assert_eq!(
            (message.seq, message.next_seq, message.frames),
            (7, 142_494, FrameSpan { first: 1, last: 5 })
        );
    }

    #[test]
    fn bursts_above_the_limit_are_counted() {
        let mut message = started(
            1,
            SegmentRef {
                frame: 1,
                ns: 0,
                pushed: true,
            },
        );
        for frame in 1..=100 {
            count(
                &mut message,
                1,
                SegmentRef {
                    frame,
                    ns: 0,
                    pushed: true,
                },
            );
        }
        assert_eq!(
            (message.bursts.len(), message.bursts_left_out, message.next_seq),
            (64, 36, 101)
        );
    }
}
