//! The opening of a connection, frame by frame.

use crate::decode::Segment;
use crate::model::{Handshake, HandshakeOutcome, SynOptions};

/// What has been seen of an opening.
#[derive(Debug, Default)]
pub(super) struct Opening {
    syn: Option<(u64, i64)>,
    /// Frame and time of the latest SYN.
    last_syn: Option<u64>,
    retries: Vec<u64>,
    syn_ack: Option<u64>,
    ack: Option<u64>,
    took_ns: Option<u64>,
    refusal: Option<u64>,
    /// By direction.
    options: [Option<SynOptions>; 2],
    /// The end that sent SYN, or was sent SYN/ACK.
    client: Option<usize>,
}

/// How many repeated SYNs are listed.
const RETRIES: usize = 16;

impl Opening {
    pub(super) fn see(&mut self, segment: &Segment<'_>, from: usize) {
        let flags = segment.flags;
        match (flags.syn(), flags.ack()) {
            (true, false) => {
                match self.syn {
                    Some(_) if self.retries.len() < RETRIES => self.retries.push(segment.frame),
                    Some(_) => {}
                    None => self.syn = Some((segment.frame, segment.ns)),
                }
                self.last_syn = Some(segment.frame);
                self.options[from].get_or_insert_with(|| segment.syn_options());
                self.client.get_or_insert(from);
            }
            (true, true) => {
                self.syn_ack = Some(segment.frame);
                self.options[from] = Some(segment.syn_options());
                self.client.get_or_insert(1 - from);
            }
            (false, true) if self.awaits_ack(from) && !flags.rst() => {
                self.ack = Some(segment.frame);
                let since = self.syn.map(|(_, ns)| segment.ns.saturating_sub(ns));
                self.took_ns = since.and_then(|ns| u64::try_from(ns).ok());
            }
            _ => {}
        }
        if flags.rst() && self.syn.is_some() && self.syn_ack.is_none() && self.client == Some(1 - from) {
            self.refusal.get_or_insert(segment.frame);
        }
    }

    fn awaits_ack(&self, from: usize) -> bool {
        self.syn_ack.is_some() && self.ack.is_none() && self.client == Some(from)
    }

    /// The end that opened it, if that was seen.
    pub(super) fn client(&self) -> Option<usize> {
        self.client
    }

    /// Whether it was refused, or is still under way.
    pub(super) fn is_not_open(&self) -> bool {
        self.syn.is_some() && self.syn_ack.is_none()
    }

    /// The scale of the window of the end `from`; `None` if it is not known.
    pub(super) fn scale(&self, from: usize) -> Option<u8> {
        let [a, b] = &self.options;
        match (a, b) {
            (Some(a), Some(b)) if a.window_scale.is_some() && b.window_scale.is_some() => [a, b][from].window_scale,
            _ => None,
        }
    }

    /// The frame of the last SYN, for what answers it.
    pub(super) fn last_syn(&self) -> Option<u64> {
        self.last_syn
    }

    /// What there was, once it is known which end is the client. `more` says whether anything else was sent.
    pub(super) fn finish(&self, client: usize, more: bool) -> Handshake {
        let outcome = match (self.syn, self.syn_ack, self.ack) {
            (None, None, _) => HandshakeOutcome::NotCaptured,
            (_, Some(_), Some(_)) => HandshakeOutcome::Complete,
            (_, Some(_), None) => HandshakeOutcome::Unfinished,
            _ if self.refusal.is_some() => HandshakeOutcome::Refused,
            (Some(_), None, _) if more => HandshakeOutcome::Unfinished,
            _ => HandshakeOutcome::Unanswered,
        };
        Handshake {
            outcome,
            syn: self.syn.map(|(frame, _)| frame),
            syn_ack: self.syn_ack,
            ack: self.ack,
            took_ns: self.took_ns,
            syn_retries: self.retries.clone(),
            refusal: self.refusal,
            client: self.options[client],
            server: self.options[1 - client],
        }
    }
}
