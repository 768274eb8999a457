//! From a file to TCP segments: file format, link layer, IP, TCP header.
//!
//! Knows how bytes lie in a frame; knows nothing of streams, of what came before, or of HTTP. Every segment has the
//! number and the time that Wireshark gives its frame.

mod fragments;
mod ip;
mod link;
mod packets;
mod read_buffer;
mod segment;
mod source;

pub use packets::{Packet, Packets};
pub use segment::Segment;

use super::model::{Args, Interface, Note, NoteKind};
use fragments::Fragments;
use std::io;

/// What is taken for a capture, or is one in another format: how it begins, what it is, and what to do.
const OTHERS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a ZIP archive: take the capture out of it first"),
    (b"7z\xbc\xaf", "a 7z archive: take the capture out of it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed with Zstandard: `zstd -dc FILE | labserve explain -` reads it",
    ),
    (
        b"\xfd7zXZ\0",
        "compressed with xz: `xz -dc FILE | labserve explain -` reads it",
    ),
    (
        b"BZh",
        "compressed with bzip2: `bzip2 -dc FILE | labserve explain -` reads it",
    ),
    (
        b"\x04\"M\x18",
        "compressed with LZ4: `lz4 -dc FILE | labserve explain -` reads it",
    ),
    (
        b"snoop\0\0\0",
        "a capture in snoop's format: save it as pcapng in Wireshark",
    ),
    (b"GMBU", "a capture of Network Monitor: save it as pcapng in Wireshark"),
];

/// Why nothing at all can be read.
#[derive(Debug)]
pub enum Error {
    /// The file is empty.
    Empty,
    /// It is compressed with gzip, and not one byte can be had out of it.
    Packed,
    /// It begins as no capture does; its first bytes.
    NotACapture(Vec<u8>),
    /// It cannot be read.
    Read(io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Empty => f.write_str("it is empty; expected a capture in pcapng or pcap format"),
            Error::Packed => f.write_str("it is compressed with gzip, and damaged or cut off at its beginning"),
            Error::NotACapture(begin) => match OTHERS.iter().find(|(magic, _)| begin.starts_with(magic)) {
                Some((_, what)) => write!(f, "it is {what}"),
                None => {
                    let expected = "expected pcapng or pcap, maybe compressed with gzip";
                    write!(f, "it is no capture: {expected}; it begins with")?;
                    begin.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
                }
            },
            Error::Read(error) => write!(f, "cannot read it: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// Takes packets apart, and counts what it cannot.
#[derive(Debug, Default)]
pub struct Decoder {
    fragments: Fragments,
    undecoded: Vec<u64>,
    undecoded_count: u64,
    unknown_links: Vec<(u32, u64)>,
}

impl Decoder {
    /// The TCP segment in a packet, if there is one.
    pub fn segment<'a>(&'a mut self, packet: &Packet<'a>, interfaces: &[Interface]) -> Option<Segment<'a>> {
        let link = interfaces.get(packet.interface)?.link_type;
        let network = match link::network(link, packet.data) {
            link::Inside::Ip(at) => at,
            link::Inside::Other => return None,
            link::Inside::TooShort => return self.give_up(packet),
            link::Inside::UnknownLink => {
                match self.unknown_links.iter().position(|(known, _)| *known == link) {
                    Some(at) => self.unknown_links[at].1 += 1,
                    None if self.unknown_links.len() < 8 => self.unknown_links.push((link, 1)),
                    None => {}
                }
                return None;
            }
        };
        let reported = (packet.original_len as usize).max(packet.data.len()) - network;
        match ip::payload(&packet.data[network..], reported) {
            ip::Datagram::Tcp(part) => match segment::segment(packet, &part, false) {
                Some(segment) => Some(segment),
                None => self.give_up(packet),
            },
            ip::Datagram::Fragment(fragment) => {
                let part = self.fragments.add(&fragment, packet.number)?;
                segment::segment(packet, &part, true)
            }
            ip::Datagram::Other => None,
            ip::Datagram::Broken => self.give_up(packet),
        }
    }

    fn give_up(&mut self, packet: &Packet<'_>) -> Option<Segment<'static>> {
        self.undecoded_count += 1;
        if self.undecoded.len() < 8 {
            self.undecoded.push(packet.number);
        }
        None
    }

    /// What could not be taken apart.
    pub fn notes(&self) -> Vec<Note> {
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
