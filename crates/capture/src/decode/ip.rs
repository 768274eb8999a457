//! IPv4 and IPv6 with their extension headers, as etherparse reads them: whose payload it is, and how long it was.

use etherparse::{IpFragOffset, IpNumber, Ipv6ExtensionSlice, LaxIpSlice};
use std::net::IpAddr;

/// The payload of a datagram.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    /// What was captured of it.
    pub(super) bytes: &'a [u8],
    /// How long it was.
    pub(super) len: usize,
}

/// A part of a datagram's payload.
#[derive(Clone, Debug)]
pub(super) struct Fragment<'a> {
    pub(super) part: Part<'a>,
    pub(super) identification: u32,
    pub(super) offset: IpFragOffset,
    pub(super) more: bool,
    pub(super) protocol: IpNumber,
}

/// What a datagram carries.
#[derive(Clone, Debug)]
pub(super) enum Datagram<'a> {
    Tcp(Part<'a>),
    /// A fragment, of TCP if it is the first one of IPv6 or any of IPv4.
    Fragment(Fragment<'a>),
    Other,
    Broken,
}

/// Reads a datagram, of which `reported` bytes were on the wire.
pub(super) fn payload(bytes: &[u8], reported: usize) -> Datagram<'_> {
    let Ok((ip, stopped)) = LaxIpSlice::from_slice(bytes) else {
        return Datagram::Broken;
    };
    let inside = ip.payload().clone();
    let headers = inside.payload.as_ptr() as usize - bytes.as_ptr() as usize;
    // A length of 0 is left for the network card to fill in.
    let said = match &ip {
        LaxIpSlice::Ipv4(v4) => match v4.header().total_len() {
            0 => reported,
            len => usize::from(len),
        },
        LaxIpSlice::Ipv6(v6) => match v6.header().payload_length() {
            0 => reported,
            len => usize::from(len) + 40,
        },
    };
    let len = said.min(reported);
    if len < headers {
        return Datagram::Broken;
    }
    let part = Part {
        source: ip.source_addr(),
        destination: ip.destination_addr(),
        bytes: &inside.payload[..inside.payload.len().min(len - headers)],
        len: len - headers,
    };
    if inside.fragmented {
        let protocol = inside.ip_number;
        return match fragment(&ip) {
            Some((identification, offset, more)) => Datagram::Fragment(Fragment {
                part,
                identification,
                offset,
                more,
                protocol,
            }),
            None => Datagram::Broken,
        };
    }
    match inside.ip_number {
        IpNumber::TCP => Datagram::Tcp(part),
        _ if stopped.is_some() => Datagram::Broken,
        _ => Datagram::Other,
    }
}

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
