//! A raw connection that reads one reply at a time: for tests that say what they expect in so many words.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::recording::End;
use super::server::Server;

/// How long a reply may take. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a server, without any opinion about HTTP but where a reply ends.
pub(crate) struct Talk {
    stream: TcpStream,
    /// What has arrived behind the last reply.
    ahead: Vec<u8>,
}

/// A reply: its head without the empty line, and its body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Talk {
    pub(crate) fn to(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).expect("the server should accept");
        stream.set_nodelay(true).expect("TCP_NODELAY should be to be set");
        Self {
            stream,
            ahead: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream
            .write_all(bytes.as_ref())
            .expect("the server should take what is sent");
    }

    /// Sends FIN.
    pub(crate) fn shut(&mut self) {
        self.stream
            .shutdown(Shutdown::Write)
            .expect("an open connection should be to be shut");
    }

    /// Ends the connection with RST.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .expect("a linger time should be to be set");
    }

    /// Sends a request with a Host field and reads what is answered. `fields` are whole lines.
    pub(crate) fn ask(&mut self, method: &str, target: &str, fields: &str) -> Reply {
        self.send(format!("{method} {target} HTTP/1.1\r\nHost: lab.test\r\n{fields}\r\n"));
        self.reply(method == "HEAD")
    }

    /// Reads one reply; the body as long as Content-Length says, unless the request was HEAD.
    pub(crate) fn reply(&mut self, to_head: bool) -> Reply {
        let until = Instant::now() + PATIENCE;
        let end = loop {
            if let Some(at) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            self.more(until);
        };
        let head: String = self.ahead[..end].iter().map(|&b| char::from(b)).collect();
        let mut reply = Reply { head, body: Vec::new() };
        let bodiless = to_head || matches!(reply.status(), 100..=199 | 204 | 304);
        let length = match reply.field("Content-Length") {
            Some(length) if !bodiless => length.parse().expect("Content-Length should be a number"),
            _ => 0,
        };
        while self.ahead.len() < end + 4 + length {
            self.more(until);
        }
        reply.body = self.ahead[end + 4..end + 4 + length].to_vec();
        self.ahead.drain(..end + 4 + length);
        reply
    }

    fn more(&mut self, until: Instant) {
        let end = self.take(until.saturating_duration_since(Instant::now()));
        let so_far = String::from_utf8_lossy(&self.ahead);
        assert_eq!(end, None, "the reply is not complete: {so_far:?}");
    }

    /// How the connection ends within this time; not a byte may come before.
    pub(crate) fn end(&mut self, within: Duration) -> End {
        let end = self.take(within);
        let unasked = String::from_utf8_lossy(&self.ahead);
        assert!(self.ahead.is_empty(), "bytes that nobody asked for: {unasked:?}");
        end.unwrap_or(End::Open)
    }

    /// Adds what arrives next to `ahead`, or says how nothing did.
    fn take(&mut self, within: Duration) -> Option<End> {
        let mut buffer = vec![0; 1 << 16];
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            self.stream
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))
                .expect("a read timeout should be to be set");
            return match self.stream.read(&mut buffer) {
                Ok(0) => Some(End::Fin),
                Ok(n) => {
                    self.ahead.extend_from_slice(&buffer[..n]);
                    None
                }
                // A machine that was stopped and goes on interrupts a read that waits (signal(7)).
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Some(End::Open),
                Err(_) => Some(End::Rst),
            };
        }
    }
}

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        let code = self.head.split(' ').nth(1).and_then(|code| code.parse().ok());
        code.unwrap_or_else(|| panic!("no status in {:?}", self.head))
    }

    /// The value of the first field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (n, value) = line.split_once(':')?;
            n.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The head as lines, with the time of day blanked.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.head
            .split("\r\n")
            .map(|line| if line.starts_with("Date: ") { "Date: now" } else { line })
            .collect()
    }

    /// How many bytes the reply had on the wire.
    pub(crate) fn length(&self) -> usize {
        self.head.len() + 4 + self.body.len()
    }
}
