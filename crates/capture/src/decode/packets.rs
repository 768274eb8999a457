//! The packets of a pcapng or pcap file, compressed or not. The file is read as a stream, one record at a time.

use super::Error;
use super::read_buffer::{MAX_RECORD, ReadBuffer};
use super::records::{PacketRecord, Record, RecordFormat};
use super::source::Source;
use crate::model::{Args, Format, Interface, Note, NoteKind};
use std::io::{ErrorKind, Read};

/// Length of the longest file header: that of a pcapng section without options.
const FILE_HEADER: usize = 28;

/// A frame as it was captured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// Wireshark's frame number.
    pub(crate) number: u64,
    /// Time in nanoseconds since 1970.
    pub(crate) ns: i64,
    /// The interface, as an index into [`Packets::interfaces`].
    pub(crate) interface: usize,
    /// Length before the snap length truncated it.
    pub(crate) original_len: u32,
    /// The captured bytes.
    pub(crate) data: &'a [u8],
}

/// The packets of a file, in order.
pub(crate) struct Packets<R: Read> {
    buffer: ReadBuffer<Source<R>>,
    format: Format,
    gzip: bool,
    zstd: bool,
    records: RecordFormat,
    interfaces: Vec<Interface>,
    count: u64,
    not_packets: u64,
    ended: bool,
    note: Option<Note>,
}

impl<R: Read> Packets<R> {
    /// Reads the file header.
    ///
    /// # Errors
    /// The file is empty, is not a capture, or cannot be read.
    pub(crate) fn open(reader: R) -> Result<Self, Error> {
        let source = Source::open(reader).map_err(Error::Read)?;
        let (gzip, zstd) = (source.is_gzip(), source.is_zstd());
        let mut buffer = ReadBuffer::new(source);
        if let Err(error) = buffer.at_least(FILE_HEADER)
            && !is_damage(error.kind())
        {
            return Err(Error::Read(error));
        }
        let bytes = buffer.bytes();
        if bytes.is_empty() {
            return Err(if gzip || zstd { Error::Packed } else { Error::Empty });
        }
        let (format, records) = RecordFormat::recognize(bytes)
            .ok_or_else(|| Error::NotACapture(bytes.iter().take(8).copied().collect()))?;
        let mut interfaces = Vec::new();
        if let RecordFormat::Pcap { header } = &records {
            interfaces.push(Interface {
                name: None,
                // The upper bits say whether frames end with a checksum.
                link_type: header.network.0 as u32 & 0xffff,
                snap_length: header.snaplen,
            });
            buffer.consume(header.size());
        }
        Ok(Self {
            buffer,
            format,
            gzip,
            zstd,
            records,
            interfaces,
            count: 0,
            not_packets: 0,
            ended: false,
            note: None,
        })
    }

    /// Format of the file.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether the file is compressed with zstd.
    pub(crate) fn zstd(&self) -> bool {
        self.zstd
    }

    /// Whether the file is compressed with gzip.
    pub(crate) fn gzip(&self) -> bool {
        self.gzip
    }

    /// The interfaces that have been described so far.
    pub(crate) fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Number of frames so far, including those that are not packets.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Why reading stopped before the end of the file, and what is in it besides packets.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let not_packets = (self.not_packets > 0).then(|| Note {
            kind: NoteKind::NotPackets,
            args: Args::default().with("count", self.not_packets),
            frames: Vec::new(),
        });
        self.note.clone().into_iter().chain(not_packets).collect()
    }

    /// The next packet, with the interfaces that have been described so far.
    ///
    /// # Errors
    /// The file cannot be read. A file that is damaged or truncated is not an error: [`Packets::notes`] reports it.
    pub(crate) fn next_packet(&mut self) -> Result<Option<(Packet<'_>, &[Interface])>, Error> {
        let Some(found) = self.find()? else {
            return Ok(None);
        };
        self.count += 1;
        let packet = Packet {
            number: self.count,
            ns: found.ns,
            interface: found.interface,
            original_len: found.original_len,
            data: &self.buffer.consumed(found.record)[found.data],
        };
        Ok(Some((packet, &self.interfaces)))
    }

    /// Consumes records up to and including the next packet.
    fn find(&mut self) -> Result<Option<PacketRecord>, Error> {
        while !self.ended {
            let record = match self.buffer.bytes() {
                [] => Record::Incomplete,
                bytes => self.records.next(bytes, &mut self.interfaces),
            };
            match record {
                Record::Packet(found) => {
                    self.buffer.consume(found.record);
                    return Ok(Some(found));
                }
                Record::NotAPacket(count) => {
                    self.count += 1;
                    self.not_packets += 1;
                    self.buffer.consume(count);
                }
                Record::Other(count) => self.buffer.consume(count),
                Record::Damaged => self.stop(NoteKind::FileDamaged),
                Record::Incomplete => match self.buffer.more() {
                    Ok(true) => {}
                    Ok(false) if self.buffer.bytes().is_empty() => self.ended = true,
                    Ok(false) if self.buffer.bytes().len() >= MAX_RECORD => self.stop(NoteKind::FileDamaged),
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
                .with("byte", self.buffer.position())
                .with("frames", self.count),
            frames: Vec::new(),
        });
    }
}

/// Whether an error comes from the decompressor and means that the data is damaged, rather than that reading failed.
fn is_damage(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData
    )
}
