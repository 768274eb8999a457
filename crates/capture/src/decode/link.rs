//! The link layer: where in a frame the IP datagram begins.

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// An IP datagram from this byte on.
    Ip(usize),
    /// Something else.
    Other,
    /// It is cut off before that can be told.
    TooShort,
    /// The link type is not one that is read.
    UnknownLink,
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const VLAN: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];

/// Finds the datagram in a frame of this link type (a number of the registry of the pcap formats).
pub(super) fn network(link_type: u32, frame: &[u8]) -> Inside {
    match link_type {
        0 => family(frame, u32::from_le_bytes),
        108 => family(frame, u32::from_be_bytes),
        1 => ether_type(frame, 12),
        12 | 14 | 101 | 228 | 229 => version(frame, 0),
        113 => ether_type(frame, 14),
        // In the second form the type comes first, and the datagram 20 bytes later.
        276 => match u16_at(frame, 0) {
            Some(IPV4 | IPV6) => version(frame, 20),
            Some(kind) if VLAN.contains(&kind) => ether_type_behind(frame, 20),
            Some(_) => Inside::Other,
            None => Inside::TooShort,
        },
        _ => Inside::UnknownLink,
    }
}

/// The four bytes of an address family before the datagram. NULL writes them in its machine's order, whichever that was.
fn family(frame: &[u8], order: fn([u8; 4]) -> u32) -> Inside {
    let Some(bytes) = frame.first_chunk::<4>() else {
        return Inside::TooShort;
    };
    let family = order(*bytes);
    let family = if family > 0xffff { family.swap_bytes() } else { family };
    match family {
        2 | 10 | 24 | 28 | 30 => version(frame, 4),
        _ => Inside::Other,
    }
}

fn ether_type(frame: &[u8], at: usize) -> Inside {
    match u16_at(frame, at) {
        Some(IPV4 | IPV6) => version(frame, at + 2),
        Some(kind) if VLAN.contains(&kind) => ether_type_behind(frame, at + 2),
        Some(_) => Inside::Other,
        None => Inside::TooShort,
    }
}

/// Behind a VLAN's type come its tag and the next type.
fn ether_type_behind(frame: &[u8], tag: usize) -> Inside {
    match tag {
        0..=64 => ether_type(frame, tag + 2),
        _ => Inside::Other,
    }
}

fn version(frame: &[u8], at: usize) -> Inside {
    match frame.get(at).map(|byte| byte >> 4) {
        Some(4 | 6) => Inside::Ip(at),
        Some(_) => Inside::Other,
        None => Inside::TooShort,
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
    fn datagrams_are_found_behind_every_link_header() {
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
            (1, ethernet(&[IPV4]), Inside::Ip(14)),
            (1, ethernet(&[0x8100, IPV4]), Inside::Ip(18)),
            (1, ethernet(&[0x88a8, 0x8100, IPV4]), Inside::Ip(22)),
            (1, ethernet(&[0x0806]), Inside::Other),
            (1, vec![0; 13], Inside::TooShort),
            (0, with(&[2, 0, 0, 0], 4, 0x45), Inside::Ip(4)),
            (0, with(&[0, 0, 0, 30], 4, 0x60), Inside::Ip(4)),
            (0, with(&[9, 0, 0, 0], 4, 0x45), Inside::Other),
            (108, with(&[0, 0, 0, 2], 4, 0x45), Inside::Ip(4)),
            (101, vec![0x60], Inside::Ip(0)),
            (101, vec![0x10], Inside::Other),
            (101, vec![], Inside::TooShort),
            (
                113,
                with(&[0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0], 16, 0x45),
                Inside::Ip(16),
            ),
            (276, with(&[8, 0], 20, 0x45), Inside::Ip(20)),
            (276, vec![8, 0], Inside::TooShort),
            (147, vec![0; 40], Inside::UnknownLink),
        ] {
            assert_eq!(network(link, &frame), want, "{link} {frame:?}");
        }
    }
}
