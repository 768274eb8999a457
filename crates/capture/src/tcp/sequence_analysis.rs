//! The analysis flags of a segment, by the rules of Wireshark 4.0's sequence analysis: a segment is judged only by the
//! numbers, windows and times of the segments before it.
//!
//! Where acknowledgements prove these rules wrong, the flags are corrected: see [`corrected`].
//!
//! This module does not know what a capture lacks or what was really lost. `delivery` and `analyze` determine that.

use super::repeats::Occasion;
use crate::decode::Segment;
use crate::model::{AnalysisFlag, AnalysisFlags};

/// A fast retransmission follows the last duplicate ACK within this time.
const FAST_NS: i64 = 20_000_000;
/// A sender reacts to what has reached it within this time.
const PROMPT_NS: i64 = 5_000_000;
/// If the handshake was not captured: a segment that is at most this late was overtaken, not sent again.
const LATE_NS: i64 = 3_000_000;
/// Number of duplicate ACKs that make a retransmission a fast one. It is one less than the three of RFC 5681, because
/// one may be missing in the capture.
const ENOUGH_DUPLICATES: u32 = 2;
/// Highest shift count of a window (RFC 7323 section 2.3).
const MOST_SCALE: u8 = 14;

/// The state of one direction.
#[derive(Debug, Default)]
struct Sender {
    /// Sequence number after everything that was sent.
    next: Option<u32>,
    /// Time of the segment that ends at `next`.
    next_ns: i64,
    /// Frame of that segment.
    next_frame: Option<u64>,
    /// Sequence number up to which everything that was sent was captured.
    contiguous: Option<u32>,
    /// The latest window as it is in the header.
    window: Option<u16>,
    /// Shift count of the window that its SYN announced; `Some(None)` if it announced none.
    scale: Option<Option<u8>>,
    /// Whether the latest window is that of a SYN, which is not scaled (RFC 7323 section 2.2).
    window_of_syn: bool,
    /// When its window opened again after it had been 0.
    opened_ns: Option<i64>,
    last_ack: Option<u32>,
    last_ack_ns: i64,
    /// Number of duplicate ACKs with its latest acknowledgement number.
    duplicates: u32,
    /// Time of the duplicate ACK that brought their number to [`ENOUGH_DUPLICATES`].
    enough_ns: i64,
    /// Time of the latest duplicate ACK. A segment with data may repeat the number too, but is not a duplicate ACK.
    duplicate_ns: i64,
    /// Round trip between the capture point and the side that accepted the connection, as the handshake shows it. It is
    /// 0 if the capture was made at that side.
    way_ns: Option<i64>,
    /// Whether [`AnalysisFlag::AckedUnseen`] was set for bytes of this side since its latest ACK.
    unseen_said: bool,
    /// Flags of the latest segment.
    last: AnalysisFlags,
}

/// The analysis of one connection.
#[derive(Debug, Default)]
pub(super) struct SequenceAnalysis {
    senders: [Sender; 2],
    /// Time of the latest SYN.
    syn_ns: Option<i64>,
    /// Time from the latest SYN to the first ACK after it.
    round_trip_ns: Option<i64>,
}

/// How far a sequence number is after another.
fn after(number: u32, than: u32) -> i32 {
    number.wrapping_sub(than) as i32
}

impl SequenceAnalysis {
    /// What the other endpoint did before endpoint `from` sent a segment. A fast retransmission follows a duplicate ACK
    /// as soon as that ACK has reached the sender.
    pub(super) fn occasion(&self, segment: &Segment<'_>, from: usize) -> Occasion {
        let receiver = &self.senders[1 - from];
        let since = segment.ns.saturating_sub(receiver.duplicate_ns);
        let way = match (self.senders[from].way_ns, self.round_trip_ns) {
            (Some(way), _) => way,
            (None, round_trip) => round_trip.map_or(0, |all| all.saturating_sub(receiver.way_ns.unwrap_or(0))),
        };
        match self.round_trip_ns {
            _ if receiver.duplicates < ENOUGH_DUPLICATES || receiver.last_ack != Some(segment.seq) => Occasion::Silence,
            // The duplicate ACKs had not reached the sender yet.
            _ if segment.ns.saturating_sub(receiver.enough_ns) < way / 20 * 19 => Occasion::Unseen,
            Some(_) if since <= way.saturating_add(way / 4).saturating_add(PROMPT_NS) => Occasion::DuplicateAcks,
            Some(_) if since <= way.saturating_add(way / 2).saturating_add(PROMPT_NS) => Occasion::LateDuplicateAcks,
            Some(_) => Occasion::Silence,
            None if since < FAST_NS => Occasion::DuplicateAcks,
            // The endpoint sent duplicate ACKs, but the round trip is not known.
            None => Occasion::Unseen,
        }
    }

    /// The flags of a segment from endpoint `from`. A segment whose header is incomplete has none.
    pub(super) fn analyze(&mut self, segment: &Segment<'_>, from: usize) -> AnalysisFlags {
        let Some(len) = segment.len else {
            return AnalysisFlags::default();
        };
        let [a, b] = &mut self.senders;
        let (this, other) = if from == 0 { (a, b) } else { (b, a) };
        let late_ns = self.round_trip_ns.unwrap_or(LATE_NS);
        let mut flags = header_flags(this, other, segment, len);
        if this.last_ack != Some(segment.ack) {
            (this.duplicates, this.unseen_said) = (0, false);
        }
        other.take_probe(segment);
        if acks_unseen(other, segment) {
            flags.add(AnalysisFlag::AckedUnseen);
        }
        if let Some(flag) = repetition(this, other, segment, len, flags, late_ns) {
            flags.add(flag);
        }
        this.remember(segment, len, flags);
        let is_shut = other.seems_shut(segment.ns, self.round_trip_ns.unwrap_or(0));
        let flags = corrected(flags, this, other, segment, len, is_shut);
        match (segment.flags.syn(), segment.flags.ack(), self.syn_ns) {
            (true, false, _) => self.syn_ns = Some(segment.ns),
            (true, true, Some(syn_ns)) => _ = this.way_ns.get_or_insert(segment.ns.saturating_sub(syn_ns)),
            (false, true, Some(syn_ns)) if self.round_trip_ns.is_none() => {
                self.round_trip_ns = Some(segment.ns.saturating_sub(syn_ns));
            }
            _ => {}
        }
        flags
    }
}

/// The flags that follow from number, length and window, in order of precedence. Counts duplicate ACKs.
fn header_flags(this: &mut Sender, other: &Sender, segment: &Segment<'_>, len: u32) -> AnalysisFlags {
    let mut flags = AnalysisFlags::default();
    let is_next = this.next == Some(segment.seq);
    if len == 1 && is_next && other.window == Some(0) {
        flags.add(AnalysisFlag::WindowProbe);
        return flags;
    }
    let is_plain = !(segment.flags.syn() || segment.flags.fin() || segment.flags.rst());
    if segment.window == 0 && is_plain {
        flags.add(AnalysisFlag::ZeroWindow);
    }
    if this.next.is_some_and(|next| after(segment.seq, next) > 0) && !segment.flags.rst() {
        flags.add(AnalysisFlag::Gap);
    }
    if !is_plain {
        return flags;
    }
    if len <= 1 && this.next == Some(segment.seq.wrapping_add(1)) {
        flags.add(AnalysisFlag::KeepAlive);
    }
    if len > 0 && other.window_end(this) == Some(segment.seq.wrapping_add(len)) {
        flags.add(AnalysisFlag::WindowFull);
    }
    let repeats = len == 0 && is_next && this.window == Some(segment.window) && this.last_ack == Some(segment.ack);
    if repeats && segment.window > 0 {
        if other.last.has(AnalysisFlag::KeepAlive) {
            flags.add(AnalysisFlag::KeepAliveAck);
        } else {
            flags.add(AnalysisFlag::DuplicateAck);
            this.duplicates += 1;
            this.duplicate_ns = segment.ns;
            if this.duplicates == ENOUGH_DUPLICATES {
                this.enough_ns = segment.ns;
            }
            this.unseen_said = false;
        }
    }
    flags
}

/// Whether a segment acknowledges bytes of the other side that were not captured. If so, the bytes captured so far
/// count as contiguous from then on.
fn acks_unseen(other: &mut Sender, segment: &Segment<'_>) -> bool {
    let beyond = other.contiguous.is_some_and(|seen| after(segment.ack, seen) > 0);
    if !beyond || !segment.flags.ack() {
        return false;
    }
    if other.contiguous != other.next {
        other.contiguous = other.next;
        return true;
    }
    // The other side has sent nothing since, so the flag is only set once.
    let is_first = other.duplicates == 0 && !other.unseen_said;
    other.duplicates = 0;
    other.unseen_said = true;
    is_first
}

/// The flag of a segment that does not advance the sequence number.
fn repetition(
    this: &Sender,
    other: &Sender,
    segment: &Segment<'_>,
    len: u32,
    flags: AnalysisFlags,
    late_ns: i64,
) -> Option<AnalysisFlag> {
    let virtual_len = u32::from(segment.flags.syn() || segment.flags.fin());
    if len + virtual_len == 0 || flags.has(AnalysisFlag::KeepAlive) {
        return None;
    }
    let end = segment.seq.wrapping_add(len);
    // Without ACK, the field is 0 and acknowledges nothing.
    let acked = other.last_ack.filter(|acked| *acked != 0);
    if len > 0 && acked.is_some_and(|acked| after(end, acked) <= 0) {
        return Some(AnalysisFlag::SpuriousRetransmission);
    }
    let next = this.next?;
    // A segment that starts with the last byte before the next number follows a probe that carried that byte.
    let follows_probe = len > 1 && segment.seq == next.wrapping_sub(1);
    if after(segment.seq, next) >= 0 || follows_probe {
        return None;
    }
    let within = |ns: i64, most: i64| segment.ns.saturating_sub(ns) < most;
    // If bytes of the other side were not captured, its duplicate ACKs may be missing too.
    let has_asked = other.duplicates >= ENOUGH_DUPLICATES || other.unseen_said;
    if has_asked && other.last_ack == Some(segment.seq) && within(other.last_ack_ns, FAST_NS) {
        return Some(AnalysisFlag::FastRetransmission);
    }
    if within(this.next_ns, late_ns) && end.wrapping_add(virtual_len) != next {
        return Some(AnalysisFlag::OutOfOrder);
    }
    Some(AnalysisFlag::Retransmission)
}

/// Corrects flags for segments that Wireshark's rules misjudge:
/// - a window probe with one byte or none before the next number, which they take for a keep-alive probe;
/// - a retransmission of a last byte that was not acknowledged, which they take for a keep-alive probe;
/// - a segment that was recorded after its acknowledgement, which they take for a retransmission.
fn corrected(
    mut flags: AnalysisFlags,
    this: &Sender,
    other: &Sender,
    segment: &Segment<'_>,
    len: u32,
    is_shut: bool,
) -> AnalysisFlags {
    let acked = |number: u32| other.last_ack.is_none_or(|acked| after(acked, number) > 0);
    if flags.has(AnalysisFlag::KeepAlive) && is_shut {
        flags.replace(AnalysisFlag::KeepAlive, AnalysisFlag::WindowProbe);
    } else if flags.has(AnalysisFlag::KeepAlive) && len == 1 && !acked(segment.seq) {
        flags.replace(AnalysisFlag::KeepAlive, AnalysisFlag::Retransmission);
    }
    let is_new = this.next_frame == Some(segment.frame);
    if flags.has(AnalysisFlag::SpuriousRetransmission) && is_new {
        flags.replace(AnalysisFlag::SpuriousRetransmission, AnalysisFlag::OutOfOrder);
    }
    flags
}

impl Sender {
    /// Counts the byte of a window probe as sent, if the other side acknowledges it.
    fn take_probe(&mut self, segment: &Segment<'_>) {
        let end = self.next.map(|next| next.wrapping_add(1));
        if self.last.has(AnalysisFlag::WindowProbe) && end == Some(segment.ack) && segment.flags.ack() {
            if self.contiguous == self.next {
                self.contiguous = end;
            }
            self.next = end;
        }
    }

    /// Whether the other side still takes the window for 0 when it sends a segment that is captured at `ns`: the window
    /// is 0, or opened less than a round trip before.
    fn seems_shut(&self, ns: i64, round_trip_ns: i64) -> bool {
        let opened = self
            .opened_ns
            .is_some_and(|opened| ns.saturating_sub(opened) < round_trip_ns);
        self.window == Some(0) || opened
    }

    /// The sequence number after the last byte that this side can receive; `None` if the scale of its window is
    /// unknown. Windows are only scaled if both sides announce a scale (RFC 7323 section 2.2), so one SYN without it
    /// shows that they are not.
    fn window_end(&self, other: &Self) -> Option<u32> {
        let scale = match (self.scale, other.scale) {
            (Some(None), _) | (_, Some(None)) => 0,
            (Some(Some(_)), _) if self.window_of_syn => 0,
            (scale, _) => scale??,
        };
        let window = u32::from(self.window?) << scale;
        Some(self.last_ack?.wrapping_add(window))
    }

    fn remember(&mut self, segment: &Segment<'_>, len: u32, flags: AnalysisFlags) {
        let takes_number = u32::from(segment.flags.syn() || segment.flags.fin());
        let end = segment.seq.wrapping_add(len).wrapping_add(takes_number);
        if !flags.has(AnalysisFlag::WindowProbe) {
            if self.next.is_none_or(|next| after(end, next) > 0) {
                (self.next, self.next_ns) = (Some(end), segment.ns);
                self.next_frame = Some(segment.frame);
            }
            if self.contiguous.is_none_or(|seen| seen == segment.seq) {
                self.contiguous = self.next;
            }
        }
        if segment.flags.syn() {
            self.scale = Some(segment.syn_options().window_scale.map(|scale| scale.min(MOST_SCALE)));
        }
        self.window_of_syn = segment.flags.syn();
        if self.window == Some(0) && segment.window > 0 {
            self.opened_ns = Some(segment.ns);
        }
        self.window = Some(segment.window);
        self.last_ack = Some(segment.ack);
        self.last_ack_ns = segment.ns;
        self.last = flags;
    }
}
