//! Small captures that are built in code, for the tests of the renderers.

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// A pcap file of raw IPv4 packets, with timestamps in microseconds.
pub(super) struct Pcap {
    bytes: Vec<u8>,
    micros: u64,
}

impl Default for Pcap {
    fn default() -> Self {
        let header: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 101];
        Self {
            bytes: header.iter().flat_map(|word| word.to_le_bytes()).collect(),
            micros: 1_700_000_000_000_000,
        }
    }
}

impl Pcap {
    pub(super) fn bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn segment(&mut self, ports: (u16, u16), flags: u8, (seq, ack): (u32, u32), payload: &[u8]) {
        let length = 40 + payload.len() as u32;
        for word in [
            (self.micros / 1_000_000) as u32,
            (self.micros % 1_000_000) as u32,
            length,
            length,
        ] {
            self.bytes.extend(word.to_le_bytes());
        }
        self.bytes.extend([0x45, 0]);
        self.bytes.extend((length as u16).to_be_bytes());
        self.bytes.extend([0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        self.bytes.extend(ports.0.to_be_bytes());
        self.bytes.extend(ports.1.to_be_bytes());
        self.bytes.extend(seq.to_be_bytes());
        self.bytes.extend(ack.to_be_bytes());
        self.bytes.extend([0x50, flags, 2, 0, 0, 0, 0, 0]);
        self.bytes.extend(payload);
        self.micros += 100;
    }
}

/// A connection in a capture: the port of the client, and the next sequence number of each side.
struct Session {
    port: u16,
    next: [u32; 2],
}

impl Session {
    fn open(pcap: &mut Pcap, port: u16) -> Self {
        let mut session = Self {
            port,
            next: [1000, 9000],
        };
        session.send(pcap, 0, SYN, b"");
        session.send(pcap, 1, SYN | ACK, b"");
        session.send(pcap, 0, ACK, b"");
        session
    }

    fn send(&mut self, pcap: &mut Pcap, side: usize, flags: u8, payload: &[u8]) {
        let ports = if side == 0 {
            (self.port, 3000)
        } else {
            (3000, self.port)
        };
        let ack = if flags & ACK == 0 { 0 } else { self.next[1 - side] };
        pcap.segment(ports, flags, (self.next[side], ack), payload);
        self.next[side] += payload.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
    }

    fn data(&mut self, pcap: &mut Pcap, side: usize, payload: &[u8]) {
        let pieces = payload.chunks(1448);
        let last = pieces.len() - 1;
        for (at, piece) in pieces.enumerate() {
            self.send(pcap, side, if at == last { PSH | ACK } else { ACK }, piece);
            self.send(pcap, 1 - side, ACK, b"");
        }
    }

    fn exchange(&mut self, pcap: &mut Pcap, target: &str, fields: &str, body: usize) {
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
        self.data(pcap, 0, request.as_bytes());
        let mut response = format!("HTTP/1.1 200 OK\r\nContent-Length: {body}\r\n{fields}\r\n").into_bytes();
        response.resize(response.len() + body, b'x');
        self.data(pcap, 1, &response);
    }

    fn close(&mut self, pcap: &mut Pcap, by: usize) {
        for side in [by, 1 - by] {
            self.send(pcap, side, FIN | ACK, b"");
            self.send(pcap, 1 - side, ACK, b"");
        }
    }
}

/// Two exchanges, five seconds without traffic, a FIN from the server.
pub(super) fn visit() -> Vec<u8> {
    let mut pcap = Pcap::default();
    let mut session = Session::open(&mut pcap, 40001);
    session.exchange(&mut pcap, "/", "", 100);
    session.exchange(&mut pcap, "/static/style1.css", "", 20);
    pcap.micros += 5_000_000;
    session.close(&mut pcap, 1);
    pcap.bytes()
}

/// Markup, control characters and long text in every place that comes from the wire.
pub(super) fn adversarial() -> Vec<u8> {
    let mut pcap = Pcap::default();
    let mut session = Session::open(&mut pcap, 40001);
    let target = format!(
        "/?q=<script>alert(1)</script>`|*_\"onload=\"x&quot;'{}",
        "long/".repeat(90)
    );
    let fields = "X: </pre><img src=x>\x1b[31m\u{202e}\"><b class=x>\r\nServer: <script>alert(1)</script>\r\n";
    session.exchange(&mut pcap, &target, fields, 10);
    session.exchange(&mut pcap, &target, fields, 10);
    session.close(&mut pcap, 0);
    pcap.bytes()
}

/// A response of several hundred segments.
pub(super) fn large() -> Vec<u8> {
    let mut pcap = Pcap::default();
    let mut session = Session::open(&mut pcap, 40001);
    session.exchange(&mut pcap, "/large", "", 400_000);
    session.close(&mut pcap, 1);
    pcap.bytes()
}

/// A response in two bursts.
pub(super) fn bursts() -> Vec<u8> {
    let mut pcap = Pcap::default();
    let mut session = Session::open(&mut pcap, 40001);
    session.data(&mut pcap, 0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut response = b"HTTP/1.1 200 OK\r\nContent-Length: 4005\r\n\r\n".to_vec();
    response.resize(response.len() + 4005, b'x');
    for burst in response.chunks(3000) {
        session.send(&mut pcap, 1, PSH | ACK, burst);
        session.send(&mut pcap, 0, ACK, b"");
    }
    pcap.bytes()
}

/// A number of connections with one exchange each.
pub(super) fn many(count: u16) -> Vec<u8> {
    let mut pcap = Pcap::default();
    for at in 0..count {
        let mut session = Session::open(&mut pcap, 10_000 + at);
        session.exchange(&mut pcap, "/", "Connection: close\r\n", 10);
        session.close(&mut pcap, 1);
    }
    pcap.bytes()
}
