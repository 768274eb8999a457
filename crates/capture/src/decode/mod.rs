//! From a file to TCP segments: file format, link layer, IP, TCP header.
//!
//! Each frame is decoded on its own: nothing here tracks streams or reads HTTP. A segment has the number and the time
//! that Wireshark shows for its frame.

mod error;
mod fragments;
mod ip;
mod link;
mod packets;
mod read_buffer;
mod records;
mod segment;
mod source;

pub use error::Error;
pub(crate) use packets::{Packet, Packets};
pub(crate) use segment::Segment;

use super::model::{Args, Interface, Note, NoteKind};
use fragments::Fragments;
use link::LinkPayload;

/// How many frames a note names.
const NAMED_FRAMES: usize = 8;
/// How many unknown link types are reported.
const UNKNOWN_LINKS: usize = 8;

/// Decodes packets and counts those that it cannot decode.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    fragments: Fragments,
    undecoded: Vec<u64>,
    undecoded_count: u64,
    /// Link types that are not supported, each with its number of frames.
    unknown_links: Vec<(u32, u64)>,
}

impl Decoder {
    /// The TCP segment in a packet, if there is one.
    pub(crate) fn segment<'a>(&'a mut self, packet: &Packet<'a>, interfaces: &[Interface]) -> Option<Segment<'a>> {
        let link = interfaces.get(packet.interface)?.link_type;
        let network = match link::network(link, packet.data) {
            LinkPayload::Ip(at) => at,
            LinkPayload::Other => return None,
            LinkPayload::TooShort => return self.give_up(packet),
            LinkPayload::UnknownLink => {
                self.count_unknown_link(link);
                return None;
            }
        };
        let reported = (packet.original_len as usize).max(packet.data.len()) - network;
        match ip::payload(&packet.data[network..], reported) {
            ip::Datagram::Tcp(payload) => match segment::segment(packet, &payload, false) {
                Some(segment) => Some(segment),
                None => self.give_up(packet),
            },
            ip::Datagram::Fragment(fragment) => {
                let payload = self.fragments.add(&fragment, packet.number)?;
                segment::segment(packet, &payload, true)
            }
            ip::Datagram::Other => None,
            ip::Datagram::Broken => self.give_up(packet),
        }
    }

    fn count_unknown_link(&mut self, link: u32) {
        match self.unknown_links.iter().position(|(known, _)| *known == link) {
            Some(at) => self.unknown_links[at].1 += 1,
            None if self.unknown_links.len() < UNKNOWN_LINKS => self.unknown_links.push((link, 1)),
            None => {}
        }
    }

    fn give_up(&mut self, packet: &Packet<'_>) -> Option<Segment<'static>> {
        self.undecoded_count += 1;
        if self.undecoded.len() < NAMED_FRAMES {
            self.undecoded.push(packet.number);
        }
        None
    }

    /// What could not be decoded.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let mut notes = self.fragments.notes();
        if self.undecoded_count > 0 {
            notes.push(Note {
                kind: NoteKind::Undecoded,
                args: Args::default().with("count", self.undecoded_count),
                frames: self.undecoded.clone(),
            });
        }
        notes.extend(self.unknown_links.iter().map(|(link, count)| Note {
            kind: NoteKind::LinkUnknown,
            args: Args::default().with("link", *link).with("count", *count),
            frames: Vec::new(),
        }));
        notes
    }
}
