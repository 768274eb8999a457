//! IPv4 and IPv6 with extension headers: the payload of a datagram and its length. etherparse parses the headers.

use etherparse::{IpFragOffset, IpNumber, Ipv6ExtensionSlice, LaxIpSlice};
use std::net::IpAddr;

/// Length of the fixed IPv6 header, which the payload length does not include.
const IPV6_HEADER: usize = 40;

/// The payload of a datagram.
#[derive(Clone, Debug)]
pub(super) struct IpPayload<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    /// The captured bytes.
    pub(super) bytes: &'a [u8],
    /// Length on the wire.
    pub(super) len: usize,
    /// IPv4 identification; `None` for IPv6 and for a reassembled datagram.
    pub(super) id: Option<u16>,
}

/// A fragment of a datagram.
#[derive(Clone, Debug)]
pub(super) struct Fragment<'a> {
    pub(super) payload: IpPayload<'a>,
    pub(super) identification: u32,
    pub(super) offset: IpFragOffset,
    /// More Fragments flag.
    pub(super) more: bool,
    pub(super) protocol: IpNumber,
}

/// What a datagram carries.
#[derive(Clone, Debug)]
pub(super) enum Datagram<'a> {
    Tcp(IpPayload<'a>),
    /// A fragment. Its protocol is only reliable in IPv4, and in the first fragment in IPv6.
    Fragment(Fragment<'a>),
    /// Another protocol.
    Other(IpNumber, IpPayload<'a>),
    Broken,
}

/// Decodes a datagram of which `reported` bytes were on the wire.
pub(super) fn payload(bytes: &[u8], reported: usize) -> Datagram<'_> {
    let Ok((ip, stopped)) = LaxIpSlice::from_slice(bytes) else {
        return Datagram::Broken;
    };
    let inside = ip.payload().clone();
    let headers = inside.payload.as_ptr() as usize - bytes.as_ptr() as usize;
    // With TCP segmentation offload, the capture has a length of 0, which the network card fills in later.
    let declared = match &ip {
        LaxIpSlice::Ipv4(v4) => match v4.header().total_len() {
            0 => reported,
            len => usize::from(len),
        },
        LaxIpSlice::Ipv6(v6) => match v6.header().payload_length() {
            0 => reported,
            len => usize::from(len) + IPV6_HEADER,
        },
    };
    // Ethernet pads short frames, so the frame may be longer than the datagram.
    let len = declared.min(reported);
    if len < headers {
        return Datagram::Broken;
    }
    let payload = IpPayload {
        source: ip.source_addr(),
        destination: ip.destination_addr(),
        bytes: &inside.payload[..inside.payload.len().min(len - headers)],
        len: len - headers,
        id: match &ip {
            LaxIpSlice::Ipv4(v4) => Some(v4.header().identification()),
            LaxIpSlice::Ipv6(_) => None,
        },
    };
    if inside.fragmented {
        let protocol = inside.ip_number;
        return match fragment(&ip) {
            Some((identification, offset, more)) => Datagram::Fragment(Fragment {
                payload,
                identification,
                offset,
                more,
                protocol,
            }),
            None => Datagram::Broken,
        };
    }
    match inside.ip_number {
        IpNumber::TCP => Datagram::Tcp(payload),
        _ if stopped.is_some() => Datagram::Broken,
        protocol => Datagram::Other(protocol, payload),
    }
}

/// Identification, offset and More Fragments flag of a fragment.
fn fragment(ip: &LaxIpSlice<'_>) -> Option<(u32, IpFragOffset, bool)> {
    match ip {
        LaxIpSlice::Ipv4(v4) => {
            let header = v4.header();
            Some((
                header.identification().into(),
                header.fragments_offset(),
                header.more_fragments(),
            ))
        }
        LaxIpSlice::Ipv6(v6) => v6
            .extensions()
            .clone()
            .into_iter()
            .find_map(|extension| match extension {
                Ipv6ExtensionSlice::Fragment(f) => Some((f.identification(), f.fragment_offset(), f.more_fragments())),
                _ => None,
            }),
    }
}
