//! The TCP header. Its first 20 bytes are enough: a snap length may have cut the options.

use super::ip::Part;
use super::packets::Packet;
use crate::model::{Flags, SynOptions};
use etherparse::{TcpOptionElement, TcpOptionsIterator};
use std::net::SocketAddr;

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Wireshark's frame number.
    pub frame: u64,
    /// The frame's time, in nanoseconds since 1970.
    pub ns: i64,
    /// Who sent it.
    pub source: SocketAddr,
    /// Whom it was for.
    pub destination: SocketAddr,
    /// Its sequence number.
    pub seq: u32,
    /// Its acknowledgement number; counts if the flag says so.
    pub ack: u32,
    /// Its flags.
    pub flags: Flags,
    /// Its window, not scaled.
    pub window: u16,
    /// Its options, as far as they were captured.
    pub options: &'a [u8],
    /// What was captured of its payload.
    pub payload: &'a [u8],
    /// How long the payload was; `None` if there was not even room for the header.
    pub len: Option<u32>,
    /// Whether it came in fragments of IP.
    pub reassembled: bool,
}

impl Segment<'_> {
    /// What the options of a SYN say.
    pub fn syn_options(&self) -> SynOptions {
        let mut said = SynOptions {
            window: self.window,
            ..SynOptions::default()
        };
        for option in TcpOptionsIterator::from_slice(self.options).map_while(Result::ok) {
            match option {
                TcpOptionElement::MaximumSegmentSize(mss) => said.mss = Some(mss),
                // RFC 7323 section 2.3: a larger one counts as 14.
                TcpOptionElement::WindowScale(scale) => said.window_scale = Some(scale.min(14)),
                TcpOptionElement::SelectiveAcknowledgementPermitted => said.sack = true,
                TcpOptionElement::Timestamp(..) => said.timestamps = true,
                _ => {}
            }
        }
        said
    }
}

/// Reads the segment in a datagram's payload; `None` if its header was cut off.
pub(super) fn segment<'a>(packet: &Packet<'_>, part: &Part<'a>, reassembled: bool) -> Option<Segment<'a>> {
    let header = part.bytes.first_chunk::<20>()?;
    let u16_at = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let u32_at = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let header_len = usize::from(header[12] >> 4) * 4;
    let captured = part.bytes.len();
    let len = part.len.checked_sub(header_len).filter(|_| header_len >= 20);
    Some(Segment {
        frame: packet.number,
        ns: packet.ns,
        source: SocketAddr::new(part.source, u16_at(0)),
        destination: SocketAddr::new(part.destination, u16_at(2)),
        seq: u32_at(4),
        ack: u32_at(8),
        flags: Flags(header[13]),
        window: u16_at(14),
        options: &part.bytes[20..header_len.clamp(20, captured)],
        payload: match len {
            Some(_) => &part.bytes[header_len.min(captured)..],
            None => &[],
        },
        len: len.map(|len| u32::try_from(len).unwrap_or(u32::MAX)),
        reassembled,
    })
}
