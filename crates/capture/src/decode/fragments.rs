//! Reassembly of IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5). The number of incomplete datagrams is
//! bounded; the oldest is dropped first.

use super::NAMED_FRAMES;
use super::ip::{Fragment, IpPayload};
use crate::model::{Args, Note, NoteKind};
use etherparse::IpNumber;
use etherparse::defrag::IpDefragBuf;
use std::net::IpAddr;

/// Maximum number of incomplete datagrams. Each takes at most 64 KiB.
const PENDING: usize = 64;
/// Maximum number of frames that are remembered for one datagram.
const FRAMES_OF_DATAGRAM: usize = 64;

/// What the fragments of one datagram have in common.
#[derive(PartialEq, Eq, Debug)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: IpNumber,
}

/// A datagram of which fragments are missing.
#[derive(Debug)]
struct Incomplete {
    key: Key,
    buffer: IpDefragBuf,
    frames: Vec<u64>,
}

/// Incomplete datagrams, and counts for the notes.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    /// The oldest first.
    pending: Vec<Incomplete>,
    /// The payload that was completed last.
    complete: Vec<u8>,
    joined: u64,
    joined_frames: Vec<u64>,
    given_up: u64,
    given_up_frames: Vec<u64>,
}

impl Fragments {
    /// Adds the fragment in frame `number`. Returns the whole payload if this was the last missing fragment and the
    /// datagram carries TCP.
    pub(super) fn add(&mut self, fragment: &Fragment<'_>, number: u64) -> Option<IpPayload<'_>> {
        // A fragment that the snap length truncated cannot be completed.
        if fragment.payload.bytes.len() < fragment.payload.len {
            self.give_up(&[number]);
            return None;
        }
        let at = self.find_or_insert(fragment);
        let Incomplete { buffer, frames, .. } = &mut self.pending[at];
        if frames.len() < FRAMES_OF_DATAGRAM {
            frames.push(number);
        }
        if buffer
            .add(fragment.offset, fragment.more, fragment.payload.bytes)
            .is_err()
        {
            let datagram = self.pending.remove(at);
            self.give_up(&datagram.frames);
            return None;
        }
        if !buffer.is_complete() {
            return None;
        }
        let Incomplete { buffer, frames, .. } = self.pending.remove(at);
        self.joined += 1;
        name(&mut self.joined_frames, &frames);
        if fragment.protocol != IpNumber::TCP {
            return None;
        }
        self.complete = buffer.take_bufs().0;
        Some(IpPayload {
            source: fragment.payload.source,
            destination: fragment.payload.destination,
            bytes: &self.complete,
            len: self.complete.len(),
            id: None,
        })
    }

    /// Index of the datagram that a fragment belongs to.
    fn find_or_insert(&mut self, fragment: &Fragment<'_>) -> usize {
        let key = Key {
            source: fragment.payload.source,
            destination: fragment.payload.destination,
            identification: fragment.identification,
            protocol: fragment.protocol,
        };
        if let Some(at) = self.pending.iter().position(|datagram| datagram.key == key) {
            return at;
        }
        if self.pending.len() == PENDING {
            let oldest = self.pending.remove(0);
            self.give_up(&oldest.frames);
        }
        self.pending.push(Incomplete {
            key,
            buffer: IpDefragBuf::new(fragment.protocol, Vec::new(), Vec::new()),
            frames: Vec::new(),
        });
        self.pending.len() - 1
    }

    fn give_up(&mut self, frames: &[u64]) {
        self.given_up += frames.len() as u64;
        name(&mut self.given_up_frames, frames);
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let waiting: Vec<u64> = self
            .pending
            .iter()
            .flat_map(|datagram| datagram.frames.iter().copied())
            .collect();
        let missing = self.given_up + waiting.len() as u64;
        let mut notes = Vec::new();
        if self.joined > 0 {
            notes.push(Note {
                kind: NoteKind::FragmentsJoined,
                args: Args::default().with("count", self.joined),
                frames: self.joined_frames.clone(),
            });
        }
        if missing > 0 {
            let frames = self.given_up_frames.iter().copied().chain(waiting);
            notes.push(Note {
                kind: NoteKind::FragmentsMissing,
                args: Args::default().with("count", missing),
                frames: frames.take(NAMED_FRAMES).collect(),
            });
        }
        notes
    }
}

/// Adds frames to those that a note names, up to the limit.
fn name(named: &mut Vec<u64>, frames: &[u64]) {
    named.extend(frames.iter().take(NAMED_FRAMES.saturating_sub(named.len())));
}
