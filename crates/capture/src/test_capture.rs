//! Captures built in memory: a connection frame by frame, with numbers that a test knows.

use crate::model::Capture;

pub(crate) const SYN: u8 = 0x02;
pub(crate) const FIN: u8 = 0x01;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const RST: u8 = 0x04;
pub(crate) const ACK: u8 = 0x10;

/// An endpoint: the last byte of its address in 10.0.0.0/24, and its port.
pub(crate) type Endpoint = (u8, u16);

pub(crate) const CLIENT: Endpoint = (1, 40_000);
pub(crate) const SERVER: Endpoint = (2, 80);

/// A frame. Sequence numbers are the relative ones.
#[derive(Clone, Debug)]
pub(crate) struct TestFrame {
    /// Time in microseconds.
    pub(crate) us: u64,
    pub(crate) from: Endpoint,
    pub(crate) to: Endpoint,
    pub(crate) flags: u8,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) window: u16,
    /// IPv4 identification.
    pub(crate) id: u16,
    pub(crate) payload: Vec<u8>,
}

/// A frame between [`CLIENT`] and [`SERVER`]; `from_client` says who sent it.
pub(crate) fn frame(us: u64, from_client: bool, flags: u8, seq: u32, ack: u32, payload: &str) -> TestFrame {
    let (from, to) = if from_client {
        (CLIENT, SERVER)
    } else {
        (SERVER, CLIENT)
    };
    TestFrame {
        us,
        from,
        to,
        flags,
        seq,
        ack,
        window: 64_240,
        id: us as u16,
        payload: payload.as_bytes().to_vec(),
    }
}

/// The handshake of [`CLIENT`] and [`SERVER`], with a round trip of 20 ms.
pub(crate) fn handshake() -> Vec<TestFrame> {
    vec![
        frame(0, true, SYN, 0, 0, ""),
        frame(20_000, false, SYN | ACK, 0, 1, ""),
        frame(20_100, true, ACK, 1, 1, ""),
    ]
}

/// A response of this many bytes in all.
pub(crate) fn response(len: usize) -> String {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {:05}\r\n\r\n", len - 42);
    assert_eq!(head.len(), 42);
    head + &"x".repeat(len - 42)
}

/// How the datagrams of a test are written to a file.
pub(crate) struct TestFile<'a> {
    pub(crate) link_type: u32,
    /// Makes a frame of a datagram.
    pub(crate) wrap: &'a dyn Fn(Vec<u8>) -> Vec<u8>,
    pub(crate) snap_length: usize,
}

impl Default for TestFile<'_> {
    fn default() -> Self {
        Self {
            link_type: 101,
            wrap: &|datagram| datagram,
            snap_length: usize::MAX,
        }
    }
}

impl TestFile<'_> {
    /// A pcap file.
    pub(crate) fn pcap(&self, frames: &[TestFrame]) -> Vec<u8> {
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, self.link_type] {
            file.extend(word.to_le_bytes());
        }
        for frame in frames {
            let packet = (self.wrap)(ip(frame));
            let kept = packet.len().min(self.snap_length);
            let (seconds, micros) = (frame.us / 1_000_000, frame.us % 1_000_000);
            for word in [seconds as u32, micros as u32, kept as u32, packet.len() as u32] {
                file.extend(word.to_le_bytes());
            }
            file.extend(&packet[..kept]);
        }
        file
    }

    /// Explains frames, without profiles.
    pub(crate) fn explained(&self, frames: &[TestFrame]) -> Capture {
        crate::explain_bytes(&self.pcap(frames), &[]).expect("a capture")
    }
}

/// A block of a pcapng file, little-endian.
pub(crate) fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = (12 + body.len().next_multiple_of(4)) as u32;
    let mut block = [kind.to_le_bytes(), len.to_le_bytes()].concat();
    block.extend(body);
    block.resize(len as usize - 4, 0);
    block.extend(len.to_le_bytes());
    block
}

/// A pcapng file with link type RAW and this resolution of times. `make` makes a block of each frame: its index, ticks
/// and datagram.
pub(crate) fn pcapng(frames: &[TestFrame], resolution: u8, make: impl Fn(usize, u64, &[u8]) -> Vec<u8>) -> Vec<u8> {
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let interface = [101, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, resolution, 0, 0, 0, 0, 0, 0, 0];
    let mut file = [block(0x0a0d_0d0a, &section), block(1, &interface)].concat();
    let ticks_per_second = match resolution {
        0x80.. => 1 << (resolution & 0x7f),
        _ => 10_u64.pow(resolution.into()),
    };
    for (at, frame) in frames.iter().enumerate() {
        let ticks = u128::from(frame.us) * u128::from(ticks_per_second) / 1_000_000;
        file.extend(make(at, ticks as u64, &ip(frame)));
    }
    file
}

/// An Enhanced Packet Block, or the obsolete Packet Block.
pub(crate) fn packet_block(is_old: bool, ticks: u64, datagram: &[u8]) -> Vec<u8> {
    let len = datagram.len() as u32;
    let mut body = Vec::new();
    for word in [0, (ticks >> 32) as u32, ticks as u32, len, len] {
        body.extend(word.to_le_bytes());
    }
    body.extend(datagram);
    block(if is_old { 2 } else { 6 }, &body)
}

/// Explains frames, without profiles.
pub(crate) fn explained(frames: &[TestFrame]) -> Capture {
    TestFile::default().explained(frames)
}

/// Explains frames whose datagrams are cut at a length, without profiles.
pub(crate) fn explained_to(frames: &[TestFrame], snap_length: usize) -> Capture {
    let file = TestFile {
        snap_length,
        ..TestFile::default()
    };
    file.explained(frames)
}

/// The datagram of a frame.
fn ip(frame: &TestFrame) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((40 + frame.payload.len() as u16).to_be_bytes());
    packet.extend(frame.id.to_be_bytes());
    packet.extend([0, 0, 64, 6, 0, 0]);
    packet.extend([10, 0, 0, frame.from.0, 10, 0, 0, frame.to.0]);
    packet.extend(frame.from.1.to_be_bytes());
    packet.extend(frame.to.1.to_be_bytes());
    packet.extend(frame.seq.wrapping_add(1000).to_be_bytes());
    let ack = if frame.flags & ACK == 0 {
        0
    } else {
        frame.ack.wrapping_add(1000)
    };
    packet.extend(ack.to_be_bytes());
    packet.extend([0x50, frame.flags]);
    packet.extend(frame.window.to_be_bytes());
    packet.extend([0, 0, 0, 0]);
    packet.extend(&frame.payload);
    packet
}
