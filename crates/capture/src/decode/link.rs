//! The link layer: the offset of the IP datagram in a frame.

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkPayload {
    /// An IP datagram at this offset.
    Ip(usize),
    /// Another protocol.
    Other,
    /// The frame ends before its protocol is known.
    TooShort,
    /// The link type is not supported.
    UnknownLink,
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// EtherTypes of VLAN tags (IEEE 802.1Q, 802.1ad, and older vendor values).
const VLAN: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
/// VLAN tags after this offset are not followed, so that a malformed frame cannot be walked for long.
const LAST_VLAN_TAG: usize = 64;

/// Finds the datagram in a frame. Link types are numbers of the registry of the pcap formats.
pub(super) fn network(link_type: u32, frame: &[u8]) -> LinkPayload {
    match link_type {
        // NULL and LOOP.
        0 => address_family(frame, u32::from_le_bytes),
        108 => address_family(frame, u32::from_be_bytes),
        // Ethernet.
        1 => ether_type(frame, 12),
        // RAW under its various numbers, IPv4, IPv6.
        12 | 14 | 101 | 228 | 229 => ip_version(frame, 0),
        // Linux cooked capture v1.
        113 => ether_type(frame, 14),
        // Linux cooked capture v2: the protocol is at offset 0, the datagram at offset 20.
        276 => match u16_at(frame, 0) {
            Some(IPV4 | IPV6) => ip_version(frame, 20),
            Some(kind) if VLAN.contains(&kind) => ether_type_after_tag(frame, 20),
            Some(_) => LinkPayload::Other,
            None => LinkPayload::TooShort,
        },
        _ => LinkPayload::UnknownLink,
    }
}

/// Reads the four-byte address family of NULL and LOOP. NULL has the byte order of the machine that captured it, so a
/// value that is too large is read in the other order.
fn address_family(frame: &[u8], order: fn([u8; 4]) -> u32) -> LinkPayload {
    let Some(bytes) = frame.first_chunk::<4>() else {
        return LinkPayload::TooShort;
    };
    let family = order(*bytes);
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    match family {
        // AF_INET is 2; AF_INET6 is 10 on Linux and 24, 28 or 30 on BSD and macOS.
        2 | 10 | 24 | 28 | 30 => ip_version(frame, 4),
        _ => LinkPayload::Other,
    }
}

fn ether_type(frame: &[u8], at: usize) -> LinkPayload {
    match u16_at(frame, at) {
        Some(IPV4 | IPV6) => ip_version(frame, at + 2),
        Some(kind) if VLAN.contains(&kind) => ether_type_after_tag(frame, at + 2),
        Some(_) => LinkPayload::Other,
        None => LinkPayload::TooShort,
    }
}

/// A VLAN tag is two bytes of control information and the EtherType of what follows.
fn ether_type_after_tag(frame: &[u8], tag: usize) -> LinkPayload {
    match tag {
        0..=LAST_VLAN_TAG => ether_type(frame, tag + 2),
        _ => LinkPayload::Other,
    }
}

fn ip_version(frame: &[u8], at: usize) -> LinkPayload {
    match frame.get(at).map(|byte| byte >> 4) {
        Some(4 | 6) => LinkPayload::Ip(at),
        Some(_) => LinkPayload::Other,
        None => LinkPayload::TooShort,
    }
}

fn u16_at(frame: &[u8], at: usize) -> Option<u16> {
    frame
        .get(at..at + 2)
        .map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_found_after_every_link_header() {
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
        for (link, frame, want) in [
            (1, ethernet(&[IPV4]), LinkPayload::Ip(14)),
            (1, ethernet(&[0x8100, IPV4]), LinkPayload::Ip(18)),
            (1, ethernet(&[0x88a8, 0x8100, IPV4]), LinkPayload::Ip(22)),
            (1, ethernet(&[0x0806]), LinkPayload::Other),
            (1, vec![0; 13], LinkPayload::TooShort),
            (0, with(&[2, 0, 0, 0], 4, 0x45), LinkPayload::Ip(4)),
            (0, with(&[0, 0, 0, 30], 4, 0x60), LinkPayload::Ip(4)),
            (0, with(&[9, 0, 0, 0], 4, 0x45), LinkPayload::Other),
            (108, with(&[0, 0, 0, 2], 4, 0x45), LinkPayload::Ip(4)),
            (101, vec![0x60], LinkPayload::Ip(0)),
            (101, vec![0x10], LinkPayload::Other),
            (101, vec![], LinkPayload::TooShort),
            (
                113,
                with(&[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0], 16, 0x45),
                LinkPayload::Ip(16),
            ),
            (276, with(&[8, 0], 20, 0x45), LinkPayload::Ip(20)),
            (276, vec![8, 0], LinkPayload::TooShort),
            (147, vec![0; 40], LinkPayload::UnknownLink),
        ] {
            assert_eq!(network(link, &frame), want, "{link} {frame:?}");
        }
    }
}
