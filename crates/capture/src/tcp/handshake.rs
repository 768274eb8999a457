//! The handshake of a connection, frame by frame.

use crate::decode::Segment;
use crate::model::{Handshake, HandshakeOutcome, IcmpError, SynOptions};

/// Time until a SYN is sent again.
const FIRST_TIMEOUT_NS: i64 = 1_000_000_000;
/// After this many retransmitted SYNs, 7 s after the first one, the SYN counts as unanswered.
const ENOUGH_RETRIES: usize = 3;
/// How many retransmitted SYNs are listed.
const RETRIES: usize = 16;

/// A segment that may respond to one that is captured later.
#[derive(Clone, Copy, Debug)]
struct Early {
    from: usize,
    frame: u64,
    ns: i64,
    ack: u32,
    /// Whether it has neither payload nor FIN.
    empty: bool,
}

/// What was captured of a handshake.
#[derive(Debug, Default)]
pub(super) struct HandshakeTracker {
    /// Frame and time of the first SYN.
    syn: Option<(u64, i64)>,
    /// Frame and time of the latest SYN.
    last_syn: Option<(u64, i64)>,
    retries: Vec<u64>,
    syn_ack: Option<u64>,
    ack: Option<u64>,
    took_ns: Option<u64>,
    /// Time of the first SYN/ACK.
    syn_ack_ns: Option<i64>,
    /// Whether a SYN/ACK was sent again.
    syn_ack_again: bool,
    /// Whether the ACK has neither payload nor FIN, so that the client sent it directly after the SYN/ACK.
    ack_at_once: bool,
    refusal: Option<u64>,
    icmp_error: Option<IcmpError>,
    /// Number of the first SYN.
    syn_seq: Option<u32>,
    /// Segments that were captured before the one that they respond to: an ACK of the client, a RST.
    early: [Option<Early>; 2],
    /// Options of each endpoint.
    options: [Option<SynOptions>; 2],
    /// The endpoint that sent the SYN, or received the SYN/ACK.
    client: Option<usize>,
}

impl HandshakeTracker {
    pub(super) fn add(&mut self, segment: &Segment<'_>, from: usize) {
        let flags = segment.flags;
        match (flags.syn(), flags.ack()) {
            (true, false) => {
                match self.syn {
                    Some(_) if self.retries.len() < RETRIES => self.retries.push(segment.frame),
                    Some(_) => {}
                    None => self.syn = Some((segment.frame, segment.ns)),
                }
                self.last_syn = Some((segment.frame, segment.ns));
                self.syn_seq.get_or_insert(segment.seq);
                self.options[from].get_or_insert_with(|| segment.syn_options());
                self.client.get_or_insert(from);
            }
            (true, true) => {
                // A later one is a retransmission.
                self.syn_ack_again |= self.syn_ack.is_some() && self.ack.is_none();
                self.syn_ack.get_or_insert(segment.frame);
                self.syn_ack_ns.get_or_insert(segment.ns);
                self.options[from].get_or_insert_with(|| segment.syn_options());
                self.client.get_or_insert(1 - from);
            }
            (false, true) if self.awaits_ack(from) && !flags.rst() => {
                self.ack = Some(segment.frame);
                self.ack_at_once = segment.len == Some(0)
                    && !flags.fin()
                    && self.syn_seq.is_none_or(|seq| segment.seq == seq.wrapping_add(1));
                let since = self.syn.map(|(_, ns)| segment.ns.saturating_sub(ns));
                self.took_ns = since.and_then(|ns| u64::try_from(ns).ok());
            }
            (false, true) => {
                let early = &mut self.early[usize::from(flags.rst())];
                early.get_or_insert(Early {
                    from,
                    frame: segment.frame,
                    ns: segment.ns,
                    ack: segment.ack,
                    empty: segment.len == Some(0) && !flags.fin(),
                });
            }
            _ => {}
        }
        if self.is_refused_by(segment, from) {
            self.refusal.get_or_insert(segment.frame);
        }
        self.take_early(segment, from);
    }

    /// Adds an ICMP error that quotes a segment of an endpoint with this sequence number.
    pub(super) fn add_icmp_error(&mut self, from: usize, seq: u32, error: IcmpError) {
        if self.client == Some(from) && self.syn_seq == Some(seq) {
            self.icmp_error.get_or_insert(error);
        }
    }

    /// Whether a RST responds to the SYN: it acknowledges the SYN and nothing else (RFC 9293 section 3.10.7.1).
    pub(super) fn is_refused_by(&self, segment: &Segment<'_>, from: usize) -> bool {
        // A RST without ACK has the acknowledgement number of the refused segment as its sequence number: 0 for a SYN.
        let answers = match segment.flags.ack() {
            true => self.syn_seq.is_some_and(|seq| segment.ack == seq.wrapping_add(1)),
            false => segment.seq == 0,
        };
        segment.flags.rst() && answers && self.is_not_open() && self.client == Some(1 - from)
    }

    /// Uses a segment that was captured before the SYN or SYN/ACK that it responds to.
    fn take_early(&mut self, segment: &Segment<'_>, from: usize) {
        let answered = |early: &Early| early.from != from && early.ack == segment.seq.wrapping_add(1);
        let [ack, rst] = self.early.map(|early| early.filter(answered));
        match (segment.flags.syn(), segment.flags.ack()) {
            (true, true) if self.ack.is_none() => {
                if let (Some(early), Some((_, syn_ns))) = (ack, self.syn) {
                    self.ack = Some(early.frame);
                    self.ack_at_once = early.empty;
                    self.took_ns = u64::try_from(early.ns.saturating_sub(syn_ns)).ok();
                }
            }
            (true, false) => self.refusal = self.refusal.or(rst.map(|early| early.frame)),
            _ => {}
        }
    }

    fn awaits_ack(&self, from: usize) -> bool {
        self.syn_ack.is_some() && self.ack.is_none() && self.client == Some(from)
    }

    /// The client, if a SYN or SYN/ACK was captured.
    pub(super) fn client(&self) -> Option<usize> {
        self.client
    }

    /// Whether a SYN was captured and no SYN/ACK.
    pub(super) fn is_not_open(&self) -> bool {
        self.syn.is_some() && self.syn_ack.is_none()
    }

    /// The window scale of an endpoint. It is unknown unless both endpoints sent the option (RFC 7323 section 2.2).
    pub(super) fn window_scale(&self, from: usize) -> Option<u8> {
        let [a, b] = &self.options;
        match (a, b) {
            (Some(a), Some(b)) if a.window_scale.is_some() && b.window_scale.is_some() => [a, b][from].window_scale,
            _ => None,
        }
    }

    /// Frame of the latest SYN, which a refusal responds to.
    pub(super) fn last_syn(&self) -> Option<u64> {
        self.last_syn.map(|(frame, _)| frame)
    }

    /// The result. `went_on` says whether payload was captured in either direction, or the client acknowledged anything.
    /// `capture_end_ns` is `None` if the client opened another connection from the same port before the capture ended.
    pub(super) fn finish(&self, client: usize, went_on: bool, capture_end_ns: Option<i64>) -> Handshake {
        // A SYN is sent again after a second (RFC 6298 section 2.1); until then its answer may be on its way.
        let until_end = self.last_syn.zip(capture_end_ns);
        let may_come = until_end.is_some_and(|((_, ns), end_ns)| end_ns.saturating_sub(ns) < FIRST_TIMEOUT_NS)
            && self.retries.len() < ENOUGH_RETRIES;
        let outcome = match (self.syn, self.syn_ack, self.ack) {
            (None, None, _) => HandshakeOutcome::NotCaptured,
            (Some(_), Some(_), Some(_)) => HandshakeOutcome::Complete,
            (_, Some(_), _) => HandshakeOutcome::Unfinished,
            _ if self.refusal.is_some() => HandshakeOutcome::Refused,
            (Some(_), None, _) if went_on => HandshakeOutcome::Unfinished,
            _ if self.icmp_error.is_some() => HandshakeOutcome::IcmpError,
            _ if may_come => HandshakeOutcome::CaptureEnds,
            _ => HandshakeOutcome::Unanswered,
        };
        // If the handshake took longer than the timeout of a SYN, the server may have answered a second SYN that was
        // not captured.
        let is_short = self.took_ns.is_some_and(|took| took < FIRST_TIMEOUT_NS.unsigned_abs());
        let is_measure = self.retries.is_empty() && !self.syn_ack_again && self.ack_at_once && is_short;
        let answered_ns = self
            .syn
            .zip(self.syn_ack_ns)
            .map(|((_, syn), syn_ack)| syn_ack.saturating_sub(syn));
        Handshake {
            outcome,
            syn: self.syn.map(|(frame, _)| frame),
            syn_ack: self.syn_ack,
            ack: self.ack,
            took_ns: self.took_ns,
            round_trip_ns: self.took_ns.filter(|_| is_measure),
            server_round_trip_ns: answered_ns.filter(|_| is_measure).and_then(|ns| u64::try_from(ns).ok()),
            syn_retries: self.retries.clone(),
            refusal: self.refusal,
            icmp_error: self.icmp_error,
            client: self.options[client],
            server: self.options[1 - client],
        }
    }
}
