//! A raw connection that reads one reply at a time, for tests with explicit expectations.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::recording::End;
use super::server::Server;

/// How long a reply may take. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a server. All it knows about HTTP is where a reply ends.
pub(crate) struct Talk {
    stream: TcpStream,
    /// Bytes that have arrived after the last reply.
    ahead: Vec<u8>,
}

/// A reply: the head without its empty line, and the body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Talk {
    pub(crate) fn to(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).expect("to connect");
        stream.set_nodelay(true).expect("to set TCP_NODELAY");
        Self {
            stream,
            ahead: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("to send");
    }

    /// Sends FIN.
    pub(crate) fn shut(&self) {
        self.stream.shutdown(Shutdown::Write).expect("to send FIN");
    }

    /// Closes the connection with RST.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .expect("to set SO_LINGER");
    }

    /// Sends a request with a Host field and reads the reply. `fields` are complete lines.
    pub(crate) fn ask(&mut self, method: &str, target: &str, fields: &str) -> Reply {
        self.send(format!("{method} {target} HTTP/1.1\r\nHost: lab.test\r\n{fields}\r\n"));
        self.reply(method == "HEAD")
    }

    /// Reads one reply. The body has the length of Content-Length, unless the request was HEAD.
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

    /// How the connection ends within this time. No byte may arrive before it ends.
    pub(crate) fn end(&mut self, within: Duration) -> End {
        let end = self.take(within);
        let unasked = String::from_utf8_lossy(&self.ahead);
        assert!(self.ahead.is_empty(), "unexpected bytes: {unasked:?}");
        end.unwrap_or(End::Open)
    }

    /// Adds the next bytes that arrive to `ahead`. If there are none, returns how the connection ended.
    fn take(&mut self, within: Duration) -> Option<End> {
        let mut buffer = vec![0; 1 << 16];
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            self.stream
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))
                .expect("to set a read timeout");
            return match self.stream.read(&mut buffer) {
                Ok(0) => Some(End::Fin),
                Ok(n) => {
                    self.ahead.extend_from_slice(&buffer[..n]);
                    None
                }
                // A blocking read is interrupted if the machine was suspended and resumes (signal(7)).
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

    /// The lines of the head, with the value of Date replaced.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.head
            .split("\r\n")
            .map(|line| if line.starts_with("Date: ") { "Date: now" } else { line })
            .collect()
    }

    /// The size of the reply on the wire, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.head.len() + 4 + self.body.len()
    }
}
