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
mod tunnel;
mod zstd;

pub use error::Error;
pub(crate) use packets::{Packet, Packets};
pub(crate) use segment::Segment;

use super::model::{Args, Interface, Note, NoteKind};
use fragments::Fragments;
use ip::{Fragment, IpPayload};
use link::{Layer, LinkPayload};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tunnel::Inside;

/// How many frames a note names.
const NAMED_FRAMES: usize = 8;
/// Maximum depth of nested tunnels.
const TUNNELS: usize = 6;
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
    /// Number of frames of each protocol that is not TCP.
    others: BTreeMap<&'static str, u64>,
    /// Number of frames with a TCP segment in each protocol that carries others.
    carriers: BTreeMap<&'static str, u64>,
}

/// The content of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Decoded<'a> {
    Segment(Segment<'a>),
    Quoted(Quoted),
    Nothing,
}

/// A segment that an ICMP error quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted {
    /// Its sender, and the other endpoint.
    pub(crate) endpoints: [SocketAddr; 2],
    /// Its sequence number, as it is in the header.
    pub(crate) seq: u32,
    /// Whether the whole TCP header is quoted. Many systems quote no more than eight bytes of it (RFC 792).
    pub(crate) whole_header: bool,
    /// Type and code of the error, if it says that the segment did not arrive.
    pub(crate) error: Option<&'static str>,
}

impl Decoder {
    /// Decodes a packet. What is not TCP is counted by protocol.
    pub(crate) fn decode<'a>(&'a mut self, packet: &Packet<'a>, interfaces: &[Interface]) -> Decoded<'a> {
        let Some(interface) = interfaces.get(packet.interface) else {
            return Decoded::Nothing;
        };
        let mut layer = Layer::Link(interface.link_type);
        let (mut bytes, mut reported) = (packet.data, (packet.original_len as usize).max(packet.data.len()));
        let mut carrier = None;
        for _ in 0..TUNNELS {
            let network = match link::network(layer, bytes) {
                LinkPayload::Ip(at, name) => {
                    carrier = name.or(carrier);
                    at
                }
                LinkPayload::Other(name) => return self.count_other(name),
                LinkPayload::TooShort => return self.give_up(packet),
                LinkPayload::UnknownLink(link) => return self.count_unknown_link(link),
            };
            let (protocol, payload) = match ip::payload(&bytes[network..], reported.saturating_sub(network)) {
                ip::Datagram::Tcp(payload) => {
                    if let Some(name) = carrier {
                        *self.carriers.entry(name).or_default() += 1;
                    }
                    return self.segment(packet, &payload);
                }
                ip::Datagram::Fragment(fragment) => return self.fragment(packet, &fragment),
                ip::Datagram::Other(protocol, payload) => (protocol, payload),
                ip::Datagram::Broken => return self.give_up(packet),
            };
            let at = match tunnel::inside(protocol, payload.bytes) {
                Inside::Layer(inner, at, name) => {
                    (layer, carrier) = (inner, Some(name));
                    at
                }
                Inside::Quoted(at, error) => {
                    self.count_other("ICMP");
                    return quoted(packet, payload.bytes.get(at..).unwrap_or_default(), error);
                }
                Inside::Protocol(name) => return self.count_other(name),
                Inside::TooShort => return self.give_up(packet),
            };
            bytes = payload.bytes.get(at..).unwrap_or_default();
            reported = payload.len.saturating_sub(at);
        }
        self.count_other("too many tunnels")
    }

    fn segment<'a>(&mut self, packet: &Packet<'_>, payload: &IpPayload<'a>) -> Decoded<'a> {
        match segment::segment(packet, payload, false) {
            Some(segment) => Decoded::Segment(segment),
            None => self.give_up(packet),
        }
    }

    fn fragment(&mut self, packet: &Packet<'_>, fragment: &Fragment<'_>) -> Decoded<'_> {
        let payload = self.fragments.add(fragment, packet.number);
        let segment = payload.and_then(|payload| segment::segment(packet, &payload, true));
        segment.map_or(Decoded::Nothing, Decoded::Segment)
    }

    fn count_other(&mut self, name: &'static str) -> Decoded<'static> {
        *self.others.entry(name).or_default() += 1;
        Decoded::Nothing
    }

    fn count_unknown_link(&mut self, link: u32) -> Decoded<'static> {
        match self.unknown_links.iter().position(|(known, _)| *known == link) {
            Some(at) => self.unknown_links[at].1 += 1,
            None if self.unknown_links.len() < UNKNOWN_LINKS => self.unknown_links.push((link, 1)),
            None => {}
        }
        Decoded::Nothing
    }

    fn give_up(&mut self, packet: &Packet<'_>) -> Decoded<'static> {
        self.undecoded_count += 1;
        if self.undecoded.len() < NAMED_FRAMES {
            self.undecoded.push(packet.number);
        }
        Decoded::Nothing
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
        notes.extend(by_protocol(NoteKind::Encapsulated, &self.carriers));
        notes.extend(by_protocol(NoteKind::NotTcp, &self.others));
        notes.extend(self.unknown_links.iter().map(|(link, count)| Note {
            kind: NoteKind::LinkUnknown,
            args: Args::default().with("link", *link).with("count", *count),
            frames: Vec::new(),
        }));
        notes
    }
}

/// A note on frames, with the number of those of each protocol, the most first; `None` if there are none.
fn by_protocol(kind: NoteKind, counts: &BTreeMap<&'static str, u64>) -> Option<Note> {
    let mut protocols: Vec<_> = counts.iter().collect();
    protocols.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), **name));
    let protocols: Vec<String> = protocols
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    (!counts.is_empty()).then(|| Note {
        kind,
        args: Args::default()
            .with("count", counts.values().sum::<u64>())
            .with("protocols", protocols.join(", ")),
        frames: Vec::new(),
    })
}

/// Length of a TCP header without options.
const TCP_HEADER: usize = 20;

/// The TCP segment in a datagram that an ICMP error quotes.
fn quoted(packet: &Packet<'_>, datagram: &[u8], error: Option<&'static str>) -> Decoded<'static> {
    let reported = datagram.len().max(packet.original_len as usize);
    let ip::Datagram::Tcp(payload) = ip::payload(datagram, reported) else {
        return Decoded::Nothing;
    };
    let header = payload.bytes;
    match (
        link::u16_at(header, 0),
        link::u16_at(header, 2),
        link::u32_at(header, 4),
    ) {
        (Some(source), Some(destination), Some(seq)) => Decoded::Quoted(Quoted {
            endpoints: [
                SocketAddr::new(payload.source, source),
                SocketAddr::new(payload.destination, destination),
            ],
            seq,
            whole_header: header.len() >= TCP_HEADER,
            error,
        }),
        _ => Decoded::Nothing,
    }
}
