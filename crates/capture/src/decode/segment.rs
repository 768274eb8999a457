//! The TCP header (RFC 9293 section 3.1). The first 20 bytes are sufficient: the snap length may have cut the options.

use super::ip::IpPayload;
use super::packets::Packet;
use crate::model::{SynOptions, TcpFlags};
use etherparse::{TcpOptionElement, TcpOptionsIterator};
use std::net::SocketAddr;

/// Length of a TCP header without options.
const TCP_HEADER: usize = 20;
/// Largest window scale; a larger value counts as this one (RFC 7323 section 2.3).
const MAX_WINDOW_SCALE: u8 = 14;

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    /// Wireshark's frame number.
    pub(crate) frame: u64,
    /// Time of the frame, in nanoseconds since 1970.
    pub(crate) ns: i64,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    /// Sequence number.
    pub(crate) seq: u32,
    /// Acknowledgement number; valid if the ACK flag is set.
    pub(crate) ack: u32,
    pub(crate) flags: TcpFlags,
    /// Receive window, not scaled.
    pub(crate) window: u16,
    /// The captured part of the options.
    pub(crate) options: &'a [u8],
    /// The captured part of the payload.
    pub(crate) payload: &'a [u8],
    /// Length of the payload on the wire; `None` if the datagram is too short for its TCP header.
    pub(crate) len: Option<u32>,
    /// Whether the datagram was reassembled from IP fragments.
    pub(crate) reassembled: bool,
    /// IPv4 identification of the datagram.
    pub(crate) ip_id: Option<u16>,
}

impl Segment<'_> {
    /// The options of a SYN.
    pub(crate) fn syn_options(&self) -> SynOptions {
        let mut found = SynOptions {
            isn: self.seq,
            window: self.window,
            ..SynOptions::default()
        };
        for option in TcpOptionsIterator::from_slice(self.options).map_while(Result::ok) {
            match option {
                TcpOptionElement::MaximumSegmentSize(mss) => found.mss = Some(mss),
                TcpOptionElement::WindowScale(scale) => found.window_scale = Some(scale.min(MAX_WINDOW_SCALE)),
                TcpOptionElement::SelectiveAcknowledgementPermitted => found.sack = true,
                TcpOptionElement::Timestamp(..) => found.timestamps = true,
                _ => {}
            }
        }
        found
    }
}

/// Decodes the segment in a datagram's payload; `None` if its header is truncated.
pub(super) fn segment<'a>(packet: &Packet<'_>, payload: &IpPayload<'a>, reassembled: bool) -> Option<Segment<'a>> {
    let header = payload.bytes.first_chunk::<TCP_HEADER>()?;
    let u16_at = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let u32_at = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    // The data offset counts 32-bit words.
    let header_len = usize::from(header[12] >> 4) * 4;
    let captured = payload.bytes.len();
    let len = payload.len.checked_sub(header_len).filter(|_| header_len >= TCP_HEADER);
    Some(Segment {
        frame: packet.number,
        ns: packet.ns,
        source: SocketAddr::new(payload.source, u16_at(0)),
        destination: SocketAddr::new(payload.destination, u16_at(2)),
        seq: u32_at(4),
        ack: u32_at(8),
        flags: TcpFlags(header[13]),
        window: u16_at(14),
        options: &payload.bytes[TCP_HEADER..header_len.clamp(TCP_HEADER, captured)],
        payload: match len {
            Some(_) => &payload.bytes[header_len.min(captured)..],
            None => &[],
        },
        len: len.map(|len| u32::try_from(len).unwrap_or(u32::MAX)),
        reassembled,
        ip_id: payload.id,
    })
}
