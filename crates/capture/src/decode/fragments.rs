//! Puts IP fragments together, a bounded number at a time; the oldest gives way.

use super::ip::{Fragment, Part};
use crate::model::{Args, Note, NoteKind};
use etherparse::IpNumber;
use etherparse::defrag::IpDefragBuf;
use std::net::IpAddr;

/// How many datagrams may be incomplete at a time: at most 64 KiB each.
const PENDING: usize = 64;

#[derive(PartialEq, Eq, Debug)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: IpNumber,
}

/// The datagrams that are not complete.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    pending: Vec<(Key, IpDefragBuf, Vec<u64>)>,
    complete: Vec<u8>,
    joined: u64,
    joined_frames: Vec<u64>,
    given_up: u64,
    given_up_frames: Vec<u64>,
}

impl Fragments {
    /// Adds a fragment of frame `number`; the whole payload, if it was the last one missing and carries TCP.
    pub(super) fn add(&mut self, fragment: &Fragment<'_>, number: u64) -> Option<Part<'_>> {
        // What the snap length has cut cannot be put together.
        if fragment.part.bytes.len() < fragment.part.len {
            self.give_up(&[number]);
            return None;
        }
        let key = Key {
            source: fragment.part.source,
            destination: fragment.part.destination,
            identification: fragment.identification,
            protocol: fragment.protocol,
        };
        let at = match self.pending.iter().position(|(known, ..)| *known == key) {
            Some(at) => at,
            None => {
                if self.pending.len() == PENDING {
                    let (_, _, frames) = self.pending.remove(0);
                    self.give_up(&frames);
                }
                let buffer = IpDefragBuf::new(fragment.protocol, Vec::new(), Vec::new());
                self.pending.push((key, buffer, Vec::new()));
                self.pending.len() - 1
            }
        };
        let (_, buffer, frames) = &mut self.pending[at];
        if frames.len() < 64 {
            frames.push(number);
        }
        if buffer.add(fragment.offset, fragment.more, fragment.part.bytes).is_err() {
            let (_, _, frames) = self.pending.remove(at);
            self.give_up(&frames);
            return None;
        }
        if !buffer.is_complete() {
            return None;
        }
        let (_, buffer, frames) = self.pending.remove(at);
        self.joined += 1;
        self.joined_frames
            .extend(frames.iter().take(8 - self.joined_frames.len().min(8)));
        if fragment.protocol != IpNumber::TCP {
            return None;
        }
        self.complete = buffer.take_bufs().0;
        Some(Part {
            source: fragment.part.source,
            destination: fragment.part.destination,
            bytes: &self.complete,
            len: self.complete.len(),
        })
    }

    fn give_up(&mut self, frames: &[u64]) {
        self.given_up += frames.len() as u64;
        self.given_up_frames
            .extend(frames.iter().take(8 - self.given_up_frames.len().min(8)));
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let waiting: Vec<u64> = self
            .pending
            .iter()
            .flat_map(|(_, _, frames)| frames.iter().copied())
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
            notes.push(Note {
                kind: NoteKind::FragmentsMissing,
                args: Args::default().with("count", missing),
                frames: self.given_up_frames.iter().copied().chain(waiting).take(8).collect(),
            });
        }
        notes
    }
}
