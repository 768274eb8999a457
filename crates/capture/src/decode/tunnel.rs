//! Protocols that carry frames or datagrams of others: what is inside, and where it begins.

use super::link::{Layer, u16_at};
use etherparse::IpNumber;

/// Length of a UDP header.
const UDP_HEADER: usize = 8;
/// Length of the headers of VXLAN and of the fixed part of GENEVE.
const OVERLAY_HEADER: usize = 8;
/// UDP ports of VXLAN: the registered one, and the one that Linux used before.
const VXLAN: [u16; 2] = [4789, 8472];
/// UDP port of VXLAN-GPE, which names the protocol inside.
const VXLAN_GPE: u16 = 4790;
/// UDP port of GENEVE (RFC 8926).
const GENEVE: u16 = 6081;

/// What the payload of an IP datagram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Another layer at this offset, in the protocol of this name.
    Layer(Layer, usize, &'static str),
    /// An ICMP error, which quotes a datagram at this offset. Its name, if it says that the datagram did not arrive.
    Quoted(usize, Option<&'static str>),
    /// Something else, with its name.
    Protocol(&'static str),
    /// The payload ends before that is known.
    TooShort,
}

/// Names of IP protocols that are not read.
const IP_PROTOCOLS: &[(u8, &str)] = &[
    (1, "ICMP"),
    (2, "IGMP"),
    (17, "UDP"),
    (50, "ESP"),
    (51, "AH"),
    (58, "ICMPv6"),
    (89, "OSPF"),
    (103, "PIM"),
    (112, "VRRP"),
    (132, "SCTP"),
];

/// Names of protocols over UDP, by port.
const UDP_PROTOCOLS: &[(u16, &str)] = &[
    (53, "DNS"),
    (67, "DHCP"),
    (68, "DHCP"),
    (123, "NTP"),
    (137, "NBNS"),
    (546, "DHCPv6"),
    (547, "DHCPv6"),
    (1900, "SSDP"),
    (5353, "mDNS"),
    (5355, "LLMNR"),
    (51820, "WireGuard"),
];

/// Finds what the payload of a datagram carries.
pub(super) fn inside(protocol: IpNumber, payload: &[u8]) -> Inside {
    match protocol.0 {
        1 => icmp(payload, |kind| matches!(kind, 3 | 4 | 5 | 11 | 12), icmp_error, "ICMP"),
        58 => icmp(payload, |kind| matches!(kind, 1..=4), icmpv6_error, "ICMPv6"),
        // IPv4 and IPv6 in IP (RFC 2003, RFC 4213).
        4 | 41 => Inside::Layer(Layer::Ip, 0, "IP"),
        47 => gre(payload),
        137 => Inside::Layer(Layer::Mpls, 0, "MPLS"),
        17 => udp(payload),
        number => {
            let known = IP_PROTOCOLS.iter().find(|(known, _)| *known == number);
            Inside::Protocol(known.map_or("another IP protocol", |(_, name)| name))
        }
    }
}

/// Finds the datagram that an ICMP error message quotes, after eight bytes.
fn icmp(
    payload: &[u8],
    is_error: fn(u8) -> bool,
    name_of: fn(u8, u8) -> Option<&'static str>,
    protocol: &'static str,
) -> Inside {
    match payload {
        [kind, code, ..] if is_error(*kind) && payload.len() > 8 => Inside::Quoted(8, name_of(*kind, *code)),
        _ => Inside::Protocol(protocol),
    }
}

/// The name of an ICMP error that says that a datagram did not arrive (RFC 792). A datagram that is too large for the
/// path is sent again in smaller pieces: that is none.
fn icmp_error(kind: u8, code: u8) -> Option<&'static str> {
    match (kind, code) {
        (3, 0) => Some("Destination unreachable (network unreachable)"),
        (3, 1) => Some("Destination unreachable (host unreachable)"),
        (3, 3) => Some("Destination unreachable (port unreachable)"),
        (3, 4) => None,
        (3, 9 | 10 | 13) => Some("Destination unreachable (administratively prohibited)"),
        (3, _) => Some("Destination unreachable"),
        (11, _) => Some("Time exceeded"),
        (12, _) => Some("Parameter problem"),
        _ => None,
    }
}

/// As [`icmp_error`], for ICMPv6 (RFC 4443 section 3).
fn icmpv6_error(kind: u8, code: u8) -> Option<&'static str> {
    match (kind, code) {
        (1, 0) => Some("Destination unreachable (no route)"),
        (1, 1) => Some("Destination unreachable (administratively prohibited)"),
        (1, 3) => Some("Destination unreachable (address unreachable)"),
        (1, 4) => Some("Destination unreachable (port unreachable)"),
        (1, _) => Some("Destination unreachable"),
        (3, _) => Some("Time exceeded"),
        (4, _) => Some("Parameter problem"),
        _ => None,
    }
}

fn udp(payload: &[u8]) -> Inside {
    let (Some(source), Some(destination)) = (u16_at(payload, 0), u16_at(payload, 2)) else {
        return Inside::TooShort;
    };
    let either = |port: u16| source == port || destination == port;
    let data = payload.get(UDP_HEADER..).unwrap_or_default();
    let inner = UDP_HEADER + OVERLAY_HEADER;
    match destination {
        port if VXLAN.contains(&port) => return Inside::Layer(Layer::Ethernet, inner, "VXLAN"),
        VXLAN_GPE => match data.get(3) {
            Some(1 | 2) => return Inside::Layer(Layer::Ip, inner, "VXLAN-GPE"),
            Some(3) => return Inside::Layer(Layer::Ethernet, inner, "VXLAN-GPE"),
            _ => return Inside::Protocol("VXLAN-GPE"),
        },
        GENEVE => return geneve(data),
        _ => {}
    }
    // A long header of QUIC has its two highest bits set, and a version (RFC 9000 section 17.2, RFC 9369).
    let has_version = matches!(data.get(1..5), Some([0, 0, 0, 1] | [0x6b, 0x33, 0x43, 0xcf]));
    let is_quic = data.first().is_some_and(|first| first & 0xc0 == 0xc0) && has_version;
    if is_quic || (either(443) && data.len() > 4) {
        return Inside::Protocol("QUIC");
    }
    let known = UDP_PROTOCOLS.iter().find(|(port, _)| either(*port));
    Inside::Protocol(known.map_or("UDP", |(_, name)| name))
}

/// GENEVE: the length of the options in words, and the EtherType of what is inside (RFC 8926 section 3.4).
fn geneve(data: &[u8]) -> Inside {
    match (data.first(), u16_at(data, 2)) {
        (Some(first), Some(kind)) => {
            let options = usize::from(first & 0x3f) * 4;
            Inside::Layer(Layer::EtherType(kind), UDP_HEADER + OVERLAY_HEADER + options, "GENEVE")
        }
        _ => Inside::TooShort,
    }
}

/// GRE (RFC 2784, RFC 2890), its version for PPTP (RFC 2637), and ERSPAN in it.
fn gre(payload: &[u8]) -> Inside {
    let (Some(flags), Some(kind)) = (u16_at(payload, 0), u16_at(payload, 2)) else {
        return Inside::TooShort;
    };
    let optional = |bit: u16| if flags & bit != 0 { 4 } else { 0 };
    let header = match flags & 0x7 {
        // Checksum and reserved word, key, sequence number.
        0 => 4 + if flags & 0xc000 != 0 { 4 } else { 0 } + optional(0x2000) + optional(0x1000),
        // Key, sequence number, acknowledgement number.
        1 => 8 + optional(0x1000) + optional(0x0080),
        _ => return Inside::Protocol("GRE"),
    };
    match kind {
        0x880b => Inside::Layer(Layer::Ppp, header, "GRE"),
        // ERSPAN type II adds a header if there is a sequence number; type I adds none.
        0x88be => Inside::Layer(
            Layer::Ethernet,
            header + if flags & 0x1000 != 0 { 8 } else { 0 },
            "ERSPAN",
        ),
        // ERSPAN type III: 12 bytes, and 8 more if its last bit is set.
        0x22eb => {
            let more = payload.get(header + 11).is_some_and(|byte| byte & 1 != 0);
            Inside::Layer(Layer::Ethernet, header + if more { 20 } else { 12 }, "ERSPAN")
        }
        kind => Inside::Layer(Layer::EtherType(kind), header, "GRE"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_is_found_in_every_tunnel() {
        let udp = |port: u16, data: &[u8]| [&[0x99, 0x99], &port.to_be_bytes()[..], &[0; 4], data].concat();
        for (protocol, payload, want) in [
            (4, vec![0x45], Inside::Layer(Layer::Ip, 0, "IP")),
            (41, vec![0x60], Inside::Layer(Layer::Ip, 0, "IP")),
            (47, vec![0, 0, 8, 0], Inside::Layer(Layer::EtherType(0x0800), 4, "GRE")),
            (
                47,
                vec![0x30, 0, 0x65, 0x58],
                Inside::Layer(Layer::EtherType(0x6558), 12, "GRE"),
            ),
            (
                47,
                vec![0x10, 0, 0x88, 0xbe],
                Inside::Layer(Layer::Ethernet, 16, "ERSPAN"),
            ),
            (47, vec![0, 0, 0x88, 0xbe], Inside::Layer(Layer::Ethernet, 4, "ERSPAN")),
            (
                47,
                vec![0x10, 0, 0x22, 0xeb],
                Inside::Layer(Layer::Ethernet, 20, "ERSPAN"),
            ),
            (47, vec![0x30, 0x81, 0x88, 0x0b], Inside::Layer(Layer::Ppp, 16, "GRE")),
            (47, vec![0], Inside::TooShort),
            (
                17,
                udp(4789, &[8, 0, 0, 0, 0, 0, 7, 0]),
                Inside::Layer(Layer::Ethernet, 16, "VXLAN"),
            ),
            (17, udp(8472, &[]), Inside::Layer(Layer::Ethernet, 16, "VXLAN")),
            (17, udp(4790, &[12, 0, 0, 2]), Inside::Layer(Layer::Ip, 16, "VXLAN-GPE")),
            (
                17,
                udp(6081, &[2, 0, 0x65, 0x58]),
                Inside::Layer(Layer::EtherType(0x6558), 24, "GENEVE"),
            ),
            (17, udp(443, &[0x40; 9]), Inside::Protocol("QUIC")),
            (17, udp(4433, &[0xc3, 0, 0, 0, 1, 8]), Inside::Protocol("QUIC")),
            (17, udp(53, &[]), Inside::Protocol("DNS")),
            (17, udp(9, &[]), Inside::Protocol("UDP")),
            (
                1,
                [vec![3, 1], vec![0; 28]].concat(),
                Inside::Quoted(8, Some("Destination unreachable (host unreachable)")),
            ),
            // Fragmentation needed, and Redirect.
            (1, [vec![3, 4], vec![0; 28]].concat(), Inside::Quoted(8, None)),
            (1, vec![5; 30], Inside::Quoted(8, None)),
            (1, vec![8; 30], Inside::Protocol("ICMP")),
            (
                58,
                vec![1; 30],
                Inside::Quoted(8, Some("Destination unreachable (administratively prohibited)")),
            ),
            // Packet too big.
            (58, [vec![2, 0], vec![0; 28]].concat(), Inside::Quoted(8, None)),
            (50, vec![], Inside::Protocol("ESP")),
            (200, vec![], Inside::Protocol("another IP protocol")),
        ] {
            assert_eq!(inside(IpNumber(protocol), &payload), want, "{protocol} {payload:?}");
        }
    }
}
