//! A message while it is read: its bytes are counted into bursts.

use crate::model::{BodyEnd, Burst, FrameSpan, Head, Message, Shortfall};
use crate::reassembly::Piece;

/// How many bursts of a message are kept.
const BURSTS: usize = 64;
/// How many segments of a burst are kept.
const SEGMENTS: usize = 16;

/// Where the bytes at hand come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) frame: u64,
    pub(super) ns: i64,
    /// Whether PSH stands behind the last of them.
    pub(super) pushed: bool,
}

impl Source {
    /// Of `count` bytes from `offset` on in a piece.
    pub(super) fn of(piece: &Piece<&[u8]>, offset: u64, count: u64) -> Source {
        Source {
            frame: piece.frame,
            ns: piece.ns,
            pushed: piece.pushed && offset + count == piece.len,
        }
    }
}

/// A message that has just begun at this position.
pub(super) fn begun(at: u64, source: Source) -> Message {
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
            first: source.frame,
            last: source.frame,
        },
        begun_ns: source.ns,
        ended_ns: source.ns,
        bursts: Vec::new(),
        bursts_left_out: 0,
    }
}

/// Counts bytes of a message that one segment carries.
pub(super) fn count(message: &mut Message, bytes: u64, source: Source) {
    if bytes == 0 {
        return;
    }
    message.next_seq = message.next_seq.wrapping_add(bytes as u32);
    message.frames.first = message.frames.first.min(source.frame);
    message.frames.last = message.frames.last.max(source.frame);
    message.ended_ns = message.ended_ns.max(source.ns);
    let open = message.bursts.last().is_some_and(|burst| !burst.pushed);
    if message.bursts_left_out > 0 || (!open && message.bursts.len() == BURSTS) {
        message.bursts_left_out += u64::from(source.pushed);
        return;
    }
    if !open {
        message.bursts.push(Burst {
            bytes: 0,
            segments: Vec::new(),
            count: 0,
            frames: FrameSpan {
                first: source.frame,
                last: source.frame,
            },
            ns: source.ns,
            pushed: false,
        });
    }
    let Some(burst) = message.bursts.last_mut() else {
        return;
    };
    burst.bytes += bytes;
    let listed = burst.segments.len() as u64 == burst.count;
    match burst.segments.last_mut() {
        // A segment may carry the head's end and the body's beginning.
        Some(last) if burst.frames.last == source.frame => {
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
    burst.frames.last = source.frame;
    burst.ns = source.ns;
    burst.pushed = source.pushed;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_end_with_push() {
        let at = |frame, pushed| Source {
            frame,
            ns: frame as i64,
            pushed,
        };
        let mut message = begun(7, at(1, false));
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
    fn very_many_bursts_are_counted() {
        let mut message = begun(
            1,
            Source {
                frame: 1,
                ns: 0,
                pushed: true,
            },
        );
        for frame in 1..=100 {
            count(
                &mut message,
                1,
                Source {
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
