//! Merges the packets of several captures, in order of time. The content of the packets does not matter here.

use crate::decode::{Error, Packet, Packets};
use crate::model::{File, Interface, Note};
use std::fmt;
use std::io::Read;

/// What is wrong with one of several captures.
#[derive(Debug)]
pub struct FileError {
    /// Index of the capture, counted from 0.
    pub index: usize,
    /// What is wrong with it.
    pub error: Error,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// The packets of some captures.
pub(crate) struct Captures<R: Read> {
    sources: Vec<Source<R>>,
    /// The source whose packet was handed out last.
    taken: Option<usize>,
    /// Number of packets that were handed out.
    count: u64,
}

/// One capture, and its next packet.
struct Source<R: Read> {
    packets: Packets<R>,
    next: Option<Waiting>,
    /// The bytes of the next packet.
    data: Vec<u8>,
}

/// A packet without its bytes, which are in `Source::data`.
struct Waiting {
    ns: i64,
    interface: usize,
    original_len: u32,
}

impl<R: Read> Captures<R> {
    pub(crate) fn open(readers: Vec<R>) -> Result<Self, FileError> {
        let mut sources = Vec::new();
        for (index, reader) in readers.into_iter().enumerate() {
            let packets = Packets::open(reader).map_err(|error| FileError { index, error })?;
            sources.push(Source {
                packets,
                next: None,
                data: Vec::new(),
            });
        }
        let mut captures = Self {
            sources,
            taken: None,
            count: 0,
        };
        if captures.sources.len() > 1 {
            (0..captures.sources.len()).try_for_each(|index| captures.fill(index))?;
        }
        Ok(captures)
    }

    /// Reads the next packet of a source.
    fn fill(&mut self, index: usize) -> Result<(), FileError> {
        let Some(source) = self.sources.get_mut(index) else {
            return Ok(());
        };
        let packet = source
            .packets
            .next_packet()
            .map_err(|error| FileError { index, error })?;
        source.next = packet.map(|(packet, _)| {
            source.data.clear();
            source.data.extend_from_slice(packet.data);
            Waiting {
                ns: packet.ns,
                interface: packet.interface,
                original_len: packet.original_len,
            }
        });
        Ok(())
    }

    /// The next packet, with the interfaces of its capture. Packets of one capture keep their order. The packets of
    /// several captures are numbered in the order in which they are returned, as in a file that mergecap writes.
    pub(crate) fn next_packet(&mut self) -> Result<Option<(Packet<'_>, &[Interface])>, FileError> {
        if self.sources.len() == 1 {
            let only = &mut self.sources[0].packets;
            return only.next_packet().map_err(|error| FileError { index: 0, error });
        }
        if let Some(index) = self.taken.take() {
            self.fill(index)?;
        }
        let waiting = self.sources.iter().enumerate();
        let first = waiting
            .filter_map(|(index, source)| Some((source.next.as_ref()?.ns, index)))
            .min();
        let Some((_, index)) = first else {
            return Ok(None);
        };
        self.taken = Some(index);
        self.count += 1;
        let source = &self.sources[index];
        Ok(source.next.as_ref().map(|next| {
            let packet = Packet {
                number: self.count,
                ns: next.ns,
                interface: next.interface,
                original_len: next.original_len,
                data: &source.data,
            };
            (packet, source.packets.interfaces())
        }))
    }

    /// What is known about the files before their packets are read.
    pub(crate) fn file(&self) -> File {
        let all = || self.sources.iter().map(|source| &source.packets);
        File {
            format: all().next().map(Packets::format).unwrap_or_default(),
            gzip: all().any(Packets::gzip),
            zstd: all().any(Packets::zstd),
            files: self.sources.len() as u64,
            ..File::default()
        }
    }

    /// Number of frames so far.
    pub(crate) fn frames(&self) -> u64 {
        match &self.sources[..] {
            [only] => only.packets.count(),
            _ => self.count,
        }
    }

    /// The interfaces of all captures.
    pub(crate) fn interfaces(&self) -> Vec<Interface> {
        let interfaces = self.sources.iter().flat_map(|source| source.packets.interfaces());
        interfaces.cloned().collect()
    }

    /// The notes of all captures.
    pub(crate) fn notes(&self) -> Vec<Note> {
        self.sources.iter().flat_map(|source| source.packets.notes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::test_capture::*;
    use crate::{Options, explain_files};

    fn exchange() -> Vec<TestFrame> {
        let mut frames = handshake();
        frames.extend([
            frame(30_000, true, PSH | ACK, 1, 1, "GET / HTTP/1.1\r\n\r\n"),
            frame(50_000, false, PSH | ACK, 1, 19, &response(60)),
            frame(51_000, true, FIN | ACK, 19, 61, ""),
            frame(71_000, false, FIN | ACK, 61, 20, ""),
            frame(71_100, true, ACK, 20, 62, ""),
        ]);
        frames
    }

    #[test]
    fn several_files_are_read_in_order_of_time() {
        let all = exchange();
        let file = |frames: &[TestFrame]| TestFile::default().pcap(frames);
        let whole = explained(&all);
        let by_side = |from| {
            all.iter()
                .filter(|frame| frame.from == from)
                .cloned()
                .collect::<Vec<_>>()
        };
        for (name, parts) in [
            ("a ring, the later file first", vec![file(&all[4..]), file(&all[..4])]),
            ("two taps", vec![file(&by_side(SERVER)), file(&by_side(CLIENT))]),
            ("one file without packets", vec![file(&[]), file(&all)]),
        ] {
            let readers: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let capture = explain_files(readers, &Options::default(), &[]).expect(name);
            assert_eq!(capture.file.files, 2, "{name}");
            assert_eq!(capture.file.frames, 8, "{name}");
            assert_eq!(capture.connections, whole.connections, "{name}");
        }
    }

    #[test]
    fn a_file_that_is_no_capture_is_named_by_its_place() {
        let file = TestFile::default().pcap(&exchange());
        let readers = vec![&file[..], &b"nothing of the kind"[..]];
        let error = explain_files(readers, &Options::default(), &[]).expect_err("no capture");
        assert_eq!(error.index, 1);
    }

    #[test]
    fn a_file_may_be_compressed_with_zstd() {
        // `zstd` of a pcap file without packets: its header, as a raw block.
        let header = TestFile::default().pcap(&[]);
        let mut packed = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
        packed.extend((header.len() as u32).to_le_bytes());
        packed.extend(&((header.len() as u32) << 3 | 1).to_le_bytes()[..3]);
        packed.extend(header);
        let capture = crate::explain_bytes(&packed, &[]).expect("a capture");
        assert!(capture.file.zstd && !capture.file.gzip);
    }
}
