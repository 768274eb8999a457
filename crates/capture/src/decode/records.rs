//! The records of pcapng and pcap files: what the next one is and where its packet lies. pcap-parser parses the blocks.

use crate::model::{Format, Interface};
use pcap_parser::nom::Err as Nom;
use pcap_parser::{
    Block, InterfaceDescriptionBlock, PcapHeader, parse_block_be, parse_block_le, parse_pcap_frame,
    parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header,
};
use std::ops::Range;

/// Maximum number of interfaces of a file. A damaged file may describe any number of them.
const INTERFACES: usize = 4096;
/// Offset of the packet in an Enhanced Packet Block.
const ENHANCED_PACKET_DATA: usize = 28;
/// Types of the blocks of names, statistics, keys and processes.
const WITHOUT_PACKETS: [u32; 4] = [4, 5, 10, 0x8000_0001];
/// Types of the systemd journal block and of the custom blocks.
const JOURNAL: u32 = 9;
const CUSTOM: u32 = 0x0bad;
const CUSTOM_NOT_COPIED: u32 = 0x4000_0bad;
/// Type of the obsolete Packet Block.
const PACKET_BLOCK: u32 = 2;
/// Length of its fields before the packet.
const PACKET_BLOCK_HEADER: usize = 20;
/// Offset of the packet in a Packet Block.
const PACKET_BLOCK_DATA: usize = 8 + PACKET_BLOCK_HEADER;
/// Offset of the packet in a Simple Packet Block.
const SIMPLE_PACKET_DATA: usize = 12;

/// Format of the records, and what earlier records say about the later ones.
pub(super) enum RecordFormat {
    Pcap { header: PcapHeader },
    Pcapng(Section),
}

/// A section of a pcapng file.
pub(super) struct Section {
    big_endian: bool,
    /// Index of the section's first interface among all interfaces of the file.
    first_interface: usize,
    /// Clocks of the section's interfaces.
    clocks: Vec<Clock>,
}

/// How an interface writes its timestamps.
#[derive(Clone, Copy)]
struct Clock {
    ticks_per_second: u64,
    /// Seconds to add to a timestamp.
    offset_s: i64,
}

/// A packet in the bytes at hand.
pub(super) struct PacketRecord {
    /// Position of the packet in its record.
    pub(super) data: Range<usize>,
    /// Length of the record.
    pub(super) record: usize,
    pub(super) ns: i64,
    pub(super) interface: usize,
    pub(super) original_len: u32,
}

/// The next record.
pub(super) enum Record {
    Packet(PacketRecord),
    /// A record of this length that holds other data, and that Wireshark numbers like a packet.
    NotAPacket(usize),
    /// A record without a packet, of this length.
    Other(usize),
    /// More bytes are needed.
    Incomplete,
    /// The record is malformed.
    Damaged,
}

impl RecordFormat {
    /// Recognizes a file by its first bytes.
    pub(super) fn recognize(bytes: &[u8]) -> Option<(Format, Self)> {
        if bytes.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
            // The section header, which is also a record, sets the byte order.
            let section = Section {
                big_endian: false,
                first_interface: 0,
                clocks: Vec::new(),
            };
            return Some((Format::Pcapng, Self::Pcapng(section)));
        }
        let (_, header) = parse_pcap_header(bytes).ok()?;
        let format = match header.is_nanosecond_precision() {
            true => Format::PcapNanoseconds,
            false => Format::Pcap,
        };
        Some((format, Self::Pcap { header }))
    }

    /// The record at the start of `bytes`. Interfaces that it describes are added to `interfaces`.
    pub(super) fn next(&mut self, bytes: &[u8], interfaces: &mut Vec<Interface>) -> Record {
        match self {
            Self::Pcap { header } => pcap_record(bytes, header),
            Self::Pcapng(section) => section.next(bytes, interfaces),
        }
    }
}

impl Section {
    fn next(&mut self, bytes: &[u8], interfaces: &mut Vec<Interface>) -> Record {
        if let Some(record) = self.other_block(bytes) {
            return record;
        }
        let parsed = match self.big_endian {
            true => parse_block_be(bytes),
            false => parse_block_le(bytes),
        };
        let (rest, block) = match parsed {
            Ok(parsed) => parsed,
            Err(Nom::Incomplete(_)) => return Record::Incomplete,
            Err(_) => return Record::Damaged,
        };
        let record = bytes.len() - rest.len();
        match block {
            Block::SectionHeader(header) => {
                *self = Self {
                    big_endian: header.big_endian(),
                    first_interface: interfaces.len(),
                    clocks: Vec::new(),
                };
                Record::Other(record)
            }
            Block::InterfaceDescription(_) if interfaces.len() >= INTERFACES => Record::Damaged,
            Block::InterfaceDescription(description) => {
                self.describe(&description, interfaces);
                Record::Other(record)
            }
            Block::EnhancedPacket(packet) => {
                let Some(clock) = self.clocks.get(packet.if_id as usize) else {
                    return Record::Damaged;
                };
                let time = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let kept = (packet.caplen as usize).min(packet.data.len());
                Record::Packet(PacketRecord {
                    data: ENHANCED_PACKET_DATA..ENHANCED_PACKET_DATA + kept,
                    record,
                    ns: nanoseconds(time, *clock),
                    interface: self.first_interface + packet.if_id as usize,
                    original_len: packet.origlen,
                })
            }
            Block::SimplePacket(packet) => {
                let Some(interface) = interfaces.get(self.first_interface) else {
                    return Record::Damaged;
                };
                let snap = match interface.snap_length as usize {
                    0 => usize::MAX,
                    snap => snap,
                };
                let kept = packet.data.len().min(packet.origlen as usize).min(snap);
                Record::Packet(PacketRecord {
                    data: SIMPLE_PACKET_DATA..SIMPLE_PACKET_DATA + kept,
                    record,
                    // The block has no timestamp.
                    ns: 0,
                    interface: self.first_interface,
                    original_len: packet.origlen,
                })
            }
            Block::Unknown(unknown) if self.word(bytes, 0) == Some(PACKET_BLOCK) => {
                self.packet_block(unknown.data, record)
            }
            _ => Record::Other(record),
        }
    }

    /// The word at a position, in the byte order of the section.
    fn word(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let word = *bytes.get(at..)?.first_chunk::<4>()?;
        Some(match self.big_endian {
            true => u32::from_be_bytes(word),
            false => u32::from_le_bytes(word),
        })
    }

    /// A block that no packet depends on: only its length is read, so that a fault inside does no harm.
    fn other_block(&self, bytes: &[u8]) -> Option<Record> {
        let word = |at| self.word(bytes, at);
        let (kind, len) = (word(0)?, word(4)? as usize);
        let record = match kind {
            JOURNAL | CUSTOM | CUSTOM_NOT_COPIED => Record::NotAPacket(len),
            _ if WITHOUT_PACKETS.contains(&kind) => Record::Other(len),
            _ => return None,
        };
        Some(match word(len.saturating_sub(4)) {
            _ if len < 12 || len % 4 != 0 => Record::Damaged,
            None => Record::Incomplete,
            Some(end) if end as usize == len => record,
            Some(_) => Record::Damaged,
        })
    }

    /// A Packet Block: the obsolete form of the Enhanced Packet Block, whose first word is an interface of 16 bits and a
    /// number of dropped packets.
    fn packet_block(&self, body: &[u8], record: usize) -> Record {
        let word = |at| self.word(body, at);
        let (Some(first), Some(high), Some(low), Some(kept), Some(original_len)) =
            (word(0), word(4), word(8), word(12), word(16))
        else {
            return Record::Damaged;
        };
        let interface = match self.big_endian {
            true => (first >> 16) as usize,
            false => (first & 0xffff) as usize,
        };
        let Some(clock) = self.clocks.get(interface) else {
            return Record::Damaged;
        };
        let kept = (kept as usize).min(body.len() - PACKET_BLOCK_HEADER);
        Record::Packet(PacketRecord {
            data: PACKET_BLOCK_DATA..PACKET_BLOCK_DATA + kept,
            record,
            ns: nanoseconds(u64::from(high) << 32 | u64::from(low), *clock),
            interface: self.first_interface + interface,
            original_len,
        })
    }

    fn describe(&mut self, description: &InterfaceDescriptionBlock<'_>, interfaces: &mut Vec<Interface>) {
        self.clocks.push(Clock {
            ticks_per_second: ticks_per_second(description.if_tsresol),
            offset_s: description.if_tsoffset,
        });
        let name = description.if_name().and_then(Result::ok);
        interfaces.push(Interface {
            name: name.map(|name| name.trim_end_matches('\0').to_owned()),
            link_type: description.linktype.0 as u32,
            snap_length: description.snaplen,
        });
    }
}

fn pcap_record(bytes: &[u8], header: &PcapHeader) -> Record {
    let (parsed, head) = match header.is_modified_format() {
        true => (parse_pcap_frame_modified(bytes), 24),
        false if header.is_bigendian() => (parse_pcap_frame_be(bytes), 16),
        false => (parse_pcap_frame(bytes), 16),
    };
    match parsed {
        Ok((rest, packet)) => {
            let unit = if header.is_nanosecond_precision() { 1 } else { 1000 };
            Record::Packet(PacketRecord {
                data: head..head + packet.data.len(),
                record: bytes.len() - rest.len(),
                ns: i64::from(packet.ts_sec) * 1_000_000_000 + i64::from(packet.ts_usec) * unit,
                interface: 0,
                original_len: packet.origlen,
            })
        }
        Err(Nom::Incomplete(_)) => Record::Incomplete,
        Err(_) => Record::Damaged,
    }
}

/// Ticks of the clock per second. The low seven bits of `resolution` are the exponent of a power of ten, or of two if
/// the highest bit is set. Microseconds if the result is out of range.
fn ticks_per_second(resolution: u8) -> u64 {
    let exponent = u32::from(resolution & 0x7f);
    let ticks = match resolution & 0x80 {
        0 => 10_u64.checked_pow(exponent),
        _ => 1_u64.checked_shl(exponent),
    };
    ticks.unwrap_or(1_000_000)
}

/// A timestamp in nanoseconds since 1970. One outside the range of `i64` becomes a quarter of its limit, so that the
/// difference between two times cannot overflow.
fn nanoseconds(time: u64, clock: Clock) -> i64 {
    let ns = u128::from(time) * 1_000_000_000 / u128::from(clock.ticks_per_second);
    let ns = i128::try_from(ns).unwrap_or(i128::MAX);
    let whole = ns.saturating_add(i128::from(clock.offset_s) * 1_000_000_000);
    i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN / 4 } else { i64::MAX / 4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_are_powers_of_ten_or_of_two() {
        for (resolution, want) in [
            (0, 1),
            (6, 1_000_000),
            (9, 1_000_000_000),
            (19, 10_000_000_000_000_000_000),
            (20, 1_000_000),
            (0x80, 1),
            (0x8a, 1024),
            (0x94, 1 << 20),
            (0xa0, 1 << 32),
            (0xbf, 1 << 63),
            (0xc0, 1_000_000),
        ] {
            assert_eq!(ticks_per_second(resolution), want, "{resolution:#x}");
        }
    }

    #[test]
    fn times_of_every_resolution() {
        for (time, ticks_per_second, offset_s, want) in [
            (1_000_001, 1_000_000, 0, 1_000_001_000),
            (3, 1, -1, 2_000_000_000),
            (1 << 31, 1 << 32, 0, 500_000_000),
            (7, 1_000_000_000, 1, 1_000_000_007),
            (u64::MAX, 1, 0, i64::MAX / 4),
            (0, 1, i64::MIN, i64::MIN / 4),
        ] {
            let clock = Clock {
                ticks_per_second,
                offset_s,
            };
            assert_eq!(
                nanoseconds(time, clock),
                want,
                "{time} / {ticks_per_second} + {offset_s}"
            );
        }
    }
}
