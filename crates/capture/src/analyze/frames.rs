//! Questions about the frames of a connection.

use crate::model::{AnalysisFlag, Connection, Frame, Message, Side};

/// The MSS of a host that announces none (RFC 9293 section 3.7.1).
const LEAST_MSS: u32 = 536;
/// Longest options of a TCP header.
const OPTIONS: u32 = 40;

/// The listed frames numbered `first` to `last`, in order of time, without those that were recorded twice; `None` if
/// some are not listed.
pub(super) fn listed(connection: &Connection, first: u64, last: u64) -> Option<Vec<&Frame>> {
    let all = &connection.frames;
    let (from, to) = (
        all.partition_point(|frame| frame.number < first),
        all.partition_point(|frame| frame.number <= last),
    );
    // The frames in the middle of a long connection are not listed.
    if connection.frames_left_out > 0 && to + LAST_LISTED > all.len() {
        return None;
    }
    let mut frames: Vec<&Frame> = all
        .get(from..to)?
        .iter()
        .filter(|frame| !frame.analysis.has(AnalysisFlag::RecordedTwice))
        .collect();
    frames.sort_by_key(|frame| frame.ns);
    Some(frames)
}

/// Number of frames that are listed from the end of a connection.
pub(super) const LAST_LISTED: usize = 40;

/// Time of the frame with this number; `None` if the connection does not list it.
pub(super) fn frame_ns(connection: &Connection, number: u64) -> Option<i64> {
    let frames = &connection.frames;
    let index = frames.binary_search_by_key(&number, |frame| frame.number).ok()?;
    Some(frames[index].ns)
}

/// The payload length in bytes from which a segment counts as full: the smaller MSS of the two sides, minus the space
/// for TCP options. Without an MSS option, the length of the longest segment takes its place.
pub(super) fn full_segment(connection: &Connection) -> u32 {
    let sides = [&connection.handshake.client, &connection.handshake.server];
    let mss = sides.into_iter().flatten().filter_map(|options| options.mss).min();
    let longest = connection.frames.iter().map(|frame| frame.len).max().unwrap_or(0);
    mss.map_or(longest, u32::from).max(LEAST_MSS).saturating_sub(OPTIONS)
}

/// Whether a segment is a retransmission, other than a needless one.
pub(super) fn is_again(frame: &Frame) -> bool {
    let again = [AnalysisFlag::Retransmission, AnalysisFlag::FastRetransmission];
    again.iter().any(|flag| frame.analysis.has(*flag))
}

/// Whether a frame carries bytes of a message. Probes and needless retransmissions do not count.
pub(super) fn carries(frame: &Frame, message: &Message, by: Side) -> bool {
    let probes = [
        AnalysisFlag::KeepAlive,
        AnalysisFlag::WindowProbe,
        AnalysisFlag::SpuriousRetransmission,
    ];
    let end = frame.seq.wrapping_add(frame.len);
    frame.from == by
        && frame.len > 0
        && !frame.flags.rst()
        && !probes.iter().any(|flag| frame.analysis.has(*flag))
        && after(end, message.seq) > 0
        && after(message.next_seq, frame.seq) > 0
}

/// How far a sequence number is after another.
pub(super) fn after(number: u32, than: u32) -> i32 {
    number.wrapping_sub(than) as i32
}

/// Nanoseconds between two times; 0 if the clock went backwards.
pub(super) fn elapsed(from_ns: i64, to_ns: i64) -> u64 {
    u64::try_from(to_ns.saturating_sub(from_ns)).unwrap_or(0)
}
