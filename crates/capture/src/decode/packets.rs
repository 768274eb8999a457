//! Packets from pcapng and pcap files, compressed or not, as a stream: one record in memory at a time.

use super::Error;
use super::read_buffer::{LARGEST, Window};
use super::source::Source;
use crate::model::{Args, Format, Interface, Note, NoteKind};
use pcap_parser::nom::Err as Nom;
use pcap_parser::{
    Block, PcapHeader, parse_block_be, parse_block_le, parse_pcap_frame, parse_pcap_frame_be,
    parse_pcap_frame_modified, parse_pcap_header,
};
use std::io::{ErrorKind, Read};
use std::ops::Range;

/// A frame as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Wireshark's frame number.
    pub number: u64,
    /// Its time, in nanoseconds since 1970.
    pub ns: i64,
    /// The interface, as an index into [`Packets::interfaces`].
    pub interface: usize,
    /// How long it was before the snap length cut it.
    pub original_len: u32,
    /// What was kept of it.
    pub data: &'a [u8],
}

/// The packets of a file, in order.
pub struct Packets<R: Read> {
    window: Window<Source<R>>,
    format: Format,
    gzip: bool,
    dialect: Dialect,
    interfaces: Vec<Interface>,
    count: u64,
    ended: bool,
    note: Option<Note>,
}

/// What a file's header says of its records.
enum Dialect {
    Pcap {
        header: PcapHeader,
    },
    Pcapng {
        big_endian: bool,
        /// Where in `interfaces` the section's begin.
        first_interface: usize,
        /// For each interface of the section: ticks a second, and seconds to add.
        clocks: Vec<(u64, i64)>,
    },
}

/// Where a packet lies in the window.
struct Found {
    data: Range<usize>,
    record: usize,
    ns: i64,
    interface: usize,
    original_len: u32,
}

/// What the next record is.
enum Step {
    Packet(Found),
    /// Something else, of so many bytes.
    Skip(usize),
    /// Not all of it is here.
    NeedsMore,
    /// It cannot be read.
    Damaged,
}

impl<R: Read> Packets<R> {
    /// Reads a file's beginning.
    ///
    /// # Errors
    /// An empty file, one that is no capture, or one that cannot be read.
    pub fn open(reader: R) -> Result<Packets<R>, Error> {
        let source = Source::open(reader).map_err(Error::Read)?;
        let gzip = source.is_gzip();
        let mut window = Window::new(source);
        if let Err(error) = window.at_least(28)
            && !is_damage(error.kind())
        {
            return Err(Error::Read(error));
        }
        let bytes = window.bytes();
        if bytes.is_empty() {
            return Err(if gzip { Error::Packed } else { Error::Empty });
        }
        let (format, dialect) =
            recognise(bytes).ok_or_else(|| Error::NotACapture(bytes.iter().take(8).copied().collect()))?;
        let mut interfaces = Vec::new();
        if let Dialect::Pcap { header } = &dialect {
            interfaces.push(Interface {
                name: None,
                // The upper bits tell of checksums at the frames' ends.
                link_type: header.network.0 as u32 & 0xffff,
                snap_length: header.snaplen,
            });
            window.consume(header.size());
        }
        Ok(Packets {
            window,
            format,
            gzip,
            dialect,
            interfaces,
            count: 0,
            ended: false,
            note: None,
        })
    }

    /// The file's format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether it is compressed.
    pub fn gzip(&self) -> bool {
        self.gzip
    }

    /// The interfaces that have been described so far.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Why the file ended before its end.
    pub fn note(&self) -> Option<&Note> {
        self.note.as_ref()
    }

    /// The next packet, with the interfaces known by then.
    ///
    /// # Errors
    /// The file cannot be read. One that is damaged or ends too early is no error: [`Packets::note`] tells.
    pub fn next_packet(&mut self) -> Result<Option<(Packet<'_>, &[Interface])>, Error> {
        let found = match self.find()? {
            Some(found) => found,
            None => return Ok(None),
        };
        self.count += 1;
        let packet = Packet {
            number: self.count,
            ns: found.ns,
            interface: found.interface,
            original_len: found.original_len,
            data: &self.window.before(found.record)[found.data],
        };
        Ok(Some((packet, &self.interfaces)))
    }

    fn find(&mut self) -> Result<Option<Found>, Error> {
        while !self.ended {
            let step = match self.window.bytes() {
                [] => Step::NeedsMore,
                bytes => step(bytes, &mut self.dialect, &mut self.interfaces),
            };
            match step {
                Step::Packet(found) => {
                    self.window.consume(found.record);
                    return Ok(Some(found));
                }
                Step::Skip(count) => self.window.consume(count),
                Step::Damaged => self.stop(NoteKind::FileDamaged),
                Step::NeedsMore => match self.window.more() {
                    Ok(true) => {}
                    Ok(false) if self.window.bytes().is_empty() => self.ended = true,
                    Ok(false) if self.window.bytes().len() >= LARGEST => self.stop(NoteKind::FileDamaged),
                    Ok(false) => self.stop(NoteKind::FileEnds),
                    Err(error) => match error.kind() {
                        ErrorKind::UnexpectedEof => self.stop(NoteKind::FileEnds),
                        kind if is_damage(kind) => self.stop(NoteKind::FileDamaged),
                        _ => return Err(Error::Read(error)),
                    },
                },
            }
        }
        Ok(None)
    }

    fn stop(&mut self, kind: NoteKind) {
        self.ended = true;
        self.note = Some(Note {
            kind,
            args: Args::default()
                .with("byte", self.window.position())
                .with("frames", self.count),
            frames: Vec::new(),
        });
    }
}

/// Whether such an error of the decompressor's means that the file is damaged, not that it cannot be read.
fn is_damage(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData
    )
}

fn recognise(bytes: &[u8]) -> Option<(Format, Dialect)> {
    if bytes.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
        let dialect = Dialect::Pcapng {
            big_endian: false,
            first_interface: 0,
            clocks: Vec::new(),
        };
        return Some((Format::Pcapng, dialect));
    }
    let (_, header) = parse_pcap_header(bytes).ok()?;
    let format = match header.is_nanosecond_precision() {
        true => Format::PcapNanoseconds,
        false => Format::Pcap,
    };
    Some((format, Dialect::Pcap { header }))
}

fn step(bytes: &[u8], dialect: &mut Dialect, interfaces: &mut Vec<Interface>) -> Step {
    match dialect {
        Dialect::Pcap { header } => pcap_record(bytes, header),
        Dialect::Pcapng {
            big_endian,
            first_interface,
            clocks,
        } => {
            let parsed = match big_endian {
                true => parse_block_be(bytes),
                false => parse_block_le(bytes),
            };
            let (rest, block) = match parsed {
                Ok(parsed) => parsed,
                Err(Nom::Incomplete(_)) => return Step::NeedsMore,
                Err(_) => return Step::Damaged,
            };
            let record = bytes.len() - rest.len();
            match block {
                Block::SectionHeader(section) => {
                    *big_endian = section.big_endian();
                    *first_interface = interfaces.len();
                    clocks.clear();
                    Step::Skip(record)
                }
                Block::InterfaceDescription(interface) => {
                    if interfaces.len() >= 4096 {
                        return Step::Damaged;
                    }
                    clocks.push((
                        interface.ts_resolution().unwrap_or(1_000_000).max(1),
                        interface.if_tsoffset,
                    ));
                    let name = interface.if_name().and_then(Result::ok);
                    interfaces.push(Interface {
                        name: name.map(|name| name.trim_end_matches('\0').to_owned()),
                        link_type: interface.linktype.0 as u32,
                        snap_length: interface.snaplen,
                    });
                    Step::Skip(record)
                }
                Block::EnhancedPacket(packet) => {
                    let Some((ticks, offset)) = clocks.get(packet.if_id as usize) else {
                        return Step::Damaged;
                    };
                    let time = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                    Step::Packet(Found {
                        data: 28..28 + (packet.caplen as usize).min(packet.data.len()),
                        record,
                        ns: nanoseconds(time, *ticks, *offset),
                        interface: *first_interface + packet.if_id as usize,
                        original_len: packet.origlen,
                    })
                }
                Block::SimplePacket(packet) => {
                    let Some(interface) = interfaces.get(*first_interface) else {
                        return Step::Damaged;
                    };
                    let snap = match interface.snap_length as usize {
                        0 => usize::MAX,
                        snap => snap,
                    };
                    let kept = packet.data.len().min(packet.origlen as usize).min(snap);
                    Step::Packet(Found {
                        data: 12..12 + kept,
                        record,
                        ns: 0,
                        interface: *first_interface,
                        original_len: packet.origlen,
                    })
                }
                _ => Step::Skip(record),
            }
        }
    }
}

fn pcap_record(bytes: &[u8], header: &PcapHeader) -> Step {
    let (parsed, head) = match header.is_modified_format() {
        true => (parse_pcap_frame_modified(bytes), 24),
        false if header.is_bigendian() => (parse_pcap_frame_be(bytes), 16),
        false => (parse_pcap_frame(bytes), 16),
    };
    match parsed {
        Ok((rest, packet)) => {
            let unit = if header.is_nanosecond_precision() { 1 } else { 1000 };
            Step::Packet(Found {
                data: head..head + packet.data.len(),
                record: bytes.len() - rest.len(),
                ns: i64::from(packet.ts_sec) * 1_000_000_000 + i64::from(packet.ts_usec) * unit,
                interface: 0,
                original_len: packet.origlen,
            })
        }
        Err(Nom::Incomplete(_)) => Step::NeedsMore,
        Err(_) => Step::Damaged,
    }
}

/// A time of `ticks` a second in nanoseconds since 1970; one that is out of range stands at its end.
fn nanoseconds(time: u64, ticks: u64, offset: i64) -> i64 {
    let ns = u128::from(time) * 1_000_000_000 / u128::from(ticks);
    let ns = i128::try_from(ns).unwrap_or(i128::MAX);
    let whole = ns.saturating_add(i128::from(offset) * 1_000_000_000);
    i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN / 4 } else { i64::MAX / 4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_resolution() {
        for (time, ticks, offset, want) in [
            (1_000_001, 1_000_000, 0, 1_000_001_000),
            (3, 1, -1, 2_000_000_000),
            (1 << 31, 1 << 32, 0, 500_000_000),
            (7, 1_000_000_000, 1, 1_000_000_007),
            (u64::MAX, 1, 0, i64::MAX / 4),
            (0, 1, i64::MIN, i64::MIN / 4),
        ] {
            assert_eq!(nanoseconds(time, ticks, offset), want, "{time} / {ticks} + {offset}");
        }
    }
}
