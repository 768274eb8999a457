//! The layers from a frame to its IP datagram: link layers, tags, labels. Each step reads one header.

/// A header, and what can follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// A frame of a link type, a number of the registry of the pcap formats.
    Link(u32),
    Ethernet,
    /// What an EtherType names.
    EtherType(u16),
    /// IEEE 802.2, optionally with SNAP.
    Llc,
    /// The protocol field of PPP (RFC 1661), optionally after address and control.
    Ppp,
    Mpls,
    Ip,
}

impl Layer {
    /// The name of a protocol that carries the frames or datagrams of others, unlike a tag.
    fn carrier(self) -> Option<&'static str> {
        match self {
            Self::Mpls => Some("MPLS"),
            Self::EtherType(PPPOE) => Some("PPPoE"),
            _ => None,
        }
    }
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkPayload {
    /// An IP datagram at this offset, and the name of the protocol that carries it, if it is not the link layer.
    Ip(usize, Option<&'static str>),
    /// Another protocol, with its name.
    Other(&'static str),
    /// The frame ends before its protocol is known.
    TooShort,
    /// The link type is not supported.
    UnknownLink(u32),
}

/// The outcome of one step.
enum Step {
    /// The next layer, at this offset.
    Next(Layer, usize),
    End(LinkPayload),
}

/// Maximum number of headers that are followed in one frame, which bounds the work for a malformed frame.
const LAYERS: usize = 16;
/// EtherTypes of VLAN tags (IEEE 802.1Q, 802.1ad, and older vendor values).
const VLAN: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
/// EtherType of a PPPoE session.
const PPPOE: u16 = 0x8864;
/// Names of EtherTypes that are not read.
const ETHER_TYPES: &[(u16, &str)] = &[
    (0x0806, "ARP"),
    (0x8035, "RARP"),
    (0x8100, "VLAN"),
    (0x8808, "Ethernet flow control"),
    (0x8809, "LACP"),
    (0x8863, "PPPoE discovery"),
    (0x888e, "EAPOL"),
    (0x88cc, "LLDP"),
    (0x88e5, "MACsec (encrypted)"),
    (0x893a, "IEEE 1905"),
];

/// Finds the datagram below a layer.
pub(super) fn network(layer: Layer, frame: &[u8]) -> LinkPayload {
    let mut at = 0;
    let mut layer = layer;
    let mut carrier = None;
    for _ in 0..LAYERS {
        let bytes = frame.get(at..).unwrap_or_default();
        carrier = layer.carrier().or(carrier);
        match step(layer, bytes) {
            Some(Step::Next(next, offset)) => (layer, at) = (next, at + offset),
            Some(Step::End(LinkPayload::Ip(..))) => return LinkPayload::Ip(at, carrier),
            Some(Step::End(end)) => return end,
            None => return LinkPayload::TooShort,
        }
    }
    LinkPayload::Other("too many headers")
}

/// Reads one header; `None` if it is not whole.
fn step(layer: Layer, bytes: &[u8]) -> Option<Step> {
    let next = |layer, offset| Some(Step::Next(layer, offset));
    match layer {
        Layer::Link(link_type) => link(link_type, bytes),
        Layer::Ethernet => match u16_at(bytes, 12)? {
            // A length, not a type (IEEE 802.3).
            0..=1500 => next(Layer::Llc, 14),
            kind => next(Layer::EtherType(kind), 14),
        },
        Layer::EtherType(kind) => ether_type(kind, bytes),
        Layer::Llc => match bytes.get(..3)? {
            [0xaa, 0xaa, 3] => next(Layer::EtherType(u16_at(bytes, 6)?), 8),
            [0x06, 0x06, 3] => next(Layer::Ip, 3),
            [0x42, 0x42, _] => other("STP"),
            _ => other("LLC"),
        },
        Layer::Ppp => ppp(bytes),
        Layer::Mpls => mpls(bytes),
        Layer::Ip => match bytes.first()? >> 4 {
            4 | 6 => Some(Step::End(LinkPayload::Ip(0, None))),
            _ => other("neither IPv4 nor IPv6"),
        },
    }
}

fn other(name: &'static str) -> Option<Step> {
    Some(Step::End(LinkPayload::Other(name)))
}

fn link(link_type: u32, bytes: &[u8]) -> Option<Step> {
    let next = |layer, offset| Some(Step::Next(layer, offset));
    match link_type {
        // NULL and LOOP.
        0 => address_family(bytes, u32::from_le_bytes),
        108 => address_family(bytes, u32::from_be_bytes),
        1 => next(Layer::Ethernet, 0),
        // PPP, PPP in HDLC framing, PPP with direction.
        9 => next(Layer::Ppp, 0),
        // Cisco HDLC, which PPP_HDLC may hold too: address, control, EtherType.
        50 | 104 if matches!(bytes.first()?, 0x0f | 0x8f) => next(Layer::EtherType(u16_at(bytes, 2)?), 4),
        50 => next(Layer::Ppp, 0),
        51 => next(Layer::EtherType(PPPOE), 0),
        166 | 204 => next(Layer::Ppp, 1),
        // RAW under its various numbers, IPv4, IPv6.
        12 | 14 | 101 | 228 | 229 => next(Layer::Ip, 0),
        105 => ieee80211(bytes),
        // Linux cooked capture: v1, and v2 with the protocol first. Small values are frame types.
        113 => cooked(u16_at(bytes, 14)?, 16),
        276 => cooked(u16_at(bytes, 0)?, 20),
        // Radiotap: version, padding, length.
        127 => next(
            Layer::Link(105),
            usize::from(u16::from_le_bytes([*bytes.get(2)?, *bytes.get(3)?])),
        ),
        // PPI: version, flags, length, link type.
        192 => next(
            Layer::Link(u32_le(bytes, 4)?),
            usize::from(u16::from_le_bytes([*bytes.get(2)?, *bytes.get(3)?])),
        ),
        239 => nflog(bytes),
        // PKTAP, also under its older number: length, record type, link type.
        149 | 258 => next(
            Layer::Link(u32_le(bytes, 8)?),
            u32_le(bytes, 0)?.clamp(12, 0xffff) as usize,
        ),
        _ => Some(Step::End(LinkPayload::UnknownLink(link_type))),
    }
}

/// Reads the four-byte address family of NULL and LOOP. NULL has the byte order of the machine that captured it, so a
/// value that is too large is read in the other order.
fn address_family(bytes: &[u8], order: fn([u8; 4]) -> u32) -> Option<Step> {
    let family = order(*bytes.first_chunk::<4>()?);
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    match family {
        // AF_INET is 2; AF_INET6 is 10 on Linux and 24, 28 or 30 on BSD and macOS.
        2 | 10 | 24 | 28 | 30 => Some(Step::Next(Layer::Ip, 4)),
        _ => other("another address family"),
    }
}

fn ether_type(kind: u16, bytes: &[u8]) -> Option<Step> {
    let next = |layer, offset| Some(Step::Next(layer, offset));
    match kind {
        0x0800 | 0x86dd => next(Layer::Ip, 0),
        // Two bytes of control information, and the EtherType of what follows.
        kind if VLAN.contains(&kind) => next(Layer::EtherType(u16_at(bytes, 2)?), 4),
        0x6558 => next(Layer::Ethernet, 0),
        0x8847 | 0x8848 => next(Layer::Mpls, 0),
        // PPPoE session: version and type, code, session, length (RFC 2516 section 4).
        PPPOE => next(Layer::Ppp, 6),
        0x880b => next(Layer::Ppp, 0),
        _ => {
            let known = ETHER_TYPES.iter().find(|(known, _)| *known == kind);
            other(known.map_or("another EtherType", |(_, name)| name))
        }
    }
}

/// The protocol of a Linux cooked capture: an EtherType, or a small number for IEEE 802 frames.
fn cooked(kind: u16, header: usize) -> Option<Step> {
    match kind {
        4 => Some(Step::Next(Layer::Llc, header)),
        0..=1500 => other("another protocol in a cooked capture"),
        kind => Some(Step::Next(Layer::EtherType(kind), header)),
    }
}

/// PPP: address and control may be left out, and the protocol is one byte if that is odd (RFC 1661 sections 2 and 6).
fn ppp(bytes: &[u8]) -> Option<Step> {
    let address = if bytes.starts_with(&[0xff, 3]) { 2 } else { 0 };
    let first = u16::from(*bytes.get(address)?);
    let (protocol, len) = match first & 1 {
        1 => (first, 1),
        _ => (u16_at(bytes, address)?, 2),
    };
    match protocol {
        0x0021 | 0x0057 => Some(Step::Next(Layer::Ip, address + len)),
        0x0281 | 0x0283 => Some(Step::Next(Layer::Mpls, address + len)),
        _ => other("PPP control"),
    }
}

/// A stack of labels (RFC 3032). The first four bits after it identify IP by its version. Anything else is Ethernet,
/// after a control word if these bits are 0 (RFC 4385).
fn mpls(bytes: &[u8]) -> Option<Step> {
    let labels = bytes.chunks_exact(4).position(|label| label[2] & 1 != 0)?;
    let at = (labels + 1) * 4;
    Some(match bytes.get(at)? >> 4 {
        4 | 6 => Step::Next(Layer::Ip, at),
        0 => Step::Next(Layer::Ethernet, at + 4),
        _ => Step::Next(Layer::Ethernet, at),
    })
}

/// IEEE 802.11: only data frames that are not encrypted carry something readable.
fn ieee80211(bytes: &[u8]) -> Option<Step> {
    let (control, flags) = (*bytes.first()?, *bytes.get(1)?);
    if (control >> 2) & 3 != 2 {
        return other("802.11 management and control");
    }
    if flags & 0x40 != 0 {
        return other("802.11 data (encrypted)");
    }
    // Subtypes with this bit have no data.
    if control & 0x40 != 0 {
        return other("802.11 data without payload");
    }
    let qos = control & 0x80 != 0;
    let four_addresses = flags & 3 == 3;
    let high_throughput = qos && flags & 0x80 != 0;
    let header =
        24 + if four_addresses { 6 } else { 0 } + if qos { 2 } else { 0 } + if high_throughput { 4 } else { 0 };
    Some(Step::Next(Layer::Llc, header))
}

/// Linux netfilter log: a family, and attributes, of which one is the datagram. Numbers have the byte order of the
/// machine that captured it, which is nearly always little-endian.
fn nflog(bytes: &[u8]) -> Option<Step> {
    const PAYLOAD: u16 = 9;
    let mut at = 4;
    for _ in 0..LAYERS * 2 {
        let attribute = bytes.get(at..at + 4)?;
        let len = usize::from(u16::from_le_bytes([attribute[0], attribute[1]]));
        let kind = u16::from_le_bytes([attribute[2], attribute[3]]);
        if kind & 0x7fff == PAYLOAD {
            return Some(Step::Next(Layer::Ip, at + 4));
        }
        at += len.max(4).next_multiple_of(4);
    }
    other("NFLOG")
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk::<4>()
        .map(|word| u32::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_found_after_every_link_header() {
        const IPV4: u16 = 0x0800;
        let ethernet = |types: &[u16]| {
            let mut frame = vec![0; 12];
            for (i, kind) in types.iter().enumerate() {
                frame.extend(kind.to_be_bytes());
                if i + 1 < types.len() {
                    frame.extend([0, 7]);
                }
            }
            frame.push(0x45);
            frame
        };
        let with = |head: &[u8], len: usize, first: u8| {
            let mut frame = head.to_vec();
            frame.resize(len, 0);
            frame.push(first);
            frame
        };
        let after = |head: Vec<u8>, rest: &[u8]| [&head[..head.len() - 1], rest, &[0x45]].concat();
        let snap: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        let radiotap = |frame: &[u8]| [&[0, 0, 8, 0, 0, 0, 0, 0][..], frame].concat();
        let data80211 = |control: &[u8], len: usize| [&with(control, len - 1, 0)[..], &snap, &[0x45]].concat();
        use LinkPayload::{Other, TooShort, UnknownLink};
        let ip = |at| LinkPayload::Ip(at, None);
        let within = |at, carrier| LinkPayload::Ip(at, Some(carrier));
        for (link, frame, want) in [
            (1, ethernet(&[IPV4]), ip(14)),
            (1, ethernet(&[0x8100, IPV4]), ip(18)),
            (1, ethernet(&[0x88a8, 0x8100, IPV4]), ip(22)),
            (1, ethernet(&[0x0806]), Other("ARP")),
            (1, ethernet(&[0x1234]), Other("another EtherType")),
            (1, vec![0; 13], TooShort),
            (1, after(ethernet(&[60]), &snap), ip(22)),
            (1, after(ethernet(&[60]), &[0x42, 0x42, 3]), Other("STP")),
            (1, after(ethernet(&[0x8847]), &[0, 6, 0x41, 0x40]), within(18, "MPLS")),
            (
                1,
                after(ethernet(&[0x8847]), &[0, 6, 0x40, 0x40, 0, 7, 1, 64]),
                within(22, "MPLS"),
            ),
            (
                1,
                after(
                    ethernet(&[0x8847]),
                    &[&[0, 6, 0x41, 0x40, 0, 0, 0, 0][..], &[0; 12], &[8, 0]].concat(),
                ),
                within(36, "MPLS"),
            ),
            (
                1,
                after(ethernet(&[0x8864]), &[0x11, 0, 0, 7, 0, 9, 0, 0x21]),
                within(22, "PPPoE"),
            ),
            (
                1,
                after(ethernet(&[0x8864]), &[0x11, 0, 0, 7, 0, 9, 0xc0, 0x21]),
                Other("PPP control"),
            ),
            (0, with(&[2, 0, 0, 0], 4, 0x45), ip(4)),
            (0, with(&[0, 0, 0, 30], 4, 0x60), ip(4)),
            (0, with(&[9, 0, 0, 0], 4, 0x45), Other("another address family")),
            (108, with(&[0, 0, 0, 2], 4, 0x45), ip(4)),
            (9, vec![0xff, 3, 0, 0x21, 0x45], ip(4)),
            (9, vec![0x21, 0x45], ip(1)),
            (50, vec![0xff, 3, 0, 0x57, 0x60], ip(4)),
            (104, vec![0x0f, 0, 8, 0, 0x45], ip(4)),
            (101, vec![0x60], ip(0)),
            (101, vec![0x10], Other("neither IPv4 nor IPv6")),
            (101, vec![], TooShort),
            (127, radiotap(&data80211(&[0x08, 1], 24)), ip(40)),
            (127, radiotap(&data80211(&[0x88, 3], 32)), ip(48)),
            (
                127,
                radiotap(&data80211(&[0x08, 0x41], 24)),
                Other("802.11 data (encrypted)"),
            ),
            (127, radiotap(&[0x80, 0]), Other("802.11 management and control")),
            (
                113,
                with(&[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0], 16, 0x45),
                ip(16),
            ),
            (276, with(&[8, 0], 20, 0x45), ip(20)),
            (276, vec![8], TooShort),
            (239, vec![2, 0, 0, 7, 8, 0, 1, 0, 8, 0, 3, 0, 9, 0, 9, 0, 0x45], ip(16)),
            (
                258,
                [&[20, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0][..], &[0; 8], &ethernet(&[IPV4])].concat(),
                ip(34),
            ),
            (147, vec![0; 40], UnknownLink(147)),
        ] {
            assert_eq!(network(Layer::Link(link), &frame), want, "{link} {frame:?}");
        }
        // A frame that consists of tags only stops at the limit.
        assert_eq!(
            network(Layer::Link(1), &[0x81, 0].repeat(400)),
            Other("too many headers")
        );
    }
}
